"""The command line: the only place that parses arguments, prints reports and decides exit codes."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gatekeeper import __version__
from gatekeeper.command_line import HELP, OursThenTheirs, common_options, members

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatekeeper.gate.options import Options
    from gatekeeper.model import Outcome, Request, Watcher
    from gatekeeper.settings import Settings
    from gatekeeper.terminal.voice import Voice

# First words that mean a client, and its room in managers/. A client without one is refused: never half-gated.
CLIENTS = {"pip": "pip", "pip3": "pip", "npx": "npm"} | {
    name: name for name in ("npm", "pipx", "uv", "uvx", "poetry", "pdm", "pnpm", "yarn", "bun", "bunx")
}


@click.command(
    "install",
    cls=OursThenTheirs,
    options_metavar="[OUR OPTIONS]",
    context_settings=HELP,
    epilog="Exit codes: 0 installed, 2 usage error, 10 blocked, 11 needs a decision, 12 could not decide, "
    "130 interrupted; otherwise everything was allowed and the code is the client's own.",
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="WORDS...")
@click.option("--yes/--no", "answer", default=None, help="Answer every question beforehand.")
@click.option("--plan", is_flag=True, help="Show the whole judged set and ask before anything is installed.")
@common_options
@click.version_option(__version__, prog_name="gatekeeper", message="%(prog)s %(version)s")
def install_command(words: tuple[str, ...], answer: bool | None, plan: bool, **common: Any) -> int:  # noqa: ANN401 - as click hands them over
    """Install packages, letting only judged bytes reach the client.

    WORDS are what you would give to `pip install`, or a client's own words that begin with its name. Our options come
    first; from the first other word on everything is the client's.

    \b
        safe-install requests 'flask>=3'
        safe-install -r requirements.txt
        safe-install --plan pip install --upgrade requests
        safe-install npm ci
        safe-install npx cowsay hi
    """  # noqa: D301 - the backspace is click's mark for lines that are not to be wrapped
    voice = _voice(common)

    def work() -> Outcome:
        from pathlib import Path

        request = request_for(words, Path.cwd())
        settings = _settings(request.folder, common)
        from gatekeeper.install import Options, install
        from gatekeeper.terminal.person import Terminal

        options = Options(
            policy=settings.policy,
            plan=plan,
            offline=common["offline"],
            store=not common["no_store"],
            deep=common["deep"],
            client_stdout_to_stderr=voice.takes_stdout,
        )
        with Terminal(answer=answer, quiet=voice.quiet) as terminal:
            return _with_remarks(install(request, options, terminal), settings)

    return voice.tell(work, client_must_run=True)


@click.group("gatekeeper", context_settings=HELP)
@click.version_option(__version__, prog_name="gatekeeper", message="%(prog)s %(version)s")
def gatekeeper() -> None:
    """Judge packages before any of their code can run."""


gatekeeper.add_command(install_command)


@gatekeeper.command()
@click.argument("targets", nargs=-1, metavar="TARGET...")
@common_options
def inspect(targets: tuple[str, ...], **common: Any) -> int:  # noqa: ANN401 - as click hands them over
    """Judge files, folders, names or purls; install nothing.

    A TARGET is a wheel, an sdist, an npm tarball, a folder, a name like pypi:requests==2.32.3 or npm:express@5.1.0, or
    a purl like pkg:npm/express@5.1.0.
    """
    voice = _voice(common, beside_client=False)

    def work() -> Outcome:
        from pathlib import Path

        settings = _settings(Path.cwd(), common)
        from gatekeeper.inspect import judge

        return _looked_at(partial(judge, targets, Path.cwd()), settings, common, voice)

    return voice.tell(work)


@gatekeeper.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--base", metavar="REV", help="Judge only what is new or changed since this revision.")
@click.option("--staged", is_flag=True, help="Judge what would be committed; the base is HEAD unless named.")
@common_options
def check(paths: tuple[str, ...], base: str | None, staged: bool, **common: Any) -> int:  # noqa: ANN401 - as click hands them over
    """Judge what lock files and manifests name; install nothing.

    A PATH is such a file, or a folder that holds some; without any it is the folder one stands in. With --base, policy
    and waivers are read from that revision too, so that a change cannot excuse itself.
    """
    voice = _voice(common, beside_client=False)

    def work() -> Outcome:
        from pathlib import Path

        from gatekeeper.model import Outcome, Ruling
        from gatekeeper.tree import tree_of

        tree = tree_of(Path.cwd(), base, staged=staged)
        if tree.is_untouched() and all(Path(path).exists() for path in paths):
            return Outcome(Ruling.ALLOW, ())
        settings = _settings(Path.cwd(), common, tree.policy_before if tree.compares else None)
        from gatekeeper.check import check as judge

        return _looked_at(partial(judge, tree, [Path(path) for path in paths]), settings, common, voice)

    return voice.tell(work)


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

    feeds = _settings(Path.cwd(), {"policy": policy, "cooldown": None}).policy.feeds
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
    return job.wrapped() if job.wraps else job.concluded(_run(gatekeeper, "gatekeeper", job.words()))


def request_for(words: tuple[str, ...], folder: Path) -> Request:
    """Read the words as a client's own when they begin with its name, else as words for `pip install`."""
    from gatekeeper.errors import UsageError
    from gatekeeper.model import Request

    if not words:
        raise UsageError("nothing to install", hint="name a package, like `safe-install requests`; --help says more")
    first, *rest = words
    if not rest or first not in CLIENTS:
        return Request("pip", ("install", *words), folder)
    if CLIENTS[first] not in members("managers"):
        raise UsageError(
            f"{first} is not supported yet: nothing was installed",
            hint=f"for the Python package named {first}, write `safe-install pip install {first} ...`",
        )
    return Request("npx" if first == "npx" else CLIENTS[first], tuple(rest), folder)


