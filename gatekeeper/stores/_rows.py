"""Findings as one row of a store: spelt, proved, read back."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from gatekeeper.model import Confidence, Finding, Severity, When

# What a row leaves out: waivers are policy, and so is what is worked out for a report.
OF_THE_DAY = ("waived", "ruling", "rule", "why")


def proof_of(key: str, ruleset: str, findings: str) -> str:
    """Digest a row: SQLite keeps no checksums, and a row that disk rot changed must not be taken for a verdict."""
    return hashlib.sha256(f"{key}\0{ruleset}\0{findings}".encode("utf-8", "backslashreplace")).hexdigest()


def spelt(findings: tuple[Finding, ...]) -> str:
    """Spell findings as JSON."""
    return json.dumps([_plain(finding) for finding in findings])


def _plain(finding: Finding) -> list[Any]:
    return [
        finding.check,
        int(finding.severity),
        int(finding.confidence),
        finding.message,
        None if finding.when is None else finding.when.value,
        finding.file,
        finding.line,
        finding.snippet,
        list(finding.attack),
        [list(line) for line in finding.around],
        finding.instead,
    ]


def findings_in(text: str) -> tuple[Finding, ...] | None:
    """Read findings back, or None when the text is not what was written."""
    try:
        rows = json.loads(text)
        findings = tuple(
            Finding(
                check=check,
                severity=Severity(severity),
                confidence=Confidence(confidence),
                message=message,
                when=None if when is None else When(when),
                file=file,
                line=line,
                snippet=snippet,
                attack=tuple(attack),
                around=tuple((number, code) for number, code in around),
                instead=instead,
            )
            for check, severity, confidence, message, when, file, line, snippet, attack, around, instead in rows
        )
    except (ValueError, TypeError, RecursionError):
        return None
    return findings if isinstance(rows, list) else None
