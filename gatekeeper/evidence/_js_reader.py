"""Reading the JavaScript files of one artifact: what runs first is always parsed, the rest when words in it say so."""

from __future__ import annotations

import gc
from collections import deque
from dataclasses import replace

from gatekeeper.evidence._js_base import (
    ENOUGH_STEPS,
    MOST_NESTING,
    MOST_STEPS_PER_FILE,
    ROOM_TO_FOLLOW,
    Allowance,
    Position,
    State,
)
from gatekeeper.evidence._js_keys import names_of_keys
from gatekeeper.evidence._js_layout import note_looks
from gatekeeper.evidence._js_modules import SCRIPTS, module_scope
from gatekeeper.evidence._js_prefilter import Facts, facts_of
from gatekeeper.evidence._js_syntax import Syntax, is_broken, parse
from gatekeeper.evidence._js_uncalled import FIRST, TOO_LONG, Uncalled
from gatekeeper.evidence._js_values import JsSource, Scope, undefined
from gatekeeper.evidence._values import Value, opaque
from gatekeeper.model import Surface, When

MOST_SOURCE = 16 << 20  # bytes of one file that are parsed
MOST_MARKS = 620_000  # that part words in one file: its tree has four nodes for each, some 250 MB in all
MARKS = (b"(", b",", b".", b";", b"=", b":")
MOST_LAYER = 2 << 20  # bytes of a text that runs as code
MOST_LAYERS = 5  # of code inside decoded code
MOST_EVALS = 8  # of texts run as code inside one another, decoded or not
MOST_OPEN_FILES = 6  # read inside one another
MOST_FILES = 3000  # that are looked at, of one artifact
MOST_KEPT = 3 << 20  # bytes of files whose trees are kept at a time
MOST_NEAR = 1 << 16  # bytes of a file that is read because a suspect file asks for it
STEPS_ON_IMPORT = 100_000
STEPS_OF_LARGE = 20_000  # whose places that can act are read one by one if this does not reach them
STEPS_AFTER_MANY = 8_000
SHARE_OF_LARGE = 5_000
SHARE_ON_IMPORT = 20_000  # of one function's own body
LARGE = 1 << 16  # bytes: more than can be read at once without any of it being read twice
ORDER = {when: at for at, when in enumerate(When)}


