"""The exceptions in policy files: strict about every key, because each one lets something through."""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gatekeeper.errors import UsageError
from gatekeeper.model import Release
from gatekeeper.policy import HOOK, NEVER_EXCUSED, UNDECIDED, Waiver
from gatekeeper.settings._demands import demand, demand_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

TEXTS = ("release", "check", "sha256", "reason", "author")
# What these checks say is excused in so many words only: the key that says so is named for what it dares.
EVEN = {"known-malware": "even-known-malware", UNDECIDED: "even-undecided"}
KEYS = (*TEXTS, "hosts", "expires", *EVEN.values())
# A file of the repository (pkg:generic) has a digest and no version.
# A digest of git's is a commit's id.
FORMS = {"release": r"pkg:generic/\S+|pkg:[a-z]+/\S+@\S+", "sha256": r"[0-9a-f]{64}|[0-9a-f]{40}"}
# A source outside of registries has no version that anybody could promise.
OF_SOURCES = {**FORMS, "release": r"pkg:[a-z]+/\S+"}
SOURCES = "ungated-source"
EXAMPLES = {"release": "pkg:npm/esbuild@0.25.0", "sha256": "64 hexadecimal digits in lower case"}


def check_waivers(table: object, known_checks: Collection[str], where: Callable[[int], str]) -> None:
    """Raise UsageError, naming the line, unless every `[[waiver]]` is complete and well-formed."""
    if not isinstance(table, list):
        raise UsageError(f"{where(0)}: `waiver` must be written [[waiver]]")
    for number, waiver in enumerate(table):
        _check(waiver, known_checks, where(number))


def _check(waiver: object, known_checks: Collection[str], place: str) -> None:
    if not isinstance(waiver, dict):
        raise UsageError(f"{place}: `waiver` must be written [[waiver]]")
    for key in waiver:
        demand(key, KEYS, f"{place}: unknown key")
    forms = OF_SOURCES if waiver.get("check") == SOURCES else FORMS
    for key in TEXTS:
        value = waiver.get(key)
        if not isinstance(value, str) or not value.strip():
            raise UsageError(f"{place}: a waiver needs `{key}`, a text")
        if key in forms and not re.fullmatch(forms[key], value):
            raise UsageError(f"{place}: `{key}` is not well-formed: {value}", hint=f"write it like {EXAMPLES[key]}")
    demand(waiver["check"], (*known_checks, UNDECIDED, HOOK), f"{place}: unknown check")
    _check_words(waiver, place)
    if type(waiver.get("expires")) is not date or isinstance(waiver["expires"], datetime):
        raise UsageError(f"{place}: a waiver needs `expires`, a date", hint="write it like expires = 2027-01-01")
    demand_hosts(waiver.get("hosts", []), f"{place}: hosts")


def _check_words(waiver: dict[str, Any], place: str) -> None:
    """Demand the words that some checks are excused by, where they belong and nowhere else."""
    check = waiver["check"]
    for each, key in EVEN.items():
        if key in waiver and each != check:
            raise UsageError(f"{place}: `{key}` is for the check {each}, and this waiver is for {check}")
    words = EVEN.get(check)
    if words is not None and waiver.get(words) is not True:
        raise UsageError(
            f"{place}: no waiver excuses {check} unless it says so in so many words",
            hint=f"remove it; or, if you know better than what was found, write {words} = true",
        )


def last_day(now: datetime | None = None) -> str:
    """Return the later of this day's date here and in UTC, in ISO form: no time zone makes a waiver last longer."""
    now = now or datetime.now(timezone.utc)
    return max(now.astimezone().date(), now.astimezone(timezone.utc).date()).isoformat()


def spelled(purl: str) -> str:
    """Spell a purl as we do: people leave npm's `@` as it is, and write Python's names as they like."""
    kind, _, rest = purl.removeprefix("pkg:").partition("/")
    if kind == "generic":  # a path
        return purl
    name, mark, version = rest.rpartition("@") if "@" in rest[1:] else (rest, "", "")
    name = unquote(name)
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name).lower()
    return Release(kind, name, unquote(version) if mark else None).purl


def waivers_in(
    table: Sequence[dict[str, Any]], today: str, where: Callable[[int], str]
) -> tuple[list[Waiver], list[str]]:
    """Return the waivers that hold on a day (an ISO date), and what is to be said of the expired ones."""
    holding, remarks = [], []
    for number, each in enumerate(table):
        expires = each["expires"].isoformat()
        if expires < max(today, last_day()):
            remarks.append(
                f"{where(number)}: the waiver for {each['release']} ({each['check']}) is expired since {expires}"
            )
            continue
        texts = {key: each[key] for key in TEXTS} | {"release": spelled(each["release"])}
        even = each["check"] in NEVER_EXCUSED  # or the file would not have been taken
        hosts = tuple(each.get("hosts", ()))
        holding.append(Waiver(**texts, expires=expires, hosts=hosts, even=even, place=where(number)))
    return holding, remarks
