"""`gatekeeper` and its side commands: each says what it takes; the work is done in commands/."""

from __future__ import annotations

from typing import Any

import click

from gatekeeper import __version__
from gatekeeper.cli import install_command, run
from gatekeeper.cli._allowing import allow
from gatekeeper.cli._common import settings_of
from gatekeeper.cli._judging import check, inspect
from gatekeeper.cli._policy import policy
from gatekeeper.command_line import HELP


@click.group("gatekeeper", context_settings=HELP)
@click.version_option(__version__, prog_name="gatekeeper", message="%(prog)s %(version)s")
def gatekeeper() -> None:
    """Judge packages before any of their code can run."""


gatekeeper.add_command(install_command)
gatekeeper.add_command(inspect)
gatekeeper.add_command(check)
gatekeeper.add_command(policy)
gatekeeper.add_command(allow)


@gatekeeper.command()
@click.option("--markdown", is_flag=True, help="Write the page docs/checks.md instead.")
def checks(markdown: bool) -> None:
    """List the checks, one id and its question a line."""
    from gatekeeper.commands.checks import listing
    from gatekeeper.commands.checks import markdown as page

    click.echo(page() if markdown else listing(), nl=False)


@gatekeeper.command()
@click.argument("check_id", metavar="[ID]", required=False)
@click.option("--report", is_flag=True, help="Print only the text that reports a false alarm.")
def explain(check_id: str | None, report: bool) -> None:
    """Explain what was refused last, or one check.

    Without an ID: every finding of the last refusal, the code, the reasons and the ways on, and the text that reports
    it as a false alarm. With the ID of a check: its question, reason, remedy, examples and default rulings.
    """
    import sys

    from gatekeeper.commands import explain as pages
    from gatekeeper.errors import UsageError
    from gatekeeper.gate.keeping import folder_of_stores
    from gatekeeper.terminal.voice import put

    if check_id is not None and report:
        raise UsageError("--report is about the last refusal, not about a check", hint="leave the ID out")
    if check_id is not None:
        put(sys.stdout, pages.explain(check_id))
    else:
        put(sys.stdout, (pages.report if report else pages.refusal)(folder_of_stores()))


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


@gatekeeper.group()
def store() -> None:
    """Look at what is remembered for later runs, or take away what is of no more use."""


@store.command("stats")
@click.option("--policy", type=click.Path(), help="Policy file that has the last word.")
def stats(policy: str | None) -> None:
    """Say how many verdicts, files and pages are kept, and how much room they take."""
    from pathlib import Path

    from gatekeeper.commands.store import stats as lines

    for line in lines(settings_of(Path.cwd(), {"policy": policy, "cooldown": None}).policy):
        click.echo(line)


@store.command("prune")
@click.option("--older-than", metavar="TIME", default="90d", show_default=True, help="What was not used for so long.")
@click.option("--all", "everything", is_flag=True, help="All that is kept.")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option("--policy", type=click.Path(), help="Policy file that has the last word.")
def prune(older_than: str, everything: bool, dry_run: bool, policy: str | None) -> None:
    """Forget what is of no more use; whatever goes is fetched and judged anew when it is wanted again.

    That is what was not used for long, what rules found that are no longer in force, and what runs that were killed
    have left half-written. Runs beside it lose nothing: files are left alone while any run uses them.
    """
    from pathlib import Path

    from gatekeeper.commands.store import prune as lines
    from gatekeeper.settings._cooldown import hours_of

    hours = hours_of(older_than, "--older-than")
    found = settings_of(Path.cwd(), {"policy": policy, "cooldown": None}).policy
    for line in lines(found, hours, everything=everything, dry=dry_run):
        click.echo(line)


@gatekeeper.command()
@click.option("-v", "--verbose", is_flag=True, help="Name everything that is proved.")
@click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text", help="Format of the report.")
@click.option("--policy", type=click.Path(), help="Policy file that has the last word.")
def doctor(verbose: bool, layout: str, policy: str | None) -> int:
    """Prove on this machine that the gate works.

    Each check fires on its own examples, your pip and npm are refused a harmless canary, the fence holds, the data is
    whole. Exit code 0, or 12 when anything is broken; what is only weaker here is told.
    """
    import sys
    from pathlib import Path

    from gatekeeper.doctor import doctor as prove
    from gatekeeper.terminal.voice import put, signals_raise

    with signals_raise():
        named = None if policy is None else Path(policy).absolute()
        return prove(lambda line: put(sys.stdout, f"{line}\n"), policy_file=named, verbose=verbose, layout=layout)


@gatekeeper.command()
@click.option("--since", metavar="WHEN", help='A date, or a length of time like "7d".')
@click.option("--release", metavar="NAME", help="One release, or all of a name: a purl, NAME or NAME==VERSION.")
@click.option("--ruling", type=click.Choice(["allow", "ask", "block", "error"]), help="What was decided.")
@click.option("--waived", is_flag=True, help="What a waiver let pass.")
@click.option("--format", "layout", type=click.Choice(["text", "json"]), default="text", help="json: a line for each.")
@click.option("-n", "most", metavar="N", type=click.IntRange(min=1), help="Only the last N.")
@click.option("--policy", type=click.Path(), help="Policy file that has the last word.")
def log(since: str | None, layout: str, most: int | None, policy: str | None, **wanted: Any) -> None:  # noqa: ANN401 - as click hands them over
    """Read the log of decisions that the policy's [audit] names."""
    from datetime import datetime, timezone
    from pathlib import Path

    from gatekeeper.commands.log import Wanted, log_of, moment, read
    from gatekeeper.settings._cooldown import hours_of

    path = log_of(settings_of(Path.cwd(), {"policy": policy, "cooldown": None}).policy)
    first = None if since is None else moment(since, hours_of, datetime.now(timezone.utc))
    for line in read(path, Wanted(first, **wanted), most, as_json=layout == "json"):
        click.echo(line)


@gatekeeper.command(hidden=True)
def action() -> int:
    """Do what our GitHub Action does: its inputs are in the environment."""
    import os

    from gatekeeper.commands.action import job_in

    job = job_in(os.environ)
    return job.wrapped() if job.wraps else job.concluded(run(gatekeeper, "gatekeeper", job.words()))