class JsReader(Uncalled):
    """Reads one artifact's JavaScript files."""

    def __init__(self, *args: object, **named: object) -> None:
        """Start with nothing read."""
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self._waiting: deque[tuple[str, When, str, bool]] = deque()
        self._uncalled: deque[JsSource] = deque()
        self._moments: dict[str, When] = {}  # at which files were read, the earliest
        self._looked_at: dict[str, When] = {}
        self._known_facts: dict[str, Facts] = {}
        self._known_snippets: set[tuple[bytes, str, int, When]] = set()
        self._snippets: deque[tuple[bytes, str, int, When]] = deque()
        self._busy = False
        self._open_files = 0
        self._evals = 0
        self._kept = 0  # bytes of the files whose trees are there

    def read_file(self, path: str, when: When, why: str, *, always: bool = True) -> None:
        """Read a file as it runs at a moment, and the files of the package that it asks for.

        With always=False it is parsed only when words in it say that it may do something.
        """
        self._queue(path, when, why, always)
        self._drain()

    def read_code(self, code: bytes, path: str, line: int, when: When) -> None:
        """Read code that stands inside another file or a command line, as if it ran in the package's folder."""
        snippet = (code, path, line, when)
        if snippet not in self._known_snippets and len(self._known_snippets) < MOST_FILES:
            self._known_snippets.add(snippet)
            self._snippets.append(snippet)
        self._drain()

    # Which files are read, and in which order.

    def _queue(self, path: str, when: When, why: str, always: bool) -> None:
        self._waiting.append((path, when, why, always))

    def _drain(self) -> None:
        """Read all that waits; whoever hears a command may ask for more while we read, which then waits its turn."""
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting or self._snippets or self._uncalled:
                self._read_next()
        finally:
            self._busy = False

    def _read_next(self) -> None:
        if self._uncalled and self._kept > MOST_KEPT:
            self._read_uncalled(self._uncalled.popleft())
            if not self._uncalled:
                self._let_go()
        elif self._waiting:
            path, when, why, always = self._waiting.popleft()
            self._open(path, when, why, always=always)
        elif self._snippets:
            code, path, line, when = self._snippets.popleft()
            source = JsSource(path, [], Scope())
            source.scope = module_scope(source)
            self._enter(source, code, when, line)
        else:
            self._read_uncalled(self._uncalled.popleft())

    def _open(self, path: str, when: When, why: str, *, always: bool) -> Value | None:
        """Read a file, or only look at it; None when it cannot be had."""
        if not self._is_new(path, when, always=always):
            return self._exports(path)
        self._looked_at[path] = when
        surface = self.ledger.surfaces.get(path)
        if surface is None or ORDER[when] < ORDER[surface.when]:
            self.ledger.surfaces[path] = Surface(path, when, why)
        content = self.read(path)
        if content is None:
            return None
        if len(self._looked_at) > MOST_FILES:
            self.unread(path, "one of more files than are read")
            return None
        facts = self._facts(path, content)
        if always or facts.suspect:
            if not self._is_new(path, when, always=True):
                return self._exports(path)
            self._moments[path] = when
            return self._read_now(path, content, when, facts)
        for name in facts.specifiers:
            self._queue_named(path, name, when)
        return None

    def _let_go(self) -> None:
        """Forget the trees of files that were read to the end: values and scopes hold one another, and them."""
        for path, source in self.sources.items():
            if source is not None:
                source.forget()
                self.sources[path] = None
        self._kept = 0
        gc.collect()

    def _is_new(self, path: str, when: When, *, always: bool) -> bool:
        """Say whether a file was not read, or not even looked at, as it runs at a moment or before."""
        known = self._moments if always else self._looked_at
        return path not in known or ORDER[when] < ORDER[known[path]]

    def moment_of(self, path: str) -> When:
        """Return when a file runs that was read, as far as we know."""
        return self._moments.get(path, When.CALL)

    def _facts(self, path: str, content: bytes) -> Facts:
        known = self._known_facts.get(path)
        if known is None:
            known = self._known_facts[path] = facts_of(content)
        return known

    def _queue_named(self, path: str, name: str, when: When) -> None:
        """Queue a file that another one names, whether or not it asks for it."""
        folder = path.rpartition("/")[0]
        found = self.resolve(f"{folder}/{name}" if folder else name)
        if found is not None and is_script(found) and self._is_new(found, when, always=False):
            self._queue(found, when, f"named by {path}", always=False)

    def _exports(self, path: str) -> Value | None:
        source = self.sources.get(path)
        return source.module.props.get("exports") if source is not None else None

    def enter_path(self, path: str, why: str) -> Value | None:
        """Read a packaged file that code asks for, at the present moment."""
        if path.endswith(".json"):
            return self.json_value(path)
        if path.endswith(".node"):
            self.ledger.surfaces.setdefault(path, Surface(path, self.at.when, why))
            return opaque()
        when = self.at.when
        if not self._is_new(path, when, always=True):
            return self._exports(path) or opaque()
        content = self.read(path)
        near = content is not None and len(content) <= MOST_NEAR and self._facts(path, content).able
        always = when in FIRST or (near and when is not When.CALL)
        if self._open_files >= MOST_OPEN_FILES or self.nesting > MOST_NESTING - ROOM_TO_FOLLOW:
            self._queue(path, when, why, always)
            return opaque()
        return self._open(path, when, why, always=always) or opaque()

    def _read_now(self, path: str, content: bytes, when: When, facts: Facts) -> Value | None:
        note_looks(self.ledger, Surface(path, when, ""), content, facts)
        if len(content) > MOST_SOURCE or not fits(content):
            self.unread(path, f"too large to parse: {len(content):,} bytes")
            return None
        source = JsSource(path, content.decode("utf-8", "replace").split("\n"), Scope(), acting=list(facts.acting))
        source.scope = module_scope(source)
        if "secrets" in facts.groups:
            source.keys, source.near_keys = names_of_keys(content), list(facts.near_keys)
        self.sources[path] = source
        self._enter(source, content, when)
        return source.module.props.get("exports")

    def _enter(self, source: JsSource, content: bytes, when: When, line: int = 0) -> None:
        """Parse a file and run through it as Node would."""
        tree = parse(content, source.path)
        if is_broken(tree, len(content)):
            self.unread(source.path, "does not parse as JavaScript")
        before, nesting = self.state, self.nesting
        steps, share = MOST_STEPS_PER_FILE, MOST_STEPS_PER_FILE >> 1
        if when not in FIRST:
            steps = STEPS_ON_IMPORT if len(content) < LARGE else STEPS_OF_LARGE
            share = SHARE_ON_IMPORT if len(content) < LARGE else SHARE_OF_LARGE
            steps = steps if self.steps < ENOUGH_STEPS else STEPS_AFTER_MANY
        self.state = State(Position(source, when, line=line), source.scope, Allowance(steps, share=share))
        self._open_files += 1
        try:
            complete = self._run_file(tree)
        finally:
            self.state, self.nesting = before, nesting
            self._open_files -= 1
        if not complete and when in FIRST:
            self.unread(source.path, TOO_LONG)
        self._kept += len(content)
        self._uncalled.append(source)

    def _run_file(self, tree: Syntax) -> bool:
        """Run through a file's statements; one that takes too long does not keep us from those after it."""
        cut = self.at.source.cut
        if not self._guarded(self._hoist, tree.inner):
            cut.append(tree)
        for statement in tree.inner:
            whole = self._guarded(self.run_one, statement)
            if not self._run_postponed() or not whole:
                cut.append(statement)
        if not self._guarded(self.run_passed) or not self._run_postponed():
            cut.append(tree)
        return not cut

    def run_layer(self, value: Value, node: Syntax) -> Value | None:
        """Read code that was a text until it ran, noting it at the line of the call; None when it cannot be read."""
        at = self.at
        if at.layer >= MOST_LAYERS or self._evals >= MOST_EVALS:
            return None
        code = value.const if isinstance(value.const, bytes) else str(value.const).encode("utf-8", "surrogatepass")
        if len(code) > MOST_LAYER:
            return None
        tree = parse(code)
        if is_broken(tree, len(code)):
            return None
        hidden = 1 if "decoded" in value.taints or at.layer else 0
        before, self.last = self.last, undefined()
        self._evals += 1
        try:
            with self.inside(self.scope, replace(at, line=at.line or node.line, layer=at.layer + hidden)):
                self.run(tree.inner)
            return self.last
        finally:
            self._evals -= 1
            self.last = before


def is_script(path: str) -> bool:
    """Say whether Node reads a file as code when it is asked for by its path: what has no suffix, too."""
    return path.endswith(SCRIPTS) or "." not in path.rpartition("/")[2]


def fits(content: bytes) -> bool:
    """Say whether a large file's tree will not take more memory than it may."""
    return len(content) < 1 << 20 or sum(content.count(mark) for mark in MARKS) <= MOST_MARKS
