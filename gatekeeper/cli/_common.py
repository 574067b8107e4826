"""What commands with a report share: their voice, their policy, and what the report says beside the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatekeeper.command_line import members

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatekeeper.audit import Run
    from gatekeeper.commands.allow import Keeper
    from gatekeeper.explaining import Explaining
    from gatekeeper.model import Outcome, Watcher
    from gatekeeper.settings import Settings
    from gatekeeper.terminal.voice import Voice

MOST_NAMED = 5  # releases in one line


def voice_of(common: dict[str, Any], *, beside_client: bool = True) -> Voice:
    from pathlib import Path

    from gatekeeper.terminal.voice import Voice

    output = None if common["output"] is None else Path(common["output"])
    also = tuple((layout, Path(file)) for layout, file in common["also"])
    return Voice(_program(), common["layout"], output, common["quiet"], common["verbose"], beside_client, also)


def _program() -> str:
    return click.get_current_context().find_root().info_name or "gatekeeper"


def settings_of(folder: Path, common: dict[str, Any], base: Callable[[Path], bytes | None] | None = None) -> Settings:
    from pathlib import Path

    from gatekeeper import settings

    named, cooldown = common["policy"], common["cooldown"]
    found = settings.load(folder, None if named is None else Path(named), known_checks(), base=base)
    return found if cooldown is None else settings.with_cooldown(found, cooldown)


def known_checks() -> list[str]:
    return [name.replace("_", "-") for name in members("checks")]  # by file name: nothing needs to be loaded for it


def run_of(command: str, folder: Path, *, client: str | None = None, answer: bool | None = None) -> Run:
    from gatekeeper.audit import Run

    return Run(_program(), command, folder, client, answer)


def written_down(run: Run, settings: Settings, watcher: Watcher, work: Callable[[Watcher], Outcome]) -> Outcome:
    """Do the work, and write down what is decided where the policy says so."""
    from functools import partial

    from gatekeeper.audit import logged
    from gatekeeper.terminal.voice import exit_code

    return logged(settings.policy, run, watcher, work, partial(exit_code, client_must_run=run.client is not None))


def keeper_of(settings: Settings, folder: Path, common: dict[str, Any]) -> Keeper | None:
    """Return whoever writes a waiver for a yes; nobody where --policy names the file that decides about waivers."""
    from gatekeeper.commands.allow import Keeper

    return Keeper(settings.policy, folder, known_checks()) if common["policy"] is None else None


def with_remarks(outcome: Outcome, settings: Settings, *, is_whole: bool = False) -> Outcome:
    from dataclasses import replace
    from datetime import date

    from gatekeeper import signatures, waivers
    from gatekeeper.checks.not_fully_read import lost_depth
    from gatekeeper.settings import user_file

    # The person's own file serves many projects: what is of no use in this one may be in another.
    theirs = str(user_file()) if is_whole else ""
    today = date.today().isoformat()  # noqa: DTZ011 - the person's own calendar
    own = (
        *waivers.told(outcome.verdicts, settings.policy, today, lambda each: not each.place.startswith(theirs)),
        *settings.remarks,
        *_refused_questions(outcome, settings),
        *_softened(outcome, settings),
        *signatures.names_faults(),
        *lost_depth(outcome.verdicts),
    )
    return replace(outcome, remarks=(*own, *outcome.remarks))


def explaining(settings: Settings, common: dict[str, Any], again: str = "") -> Explaining:
    """Return whoever explains refusals in this run; `again` are the words that begin another try."""
    from gatekeeper.explaining import Explaining

    return Explaining(settings.policy, again, kept=not common["no_store"])


def concluded(outcome: Outcome, explains: Explaining) -> Outcome:
    """Explain what was not allowed, and keep it for whoever wants to know more, or to report it."""
    from dataclasses import replace
    from datetime import date

    from gatekeeper.model import Ruling

    if outcome.ruling is Ruling.ALLOW:
        return outcome
    from gatekeeper.commands.allow import expiry

    explains = replace(explains, until=expiry(None, date.today()))  # noqa: DTZ011 - the person's own calendar
    told = explains.outcome(outcome)
    return told if explains.kept and _is_kept(told) else replace(explains, kept=False).outcome(outcome)


def _is_kept(outcome: Outcome) -> bool:
    """Keep what was refused, and say whether that was possible."""
    from datetime import datetime, timezone

    from gatekeeper import refusals
    from gatekeeper.errors import UndecidedError
    from gatekeeper.gate.keeping import folder_of_stores

    try:
        return refusals.keep(outcome, folder_of_stores(), datetime.now(timezone.utc))
    except UndecidedError:  # nobody knows where the person's own folder is
        return False


def _refused_questions(outcome: Outcome, settings: Settings) -> list[str]:
    """Name the releases that are blocked only because the policy refuses what would be a question."""
    from gatekeeper.model import Ruling
    from gatekeeper.policy import is_refused_question

    names = [
        str(each.release)
        for each in outcome.verdicts
        if each.ruling is Ruling.BLOCK and is_refused_question(each.findings, settings.policy)
    ]
    if not names:
        return []
    return [f"the policy refuses questions ({settings.origins.get('questions')}): {', '.join(dict.fromkeys(names))}"]


def _softened(outcome: Outcome, settings: Settings) -> list[str]:
    """Name what [rulings] let through: an exception without an end has to be seen as often as one that has it."""
    from dataclasses import replace

    from gatekeeper.policy import rule_on

    policy = settings.policy
    plain = replace(policy, rulings={})
    told: dict[str, dict[str, None]] = {}
    for verdict in outcome.verdicts if policy.rulings else ():
        for each in verdict.findings:
            if each.waived is None and rule_on(each, policy) < rule_on(each, plain):
                told.setdefault(each.check, {})[str(verdict.release)] = None
    return [
        f"[rulings] {check} = {policy.rulings[check]} ({settings.origins.get(f'[rulings] {check}', 'policy')}) "
        f"softens what was found in {', '.join(list(names)[:MOST_NAMED])}"
        + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")
        for check, names in told.items()
    ]
