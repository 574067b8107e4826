"""The JSON report, `gatekeeper.report/1`; docs/report.schema.json describes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatekeeper import __version__
from gatekeeper.reports._ascii import document

if TYPE_CHECKING:
    from gatekeeper.model import Artifact, Finding, Outcome, Verdict, Way

SCHEMA = "gatekeeper.report/1"


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome as one JSON document in ASCII; it is complete, so `verbose` adds nothing."""
    del verbose
    return document(report(outcome), indent=2)


def report(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as the values of the document."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "ruleset": outcome.ruleset,
        "ruling": outcome.ruling.word,
        "error": outcome.error,
        "client": outcome.client,
        "releases": [_release(verdict) for verdict in outcome.verdicts],
        "fence": [{"name": layer.name, "stood": layer.stood, "detail": layer.detail} for layer in outcome.fence],
        "remarks": list(outcome.remarks),
        "stats": {
            "releases": len(outcome.verdicts),
            "artifacts": sum(verdict.artifact is not None for verdict in outcome.verdicts),
            "bytes": outcome.bytes,
            "seconds": round(outcome.seconds, 3),
            "recalled": sum(verdict.recalled for verdict in outcome.verdicts),
        },
    }


def line(value: object) -> str:
    """Write any value on one line, without its end, as safe to be printed as the report."""
    return document(value, indent=None).removesuffix("\n")


def _release(verdict: Verdict) -> dict[str, Any]:
    release = verdict.release
    return {
        "purl": release.purl,
        "ecosystem": release.ecosystem,
        "name": release.name,
        "version": release.version,
        "path": verdict.path,
        "place": None if verdict.place is None else {"file": verdict.place.file, "line": verdict.place.line},
        "source": verdict.source,
        "public": verdict.public,
        "requested": verdict.requested,
        "via": list(verdict.via),
        "artifact": _artifact(verdict.artifact),
        "ruling": verdict.ruling.word,
        "rule": verdict.rule,
        "error": verdict.error,
        "instead": verdict.instead,
        "findings": [_finding(finding) for finding in verdict.findings],
        "ways": [_way(way) for way in verdict.ways],
    }


def _artifact(artifact: Artifact | None) -> dict[str, Any] | None:
    if artifact is None:
        return None
    return {"filename": artifact.filename, "sha256": artifact.sha256, "size": artifact.size}


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "message": finding.message,
        "when": None if finding.when is None else finding.when.word,
        "file": finding.file,
        "line": finding.line,
        "snippet": finding.snippet,
        "around": [{"line": number, "text": text} for number, text in finding.around],
        "attack": list(finding.attack),
        "waived": finding.waived,
        "instead": finding.instead,
        "ruling": None if finding.ruling is None else finding.ruling.word,
        "rule": finding.rule,
        "why": finding.why,
    }


def _way(way: Way) -> dict[str, str]:
    return {"title": way.title, "words": way.words, "command": way.command}