def _voice(common: dict[str, Any], *, beside_client: bool = True) -> Voice:
    from pathlib import Path

    from gatekeeper.terminal.voice import Voice

    output = None if common["output"] is None else Path(common["output"])
    program = click.get_current_context().find_root().info_name or "gatekeeper"
    also = tuple((layout, Path(file)) for layout, file in common["also"])
    return Voice(program, common["layout"], output, common["quiet"], common["verbose"], beside_client, also)


def _settings(folder: Path, common: dict[str, Any], base: Callable[[Path], bytes | None] | None = None) -> Settings:
    from dataclasses import replace
    from pathlib import Path

    from gatekeeper import settings

    known = [name.replace("_", "-") for name in members("checks")]  # by file name: nothing needs to be loaded for it
    named, cooldown = common["policy"], common["cooldown"]
    found = settings.load(folder, None if named is None else Path(named), known, base=base)
    return found if cooldown is None else replace(found, policy=settings.with_cooldown(found.policy, cooldown))


def _looked_at(
    judge: Callable[[Options, Watcher], Outcome], settings: Settings, common: dict[str, Any], voice: Voice
) -> Outcome:
    """Judge where nothing is installed and nobody is asked."""
    from gatekeeper.gate.options import Options
    from gatekeeper.terminal.person import Terminal

    options = Options(
        policy=settings.policy,
        looks=True,
        offline=common["offline"],
        deep=common["deep"],
        store=not common["no_store"],
    )
    with Terminal(answer=None, quiet=voice.quiet, live=True) as terminal:
        return _with_remarks(judge(options, terminal), settings)


def _with_remarks(outcome: Outcome, settings: Settings) -> Outcome:
    from dataclasses import replace

    from gatekeeper import signatures
    from gatekeeper.checks.not_fully_read import lost_depth

    own = (*settings.remarks, *signatures.names_faults(), *lost_depth(outcome.verdicts))
    return replace(outcome, remarks=(*own, *outcome.remarks))


def safe_install() -> int:
    """Run `safe-install`; return the exit code."""
    return _run(install_command, "safe-install")


def main() -> int:
    """Run `gatekeeper`; return the exit code."""
    return _run(gatekeeper, "gatekeeper")


def _run(command: click.Command, name: str, words: list[str] | None = None) -> int:
    """Run a command; a mistake on the command line, or whatever a side command raises, ends as a line and a code."""
    try:
        return command.main(words, prog_name=name, standalone_mode=False) or 0
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stdout = None  # or Python would complain about it when it exits
        return 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        from gatekeeper.errors import UsageError

        fault: BaseException = UsageError(error.format_message(), hint=f"`{name} --help` lists the options")
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - a bug of ours ends as a line and a code, too
        fault = error
    from gatekeeper.terminal.voice import complain

    return complain(name, fault)
