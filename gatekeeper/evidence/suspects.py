"""Which files deserve a deeper reading: code that runs unasked, can act, and that nothing found so far settles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.errors import UnreadableError
from gatekeeper.model import FIRST, UNASKED, Confidence, Severity, Surface, When

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from gatekeeper.model import Behaviour, Evidence, Finding, Unread

ORDER = tuple(When)
LANGUAGES = {
    "python": (".py", ".pyw", ".pth"),
    "javascript": (".js", ".cjs", ".mjs", ".jsx"),
    "typescript": (".ts", ".cts", ".mts", ".tsx"),
    "bash": (".sh", ".bash"),
}
CANNOT_RUN = "does not parse"
NOT_READ = "not read to the end"
RUNS = "runs unasked: "
SHELL = "a shell script that runs unasked"
ONLY_EXEC = f"{RUNS}exec"
KNOWN = "of known code"
ONLY_KNOWN = f"{ONLY_EXEC} {KNOWN}"
# One of these in code that runs unasked is half of a chain; the other half may be where only values lead.
HALVES = frozenset({"exec", "network", "send", "lookup", "socket-shell", "capture"})
# What a value that is run may come from. Running computed code is an everyday thing (a version file, a template); a
# file that only does that, and holds no word of where hidden or fetched code would come from, is left alone.
ORIGINS = re.compile(
    rb"urlopen|requests\.(?:get|post|request|Session)|httpx\.|urllib3\.|aiohttp\.|fetch\(|axios|https?\.(?:get|request)"
    rb"|recv\(|getresponse|resolver|resolveTxt|retrbinary|WebSocket|(?:base|[ab])(?:16|32|64|85)|atob|fromhex|'hex'|\"hex\""
    rb"|unhexlify|decompress|inflate|marshal|decipher|\bchr\(|fromCharCode|fromCodePoint|\^=|\w \^ \w|\.to_bytes\("
    rb"|struct\.pack|\.index\(|indexOf\(|seek\(|read_bytes|\.read\(\)\[|\[::-1\]|get_data|subarray|Proxy\("
    rb"|EventEmitter|EventTarget|postMessage\(|WebAssembly|\bcurl\b|\bwget\b|\bxxd\b|\bdd if="
)
# Known code was read; unless what was known changed in between, letter by letter.
CHANGES = re.compile(rb"\^=|\w \^ \w|bytearray|append\(chr\(|\+= ?chr\(|fromCharCode|fromCodePoint")
BY_VALUE = frozenset({"network", "decoded", "lookup"})  # origins that make code which waits for a call worth a look
WORDS = {ONLY_EXEC: ORIGINS, SHELL: ORIGINS, ONLY_KNOWN: CHANGES}
MOST_SUSPECTS = 48  # files of one artifact
MOST_LINES = 400  # places at which a file acts


def suspects(evidence: Evidence, findings: Iterable[Finding], read: Callable[[str], bytes]) -> tuple[Surface, ...]:
    """Return the files that the fast pass neither clears nor settles; few, because the deep pass costs far more.

    `read` returns a file's bytes, or raises UnreadableError.
    """
    settled = {one.file for one in findings if is_settling(one)}
    surfaces = {surface.path: surface for surface in evidence.surfaces}
    by_file: dict[str, list[Behaviour]] = {}
    for one in evidence.behaviours:
        by_file.setdefault(one.file, []).append(one)
    reasons = {path: why for path, seen in by_file.items() if (why := halves_in(seen)) is not None}
    for unread in evidence.unread:
        if unread.path in surfaces and may_hide(unread, surfaces[unread.path].when):
            reasons.setdefault(unread.path, f"{NOT_READ}: {unread.reason}")
    for path, surface in surfaces.items():
        if surface.when in FIRST and language_of(path) == "bash":
            reasons.setdefault(path, SHELL)
    found = (
        suspect(surfaces[path], by_file.get(path, ()), why)
        for path, why in reasons.items()
        if path in surfaces and path not in settled and language_of(path) is not None
        if why not in WORDS or _holds(WORDS[why], path, read)
    )
    return tuple(sorted(found, key=lambda one: (ORDER.index(one.when), one.path))[:MOST_SUSPECTS])


def everything(evidence: Evidence, paths: Collection[str]) -> tuple[Surface, ...]:
    """Return every source file that can be read deeper."""
    surfaces = {surface.path: surface for surface in evidence.surfaces}
    by_file: dict[str, list[Behaviour]] = {}
    for one in evidence.behaviours:
        by_file.setdefault(one.file, []).append(one)
    return tuple(_all_of(paths, surfaces, by_file))


def _all_of(
    paths: Collection[str], surfaces: dict[str, Surface], by_file: dict[str, list[Behaviour]]
) -> Iterator[Surface]:
    for path in sorted({*paths, *surfaces}):
        if language_of(path) is None or path not in paths:
            continue
        if path in surfaces:
            yield suspect(surfaces[path], by_file.get(path, ()), "everything was asked for")
        else:
            yield Surface(path, When.NEVER, "everything was asked for")


def may_hide(unread: Unread, when: When) -> bool:
    """Say whether what was not read to the end runs unasked; a module that does not parse stops its own importer."""
    return when in UNASKED and not (when is When.IMPORT and unread.reason.startswith(CANNOT_RUN))


def _holds(words: re.Pattern[bytes], path: str, read: Callable[[str], bytes]) -> bool:
    """Say whether a file holds one of some words; one that cannot be read may."""
    try:
        return words.search(read(path)) is not None
    except (UnreadableError, KeyError):
        return True


def is_settling(finding: Finding) -> bool:
    """Say whether a finding already stops the release, so that nothing more needs to be known of its file."""
    return finding.when in UNASKED and finding.severity >= Severity.HIGH and finding.confidence >= Confidence.MEDIUM


def halves_in(seen: Iterable[Behaviour]) -> str | None:
    """Return what in a file may be half of a chain, or None."""
    seen = list(seen)
    unasked = {one.kind for one in seen if one.when in UNASKED}
    halves = sorted(unasked & HALVES)
    if (
        halves == ["exec"]
        and "decode" not in unasked
        and all(one.detail.endswith(KNOWN) for one in seen if one.kind == "exec")
    ):
        return ONLY_KNOWN
    if "spawn" in unasked and any(one.kind == "decode" for one in seen):
        halves.append("spawn and decode")
    if any(one.kind == "exec" and BY_VALUE & set(one.taints) for one in seen):
        halves.append("exec")
    return f"{RUNS}{', '.join(dict.fromkeys(halves))}" if halves else None


def suspect(surface: Surface, seen: Iterable[Behaviour], why: str) -> Surface:
    """Return a suspect with the lines at which it acts, and when each of them runs."""
    lines: dict[int, When] = {}
    for one in seen:
        known = lines.get(one.line)
        if known is None or ORDER.index(one.when) < ORDER.index(known):
            lines[one.line] = one.when
    return Surface(surface.path, surface.when, why, tuple(sorted(lines.items()))[:MOST_LINES])


def language_of(path: str) -> str | None:
    """Return the language that a file's name tells, of those that are read deeper."""
    name = path.rpartition("/")[2].lower()
    return next((language for language, ends in LANGUAGES.items() if name.endswith(ends)), None)
