"""A package.json of the person's own: what it depends on and where each line stands, workspaces included.

https://docs.npmjs.com/cli/configuring-npm/package-json
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
# What npm's patterns mean by these, pathlib's do not.
ODD = re.compile(r"[()\[\]\\]|\{[^{}]*\{|\.\.[^/]*\}|\{[^{},]*\}|^#")
BRACES = re.compile(r"\{([^{}]*)\}")
DEEPEST = 64
MOST_FOLDERS = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line: a name, the spec beside it, and where it stands (a file, its 1-based line)."""

    name: str
    spec: str
    file: Path
    line: int
    override: bool = False


@dataclass(frozen=True, slots=True)
class Manifest:
    """One package.json: the folder it stands in, what it says, and its text."""

    folder: Path
    said: dict[str, Any]
    text: str

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.folder / "package.json"

    def wanted(self) -> Iterator[Wanted]:
        """Yield every dependency and override."""
        for section in DEPENDENCIES:
            table = self.said.get(section)
            for name, spec in table.items() if isinstance(table, dict) else ():
                if isinstance(spec, str):
                    yield Wanted(name, spec, self.path, self.line_of(name, spec))
        overrides = self.said.get("overrides")
        if isinstance(overrides, dict):
            yield from self._overrides(overrides)

    def _overrides(self, table: dict[str, Any], depth: int = 0) -> Iterator[Wanted]:
        for key, value in table.items():
            name = key.rpartition("@")[0] or key
            if isinstance(value, dict) and depth < DEEPEST:
                yield from self._overrides(value, depth + 1)
            elif isinstance(value, str) and not value.startswith("$"):  # `$name` means a direct dependency's spec
                yield Wanted(name, value, self.path, self.line_of(key, value), override=True)

    def line_of(self, name: str, spec: str) -> int:
        """Return the line on which a name and its spec stand; 1 when they are written in some unusual way."""
        pair = re.escape(json.dumps(name)) + r"\s*:\s*" + re.escape(json.dumps(spec))
        found = re.search(pair, self.text) or re.search(re.escape(json.dumps(name)) + r"\s*:", self.text)
        return self.text.count("\n", 0, found.start()) + 1 if found else 1

    @property
    def workspaces(self) -> list[str]:
        """The patterns of its workspaces' folders."""
        said = self.said.get("workspaces")
        if isinstance(said, dict):  # as yarn writes it, and npm reads it
            said = said.get("packages")
        return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []


def read_manifest(folder: Path) -> Manifest | None:
    """Read the package.json of a folder; None when there is none.

    Raises UsageError, naming the line, when it cannot be read: npm could not either.
    """
    path = folder / "package.json"
    try:
        text = path.read_text("utf-8-sig", "surrogateescape")
        said = json.loads(text)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    except ValueError as problem:
        raise UsageError(f"{path}:{getattr(problem, 'lineno', 1)}: not JSON: {problem}") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply") from None
    return Manifest(folder, said if isinstance(said, dict) else {}, text)


def workspaces_of(root: Manifest) -> list[Manifest]:
    """Read the package.json of every workspace of a root; UsageError for a pattern that we may read otherwise."""
    found: dict[Path, Manifest] = {}
    for written in root.workspaces:
        plain = written.lstrip("!")
        if ODD.search(plain) or written.count("!") != len(written) - len(plain):
            raise UsageError(
                f"{root.path}:{root.line_of('workspaces', written)}: the pattern `{written}` is not understood",
                hint="name the folders, or use * and ? and {a,b} only",
            )
        folders = {each for pattern in _choices(plain) for each in _matching(root.folder, _cut(pattern))}
        for folder in sorted(folders - {root.folder}):
            if (len(written) - len(plain)) % 2:
                found.pop(folder, None)
            elif (manifest := read_manifest(folder)) is not None:
                found[folder] = manifest
    return list(found.values())


def _cut(pattern: str) -> str:
    return pattern.removeprefix("./").strip("/")


def _choices(pattern: str) -> Iterator[str]:
    """Write out a pattern's {a,b}."""
    match = BRACES.search(pattern)
    if match is None:
        yield pattern
        return
    for choice in match[1].split(","):
        yield from _choices(pattern[: match.start()] + choice + pattern[match.end() :])


def _matching(root: Path, pattern: str) -> Iterator[Path]:
    if not pattern or ".." in Path(pattern).parts:
        folder = (root / pattern).resolve()
        if folder.is_dir():
            yield folder
        return
    for seen, each in enumerate(root.glob(pattern)):
        if seen > MOST_FOLDERS:
            raise UsageError(f"{root}: its workspaces match more than {MOST_FOLDERS} folders")
        if each.is_dir() and "node_modules" not in each.parts[len(root.parts) :]:
            yield each


def find_root(folder: Path) -> tuple[Path, bool]:
    """Return the folder that npm works in, and whether it is the root of a workspace that `folder` is in.

    The nearest folder upwards with a package.json or node_modules; the root above it that names it as a workspace.
    """
    near = next((each for each in (folder, *folder.parents) if _is_project(each)), folder)
    for above in near.parents:
        manifest = read_manifest(above) if (above / "package.json").is_file() else None
        if manifest is not None and any(near == each.folder for each in workspaces_of(manifest)):
            return above, True
    return near, False


def _is_project(folder: Path) -> bool:
    return (folder / "package.json").is_file() or (folder / "node_modules").is_dir()
