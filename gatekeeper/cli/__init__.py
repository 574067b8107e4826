"""The command line: the only place that parses arguments, prints reports and decides exit codes."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gatekeeper import __version__
from gatekeeper.cli._common import (
    concluded,
    explaining,
    keeper_of,
    run_of,
    settings_of,
    voice_of,
    with_remarks,
    written_down,
)
from gatekeeper.command_line import HELP, OursThenTheirs, common_options, members

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.model import Outcome, Request

# First words that mean a client, and its room in managers/. A client without one is refused: never half-gated.
CLIENTS = {"pip": "pip", "pip3": "pip", "npx": "npm"} | {
    name: name for name in ("npm", "pipx", "uv", "uvx", "poetry", "pdm", "pnpm", "yarn", "bun", "bunx")
}

PIP_VERBS = ("install", "download", "wheel")


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
    voice = voice_of(common)

    def work() -> Outcome:
        from pathlib import Path

        request = request_for(words, Path.cwd())
        settings = settings_of(request.folder, common)
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
        explains = explaining(settings, common, again_of(request, voice.program))
        keeper = keeper_of(settings, request.folder, common)
        with Terminal(answer=answer, quiet=voice.quiet, explain=explains.verdict, keeper=keeper) as terminal:
            about = run_of("install", request.folder, client=request.client, answer=answer)
            outcome = written_down(about, settings, terminal, partial(install, request, options))
            return concluded(with_remarks(outcome, settings), explains)

    return voice.tell(work, client_must_run=True)


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


def again_of(request: Request, program: str) -> str:
    """Return the words that begin another try: program, client and verb, and nothing else that was typed."""
    ours = program if program == "safe-install" else f"{program} install"
    if request.client == "pip":
        verb = next((word for word in request.words if word in PIP_VERBS), PIP_VERBS[0])
        return ours if verb == PIP_VERBS[0] else f"{ours} pip {verb}"
    return f"{ours} npx" if request.client == "npx" else f"{ours} {request.client} install"


def safe_install() -> int:
    """Run `safe-install`; return the exit code."""
    return run(install_command, "safe-install")


def main() -> int:
    """Run `gatekeeper`; return the exit code."""
    from gatekeeper.cli.side import gatekeeper

    return run(gatekeeper, "gatekeeper")


def run(command: click.Command, name: str, words: list[str] | None = None) -> int:
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
