"""What the commands share: their options, and where ours end and a client's own words begin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

# A fixed width (columns) reads the same everywhere, and spares --help the module that would measure the terminal.
HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"], "terminal_width": 78}
HOUSE = os.path.dirname(__file__)  # noqa: PTH120 - pathlib would cost --help a tenth of its time


def members(room: str) -> list[str]:
    """Name the members of a room: its files, but for those that are the room's own."""
    files = os.listdir(os.path.join(HOUSE, room))  # noqa: PTH118, PTH208 - likewise
    return sorted(name[:-3] for name in files if name.endswith(".py") and not name.startswith("_"))


FORMATS = members("reports")


def _formats_and_files(_: click.Context, param: click.Parameter, said: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Part formats from the files that take a report in them: `sarif=report.sarif`."""
    parted = tuple((layout, file) for layout, _, file in (each.partition("=") for each in said))
    for (layout, file), each in zip(parted, said, strict=True):
        if layout not in FORMATS or not file:
            formats = ", ".join(FORMATS)
            raise click.BadParameter(f"{each!r} is not FORMAT=FILE with one of the formats {formats}", param=param)
    return parted


class OursThenTheirs(click.Command):
    """A command whose own options end at the first word that is none of them: from there on all is the client's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Part the words before click reads them."""
        flags = {name: option for option in self.get_params(ctx) for name in (*option.opts, *option.secondary_opts)}
        ours = 0
        while ours < len(args) and (taken := _words_taken(args[ours], flags)):
            ours += taken
        if ours < len(args):
            args = [*args[:ours], "--", *args[ours:]]
        return super().parse_args(ctx, args)


def _words_taken(word: str, flags: dict[str, click.Parameter]) -> int:
    """Count the words that belong to an option of ours: itself, and its value. 0 when it is not ours."""
    name, equals, _ = word.partition("=")
    option = flags.get(name)
    if isinstance(option, click.Option):
        return 1 if option.is_flag or equals else 2
    letters = word[1:] if word[:1] == "-" != word[1:2] else ""
    return int(bool(letters) and all(f"-{letter}" in flags for letter in letters))


def common_options(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that every command with a report has."""
    options = (
        click.option("--format", "layout", type=click.Choice(FORMATS), default="text", help="Format of the report."),
        click.option("--output", type=click.Path(), help="Write the report to this file."),
        click.option(
            "--also",
            metavar="FORMAT=FILE",
            multiple=True,
            callback=_formats_and_files,
            help="Write the same report in another format, too.",
        ),
        click.option("--policy", type=click.Path(), help="Policy file that has the last word."),
        click.option("--cooldown", metavar="TIME", help='How long releases have to wait, like "24h", "7d" or 0.'),
        click.option("--offline", is_flag=True, help="Ask nothing but loopback and files."),
        click.option("--deep", is_flag=True, help="Read every source file deeper, not only suspects."),
        click.option("--no-store", is_flag=True, help="Neither recall nor remember verdicts."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing when everything is allowed."),
        click.option("-v", "--verbose", is_flag=True, help="Show every release and finding."),
    )
    for option in reversed(options):
        command = option(command)
    return command
