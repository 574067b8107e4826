"""How npm is run behind the gate: its words, its environment, and the scratch copy in which it settles on a set."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.lockfiles.package_lock import FILES
from gatekeeper.managers._npm_foreign import git_environ, git_options, origins
from gatekeeper.managers._npm_options import without_options
from gatekeeper.managers._npm_program import program_of
from gatekeeper.managers._npm_words import SACRIFICE, option, with_options, without_secrets
from gatekeeper.managers._npmrc import OURS, SECRET
from gatekeeper.managers._npmrc import without_secrets as text_without_secrets
from gatekeeper.managers._withheld import is_withheld_from_all
from gatekeeper.shims import without_shims

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gatekeeper.managers import Entrance
    from gatekeeper.managers._npm_wish import Asked
    from gatekeeper.wish import Wish

# Verbs that npm can settle without touching anything; the others ask as they go, and are judged as they do.
SETTLING = frozenset({"install", "install-test", "update", "uninstall", "dedupe", "audit"})
LOCKED = frozenset({"ci", "install-ci-test"})
THEN_TESTS = {"install-test": "install", "install-ci-test": "ci"}
FIRST_TO_COMPLAIN = 11
OWN_SCRIPTS = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")
PROXIES = ("http_proxy", "https_proxy", "all_proxy")
OF_NPM = re.compile(r"npm_config_(.+)", re.IGNORECASE)
HIDDEN_LOCK = ".package-lock.json"
CARRIED = (".npmrc", "yarn.lock", *FILES)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: npm's path, the person's words and files, the gate's address, and a folder of our own."""

    npm: str
    words: Sequence[str]
    asked: Asked
    wish: Wish
    gate: Entrance
    temporary: Path

    @property
    def _origin(self) -> str:
        """The scheme, host and port of the gate."""
        return self.gate.address.rpartition("/")[0]

    @property
    def root(self) -> Path:
        """The folder that npm works in."""
        found: Path = self.wish.raw["root"]
        return found

    def plan(self, environ: Mapping[str, str], cage: dict[str, Any], *, rehearsal: bool) -> dict[str, Any]:
        """Return what the bootstrap is to do."""
        verb = self.asked.verb
        scratch, folder = self._scratch()
        options = self.options()
        settles = bool(self.asked.specs) if self.asked.runs_program else verb in SETTLING and self._has_lock()
        if rehearsal and not (settles or verb in LOCKED):
            raise UsageError(f"--plan does not work with npm {verb}")
        return {
            "run": "gated",
            "judged": settles or verb in LOCKED,
            "settle": [self.npm, *self._settling(options, scratch)] if settles else [],
            "locked": [str(self.root / name) for name in FILES] if self._is_settled() else [],
            "origins": origins(self.wish, self._origin),
            "restored": [str(path) for path in self._locks_written()],
            "keep": [str(path) for path in self._kept()],
            "made": [str(folder / "node_modules") for folder in self._own_folders()],
            "scratch": str(folder),
            "locks": [str((scratch if settles else self.root) / name) for name in FILES],
            "run_words": [] if rehearsal else [self.npm, *self._running(options)],
            "quiet_words": [self.npm, *with_options(self._running(options), ["--ignore-scripts"])],
            "tree": str(self._tree()),
            "rebuild": [self.npm, "rebuild", *options, f"--prefix={self.root}"],
            "own_scripts": [[self.npm, "run", each, "--if-present", *options] for each in self._own_scripts()],
            "environ": self.environ(environ),
            "folders": [str(path) for path in self.wish.writable],
            "program": self._program(),
            "after": [self.npm, "test"] if verb in THEN_TESTS and not rehearsal else None,
            "cage": cage,
        }

    def _own_scripts(self) -> tuple[str, ...]:
        """Name the scripts of the project itself that npm runs after installing everything."""
        config = self.wish.raw["config"]
        everything = self.asked.verb in LOCKED or (
            self.asked.verb in ("install", "install-test") and not self.asked.specs
        )
        return () if not everything or config.get("ignore-scripts") or self.wish.raw["global"] else OWN_SCRIPTS

    def _own_folders(self) -> tuple[Path, ...]:
        """Return the folders that npm writes manifests and packages into."""
        if self.asked.runs_program or self.wish.raw["global"]:
            return ()
        return tuple(dict.fromkeys((self.root, *(each.folder for each in self.wish.raw["manifests"]))))

    def _kept(self) -> Iterator[Path]:
        """Yield the files that must be as they were when a set is refused."""
        folders = self._own_folders()
        yield from (folder / "package.json" for folder in folders)
        yield from (self.root / name for name in FILES if folders)

    def _locks_written(self) -> Iterator[Path]:
        """Yield the files in which npm notes where a package came from."""
        yield self._tree() / "node_modules" / HIDDEN_LOCK
        yield from (self.root / name for name in (*FILES, "yarn.lock"))

    def _tree(self) -> Path:
        """Return the folder whose node_modules npm fills."""
        return Path(str(self.wish.raw["config"].get("prefix") or ""), "lib") if self.wish.raw["global"] else self.root

    def _is_settled(self) -> bool:
        """Say whether a lock settles everything that was asked for, as far as it is in step with package.json."""
        return (
            not self.asked.runs_program and not self.asked.specs and any((self.root / name).is_file() for name in FILES)
        )

    def _has_lock(self) -> bool:
        """Say whether npm can settle this order in a lock: a global one only for packages that were named."""
        return bool(self.asked.specs) if self.wish.raw["global"] else True

    def options(self) -> list[str]:
        """Return the options that lead npm to the gate and nowhere else; they win over every file and variable."""
        config, gate = self.wish.raw["config"], f"{self._origin}/"
        options = [
            f"--registry={gate}",
            *(f"--{source.kind.partition(':')[2]}:registry={gate}" for source in self.wish.sources[1:]),
            f"--replace-registry-host={self._replaced()}",
            f"--proxy={gate}",
            f"--https-proxy={gate}",
            "--noproxy=127.0.0.1",
            f"--cache={self.temporary / 'npm-cache'}",
            "--fetch-retries=0",
            "--fetch-timeout=600000",
            f"--userconfig={self._settings_file('userconfig')}",
            f"--globalconfig={self._settings_file('globalconfig')}",
            *git_options(self.wish),
            SACRIFICE,  # here for itself: npm would look for a newer npm
        ]
        # `npm pack` takes every tarball for a remote one, and runs nothing of it.
        allowed = {"git" if each.repository else "remote" for each in self.wish.opened}
        allowed |= {"remote"} if self.asked.verb == "pack" else set()
        banned = [what for what in ("git", "remote") if what not in allowed]
        return options + [f"--allow-{what}=none" for what in banned if f"allow-{what}" in config]

    def _replaced(self) -> str:
        """Return whose addresses npm is to ask the gate for instead: everybody's.

        But then npm takes a tarball of the person's own, locked as `file:`, for an address too; where one is locked,
        and all others lie on one host, that host alone. It takes what it cloned for an address as well: where a commit
        was opened, it is the registry's host alone.
        """
        if any(each.repository for each in self.wish.opened):
            return self.wish.sources[0].hostname
        hosts: frozenset[str] = self.wish.raw["hosts_beside_files"]
        return next(iter(hosts)) if len(hosts) == 1 else "always"

    def _settings_file(self, which: str) -> Path:
        """Write the person's own settings without secrets; the user's with the gate's token, which argv would show."""
        path = self.temporary / f"{which}.npmrc"
        path.touch(mode=0o600)
        own = Path(str(self.wish.raw["config"].get(which) or os.devnull))
        kept = text_without_secrets(own.read_text("utf-8", "surrogateescape"), {}) if own.is_file() else ""
        login = f"{self._origin.partition(':')[2]}/:_authToken={self.gate.token}\n" if which == "userconfig" else ""
        path.write_text(f"{login}{kept}", "utf-8", "surrogateescape")
        return path

    def _settling(self, options: Sequence[str], scratch: Path) -> list[str]:
        """Word the order that only settles."""
        more = [
            *options,
            "--package-lock-only",
            "--package-lock=true",
            "--save=true",
            "--ignore-scripts",
            "--dry-run=false",
            "--global=false",
            "--location=project",
            "--audit=false",
            "--fund=false",
            f"--prefix={scratch}",
        ]
        if self.asked.runs_program:
            return ["install", *more, "--", *self.asked.specs]
        words = [THEN_TESTS.get(word, word) for word in without_secrets(self.words)]
        return with_options(self._of_verb(words), more)

    def _running(self, options: Sequence[str]) -> list[str]:
        """Word the order itself."""
        # Its spinner and our questions would garble each other.
        more = [*options, "--prefer-offline", "--progress=false", *(["--maxsockets=1000"] if self.wish.fresh else [])]
        if self.asked.runs_program:
            named = [f"--package={spec}" for spec in self.asked.specs]
            nothing = [sys.executable, "-I", "-S", "-c", "pass"]  # the program itself starts later, and elsewhere
            return ["exec", "--yes", *named, *more, "--", *nothing]
        return with_options(self._of_verb(without_secrets(self.words)), more)

    def _of_verb(self, words: list[str]) -> list[str]:
        """Put npm's own word for an order that installs and then tests: the tests run afterwards, outside."""
        verb = THEN_TESTS.get(self.asked.verb)
        typed = without_options(self.words).plain[0]
        return [verb if verb and word == typed else word for word in words]

    def _program(self) -> dict[str, Any] | None:
        if not self.asked.runs_program:
            return None
        plain = without_options(self.words).plain[1:]
        package, words = program_of(self.asked.verb, self.words, plain, option(self.words, "--call"))
        return {"words": words, "package": package, "cache": str(self.temporary / "npm-cache")}

    def environ(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the environment of npm and of what it runs: no secret for a registry, no way out but the gate."""
        gate = self._origin
        withheld = self.wish.raw["secret_variables"]
        kept = {
            name: value
            for name, value in environ.items()
            if not (name in withheld or is_withheld_from_all(name) or _is_ours(name))
        }
        ways = {name: gate for plain in PROXIES for name in (plain, plain.upper())}
        ways |= dict.fromkeys(("no_proxy", "NO_PROXY"), "127.0.0.1")
        return {
            **kept,
            **ways,
            **git_environ(self.wish),
            # A hook's own npm is to ask this gate; a shim would begin another one, in here.
            "PATH": without_shims(environ.get("PATH", os.defpath)),
            "TMPDIR": str(self.temporary),
            **self._headers(environ),
        }

    def _headers(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Say where node-gyp finds the headers of Node.js: those that lie beside it, else a folder of our own."""
        if any(name.lower() == "npm_config_nodedir" for name in environ) or self.wish.raw["config"].get("nodedir"):
            return {}
        node = shutil.which("node", path=environ.get("PATH"))
        home = Path(node).resolve().parents[1] if node else None
        if home is not None and (home / "include" / "node" / "node_api.h").is_file():
            # npm 11 complains about settings in the environment that it does not know; its node-gyp reads another name.
            newer = int(str(self.wish.raw["config"].get("npm-version") or 0).partition(".")[0]) >= FIRST_TO_COMPLAIN
            return {f"npm_{'package_config_node_gyp' if newer else 'config'}_nodedir": str(home)}
        return {"npm_config_devdir": str(self.temporary / "node-gyp")}

    def _scratch(self) -> tuple[Path, Path]:
        """Copy what npm settles by; return the copy of its folder, and of the folder that the person stands in."""
        top = self.temporary / "scratch"
        if self.asked.runs_program or self.wish.raw["global"]:
            top.mkdir()
            (top / "package.json").write_text("{}")
            return top, top
        manifests = [manifest.folder for manifest in self.wish.raw["manifests"]]
        tarballs: Iterable[Path] = self.wish.raw["tarballs"]
        common = Path(os.path.commonpath([self.root, *manifests, *(path.parent for path in tarballs)]))
        for folder in dict.fromkeys((self.root, *manifests)):
            copy = top / folder.relative_to(common)
            copy.mkdir(parents=True, exist_ok=True)
            for name in ("package.json", *(CARRIED if folder == self.root else ())):
                if (folder / name).is_file():
                    _copy(folder / name, copy / name)
        for path in tarballs:
            place = top / path.relative_to(common)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
        scratch = top / self.root.relative_to(common)
        scratch.mkdir(parents=True, exist_ok=True)
        inner = self.asked.folder.resolve()
        here = scratch / inner.relative_to(self.root) if inner.is_relative_to(self.root) else scratch
        here.mkdir(parents=True, exist_ok=True)
        return scratch, here


def _copy(file: Path, to: Path) -> None:
    """Copy a file of the project, its settings without secrets."""
    if file.name == ".npmrc":
        to.write_text(text_without_secrets(file.read_text("utf-8", "surrogateescape"), {}), "utf-8", "surrogateescape")
    else:
        shutil.copyfile(file, to)


def _is_ours(name: str) -> bool:
    """Say whether a variable is a setting of npm's that the gate decides, or a secret."""
    match = OF_NPM.fullmatch(name)
    if match is None:
        return name.lower() in (*PROXIES, "no_proxy")
    key = match[1].lower().replace("_", "-") if not match[1].startswith(("/", "_", "@")) else match[1]
    return bool(OURS.match(key) or SECRET.search(key))
