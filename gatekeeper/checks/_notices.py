"""What the checks about sources share: a notice becomes a finding that names the line where it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, cut
from gatekeeper.model import Confidence, Evidence, Finding, Notice, Place, Release, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def from_notices(say: Says, evidence: Evidence, severity: Severity, sentences: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each notice of the kinds in `sentences`, which says what each means."""
    for notice in evidence.notices:
        if notice.kind in sentences:
            place = notice.place or Place("")
            yield Finding(
                say.check, severity, Confidence.HIGH, cut(f"{sentences[notice.kind]}: {notice.detail}"), None,
                place.file or None, place.line, None, say.attack,
            )  # fmt: skip


def noticed(kind: str, detail: str) -> Evidence:
    """Build an example with one notice."""
    return Evidence(Release("pypi", "example"), notices=(Notice(kind, detail, Place("requirements.txt", 3)),))
