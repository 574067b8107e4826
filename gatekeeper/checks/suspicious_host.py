"""Does the package go to a place where anybody may put or fetch anything, without being asked to?

Chat webhooks, request bins, paste sites, file drops, tunnels and link shorteners cost nothing and name nobody. So does
the address at which clouds hand out credentials.

Remedy: read the line that is shown; an honest package names a host of its own project.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, USED, Says, does, example, mark, marks, pick, shown, together
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Mark, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1102", "T1567", "T1552.005")
DROPS = ("webhook", "oast", "metadata")
PLACES = ("paste", "file-drop", "tunnel", "shortener", "free-hosting", "bare-address")
PROGRAM = re.compile(r"\.(?:exe|dll|scr|bat|cmd|ps1|vbs|pyw?|sh|jar|hta|msi)(?:[?#]|$)", re.IGNORECASE)
HOOK, PASTE = mark("chat-webhook", "webhook"), mark("paste", "paste")
hits = (
    example(does("send", "https://hooks.example/services/a", When.IMPORT, "", HOOK)),
    example(does("network", "https://paste.example/raw/a", When.IMPORT, "", PASTE), does("exec", "exec", When.IMPORT)),
    example(does("send", "https://hooks.example/services/a", When.CALL, "", HOOK)),
)
misses = (
    example(does("send", f"https://hooks.example/{HOLE}", When.CALL, "", HOOK)),
    example(does("network", "https://paste.example/raw/a", When.CALL, "", PASTE)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such place."""
    for one in pick(evidence, "network", "send", "lookup", "hidden-address"):
        for host in marks(one, *DROPS, *PLACES, "ip-lookup"):
            severity = severity_of(evidence, one, host)
            yield say.of(one, severity, Confidence.MEDIUM, f"goes to a host that {host.reason}: {shown(one.detail)}")
    for one in pick(evidence, "network", "send", when=USED):
        for host in marks(one, "webhook", "oast"):
            if HOLE not in one.detail and "%" not in one.detail:
                message = f"can send to a host that {host.reason}: {shown(one.detail)}"
                yield say.of(one, Severity.HIGH, Confidence.MEDIUM, message)


def severity_of(evidence: Evidence, behaviour: Behaviour, host: Mark) -> Severity:
    """Return how bad it is to go there: a drop is bad by itself, the rest together with what follows."""
    if host.family in DROPS or behaviour.when in FIRST:
        return Severity.HIGH
    if host.family in PLACES and (behaviour.kind == "send" or PROGRAM.search(behaviour.detail)):
        return Severity.HIGH
    for other in pick(evidence, "exec", "spawn", "write"):
        if other.file == behaviour.file and together(evidence, behaviour, other):
            return Severity.HIGH
    return Severity.MEDIUM
