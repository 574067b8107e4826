"""JavaScript's syntax trees, touched as little as possible: a node is turned into Python's terms once, when needed."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

TYPED = (".ts", ".mts", ".cts")
ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([0-7]{1,3})|(\r\n|[\s\S]))")
PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")
LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "\n": "", "\r\n": "", "\r": ""}
MOST_BROKEN = 3  # a file of which more than one part in so many does not parse is not read
HIGHEST = 0x10FFFF


class Syntax:
    """A node of a syntax tree; what was asked of it is kept, since code in loops is read often."""

    __slots__ = ("_fields", "_inner", "_text", "const", "ran", "ts", "type")

    def __init__(self, ts: Node) -> None:
        """Wrap a parser's node."""
        self.ts = ts
        self.type: str = ts.type
        self._fields: dict[str, Syntax | None] = {}
        self._inner: list[Syntax] | None = None
        self._text: str | None = None
        self.const: object = None  # what a literal is worth, once somebody worked it out
        self.ran = False  # at least once

    def get(self, name: str) -> Syntax | None:
        """Return the child in a field, or None."""
        fields = self._fields
        if name in fields:
            return fields[name]
        child = self.ts.child_by_field_name(name)
        made = fields[name] = None if child is None else Syntax(child)
        return made

    def need(self, name: str) -> Syntax:
        """Return the child in a field; broken code may lack it, and then the node stands for its child."""
        fields = self._fields
        found = fields[name] if name in fields else self.get(name)
        return found or (self.inner[0] if self.inner else EMPTY)

    @property
    def inner(self) -> list[Syntax]:
        """The named children without comments."""
        if self._inner is None:
            self._inner = [Syntax(child) for child in self.ts.named_children if child.type != "comment"]
        return self._inner

    @property
    def text(self) -> str:
        """The source text."""
        if self._text is None:
            self._text = (self.ts.text or b"").decode("utf-8", "replace")
        return self._text

    @property
    def known_parts(self) -> list[Syntax]:
        """The parts that somebody asked for."""
        fields = [one for one in self._fields.values() if one is not None]
        return [*fields, *(self._inner or ())]

    @property
    def is_known(self) -> bool:
        """Whether all of it was asked for."""
        return self._inner is not None or self._text is not None or self.const is not None or self.ts.child_count == 0

    @property
    def operator(self) -> str:
        """The operator of an expression."""
        operator = self.ts.child_by_field_name("operator")
        return "" if operator is None else operator.type

    @property
    def line(self) -> int:
        """The 1-based line."""
        return self.ts.start_point[0] + 1

    def has(self, word: str) -> bool:
        """Say whether a word of the grammar (async, static, get) stands among the children."""
        return any(child.type == word for child in self.ts.children[:4])


class _Empty(Syntax):
    """Stands where broken code lacks something."""

    def __init__(self) -> None:
        self.ts = None  # type: ignore[assignment]
        self.type = "empty"
        self._fields, self._inner, self._text, self.const, self.ran = {}, [], "", None, False

    def get(self, name: str) -> Syntax | None:  # noqa: ARG002 - nothing lies in nothing
        return None

    @property
    def operator(self) -> str:
        return ""

    @property
    def line(self) -> int:
        return 1

    def has(self, word: str) -> bool:  # noqa: ARG002 - nothing lies in nothing
        return False


EMPTY: Syntax = _Empty()


@cache
def _parser(kind: str) -> Parser:
    from tree_sitter import Language, Parser

    if kind:
        import tree_sitter_typescript as typescript

        return Parser(Language(typescript.language_tsx() if kind == "tsx" else typescript.language_typescript()))
    import tree_sitter_javascript

    return Parser(Language(tree_sitter_javascript.language()))


def parse(code: bytes, path: str = "") -> Syntax:
    """Parse source; the parser recovers from any error, so that something always comes back."""
    kind = "tsx" if path.endswith(".tsx") else "ts" if path.endswith(TYPED) else ""
    return Syntax(_parser(kind).parse(code).root_node)


def is_broken(root: Syntax, size: int) -> bool:
    """Say whether large parts of a parsed file are no JavaScript."""
    if not root.ts.has_error:
        return False
    if root.type == "ERROR":
        return True
    lost = sum(child.end_byte - child.start_byte for child in root.ts.children if child.is_error)
    return lost * MOST_BROKEN > size


def unescaped(text: str) -> str:
    """Return what a string literal's inside stands for."""
    if "\\" not in text:
        return text
    made = ESCAPE.sub(_letter, text)
    return PAIR.sub(_paired, made) if "\ud800" <= max(made, default="") <= "\udfff" else made


def _letter(match: re.Match[str]) -> str:
    long, short, byte, octal, other = match.groups()
    digits = long or short or byte
    if digits:
        code = int(digits, 16)
        return chr(code) if code <= HIGHEST else "\ufffd"
    if octal:
        return chr(int(octal, 8))
    return LETTERS.get(other, other)


def _paired(match: re.Match[str]) -> str:
    return match.group().encode("utf-16", "surrogatepass").decode("utf-16")
