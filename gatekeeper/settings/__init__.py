"""Policy files to one Policy: the person's own file, the project's (which may only tighten), then `--policy FILE`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.policy import ASK_WORDS, COOLDOWN, HOOK_WORDS, RULING_WORDS, Feeds, Policy, Waiver
from gatekeeper.settings._ages import ages_in
from gatekeeper.settings._cooldown import hours_of
from gatekeeper.settings._demands import demand, demand_hosts, demand_rules, demand_texts
from gatekeeper.settings._feeds import check_feeds, feeds_in
from gatekeeper.settings._source import Source, parsed
from gatekeeper.settings._waivers import check_waivers, waivers_in

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

FILE_NAME = "gatekeeper.toml"
SECTIONS = ("rulings", "ask", "origins", "hosts", "hooks", "signatures", "feeds", "waiver")
PLAIN = ("cooldown", "cooldown-exempt")  # keys that are no tables
SHADES = ("allow", "note", "ask", "block")  # the mildest first; `note` is `allow` said aloud


@dataclass(frozen=True, slots=True)
class Settings:
    """The policy of one run, and what of the files was not followed."""

    policy: Policy
    remarks: tuple[str, ...] = ()


def user_file() -> Path:
    """Name the person's own policy file, in the configuration folder of this platform."""
    from platformdirs import user_config_path

    return user_config_path("gatekeeper", appauthor=False) / FILE_NAME


def load(
    folder: Path,
    policy_file: Path | None,
    known_checks: Collection[str],
    *,
    person: Path | None = None,
    base: Callable[[Path], bytes | None] | None = None,
) -> Settings:
    """Read all policy files that bear on a run in `folder`; a mistake in one is a UsageError naming file:line.

    `base` reads a file as it was at the revision that a change is compared with (None: it was not there). What a
    project said then is followed, and what the change does to it is only told: nobody excuses their own change.
    """
    merged = _Merged(date.today().isoformat())  # noqa: DTZ011 - the person's own calendar
    if base is not None:
        return _of_change(merged, folder, policy_file, known_checks, (person or user_file(), base))
    own = _read(person or user_file(), known_checks)
    if own is not None:
        merged.follow(own)
    for name in (FILE_NAME, "pyproject.toml"):
        project = folder / name
        if policy_file is not None and _same(project, policy_file):
            continue
        source = _read(project, known_checks)
        if source is not None:
            merged.tighten(source)
    if policy_file is not None:
        named = _read(policy_file, known_checks)
        if named is None:
            raise UsageError(f"{policy_file} holds no policy", hint="--policy names a gatekeeper.toml that exists")
        merged.follow(named)
    merged.ages, unclear = ages_in(folder, datetime.now(timezone.utc))
    merged.remarks += unclear
    return merged.settings()


def _of_change(
    merged: _Merged,
    folder: Path,
    policy_file: Path | None,
    known_checks: Collection[str],
    told: tuple[Path, Callable[[Path], bytes | None]],
) -> Settings:
    """Follow the person's own file, and the project's or the named one as they were before the change."""
    person, base = told
    if (own := _read(person, known_checks)) is not None:
        merged.follow(own)
    for path in (folder / FILE_NAME, folder / "pyproject.toml") if policy_file is None else (policy_file,):
        before = base(path)
        text = None if before is None else before.decode("utf-8", "replace")
        if text is not None and (source := _source_in(path, text, known_checks)) is not None:
            merged.follow(source)
        if _policy_text(path, _text_on_disk(path)) != _policy_text(path, text):
            merged.remarks.append(
                f"{path}: what this change does to the policy is proposed, not followed: it is read from the base"
            )
    merged.ages, unclear = ages_in(folder, datetime.now(timezone.utc))
    merged.remarks += unclear
    return merged.settings()


def with_cooldown(policy: Policy, said: str) -> Policy:
    """Return a policy with another cooldown, as a person spells it; raise UsageError when it is none."""
    return replace(policy, cooldown=hours_of(said, "--cooldown"), ages={})


