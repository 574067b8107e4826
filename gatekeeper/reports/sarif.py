"""SARIF 2.1.0, for code scanning and viewers: each result stands at the line that names the release.

Limits are those of GitHub's code scanning: of more than 5,000 results it keeps the worst 5,000, so the others are left
out here and counted; a rule shows 10 tags; a file may have 10 MB when compressed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from gatekeeper import __version__
from gatekeeper.model import Confidence, Ruling, Severity
from gatekeeper.reports import visible
from gatekeeper.reports._ascii import document
from gatekeeper.reports._markdown import prose
from gatekeeper.reports._places import ROOT, at_all, inside, named, of_own_file
from gatekeeper.reports._said import EXCEPTION, REFUSAL, UNDECIDED, Said, everything, is_exception
from gatekeeper.reports._sarif_text import fingerprint, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.model import Outcome, Verdict

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 5000
MOST_TAGS = 10  # a rule
SCORES = {Severity.CRITICAL: "9.5", Severity.HIGH: "8.0", Severity.MEDIUM: "5.5", Severity.LOW: "3.0"}
PRECISIONS = {Confidence.HIGH: "very-high", Confidence.MEDIUM: "high", Confidence.LOW: "medium"}
OWN_RULES = {
    UNDECIDED: "A release could not be judged; not being able to decide is never a yes.",
    REFUSAL: "A release was not allowed although no finding alone explains it.",
}


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome as one SARIF log in ASCII; `verbose` adds nothing."""
    del verbose
    found = everything(outcome)
    kept = found[:MOST_RESULTS]
    rules = {each.rule: number for number, each in enumerate({each.rule: each for each in kept}.values())}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "gatekeeper",
                "semanticVersion": __version__,
                "rules": [_rule(rule, [each for each in kept if each.rule == rule]) for rule in rules],
            }
        },
        "invocations": [_invocation(outcome, len(found) - len(kept))],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The folder that gatekeeper was started in."}}},
        "columnKind": "unicodeCodePoints",
        "results": _results(kept, rules),
        "properties": {
            "ruling": outcome.ruling.word,
            "ruleset": outcome.ruleset,
            "bytes": outcome.bytes,
            "seconds": round(outcome.seconds, 3),
            "fence": [
                {"name": visible(layer.name), "stood": layer.stood, "detail": visible(layer.detail)}
                for layer in outcome.fence
            ],
            "releases": [_release(verdict) for verdict in outcome.verdicts],
        },
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return document(log, indent=1)


def _rule(rule: str, found: Sequence[Said]) -> dict[str, Any]:
    findings = [each.finding for each in found if each.finding is not None]
    severity = max((finding.severity for finding in findings), default=Severity.MEDIUM)
    confidence = max((finding.confidence for finding in findings), default=Confidence.HIGH)
    attack = sorted({technique for finding in findings for technique in finding.attack})
    title = visible(rule).replace("-", " ").capitalize()
    more = OWN_RULES.get(rule, f"`gatekeeper explain {visible(rule)}` says what it asks, why, and what to do.")
    why = next((finding.why for finding in findings if finding.why), "")
    help_ = f"{plain(why)} {more}" if why else more
    level = max((each.level for each in found), key=("note", "warning", "error").index)
    properties: dict[str, Any] = {
        "tags": ["security", "supply-chain", *map(visible, attack)][:MOST_TAGS],
        "precision": PRECISIONS[confidence],
        "problem.severity": {"error": "error", "warning": "warning"}.get(level, "recommendation"),
    }
    if severity in SCORES:
        properties["security-severity"] = SCORES[severity]
    return {
        "id": visible(rule),
        "shortDescription": {"text": f"{plain(title)}."},
        "fullDescription": {"text": f"{plain(title)}. {more}"},
        "help": {"text": help_, "markdown": f"{prose(why)} {more}" if why else more},
        "defaultConfiguration": {"level": level},
        "properties": properties,
    }


def _results(found: Iterable[Said], rules: dict[str, int]) -> list[dict[str, Any]]:
    times: Counter[str] = Counter()
    results = []
    for each in found:
        stable = fingerprint(each)
        times[stable] += 1
        results.append(_result(each, rules[each.rule], f"{stable}:{times[stable]}"))
    return results


def _result(each: Said, rule: int, stable: str) -> dict[str, Any]:
    verdict, finding = each.verdict, each.finding
    result: dict[str, Any] = {
        "ruleId": visible(each.rule),
        "ruleIndex": rule,
        "level": each.level,
        "message": {"text": f"{plain(str(verdict.release))}: {plain(each.message)}"},
        "locations": [_location(each)],
        "partialFingerprints": {"gatekeeper/v1": stable, "primaryLocationLineHash": stable},
        "suppressions": [],
        "properties": {"purl": visible(verdict.release.purl), "ruling": verdict.ruling.word},
    }
    if finding is None:
        return result
    result["properties"] |= {
        "severity": finding.severity.word,
        "confidence": finding.confidence.word,
        "when": None if finding.when is None else finding.when.word,
        "attack": [visible(technique) for technique in finding.attack],
    }
    if finding.waived is not None and not is_exception(finding):
        reason = plain(finding.waived)
        result["suppressions"] = [{"kind": "external", "status": "accepted", "justification": reason}]
    if verdict.place is not None and finding.file is not None and of_own_file(verdict, finding) is None:
        code = {"id": 1, "message": {"text": f"in the package: {plain(finding.file)}"}}
        result["relatedLocations"] = [{**code, "physicalLocation": inside(verdict, finding)}]
    return result


def _location(each: Said) -> dict[str, Any]:
    """Return the line that is meant, or that names the release; failing that, the place inside the package."""
    physical = named(of_own_file(each.verdict, each.finding) or each.verdict.place)
    if physical is None:
        physical = at_all(each.verdict) if each.finding is None else inside(each.verdict, each.finding)
    purl = visible(each.verdict.release.purl)
    return {"physicalLocation": physical, "logicalLocations": [{"fullyQualifiedName": purl, "kind": "package"}]}


def _invocation(outcome: Outcome, left_out: int) -> dict[str, Any]:
    told = [("error", outcome.error)] if outcome.error is not None else []
    told += [("warning" if remark.startswith(EXCEPTION) else "note", remark) for remark in outcome.remarks]
    told += [("warning", f"{left_out} results of lesser weight were left out")] if left_out else []
    invocation: dict[str, Any] = {
        "executionSuccessful": outcome.error is None,
        "exitCodeDescription": outcome.ruling.word,
        "toolExecutionNotifications": [{"level": level, "message": {"text": plain(words)}} for level, words in told],
    }
    if outcome.ruling is not Ruling.ALLOW and outcome.error is None:
        invocation["exitCode"] = outcome.ruling.exit_code
    return invocation


def _release(verdict: Verdict) -> dict[str, Any]:
    return {
        "purl": visible(verdict.release.purl),
        "ruling": verdict.ruling.word,
        "requested": verdict.requested,
        "via": [visible(name) for name in verdict.via],
        "sha256": None if verdict.artifact is None else visible(verdict.artifact.sha256),
    }
