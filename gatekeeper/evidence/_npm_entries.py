"""Tell which JavaScript files of a package run when it is imported, and which when its commands are called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator  # noqa: TC003 - annotations
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.evidence._npm_manifest import Manifest

ENDINGS = (
    "",
    ".js",
    ".cjs",
    ".mjs",
    ".json",
    ".node",
    ".jsx",
    ".ts",
    "/index.js",
    "/index.cjs",
    "/index.mjs",
    "/index.json",
)
CODE = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
TYPES = (".d.ts", ".d.mts", ".d.cts")
FIELDS = ("main", "module", "browser", "jsnext:main", "esnext", "unpkg", "jsdelivr", "react-native", "source")
NAMED = ("main", "module", "browser", "jsnext:main", "react-native")
# A text that names another file of the package; whoever writes it may well load it. Searched from its first plain
# letters, since a pattern that starts with a choice of quotes takes ten times as long.
NEAR = re.compile(rb"""\./[^"'`\s\\]{0,200}""")
FOLDERS = tuple((quote + dots + quote, dots) for quote in (b'"', b"'", b"`") for dots in (b".", b".."))
QUOTES = frozenset(b"\"'`")
# A name that is put together when the code runs may be any file below.
COMPUTED = (
    re.compile(rb"""require\s*\(\s*(?!["'`)\s])|require\s*\(\s*["'`][^"'`]*["'`]\s*\+"""),
    re.compile(rb"""import\s*\(\s*(?!["'`)\s])"""),
)
SET_ASIDE = frozenset(
    {"test", "tests", "__tests__", "spec", "specs", "docs", "doc", "example", "examples", "benchmark", "benchmarks",
     "coverage", "demo", "demos", "fixtures", "node_modules", "website", "man"}
)  # fmt: skip
MOST_FILES = 5000  # that are asked what they load
MOST_PATTERNS = 50  # names with a * in one `exports`
MOST_FOLDERS = 100  # of which everything is taken, because a name is computed
MOST_ENTRIES = 500  # names in one `exports`
MOST_NAMES = 2000
MOST_SCANNED = 4 << 20  # bytes of one file


def entry_files(manifest: Manifest, members: Collection[str]) -> Iterator[str]:
    """Yield the members that importing a package may load first."""
    seen: set[str] = set()
    patterns = 0
    for name in _entry_names(manifest):
        patterns += "*" in name
        if "*" in name and patterns > MOST_PATTERNS:
            continue
        for path in members_named(manifest.folder, name, members):
            if path not in seen:
                seen.add(path)
                yield path


def _entry_names(manifest: Manifest) -> Iterator[str]:
    exports = manifest.table.get("exports")
    for field in NAMED:
        value = manifest.table.get(field)
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict) and field == "browser":
            yield from (one for one in list(value.values())[:MOST_ENTRIES] if isinstance(one, str))
    yield from exported(exports)
    yield "."


def exported(exports: Any) -> Iterator[str]:  # noqa: ANN401 - whatever stands in a package.json
    """Yield every file named in `exports`, under whatever condition."""
    pending, count = [exports], 0
    while pending and count < MOST_ENTRIES:
        one = pending.pop()
        count += 1
        if isinstance(one, str) and not one.endswith(TYPES):
            yield one
        elif isinstance(one, dict):
            pending.extend(value for key, value in one.items() if key != "types")
        elif isinstance(one, list):
            pending.extend(one)


def members_named(folder: str, name: str, members: Collection[str]) -> Iterator[str]:
    """Yield the members that a name of a package.json means, which may hold a *."""
    if "*" in name:
        head = normpath(join(folder, name.partition("*")[0] + "x"))[:-1]
        tail = name.rpartition("*")[2]
        yield from [path for path in members if path.startswith(head) and path.endswith(tail)][:MOST_ENTRIES]
        return
    found = resolve(folder, name, members)
    if found is not None:
        yield found


def resolve(folder: str, name: str, members: Collection[str]) -> str | None:
    """Return the member that node loads for a name seen from a folder, or None."""
    whole = normpath(join(folder, name.lstrip("/"))) if name not in {"", "."} else normpath(folder or ".")
    if whole.startswith(".."):
        return None
    base = "" if whole == "." else whole
    for ending in ENDINGS:
        path = (base + ending).lstrip("/")
        if path in members:
            return path
    return None


def command_files(manifest: Manifest, members: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield the commands that a package installs: name and member."""
    for name, path in list(manifest.commands.items())[:MOST_ENTRIES]:
        yield name, resolve(manifest.folder, path, members) or ""
    folder = manifest.mapping("directories").get("bin")
    if isinstance(folder, str) and not manifest.commands:
        inside = normpath(join(manifest.folder, folder)) + "/"
        for path in [path for path in members if path.startswith(inside)][:MOST_ENTRIES]:
            yield path.rpartition("/")[2], path


def reached(
    starts: Collection[str], folder: str, members: Collection[str], read: Callable[[str], bytes | None]
) -> list[str]:
    """Return the files that some first files load, directly or through others, in the order they are met."""
    found: dict[str, None] = dict.fromkeys(starts)
    pending = list(found)
    opened: set[str] = set()
    while pending and len(found) < MOST_FILES:
        path = pending.pop(0)
        if not is_code(path):
            continue
        content = read(path)
        if content is None or len(content) > MOST_SCANNED:
            continue
        more = [resolve(dirname(path), name, members) for name in names_near(content)[:MOST_NAMES]]
        if len(opened) < MOST_FOLDERS and dirname(path) not in opened and any(one.search(content) for one in COMPUTED):
            opened.add(dirname(path))
            more += list(_below(dirname(path), folder, members))
        for one in more:
            if one is not None and one not in found:
                found[one] = None
                pending.append(one)
    return [path for path in found if is_code(path) and not path.endswith(TYPES)]


def is_code(path: str) -> bool:
    """Say whether Node reads a file as code: what has no suffix, too."""
    return path.endswith(CODE) or "." not in path.rpartition("/")[2]


def names_near(content: bytes) -> list[str]:
    """Return the relative names that stand in a file as texts of their own, each once."""
    found: dict[bytes, None] = {dots: None for text, dots in FOLDERS if text in content}
    for match in NEAR.finditer(content):
        start, end = match.span()
        start -= content[start - 1 : start] == b"."
        quote = content[start - 1 : start]
        if quote and quote[0] in QUOTES and content[end : end + 1] == quote:
            found[content[start:end]] = None
    return [name.decode("utf-8", "replace") for name in found]


def _below(folder: str, package: str, members: Collection[str]) -> Iterator[str]:
    """Yield the code below a folder that a computed name may mean."""
    start = f"{folder}/" if folder else ""
    if folder == package:  # from the top, anything might be meant: only what lies beside is taken
        yield from (
            path for path in members if path.startswith(start) and path.endswith(CODE) and "/" not in path[len(start) :]
        )
        return
    for path in members:
        if path.startswith(start) and path.endswith(CODE) and not SET_ASIDE & set(path[len(start) :].split("/")[:-1]):
            yield path
