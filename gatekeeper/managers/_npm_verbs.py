"""npm's verbs: which are gated, which pass through untouched, which are refused.

Every verb of npm 8 to 11 stands here; one that does not is refused, so that a new npm cannot bring an ungated door.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.managers._npm_options import without_options, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.managers._npm_options import Words

# They install, fetch what will run, or run what was installed. An uninstall, a dedupe or a prune may resolve anew and
# install; a dry run of them fetches too. An init runs its initializer, or the file that `init-module` names in a
# project's .npmrc, and installs for workspaces.
GATED = words("""
    ci dedupe exec find-dupes init install install-ci-test install-test link prune rebuild uninstall update
""")

# They read, or they are the person's own business with the registry, their settings and their own scripts.
PLAIN = words("""
    access adduser approve-scripts bin completion config deny-scripts deprecate dist-tag doctor explain explore get
    help help-search hook install-scripts ll login logout ls org outdated owner ping pkg prefix profile query
    restart root run sbom search set set-script shrinkwrap star stars start stop team test token trust undeprecate
    unpublish unstar whoami
""")

# They pass, but for some of their words: see `_by_its_words`.
DEPENDS = words("audit bugs cache diff docs fund pack publish repo stage version view")

REFUSED = {
    "birthday": "it downloads and runs a package without asking",
    "edit": "it runs the package's install scripts again when the editor closes",
}

CANONICAL = GATED | PLAIN | DEPENDS | set(REFUSED)

ALIASES = {
    "install": "add i in ins inst insta instal isnt isnta isntal isntall",
    "ci": "clean-install ic install-clean isntall-clean",
    "install-ci-test": "cit clean-install-test sit",
    "install-test": "it",
    "update": "u udpate up upgrade",
    "uninstall": "r remove rm un unlink",
    "rebuild": "rb",
    "link": "ln",
    "exec": "x",
    "init": "create innit",
    "dedupe": "ddp",
    "run": "rum run-script urn",
    "test": "t tst",
    "ls": "list",
    "ll": "la",
    "view": "info show v",
    "search": "find s se",
    "explain": "why",
    "config": "c",
    "help": "hlep",
    "docs": "home",
    "bugs": "issues",
    "owner": "author",
    "org": "ogr",
    "adduser": "add-user",
    "dist-tag": "dist-tags",
    "version": "verison",
}
NAMES = {name: name for name in CANONICAL} | {
    alias: verb for verb, aliases in ALIASES.items() for alias in aliases.split()
}

# A name from the registry, perhaps with a version, range or tag; or a path of the person's own. Anything else, an
# address or a repository, makes npm run `prepare` of what it finds there, even to look at it.
FROM_REGISTRY = re.compile(r"(@[\w.~-]+/)?[\w.~-]+(@[\w.~^<>=*+| -]*)?")
OWN_PATH = re.compile(r"\.{1,2}|(\.{1,2}|~)?/.*|[\w.-]+\.(tgz|tar|tar\.gz)")
CACHE_READS = words("clean clear rm verify ls npx")


@dataclass(frozen=True, slots=True)
class Verb:
    """What npm was told to do, and what we do about it."""

    name: str  # npm's own word for it, without aliases and abbreviations
    kind: str  # gated, plain, refused
    why: str = ""  # for the person, when it is refused
    # Words to put before the person's own so that a plain verb installs nothing, whatever the settings say.
    extra: tuple[str, ...] = ()


def verb_of(typed: Sequence[str]) -> Verb:
    """Tell what npm would do with these words; what cannot be told for sure is refused."""
    parted = without_options(typed)
    if parted.plain:
        return _ruled(parted, typed)
    if parted.unsure:
        why = f"{parted.unsure} may take the next word, or not, as npm's versions differ: put the verb first"
        return Verb("", "refused", why)
    return Verb("version" if parted.options & {"version", "versions"} else "help", "plain")


def _ruled(parted: Words, typed: Sequence[str]) -> Verb:
    name = named(parted.plain[0])
    if name is None:
        why = f"npm {parted.plain[0]} is not a verb that is known, or not the only one that it may mean"
        return Verb(parted.plain[0], "refused", why)
    if name in REFUSED:
        return Verb(name, "refused", f"npm {name} is not gated: {REFUSED[name]}")
    if name in DEPENDS:
        # Behind an option that is not known any word may be one of npm's own.
        return _by_its_words(name, (*parted.plain[1:], *parted.unread), typed)
    if name in GATED and parted.unread:
        why = f"{parted.unsure} may take the next word, or not, as npm's versions differ: write it with an equals sign"
        return Verb(name, "refused", why)
    return Verb(name, "gated" if name in GATED else "plain")


def named(typed: str) -> str | None:
    """Resolve an alias, an abbreviation or camelCase as npm does; None when it is not one verb of every npm."""
    word = re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), typed)
    if word in NAMES:
        return NAMES[word]
    meant = {verb for name, verb in NAMES.items() if name.startswith(word)} if word else set()
    return meant.pop() if len(meant) == 1 else None


def _by_its_words(name: str, rest: Sequence[str], typed: Sequence[str]) -> Verb:
    if name == "audit":
        return Verb(name, "gated" if "fix" in rest else "plain")
    if name == "cache":
        return _plain_when(name, not rest or rest[0] in CACHE_READS, "it fetches what it is given and may run it")
    if name == "version":  # with workspaces it would install afterwards
        told = any(word.lstrip("-").removeprefix("no-").startswith("workspaces-") for word in typed)
        return _plain_when(name, not told, "told to update workspaces it installs", ("--no-workspaces-update",))
    specs = [spec for spec in _specs(name, rest, typed) if not OWN_PATH.fullmatch(spec)]
    foreign = [spec for spec in specs if not FROM_REGISTRY.fullmatch(spec)]
    if name == "pack" and specs and not foreign:
        return Verb(name, "gated")
    return _plain_when(name, not foreign, f"it may run code of {' '.join(foreign)} only to read it")


def _specs(name: str, rest: Sequence[str], typed: Sequence[str]) -> Sequence[str]:
    """Return the words that may name packages."""
    if name == "diff":
        return [word.rpartition("=")[2] for word in typed if not word.startswith("-") or "=" in word]
    return rest[:1] if name in ("fund", "view") else rest


def _plain_when(name: str, harmless: bool, why: str, extra: tuple[str, ...] = ()) -> Verb:
    return Verb(name, "plain", extra=extra) if harmless else Verb(name, "refused", f"npm {name} is not gated: {why}")
