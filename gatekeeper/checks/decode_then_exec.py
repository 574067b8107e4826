"""Does the package run code that it decodes first?

Code is written to be read; code that is hidden in base64, hex, characters, compression or a cipher and then run is
written not to be. What the decoded layer does is said as well, where it can be read.

Remedy: do not install.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, pick, shown
from gatekeeper.model import UNASKED, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1027", "T1140", "T1059.006")
HIDDEN = frozenset({"decoded", "characters", "xor"})
ON_CALL = frozenset({"decoded", "xor"})  # of code that nothing runs unasked: there, characters are often only joined
ELSEWHERE = frozenset({"file", "given", "bare"})  # a person's file, what a caller hands over, what has no builtins
ACTS = ("spawn", "network", "send", "write", "read", "exec", "native-memory")
hits = (
    example(does("exec", "exec of something computed", When.IMPORT, "decoded")),
    example(does("spawn", "true", When.INSTALL, "decoded")),
    example(does("network", "http://files.example/", When.IMPORT, "layer")),
)
misses = (
    example(does("exec", "exec", When.INSTALL, "packaged")),
    example(does("decode", "base64.b64decode", When.IMPORT)),
    example(does("exec", "exec of something computed", When.CALL, "decoded given")),
    example(does("exec", "eval of something computed", When.CALL, "characters")),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each piece of hidden code that runs, and for what it does."""
    for one in pick(evidence, "exec", when=UNASKED | USED):
        if HIDDEN & set(one.taints):
            yield from about_exec(evidence, one)
    for one in pick(evidence, "spawn"):
        if "decoded" in one.taints:
            yield say.of(
                one, Severity.HIGH, Confidence.HIGH, f"starts a command that it decodes first: {shown(one.detail)}"
            )
    for one in pick(evidence, *ACTS):
        if "layer" in one.taints:
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, f"hidden code acts ({one.kind}): {shown(one.detail)}")


def about_exec(evidence: Evidence, one: Behaviour) -> Iterator[Finding]:
    """Yield what a hidden piece of code deserves: little when all of it was read and it only defines things."""
    if one.when in UNASKED and is_plain(evidence, one):
        yield say.of(one, Severity.LOW, Confidence.HIGH, "runs code that it decodes first; all of it was read")
    elif one.when is When.IMPORT and "given" in one.taints:
        yield say.of(one, Severity.MEDIUM, Confidence.MEDIUM, "runs code that it is given, and decodes first")
    elif one.when in UNASKED:
        yield say.of(one, Severity.CRITICAL, Confidence.HIGH, "runs code that it decodes first")
    elif hides(evidence, one) and not ELSEWHERE & set(one.taints):
        yield say.of(one, Severity.HIGH, Confidence.MEDIUM, "can run code that it decodes first")


def hides(evidence: Evidence, one: Behaviour) -> bool:
    """Say whether code that runs only when it is used comes from an encoding."""
    return evidence.release.ecosystem == "npm" or not ON_CALL.isdisjoint(one.taints)


def is_plain(evidence: Evidence, one: Behaviour) -> bool:
    """Say whether decoded code was read to its end and does nothing but start ordinary programs when called."""
    spelled = {"characters", "xor"} & set(one.taints)  # no honest bundler hides plain code so
    if one.when is not When.IMPORT or not one.detail.endswith("of known code") or spelled:
        return False
    inner = [other for other in evidence.behaviours if other.file == one.file and "layer" in other.taints]
    return all(other.kind == "spawn" and other.when in USED and not other.marks for other in inner)
