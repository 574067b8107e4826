"""What the documents say is so: help, exit codes, the report, checks, dependencies and every path."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from packaging.requirements import Requirement

from gatekeeper import errors, settings
from gatekeeper.command_line import FORMATS
from gatekeeper.commands.checks import listing, markdown
from gatekeeper.commands.explain import explain
from gatekeeper.settings._checking import SECTIONS
from gatekeeper.terminal.voice import EXIT_CODES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_readme_shows_the_real_help() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "safe-install", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    assert done.stdout in blocks("text"), "run `COLUMNS=80 safe-install --help` and paste it into README.md"


def test_the_readme_shows_a_real_report() -> None:
    assert (ROOT / "tests" / "reports" / "golden.txt").read_text("utf-8") in blocks("text")


def test_the_readmes_json_report_keeps_the_schema() -> None:
    (report,) = blocks("json")
    report = report.replace('"..."', '"' + "0" * 64 + '"').replace('"sha256:..."', '"sha256:' + "0" * 64 + '"')
    jsonschema.validate(json.loads(report), json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8")))


def test_the_readme_lists_every_exit_code() -> None:
    table = {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.GatekeeperError)
    }
    assert table == {0, *raised, *EXIT_CODES.values()}


def test_the_readmes_policy_is_a_policy(tmp_path: Path) -> None:
    (policy,) = blocks("toml")
    (tmp_path / "p.toml").write_text(policy, "utf-8")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text("rules: []\n", "utf-8")
    settings.load(
        tmp_path, tmp_path / "p.toml", {"typosquat", "hook-download", "ungated-source"}, person=tmp_path / "none"
    )
    assert set(re.findall(r"^\[\[?(\w+)\]", policy, re.MULTILINE)) == set(SECTIONS)


def test_the_readme_gives_a_reason_for_every_dependency() -> None:
    section = README.partition("## Dependencies")[2].partition("\n## ")[0]
    told = re.findall(r"^\| ([a-z0-9-]+) \| [^|]+ \| [^|]+ \|$", section, re.MULTILINE)
    assert set(told) - {"dependency"} == {Requirement(line).name for line in PROJECT["dependencies"]}


def test_the_page_of_checks_is_the_generated_one() -> None:
    page = (ROOT / "docs" / "checks.md").read_text("utf-8")
    assert page == markdown(), "run `gatekeeper checks --markdown > docs/checks.md`"


def test_every_check_is_listed_and_explained() -> None:
    from gatekeeper.checks import all_checks

    lines = listing().splitlines()
    assert [line.split()[0] for line in lines] == list(all_checks())
    for name, check in all_checks().items():
        page = explain(name)
        assert page.startswith(f"{name}: ")
        assert "Fires on:" in page
        assert "Leaves alone:" in page
        assert all(technique in page for technique in check.ATTACK)


def test_an_unknown_check_is_a_usage_error() -> None:
    with pytest.raises(errors.UsageError, match="there is no check"):
        explain("no-such-check")


def test_every_format_is_documented() -> None:
    for layout in FORMATS:
        assert layout in README


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(path: Path) -> None:
    words = path.read_text("utf-8")
    top = "|".join(entry.name for entry in ROOT.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    named = set(re.findall(rf"(?<![\w/.-])((?:{top})/[\w./-]*[\w/])(?![\w<-])", words))
    named |= set(re.findall(r"`(tasks\.py|[A-Z]+\.md)`", words))
    for name in named - {"gatekeeper/gatekeeper.toml"}:  # a place in the person's configuration folder
        assert (ROOT / name).exists(), name
    for link in re.findall(r"\]\(([^)#:]+)\)", words):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_task_that_a_document_names_exists(path: Path) -> None:
    tasks = set(re.findall(r"^def (\w+)", (ROOT / "tasks.py").read_text("utf-8"), re.MULTILINE))
    assert set(re.findall(r"tasks\.py (\w+)", path.read_text("utf-8"))) <= tasks


def test_the_licence_is_the_one_that_the_project_names() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
