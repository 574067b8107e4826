"""Verdicts in one SQLite file that several processes share; a broken file means "nothing remembered", never "allow"."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import stat
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from gatekeeper.files import alone_in, demand_own
from gatekeeper.stores._rows import findings_in, proof_of, spelt

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

    from gatekeeper.model import Finding

BUSY_SECONDS = 2.0
STEP = 0.02  # seconds between two tries to open a file that somebody else is just making
FAILURES_BORNE = 3  # then the store stays closed: waiting for a lock once per artifact would cost more than judging
ROWS_KEPT = 200_000  # the oldest go first
DAY = 86_400  # seconds

T = TypeVar("T")

# A table whose columns change gets a new name: older and newer versions share the file, each with its own table.
EARLIER = ("findings_1",)
_TABLE = """
create table if not exists findings_2 (
    key text not null, ruleset text not null, findings text not null, proof text not null, used integer not null,
    primary key (key, ruleset)
)
"""
# What prune takes; the rulesets to keep are a JSON list, or null for none.
_OLD = ":kept is null or used < :before or ruleset not in (select value from json_each(:kept))"


@dataclass(frozen=True, slots=True)
class Rows:
    """What is remembered: how many verdicts of which ruleset, and the days (since 1970) of their last use."""

    by_ruleset: dict[str, int]
    oldest: int | None = None
    newest: int | None = None
    outdated: int = 0  # of other versions of gatekeeper, in tables of their own


def default_path() -> Path:
    """Name the person's own store, in the cache folder of this platform."""
    from platformdirs import user_cache_path

    return user_cache_path("gatekeeper", appauthor=False) / "verdicts.sqlite"


