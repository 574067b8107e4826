"""Reading binding.gyp: the commands that node-gyp runs while it reads the file, and while it builds."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import islice
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING

from gatekeeper.evidence._shell_showing import quoted
from gatekeeper.evidence._shell_state import Spot
from gatekeeper.model import When

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from gatekeeper.evidence._shell import ShellReader

BINDING = "binding.gyp"
# node-gyp reads these beside binding.gyp without being told.
BESIDE = ("config.gypi", "common.gypi", "options.gypi")
# <!(command), <!@(command), >!(...), ^!(...): run while the file is read.
EXPANSION = re.compile(r"[<>^]!@?\(")
PYMOD = re.compile(r"[<>^]!@?pymod_do_main\(([\w.]+)")
MAKE = re.compile(r"\$\(shell\s+([^)]*)\)|`([^`]+)`|\$\$\(([^)]*)\)")
NAMED = re.compile(r"""["']([^"'\s]+\.gypi?)(?::[^"']*)?["']""")
COMMANDS = re.compile(r"""["'](?:action|postbuilds|rules?|actions)["']""")
MOST_COMMANDS = 200
MOST_FILES = 100
LITERALS = (
    ast.Expression, ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Constant, ast.BinOp, ast.Add, ast.UnaryOp, ast.USub,
    ast.Load,
)  # fmt: skip
WHOLE = "\0"  # before a text that is a command from end to end
BROKEN = (SyntaxError, ValueError, RecursionError, MemoryError)


def read_gyp(folder: str, members: Collection[str], shell: ShellReader) -> None:
    """Read a folder's binding.gyp and what it includes, as they run while the package is installed."""
    top = join(folder, BINDING)
    pending = [top, *(join(folder, name) for name in BESIDE)]
    seen: set[str] = set()
    while pending and len(seen) < MOST_FILES:
        path = pending.pop(0)
        content = shell.read(path) if path in members and path not in seen else None
        seen.add(path)
        if content is None:
            continue
        shell.notes.surface(path, When.INSTALL, "node-gyp reads and runs it")
        text = content.decode("utf-8-sig", "replace")
        _read_file(path, folder, text, shell)
        pending += [normpath(join(dirname(path), name)) for name in NAMED.findall(text)]


def _read_file(path: str, folder: str, text: str, shell: ShellReader) -> None:
    tree = parsed(text)
    if tree is None:
        shell.notes.unread(path, "does not parse as a gyp file")
        texts = [(1, text.replace('\\"', '"'))]
    else:
        texts = [*_strings(tree), *_actions(tree)]
        _note_code(path, tree, shell)
    lines = text.splitlines()
    found = [(number, command) for number, one in texts for command in commands_in(one)]
    if len(found) > MOST_COMMANDS:
        shell.notes.unread(path, f"holds more than {MOST_COMMANDS} commands")
    for number, command in found[:MOST_COMMANDS]:
        spot = Spot(path, number, When.INSTALL, folder, dirname(path), _line(lines, number))
        shell.run_posix(command, spot)
    for module in PYMOD.findall(text):
        shell.follow(module.replace(".", "/") + ".py", Spot(path, 1, When.INSTALL, folder, dirname(path)), "python")


def _note_code(path: str, tree: ast.Expression, shell: ShellReader) -> None:
    """Note code: gyp evaluates the file as Python, so whatever is more than a literal runs."""
    code = next((node for node in ast.walk(tree) if not isinstance(node, LITERALS)), None)
    if code is not None:
        shell.notes.note("gyp-code", type(code).__name__, Spot(path, getattr(code, "lineno", 1), When.INSTALL))


def parsed(text: str) -> ast.Expression | None:
    """Parse a gyp file, which is a Python literal with comments; None when it is not one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.strip(), mode="eval")
    except BROKEN:
        return None


def commands_in(text: str) -> list[str]:
    """Return the commands inside <!(...) of a text, and those that make or the shell would run; a NUL marks a whole."""
    if text.startswith(WHOLE):
        return [text.removeprefix(WHOLE)]
    found = [_as_line(_balanced(text, match.end())) for match in islice(EXPANSION.finditer(text), MOST_COMMANDS + 1)]
    made = [match.groups() for match in islice(MAKE.finditer(text), MOST_COMMANDS + 1)]
    return found + [next(group for group in groups if group is not None) for groups in made]


def _balanced(text: str, start: int) -> str:
    depth = 1
    for at in range(start, min(len(text), start + 2_000)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start:at]
    return text[start : start + 2_000]


def _as_line(inner: str) -> str:
    """Spell a command that may be written as a list: <!(["python", "a.py"])."""
    if inner.lstrip().startswith("["):
        try:
            words = ast.literal_eval(inner.strip())
        except BROKEN:
            return inner
        return " ".join(quoted(str(word)) for word in words)
    return inner


def _strings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def _actions(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the commands of `action` lists, marked by a leading NUL."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value == "action" and isinstance(value, ast.List):
                words = [
                    one.value for one in value.elts if isinstance(one, ast.Constant) and isinstance(one.value, str)
                ]
                if words and not any(EXPANSION.match(word) for word in words[:1]):
                    yield value.lineno, WHOLE + " ".join(quoted(plain_variables(word)) for word in words)


def plain_variables(word: str) -> str:
    """Replace gyp's own variables, so that no shell syntax is seen in them."""
    return re.sub(r"[<>^]@?\((\w+)\)", r"@\1@", word)


def _line(lines: list[str], number: int) -> str:
    return lines[number - 1] if 0 < number <= len(lines) else ""
