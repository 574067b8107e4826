"""Reading compiled Python without its source: names, texts and nested code of a .pyc, never run and never unmarshalled.

The marshal format of CPython 2.7 and 3.4 to 3.14, read with bounds of our own: hostile bytes can crash `marshal.loads`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

MOST_OBJECTS = 200_000
MOST_NESTING = 60
MOST_TEXTS = 4000
HEADERS = (16, 12, 8)  # bytes before the code: PEP 552, then sizes since 3.3, then only a time
OLD_MAGIC = 62211  # of Python 2.7; all magic numbers of 3.x are below 4000 and above 3000
FLAG = 0x80
CODE = ord("c")


class CompiledError(Exception):
    """These bytes are no code that is read here."""


@dataclass(slots=True)
class Code:
    """What one code object holds: names it uses, texts among its constants, and the code inside it."""

    names: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    inner: list[Code] = field(default_factory=list)

    def every(self) -> list[Code]:
        """Return this code and all code inside it."""
        found: list[Code] = [self]
        for one in found:
            found.extend(one.inner)
        return found


def code_in(content: bytes) -> Code:
    """Return the code in the bytes of a .pyc file; CompiledError when it cannot be read."""
    magic = struct.unpack("<H", content[:2])[0] if len(content) > 16 and content[2:4] == b"\r\n" else 0  # noqa: PLR2004
    old = magic == OLD_MAGIC
    for start in (8,) if old else HEADERS:
        if start < len(content) and content[start] & ~FLAG == CODE:
            return marshalled(content[start:], magic)
    raise CompiledError


def marshalled(content: bytes, magic: int = 3495) -> Code:
    """Return the code in marshalled bytes; CompiledError when they are none."""
    try:
        made = _Marshal(content, magic).value(0)
    except (struct.error, IndexError, UnicodeError, ValueError, RecursionError) as error:
        raise CompiledError from error
    if not isinstance(made, Code):
        raise CompiledError
    return made


# Magic numbers at which the layout of a code object changed.
NO_POSITIONAL, NO_QUALNAME = 3400, 3480  # posonlyargcount since 3.8; locals-plus and exceptions since 3.11
NUMBERS = "0NFT.SiIgylfx"  # and what is only a word
SIZES = {"i": 4, "I": 8, "g": 8, "y": 16}


class _Marshal:
    """Walks marshalled bytes."""

    def __init__(self, content: bytes, magic: int) -> None:
        self.content = content
        self.magic = magic
        self.at = 0
        self.left = MOST_OBJECTS
        self.kept: list[object] = []
        self.interned: list[object] = []

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.content):
            raise CompiledError
        self.at += count
        return self.content[self.at - count : self.at]

    def number(self) -> int:
        return int(struct.unpack("<i", self.take(4))[0])

    def value(self, depth: int) -> object:
        self.left -= 1
        if self.left < 0 or depth > MOST_NESTING:
            raise CompiledError
        byte = self.take(1)[0]
        kind, slot = chr(byte & ~FLAG), -1
        if byte & FLAG:
            slot = len(self.kept)
            self.kept.append(None)
        made = self._of(kind, depth)
        if slot >= 0:
            self.kept[slot] = made
        return made

    def _of(self, kind: str, depth: int) -> object:
        if kind in NUMBERS:
            self._number(kind)
            return None
        if kind in "uatAzZs":
            return self._text(kind)
        if kind in "rR":
            return self._kept(kind)
        return self._code(depth) if kind == "c" else self._items(kind, depth)

    def _number(self, kind: str) -> None:
        if kind == "l":
            self.take(2 * abs(self.number()))
        elif kind in "fx":
            for _ in range(1 if kind == "f" else 2):
                self.take(self.take(1)[0])
        else:
            self.take(SIZES.get(kind, 0))

    def _kept(self, kind: str) -> object:
        table = self.kept if kind == "r" else self.interned
        return table[self.number()]

    def _text(self, kind: str) -> str:
        size = self.take(1)[0] if kind in "zZ" else self.number()
        raw = self.take(size)
        text = raw.decode("utf-8", "replace") if kind in "ut" else raw.decode("latin-1")
        if kind == "t":
            self.interned.append(text)
        return text

    def _items(self, kind: str, depth: int) -> object:
        if kind == "{":
            while self.content[self.at] & ~FLAG != ord("0"):
                self.value(depth + 1)
            return self.take(1) and None
        if kind == ":":
            return [self.value(depth + 1) for _ in range(3)] and None
        if kind not in "()[<>":
            raise CompiledError
        size = self.take(1)[0] if kind == ")" else self.number()
        if size < 0 or size > self.left:
            raise CompiledError
        return [self.value(depth + 1) for _ in range(size)]

    def _code(self, depth: int) -> Code:
        new, middling = self.magic >= NO_QUALNAME, self.magic >= NO_POSITIONAL
        numbers = 4 if self.magic == OLD_MAGIC else 6 if middling and not new else 5
        self.take(4 * numbers)
        self.value(depth + 1)  # the instructions
        constants, names = self.value(depth + 1), self.value(depth + 1)
        for _ in range(2 if new else 3):  # names of variables
            self.value(depth + 1)
        for _ in range(3 if new else 2):  # file, name, and the qualified name
            self.value(depth + 1)
        self.take(4)
        self.value(depth + 1)  # lines
        if new:
            self.value(depth + 1)  # exceptions
        return _made(constants, names)


def _made(constants: object, names: object) -> Code:
    made = Code()
    made.names = [one for one in names if isinstance(one, str)] if isinstance(names, list) else []
    pending = list(constants) if isinstance(constants, list) else []
    for one in pending:
        if isinstance(one, Code):
            made.inner.append(one)
        elif isinstance(one, str) and len(made.texts) < MOST_TEXTS:
            made.texts.append(one)
        elif isinstance(one, list) and len(pending) < MOST_TEXTS:
            pending.extend(one)
    return made
