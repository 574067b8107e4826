"""Verdicts in one SQLite file that several processes share; a broken file means "nothing remembered", never "allow"."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sqlite3
import stat
import threading
from typing import TYPE_CHECKING, Any

from gatekeeper.model import Confidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BUSY_SECONDS = 2.0
FAILURES_BORNE = 3  # then the store stays closed: waiting for a lock once per artifact would cost more than judging
ROWS_KEPT = 200_000  # the oldest go first

_TABLE = """
create table if not exists findings_1 (
    sha256 text not null, ruleset text not null, findings text not null, proof text not null,
    primary key (sha256, ruleset)
)
"""


def default_path() -> Path:
    """Name the person's own store, in the cache folder of this platform."""
    from platformdirs import user_cache_path

    return user_cache_path("gatekeeper", appauthor=False) / "verdicts.sqlite"


class SqliteStore:
    """Findings keyed by artifact digest and ruleset digest, readable by their owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closed = False
        self._failures = 0

    def recall(self, sha256: str, ruleset: str) -> tuple[Finding, ...] | None:
        """Return what was found in this artifact under this ruleset, or None when nothing (usable) is remembered."""

        def read(connection: sqlite3.Connection) -> str | None:
            rows = connection.execute(
                "select findings, proof from findings_1 where sha256 = ? and ruleset = ?", (sha256, ruleset)
            ).fetchall()
            return next((text for text, proof in rows if proof == _proof(sha256, ruleset, text)), None)

        text = self._attempt(read)
        return None if text is None else _findings(text)

    def remember(self, sha256: str, ruleset: str, findings: tuple[Finding, ...]) -> None:
        """Keep what was found; when that fails the artifact is judged anew next time."""
        told = json.dumps([_plain(finding) for finding in findings])
        row = (sha256, ruleset, told, _proof(sha256, ruleset, told))

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("insert or replace into findings_1 values (?, ?, ?, ?)", row)

        self._attempt(write)

    def close(self) -> None:
        """Let go of the file; a closed store remembers nothing."""
        with self._lock:
            self._closed = True
            self._disconnect()

    def _attempt(self, action: Callable[[sqlite3.Connection], str | None]) -> str | None:
        with self._lock:
            if self._closed:
                return None
            try:
                if self._connection is None:
                    self._connection = self._connect()
                return action(self._connection)
            except (sqlite3.OperationalError, OSError):  # locked, read-only, full, not ours: the file may be sound
                self._give_up()
            except sqlite3.DatabaseError:  # not a database, or malformed
                self._give_up()
                self._move_aside()
            return None

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _demand_private(self._path.parent)
        # sqlite gives the WAL beside the file the file's own mode, so one tight mode at birth is enough
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600))
        connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = normal")
            connection.execute(_TABLE)
            connection.execute(
                "delete from findings_1 where rowid <= (select max(rowid) from findings_1) - ?", (ROWS_KEPT,)
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
        with contextlib.suppress(OSError):
            self._path.replace(self._path.with_name(f"{self._path.name}.broken"))
        for tail in ("-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + tail).unlink()


def _demand_private(folder: Path) -> None:
    """Refuse a folder in which others could plant verdicts."""
    if os.name == "nt":  # a profile's folders are the person's own there, and modes say nothing
        return
    state = folder.stat()
    if state.st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to somebody else")
    if stat.S_IMODE(state.st_mode) & (stat.S_IWGRP | stat.S_IWOTH):
        raise PermissionError(f"others may write in {folder}")


def _proof(sha256: str, ruleset: str, findings: str) -> str:
    """Digest a row: SQLite keeps no checksums, and a row that disk rot changed must not be taken for a verdict."""
    return hashlib.sha256(f"{sha256}\0{ruleset}\0{findings}".encode("utf-8", "backslashreplace")).hexdigest()


def _plain(finding: Finding) -> list[Any]:
    return [
        finding.check,
        int(finding.severity),
        int(finding.confidence),
        finding.message,
        None if finding.when is None else finding.when.value,
        finding.file,
        finding.line,
        finding.snippet,
        list(finding.attack),
    ]


def _findings(text: str) -> tuple[Finding, ...] | None:
    """Read findings back, or None when the row is not what `remember` writes. Waivers are policy: not stored."""
    try:
        rows = json.loads(text)
        findings = tuple(
            Finding(
                check=check,
                severity=Severity(severity),
                confidence=Confidence(confidence),
                message=message,
                when=None if when is None else When(when),
                file=file,
                line=line,
                snippet=snippet,
                attack=tuple(attack),
            )
            for check, severity, confidence, message, when, file, line, snippet, attack in rows
        )
    except (ValueError, TypeError, RecursionError):
        return None
    return findings if isinstance(rows, list) else None
