"""npm's options, as far as it takes to tell npm's verb from an option's value: which options take the next word.

npm 8 to 11 read their words with nopt, each with its own list of options. Where those lists, or a later npm's, could
part the words differently we are unsure, and say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def words(text: str) -> frozenset[str]:
    """Return the words of a table."""
    return frozenset(text.split())


# A flag takes no word but a following `true` or `false`; an npm that does not know an option reads it likewise.
FLAGS = words("""
    all allow-same-version allow-scripts-pending allow-scripts-pin audit bin-links bypass-2fa commit-hooks
    dangerously-allow-all-scripts description dev diff-ignore-all-space diff-name-only diff-no-prefix diff-text dry-run
    engine-strict force foreground-scripts format-package-lock fund git-tag-version global global-style if-present
    ignore-scripts include-attestations include-staged include-workspace-root init-private install-links json
    legacy-bundling legacy-peer-deps link long offline omit-lockfile-registry-resolved package-lock package-lock-only
    packages-all parseable prefer-dedupe prefer-offline prefer-online progress provenance read-only rebuild-bundle save
    save-bundle save-dev save-exact save-optional save-peer save-prod shrinkwrap sign-git-commit sign-git-tag
    strict-allow-scripts strict-peer-deps strict-ssl timing unicode update-notifier usage version versions
    workspaces-update
""")
# Flags that also take a following word of a few.
LOOSE_FLAGS = {
    "color": {"always"},
    "optional": {"null"},
    "production": {"null"},
    "workspaces": {"null"},
    "yes": {"null"},
}
# Options that take the next word, in every npm from 8 on.
VALUES = words("""
    _auth access also audit-level auth-type before ca cache cache-max cache-min cafile cert cidr depth diff diff-unified
    fetch-retries fetch-retry-factor fetch-retry-maxtimeout fetch-retry-mintimeout fetch-timeout globalconfig
    https-proxy include init-author-url init-module init-version init.author.url init.module init.version key
    local-address location lockfile-version loglevel logs-dir logs-max maxsockets node-options noproxy omit only otp
    package prefix proxy registry replace-registry-host script-shell searchlimit searchstaleness umask userconfig which
    workspace
""")
# These, too, but for a word that looks like an option: that one they leave alone.
TEXTS = words("""
    call diff-dst-prefix diff-src-prefix editor git heading init-author-email init-author-name init-license
    init.author.email init.author.name init.license message pack-destination preid save-prefix scope searchexclude
    searchopts shell tag tag-version-prefix user-agent viewer
""")
# Options that take the next word in some npms, while the others read that word as the verb.
UNEVEN = words("""
    allow-directory allow-file allow-git allow-remote allow-scripts browser ci-name cpu expect-result-count
    expect-results expires init-type install-strategy libc min-release-age min-release-age-exclude name node-gyp
    node-version npm-version orgs orgs-permission os packages packages-and-scopes-permission password provenance-file
    sbom-format sbom-type scopes sso-poll-frequency sso-type tmp token-description
""")
KNOWN = FLAGS | set(LOOSE_FLAGS) | VALUES | TEXTS | UNEVEN
# What each shorthand stands for, as npm's own table has it.
SHORTHANDS = {
    name: tuple(longhand.split())
    for longhand, names in {
        "--all": "a",
        "--before": "enjoy-by",
        "--call": "c",
        "--description": "desc",
        "--force": "f",
        "--global": "g",
        "--include-workspace-root": "iwr",
        "--location": "L",
        "--loglevel info": "d",
        "--loglevel silent": "s silent",
        "--loglevel silly": "ddd",
        "--loglevel verbose": "dd verbose",
        "--loglevel warn": "q quiet",
        "--long": "l",
        "--message": "m",
        "--no-global": "local",
        "--no-yes": "n no",
        "--parseable": "p porcelain",
        "--prefix": "C",
        "--read-only": "readonly",
        "--registry": "reg",
        "--save": "S",
        "--save-bundle": "B",
        "--save-dev": "D",
        "--save-exact": "E",
        "--save-optional": "O",
        "--save-prod": "P",
        "--usage": "? H h help",
        "--version": "v",
        "--workspace": "w",
        "--workspaces": "ws",
        "--yes": "y",
    }.items()
    for name in names.split()
}
LETTERS = {name for name in SHORTHANDS if len(name) == 1}
END = re.compile(r"-{2,}")
LIKE_AN_OPTION = re.compile(r"-{1,2}[^-]+")


@dataclass(frozen=True, slots=True)
class Words:
    """npm's words without its options; behind the option `unsure` npms may part the unread words differently."""

    plain: tuple[str, ...]
    options: frozenset[str] = frozenset()
    unsure: str | None = None
    unread: tuple[str, ...] = ()


