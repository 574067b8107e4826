"""Lines of a requirements file, joined, stripped and split as pip does, without pip's reading of the environment.

https://pip.pypa.io/en/stable/reference/requirements-file-format
"""

from __future__ import annotations

import optparse
import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NoReturn

from gatekeeper.lockfiles._values import broken

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
VIA = re.compile(r"#\s*via\b(.*)")
VIA_MORE = re.compile(r"\s*#\s{2,}(\S.*)")  # what pip-tools writes below `# via`, one each line
MOST = 10_000  # requirements in one file, each of which takes its time
FLAGS = ("no-index", "prefer-binary", "require-hashes", "no-require-hashes", "pre", "always-unzip")
LISTS = {
    "index": ("-i", "--index-url", "--pypi-url"),
    "extra": ("--extra-index-url",),
    "links": ("-f", "--find-links"),
    "required": ("-r", "--requirement"),
    "constrained": ("-c", "--constraint"),
    "editable": ("-e", "--editable"),
    "trusted": ("--trusted-host",),
    "hash": ("--hash",),
    "ignored": (
        *("--no-binary", "--only-binary", "--use-feature", "--all-releases", "--only-final", "--uploaded-prior-to"),
        *("-C", "--config-settings", "--config-setting", "--global-option", "--install-option", "--build-option"),
    ),
}  # fmt: skip


class _Refused(Exception):  # noqa: N818 - it never leaves this file
    """An option that pip does not know, or would not understand."""


class _Parser(optparse.OptionParser):
    def error(self, msg: str) -> NoReturn:
        raise _Refused(msg)


@dataclass(frozen=True, slots=True)
class Line:
    """One line in pip's sense: the requirement if there is one, the options, and who pip-tools says wants it."""

    number: int
    wanted: str
    options: dict[str, list[str]]
    via: tuple[str, ...]


def lines_in(lines: Iterable[tuple[int, str]], file: str) -> Iterator[Line]:
    """Yield the lines of a requirements file; raise the error that names one which pip would not take."""
    taken = 0
    for number, text, via in _joined(lines):
        plain = COMMENT.sub("", text).strip()
        if not plain:
            continue
        if taken > MOST:
            broken(file, number, f"more than {MOST} requirements")
        taken += 1
        words = plain.split(" ")
        at = next((index for index, word in enumerate(words) if word.startswith("-")), len(words))
        try:
            options = _options(shlex.split(" ".join(words[at:])))
        except (_Refused, ValueError):
            broken(file, number, "an option that pip does not take in a requirements file", "see pip's documentation")
        yield Line(number, " ".join(words[:at]).strip(), options, tuple(via))


def _joined(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str, list[str]]]:
    """Join what a backslash continues; collect the `# via` comments that follow."""
    parts: list[str] = []
    first = 0
    waiting: tuple[int, str, list[str]] | None = None
    for number, text in lines:
        comment = text.lstrip().startswith("#")
        if waiting and comment and not parts:
            waiting[2].extend(_wanting(text, more=bool(waiting[2]) or waiting[1] == ""))
            continue
        if text.endswith("\\") and not comment:
            first = first if parts else number
            parts.append(text.strip("\\"))
            continue
        if waiting:
            yield waiting
        # A comment ends what a backslash continued, and must not grow onto its last word.
        whole = "".join([*parts, f" {text}" if comment else text])
        waiting = (first if parts else number, whole, _wanting(text, more=False))
        parts = []
    if waiting:
        yield waiting
    if parts:
        yield first, "".join(parts), []


def _wanting(text: str, *, more: bool) -> list[str]:
    """Return who a comment says wants the requirement before it; [""] when the next lines will tell."""
    match = VIA.search(text)
    if match:
        return [each.strip() for each in match[1].split(",")]
    below = VIA_MORE.match(text) if more else None
    return [below[1].strip()] if below else []


@cache
def _parser() -> _Parser:
    parser = _Parser(add_help_option=False)
    for flag in FLAGS:
        parser.add_option(f"--{flag}", action="store_true")
    for name, spellings in LISTS.items():
        parser.add_option(*spellings, action="append", dest=name)
    return parser


def _options(words: list[str]) -> dict[str, list[str]]:
    """Read options with the parser that pip uses, since it takes abbreviations too."""
    values, rest = _parser().parse_args(words, optparse.Values())
    if rest:
        raise _Refused
    return {name: found for name in LISTS if (found := getattr(values, name, None))}
