"""Reading the log of decisions: which releases, when, by whom, and what let them pass or kept them out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from gatekeeper.audit.reading import BEGAN, ENDED, RELEASE, WAIVER, Entry, entries
from gatekeeper.errors import UsageError
from gatekeeper.reports import json as json_report
from gatekeeper.reports import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gatekeeper.policy import Policy

HOW = 'name one in your policy file: the section [audit] takes file = "/path/of/audit.jsonl"'
WIDE = 5  # the longest word for a ruling


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to read; None and False: no matter."""

    since: datetime | None = None
    release: str | None = None
    ruling: str | None = None
    waived: bool = False

    @property
    def is_about_releases(self) -> bool:
        """Whether lines about whole runs are none of it."""
        return bool(self.release or self.ruling or self.waived)

    def takes(self, said: dict[str, Any]) -> bool:
        """Say whether a line is wanted."""
        if self.since is not None and datetime.fromisoformat(said["time"].replace("Z", "+00:00")) < self.since:
            return False
        if not self.is_about_releases:
            return True
        return (
            said.get("event") in (RELEASE, WAIVER)
            and (self.release is None or self.release in _names(str(said.get("purl"))))
            and (self.ruling is None or self.ruling == said.get("ruling"))
            and (not self.waived or bool(said.get("waivers")) or said.get("event") == WAIVER)
        )


def log_of(policy: Policy) -> Path:
    """Return the log that the policy names; raise UsageError, saying how to have one, when it names none."""
    from pathlib import Path

    if policy.audit is None:
        raise UsageError("no audit log is configured", hint=HOW)
    return Path(policy.audit)


def moment(said: str, hours_of: Callable[[object, str], float], now: datetime) -> datetime:
    """Read a date, or a length of time before `now`; raise UsageError when it is neither."""
    try:
        found = datetime.fromisoformat(said.strip().replace("Z", "+00:00"))
    except ValueError:
        return now - timedelta(hours=hours_of(said, "--since"))
    return found if found.tzinfo else found.replace(tzinfo=timezone.utc)


def read(path: Path, wanted: Wanted, most: int | None = None, *, as_json: bool = False) -> Iterator[str]:
    """Yield the lines that are wanted, the oldest first, at most the last `most`; then the damaged ones by number."""
    damaged: list[int] = []
    ended: set[str] = set()
    found: deque[Entry] = deque(maxlen=most)
    for entry in entries(path):
        if entry.said is None:
            damaged.append(entry.line)
            continue
        if entry.said.get("event") == ENDED:
            ended.add(entry.said["run"])
        if wanted.takes(entry.said):
            found.append(entry)
    for entry in found:
        if entry.said is not None:
            yield from [json_report.line(entry.said)] if as_json else _told(entry.said, ended)
    if not as_json:
        yield from (f"{visible(str(path))}:{line}: damaged, left out" for line in damaged)


def _told(said: dict[str, Any], ended: set[str]) -> Iterator[str]:
    """Write one line of the log for people; whatever is in it came from elsewhere."""
    when = _text(said["time"])[:19].replace("T", " ")
    by = " ".join(_text(said[key]) for key in ("user", "command", "client") if said.get(key))
    ruling = f"{_text(said.get('ruling')):<{WIDE}}"
    if said.get("event") == BEGAN and said["run"] not in ended:
        yield f"{when}  a run of {by} began, and was killed or is still at work"
    elif said.get("event") == ENDED:
        why = f": {_text(said['error'])}" if said.get("error") else ""
        yield f"{when}  {ruling}  run ended with exit code {_text(said.get('exit'))}, {by}{why}"
    elif said.get("event") == RELEASE:
        digest = f" sha256:{_text(said['sha256'])[:12]}" if said.get("sha256") else ""
        answered = f", answered by {_text(said['answered'])}" if said.get("answered") else ""
        yield f"{when}  {ruling}  {_text(said.get('purl'))}{digest}, {by}{answered}"
        yield from (f"    {line}" for line in _details(said))
    elif said.get("event") == WAIVER:
        yield f"{when}  {'':<{WIDE}}  {_excused(said, 'waiver for')}, {_text(said.get('purl'))}, by {by}"


def _excused(said: dict[str, Any], key: str = "waived") -> str:
    reason, author, expires = (_text(said.get(each)) for each in ("reason", "author", "expires"))
    return f"{key} {_text(said.get('check'))}: {reason} ({author}, until {expires})"


def _details(said: dict[str, Any]) -> Iterator[str]:
    if said.get("error"):
        yield f"could not decide: {_text(said['error'])}"
    counted: dict[str, None] = dict.fromkeys(
        f"{_text(each.get('severity'))} {_text(each.get('check'))}" + (" (waived)" if each.get("waived") else "")
        for each in _rows(said.get("findings"))
        if each.get("severity") != "note"
    )
    if counted:
        yield ", ".join(counted)
    for each in _rows(said.get("waivers")):
        yield _excused(each)


def _rows(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return visible("-" if value is None else str(value))


def _names(purl: str) -> set[str]:
    """Return all that people call a release: its purl and its name, each with and without the version."""
    without, _, version = purl.rpartition("@") if "@" in purl.rpartition("/")[2] else (purl, "", "")
    name = without.partition("/")[2].replace("%40", "@")
    ways = {purl, without, name}
    return ways | {f"{name}{mark}{version}" for mark in ("==", "@")} if version else ways
