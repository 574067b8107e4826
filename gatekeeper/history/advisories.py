"""Known malware in one SQLite file in the person's data folder: made by `gatekeeper update`, only read otherwise.

The file is replaced whole, so that whoever reads it never sees half of an update.
"""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gatekeeper.errors import UndecidedError
from gatekeeper.files import KEPT, replacing
from gatekeeper.history.osv import Affected, about, normalised
from gatekeeper.model import Advisory, Known, Unknown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from gatekeeper.history.osv import Record
    from gatekeeper.model import Release

FORMAT = 1  # of the file; another one is not read
OLD = 14  # days after which the data is said to be old
MISSING = "there is no known-malware data yet: `gatekeeper update` fetches it"
DAMAGED = "the known-malware data is damaged: `gatekeeper update` fetches it anew"
_TABLES = """
create table affected (ecosystem text not null, name text not null, id text not null, spans text not null);
create table advisories (id text primary key, summary text not null, url text not null) without rowid;
create table aliases (id text not null, accuses text not null);
create table withdrawn (id text primary key) without rowid;
create table facts (key text primary key, value text not null) without rowid;
"""
# An alias counts as long as one of the records that it repeats stands.
_DROP = """
delete from advisories where id in (
    select id from aliases where id != accuses group by id
    having sum(accuses not in (select id from withdrawn)) = 0
);
delete from affected where id not in (select id from advisories);
delete from advisories where id not in (select id from affected);
create index by_name on affected (ecosystem, name);
drop table aliases;
drop table withdrawn;
"""


def default_path() -> Path:
    """Name the person's own file, in the data folder of this platform."""
    from platformdirs import user_data_path

    return user_data_path("gatekeeper", appauthor=False) / "malware.sqlite"


@dataclass(frozen=True, slots=True)
class State:
    """How old a file is and what it holds."""

    made: datetime  # in UTC
    records: int
    packages: Mapping[str, int] = field(default_factory=dict)  # by ecosystem

    def days(self, now: datetime | None = None) -> int:
        """Return the age in whole days."""
        return ((now or datetime.now(timezone.utc)) - self.made).days


class Advisories:
    """The records in a file, opened when it is first asked. Thread-safe; a missing or broken one is Unknown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._fault: Unknown | None = None

    def about(self, release: Release) -> Known[tuple[Advisory, ...]] | Unknown:
        """Return what is recorded against a release; one without a version is meant when all of its versions are."""
        name = normalised(release.ecosystem, release.name)
        rows = self._rows(
            "select advisories.id, summary, url, spans from affected join advisories using (id) "
            "where ecosystem = ? and name = ? order by id",
            (release.ecosystem, name),
        )
        if isinstance(rows, Unknown):
            return rows
        try:
            found = [(Advisory(*row[:3]), _affected(release.ecosystem, name, row[3])) for row in rows]
        except (ValueError, TypeError):
            return self._broken()
        return Known(about(release, found))

    def state(self) -> Known[State] | Unknown:
        """Return how old the data is and how much there is of it."""
        rows = self._rows("select key, value from facts", ())
        if isinstance(rows, Unknown):
            return rows
        facts = {row[0]: row[1] for row in rows}
        try:
            made = datetime.fromisoformat(facts["made"])
            return Known(State(made, int(facts["records"]), json.loads(facts["packages"])))
        except (KeyError, ValueError):
            return self._broken()

    @property
    def is_open(self) -> bool:
        """Whether the file was asked, and is there."""
        return self._connection is not None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._disconnect()

    def _rows(self, query: str, values: tuple[str, ...]) -> list[tuple[str, ...]] | Unknown:
        if self._connection is None and not self._is_there():
            return Unknown(MISSING)  # as everywhere at first: nothing more needs to be loaded
        import sqlite3

        with self._lock:
            if self._fault is not None:
                return self._fault
            try:
                if self._connection is None:
                    self._connection = _opened(self.path)
                return self._connection.execute(query, values).fetchall()
            except (sqlite3.Error, OSError, UnicodeError):
                self._fault = Unknown(DAMAGED)
            self._disconnect()
            return self._fault

    def _is_there(self) -> bool:
        try:
            self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError:  # it may be: whoever opens it hears what is wrong
            return True
        return True

    def _broken(self) -> Unknown:
        with self._lock:
            self._fault = fault = Unknown(DAMAGED)
        return fault

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _opened(path: Path) -> sqlite3.Connection:
    """Open a file for reading; raise sqlite3.DatabaseError unless it is whole."""
    import sqlite3

    size = path.stat().st_size
    # Nobody ever writes into the file, so no lock is needed, and a folder that cannot be written is fine.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        (pages,), (page,), (form,) = (
            connection.execute(f"pragma {name}").fetchone() for name in ("page_count", "page_size", "user_version")
        )
    except BaseException:
        connection.close()
        raise
    if size == pages * page and form == FORMAT:
        return connection
    connection.close()
    raise sqlite3.DatabaseError("not whole, or of another format")


def build(path: Path, records: Iterable[Record]) -> State:
    """Make the file anew out of records and put it in its place at once; until then, the old one stays as it is.

    Raises UndecidedError when nothing in the records is malware, or the folder cannot be written.
    """
    import sqlite3

    try:
        return _build(path, records)
    except sqlite3.Error as problem:  # a full disk, most likely
        raise UndecidedError(f"{path} cannot be written: {problem}", hint=KEPT) from None


def _build(path: Path, records: Iterable[Record]) -> State:
    import sqlite3

    with replacing(path) as part, contextlib.closing(sqlite3.connect(part, isolation_level=None)) as connection:
        connection.executescript(f"pragma journal_mode = off; pragma synchronous = off; {_TABLES}")
        connection.execute("begin")
        for record in records:
            _keep(connection, record)
        connection.execute("commit")
        connection.executescript(_DROP)
        state = _counted(connection)
        if not state.records:
            raise UndecidedError("there is no record about malware in it; the old data stays")
        facts = {"made": state.made.isoformat(), "records": state.records, "packages": json.dumps(state.packages)}
        connection.executemany("insert into facts values (?, ?)", facts.items())
        connection.executescript(f"pragma user_version = {FORMAT}; analyze;")
    return state


def _keep(connection: sqlite3.Connection, record: Record) -> None:
    one = record.advisory
    if record.is_withdrawn:
        connection.execute("insert or ignore into withdrawn values (?)", (one.id,))
        return
    if not record.affected:
        return
    added = connection.execute("insert or ignore into advisories values (?, ?, ?)", (one.id, one.summary, one.url))
    if added.rowcount:  # two feeds may hold the same record
        connection.executemany("insert into aliases values (?, ?)", [(one.id, each) for each in record.accuses])
        connection.executemany("insert into affected values (?, ?, ?, ?)", [
            (each.ecosystem, each.name, one.id, json.dumps([each.versions, each.ranges], separators=(",", ":")))
            for each in record.affected
        ])  # fmt: skip


def _counted(connection: sqlite3.Connection) -> State:
    (records,) = connection.execute("select count(*) from advisories").fetchone()
    packages = connection.execute("select ecosystem, count(distinct name) from affected group by ecosystem").fetchall()
    return State(datetime.now(timezone.utc).replace(microsecond=0), records, dict(packages))


def _affected(ecosystem: str, name: str, spans: str) -> Affected:
    versions, ranges = json.loads(spans)
    return Affected(ecosystem, name, tuple(versions), tuple(tuple((kind, at) for kind, at in one) for one in ranges))
