"""Does the package look around on the machine while it is installed or when Python starts?

Asking who, where and what this machine is serves an attacker who chooses victims. A build needs at most the platform,
which Python knows without starting a program. Looking and telling, in one breath, is theft of information.

Remedy: read the line that is shown; install a wheel instead, whose installation runs no code.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, mark, marks, pick, shown, together
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1082", "T1033", "T1195.001")
WHO = re.compile(r"\buname\s+(?:-\w*[an]|--all|--nodename)", re.IGNORECASE)
LEAVES = re.compile(r"(?:\becho\b.*>|\btouch)\s*/tmp/", re.IGNORECASE)
KEPT = {"fingerprint": "who and where this is", "environment-all": "the whole environment"}
LOOK = mark("identity", "recon", Severity.MEDIUM)
hits = (
    example(does("spawn", "whoami", When.INSTALL, "", LOOK)),
    example(does("spawn", "id > /tmp/a", When.INSTALL, "", LOOK)),
    example(does("write", "a.json", When.INSTALL, "fingerprint")),
)
misses = (
    example(does("write", "build/flags.txt", When.INSTALL, "command-output environment")),
    example(does("write", "a.log", When.CALL, "fingerprint")),
    example(does("spawn", "whoami", When.CALL, "", LOOK)),
    example(does("spawn", "pkg-config --libs a")),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each command that looks around."""
    for one in pick(evidence, "spawn", when=FIRST):
        if marks(one, "recon") and not marks(one, "build-tool"):
            platform = is_platform(one)
            told = "" if platform else tells(evidence, one)
            severity = Severity.HIGH if told else Severity.LOW if platform else Severity.MEDIUM
            message = f"looks around on the machine{told}: {shown(one.detail)}"
            yield say.of(one, severity, Confidence.HIGH, message)
        elif LEAVES.search(one.detail):
            message = f"leaves something in the temporary folder: {shown(one.detail)}"
            yield say.of(one, Severity.MEDIUM, Confidence.HIGH, message)
    for one in pick(evidence, "write", when=FIRST):
        kept = [words for taint, words in KEPT.items() if taint in one.taints]
        if kept:
            message = f"writes {' and '.join(kept)} aside: {shown(one.detail)}"
            yield say.of(one, Severity.HIGH, Confidence.HIGH, message)


def is_platform(look: Behaviour) -> bool:
    """Say whether only the kind of machine is asked for, which decides what fits it and tells nobody who it is."""
    only = all(one.id == "kernel-name" for one in marks(look, "recon"))
    return only and ">" not in look.detail and not WHO.search(look.detail)


def tells(evidence: Evidence, look: Behaviour) -> str:
    """Say where the result goes, as far as the code shows."""
    if ">" in look.detail:
        return " and writes the result aside"
    for other in pick(evidence, "send", "network", "lookup", when=FIRST):
        if together(evidence, look, other) and other.line >= look.line:
            return " and talks to the network"
    written = (one for one in pick(evidence, "write", when=FIRST) if "command-output" in one.taints)
    return " and writes the result aside" if any(written) else ""
