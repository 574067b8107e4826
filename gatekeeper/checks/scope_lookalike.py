"""Does the name pass for one in a much-used npm scope?

Only its owner publishes in a scope. So a trap takes a scope that reads like a known one (`@acitons/core`), or drops
the scope from the name (`types-node` for `@types/node`).

Remedy: check the scope. If the name is meant, rule `scope-lookalike = "note"` or write a waiver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says
from gatekeeper.checks._names import is_settled
from gatekeeper.model import Confidence, Evidence, Finding, Lookalike, Release, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1036.005", "T1204.005")
SAME_PACKAGE = "scope: "  # and the slip: the rest of the name is that of a popular package
OTHER_PACKAGE = "like a scope: "
BY_FINGERS = ("transposition", "doubled letter", "halved letter", "omitted letter", "neighbouring key", "homoglyph")
TYPES, FLAT = "types without their scope", "scope flattened"
hits = (
    Evidence(Release("npm", "@acitons/core"), lookalikes=(Lookalike("@actions/core", "scope: transposition", 9),)),
    Evidence(Release("npm", "types-node"), lookalikes=(Lookalike("@types/node", TYPES, 9),), requested=True),
    Evidence(Release("npm", "@types-node"), lookalikes=(Lookalike("@types/node", TYPES, 9),)),
    Evidence(Release("npm", "acme-client"), lookalikes=(Lookalike("@acme/client", FLAT, 9),)),
)
misses = (
    Evidence(Release("npm", "@actions/core")),
    Evidence(Release("npm", "exmaple"), lookalikes=(Lookalike("example", "transposition", 7),)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for the most used package that this one passes for by its scope."""
    near = next((one for one in evidence.lookalikes if is_about_scopes(one.kind)), None)
    if near is None:
        return
    if evidence.release.name.startswith("@") and "/" not in evidence.release.name:
        message = f"no npm package is called {evidence.release.name}; did you mean {near.target}?"
        yield say.about(Severity.HIGH, Confidence.HIGH, message, near.target)
        return
    asks = near.kind.startswith(SAME_PACKAGE) or (near.kind == TYPES and evidence.requested)
    severity = Severity.MEDIUM if asks and not is_settled(evidence) else Severity.NOTE
    message = f"{evidence.release.name} could pass for {near.target} ({near.kind})"
    yield say.about(severity, Confidence.MEDIUM, message, near.target)


def is_about_scopes(kind: str) -> bool:
    """Say whether a likeness is one of scopes, and not one that honest scopes have as well."""
    slipped = kind.removeprefix(OTHER_PACKAGE)
    return kind in {TYPES, FLAT} or kind.startswith(SAME_PACKAGE) or (kind != slipped and slipped in BY_FINGERS)