class SqliteStore:
    """Findings keyed by what was read and ruleset digest, readable by their owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int] | None = None  # which file the connection is to
        self._closed = False
        self._failures = 0
        self._notes_use = True

    def recall(self, key: str, ruleset: str) -> tuple[Finding, ...] | None:
        """Return what was found in this artifact under this ruleset, or None when nothing (usable) is remembered."""

        def read(connection: sqlite3.Connection) -> str | None:
            rows = connection.execute(
                "select findings, proof, used from findings_2 where key = ? and ruleset = ?", (key, ruleset)
            ).fetchall()
            for text, proof, used in rows:
                if proof == proof_of(key, ruleset, text):
                    self._note_use(connection, key, ruleset, used)
                    return str(text)
            return None

        text = self._attempt(read)
        return None if text is None else findings_in(text)

    def remember(self, key: str, ruleset: str, findings: tuple[Finding, ...]) -> None:
        """Keep what was found; when that fails the artifact is judged anew next time."""
        told = spelt(findings)
        row = (key, ruleset, told, proof_of(key, ruleset, told), _today())

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("insert or replace into findings_2 values (?, ?, ?, ?, ?)", row)

        self._attempt(write)

    def rows(self) -> Rows | None:
        """Count what is remembered; None when there is no store, or none that can be read."""

        def read(connection: sqlite3.Connection) -> Rows:
            counted = dict(connection.execute("select ruleset, count(*) from findings_2 group by ruleset").fetchall())
            oldest, newest = connection.execute("select min(used), max(used) from findings_2").fetchone()
            return Rows(counted, oldest, newest, sum(_count(connection, table) for table in _outdated(connection)))

        return self._attempt(read) if self._path.is_file() else None

    def prune(self, rulesets: Collection[str] | None, before: int, *, dry: bool = False) -> int | None:
        """Forget what none of these rulesets found, and what was last used before a day (since 1970); return how many.

        No rulesets: everything goes. `dry` only counts. None when there is no store that can be written.
        """
        which = {"kept": None if rulesets is None else json.dumps(sorted(rulesets)), "before": before}

        def write(connection: sqlite3.Connection) -> int:
            old = _outdated(connection)
            found = connection.execute(f"select count(*) from findings_2 where {_OLD}", which).fetchone()[0]  # noqa: S608 - ours
            found += sum(_count(connection, table) for table in old)
            if not dry:
                connection.execute(f"delete from findings_2 where {_OLD}", which)  # noqa: S608 - ours
                for table in old:
                    connection.execute(f"drop table {table}")
                with contextlib.suppress(sqlite3.OperationalError):  # others are at work: the space is theirs to fill
                    connection.execute("vacuum")
                    connection.execute("pragma wal_checkpoint(truncate)")
            return int(found)

        return self._attempt(write) if self._path.is_file() else None

    def close(self) -> None:
        """Let go of the file; a closed store remembers nothing."""
        with self._lock:
            self._closed = True
            self._disconnect()

    def _note_use(self, connection: sqlite3.Connection, key: str, ruleset: str, used: object) -> None:
        """Write down the day at which a row was of use, once a day; what cannot be written is not worth a wait."""
        today = _today()
        if used == today or not self._notes_use:
            return
        try:
            connection.execute("update findings_2 set used = ? where key = ? and ruleset = ?", (today, key, ruleset))
        except sqlite3.Error:
            self._notes_use = False

    def _attempt(self, action: Callable[[sqlite3.Connection], T]) -> T | None:
        with self._lock:
            if self._closed:
                return None
            try:
                if self._connection is None:
                    self._connection = self._patiently_connected()
                return action(self._connection)
            except (
                sqlite3.OperationalError,
                OSError,
                ValueError,
            ):  # locked, read-only, full, not ours: it may be sound
                self._give_up()
            except sqlite3.DatabaseError:  # not a database, or malformed
                self._give_up()
                self._move_aside()
            return None

    def _patiently_connected(self) -> sqlite3.Connection:
        """Open the file; while somebody else makes it, SQLite says at once that it is locked, and does not wait."""
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self._connect()
            except sqlite3.OperationalError as problem:
                if "locked" not in str(problem) or time.monotonic() > until:
                    raise
            time.sleep(STEP)

    def _connect(self) -> sqlite3.Connection:
        if not self._path.is_absolute():  # a home that nobody knows: the folder one stands in is not ours to believe
            raise OSError(f"{self._path} is no place of the person's own")
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        demand_own(self._path.parent.stat())  # others could plant verdicts in it
        self._opened = _made(self._path)
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.execute(_TABLE)
            connection.execute(
                "delete from findings_2 where rowid <= (select max(rowid) from findings_2) - ?", (ROWS_KEPT,)
            )
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_up(self) -> None:
        self._disconnect()
        self._failures += 1
        self._closed = self._failures >= FAILURES_BORNE

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(sqlite3.Error):
                connection.close()

    def _move_aside(self) -> None:
        """Keep one broken file, whatever happens; one that somebody else has put in its place meanwhile stays."""
        with contextlib.suppress(OSError), alone_in(self._path.parent):
            if self._opened != _identity(self._path.lstat()):
                return
            for tail in ("-wal", "-shm"):  # before the file, or a fresh one's could be taken for them
                self._path.with_name(self._path.name + tail).unlink(missing_ok=True)
            self._path.replace(self._path.with_name(f"{self._path.name}.broken"))


def _made(path: Path) -> tuple[int, int]:
    """Make the file unless it is there, and say which one it is; raise OSError for what is no plain file.

    SQLite gives the WAL beside the file the file's own mode, so one tight mode at birth is enough.
    """
    careful = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | careful, 0o600)
    try:
        state = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(state.st_mode):
        raise OSError(f"{path} is no plain file")
    return _identity(state)


def _identity(state: os.stat_result) -> tuple[int, int]:
    return state.st_dev, state.st_ino


def _today() -> int:
    return int(time.time() // DAY)


def _outdated(connection: sqlite3.Connection) -> list[str]:
    """Name the tables that earlier versions left; what newer ones made is theirs."""
    there = {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    return [name for name in EARLIER if name in there]


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"select count(*) from {table}").fetchone()[0])  # noqa: S608 - one of EARLIER
