"""The deep pass: rules of structure and flow over the few files that the fast pass left open, all in one call."""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tempfile
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gatekeeper import signatures
from gatekeeper.artifacts.opening import open_artifact, open_folder
from gatekeeper.errors import UndecidedError, UnreadableError
from gatekeeper.evidence import _semgrep
from gatekeeper.evidence.suspects import NOT_READ, ORDER, language_of
from gatekeeper.model import UNASKED, Behaviour, Confidence, Mark, Severity, Surface, Unread, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gatekeeper.artifacts.opening import Opened
    from gatekeeper.model import Verdict

# Bytes of one file: the engine takes seconds for more, and bundles of JavaScript are denser than anything by hand.
MOST_BYTES = {"python": 256 << 10, "bash": 256 << 10, "javascript": 64 << 10, "typescript": 64 << 10}
BEFORE = 3  # lines by which a call may begin above the argument that was matched
MOST_MATCHES = 50  # of one file
ENDS = {"python": "py", "javascript": "js", "typescript": "ts", "bash": "sh"}
ANYWHERE, UNASKED_ONLY = "deep", "deep-unasked"  # families of marks: where a rule counts
BY_ITSELF = "by-itself"  # a rule about code that its language calls unasked, whatever the fast pass saw of it
NOT_DEEP = "not read deeper"  # a reason that starts so is about a file that the fast pass did read
WORDS = {"INFO": "low", "WARNING": "medium", "ERROR": "high", "LOW": "low", "MEDIUM": "medium", "HIGH": "high"}

L = TypeVar("L", Severity, Confidence)


@dataclass(frozen=True, slots=True)
class Source:
    """A suspect and its bytes."""

    suspect: Surface
    content: bytes


@dataclass(frozen=True, slots=True)
class Reading:
    """What the deep pass saw in one source: its matches, and why it was not read to the end."""

    matches: tuple[Behaviour, ...] = ()
    unread: Unread | None = None


def rules_in(extra: Iterable[str]) -> list[Path]:
    """Return our folder of rules and the person's own."""
    return [signatures.folder() / "semgrep", *(Path(one) for one in extra)]


def engine() -> str:
    """Return what tells one engine from another."""
    return _semgrep.version()