def without_options(typed: Sequence[str]) -> Words:
    """Take options and their values out of npm's words, as far as every npm reads them alike."""
    rest = list(typed)
    plain: list[str] = []
    options: set[str] = set()
    while rest:
        word = rest.pop(0)
        if END.fullmatch(word):
            plain += rest
            break
        if not word.startswith("-") or word == "-":
            plain.append(word)
            continue
        behind = tuple(rest)
        name, equals, value = word.partition("=")
        bare = name.lstrip("-")
        if equals:
            rest.insert(0, value)
        if (longer := _longhand(bare)) is not None:
            rest[:0] = longer
            continue
        options.add(bare)
        if not _take(bare, rest, given=bool(equals)):
            return Words(tuple(plain), frozenset(options), word, behind)
    return Words(tuple(plain), frozenset(options))


def _longhand(bare: str) -> tuple[str, ...] | None:
    """Return what a shorthand, or several letters of them, stands for; None for anything else."""
    if bare in KNOWN:
        return None
    if bare in SHORTHANDS:
        return SHORTHANDS[bare]
    if bare and set(bare) <= LETTERS:
        return tuple(word for letter in bare for word in SHORTHANDS[letter])
    return None


def _take(bare: str, rest: list[str], *, given: bool) -> bool:
    """Take an option's value off the words; say whether every npm would take the same."""
    if ":" in bare:  # `--@scope:registry=ADDRESS`, `--//host/:_authToken=...`: no npm lists these
        return given and _take_value(rest)
    negated = bare.lower().startswith("no-")
    while bare.lower().startswith("no-"):
        bare = bare[3:]
    if bare in FLAGS or bare in LOOSE_FLAGS:
        return _take_switch(rest, LOOSE_FLAGS.get(bare, set()))
    if bare not in KNOWN:
        return _take_abbreviated(bare, rest, negated=negated, given=given)
    if negated or (bare in UNEVEN and not given):  # whether the next word belongs to it depends on details
        return False
    return (bare in TEXTS and bool(rest and LIKE_AN_OPTION.match(rest[0]))) or _take_value(rest)


def _take_abbreviated(bare: str, rest: list[str], *, negated: bool, given: bool) -> bool:
    """Take what an abbreviated or unknown option takes, when every npm takes the same."""
    meant = {name for name in KNOWN if bare and name.startswith(bare)}
    short = not negated and any(name.startswith(bare) for name in SHORTHANDS)
    if meant and meant <= FLAGS and not short:
        # Which one npm means does not matter then, nor whether it finds the word ambiguous: it reads as a flag, too.
        return _take_switch(rest, set())
    if meant or short or (negated and given):
        return False
    # Hooks have options of their own (`--build-from-source`): npm hands them on, as flags unless a value is given.
    if given:
        return _take_value(rest)
    return _take_switch(rest, set()) and not (rest and not rest[0].startswith("-"))


def _take_switch(rest: list[str], more: set[str]) -> bool:
    if rest and rest[0] in {"true", "false"}:
        rest.pop(0)
    return not (rest and rest[0] in more)


def _take_value(rest: list[str]) -> bool:
    if not rest or END.fullmatch(rest[0]):
        return False
    rest.pop(0)
    return True
