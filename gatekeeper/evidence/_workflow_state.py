"""What a file for continuous integration holds, in whatever language it is written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn

from gatekeeper.model import Notice, Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MOST_BYTES = 1 << 20  # of one file
SECRETS = "%secrets%"  # how all secrets at once are spelt in a script that is read
OPENED, CLOSED = "${{", "}}"  # around an expression of GitHub's
ONE_SECRET = re.compile(r"\bsecrets\s*(?:\.\s*([\w-]+)|\[\s*['\"]([\w-]+)['\"]\s*\])", re.IGNORECASE)
VARIABLE = re.compile(r"\s*env\s*\.\s*([\w-]+)\s*")
ALL_SECRETS = re.compile(r"\bsecrets\b(?!\s*(?:\.\s*[\w-]|\[))|\bsecrets\s*(?:\.\s*\*|\[\s*['\"]?\*)", re.IGNORECASE)
TOKEN = re.compile(r"\bgithub\s*\.\s*token\b", re.IGNORECASE)
LITERAL = re.compile(r"'(?:[^']|'')*'")


class UnreadableWorkflowError(Exception):
    """A file is not what the tool that runs it could read, or is made so that nobody can."""


def unreadable(reason: str, line: int | None = None) -> NoReturn:
    """Give a file up."""
    raise UnreadableWorkflowError(reason if line is None else f"line {line}: {reason}")


@dataclass(frozen=True, slots=True)
class Script:
    """Code that a file has run: its first line, the language, and what the environment holds, as it is written."""

    code: str
    line: int
    language: str = "sh"
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> Script:
        """What makes it the same script at another place."""
        return replace(self, line=0)


@dataclass(frozen=True, slots=True)
class Use:
    """An action, or a file from elsewhere, that becomes part of the run."""

    what: str
    line: int


@dataclass(slots=True)
class Pipeline:
    """What was read from one file."""

    path: str
    scripts: list[Script] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def notice(self, kind: str, detail: str, line: int) -> None:
        """Write down a fact about the file."""
        self.notices.append(Notice(kind, " ".join(detail.split())[:400], Place(self.path, line)))


def names_all_secrets(expression: str) -> bool:
    """Say whether an expression of GitHub's stands for every secret at once."""
    return ALL_SECRETS.search(LITERAL.sub("''", expression)) is not None


def expressions(text: str) -> Iterator[tuple[int, str]]:
    """Yield the expressions in a text: where each begins, and what it says."""
    at = text.find(OPENED)
    while at >= 0 and (end := text.find(CLOSED, at)) >= 0:
        yield at, text[at + len(OPENED) : end]
        at = text.find(OPENED, end)


def spelt(text: str, environment: Mapping[str, str] | None = None) -> str:
    """Return code with GitHub's expressions as words that a shell's reader takes for text; variables are filled in."""
    parts, start = [], 0
    for at, expression in expressions(text):
        parts += [text[start:at], _word(expression, environment or {})]
        start = at + len(OPENED) + len(expression) + len(CLOSED)
    return "".join([*parts, text[start:]])


def _word(expression: str, environment: Mapping[str, str]) -> str:
    one, variable = ONE_SECRET.search(expression), VARIABLE.fullmatch(expression)
    if names_all_secrets(expression):
        return SECRETS
    if one is not None:
        return f"%secrets.{one[1] or one[2]}%"
    if variable is not None and variable[1] in environment:
        return spelt(environment[variable[1]])
    return "%secrets.token%" if TOKEN.search(expression) else "\N{HORIZONTAL ELLIPSIS}"
