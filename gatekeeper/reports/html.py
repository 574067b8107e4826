"""One HTML file that needs nothing else: for reading, filtering, printing and handing on.

It asks nothing of any host, and its policy lets run only the script and the style that it brought: their digests are
named in it. Whatever a package said is text in it.
"""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

from gatekeeper import __version__
from gatekeeper.model import Ruling, Severity
from gatekeeper.reports import _html_graph
from gatekeeper.reports._html_release import entry
from gatekeeper.reports._html_script import SCRIPT
from gatekeeper.reports._html_style import STYLE
from gatekeeper.reports._html_text import GLYPHS, TITLES, shown
from gatekeeper.reports._words import ending, fence, next_steps, size, strictest_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Outcome, Verdict

MOST_TREE = 3000  # releases in the list of who wants whom
STRICTEST = sorted(Ruling, reverse=True)
HEADLINES = {
    Ruling.BLOCK: "Blocked",
    Ruling.ERROR: "Could not decide",
    Ruling.ASK: "Needs a decision",
    Ruling.ALLOW: "Allowed",
}


def render(outcome: Outcome, *, verbose: bool = False) -> str:
    """Write the outcome as one self-contained HTML page; it is complete, so `verbose` adds nothing."""
    del verbose
    verdicts = strictest_first(outcome.verdicts)
    title = f"gatekeeper: {outcome.ruling.word}"
    policy = (
        f"default-src 'none'; style-src '{_digest(STYLE)}'; script-src '{_digest(SCRIPT)}'; base-uri 'none'; "
        "form-action 'none'"
    )
    sections = [_graph(verdicts), _releases(verdicts)] if verdicts else []
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
{_heading(outcome)}
<main>
{"".join(sections)}
</main>
<footer>{_footer(outcome)}</footer>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _digest(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _heading(outcome: Outcome) -> str:
    rulings = Counter(verdict.ruling for verdict in outcome.verdicts)
    findings = sum(len(verdict.findings) for verdict in outcome.verdicts)
    stats = [("", "releases", str(len(outcome.verdicts)))]
    stats += [(ruling.word, TITLES[ruling], str(rulings[ruling])) for ruling in STRICTEST if rulings[ruling]]
    stats += [("", "findings", str(findings)), ("", "fetched", size(outcome.bytes))]
    stats += [("", "recalled", str(sum(verdict.recalled for verdict in outcome.verdicts)))]
    stats += [("", "seconds", f"{outcome.seconds:.1f}")]
    told = "".join(f'<div class="{kind}"><dt>{name}</dt><dd>{value}</dd></div>' for kind, name, value in stats)
    remarks = [shown(remark) for remark in outcome.remarks]
    remarks += [f"fence: {shown(stood)}"] if (stood := fence(outcome)) else []
    remarks += [f"next: {_ticked(step)}" for step in next_steps(outcome)]
    listed = "".join(f"<li>{remark}</li>" for remark in remarks)
    word, glyph = outcome.ruling.word, GLYPHS[outcome.ruling]
    return (
        f'<header class="top"><div><p class="brand"><b>gatekeeper</b> {__version__}</p><div class="headline">'
        f'<span class="badge {word}"><span aria-hidden="true">{glyph}</span> {HEADLINES[outcome.ruling]}</span>'
        f"<h1>{shown(ending(outcome))}</h1></div>"
        f'<dl class="stats">{told}</dl>{_bar(rulings)}'
        + (f'<ul class="remarks">{listed}</ul>' if listed else "")
        + "</div></header>"
    )


def _ticked(step: str) -> str:
    """Turn what stands between backticks into code."""
    return "".join(f"<code>{shown(part)}</code>" if at % 2 else shown(part) for at, part in enumerate(step.split("`")))


def _bar(rulings: Counter[Ruling]) -> str:
    if not rulings:
        return ""
    total, start, parts = sum(rulings.values()), 0.0, []
    for ruling in STRICTEST:
        share = 1000 * rulings[ruling] / total
        parts.append(f'<rect class="{ruling.word}" x="{start:.1f}" y="0" width="{share:.1f}" height="8"/>')
        start += share
    return f'<svg class="bar" viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'


def _graph(verdicts: Sequence[Verdict]) -> str:
    tree = ""
    if len(verdicts) <= MOST_TREE:
        inner = _html_graph.listing(verdicts)
        tree = f'<details class="why"><summary>Why each release is there</summary>{inner}</details>'
    return (
        f'<section aria-labelledby="graph"><h2 id="graph">Who wants whom</h2>'
        f"{_html_graph.drawing(verdicts)}{tree}</section>"
    )


def _releases(verdicts: Sequence[Verdict]) -> str:
    rulings = {verdict.ruling for verdict in verdicts}
    boxes = "".join(
        f'<label><input type="checkbox" name="ruling" value="{ruling.word}" checked> {TITLES[ruling]}</label>'
        for ruling in STRICTEST
        if ruling in rulings
    )
    choices = "".join(
        f'<option value="{severity.value}">{severity.word} or graver</option>'
        for severity in Severity
        if severity.value
    )
    ways = _html_graph.ways(verdicts)
    rows = "\n".join(entry(number, verdict, ways[number]) for number, verdict in enumerate(verdicts))
    return f"""
<section aria-labelledby="releases"><h2 id="releases">Releases</h2>
<form class="filter" role="search">
<input type="search" name="search" aria-label="Search" placeholder="Search releases, findings, code">
<fieldset><legend class="unseen">Rulings</legend>{boxes}</fieldset>
<label>findings <select name="severity"><option value="-1">any or none</option>
<option value="0">any</option>{choices}</select></label>
<small id="count" role="status"></small>
</form>
<table>
<thead><tr><th scope="col">Ruling</th><th scope="col">Release</th><th scope="col">Wanted by</th>
<th scope="col" class="lesser">Named at</th><th scope="col" class="number lesser">Size</th>
<th scope="col" class="number">Findings</th></tr></thead>
{rows}
</table>
</section>"""


def _footer(outcome: Outcome) -> str:
    ruleset = f" Rules: <code>{shown(outcome.ruleset)}</code>." if outcome.ruleset else ""
    return (
        f"Written by gatekeeper {__version__}.{ruleset} A clean verdict says that no check found anything; "
        "it does not say that the code is good."
    )
