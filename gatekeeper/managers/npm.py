"""npm: ask it what it would use, let it settle on a set, run it behind the gate. npx is npm's `exec`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.managers._npm_options import without_options
from gatekeeper.managers._npm_verbs import verb_of
from gatekeeper.managers._npm_words import as_exec, option, with_options, without_secrets, without_workspaces
from gatekeeper.shims import without_shims

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatekeeper.managers import Entrance
    from gatekeeper.managers._npm_wish import Asked
    from gatekeeper.model import Request
    from gatekeeper.wish import Locked, Wish

SUPPORTED = ("8", "11")  # the first and the last that are proved, whatever comes behind these numbers
BOOTSTRAP = Path(__file__).with_name("_npm_bootstrap.py")


class Npm:
    """One run of the person's own npm."""

    ecosystem = "npm"

    def __init__(self, request: Request, environ: Mapping[str, str], *, rehearsal: bool = False) -> None:
        """Read the words; raise `UsageError` for a verb that is not gated, or when there is no npm."""
        self.rehearsal = rehearsal
        self.folder = request.folder
        self.words = as_exec(request.words) if request.client == "npx" else request.words
        self.verb = verb_of(self.words)
        if self.verb.name == "exec" and not without_options(self.words).plain[1:] and not option(self.words, "--call"):
            raise UsageError("npx without a command opens a shell, which is not gated", hint="name what it is to start")
        if self.verb.kind == "refused":
            raise UsageError(f"{self.verb.why or f'npm {self.verb.name} is not gated'}: nothing was installed")
        self.environ = {**environ, "PATH": safe_path(environ.get("PATH", os.defpath), request.folder)}
        self.npm = find_npm(self.environ["PATH"])
        self._wish: Wish | None = None

    @property
    def asked(self) -> Asked:
        """What was typed, taken apart."""
        from gatekeeper.managers._npm_program import packages_of
        from gatekeeper.managers._npm_wish import Asked

        plain = without_options(self.words).plain[1:]
        program = self.verb.name in ("exec", "init")
        if program:
            specs = tuple(packages_of(self.verb.name, self.words, plain))
        else:
            specs = plain if self.verb.name in WITH_SPECS else ()
        prefix = option(self.words, "--prefix", "-C")
        return Asked(self.verb.name, specs, self.folder, prefix, self.npm, program and bool(specs))

    @property
    def hello(self) -> dict[str, Any]:
        """Return what the bootstrap is told first."""
        # Passed through, an `exec` runs what the project holds already; told not to install, it can do nothing else.
        extra = ["--no"] if self.verb.name == "exec" else []
        own = [self.npm, *self.verb.extra, *with_options(self.words, extra)]
        ask = [
            self.npm,
            # It leaves no diary of its own among the person's: npm keeps ten, and drops the oldest.
            *with_options(without_workspaces(without_secrets(self.words, sources=False)), [*AS_JSON, "--logs-max=0"]),
        ]
        ask[1:1] = ["config", "ls"]
        plain = own if self.verb.kind == "plain" else None
        return {"ask": ask, "own": own, "plain": plain, "environ": self.environ}

    def start(self, address: str, temporary: Path, stdout: int | None) -> subprocess.Popen[bytes]:
        """Start the bootstrap in the person's folder; it asks the gate at `address` what to do."""
        environ = {"TMPDIR": str(temporary), "PATH": self.environ["PATH"]}
        kept = {name: value for name, value in self.environ.items() if name in ("SYSTEMROOT", "LANG", "LC_ALL")}
        words = [sys.executable, "-I", "-S", str(BOOTSTRAP)]
        if os.name != "posix":
            environ["GATEKEEPER_GATE"] = address
            return subprocess.Popen(words, cwd=self.folder, env={**kept, **environ}, stdout=stdout)
        # A process's environment can be read by whatever it starts; what came through a pipe cannot.
        reading, writing = os.pipe()
        try:
            os.write(writing, address.encode("ascii"))
            os.close(writing)
            words.append(str(reading))
            return subprocess.Popen(words, cwd=self.folder, env={**kept, **environ}, stdout=stdout, pass_fds=(reading,))
        finally:
            os.close(reading)

    def wish(self, question: Mapping[str, Any]) -> Wish:
        """Read what npm said it would use."""
        from gatekeeper.managers._npm_own import first_on_each_host, own_registry, secrets_of, sources_named_in
        from gatekeeper.managers._npm_wish import wish_of
        from gatekeeper.wish import Wish
        from gatekeeper.wish.hosts import shown

        if question.get("plain") or (self.verb.name == "exec" and self._is_here()):
            return Wish(verb=self.verb.name, gated=False, ecosystem="npm")
        if problem := question.get("problem"):
            lines = [line for line in str(problem).splitlines() if line.strip()]
            raise UndecidedError(f"npm could not say what it would use: {shown(' / '.join(lines[:3]))}")
        wish = wish_of(self.asked, question["config"], self.environ, self.words)
        own = own_registry(self.npm, question["config"])
        project = None if wish.raw["global"] else wish.raw["root"]
        self._wish = replace(
            wish,
            defaults=(own,) if own else (),
            locked_at=first_on_each_host(project) if project and not self.asked.runs_program else (),
            secrets=tuple(secrets_of(project, self.environ)) if project else (),
            remarks=(*wish.remarks, *(sources_named_in(project, self.environ) if project else ())),
        )
        return self._wish

    def _is_here(self) -> bool:
        """Say whether npx fetches nothing, because the project holds the program, or none is named."""
        from gatekeeper.managers._npm_program import is_here

        return is_here(self.words, without_options(self.words).plain[1:], self.folder)

    def plan(
        self, wish: Wish, gate: Entrance, addresses: Mapping[int, str], temporary: Path, cage: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what the bootstrap needs: words, a clean environment, a scratch copy to settle in, the fence."""
        from gatekeeper.managers._npm_run import Run

        assert not addresses
        run = Run(self.npm, self.words, self.asked, wish, gate, temporary)
        return run.plan(self.environ, cage, rehearsal=self.rehearsal)

    def planned(self, body: Mapping[str, Any]) -> list[Locked] | None:
        """Read the set that npm settled on: what of it will be fetched here. None: it could not settle."""
        from gatekeeper.managers._npm_planned import to_fetch

        if body.get("lock") is None:
            return None
        assert self._wish is not None
        return to_fetch(str(body["lock"]), self._wish, clean=self.verb.name in ("ci", "install-ci-test"))

    def rehearsed(self) -> tuple[str, ...]:
        """Return nothing: what npm settled on has been judged by then."""
        return ()


AS_JSON = ("--long", "--json")
WITH_SPECS = frozenset({"install", "install-test", "update", "link", "pack"})


def safe_path(path: str, folder: Path) -> str:
    """Drop the entries of PATH that lie in the person's folder, or mean it: a planted npm, node or git would run."""
    home = folder.resolve()
    entries = [each for each in path.split(os.pathsep) if each and Path(each).is_absolute()]
    return os.pathsep.join(each for each in entries if not Path(each).resolve().is_relative_to(home))


def find_npm(path: str) -> str:
    """Return the npm that bare npm would be, never a shim of ours; raise `UsageError` when there is none."""
    found = shutil.which("npm", path=without_shims(path))
    if found is None:
        raise UsageError("there is no npm on PATH", hint="install Node.js, which brings it")
    return found
