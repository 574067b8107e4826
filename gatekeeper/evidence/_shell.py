"""Reading shell lines and scripts: what they start, fetch, write and follow, by sh and by cmd."""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003 - used in a table
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._base import BudgetError
from gatekeeper.evidence._shell_bash import Script
from gatekeeper.evidence._shell_files import Files
from gatekeeper.evidence._shell_managers import Managers, differs_on_windows
from gatekeeper.evidence._shell_running import NODES, PREFIXES, SHELLS
from gatekeeper.evidence._shell_state import Command, Flow, Spot, Word
from gatekeeper.evidence._shell_tangles import MOST_PARSED
from gatekeeper.evidence._shell_transfer import LOOKUPS, Transfers, program_of
from gatekeeper.evidence._shell_windows import powershell_code, read_cmd, read_powershell
from gatekeeper.evidence._signatures import marks_of_command

if TYPE_CHECKING:
    from gatekeeper.model import When

MOST_DEPTH = 10  # lines inside lines
MOST_COMMANDS = 20_000  # of one artifact


class ShellReader(Managers, Files, Transfers):
    """Reads lines of package.json, of binding.gyp, of JavaScript that starts programs, and whole scripts."""

    commands_read = 0
    parsing_left = MOST_PARSED

    def command(self, line: str, path: str, number: int, when: When, taints: frozenset[str]) -> None:
        """Read a command that other code starts, which has noted the command itself."""
        folder = self.package_of(path)
        hidden = taints & {"layer"}
        spot = Spot(
            path, number, when, folder, folder, line, hidden, said=frozenset(marks_of_command(line)), quiet=True
        )
        self.run_posix(line, spot)
        if differs_on_windows(line):
            self.run_windows(line, spot)

    def package_of(self, path: str) -> str:
        """Return the folder of the package that a file belongs to."""
        head, mark, tail = path.rpartition("node_modules/")
        if not mark:
            return ""
        parts = tail.split("/")
        return head + mark + "/".join(parts[: 2 if tail.startswith("@") else 1])

    def run_posix(self, code: str, spot: Spot, *, lines: bool = False, known: dict[str, Word] | None = None) -> Flow:
        """Run through POSIX shell code."""
        if spot.depth > MOST_DEPTH:
            self.notes.unread(spot.path, "nested too deeply to follow")
            return Flow()
        script = Script(self, spot, known)
        flow = script.read(code, lines=lines)
        if script.broken and not spot.quiet:
            self._whole(code, spot)
        return flow

    def _whole(self, code: str, spot: Spot) -> None:
        """Note what a line that does not quite parse looks like as a whole."""
        for line in code.splitlines()[:2000]:
            marks = [mark for mark in marks_of_command(line) if mark.family == "pattern" and mark not in spot.said]
            if marks:
                self.notes.note("spawn", line.strip(), replace(spot, snippet=line), (), marks)

    def run_windows(self, code: str, spot: Spot, *, lines: bool = False) -> Flow:
        """Run through lines of cmd.exe."""
        return read_cmd(self, code, spot, lines=lines)

    def run_powershell(self, code: str, spot: Spot, *, lines: bool = False) -> Flow:
        """Run through PowerShell."""
        if lines:
            for number, line in enumerate(code.splitlines()[:2000], 1):
                here = replace(spot, line=number, snippet=line)
                self.notes.spawn(line, here) if marks_of_command(line) else None
        return read_powershell(self, code, spot)

    def run(self, command: Command, script: Script) -> Flow:
        """Note what one command does and return what it prints."""
        self.commands_read += 1
        if self.commands_read > MOST_COMMANDS:
            raise BudgetError
        name = program_of(command)
        simple = SIMPLE.get(name)
        if simple is not None:
            return simple(self, command)
        scripted = SCRIPTED.get(name)
        if scripted is not None:
            return scripted(self, command, script)
        if name.startswith("python") or name in {"py", "pypy", "pypy3"}:
            return self.python_program(command, script)
        return self.started_path(command)

    def packaged(self, name: str, command: Command) -> str | None:
        """Return the text of a file of the artifact, or None."""
        path = self.resolve(name, command.spot)
        content = None if path is None else self.read(path)
        return None if content is None or len(content) > 1 << 16 else content.decode("utf-8", "replace")

    def command_interpreter(self, command: Command, script: Script) -> Flow:
        """Read cmd: the line behind /c."""
        texts = command.texts
        at = next((at for at, text in enumerate(texts) if text.lower().startswith(("/c", "/k", "/r"))), None)
        del script
        if at is None:
            return Flow()
        line = " ".join([texts[at][2:], *texts[at + 1 :]]).strip()
        flow = self.run_windows(line, replace(command.spot, depth=command.spot.depth + 1, quiet=False))
        return replace(flow, shown=line) if self._all_packaged(line, command.spot) else flow

    def _all_packaged(self, line: str, spot: Spot) -> bool:
        """Say whether a line of cmd only starts batch files of the artifact, which are read themselves."""
        at, found = spot.at, 0
        for part in re.split(r"[&|]+", line):
            words = part.split()
            if words[:1] == ["cd"] and len(words) > 1:
                at = f"{at}/{words[-1]}".lstrip("/")
            elif words and self.resolve(words[0], replace(spot, at=at)) is not None:
                found += 1
            else:
                return False
        return found > 0

    def powershell(self, command: Command, script: Script) -> Flow:
        """Read PowerShell: its code, perhaps encoded, or its file."""
        del script
        code, file, encoded = powershell_code(command.args)
        if file is not None:
            self.follow(file, command.spot, "powershell")
        if code is None:
            return Flow()
        spot = command.spot if not encoded else replace(command.spot, taints=command.spot.taints | {"layer"})
        if encoded:
            self.notes.spawn(code, replace(spot, quiet=False))
        return self.run_powershell(code, spot)


