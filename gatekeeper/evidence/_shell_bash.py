"""Running through a POSIX shell line: which commands it starts, what flows between them, what it redirects where."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Protocol

from gatekeeper.evidence._base import BudgetError
from gatekeeper.evidence._shell_showing import INERT, first_words, rendered, sign_of, split_first
from gatekeeper.evidence._shell_state import Command, Flow, Notes, Spot, Word
from gatekeeper.evidence._shell_tangles import is_tangled, pieces_of
from gatekeeper.evidence._shell_words import Words, joined, text_of
from gatekeeper.evidence._signatures import marks_of_command
from gatekeeper.evidence._values import HOLE, NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node, Parser

MOST_DEPTH = 60  # nodes inside nodes
MOST_COMMANDS = 3000  # of one script, loops included
MOST_PIPED = 100  # commands in one pipe
MOST_ROUNDS = 64  # of one loop
LEAVES = frozenset({"command", "pipeline", "redirected_statement"})
NOWHERE = frozenset({"/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "nul", "con", "$null"})
DEVICE = re.compile(r"/dev/(?:tcp|udp)/([^/\s]+)/([^/\s]+)")


class Programs(Protocol):
    """Knows what programs do."""

    notes: Notes
    parsing_left: int  # how much may still be parsed: the squares of the lengths of what is

    def run(self, command: Command, script: Script) -> Flow:
        """Note what a command does and return what it prints."""


@cache
def parser() -> Parser:
    """Return the parser of POSIX shell lines."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


