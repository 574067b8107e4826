"""The commands that judge and install nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from gatekeeper.cli._common import concluded, explaining, run_of, settings_of, voice_of, with_remarks, written_down
from gatekeeper.command_line import common_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.gate.options import Options
    from gatekeeper.model import Outcome, Watcher
    from gatekeeper.settings import Settings
    from gatekeeper.terminal.voice import Voice


@click.command()
@click.argument("targets", nargs=-1, metavar="TARGET...")
@common_options
def inspect(targets: tuple[str, ...], **common: Any) -> int:  # noqa: ANN401 - as click hands them over
    """Judge files, folders, names or purls; install nothing.

    A TARGET is a wheel, an sdist, an npm tarball, a folder, a name like pypi:requests==2.32.3 or npm:express@5.1.0, or
    a purl like pkg:npm/express@5.1.0.
    """
    voice = voice_of(common, beside_client=False)

    def work() -> Outcome:
        from pathlib import Path

        settings = settings_of(Path.cwd(), common)
        from gatekeeper.inspect import judge

        return _looked_at(partial(judge, targets, Path.cwd()), settings, common, voice)

    return voice.tell(work)


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATH]...", type=click.Path())
@click.option("--base", metavar="REV", help="Judge only what is new or changed since this revision.")
@click.option("--staged", is_flag=True, help="Judge what would be committed; the base is HEAD unless named.")
@common_options
def check(paths: tuple[str, ...], base: str | None, staged: bool, **common: Any) -> int:  # noqa: ANN401 - as click hands them over
    """Judge what lock files and manifests name; install nothing.

    A PATH is such a file, or a folder that holds some; without any it is the folder one stands in. With --base, policy
    and waivers are read from that revision too, so that a change cannot excuse itself.
    """
    voice = voice_of(common, beside_client=False)

    def work() -> Outcome:
        from pathlib import Path

        from gatekeeper.model import Outcome, Ruling
        from gatekeeper.tree import tree_of

        tree = tree_of(Path.cwd(), base, staged=staged)
        if tree.is_untouched() and all(Path(path).exists() for path in paths):
            return Outcome(Ruling.ALLOW, ())
        settings = settings_of(Path.cwd(), common, tree.policy_before if tree.compares else None)
        from gatekeeper.check import check as judge

        looked = partial(judge, tree, [Path(path) for path in paths])
        return _looked_at(looked, settings, common, voice, is_whole=not tree.compares and not paths)

    return voice.tell(work)


def _looked_at(
    judge: Callable[[Options, Watcher], Outcome],
    settings: Settings,
    common: dict[str, Any],
    voice: Voice,
    *,
    is_whole: bool = False,
) -> Outcome:
    """Judge where nothing is installed and nobody is asked; `is_whole`: all that the project names is judged."""
    from pathlib import Path

    from gatekeeper.gate.options import Options
    from gatekeeper.terminal.person import Terminal

    options = Options(
        policy=settings.policy,
        looks=True,
        offline=common["offline"],
        deep=common["deep"],
        store=not common["no_store"],
    )
    explains = explaining(settings, common)
    with Terminal(answer=None, quiet=voice.quiet, live=True) as terminal:
        run = run_of(str(click.get_current_context().info_name), Path.cwd())
        outcome = written_down(run, settings, terminal, partial(judge, options))
        return concluded(with_remarks(outcome, settings, is_whole=is_whole), explains)