def own_digest(extra: Iterable[str]) -> str:
    """Return a digest over the person's own rules; what cannot be read is told when they are used."""
    total = hashlib.sha256()
    for one in extra:
        place = Path(one)
        for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
            if path.is_file():
                content = path.read_bytes()
                total.update(f"{path}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return total.hexdigest()


def sources_of(verdict: Verdict) -> tuple[list[Source], list[Unread]]:
    """Return the suspects that a verdict leaves to the deep pass with their bytes, and which of them cannot be read."""
    pending, artifact, ecosystem = verdict.pending, verdict.artifact, verdict.release.ecosystem
    if pending is None:
        return [], []
    try:
        with (
            open_artifact(pending.path, artifact.filename, ecosystem=ecosystem)
            if artifact is not None
            else open_folder(pending.path)
        ) as opened:
            return _sources_in(opened, pending.suspects)
    except (UnreadableError, OSError) as problem:
        return [], [Unread(one.path, f"{NOT_DEEP}: {problem}") for one in pending.suspects]


def _sources_in(opened: Opened, wanted: Iterable[Surface]) -> tuple[list[Source], list[Unread]]:
    found, lost = [], []
    for one in wanted:
        member = opened.members.get(one.path)
        if member is not None and member.size > MOST_BYTES[language_of(one.path) or "python"]:
            if not one.why.startswith(NOT_READ):  # or it is told already
                lost.append(Unread(one.path, f"{NOT_DEEP}: too large: {member.size:,} bytes"))
            continue
        try:
            found.append(Source(one, opened.read(one.path)))
        except (UnreadableError, KeyError) as problem:
            lost.append(Unread(one.path, f"{NOT_DEEP}: {problem}"))
    return found, lost


def read_deep(sources: Sequence[Source], extra: Sequence[str] = ()) -> list[Reading]:
    """Read all sources in one call; return one reading each.

    Raises UndecidedError for a rule of the person's own that does not work.
    """
    if not sources:
        return []
    texts = [text_of(source) for source in sources]
    with tempfile.TemporaryDirectory(prefix="gatekeeper-deep-") as name:
        folder = Path(name)
        (folder / "src").mkdir()
        copies = {}
        for number, (source, text) in enumerate(zip(sources, texts, strict=True)):
            copy = f"{number:06}.{ending(source.suspect.path)}"
            copies[copy] = number
            (folder / "src" / copy).write_bytes(text.encode("utf-8", "replace"))
        try:
            answer = _semgrep.run(folder, len(copies), rules_in(extra))
        except _semgrep.BrokenRuleError as problem:
            raise UndecidedError(_told(str(problem), extra)) from problem
    seen: dict[int, list[Behaviour]] = {}
    for one in answer.matches:
        at = copies.get(Path(str(one.get("path"))).name)
        if at is not None and len(seen.setdefault(at, [])) < MOST_MATCHES:
            seen[at].append(match_of(one, sources[at], texts[at]))
    unread = {copies[copy]: why for copy, why in answer.unread.items() if copy in copies}
    return [
        Reading(tuple(seen.get(at, ())), _unread(source, answer.trouble or unread.get(at)))
        for at, source in enumerate(sources)
    ]


def _unread(source: Source, why: str | None) -> Unread | None:
    return None if why is None else Unread(source.suspect.path, f"{NOT_DEEP}: {why}")


def ending(path: str) -> str:
    """Return the ending by which the engine knows the language of a copy."""
    if path.lower().endswith((".jsx", ".tsx")):
        return path[-3:].lower()
    return ENDS[language_of(path) or "python"]


def text_of(source: Source) -> str:
    """Return a source's text as its language decodes it, since the engine reads UTF-8 alone."""
    content = source.content
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    encoding = "utf-8-sig"
    if language_of(source.suspect.path) == "python":
        try:
            encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
        except (SyntaxError, LookupError):
            encoding = "utf-8-sig"
    try:
        return content.decode(encoding, "replace")
    except (LookupError, ValueError):  # a codec that makes no text of bytes
        return content.decode("latin-1")


def match_of(told: dict[str, Any], source: Source, text: str) -> Behaviour:
    """Return one match as a fact: code that a rule describes."""
    extra = told.get("extra") or {}
    metadata = extra.get("metadata") or {}
    counts = str(metadata.get("when") or "any")
    start, end = (max(1, int((told.get(key) or {}).get("line") or 1)) for key in ("start", "end"))
    suspect, lines = source.suspect, text.splitlines()
    when = suspect.when if counts == BY_ITSELF else moment_of(suspect, start, end, text)
    snippet = " ".join(lines[start - 1][:1000].split())[:160] if start <= len(lines) else ""
    reason = " ".join(str(extra.get("message", "")).split())[:240]
    attack = metadata.get("attack")
    mark = Mark(
        id=str(told.get("check_id"))[:100],
        family=ANYWHERE if counts == "any" else UNASKED_ONLY,
        severity=_level(Severity, metadata.get("severity") or WORDS.get(str(extra.get("severity"))), Severity.MEDIUM),
        reason=str(metadata.get("reason") or reason)[:400],
        confidence=_level(Confidence, metadata.get("confidence"), Confidence.MEDIUM),
        attack=tuple(str(one) for one in attack[:8]) if isinstance(attack, list) else (),
    )
    return Behaviour("pattern", reason, suspect.path, start, when, snippet, marks=(mark,))


def _level(levels: type[L], word: object, otherwise: L) -> L:
    """Return a level by its word, in whatever case a rule spells it."""
    return levels.__members__.get(str(word).upper(), otherwise)


def moment_of(suspect: Surface, start: int, end: int, text: str) -> When:
    """Return when matched lines run: as the fast pass saw them run, else by whether a function lies around them."""
    for first in (start, start - BEFORE):
        seen = [when for line, when in suspect.lines if first <= line <= end]
        if seen:
            return min(seen, key=ORDER.index)
    if suspect.when in UNASKED and language_of(suspect.path) == "python" and is_in_function(text, start):
        return When.CALL
    return suspect.when


def is_in_function(text: str, line: int) -> bool:
    """Say whether a function lies around a line of Python; False when that cannot be told."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.lineno < line <= (node.end_lineno or 0)
        for node in ast.walk(tree)
    )


def _told(problem: str, extra: Sequence[str]) -> str:
    """Name the file of a rule that does not work: the engine names the rule alone."""
    line = " ".join(problem.split())[:300]
    rule = line.partition(":")[0]
    for folder in extra:
        place = Path(folder)
        for path in sorted(place.rglob("*.y*ml")) if place.is_dir() else [place]:
            try:
                text = path.read_text("utf-8", "replace")
            except OSError as error:
                return f"{path}: the rules cannot be read: {error.strerror}"
            if re.search(rf"\bid:\s*[\"']?{re.escape(rule)}[\"']?\s*$", text, re.MULTILINE):
                return f"{path}: a rule that semgrep does not take: {line}"
    return f"a rule that semgrep does not take: {line}"
