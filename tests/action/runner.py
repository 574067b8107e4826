"""A runner as small as our action needs: it reads action.yml, fills in expressions, and runs the steps with bash."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from tests.support.ground import Done, Ground

ROOT = Path(__file__).parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
BASH = ("bash", "--noprofile", "--norc", "-eo", "pipefail")


@dataclass
class Job:
    """What one use of the action left behind."""

    code: int
    out: str
    err: str
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    path: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return f"exit {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"

    @property
    def annotations(self) -> list[str]:
        return re.findall(r"^::(?:error|warning|notice) .*$", self.out, re.MULTILINE)


@dataclass
class Runner:
    """Runs the action in a ground's project, as the event has it."""

    ground: Ground
    event: str = "workflow_dispatch"
    payload: Any = None
    steps: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.ground.folder / "runner"

    def uses(self, **inputs: str) -> Job:
        """Run the action with inputs (`fail_on` for `fail-on`)."""
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert set(given) <= set(ACTION["inputs"])
        known = {name: given.get(name, each["default"]) for name, each in ACTION["inputs"].items()}
        self._lay_out()
        job = Job(0, "", "")
        for step in ACTION["runs"]["steps"]:
            assert step["shell"] == "bash"
            assert "uses" not in step
            if job.code or ("if" in step and not self._value(step["if"], known)):
                continue
            done = self._run(step, known)
            job.code, job.out, job.err = done.code, job.out + done.out, job.err + done.err
        outputs = ACTION["outputs"].items()
        job.outputs = {name: value for name, each in outputs if (value := self._filled(each["value"], known))}
        job.summary = (self.folder / "summary").read_text("utf-8")
        job.path = (self.folder / "path").read_text("utf-8").splitlines()
        return job

    def _lay_out(self) -> None:
        (self.folder / "temp").mkdir(parents=True, exist_ok=True)
        for name in ("output", "summary", "env", "path"):
            (self.folder / name).write_text("", "utf-8")
        payload = self.payload if isinstance(self.payload, str) else json.dumps(self.payload or {})
        (self.folder / "event.json").write_text(payload, "utf-8")

    def _run(self, step: dict[str, Any], inputs: dict[str, str]) -> Done:
        assert not EXPRESSION.search(step["run"]), "an expression in a script is code for whoever fills it in"
        script = self.folder / "step.sh"
        script.write_text(step["run"], "utf-8")
        before = dict(self.ground.environ)
        self.ground.environ |= {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_EVENT_NAME": self.event,
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_WORKSPACE": str(self.ground.project),
            "RUNNER_TEMP": str(self.folder / "temp"),
            **{f"GITHUB_{name}": str(self.folder / file) for name, file in FILES.items()},
            **{name: self._filled(value, inputs) for name, value in step.get("env", {}).items()},
        }
        try:
            done = self.ground.run(*BASH, script)
        finally:
            self.ground.environ = before
        written = (self.folder / "output").read_text("utf-8")
        (self.folder / "output").write_text("", "utf-8")
        pairs = (line.partition("=") for line in written.splitlines())
        self.steps[step["id"]] = {name: value for name, _, value in pairs}
        return done

    def _filled(self, text: str, inputs: dict[str, str]) -> str:
        return EXPRESSION.sub(lambda found: self._value(found[1], inputs), text)

    def _value(self, expression: str, inputs: dict[str, str]) -> str:
        """Return what the few kinds of expression are worth that we use; "" is false."""
        if "||" in expression:
            return next(filter(None, (self._value(part, inputs) for part in expression.split("||"))), "")
        if "==" in expression:
            left, right = expression.split("==")
            return "true" if self._value(left, inputs) == right.strip().strip("'") else ""
        kind, *names = expression.strip().split(".")
        if kind == "inputs":
            return inputs[names[0]]
        assert kind == "steps", expression
        assert names[1] == "outputs", expression
        return self.steps.get(names[0], {}).get(names[2], "")


FILES = {"OUTPUT": "output", "STEP_SUMMARY": "summary", "ENV": "env", "PATH": "path"}
