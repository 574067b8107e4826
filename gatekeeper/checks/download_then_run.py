"""Does the package fetch something and run it, without being asked to?

What is fetched can change after anybody looked at it. Code or programs that are run straight from the network are the
plainest form of a second stage.

Remedy: do not install.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import (
    HOLE,
    USED,
    Says,
    does,
    example,
    fetches_only_declared,
    mark,
    marks,
    npm_example,
    pick,
    shown,
    together,
)
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1105", "T1059", "T1204.005")
HIDING = ("executable", "drop-folder", "temporary")
FETCHERS = frozenset({"downloader", "transfer"})
# Where a command keeps what it fetches.
KEEPS = re.compile(r"\b(?:curl|wget)\b.*\s-(?:o|O|-output)[\s=]*[\"']?([^\s\"';&|]+)")
TRIAL = re.compile(r"[\s'\"](?:--version|-v|-V|version)[\s'\"]*$")
LOADED = ("require of", "import of")  # a module whose name, rather than whose code, came from the network
TEMP = mark("temporary-folder", "temporary", Severity.NOTE)
hits = (
    example(does("exec", "exec of something computed", When.IMPORT, "network")),
    example(does("write", "a.bin", When.IMPORT, "network", TEMP), does("spawn", "a.bin", When.IMPORT)),
    example(does("write", "later.py", When.INSTALL, "decoded"), does("spawn", "python later.py")),
    example(
        does("spawn", "curl http://files.example/a -o a.exe", When.IMPORT, "", mark("downloader", "child")),
        does("spawn", "C:/a.exe", When.IMPORT),
    ),
)
misses = (
    npm_example(does("write", "a.bin", When.INSTALL, "network", TEMP), does("spawn", "node-gyp rebuild")),
    example(does("exec", "exec of something computed", When.IMPORT, "file")),
    example(does("exec", "eval of something computed", When.CALL, "bare network")),
    example(does("write", "model.bin", When.IMPORT, "network"), does("spawn", "git describe", When.IMPORT)),
    example(
        does("write", "a.zip", When.INSTALL, "network"),
        does("spawn", "curl -o a.zip http://files.example/", When.INSTALL, "", mark("downloader", "child")),
    ),
)
ONLY_WRITES = re.compile(r"[^;&|>]*>\s*\S+\s*")  # one command, whose output goes into the file
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each thing that is fetched and run."""
    for one in pick(evidence, "exec", "spawn"):
        if "network" in one.taints:
            message = "runs code or a command that it fetches from the network"
            mild = is_trial(evidence, one) or one.detail.startswith(LOADED)
            severity = Severity.MEDIUM if mild else Severity.CRITICAL
            yield say.of(one, severity, Confidence.HIGH, f"{message}: {shown(one.detail)}")
    for one in pick(evidence, "exec", when=USED):
        if "network" in one.taints and "bare" not in one.taints:
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, "can run code that it fetches from the network")
    yield from by_commands(evidence)
    for written in pick(evidence, "write"):
        if "network" in written.taints:
            yield from started(evidence, written)
        elif "decoded" in written.taints:
            yield from unpacked(evidence, written)


def by_commands(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each file that one command fetches and another starts."""
    commands = [] if evidence.release.ecosystem == "npm" else list(pick(evidence, "spawn"))
    for fetch in commands:
        kept = KEEPS.search(fetch.detail)
        path = kept[1] if kept is not None else ""
        for other in commands if path else ():
            later = other is not fetch and other.line >= fetch.line and together(evidence, fetch, other)
            if later and is_same(path, other.detail):
                message = f"fetches {shown(path)[:60]} and starts {shown(other.detail)[:60]}"
                yield say.of(fetch, Severity.HIGH, Confidence.HIGH, message)


def started(evidence: Evidence, written: Behaviour) -> Iterator[Finding]:
    """Yield the worst finding for a fetched file that is started, as far as the code shows."""
    if written.when in FIRST and fetches_only_declared(evidence, written.file):
        return
    found = [one for spawn in pick(evidence, "spawn") for one in about_start(evidence, written, spawn)]
    if found:
        yield max(found, key=lambda one: (one.severity, one.confidence))


def about_start(evidence: Evidence, written: Behaviour, spawn: Behaviour) -> Iterator[Finding]:
    """Yield what a command deserves that may start a fetched file."""
    if not together(evidence, written, spawn) or fetches(spawn, written):
        return
    same, blind = is_same(written.detail, spawn.detail), spawn.detail.startswith(HOLE)
    hiding = bool(marks(written, *HIDING)) and (blind or evidence.release.ecosystem != "npm")
    if same or hiding or (written.when in FIRST and blind):
        sure = (same or hiding) and not is_trial(evidence, spawn)
        severity = Severity.HIGH if sure else Severity.MEDIUM
        confidence = Confidence.HIGH if same else Confidence.MEDIUM
        message = f"fetches {shown(written.detail)[:60]} and starts {shown(spawn.detail)[:60]}"
        yield say.of(written, severity, confidence, message)


def is_trial(evidence: Evidence, spawn: Behaviour) -> bool:
    """Say whether an npm hook only asks a fetched program for its version, as honest hooks do: that is a question."""
    trial = spawn.kind == "spawn" and TRIAL.search(spawn.detail) is not None
    return trial and evidence.release.ecosystem == "npm" and spawn.when in FIRST


def fetches(spawn: Behaviour, written: Behaviour) -> bool:
    """Say whether a command is the one that fetched the file, rather than one that starts it."""
    here = (spawn.file, spawn.line) == (written.file, written.line)
    return here and any(one.id in FETCHERS for one in marks(spawn, "child"))


def unpacked(evidence: Evidence, written: Behaviour) -> Iterator[Finding]:
    """Yield a finding when a file that is decoded from the package's own text is started by its name."""
    for spawn in pick(evidence, "spawn"):
        starts = is_same(written.detail, spawn.detail) and not ONLY_WRITES.fullmatch(spawn.detail)
        if together(evidence, written, spawn) and starts:
            message = f"decodes {shown(written.detail)[:60]} and starts {shown(spawn.detail)[:60]}"
            yield say.of(written, Severity.HIGH, Confidence.HIGH, message)
            return


def is_same(path: str, command: str) -> bool:
    """Say whether a command names a written file."""
    name = path.replace("\\", "/").rpartition("/")[2]
    if len(name) <= 2 or HOLE in name:  # noqa: PLR2004 - a name, not a letter
        return False
    return re.search(rf"(?:^|[\s/\\\"'=]){re.escape(name)}(?:$|[\s\"';&|,)])", command) is not None
