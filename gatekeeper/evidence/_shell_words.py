"""Reading the words of a shell line: quotes, variables, substitutions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._environment import environment_variable
from gatekeeper.evidence._shell_state import MOST_TEXT, Word
from gatekeeper.evidence._values import HOLE, NOTHING, exactly

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tree_sitter import Node

ANSI = re.compile(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|U[0-9a-fA-F]{1,8}|[0-7]{1,3}|.)", re.DOTALL)
LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v", "0": "\0"}
LAST = 0x10FFFF
# Variables that only say where things are.
PLAIN = {"PWD": ".", "INIT_CWD": "", "npm_config_local_prefix": ""}
SHELL_OWN = frozenset({"IFS", "OSTYPE", "HOSTTYPE", "MACHTYPE", "BASH", "BASH_VERSION", "RANDOM", "LINENO", "PATH"})


def unescaped(text: str) -> str:
    r"""Resolve the escapes of $'...', printf and echo -e."""
    return ANSI.sub(_letter, text)


def _letter(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] in "xuU" and len(code) > 1:
        number = int(code[1:], 16)
    elif code[0] in "01234567" and (len(code) > 1 or code != "0"):
        number = int(code, 8)
    else:
        return LETTERS.get(code, code)
    return chr(number) if number <= LAST else ""


def joined(words: Iterable[Word]) -> Word:
    """Put parts together to one word."""
    parts = list(words)
    text = "".join(part.text for part in parts)[:MOST_TEXT]
    return Word(text, NOTHING.union(*[part.taints for part in parts]), all(part.exact for part in parts))


def variable(name: str) -> Word:
    """Return a variable of the environment, as other readers write it: ~, or %NAME%."""
    if name in PLAIN:
        return Word(PLAIN[name], exact=bool(PLAIN[name]))
    if name in SHELL_OWN or name.startswith("npm_") or not name[:1].isalpha():
        return Word(HOLE, exact=False)
    value = environment_variable(exactly(name))
    return Word(value.text or HOLE, value.taints, exact=False)


class Words:
    """Turns the nodes of a line into words; `substitute` runs what stands in $(...)."""

    def __init__(self, known: dict[str, Word], substitute: Callable[[Node], Word]) -> None:
        """Read with these variables."""
        self.known = known
        self.substitute = substitute

    def word(self, node: Node, depth: int = 0) -> Word:
        """Return what one word is worth."""
        kind = node.type
        if depth > 20:  # noqa: PLR2004 - nobody nests quotes so deeply
            return Word(HOLE, exact=False)
        if kind in {"raw_string", "ansi_c_string"}:
            return Word(text_of(node)[1:-1] if kind == "raw_string" else unescaped(text_of(node)[2:-1]))
        return self._composed(node, depth)

    def _composed(self, node: Node, depth: int) -> Word:
        kind = node.type
        if kind in {"command_substitution", "process_substitution"}:
            return self.substitute(node)
        if kind in {"simple_expansion", "expansion"}:
            return self._expansion(node, depth)
        if kind in {"string", "translated_string", "heredoc_body"}:
            return self._parts(node, depth, quoted=True)
        if kind in {"concatenation", "command_name", "arithmetic_expansion"}:
            return self._parts(node, depth, quoted=False)
        return self._plain(node, depth)

    def _plain(self, node: Node, depth: int) -> Word:
        if node.named_child_count and node.type not in {"word", "number", "file_descriptor"}:
            return self._parts(node, depth, quoted=False)
        return Word(_unslashed(text_of(node)))

    def _parts(self, node: Node, depth: int, *, quoted: bool) -> Word:
        """Return a word of several parts; what stands between its children belongs to it."""
        children = [one for one in node.named_children if one.type not in {"string_content", "heredoc_content"}]
        parts: list[Word] = []
        whole = node.text or b""
        trim = 1 if quoted and whole[:1] == b'"' else 0
        start, end = node.start_byte + trim, node.end_byte - trim
        for child in children:
            parts.extend(self._between(whole[start - node.start_byte : child.start_byte - node.start_byte], quoted))
            parts.append(self.word(child, depth + 1))
            start = child.end_byte
        parts.extend(self._between(whole[start - node.start_byte : max(end - node.start_byte, 0)], quoted))
        return joined(parts)

    def _between(self, raw: bytes, quoted: bool) -> list[Word]:
        text = raw.decode("utf-8", "replace")
        if not text:
            return []
        return [Word(re.sub(r'\\([\\"$`\n])', _kept, text) if quoted else _unslashed(text))]

    def _expansion(self, node: Node, depth: int) -> Word:
        """Return a variable's value, or what ${NAME:-instead} gives."""
        children = node.named_children
        if not children:
            return Word(HOLE, exact=False)
        name = text_of(children[0])
        value = self.known.get(name)
        if value is None:
            value = variable(name)
            if len(children) > 1 and ":-" in text_of(node):
                other = joined(self.word(child, depth + 1) for child in children[1:])
                return Word(other.text, other.taints | value.taints, exact=False)
        elif node.type == "expansion":
            return self._sliced(node, name, value)
        return value

    def _sliced(self, node: Node, name: str, value: Word) -> Word:
        """Return ${NAME:start:length} of a known text; other changes leave only a rough text."""
        rest = text_of(node)[2:-1].removeprefix(name)
        match = re.fullmatch(r":\s*(-?\d{1,6})(?::(\d{1,6}))?", rest)
        if match is None:
            return value if not rest else Word(value.text, value.taints, exact=False)
        start = int(match.group(1))
        end = None if match.group(2) is None else start + int(match.group(2))
        return Word(value.text[start:end], value.taints, value.exact)


def _kept(match: re.Match[str]) -> str:
    return "" if match.group(1) == "\n" else match.group(1)


def _unslashed(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text.replace("\\\n", ""), flags=re.DOTALL)


def text_of(node: Node) -> str:
    """Return the text of a node."""
    return (node.text or b"").decode("utf-8", "replace")
