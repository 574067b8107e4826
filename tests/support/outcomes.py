"""Outcomes to report: an ordinary one, a large one, and those whose every word is meant to do harm."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import strategies as st

from gatekeeper.explaining import Explaining
from gatekeeper.model import (
    Artifact,
    Confidence,
    Finding,
    Layer,
    Outcome,
    Place,
    Release,
    Ruling,
    Severity,
    Verdict,
    Way,
    When,
)

FINDING = Finding(
    "decode-then-exec",
    Severity.HIGH,
    Confidence.HIGH,
    "runs decoded text when it is built",
    When.BUILD,
    "setup.py",
    12,
    "exec(base64.b64decode('...'))",
    ("T1195.001",),
    around=((10, "import base64"), (11, ""), (12, "exec(base64.b64decode('...'))"), (13, "setup(")),
)
ALLOWED = Verdict(
    Release("pypi", "requests", "2.32.3"),
    Ruling.ALLOW,
    artifact=Artifact("requests-2.32.3-py3-none-any.whl", "ab" * 32, 64_928),
    source="https://index.example/simple/",
    requested=True,
    recalled=True,
)
BLOCKED = Verdict(
    Release("pypi", "reqeusts", "1.0"),
    Ruling.BLOCK,
    (FINDING,),
    artifact=Artifact("reqeusts-1.0.tar.gz", "cd" * 32, 1_234_567),
    source="https://index.example/simple/",
    via=("flask",),
    public=True,
)
UNREAD = Verdict(Release("pypi", "numpy"), Ruling.ERROR, error="the index did not answer")
OUTCOME = Outcome(
    Ruling.BLOCK,
    (ALLOWED, BLOCKED, UNREAD),
    fence=(Layer("landlock-tcp", stood=True), Layer("network-namespace", stood=False, detail="not permitted here")),
    remarks=("acme-tools installs from its owner",),
    seconds=1.25,
    bytes=1_299_495,
    ruleset="sha256:" + "0" * 64,
)
EXPLAINED = Explaining(again="safe-install", until="2027-03-31").outcome(OUTCOME)
HOSTILE = "a\x1b]0;owned\x07\x1b[2J\r\nallow: all well\u202egnp.exe\u200b\x9b31m\ud800\U000e0041\u3164\ufe0f\x7f ::set-output::"


def hostile_outcome(words: str) -> Outcome:
    finding = replace(FINDING, check=words, message=words, file=words, snippet=words, waived=words, attack=())
    told = replace(
        finding,
        waived=None,
        around=((12, words), (13, words)),
        instead=words,
        ruling=Ruling.BLOCK,
        rule=words,
        why=words,
    )
    verdict = Verdict(
        Release(words, words, words),
        Ruling.BLOCK,
        (told, finding),
        artifact=Artifact(words, words, 1),
        error=words,
        source=words,
        via=(words, words),
        path=words,
        place=Place(words, 3),
        instead=words,
        rule=words,
        ways=(Way(words, words, words), Way(words)),
    )
    sure = replace(verdict, error=None, public=True)
    return Outcome(Ruling.BLOCK, (verdict, sure), (Layer(words, stood=False, detail=words),), (words,), client=words)


MARKUP = (
    "<script>document.title='owned'</script>\"'><img src=x onerror=document.title='owned'></title></style>]]>`|"
    "@person #1 [text](http://links.example/) ![](http://images.example/) ${1} {0} ::error::owned ##[error]owned"
    " ##vso[task.setvariable]owned javascript:owned"
)


def large_outcome(releases: int = 600) -> Outcome:
    """Make an outcome of many releases, of which few are not allowed, each wanted by one to three others."""
    rnd = random.Random(7)
    verdicts: list[Verdict] = []
    for number in range(releases):
        via = {f"p{rnd.randrange(max(1, number // 2))}" for _ in range(rnd.randrange(1, 4))} if number > 14 else set()
        verdict = replace(
            ALLOWED,
            release=Release("npm", f"p{number}", "1.0.0"),
            artifact=Artifact(f"p{number}-1.0.0.tgz", f"{number:064x}", 5000 + number),
            requested=not via,
            via=tuple(sorted(via)),
            place=Place("package-lock.json", 10 + 9 * number),
        )
        if number % 150 == 77:
            verdict = replace(verdict, ruling=Ruling.BLOCK, findings=(FINDING,))
        elif number % 97 == 5:
            verdict = replace(verdict, ruling=Ruling.ASK, findings=(replace(FINDING, severity=Severity.MEDIUM),))
        verdicts.append(verdict)
    return Outcome(Ruling.BLOCK, tuple(verdicts), seconds=31.7, bytes=88_299_495, ruleset="sha256:" + "0" * 64)


ANY_TEXT = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=30),
    st.sampled_from([HOSTILE, MARKUP, "::error::x", " ::add-path::/x", "##[group]", "###[x]", "a\n::stop-commands::x"]),
)


def _optional(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.none(), strategy)


LINES = _optional(st.integers(1, 10_000))
FINDINGS = st.builds(
    Finding,
    check=ANY_TEXT,
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=ANY_TEXT,
    when=_optional(st.sampled_from(When)),
    file=_optional(ANY_TEXT),
    line=LINES,
    snippet=_optional(ANY_TEXT),
    attack=st.lists(ANY_TEXT, max_size=2).map(tuple),
    waived=_optional(ANY_TEXT),
    around=st.lists(st.tuples(st.integers(1, 10_000), ANY_TEXT), max_size=3).map(tuple),
    instead=_optional(ANY_TEXT),
    ruling=_optional(st.sampled_from(Ruling)),
    rule=ANY_TEXT,
    why=ANY_TEXT,
)
VERDICTS = st.builds(
    Verdict,
    release=st.builds(Release, st.sampled_from(["pypi", "npm"]), ANY_TEXT, _optional(ANY_TEXT)),
    ruling=st.sampled_from(Ruling),
    findings=st.lists(FINDINGS, max_size=3).map(tuple),
    artifact=_optional(st.builds(Artifact, ANY_TEXT, ANY_TEXT, st.integers(0, 10**9))),
    error=_optional(ANY_TEXT),
    source=_optional(ANY_TEXT),
    requested=st.booleans(),
    via=st.lists(ANY_TEXT, max_size=3).map(tuple),
    path=_optional(ANY_TEXT),
    place=_optional(st.builds(Place, ANY_TEXT, LINES)),
    recalled=st.booleans(),
    instead=_optional(ANY_TEXT),
    public=st.booleans(),
    rule=ANY_TEXT,
    ways=st.lists(st.builds(Way, ANY_TEXT, ANY_TEXT, ANY_TEXT), max_size=3).map(tuple),
)


def outcomes() -> st.SearchStrategy[Outcome]:
    """Make outcomes whose every text is arbitrary, each with the ruling of its strictest release."""
    return st.builds(
        lambda verdicts, **rest: Outcome(
            max((each.ruling for each in verdicts), default=Ruling.ALLOW), verdicts, **rest
        ),
        verdicts=st.lists(VERDICTS, max_size=4).map(tuple),
        fence=st.lists(st.builds(Layer, ANY_TEXT, st.booleans(), ANY_TEXT), max_size=2).map(tuple),
        remarks=st.lists(ANY_TEXT, max_size=2).map(tuple),
        client_exit=_optional(st.integers(0, 3)),
        ruleset=ANY_TEXT,
        error=_optional(ANY_TEXT),
        client=ANY_TEXT,
    )
