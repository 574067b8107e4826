"""The wish that releases be some days old, where other tools keep it: it holds for us too, as far as it is stricter.

uv has `exclude-newer` (https://docs.astral.sh/uv/reference/settings/#exclude-newer), pnpm `minimumReleaseAge`
(https://pnpm.io/settings#minimumreleaseage). pip and npm follow their own settings behind the gate by themselves.
"""

from __future__ import annotations

import re
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from gatekeeper.errors import UsageError
from gatekeeper.settings._reading import content_of, is_tangled, text_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from pathlib import Path

HOURS = {"hour": 1.0, "day": 24.0, "week": 168.0, "month": 730.0}
FRIENDLY = re.compile(r"(\d{1,5})\s*(hour|day|week|month)s?(?:\s+ago)?", re.IGNORECASE)
ISO = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(\d{1,5})H)?", re.IGNORECASE)
MINUTES = re.compile(r"^minimumReleaseAge[ \t]*:[ \t]*(\d{1,7})[ \t]*(?:#.*)?$", re.MULTILINE)


def ages_in(folder: Path, now: datetime) -> tuple[dict[str, float], list[str]]:
    """Return how many hours releases of an ecosystem have to wait, by ecosystem, and what could not be understood."""
    found: dict[str, float] = {}
    remarks: list[str] = []
    for name, table in (("uv.toml", ()), ("pyproject.toml", ("tool", "uv"))):
        said = _value(folder / name, (*table, "exclude-newer"))
        hours = None if said is None else hours_in(said, now)
        if hours is not None:
            found["pypi"] = max(hours, found.get("pypi", 0.0))
        elif said is not None:
            remarks.append(f"{folder / name}: exclude-newer is not understood, so it is not followed: {said}")
    if (minutes := MINUTES.search(_text(folder / "pnpm-workspace.yaml"))) is not None:
        found["npm"] = int(minutes[1]) / 60
    return found, remarks


def hours_in(said: str, now: datetime) -> float | None:
    """Return the hours that a date, or a length of time as uv takes it, lies before `now`; None for anything else."""
    if (friendly := FRIENDLY.fullmatch(said.strip())) is not None:
        return int(friendly[1]) * HOURS[friendly[2].lower()]
    if (iso := ISO.fullmatch(said.strip())) is not None and any(iso.groups()):
        weeks, days, hours = (int(part or 0) for part in iso.groups())
        return weeks * 168.0 + days * 24.0 + hours
    try:
        moment = datetime.fromisoformat(said.strip().upper().replace("Z", "+00:00"))
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return max(0.0, (now - moment).total_seconds() / 3600)


def _value(path: Path, keys: tuple[str, ...]) -> str | None:
    text = _text(path)
    try:
        found: object = {} if is_tangled(text) else tomllib.loads(text)
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return str(found) if found is not None else None
    except (ValueError, RecursionError):
        return None  # whoever that file belongs to says so


def _text(path: Path) -> str:
    try:
        return text_of(path, content_of(path) or b"")
    except UsageError:  # likewise
        return ""
