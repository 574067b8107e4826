"""The HTML page: nothing but its own script may run, nothing is asked of anybody, and the graph tells who wants whom."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.model import Outcome, Place, Release, Ruling, Severity, Verdict
from gatekeeper.reports import html
from gatekeeper.reports._graph import YOU, columns, graph, tree, way, worth_seeing
from gatekeeper.reports._html_script import SCRIPT
from gatekeeper.reports._html_style import STYLE
from tests.support.outcomes import (
    ALLOWED,
    BLOCKED,
    FINDING,
    HOSTILE,
    MARKUP,
    OUTCOME,
    hostile_outcome,
    large_outcome,
    outcomes,
)

VOID = {"meta", "input", "rect", "path", "link", "br"}


class Page(HTMLParser):
    """What a browser would make of the page: elements, attributes, scripts, styles, text, and whether all is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.setdefault(self.open[-1] if self.open else "", []).append(data)


def links(page: Page) -> list[str]:
    return [value for _, attributes in page.elements for name, value in attributes.items() if name in {"href", "src"}]


def assert_inert(rendered: str) -> None:
    page = Page(rendered)
    assert page.open == []
    assert page.texts["script"] == [SCRIPT]
    assert page.texts["style"] == [STYLE]
    assert all(re.fullmatch(r"#r\d+", link) for link in links(page))
    names = {tag for tag, _ in page.elements}
    assert not names & {"img", "iframe", "object", "embed", "link", "base", "foreignobject", "use", "image", "audio"}
    attributes = {name for _, pairs in page.elements for name in pairs}
    assert not {name for name in attributes if name.startswith("on") or name in {"style", "srcset", "action", "ping"}}


@pytest.mark.parametrize(
    "outcome",
    [OUTCOME, hostile_outcome(MARKUP), hostile_outcome(HOSTILE), Outcome(Ruling.ERROR, (), error=MARKUP)],
)
def test_package_text_is_text(outcome: Outcome) -> None:
    assert_inert(html.render(outcome))


@given(outcomes())
@settings(max_examples=50, deadline=None)
def test_any_package_text_is_text(outcome: Outcome) -> None:
    assert_inert(html.render(outcome))


def test_the_policy_allows_only_the_pages_own_script_and_style() -> None:
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', html.render(OUTCOME))

    def digest(text: str) -> str:
        return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"

    assert policy.split("; ") == [
        "default-src 'none'",
        f"style-src {digest(STYLE)}",
        f"script-src {digest(SCRIPT)}",
        "base-uri 'none'",
        "form-action 'none'",
    ]


def test_the_page_says_everything_there_is_to_say() -> None:
    waived = replace(BLOCKED, findings=(FINDING, replace(FINDING, waived="ours")), place=Place("requirements.txt", 7))
    text = re.sub(r"<[^>]+>", "", html.render(replace(OUTCOME, verdicts=(waived, ALLOWED))))
    for words in (
        "Blocked",
        "block: 1 of 2 releases judged",
        "decode-then-exec",
        "runs decoded text when it is built",
        "setup.py:12 (build)",
        "T1195.001",
        "Waived: ours",
        "requirements.txt:7",
        "reqeusts-1.0.tar.gz",
        "cd" * 32,
        "https://index.example/simple/",
        "acme-tools installs from its owner",
        "landlock-tcp stood; not: network-namespace (not permitted here)",
        "gatekeeper explain decode-then-exec",
    ):
        assert words in text, words


def test_lines_of_code_carry_their_numbers() -> None:
    finding = replace(FINDING, snippet="import os\r\nexec(x)\n<b>", line=9, around=())
    rendered = html.render(Outcome(Ruling.BLOCK, (replace(BLOCKED, findings=(finding,)),)))
    lines = re.findall(r"<span><i>(\d+)</i>([^<]*)</span>", rendered)
    assert lines == [("9", "import os"), ("10", "exec(x)"), ("11", "&lt;b&gt;")]
    rendered = html.render(Outcome(Ruling.BLOCK, (BLOCKED,)))
    lines = re.findall(r"<span><i>([^<]*)</i>([^<]*)</span>", rendered)
    assert lines[1:] == [("11", ""), ("&gt; 12", "exec(base64.b64decode(&#x27;...&#x27;))"), ("13", "setup(")]


def test_a_large_outcome_is_folded_but_whole() -> None:
    outcome = large_outcome()
    rendered = html.render(outcome)
    assert rendered.count("<tbody") == 600
    first, whole = (part.partition("</svg></div>")[0] for part in rendered.split('<div class="canvas"')[1:3])
    stopped = sum(verdict.ruling is not Ruling.ALLOW for verdict in outcome.verdicts)
    assert first.count('class="node') <= 70
    assert len(re.findall(r'class="node (?:block|ask|error)"', first)) == stopped
    assert whole.count('class="node') == 601
    assert len(rendered) < 3_000_000


