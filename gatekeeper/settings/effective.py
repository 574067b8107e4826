"""The policy of a run as one policy file would say it, each value with where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from gatekeeper.policy import RULING_WORDS
from gatekeeper.settings._cooldown import UNITS
from gatekeeper.settings._feeds import NAMES
from gatekeeper.settings._source import named
from gatekeeper.settings._waivers import EVEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.policy import Policy, Waiver
    from gatekeeper.settings import Settings


@dataclass(frozen=True, slots=True)
class Row:
    """One key with its value as TOML has it; without a value it is something that no policy file can say."""

    section: str  # "" for a key that stands alone
    key: str
    value: Any
    origin: str


def rows(settings: Settings) -> Iterator[Row]:
    """Yield what holds, key by key: keys that stand alone first, then section by section. Addresses are whole."""
    policy, origins = settings.policy, settings.origins
    # Fed back, it replaces what files below it say by a preset; what is left of that stands in keys of its own.
    yield Row("", "preset", "default", "each value that is another stands below")
    plain = {"cooldown": spelt(policy.cooldown), "questions": policy.questions}
    lists = {"cooldown-exempt": policy.cooldown_exempt} if policy.cooldown_exempt else {}
    for key, value in {**plain, **lists}.items():
        yield Row("", key, value, origins.get(key, "default"))
    for ecosystem, hours in policy.ages.items():
        said = f"{ecosystem} waits {hours:g}h where that is longer: other tools' settings in this folder say so"
        yield Row("", "cooldown", None, said)
    for check in sorted({**policy.rulings, **policy.floors}):
        yield _ruling(check, settings)
    for section, table in (
        ("ask", policy.ask),
        ("origins", policy.origins),
        ("hosts", {"package": policy.package_hosts} if policy.package_hosts else {}),
        ("hooks", {"policy": policy.hooks}),
        ("signatures", {"extra": policy.signatures} if policy.signatures else {}),
        ("feeds", _feeds(settings)),
        ("audit", {"file": policy.audit} if policy.audit else {}),
    ):
        for key, value in table.items():
            yield Row(section, key, value, origins.get(named((section, key)), "default"))


def _ruling(check: str, settings: Settings) -> Row:
    """Say in one word what a ruling and its floor come to, where one word can."""
    policy, origins = settings.policy, settings.origins
    word, floor = policy.rulings.get(check), policy.floors.get(check)
    own, raised = origins.get(f"[rulings] {check}", ""), origins.get(f"floor {check}", "")
    if floor is not None and word is None and floor != "block":
        said = f'{check} is at least "{floor}" ({raised}), and by default where that is stricter'
        return Row("rulings", check, None, said)
    if floor is not None and (word is None or RULING_WORDS[floor] > RULING_WORDS[word]):
        return Row("rulings", check, floor, raised)
    return Row("rulings", check, word, own)


def _feeds(settings: Settings) -> dict[str, Any]:
    """Return what of the feeds is said, be it that there is none."""
    feeds = settings.policy.feeds
    table: dict[str, Any] = {
        key: feeds.names[ecosystem] for key, ecosystem in NAMES.items() if ecosystem in feeds.names
    }
    found: dict[str, Any] = {"malware": feeds.malware, "ask": feeds.ask, "public": feeds.public, "strict": feeds.strict}
    found["digests"] = dict(feeds.digests)
    return table | {key: found[key] for key in found if found[key] or named(("feeds", key)) in settings.origins}


def waiver_table(waiver: Waiver) -> dict[str, Any]:
    """Return a waiver as a policy file spells it."""
    table: dict[str, Any] = {key: getattr(waiver, key) for key in ("release", "check", "sha256", "reason", "author")}
    table |= {"hosts": waiver.hosts} if waiver.hosts else {}
    table |= {EVEN[waiver.check]: True} if waiver.even else {}
    return table | {"expires": date.fromisoformat(waiver.expires)}


def waivers(policy: Policy) -> list[tuple[dict[str, Any], str]]:
    """Return the waivers that hold, each as a policy file spells it, and where it is written."""
    return [(waiver_table(each), each.place) for each in policy.waivers]


def spelt(hours: float) -> str:
    """Spell a length of time so that a policy file means the same by it."""
    for unit, length in UNITS.items():
        text = f"{hours / length:.3f}".rstrip("0").rstrip(".")
        if float(text) * length == hours and len(text.partition(".")[0]) <= 5:  # noqa: PLR2004 - digits, as files may have
            return f"{text}{unit}"
    return f"{hours}h"  # no file said this
