"""`gatekeeper` and its side commands: each says what it takes; the work is done in commands/."""

from __future__ import annotations

import click

from gatekeeper import __version__
from gatekeeper.cli import install_command, run
from gatekeeper.cli._common import settings_of
from gatekeeper.cli._judging import check, inspect
from gatekeeper.command_line import HELP


@click.group("gatekeeper", context_settings=HELP)
@click.version_option(__version__, prog_name="gatekeeper", message="%(prog)s %(version)s")
def gatekeeper() -> None:
    """Judge packages before any of their code can run."""


gatekeeper.add_command(install_command)
gatekeeper.add_command(inspect)
gatekeeper.add_command(check)


@gatekeeper.command()
@click.option("--markdown", is_flag=True, help="Write the page docs/checks.md instead.")
def checks(markdown: bool) -> None:
    """List the checks, one id and its question a line."""
    from gatekeeper.commands.checks import listing
    from gatekeeper.commands.checks import markdown as page

    click.echo(page() if markdown else listing(), nl=False)


@gatekeeper.command()
@click.argument("check_id", metavar="ID")
def explain(check_id: str) -> None:
    """Explain one check: its question, reason, remedy and examples."""
    from gatekeeper.commands.explain import explain as page

    click.echo(page(check_id), nl=False)


@gatekeeper.command()
@click.option("--install", "what", flag_value="install", help="Gate every shell of yours that starts from now on.")
@click.option("--uninstall", "what", flag_value="uninstall", help="Take all of that away again.")
@click.option("--show", metavar="SHELL", help="Print the lines for a start-up file that you keep yourself.")
@click.option("--shims", metavar="FOLDER", type=click.Path(), help="Only write the shims, into this folder.")
def shell(what: str | None, show: str | None, shims: str | None) -> None:
    """Put shims for pip, npm and npx first on PATH, which send every install through the gate.

    SHELL is bash, zsh, fish, powershell or sh. What installs nothing goes straight to the client itself.
    """
    from gatekeeper.commands.shell import run

    for line in run(what, show, shims):
        click.echo(line)


@gatekeeper.command()
@click.option("--policy", type=click.Path(), help="Policy file that has the last word.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what went wrong.")
def update(policy: str | None, quiet: bool) -> None:
    """Fetch fresh name lists and known-malware data from the addresses in the policy's [feeds]."""
    from pathlib import Path

    feeds = settings_of(Path.cwd(), {"policy": policy, "cooldown": None}).policy.feeds
    from gatekeeper.commands.update import update as lines
    from gatekeeper.settings import user_file
    from gatekeeper.terminal.progress import Progress

    with Progress(quiet=quiet) as progress:
        for line in lines(feeds, Path(policy) if policy else user_file(), progress.heard):
            progress.say(line)


@gatekeeper.command(hidden=True)
def action() -> int:
    """Do what our GitHub Action does: its inputs are in the environment."""
    import os

    from gatekeeper.commands.action import job_in

    job = job_in(os.environ)
    return job.wrapped() if job.wraps else job.concluded(run(gatekeeper, "gatekeeper", job.words()))