class Script:
    """One script or line, with its variables and functions."""

    def __init__(self, programs: Programs, spot: Spot, known: dict[str, Word] | None = None) -> None:
        """Start in a spot, with variables that a surrounding script set."""
        self.programs = programs
        self.spot = spot
        self.known: dict[str, Word] = dict(known or {})
        self.functions: dict[str, Node] = {}
        self.depth = 0
        self.commands = 0
        self.inside = 0  # > 0 inside a statement that is noted as a whole
        self.started_at = self.first_line = spot.line
        self.lines: list[str] = []  # of a file; a line in another file has none of its own
        self.broken = self.quiet = False

    def read(self, code: str, *, lines: bool = False, stdin: Flow | None = None) -> Flow:
        """Run through code; `lines` counts its lines from the spot's, for a file of its own."""
        pieces = pieces_of(code.encode("utf-8", "replace"))
        self.lines = code.splitlines() if lines else []
        self.quiet = len(pieces) == 1
        flow = Flow()
        try:
            for above, piece in pieces:
                self.first_line = self.started_at + above
                flow = self._piece(piece, stdin or Flow())
        except BudgetError:
            self.programs.notes.unread(self.spot.path, "takes too long to follow")
        except RecursionError:
            self.programs.notes.unread(self.spot.path, "nested too deeply to follow")
        return flow

    def _piece(self, source: bytes, stdin: Flow) -> Flow:
        """Run through one piece of code; parsing may take the square of its length, so that is what it costs."""
        self.programs.parsing_left -= len(source) ** 2
        if self.programs.parsing_left < 0 or is_tangled(source):
            self.programs.notes.unread(self.spot.path, "too large, or too tangled, to parse")
            return Flow()
        root = parser().parse(source).root_node
        self.broken = root.has_error and self.quiet
        if root.named_child_count != 1 or root.named_children[0].type not in LEAVES:
            self.spot = replace(self.spot, quiet=False)  # who noted the line noted none of its parts
        return self.run(root, stdin)

    def run(self, node: Node, stdin: Flow) -> Flow:
        """Run through one node and return what it prints."""
        self.depth += 1
        if self.depth > MOST_DEPTH:
            self.depth -= 1
            self.programs.notes.unread(self.spot.path, "nested too deeply to follow")
            return Flow()
        if self.lines:
            line = self.first_line + node.start_point[0]
            self.spot = replace(self.spot, line=line, snippet=self.lines[min(line, len(self.lines)) - 1])
        try:
            if node.type in LEAVES and not self.inside:
                return self._noted(node, stdin)
            return self._dispatch(node, stdin)
        finally:
            self.depth -= 1

    def _noted(self, node: Node, stdin: Flow) -> Flow:
        """Run through a statement and note it as one spawn."""
        self.inside += 1
        try:
            flow = self._dispatch(node, stdin)
        finally:
            self.inside -= 1
        if flow.shown and (self.active or marks_of_command(flow.shown)):
            self.programs.notes.spawn(flow.shown, self.spot, self.started & {"network", "decoded", "secret"})
        self.started, self.active = NOTHING, False
        return flow

    started: frozenset[str] = NOTHING  # where the names of the started programs came from
    active = False  # whether a statement starts anything

    def _dispatch(self, node: Node, stdin: Flow) -> Flow:
        kind = node.type
        statement = STATEMENTS.get(kind)
        if statement is not None:
            return statement(self, node, stdin)
        if kind in {"test_command", "unary_expression", "binary_expression"} or not node.named_child_count:
            self._words().word(node)
            return Flow()
        return self._all(node, stdin)

    def _define(self, node: Node, stdin: Flow) -> Flow:
        """Keep a function: it runs when it is called."""
        name = node.child_by_field_name("name")
        if name is not None:
            self.functions[text_of(name)] = node
        return replace(stdin, text=None, taints=NOTHING)

    def _all(self, node: Node, stdin: Flow) -> Flow:
        """Run through everything inside a node, one after the other."""
        flows = [self.run(child, stdin) for child in node.named_children if child.type not in {"comment", "word"}]
        flows = [flow for flow in flows if flow.shown or flow.taints or flow.text]
        text = "".join(flow.text or "" for flow in flows) if all(flow.text is not None for flow in flows) else None
        shown = "; ".join(flow.shown for flow in flows if flow.shown)
        return Flow(text if flows else None, NOTHING.union(*[flow.taints for flow in flows]), shown)

    def _words(self) -> Words:
        return Words(self.known, self._substitute)

    def _substitute(self, node: Node) -> Word:
        """Run $(...) or <(...) as a statement of its own; its text stands in the word as it is written."""
        inside, self.inside = self.inside, 0
        try:
            flow = self._all(node, Flow())
        finally:
            self.inside = inside
        if flow.text is not None and node.type == "command_substitution":
            return Word(flow.text.rstrip("\n"), flow.taints)
        return Word(f"$({flow.shown})" if flow.shown else HOLE, flow.taints, exact=False)

    def _command(self, node: Node, stdin: Flow) -> Flow:
        self.commands += 1
        if self.commands > MOST_COMMANDS:
            raise BudgetError
        words: list[Word] = []
        for child in node.children:
            if not child.is_named:
                continue
            if child.type == "variable_assignment":
                self._assign(child)
            elif child.type.endswith("_redirect"):
                stdin = self._redirect_in(child, stdin)
            else:
                words.append(self._words().word(child))
        return self.start(tuple(words), stdin)

    def start(self, words: tuple[Word, ...], stdin: Flow) -> Flow:
        """Run one simple command, or a function of the script."""
        words = split_first(words)
        if not words or not words[0].text:
            return Flow()
        self.started |= words[0].taints
        body = self.functions.get(words[0].text)
        if body is not None:
            self.known.update({str(at): word for at, word in enumerate(words[1:], 1)})
            return self._call(words[0].text, body, stdin)
        flow = self.programs.run(Command(words, stdin, self.spot), self)
        inert = words[0].text.lower() in INERT
        self.active = self.active or not inert
        return replace(flow, shown=flow.shown or ("" if inert else rendered(words)))

    def _call(self, name: str, node: Node, stdin: Flow) -> Flow:
        body = node.child_by_field_name("body")
        kept = self.functions.pop(name)  # a function that calls itself tells nothing new
        try:
            return self.run(body, stdin) if body is not None else Flow()
        finally:
            self.functions[name] = kept

    def _pipeline(self, node: Node, stdin: Flow) -> Flow:
        flow, shown = stdin, []
        if node.named_child_count > MOST_PIPED:
            raise BudgetError
        for child in node.named_children:
            flow = self.run(child, flow)
            shown.append(flow.shown or first_words(child))
        return replace(flow, shown=" | ".join(shown))

    def _redirected(self, node: Node, stdin: Flow) -> Flow:
        body = node.child_by_field_name("body")
        redirects = [child for child in node.named_children if child.type.endswith("_redirect")]
        for redirect in redirects:
            stdin = self._redirect_in(redirect, stdin)
        flow = self.run(body, stdin) if body is not None else stdin
        for redirect in redirects:
            flow = self._redirect_out(redirect, flow, "" if body is None else first_words(body))
        return flow

    def _redirect_in(self, node: Node, stdin: Flow) -> Flow:
        """Return what a command reads through <, << or <<<."""
        if node.type == "herestring_redirect":
            word = joined(self._words().word(child) for child in node.named_children)
            return Flow(word.text if word.exact else None, word.taints)
        if node.type == "heredoc_redirect":
            return self._heredoc(node, stdin)
        if sign_of(node) == "<":
            where, look = self._target(node), self.programs.notes.look
            seen = {"network"} if self._calls_back(where.text, NOTHING) else look(where.text, self.spot) | {"file"}
            return Flow(None, where.taints | seen)
        return stdin

    def _heredoc(self, node: Node, stdin: Flow) -> Flow:
        flow = stdin
        for child in node.named_children:
            if child.type == "heredoc_body":
                word = self._words().word(child)
                flow = Flow(word.text if word.exact else None, word.taints)
        return flow

    def _target(self, node: Node) -> Word:
        where = node.child_by_field_name("destination")
        return Word(HOLE, exact=False) if where is None else self._words().word(where)

    def _redirect_out(self, node: Node, flow: Flow, first: str) -> Flow:
        """Note the file that a command's output is written to."""
        if node.type == "heredoc_redirect":
            for child in node.named_children:
                if child.type.endswith("_redirect"):
                    flow = self._redirect_out(child, flow, first)
            return flow
        if node.type != "file_redirect" or sign_of(node) == "<":
            return flow
        where = self._target(node)
        if where.text.isdigit() or where.text.lower() in NOWHERE or not where.text:
            return flow
        if not self._calls_back(where.text, flow.taints):
            self.programs.notes.write(where.text, self.spot, flow)
        return Flow("", NOTHING, f"{flow.shown or first} > {where.text}")

    def _calls_back(self, place: str, taints: frozenset[str]) -> bool:
        """Note a connection that the shell opens by itself, and say whether a place is one."""
        if device := DEVICE.search(place):
            self.programs.notes.request(f"{device[1]}:{device[2]} raw", self.spot, taints, sends=bool(taints))
        return device is not None

    def _assign(self, node: Node, stdin: Flow | None = None) -> Flow:
        for one in [node] if node.type == "variable_assignment" else node.named_children:
            name, value = one.child_by_field_name("name"), one.child_by_field_name("value")
            if name is not None:
                self.known[text_of(name)] = self._words().word(value) if value is not None else Word("")
        return Flow() if stdin is None else Flow(shown="")

    def _loop(self, node: Node, stdin: Flow) -> Flow:
        name, body = node.child_by_field_name("variable"), node.child_by_field_name("body")
        values = [self._words().word(value) for value in node.children_by_field_name("value")]
        flow = Flow()
        if len(values) > MOST_ROUNDS:
            self.programs.notes.unread(self.spot.path, "holds a loop that is too long to follow")
        for value in values[:MOST_ROUNDS] or [Word(HOLE, exact=False)]:
            if name is not None:
                self.known[text_of(name)] = value
            if body is not None:
                flow = self.run(body, stdin)
        return flow


STATEMENTS: dict[str, Callable[[Script, Node, Flow], Flow]] = {
    "command": Script._command,  # noqa: SLF001 - this is the class's own table
    "pipeline": Script._pipeline,  # noqa: SLF001
    "redirected_statement": Script._redirected,  # noqa: SLF001
    "variable_assignment": Script._assign,  # noqa: SLF001
    "variable_assignments": Script._assign,  # noqa: SLF001
    "for_statement": Script._loop,  # noqa: SLF001
    "function_definition": Script._define,  # noqa: SLF001
}
