"""Show what policy holds and why; trust a project's policy file, or trust it no longer."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.settings import effective, project_files, trust
from gatekeeper.settings.loosening import offered
from gatekeeper.wish.hosts import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    from gatekeeper.settings import Settings
    from gatekeeper.settings.effective import Row
    from gatekeeper.settings.loosening import Offered

SCHEMA = "gatekeeper.policy/1"
BARE = re.compile(r"[A-Za-z0-9_-]+")
NO_POLICY = "a project's policy is its gatekeeper.toml, or [tool.gatekeeper] in its pyproject.toml"
LONGEST = 4000  # characters of a value: more would hide the rest
ESCAPES = {'"': r"\"", "\\": r"\\"}


# --- show -----------------------------------------------------------------------------------------------------------


def as_toml(settings: Settings, folder: Path) -> str:
    """Write the policy that holds in a folder as a policy file; comments say where each value comes from."""
    lines = [f"# the policy in {folder}"]
    lines += [f"# read: {each.path}, {each.how}{_locking(each.locks)}" for each in settings.files]
    lines += [f"# note: {remark}" for remark in settings.remarks]
    section = ""
    for row in effective.rows(settings):
        if row.section != section:
            section = row.section
            lines += ["", f"[{section}]"]
        lines += _assignment(row)
    for table, place in effective.waivers(settings.policy):
        lines += ["", f"[[waiver]]{f'  # {place}' if place else ''}"]
        lines += [f"{_key(key)} = {_spelled(value)}" for key, value in table.items()]
    return "".join(f"{_printable(line)}\n" for line in lines)


def _locking(locks: Collection[str]) -> str:
    return f"; locks {', '.join(locks)}" if locks else ""


def _assignment(row: Row) -> list[str]:
    if row.value is None:
        return [f"# {row.origin}"]
    return [f"{_key(row.key)} = {_spelled(row.value)}  # {row.origin}"]


def _key(key: str) -> str:
    return key if BARE.fullmatch(key) else _quoted(key)


def _spelled(value: Any) -> str:  # noqa: ANN401 - any value of a policy file
    """Spell a value in TOML, without what addresses may hold of secrets."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {_spelled(each)}" for key, each in value.items()) + "}"
    return "[" + ", ".join(_spelled(each) for each in value) + "]"


def _quoted(text: str) -> str:
    return f'"{_printable("".join(ESCAPES.get(char, char) for char in shown(text)))}"'


def _printable(text: str) -> str:
    """Spell what hides or moves text as TOML's own escapes, which in a comment mean nothing."""
    return "".join(char if char.isprintable() else _escape(ord(char)) for char in text)


def _escape(number: int) -> str:
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"  # noqa: PLR2004 - four hexadecimal digits


def as_json(settings: Settings, folder: Path) -> str:
    """Write the policy that holds in a folder, and where each value comes from, for programs."""
    rows = [
        {"key": ".".join(filter(None, (row.section, row.key))), "value": row.value, "from": row.origin}
        for row in effective.rows(settings)
    ]
    waivers = [{**table, "place": place} for table, place in effective.waivers(settings.policy)]
    report = {
        "schema": SCHEMA,
        "folder": str(folder),
        "files": [{"path": str(each.path), "how": each.how, "locks": list(each.locks)} for each in settings.files],
        "remarks": list(settings.remarks),
        "values": rows,
        "waivers": waivers,
    }
    return json.dumps(_without_secrets(report), indent=2, default=str) + "\n"


def _without_secrets(value: Any) -> Any:  # noqa: ANN401 - whatever JSON may hold
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(key): _without_secrets(each) for key, each in value.items()}
    return [_without_secrets(each) for each in value] if isinstance(value, (list, tuple)) else value


# --- trust ----------------------------------------------------------------------------------------------------------


def trust_folder(folder: Path, known_checks: Collection[str], agree: Callable[[str], bool | None]) -> Iterator[str]:
    """Yield what a folder's policy files loosen, put the question, and trust them as they were shown.

    Raises UsageError when there is no policy; returns silently when the answer was no, or nobody was there.
    """
    files = offered(folder, known_checks)
    if not files:
        raise UsageError(f"{folder} holds no policy", hint=NO_POLICY)
    yield from (f"{each.path} only tightens: it is followed as it is" for each in files if not each.loosens)
    loosening = [each for each in files if each.loosens]
    unknown = [each for each in loosening if not _is_known(each)]
    yield from (f"{each.path} is trusted already" for each in loosening if each not in unknown)
    yield from (line for each in unknown for line in _told(each))
    count = sum(len(each.loosens) for each in unknown)
    keys = "this one key" if count == 1 else f"these {count} keys"
    if unknown and agree(f"follow {keys} from now on, until the file changes?"):
        for each in unknown:
            trust.trust(each.path, each.content)
            yield f"trusted: {each.path}, until it changes; `gatekeeper policy untrust` takes it back"


def _is_known(file: Offered) -> bool:
    known = trust.trusted()[0].get(trust.key_of(file.path))
    return known is not None and known.digest == trust.digest_of(file.path, file.content)


def _told(file: Offered) -> Iterator[str]:
    yield f"{file.path} loosens:"
    for each in file.loosens:
        if len(each.what) > LONGEST:
            raise UsageError(f"{each.place}: more than anybody can look at, so it cannot be trusted")
        yield f"  {each.place}: {_plainly(each.what)}"
        yield f"      {shown(each.meaning)}"


def _plainly(what: str) -> str:
    """Spell a key and its value: addresses without logins, patterns of names whole, for each may be what counts."""
    key, equals, value = what.partition(" = ")
    return shown(what) if what.startswith("[feeds]") else f"{shown(key)}{equals}{value}"


def untrust_folder(folder: Path) -> Iterator[str]:
    """Trust the policy files of a folder no longer, and say which those were."""
    gone = trust.untrust(list(project_files(folder)))
    yield from (f"no longer trusted: {path}" for path in gone)
    if not gone:
        yield f"nothing in {folder} was trusted"


def trusted_files() -> Iterator[str]:
    """Yield a line for each file that is trusted: since when, and whether it still is what it was then."""
    entries, fault = trust.trusted()
    if fault:
        yield fault
    yield from _lines(entries)
    if not entries and not fault:
        yield "no project is trusted"


def _lines(entries: Mapping[str, trust.Trusted]) -> Iterable[str]:
    from pathlib import Path

    for path, entry in sorted(entries.items()):
        try:
            state = "" if trust.is_trusted(Path(path)) else "; it has changed since, and is not followed"
        except UsageError as problem:
            state = f"; {problem.message}"
        yield f"{path}: trusted on {entry.on}{state if Path(path).exists() else '; it is gone'}"