def _each(names: str, read: Callable[..., Flow]) -> dict[str, Any]:
    return dict.fromkeys(names.split(), read)


SIMPLE: dict[str, Callable[[Any, Command], Flow]] = {
    **_each("curl wget aria2c axel http https fetch iwr irm invoke-webrequest invoke-restmethod", ShellReader.curl),
    **_each("nc ncat netcat telnet socat", ShellReader.netcat),
    **dict.fromkeys(LOOKUPS, ShellReader.lookup),
    **_each("scp rsync ssh sftp ftp tftp", ShellReader.copied_far),
    **_each("certutil bitsadmin", ShellReader.windows_transfer),
    **_each("echo printf @echo", ShellReader.echo),
    **_each("cat head tail tac type more less bat", ShellReader.cat),
    **_each("base64 base32 basenc openssl xxd rev tr uudecode zcat gunzip gzip unxz bunzip2 gpg", ShellReader.decode),
    **_each("id whoami hostname uname systeminfo ipconfig ifconfig quser logname arp wmic tasklist ip ps netstat w who "
            "sw_vers scutil lscpu dmidecode getmac", ShellReader.identity),
    **_each("printenv set", ShellReader.environment),
    **_each("grep egrep fgrep sed awk jq sort cut uniq wc find ls dir", ShellReader.passing),
    **_each("cp mv ln install copy xcopy move ren rename robocopy mklink", ShellReader.copy),
    **_each("tee", ShellReader.tee),
    **_each("dd", ShellReader.dd),
    **_each("rm del erase rmdir rd unlink shred rimraf", ShellReader.remove),
    **_each("gh gcloud security git-credential-manager vault op", ShellReader.secrets),
    **_each("tar zip unzip 7z bsdtar", ShellReader.archive),
}  # fmt: skip
SCRIPTED: dict[str, Callable[[Any, Command, Script], Flow]] = {
    **dict.fromkeys(SHELLS - {"busybox"}, ShellReader.shell),
    **dict.fromkeys(PREFIXES, ShellReader.prefixed),
    **dict.fromkeys(NODES, ShellReader.node),
    **_each("perl ruby php lua osascript wscript cscript mshta tclsh rscript", ShellReader.other_interpreter),
    **_each("npm yarn pnpm bun", ShellReader.manager),
    **_each("npx pnpx yarnpkg bunx dlx", ShellReader.other_package),
    **_each("run-s run-p npm-run-all npm-run-all2 concurrently", ShellReader.by_pattern),
    **_each("eval", ShellReader.evaluate),
    **_each("source .", ShellReader.source),
    **_each("cd pushd chdir", ShellReader.change_folder),
    **_each("cmd command.com", ShellReader.command_interpreter),
    **_each("powershell pwsh", ShellReader.powershell),
}
