"""The command line: whose words are whose, where reports go, and what every ending's exit code is."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import types
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest

from gatekeeper import __version__, cli
from gatekeeper.errors import StoppedError, UndecidedError, UsageError
from gatekeeper.model import Outcome, Release, Request, Ruling, Verdict
from gatekeeper.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
SCHEMA = json.loads((ROOT / "docs" / "report.schema.json").read_text("utf-8"))
VERDICT = Verdict(Release("pypi", "requests", "2.32.3"), Ruling.ALLOW, requested=True)
INSTALLED = Outcome(Ruling.ALLOW, (VERDICT,), client_exit=0)


@dataclass
class Story:
    """A story that remembers what it was told instead of installing."""

    ending: Callable[[], Outcome] = lambda: INSTALLED
    requests: list[Request] = field(default_factory=list)
    options: list[types.SimpleNamespace] = field(default_factory=list)

    def install(self, request: Request, options: types.SimpleNamespace, watcher: object) -> Outcome:
        self.requests.append(request)
        self.options.append(options)
        self.watcher = watcher
        return self.ending()


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Story:
    told = Story()
    fake = types.ModuleType("gatekeeper.install")
    fake.install = told.install  # type: ignore[attr-defined]
    fake.Options = types.SimpleNamespace  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gatekeeper.install", fake)
    monkeypatch.chdir(tmp_path)
    return told


def safe_install(*words: str, monkeypatch: pytest.MonkeyPatch | None = None) -> int:
    before = sys.argv
    sys.argv = ["safe-install", *words]
    try:
        return cli.safe_install()
    finally:
        sys.argv = before


def ending(outcome: Outcome | BaseException) -> Callable[[], Outcome]:
    def end() -> Outcome:
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    return end


# whose words are whose


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("requests", "install requests"),
        ("requests flask>=3", "install requests flask>=3"),
        ("-r requirements.txt", "install -r requirements.txt"),
        ("--no-deps foo", "install --no-deps foo"),
        ("-e .", "install -e ."),
        ("--target d foo", "install --target d foo"),
        ("-U foo", "install -U foo"),
        ("-qU foo", "install -qU foo"),
        ("-q requests", "install requests"),
        ("-qv requests", "install requests"),
        ("--yes --offline requests --no-deps -q", "install requests --no-deps -q"),
        ("--no-deps --yes foo", "install --no-deps --yes foo"),
        ("--format=json requests", "install requests"),
        ("--format json --output o.json requests", "install requests"),
        ("requests --help", "install requests --help"),
        ("requests --version --format json", "install requests --version --format json"),
        ("-- requests", "install -- requests"),
        ("-- npm install x", "install -- npm install x"),
        ("pip", "install pip"),
        ("npm", "install npm"),
        ("pip install requests", "install requests"),
        ("pip3 install -U pip", "install -U pip"),
        ("pip download requests", "download requests"),
        ("--no-store pip --python x install requests", "--python x install requests"),
    ],
)
def test_our_options_end_at_the_first_word_of_the_clients(story: Story, typed: str, words: str) -> None:
    assert safe_install(*typed.split()) == 0
    assert story.requests == [Request("pip", tuple(words.split()), Path.cwd())]


def test_our_options_reach_the_story(story: Story) -> None:
    Path("p.toml").write_text("", "utf-8")
    safe_install("--offline", "--deep", "--no-store", "--plan", "--policy", "p.toml", "requests")
    (options,) = story.options
    assert vars(options) == {
        "policy": Policy(),
        "plan": True,
        "offline": True,
        "deep": True,
        "store": False,
        "client_stdout_to_stderr": False,
    }


@pytest.mark.parametrize(("word", "answer"), [("--yes", True), ("--no", False)])
def test_an_answer_can_be_given_beforehand(story: Story, word: str, answer: bool) -> None:
    safe_install(word, "requests")
    assert story.watcher.answer(VERDICT) is answer  # type: ignore[attr-defined]


@pytest.mark.parametrize("client", ["npm install x", "npx x y", "uv pip install x", "poetry add x", "yarn add x"])
def test_a_client_that_cannot_be_gated_is_refused(
    story: Story, capsys: pytest.CaptureFixture[str], client: str
) -> None:
    if client.split(maxsplit=1)[0] in {"npm", "npx"} and (ROOT / "gatekeeper" / "managers" / "npm.py").exists():
        pytest.skip("it can be gated")
    assert safe_install(*client.split()) == 2
    assert story.requests == []
    assert "not supported yet: nothing was installed" in capsys.readouterr().err


def test_both_commands_install(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["gatekeeper", "install", "--plan", "requests", "-q"])
    assert cli.main() == 0
    assert story.requests[0].words == ("install", "requests", "-q")


# exit codes


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (INSTALLED, 0),
        (Outcome(Ruling.BLOCK, (VERDICT,)), 10),
        (Outcome(Ruling.BLOCK, (VERDICT,), client_exit=1), 10),
        (Outcome(Ruling.ASK, (VERDICT,), client_exit=0), 11),
        (Outcome(Ruling.ERROR, (VERDICT,), client_exit=0), 12),
        (Outcome(Ruling.ALLOW, (VERDICT,), client_exit=1), 1),
        (Outcome(Ruling.ALLOW, (VERDICT,), client_exit=-9), 137),
        (Outcome(Ruling.ALLOW, (VERDICT,), client_exit=None), 12),
        (UsageError("no such word"), 2),
        (UndecidedError("the network is down"), 12),
        (StoppedError("stopped"), 130),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("oops"), 12),
        (MemoryError(), 12),
    ],
)
def test_every_ending_has_its_exit_code(story: Story, outcome: Outcome | BaseException, code: int) -> None:
    story.ending = ending(outcome)
    assert safe_install("requests") == code


@pytest.mark.parametrize("words", [[], ["--format", "xml", "requests"], ["--output"], ["--policy", "none.toml", "x"]])
def test_wrong_words_are_usage_errors(story: Story, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert safe_install(*words) == 2
    said = capsys.readouterr()
    assert said.err.startswith("safe-install: error: ")
    assert "hint: " in said.err
    assert said.out == ""
    assert story.requests == []


def test_a_mistake_in_a_policy_file_is_a_usage_error(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    Path("gatekeeper.toml").write_text("[rulings]\nno-such-check = 'ask'", "utf-8")
    assert safe_install("requests") == 2
    assert "gatekeeper.toml:2: unknown check `no-such-check`" in capsys.readouterr().err


# what is said


def test_an_error_is_one_line_and_a_hint(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.ending = ending(UndecidedError("the index\x1b[31m\nis down", hint="try later"))
    safe_install("requests")
    assert capsys.readouterr().err == ("safe-install: error: the index\\x1b[31m\\nis down\nhint: try later\n")


def test_a_bug_is_one_line_and_shows_where_only_when_asked(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story.ending = ending(ZeroDivisionError("oops"))
    safe_install("requests")
    said = capsys.readouterr().err
    assert said.startswith("safe-install: error: a fault of our own: ZeroDivisionError: oops\n")
    assert "Traceback" not in said
    safe_install("-v", "requests")
    assert "Traceback" in capsys.readouterr().err


def test_the_text_report_leaves_stdout_to_the_client(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    safe_install("requests")
    said = capsys.readouterr()
    assert said.out == ""
    assert "requests 2.32.3  allow" in said.err


def test_a_quiet_run_speaks_only_of_what_went_wrong(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    safe_install("-q", "requests")
    assert capsys.readouterr() == ("", "")
    story.ending = ending(Outcome(Ruling.BLOCK, (VERDICT,)))
    safe_install("-q", "requests")
    assert "block" in capsys.readouterr().err


def test_the_json_report_has_stdout_to_itself(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    safe_install("--format", "json", "requests")
    said = capsys.readouterr()
    report = json.loads(said.out)
    jsonschema.validate(report, SCHEMA)
    assert report["ruling"] == "allow"
    assert said.err == ""
    assert story.options[0].client_stdout_to_stderr is True


@pytest.mark.parametrize("fault", [UsageError("no"), UndecidedError("no"), KeyboardInterrupt(), ValueError("no")])
def test_a_failed_run_still_reports(story: Story, capsys: pytest.CaptureFixture[str], fault: BaseException) -> None:
    story.ending = ending(fault)
    code = safe_install("--format", "json", "requests")
    report = json.loads(capsys.readouterr().out)
    jsonschema.validate(report, SCHEMA)
    assert (report["ruling"], report["releases"]) == ("error", [])
    assert report["error"]
    assert code


def test_a_report_can_go_to_a_file_and_text_stays_on_the_terminal(
    story: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("report.json").write_text("old", "utf-8")
    assert safe_install("--format", "json", "--output", "report.json", "requests") == 0
    jsonschema.validate(json.loads(Path("report.json").read_text("utf-8")), SCHEMA)
    assert [path.name for path in Path().iterdir()] == ["report.json"]
    said = capsys.readouterr()
    assert said.out == ""
    assert "requests 2.32.3  allow" in said.err
    assert story.options[0].client_stdout_to_stderr is False


@pytest.mark.parametrize("place", ["nowhere/report.json", "."])
def test_a_report_that_cannot_be_written_stops_before_installing(story: Story, place: str) -> None:
    assert safe_install("--output", place, "requests") == 2
    assert story.requests == []


@pytest.mark.skipif(os.name == "nt", reason="no such device")
def test_a_report_can_go_to_a_device() -> None:
    from gatekeeper.terminal.voice import Voice

    assert Voice("safe-install", "json", Path(os.devnull), quiet=True).tell(lambda: INSTALLED) == 0
    assert not Path(os.devnull).is_file()


def test_remarks_on_the_settings_come_first(story: Story, capsys: pytest.CaptureFixture[str]) -> None:
    Path("gatekeeper.toml").write_text("[hosts]\npackage = ['x.example']", "utf-8")
    safe_install("requests")
    assert "note: " in capsys.readouterr().err


# real processes


def python(script: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(script)]


def test_a_request_to_end_is_an_interruption() -> None:
    script = """
        import sys, time
        from gatekeeper.terminal.voice import Voice
        def work():
            print("ready", flush=True)
            time.sleep(60)
        sys.exit(Voice("safe-install").tell(work))
    """
    with subprocess.Popen(python(script), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate()
    assert process.returncode == 130
    assert said == "safe-install: error: stopped by SIGTERM\n"


def test_whoever_has_read_enough_is_not_complained_about() -> None:
    script = """
        import sys
        sys.argv = ["gatekeeper", "--help"]
        from gatekeeper import cli
        sys.stdout.reconfigure(write_through=True)
        sys.exit(cli.main())
    """
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(python(script), stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.stderr == ""


def test_a_terminal_that_cannot_spell_a_letter_gets_an_escape() -> None:
    script = """
        import sys
        from gatekeeper.terminal.voice import put
        put(sys.stdout, "größe")
    """
    done = subprocess.run(
        python(script), capture_output=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert done.stdout == b"gr\\xf6\\xdfe"


@pytest.mark.parametrize("command", ["safe-install", "gatekeeper"])
def test_the_commands_are_installed_and_know_their_version(command: str) -> None:
    done = subprocess.run([BIN / command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"gatekeeper {__version__}\n"


def test_it_also_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "gatekeeper", "--help"], capture_output=True, text=True, check=True)
    assert "install" in done.stdout


def test_help_loads_nothing_that_only_an_installation_needs() -> None:
    """How long it takes beside `pip --version` is measured by benchmarks/start.py."""
    script = """
        import sys
        sys.argv = ["safe-install", "--help"]
        from gatekeeper import cli
        cli.safe_install()
        heavy = {"requests", "rich", "packaging", "http.server", "sqlite3", "pathlib", "platformdirs", "dataclasses"}
        print("LOADED", sorted(heavy & set(sys.modules)))
        print("OURS", sorted(name for name in sys.modules if name.startswith("gatekeeper")))
    """
    done = subprocess.run(python(script), capture_output=True, text=True, check=True)
    assert "LOADED []" in done.stdout
    assert "OURS ['gatekeeper', 'gatekeeper.cli', 'gatekeeper.cli._common', 'gatekeeper.command_line']" in done.stdout


def test_one_run_gives_several_reports(story: Story, tmp_path: Path) -> None:
    files = {"json": tmp_path / "a.json", "sarif": tmp_path / "b=c.sarif", "markdown": tmp_path / "d.md"}
    words = [word for layout, path in files.items() for word in ("--also", f"{layout}={path}")]
    assert safe_install(*words, "requests") == 0
    assert json.loads(files["json"].read_bytes())["ruling"] == "allow"
    assert json.loads(files["sarif"].read_bytes())["version"] == "2.1.0"
    assert files["markdown"].read_text("utf-8").startswith("## gatekeeper: allow")


@pytest.mark.parametrize("said", ["json", "json=", "=a.json", "xml=a.xml", "json=none/a.json"])
def test_a_further_report_that_cannot_be_written_stops_before_installing(story: Story, said: str) -> None:
    assert safe_install("--also", said, "requests") == 2
    assert story.requests == []
