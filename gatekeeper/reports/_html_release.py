"""One release in the HTML report: its row, and below it why it is there and what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.model import Ruling, Severity
from gatekeeper.reports._html_text import GLYPHS, TITLES, shown
from gatekeeper.reports._words import SNIPPET_WIDTH, clip, code, lines_of, said, size, wanted_by, where, worst_first

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gatekeeper.model import Finding, Verdict

MOST_FINDINGS = 200  # of one release
COLUMNS = 6


def entry(number: int, verdict: Verdict, way: Sequence[tuple[str, int | None]]) -> str:
    """Write a release as a body of the table; `way` leads from the person to it, by label and number."""
    worst = max((finding.severity.value for finding in verdict.findings), default=-1)
    quiet = " quiet" if verdict.ruling is Ruling.ALLOW and worst <= Severity.NOTE else ""
    named = verdict.path if verdict.place is None else str(verdict.place)
    sized = "" if verdict.artifact is None else size(verdict.artifact.size)
    name = shown(str(verdict.release))
    recalled = " <small>recalled</small>" if verdict.recalled else ""
    return (
        f'<tbody id="r{number}" class="release{quiet}" data-ruling="{verdict.ruling.word}" data-severity="{worst}">'
        f'<tr class="head"><td><button type="button" class="turn" aria-expanded="true" aria-label="Details of {name}">'
        f'</button>{_badge(verdict.ruling)}{recalled}</td><td><b class="name">{name}</b> '
        f'<small class="lesser">{shown(verdict.release.ecosystem)}</small></td>'
        f'<td class="name">{shown(clip(wanted_by(verdict), 120))}</td>'
        f'<td class="name lesser">{shown(named or "")}</td><td class="number lesser">{sized}</td>'
        f'<td class="number">{len(verdict.findings) or ""}</td></tr>'
        f'<tr class="more"><td colspan="{COLUMNS}">{_more(verdict, way)}</td></tr></tbody>'
    )


def _badge(ruling: Ruling) -> str:
    word = ruling.word
    return f'<span class="badge {word}"><span aria-hidden="true">{GLYPHS[ruling]}</span> {TITLES[ruling]}</span>'


def _more(verdict: Verdict, way: Sequence[tuple[str, int | None]]) -> str:
    parts = []
    if verdict.error is not None:
        parts.append(f'<div class="finding error"><p>Could not decide: {shown(verdict.error)}</p></div>')
    findings = worst_first(verdict.findings)
    parts += [_finding(finding) for finding in findings[:MOST_FINDINGS]]
    if len(findings) > MOST_FINDINGS:
        parts.append(f'<p class="hint">... and {len(findings) - MOST_FINDINGS} more</p>')
    arrow = " \N{RIGHTWARDS ARROW} "
    steps = [shown(label) if at is None else f'<a href="#r{at}">{shown(label)}</a>' for label, at in way]
    facts = [("why", f'<span class="name">{arrow.join(steps)}</span>')]
    facts += [("all wanting it", f'<span class="name">{shown(", ".join(verdict.via))}</span>')] if verdict.via else []
    facts += [("package URL", f"<code>{shown(verdict.release.purl)}</code>")]
    if verdict.artifact is not None:
        facts += [("file", f"<code>{shown(verdict.artifact.filename)}</code>")]
        facts += [("SHA-256", f"<code>{shown(verdict.artifact.sha256)}</code>")]
    facts += [("source", f"<code>{shown(verdict.source)}</code>")] if verdict.source else []
    facts += [("handed in", f"<code>{shown(verdict.path)}</code>")] if verdict.path and not verdict.place else []
    facts += [("named at", f"<code>{shown(str(verdict.place))}</code>")] if verdict.place else []
    listed = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    parts += [f'<p class="hint">{shown(verdict.rule)}</p>'] if verdict.rule else []
    return "".join(parts) + _ways(verdict) + f'<dl class="facts">{listed}</dl>'


def _finding(finding: Finding) -> str:
    waived = finding.waived is not None
    facts = [f"{finding.confidence.word} confidence"]
    facts += [f"<code>{shown(place)}</code>"] if (place := where(finding)) else []
    facts += [f"ATT&amp;CK {shown(technique)}" for technique in finding.attack]
    excuse = f"<p><b>Waived:</b> {shown(finding.waived or '')}</p>" if waived else ""
    joined = " \N{MIDDLE DOT} ".join(facts)
    reasons = "".join(f"<p>{shown(words)}</p>" for words in (finding.why, finding.rule) if words and finding.rule)
    return (
        f'<div class="finding {finding.severity.word}{" waived" if waived else ""}">'
        f'<p><span class="badge {finding.severity.word}">{finding.severity.word}</span> '
        f"<code>{shown(finding.check)}</code></p><p>{shown(finding.message)}</p>{excuse}"
        f'<p class="facts">{joined}</p>{_code(finding)}{reasons}</div>'
    )


def _code(finding: Finding) -> str:
    if finding.around:
        lines = lines_of(finding)
    else:
        parts = code(finding.snippet or "").split("\n") if finding.snippet else []
        lines = [(0 if finding.line is None else finding.line + at, part) for at, part in enumerate(parts)]
    # Each line is an element of its own, so that no text of a package ever begins a line of this file
    inner = (
        f"<span><i>{'&gt; ' if finding.around and number == finding.line else ''}{number or ''}</i>"
        f"{shown(clip(line, SNIPPET_WIDTH))}</span>"
        for number, line in lines
    )
    return f'<pre aria-label="code">{"".join(inner)}</pre>' if lines else ""


def _ways(verdict: Verdict) -> str:
    if not verdict.ways:
        return ""
    listed = "".join(
        f"<li>{shown(said(way))}" + (f" <code>{shown(way.command)}</code>" if way.command else "") + "</li>"
        for way in verdict.ways
    )
    return f"<ol>{listed}</ol>"
