"""Policy files to one Policy: the person's own file, the project's (which may only tighten), then `--policy FILE`."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.policy import ASK_WORDS, HOOK_WORDS, RULING_WORDS, Policy, Waiver
from gatekeeper.settings._demands import demand, demand_hosts, demand_rules, demand_texts
from gatekeeper.settings._waivers import check_waivers, waivers_in

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

FILE_NAME = "gatekeeper.toml"
SECTIONS = ("rulings", "ask", "origins", "hosts", "hooks", "signatures", "waiver")
NOT_YET = ("cooldown",)
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
    folder: Path, policy_file: Path | None, known_checks: Collection[str], *, person: Path | None = None
) -> Settings:
    """Read all policy files that bear on a run in `folder`; a mistake in one is a UsageError naming file:line."""
    merged = _Merged(date.today().isoformat())  # noqa: DTZ011 - the person's own calendar
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
    return merged.settings()


@dataclass(frozen=True, slots=True)
class _Source:
    """One file's policy table, checked, with the text it came from so that mistakes can name their line."""

    path: Path
    text: str
    root: tuple[str, ...]  # the table that is ours: () or ("tool", "gatekeeper")
    table: Mapping[str, Any]

    def section(self, name: str) -> Mapping[str, Any]:
        section = self.table.get(name, {})
        if not isinstance(section, dict):
            raise UsageError(f"{self.at(name)}: `{name}` must be a table, written [{'.'.join((*self.root, name))}]")
        return section

    def paths(self, section: str, key: str) -> list[Path]:
        """Return the paths that a key names, relative to the file."""
        return [(self.path.parent / name).absolute() for name in self.section(section).get(key, ())]

    def where_waiver(self, number: int) -> str:
        """Spell where the waiver with this number (from 0) begins."""
        header = ".".join((*self.root, "waiver"))
        lines = [at for at, line in enumerate(self.text.splitlines(), 1) if line.strip().startswith(f"[[{header}]]")]
        return f"{self.path}:{lines[number]}" if number < len(lines) else str(self.path)

    def at(self, *keys: str) -> str:
        """Spell where a key stands as `file:line`, or the file alone when the line cannot be told."""
        for depth in range(len(keys), 0, -1):
            line = _line_of((*self.root, *keys[:depth]), self.text)
            if line is not None:
                return f"{self.path}:{line}"
        return str(self.path)


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
    waivers: list[Waiver] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def follow(self, source: _Source) -> None:
        """Take a file at its word: the person wrote or named it."""
        for check, word in source.section("rulings").items():
            self.rulings[check] = word
            self.floors.pop(check, None)
        self.ask.update(source.section("ask"))
        self.origins.update({index: tuple(names) for index, names in source.section("origins").items()})
        self.package_hosts += source.section("hosts").get("package", ())
        self.hooks = source.section("hooks").get("policy", self.hooks)
        self.signatures += (str(each) for each in source.paths("signatures", "extra"))
        waivers, expired = waivers_in(source.table.get("waiver", []), self.today, source.where_waiver)
        self.waivers += waivers
        self.remarks += expired

    def tighten(self, source: _Source) -> None:
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
        for section in ("origins", "hosts", "signatures"):  # slow rules of a stranger's could crowd ours out
            for key in source.section(section):
                self._ignore(source, section, key)
        self.hooks = max(self.hooks, source.section("hooks").get("policy", self.hooks), key=HOOK_WORDS.index)
        for number, waiver in enumerate(source.table.get("waiver", [])):
            self.remarks.append(
                f"{source.where_waiver(number)}: the waiver for {waiver['release']} was ignored, because a project's "
                f"own file may only tighten; `--policy {source.path.name}` follows it"
            )

    def _ignore(self, source: _Source, section: str, key: str) -> None:
        self.remarks.append(
            f"{source.at(section, key)}: [{section}] {key} was ignored, because a project's own file may only tighten; "
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
            waivers=tuple(self.waivers),
        )
        return Settings(policy, tuple(self.remarks))


def _read(path: Path, known_checks: Collection[str]) -> _Source | None:
    """Read and check one file; None when there is no file, or no policy in a pyproject.toml."""
    try:
        text = path.read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the policy cannot be read: {error}") from error
    in_pyproject = path.name == "pyproject.toml"
    if in_pyproject and "gatekeeper" not in text:
        return None  # whatever else is wrong with it is not ours to say
    table: Any = _parsed(path, text)
    root = ("tool", "gatekeeper") if in_pyproject else ()
    for key in root:
        table = table.get(key) if isinstance(table, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [tool.gatekeeper] must be a table")
    source = _Source(path, text, root, table)
    _check(source, known_checks)
    return source


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\s*\(at line (\d+), column \d+\)", str(error))
        where = f"{path}:{found[1]}" if found else str(path)
        message = str(error).replace(found[0], "") if found else str(error)
        raise UsageError(f"{where}: not valid TOML: {message}") from error
    except RecursionError as error:
        raise UsageError(f"{path}: nested too deeply to be a policy") from error


def _check(source: _Source, known_checks: Collection[str]) -> None:
    for key in source.table:
        if key in NOT_YET:
            raise UsageError(f"{source.at(key)}: `{key}` is not supported in this version", hint="remove it")
        demand(key, SECTIONS, f"{source.at(key)}: unknown key")
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
    check_waivers(source.table.get("waiver", []), known_checks, source.where_waiver)
    for key, hosts in source.section("hosts").items():
        where = source.at("hosts", key)
        demand(key, ("package",), f"{where}: unknown key")
        demand_hosts(hosts, f"{where}: [hosts] package")


def _check_rules(source: _Source) -> None:
    for key, names in source.section("signatures").items():
        where = source.at("signatures", key)
        demand(key, ("extra",), f"{where}: unknown key")
        demand_texts(names, f"{where}: [signatures] {key}")
        demand_rules(source.paths("signatures", key), f"{where}: [signatures] {key}")


def _line_of(keys: tuple[str, ...], text: str) -> int | None:
    """Find the 1-based line on which a key or the header of a table stands, for messages; TOML parsers do not tell."""
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?([^\[\]]+)\]", line)
        if header:
            table = _parts(header[1])
            if table == keys:
                return number
        key = re.match(r"\s*([^=#\[\]]+?)\s*=", line)
        if key:
            spelt = (*table, *_parts(key[1]))
            if spelt[: len(keys)] == keys:
                return number
    return None


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
