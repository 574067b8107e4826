"""Does the package look whether somebody watches it, before it acts?

Asking for virtual machines, sandboxes and debuggers is how code behaves well in front of an analyst. A library has
hardly ever a reason, and none beside network use or programs that it starts unasked.

Remedy: read the lines that are shown; ask the project what they are for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, mark, marks, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1497", "T1622")
GUEST, PROBE = mark("virtual-machine", "sandbox"), mark("sandbox-probe", "sandbox")
ACTS = ("network", "send", "spawn", "exec")
hits = (
    example(
        does("read", "C:/windows/system32/drivers/vmmouse.sys", When.IMPORT, "", GUEST),
        does("send", "https://files.example/", When.IMPORT),
    ),
    example(does("anti-analysis", "IsDebuggerPresent", When.INSTALL), does("exec", "exec", When.INSTALL)),
)
misses = (
    example(does("read", "/sys/class/dmi/id/product_name", When.IMPORT, "", GUEST)),
    example(
        does("spawn", "wmic bios get serialnumber", When.CALL, "", PROBE),
        does("send", "https://files.example/", When.CALL),
    ),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each such look in a file that also acts."""
    for one in pick(evidence, "anti-analysis", "read", "spawn"):
        if one.kind != "anti-analysis" and not marks(one, "sandbox"):
            continue
        if any(other is not one and other.file == one.file for other in pick(evidence, *ACTS)):
            yield say.of(
                one, Severity.MEDIUM, Confidence.MEDIUM, f"looks for somebody who watches: {shown(one.detail)}"
            )
