"""Every semgrep rule of ours: complete, with an example that it matches, and one that nothing matches."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from gatekeeper import signatures
from gatekeeper.evidence.deep import ENDS
from gatekeeper.evidence.examples import example_of, fault_of_rule, readings_of_rules, rules
from gatekeeper.inspection import Inspector
from gatekeeper.model import Release, Ruling
from gatekeeper.policy import Policy
from tests.support import npm_packages, packages

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.evidence.deep import Reading

FOLDER = signatures.folder() / "semgrep"
RULES = rules()
EXAMPLES = sorted(path for path in FOLDER.rglob("*") if ".hit." in path.name or ".miss." in path.name)
RESERVED = re.compile(r"(?:[\w-]+\.)*example|(?:[\w-]+\.)*invalid|192\.0\.2\.\d+|localhost")


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@pytest.fixture(scope="module")
def readings() -> dict[Path, Reading]:
    """All examples, read in one call."""
    return readings_of_rules()


def test_there_are_rules_for_four_languages() -> None:
    assert {path.parent.name for path in RULES} == set(ENDS)
    assert len(RULES) >= 12


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_a_rule_says_what_it_is(path: Path) -> None:
    text = path.read_text("utf-8")
    ids = re.findall(r"^- id: (.+)$", text, re.MULTILINE)
    assert ids[0] == f"{path.parent.name}.{path.stem}", "the id is the file's place"
    assert all(one == ids[0] or one.startswith(f"{ids[0]}.") for one in ids)
    assert len(set(ids)) == len(ids), "semgrep drops one of two rules with the same id"
    assert text.startswith("# ")
    for word in ("message", "reason"):
        assert len(re.findall(rf"^ +{word}: \S.{{20,}}$", text, re.MULTILINE)) == len(ids)
    assert len(re.findall(r"^    severity: (?:low|medium|high|critical)$", text, re.MULTILINE)) == len(ids)
    assert len(re.findall(r"^    confidence: (?:low|medium|high)$", text, re.MULTILINE)) == len(ids)
    assert len(re.findall(r"^    attack: \[T\d{4}", text, re.MULTILINE)) == len(ids)
    assert len(re.findall(r"^    when: (?:unasked|by-itself)$", text, re.MULTILINE)) == len(ids)
    assert all(example_of(path, word).is_file() for word in ("hit", "miss"))


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_an_example_belongs_to_a_rule_and_names_no_real_host(path: Path) -> None:
    assert (path.parent / f"{path.name.partition('.')[0]}.yaml").is_file()
    for host in re.findall(r"\w+://([\w.-]+)", path.read_text("utf-8")):
        assert RESERVED.fullmatch(host), host


@pytest.mark.parametrize("path", RULES, ids=name_of)
def test_a_rule_matches_its_hit_and_nothing_matches_its_miss(path: Path, readings: dict[Path, Reading]) -> None:
    assert fault_of_rule(path, readings) == ""


def test_a_dozen_rules_find_what_the_fast_pass_alone_leaves_open(tmp_path: Path) -> None:
    inspector, fast = Inspector(Policy()), []
    for path in (path for path in EXAMPLES if ".hit." in path.name):
        text, name = path.read_text("utf-8"), f"{path.parent.name}-{path.name.partition('.')[0]}"
        if path.suffix == ".py":
            built = packages.wheel(name, files={f"{name.replace('-', '_')}/__init__.py": text})
            release, content, filename = Release("pypi", name, "1.0"), built.content, built.filename
            place = built.write(tmp_path)
        else:
            start = "sh setup.sh" if path.suffix == ".sh" else f"node setup{path.suffix}"
            packed = npm_packages.package(name, files={f"setup{path.suffix}": text}, scripts={"postinstall": start})
            release, content, filename = Release("npm", name, "1.0.0"), packed.content, packed.filename
            place = packed.write(tmp_path)
        digest = hashlib.sha256(content).hexdigest()
        fast.append(inspector.judge_artifact(place, release, filename=filename, sha256=digest, later=True))
    both = inspector.deepen(fast)
    stricter = [two.release.name for one, two in zip(fast, both, strict=True) if one.ruling < two.ruling]
    assert all(two.ruling >= one.ruling for one, two in zip(fast, both, strict=True))
    assert len(stricter) >= 12, stricter
    assert all(two.ruling is Ruling.BLOCK for two in both if two.release.name in stricter)
