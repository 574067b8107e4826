"""Does the package reach the system by a way that hides which module it uses?

A program that wants to start processes or open files asks for the module by its name. A name that is put together from
pieces, or decoded, is written so that nobody finds it; so are Node's internal bindings, which no library needs.

Remedy: do not install unless the project says why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, npm_example, pick, shown
from gatekeeper.model import FIRST, UNASKED, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1027", "T1106")
HIDDEN = frozenset({"decoded", "characters", "xor"})
BINDINGS = frozenset({"spawn_sync", "process_wrap", "tcp_wrap", "pipe_wrap", "udp_wrap", "cares_wrap"})
hits = (
    npm_example(does("hidden-import", "child_process", When.IMPORT, "decoded")),
    npm_example(does("hidden-import", "child_process", When.INSTALL)),
    npm_example(does("binding", "spawn_sync", When.IMPORT)),
)
misses = (
    npm_example(does("hidden-import", "fs", When.CALL)),
    npm_example(does("binding", "natives", When.IMPORT)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each module that is reached in hiding, in code that runs unasked."""
    for one in pick(evidence, "hidden-import", when=UNASKED):
        message = f"hides that it uses the module {shown(one.detail)}"
        yield say.of(one, severity_of(one), Confidence.HIGH, message)
    for one in pick(evidence, "binding", when=UNASKED):
        if one.detail in BINDINGS:
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"uses Node's internal binding {shown(one.detail)}")


def severity_of(behaviour: Behaviour) -> Severity:
    """Return how bad a hidden name is: much when it is decoded, less when it is pieced together, as bundlers need."""
    if HIDDEN & set(behaviour.taints):
        return Severity.HIGH
    return Severity.MEDIUM if behaviour.when in FIRST else Severity.LOW
