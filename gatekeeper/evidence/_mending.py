"""Reading Python that this Python does not parse: Python 2 is repaired, and of a broken file what parses is kept."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node, Parser

OLD = "read as Python 2"
PIECES = "read piece by piece"
MOST_PIECES = 4000
MOST_DEPTH = 8  # of blocks inside one another that are taken apart
MOST_MENDED = 2 << 20  # bytes
CODING_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)
# Where a statement may begin on its line, and what may follow it there.
START, END = r"^([ \t]*|.*?[:;][ \t]*)", r"[ \t]*(?=;|$)"
# What Python 2 spells otherwise, line by line. Texts that look so are changed too: this is read, never run.
OLD_SPELLINGS = tuple(
    (re.compile(old, re.MULTILINE), new)
    for old, new in (
        (r"^(\s*except\s+[^:#\n]+?)\s*,\s*(\w+)\s*:", r"\1 as \2:"),
        (r"^(\s*raise\s+[\w.]+)\s*,\s*([^,\n]+)(?:,[^\n]*)?$", r"\1(\2)"),
        (r"\b[uU][rR](?=['\"])", "r"),
        (r"(?<![\w.])0([0-7]+)\b(?!\.)", r"0o\1"),
        (r"(?<![\w.])(\d+|0[xX][0-9a-fA-F]+)[lL]\b", r"\1"),
        (r"<>", "!="),
        (r"`([^`\n]+)`", r"repr(\1)"),
        (START + r"print[ \t]*>>[ \t]*([^,\n]+)(?:,[ \t]*([^;\n]*?))?,?" + END, r"\1print(\3)"),
        (START + r"print[ \t]+(?![=.)])([^;\n]*?),?" + END, r"\1print(\2)"),
        (START + r"print[ \t]*$", r"\1print()"),
        (START + r"exec[ \t]+(?![=.)(])(.+?)(?:[ \t]+in[ \t]+[^;\n]+)?" + END, r"\1exec(\2)"),
        (START + r"exec[ \t]*(\(.+\))[ \t]+in[ \t]+[^;\n]+$", r"\1exec\2"),
    )
)


def mended(content: bytes) -> tuple[ast.Module, str] | None:
    """Return what can be read of a file that does not parse, and how it was read; None when nothing can."""
    if len(content) > MOST_MENDED:
        return None
    text = content.decode("utf-8-sig", "replace").replace("\0", "").replace("\r\n", "\n").expandtabs(8)
    old = as_python_3(text)
    for candidate in (text, old):
        tree = _parsed(candidate)
        if tree is not None:
            return tree, OLD
    body = list(_pieces(_root(old), 0))[:MOST_PIECES]
    return (ast.Module(body=body, type_ignores=[]), PIECES) if body else None


def as_python_3(text: str) -> str:
    """Spell Python 2 as Python 3."""
    for pattern, spelling in OLD_SPELLINGS:
        text = pattern.sub(spelling, text)
    return text


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except CODING_ERRORS:
        return None


def _root(text: str) -> Node:
    return _parser().parse(text.encode()).root_node


@cache
def _parser() -> Parser:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


def _pieces(node: Node, depth: int) -> Iterator[ast.stmt]:
    """Yield the statements inside a node that parse, each at its line."""
    for child in node.named_children:
        tree = None if child.type in {"ERROR", "block"} else _at_its_line(child)
        if tree is not None:
            yield from tree
        elif depth < MOST_DEPTH:
            yield from _taken_apart(child, depth)


def _taken_apart(node: Node, depth: int) -> Iterator[ast.stmt]:
    inside = list(_pieces(node, depth + 1))
    if inside and node.type in {"function_definition", "class_definition"}:
        name = node.child_by_field_name("name")
        word = (name.text or b"").decode("utf-8", "replace") if name is not None else "broken"
        made = _definition(node.type, word if word.isidentifier() else "broken", inside)
        made.lineno = node.start_point.row + 1
        yield made
    else:
        yield from inside


def _definition(kind: str, name: str, body: list[ast.stmt]) -> ast.stmt:
    header = f"class {name}: pass" if kind == "class_definition" else f"def {name}(*words, **named): pass"
    made = ast.parse(header).body[0]
    made.body = body  # type: ignore[attr-defined] # both kinds have one
    return made


def _at_its_line(node: Node) -> list[ast.stmt] | None:
    """Parse a node's text by itself; an expression that belongs to a broken statement counts as a statement."""
    text = (node.text or b"").decode("utf-8", "replace")
    tree = _parsed(textwrap.dedent(" " * node.start_point.column + text))
    if tree is None:
        return None
    ast.increment_lineno(tree, node.start_point.row)
    return tree.body