def verdict(name: str, *via: str, ruling: Ruling = Ruling.ALLOW, ecosystem: str = "pypi") -> Verdict:
    return Verdict(Release(ecosystem, name, "1"), ruling, requested=not via, via=via)


def ways(*verdicts: Verdict) -> list[str]:
    nodes = graph(verdicts)
    return [" ".join(nodes[step].label for step in way(nodes, at)) for at in range(1, len(verdicts) + 1)]


def test_the_graph_knows_the_shortest_way_to_each_release() -> None:
    assert ways(verdict("flask"), verdict("jinja2", "flask"), verdict("markupsafe", "jinja2", "flask")) == [
        "you flask 1",
        "you flask 1 jinja2 1",
        "you flask 1 markupsafe 1",
    ]


def test_names_are_known_in_any_spelling_and_only_in_their_ecosystem() -> None:
    assert ways(
        verdict("Foo.Bar"), verdict("x", "foo-bar"), verdict("y", "x 1"), verdict("z", "foo-bar", ecosystem="npm")
    ) == [
        "you Foo.Bar 1",
        "you Foo.Bar 1 x 1",
        "you Foo.Bar 1 x 1 y 1",
        "you foo-bar z 1",
    ]


def test_who_is_no_release_is_a_node_of_its_own() -> None:
    assert ways(verdict("setuptools", "a build")) == ["you a build setuptools 1"]


def test_circles_and_releases_nobody_wants_hang_from_the_person() -> None:
    assert ways(verdict("a", "b"), verdict("b", "a"), verdict("c", "c")) == ["you a 1", "you a 1 b 1", "you c 1"]


def test_a_chain_of_thousands_is_no_fault() -> None:
    chain = [verdict("p0"), *(verdict(f"p{number}", f"p{number - 1}") for number in range(1, 2500))]
    rendered = html.render(Outcome(Ruling.ALLOW, tuple(chain)))
    assert rendered.count("<tbody") == 2500
    assert rendered.count("<details") < 100  # browsers give up on nesting at some depth


WANTED = st.lists(st.lists(st.integers(-1, 12), max_size=4), min_size=1, max_size=12)


@given(WANTED)
@settings(deadline=None)
def test_every_release_hangs_once_in_the_tree_and_once_in_the_columns(wanted: list[list[int]]) -> None:
    verdicts = [verdict(f"p{at}", *(f"p{each}" for each in via)) for at, via in enumerate(wanted)]
    nodes = graph(verdicts)
    below = tree(nodes)
    hung = sorted(at for children in below.values() for at in children)
    assert hung == list(range(1, len(nodes)))
    drawn = sorted(at for column in columns(nodes, range(len(nodes))) for at in column)
    assert drawn == list(range(len(nodes)))
    assert all(way(nodes, at)[0] == YOU for at in range(len(nodes)))


@given(WANTED, st.integers(2, 8))
@settings(deadline=None)
def test_a_folded_graph_keeps_the_ways_to_what_it_shows(wanted: list[list[int]], most: int) -> None:
    verdicts = [
        verdict(f"p{at}", *(f"p{each}" for each in via), ruling=Ruling(at % 4)) for at, via in enumerate(wanted)
    ]
    nodes = graph(verdicts)
    kept = worth_seeing(nodes, most)
    assert len(kept) <= max(most, 1)
    assert all(set(way(nodes, at)) <= set(kept) for at in kept)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_has_the_contrast_that_wcag_asks_for() -> None:
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part))
        for part in re.findall(r":root {(.*?)}", STYLE, re.DOTALL)[:2]
    )
    pairs = [(ink, page) for ink in ("ink", "soft", "link") for page in ("page", "card", "code")]
    pairs += [(word, paper) for word in ("block", "error", "ask", "allow") for paper in (f"{word}-soft", "card")]
    for colours in (light, dark):
        for ink, page in pairs:
            lighter, darker = sorted((luminance(colours[ink]), luminance(colours[page])), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (ink, page)


def test_a_release_nothing_was_found_in_waits_folded() -> None:
    noted = replace(ALLOWED, findings=(replace(FINDING, severity=Severity.NOTE),))
    low = replace(ALLOWED, findings=(replace(FINDING, severity=Severity.LOW),))
    rendered = html.render(Outcome(Ruling.BLOCK, (BLOCKED, ALLOWED, noted, low)))
    assert re.findall(r'<tbody id="(r\d)" class="release( quiet)?"', rendered) == [
        ("r0", ""),
        ("r1", " quiet"),
        ("r2", " quiet"),
        ("r3", ""),
    ]
