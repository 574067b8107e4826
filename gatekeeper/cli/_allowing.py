"""`gatekeeper allow`: what it takes, and what it prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from gatekeeper.cli._common import known_checks, settings_of

if TYPE_CHECKING:
    from gatekeeper.commands.allow import Into, Order
    from gatekeeper.model import Verdict
    from gatekeeper.policy import Policy


@click.command()
@click.argument("target", metavar="RELEASE|FILE")
@click.option("--check", "checks", metavar="ID", multiple=True, required=True, help="What is excused; may be repeated.")
@click.option("--reason", metavar="TEXT", required=True, help="Why, for whoever reads it later.")
@click.option("--expires", metavar="DATE", help="The last day, a year from now at most; 90 days unless said.")
@click.option("--author", metavar="NAME", help="Who says so; git's user.name unless said.")
@click.option("--sha256", metavar="HEX", help="Excuse these bytes, without judging anything.")
@click.option("--host", "hosts", metavar="HOST", multiple=True, help="What its install hook may reach.")
@click.option("--policy", type=click.Path(), help="Policy file to write to, instead of ./gatekeeper.toml.")
@click.option("--even-known-malware", is_flag=True, help="Excuse even what is recorded as malware.")
@click.option("--even-undecided", is_flag=True, help="Excuse even bytes that could not be read.")
def allow(target: str, checks: tuple[str, ...], policy: str | None, **said: Any) -> int:  # noqa: ANN401 - as click hands them over
    """Excuse what checks found in one release, in these very bytes, and write that into the policy.

    The release is judged as by `gatekeeper inspect`, and the waiver is bound to the file that was judged. A RELEASE is
    npm:x@1.0, pypi:x==1.0 or a purl.
    """
    from datetime import date
    from pathlib import Path

    from gatekeeper.commands import allow as command
    from gatekeeper.settings._reading import FILE_NAME

    folder, known = Path.cwd(), known_checks()
    even = {"known-malware": said["even_known_malware"], "could-not-decide": said["even_undecided"]}
    author = said["author"] if said["author"] is not None else command.author_here(folder)
    today = date.today()  # noqa: DTZ011 - the person's own calendar
    order = command.Order(
        target, checks, said["reason"], author, command.expiry(said["expires"], today), said["sha256"],
        said["hosts"], frozenset(check for check, is_said in even.items() if is_said),
    )  # fmt: skip
    order = command.sound(order, known)
    into = command.Into(Path(policy) if policy else folder / FILE_NAME, folder, known, named=policy is not None)
    click.echo("\n".join(_written(order, into)))
    return 0


def _written(order: Order, into: Into) -> list[str]:
    from gatekeeper.commands import allow as command

    if order.sha256 is not None:
        return command.allow(order, command.named(order), order.sha256, into)
    from gatekeeper.reports.text import describe

    followed = str(into.path) if into.named and into.path.exists() else None
    settings = settings_of(into.folder, {"policy": followed, "cooldown": None})
    verdict = command.seen(order, lambda target: _judged(target, settings.policy, into))
    assert verdict.artifact is not None  # or there was nothing to be seen
    shown = describe(command.about(verdict, order.checks, settings.policy)).rstrip("\n").splitlines()
    lines = [*shown, "", *command.allow(order, verdict.release.purl, verdict.artifact.sha256, into)]
    if others := command.still_standing(verdict, order.checks, settings.policy):
        lines.append(f"what stands all the same: {', '.join(others)}")
    return lines


def _judged(target: str, policy: Policy, into: Into) -> Verdict:
    """Judge one target to the end, also where its name alone would be refused."""
    from gatekeeper.errors import UsageError
    from gatekeeper.gate.options import Options
    from gatekeeper.inspect import judge
    from gatekeeper.terminal.person import Terminal

    with Terminal(answer=None, live=True) as terminal:
        outcome = judge([target], into.folder, Options(policy=policy, looks=True, through=True), terminal)
    if len(outcome.verdicts) != 1:
        raise UsageError(f"{target} names {len(outcome.verdicts)} files", hint="a waiver is for one: name it")
    return outcome.verdicts[0]
