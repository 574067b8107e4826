"""What commands with a report share: their voice, their policy, and what the report says beside the verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatekeeper.command_line import members

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatekeeper.model import Outcome
    from gatekeeper.settings import Settings
    from gatekeeper.terminal.voice import Voice


def voice_of(common: dict[str, Any], *, beside_client: bool = True) -> Voice:
    from pathlib import Path

    from gatekeeper.terminal.voice import Voice

    output = None if common["output"] is None else Path(common["output"])
    program = click.get_current_context().find_root().info_name or "gatekeeper"
    also = tuple((layout, Path(file)) for layout, file in common["also"])
    return Voice(program, common["layout"], output, common["quiet"], common["verbose"], beside_client, also)


def settings_of(folder: Path, common: dict[str, Any], base: Callable[[Path], bytes | None] | None = None) -> Settings:
    from dataclasses import replace
    from pathlib import Path

    from gatekeeper import settings

    known = [name.replace("_", "-") for name in members("checks")]  # by file name: nothing needs to be loaded for it
    named, cooldown = common["policy"], common["cooldown"]
    found = settings.load(folder, None if named is None else Path(named), known, base=base)
    return found if cooldown is None else replace(found, policy=settings.with_cooldown(found.policy, cooldown))


def with_remarks(outcome: Outcome, settings: Settings) -> Outcome:
    from dataclasses import replace

    from gatekeeper import signatures
    from gatekeeper.checks.not_fully_read import lost_depth

    own = (*settings.remarks, *signatures.names_faults(), *lost_depth(outcome.verdicts))
    return replace(outcome, remarks=(*own, *outcome.remarks))
