"""What package managers run from a line: scripts of the same package, commands of others, lines they are given."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._npm_manifest import Manifest, manifest_in
from gatekeeper.evidence._shell_following import ORDER
from gatekeeper.evidence._shell_running import Running
from gatekeeper.evidence._shell_state import Command, Flow, Spot
from gatekeeper.evidence._shell_transfer import program_of

if TYPE_CHECKING:
    from gatekeeper.evidence._shell_bash import Script

RUN = frozenset({"run", "run-script", "rum", "urn"})
SHORT = frozenset({"test", "t", "tst", "start", "stop", "restart"})
EXEC = frozenset({"exec", "x", "dlx", "create", "init"})
FOLDER_OPTIONS = frozenset({"--prefix", "-C", "--cwd", "--dir", "--workspace", "-w", "--filter", "-F"})
# Words of yarn, pnpm and bun that are not names of scripts.
OWN_WORDS = frozenset(
    {"install", "add", "remove", "i", "ci", "link", "unlink", "pack", "publish", "config", "set", "cache", "why",
     "list", "ls", "version", "info", "view", "update", "upgrade", "up", "rebuild", "root",
     "bin", "prefix", "global", "audit",
     "outdated", "dedupe", "import", "node", "help", "login", "whoami", "patch", "store", "env", "pm"}
)  # fmt: skip
MOST_SCRIPTS = 200  # lines of package.json files that are followed in one artifact


class Managers(Running):
    """Reads npm, yarn, pnpm, bun and what runs scripts by name."""

    scripts_read = 0

    def manager(self, command: Command, script: Script) -> Flow:
        """Read one call of a package manager."""
        name, words, spot = program_of(command), list(command.args), command.spot
        while words and words[0].text.startswith("-"):
            option, _, value = words.pop(0).text.partition("=")
            if option in FOLDER_OPTIONS and (value or words):
                place = value or words.pop(0).text
                spot = replace(spot, at=place if not spot.at else f"{spot.at}/{place}")
        if not words:
            return Flow()
        verb = words.pop(0).text
        if verb in RUN:
            return self._run_by_name(replace(command, words=(command.words[0], *words), spot=spot), script)
        if verb in EXEC:
            return self.other_package(replace(command, words=(command.words[0], *words), spot=spot), script)
        if verb in SHORT or (name in {"yarn", "pnpm", "bun"} and verb not in OWN_WORDS):
            return self._script_or_program(verb, command, spot, script)
        return Flow()

    def _run_by_name(self, command: Command, script: Script) -> Flow:
        """Read `npm run NAME`; bun takes a file there as well."""
        plain = [word for word in command.args if not word.text.startswith("-")]
        if not plain:
            return Flow()
        manifest = self.manifest(command.spot)
        if program_of(command) == "bun" and (manifest is None or plain[0].text not in manifest.scripts):
            return self.node(replace(command, words=(command.words[0], *plain)), script)
        return self.named(plain[0].text, command.spot)

    def _script_or_program(self, verb: str, command: Command, spot: Spot, script: Script) -> Flow:
        """Read `yarn NAME`: a script of the package, or else the command of that name."""
        name = {"t": "test", "tst": "test"}.get(verb, verb)
        manifest = self.manifest(spot)
        if manifest is not None and name in manifest.scripts:
            return self.named(name, spot)
        at = next((at for at, word in enumerate(command.words) if word.text == verb), 0)
        if program_of(command) == "bun":
            return self.node(command, script)
        return script.start(command.words[at:], command.stdin) if at else Flow()

    def other_package(self, command: Command, script: Script) -> Flow:
        """Read npx and its like: another package's command, judged as that package; a line with -c is read."""
        words = list(command.args)
        while words and words[0].text.startswith("-"):
            option, _, value = words.pop(0).text.partition("=")
            if option in {"-c", "--call"} and (value or words):
                line = value or words.pop(0).text
                return self.run_posix(line, replace(command.spot, depth=command.spot.depth + 1))
            if option in {"-p", "--package"} and not value and words:
                words.pop(0)
        return script.start(tuple(words), command.stdin) if words else Flow()

    def by_pattern(self, command: Command, script: Script) -> Flow:
        """Read run-s, run-p, npm-run-all and concurrently: names of scripts, patterns of names, or lines."""
        manifest = self.manifest(command.spot)
        for text in command.texts:
            if text.startswith("-"):
                continue
            name = text.removeprefix("npm:").removeprefix("yarn:").removeprefix("pnpm:")
            if name == text and " " in text and program_of(command) == "concurrently":
                self.run_posix(text, replace(command.spot, depth=command.spot.depth + 1), known=script.known)
                continue
            for found in _matching(name.split(" ")[0], manifest):
                self.named(found, command.spot)
        return Flow()

    def manifest(self, spot: Spot) -> Manifest | None:
        """Return the package.json that holds for a spot."""
        return manifest_in(spot.at, self.members, self.read) or manifest_in(spot.folder, self.members, self.read)

    def named(self, name: str, spot: Spot) -> Flow:
        """Read a script of the package, with the ones that run before and after it."""
        manifest = self.manifest(spot)
        for one in (f"pre{name}", name, f"post{name}") if manifest is not None else ():
            self.hook(manifest, one, spot)  # type: ignore[arg-type] # there is none in the empty loop
        return Flow()

    def hook(self, manifest: Manifest, name: str, spot: Spot) -> None:
        """Read one script of a package.json as npm runs it: by sh, or by cmd on Windows."""
        line = manifest.scripts.get(name)
        key, order = f"{manifest.path}#{name}", _order(spot)
        if line is None or self.followed.get(key, len(ORDER)) <= order:
            return
        if self.scripts_read >= MOST_SCRIPTS:
            self.notes.unread(manifest.path, "has more scripts than are followed")
            return
        self.followed[key] = order
        self.scripts_read += 1
        self.notes.surface(manifest.path, spot.when, f"its script {name}")
        here = Spot(manifest.path, manifest.line_of(name), spot.when, manifest.folder, manifest.folder, line,
                    depth=spot.depth + 1)  # fmt: skip
        self.run_posix(line, here)
        if differs_on_windows(line):
            self.run_windows(line, here)


WINDOWS = re.compile(
    r"[%^\\]|'[^']*[&|<>][^']*'|\b(?:start|call|cmd|powershell|pwsh|certutil|bitsadmin|wscript|cscript|mshta|rundll32|"
    r"regsvr32|msiexec|schtasks|copy|xcopy|del|if exist|if not exist)\b",
    re.IGNORECASE,
)


def differs_on_windows(line: str) -> bool:
    """Say whether cmd.exe may read a line as something else than sh does."""
    return WINDOWS.search(line) is not None


def _matching(name: str, manifest: Manifest | None) -> list[str]:
    if manifest is None:
        return []
    if "*" not in name:
        return [name]
    pattern = re.compile(re.escape(name).replace(r"\*\*", ".*").replace(r"\*", "[^:]*"))
    return [one for one in manifest.scripts if pattern.fullmatch(one)][:20]


def _order(spot: Spot) -> int:
    return ORDER.index(spot.when)
