"""`gatekeeper policy`: what holds and why, and whose project is trusted."""

from __future__ import annotations

import click

from gatekeeper.cli._common import known_checks, settings_of

NOBODY = 11  # needs a decision and nobody is there to ask
REFUSED = 10  # the person said no


@click.group("policy")
def policy() -> None:
    """Show the policy that holds here; trust a project's policy file."""


@policy.command()
@click.option("--policy", "named", type=click.Path(), help="Policy file that has the last word.")
@click.option("--base", metavar="REV", help="Read the project's policy from this revision, as `check --base` does.")
@click.option("--format", "layout", type=click.Choice(("text", "json")), default="text", help="Policy file, or JSON.")
def show(named: str | None, base: str | None, layout: str) -> None:
    """Print the policy that holds in this folder, as a policy file, and where each value comes from."""
    from pathlib import Path

    from gatekeeper.commands.policy import as_json, as_toml
    from gatekeeper.tree import tree_of

    folder = Path.cwd()
    before = tree_of(folder, base).policy_before if base is not None else None
    settings = settings_of(folder, {"policy": named, "cooldown": None}, before)
    click.echo((as_json if layout == "json" else as_toml)(settings, folder), nl=False)


@policy.command()
@click.argument("folder", type=click.Path(), default=".")
@click.option("--yes", is_flag=True, help="Trust it without being asked, having looked at it.")
@click.option("--list", "lists", is_flag=True, help="List what is trusted.")
def trust(folder: str, yes: bool, lists: bool) -> int:
    """Show what a project's policy files loosen, and follow them from now on until they change."""
    from pathlib import Path

    from gatekeeper.commands.policy import trust_folder, trusted_files
    from gatekeeper.reports import visible
    from gatekeeper.terminal.person import Terminal

    said: list[bool | None] = []
    with Terminal(answer=yes or None) as terminal:

        def agree(question: str) -> bool | None:
            said.append(terminal.agree("", question))
            return said[-1]

        for line in trusted_files() if lists else trust_folder(Path(folder), known_checks(), agree):
            click.echo(visible(line))
    if said == [None]:
        click.echo("nobody was there to ask, so nothing is trusted: run it in a terminal, or with --yes", err=True)
    return {None: NOBODY, False: REFUSED, True: 0}[said[0]] if said else 0


@policy.command()
@click.argument("folder", type=click.Path(), default=".")
def untrust(folder: str) -> None:
    """Trust a project's policy files no longer."""
    from pathlib import Path

    from gatekeeper.commands.policy import untrust_folder
    from gatekeeper.reports import visible

    for line in untrust_folder(Path(folder)):
        click.echo(visible(line))
