"""What a policy file may hold, key by key. What we do not know is an error: a slip must not open a door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.errors import UsageError
from gatekeeper.policy import ASK_WORDS, HOOK_WORDS, QUESTION_WORDS, RULING_WORDS
from gatekeeper.settings._cooldown import hours_of
from gatekeeper.settings._demands import demand, demand_hosts, demand_rules, demand_texts
from gatekeeper.settings._feeds import check_feeds
from gatekeeper.settings._presets import PRESETS
from gatekeeper.settings._source import Standing
from gatekeeper.settings._waivers import check_waivers

if TYPE_CHECKING:
    from collections.abc import Collection

    from gatekeeper.settings._source import Source

SECTIONS = ("rulings", "ask", "origins", "hosts", "hooks", "signatures", "feeds", "audit", "waiver")
PLAIN = ("preset", "cooldown", "cooldown-exempt", "questions")  # keys that are no tables
LOCK = "lock"  # only an organisation's file may
PER_CHECK = ("rulings", "ask")  # sections of which single checks can be locked
EVERYTHING = "*"
LOCKABLE = (*SECTIONS, "cooldown", "cooldown-exempt", "questions", EVERYTHING)


def check(source: Source, known_checks: Collection[str]) -> None:
    """Raise UsageError, naming the line and the likeliest meaning, unless a file holds what we know, and only that."""
    for key in source.table:
        if key != LOCK:
            demand(key, (*SECTIONS, *PLAIN, LOCK), f"{source.at(key)}: unknown key")
    _check_locks(source, known_checks)
    _check_plain(source)
    for section, words in (("rulings", RULING_WORDS), ("ask", ASK_WORDS)):
        for check_id, word in source.section(section).items():
            where = source.at(section, check_id)
            demand(check_id, known_checks, f"{where}: unknown check")
            demand(word, words, f"{where}: unknown word for {check_id}:")
    for index, names in source.section("origins").items():
        demand_texts(names, f"{source.at('origins', index)}: [origins] {index}")
    _check_hooks(source)
    _check_rules(source)
    _check_audit(source)
    check_feeds(source.section("feeds"), source.at)
    check_waivers(source.table.get("waiver", []), known_checks, source.where_waiver)
    for key, hosts in source.section("hosts").items():
        where = source.at("hosts", key)
        demand(key, ("package",), f"{where}: unknown key")
        demand_hosts(hosts, f"{where}: [hosts] package")


def _check_locks(source: Source, known_checks: Collection[str]) -> None:
    if LOCK not in source.table:
        return
    where = source.at(LOCK)
    if source.standing is not Standing.ORGANISATION:
        raise UsageError(f"{where}: only an organisation's policy file may lock keys", hint="remove the line")
    for name in demand_texts(source.table[LOCK], f"{where}: lock"):
        section, _, check_id = name.partition(".")
        if check_id and section in PER_CHECK:
            demand(check_id, known_checks, f"{where}: unknown check in lock `{name}`:")
        else:
            demand(name, LOCKABLE, f"{where}: unknown key to lock:")


def _check_plain(source: Source) -> None:
    table = source.table
    if "cooldown" in table:
        hours_of(table["cooldown"], f"{source.at('cooldown')}: cooldown")
    demand_texts(table.get("cooldown-exempt", []), f"{source.at('cooldown-exempt')}: cooldown-exempt")
    for key, words in (("preset", PRESETS), ("questions", QUESTION_WORDS)):
        if key in table:
            demand(table[key], words, f"{source.at(key)}: unknown word for {key}:")


def _check_hooks(source: Source) -> None:
    for key, word in source.section("hooks").items():
        where = source.at("hooks", key)
        demand(key, ("policy",), f"{where}: unknown key")
        demand(word, HOOK_WORDS, f"{where}: unknown word for [hooks] policy:")


def _check_rules(source: Source) -> None:
    for key, names in source.section("signatures").items():
        where = source.at("signatures", key)
        demand(key, ("extra",), f"{where}: unknown key")
        if any("\0" in name for name in demand_texts(names, f"{where}: [signatures] {key}")):
            raise UsageError(f"{where}: [signatures] {key} must name files or folders")
        if source.standing.brings_rules:
            demand_rules(source.paths("signatures", key), f"{where}: [signatures] {key}")


def _check_audit(source: Source) -> None:
    for key, name in source.section("audit").items():
        where = source.at("audit", key)
        demand(key, ("file",), f"{where}: unknown key")
        if not isinstance(name, str) or not name.strip() or "\0" in name:
            raise UsageError(
                f"{where}: [audit] file must be the name of a file", hint='write it like file = "audit.jsonl"'
            )