@dataclass(slots=True)
class _Merged:
    today: str
    rulings: dict[str, str] = field(default_factory=dict)
    floors: dict[str, str] = field(default_factory=dict)
    ask: dict[str, str] = field(default_factory=dict)
    origins: dict[str, tuple[str, ...]] = field(default_factory=dict)
    package_hosts: list[str] = field(default_factory=list)
    hooks: str = HOOK_WORDS[0]
    signatures: list[str] = field(default_factory=list)
    feeds: Feeds = field(default_factory=Feeds)
    waivers: list[Waiver] = field(default_factory=list)
    cooldown: float = COOLDOWN
    ages: dict[str, float] = field(default_factory=dict)
    cooldown_exempt: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def follow(self, source: Source) -> None:
        """Take a file at its word: the person wrote or named it."""
        for check, word in source.section("rulings").items():
            self.rulings[check] = word
            self.floors.pop(check, None)
        self.ask.update(source.section("ask"))
        self.origins.update({index: tuple(names) for index, names in source.section("origins").items()})
        self.package_hosts += source.section("hosts").get("package", ())
        self.hooks = source.section("hooks").get("policy", self.hooks)
        self.cooldown = source.hours(self.cooldown)
        self.cooldown_exempt += source.table.get("cooldown-exempt", ())
        self.signatures += (str(each) for each in source.paths("signatures", "extra"))
        self.feeds = feeds_in(source.section("feeds"), self.feeds)
        waivers, expired = waivers_in(source.table.get("waiver", []), self.today, source.where_waiver)
        self.waivers += waivers
        self.remarks += expired

    def tighten(self, source: Source) -> None:
        """Take from a project's file only what makes us stricter: whoever wrote it may be whom we guard against."""
        for check, word in source.section("rulings").items():
            if word in {"allow", "note"}:
                self._ignore(source, "rulings", check)
            else:
                self.floors[check] = max(word, self.floors.get(check, "allow"), key=SHADES.index)
        for check, word in source.section("ask").items():
            if word == "allow":
                self._ignore(source, "ask", check)
            else:
                self.ask[check] = word
        # Slow rules of a stranger's could crowd ours out, and a feed of theirs would say that nothing is malware.
        for section in ("origins", "hosts", "signatures", "feeds"):
            for key in source.section(section):
                self._ignore(source, section, key)
        self._wait_longer(source)
        self.hooks = max(self.hooks, source.section("hooks").get("policy", self.hooks), key=HOOK_WORDS.index)
        for number, waiver in enumerate(source.table.get("waiver", [])):
            self.remarks.append(
                f"{source.where_waiver(number)}: the waiver for {waiver['release']} was ignored, because a project's "
                f"own file may only tighten; `--policy {source.path.name}` follows it"
            )

    def _wait_longer(self, source: Source) -> None:
        hours = source.hours(self.cooldown)
        if hours < self.cooldown:
            self._ignore(source, "", "cooldown")
        self.cooldown = max(hours, self.cooldown)
        if source.table.get("cooldown-exempt"):
            self._ignore(source, "", "cooldown-exempt")

    def _ignore(self, source: Source, section: str, key: str) -> None:
        keys, shown = ((section, key), f"[{section}] {key}") if section else ((key,), key)
        self.remarks.append(
            f"{source.at(*keys)}: {shown} was ignored, because a project's own file may only tighten; "
            f"`--policy {source.path.name}` follows it"
        )

    def settings(self) -> Settings:
        """Freeze what was merged."""
        policy = Policy(
            rulings=self.rulings,
            ask=self.ask,
            origins=self.origins,
            package_hosts=tuple(dict.fromkeys(self.package_hosts)),
            floors=self.floors,
            hooks=self.hooks,
            signatures=tuple(dict.fromkeys(self.signatures)),
            feeds=self.feeds,
            waivers=tuple(self.waivers),
            cooldown=self.cooldown,
            ages=self.ages,
            cooldown_exempt=tuple(dict.fromkeys(self.cooldown_exempt)),
        )
        return Settings(policy, tuple(self.remarks))


def _read(path: Path, known_checks: Collection[str]) -> Source | None:
    """Read and check one file; None when there is no file, or no policy in a pyproject.toml."""
    text = _text_on_disk(path)
    return None if text is None else _source_in(path, text, known_checks)


def _text_on_disk(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the policy cannot be read: {error}") from error


def _policy_text(path: Path, text: str | None) -> object:
    """Return what of a file's text is policy; of what cannot be read as TOML, all of it."""
    if text is None or path.name != "pyproject.toml":
        return text
    try:
        table = parsed(path, text).get("tool")
    except UsageError:
        return text
    return table.get("gatekeeper") if isinstance(table, dict) else None


def _source_in(path: Path, text: str, known_checks: Collection[str]) -> Source | None:
    in_pyproject = path.name == "pyproject.toml"
    if in_pyproject and "gatekeeper" not in text:
        return None  # whatever else is wrong with it is not ours to say
    table: Any = parsed(path, text)
    root = ("tool", "gatekeeper") if in_pyproject else ()
    for key in root:
        table = table.get(key) if isinstance(table, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [tool.gatekeeper] must be a table")
    source = Source(path, text, root, table)
    _check(source, known_checks)
    return source


def _check(source: Source, known_checks: Collection[str]) -> None:
    for key in source.table:
        demand(key, (*SECTIONS, *PLAIN), f"{source.at(key)}: unknown key")
    if "cooldown" in source.table:
        hours_of(source.table["cooldown"], f"{source.at('cooldown')}: cooldown")
    demand_texts(source.table.get("cooldown-exempt", []), f"{source.at('cooldown-exempt')}: cooldown-exempt")
    for section, words in (("rulings", RULING_WORDS), ("ask", ASK_WORDS)):
        for check, word in source.section(section).items():
            where = source.at(section, check)
            demand(check, known_checks, f"{where}: unknown check")
            demand(word, words, f"{where}: unknown word for {check}:")
    for index, names in source.section("origins").items():
        demand_texts(names, f"{source.at('origins', index)}: [origins] {index}")
    for key, word in source.section("hooks").items():
        where = source.at("hooks", key)
        demand(key, ("policy",), f"{where}: unknown key")
        demand(word, HOOK_WORDS, f"{where}: unknown word for [hooks] policy:")
    _check_rules(source)
    check_feeds(source.section("feeds"), source.at)
    check_waivers(source.table.get("waiver", []), known_checks, source.where_waiver)
    for key, hosts in source.section("hosts").items():
        where = source.at("hosts", key)
        demand(key, ("package",), f"{where}: unknown key")
        demand_hosts(hosts, f"{where}: [hosts] package")


def _check_rules(source: Source) -> None:
    for key, names in source.section("signatures").items():
        where = source.at("signatures", key)
        demand(key, ("extra",), f"{where}: unknown key")
        demand_texts(names, f"{where}: [signatures] {key}")
        demand_rules(source.paths("signatures", key), f"{where}: [signatures] {key}")


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
