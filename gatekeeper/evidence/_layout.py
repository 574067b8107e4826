"""Where an artifact's modules lie: from dotted names to files, and back."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection  # noqa: TC003 - annotations
from functools import cached_property
from posixpath import dirname, join, normpath

NAMESPACE_DEPTH = 2  # slashes in namespace/package/__init__.py
SOURCE_FOLDERS = ("src", "lib", "python", "source")
# Where a Python imports from, as it lies under the prefix that a wheel's `.data/data` is unpacked to.
UNDER_PREFIX = re.compile(
    r"([^/]+\.data/data/(?:local/)?lib(?:64)?(?:/(?:python|pypy)[^/]*)?(?:/(?:site|dist)-packages)?)/", re.IGNORECASE
)
COMMAND_NAME = re.compile(r"[A-Za-z][\w.-]{1,60}")


class Layout:
    """The members of an artifact as a tree of importable modules."""

    def __init__(self, members: Collection[str]) -> None:
        """Find the folders from which modules are imported: the top, `src` and its like, a wheel's `.data` folders."""
        self.members = frozenset(members)
        tops = {path.split("/", 1)[0] for path in self.members if "/" in path}
        roots = [top for top in SOURCE_FOLDERS if top in tops and f"{top}/__init__.py" not in self.members]
        for top in tops:
            if top.endswith(".data"):
                roots += [f"{top}/{kind}" for kind in ("purelib", "platlib")]
        found = [UNDER_PREFIX.match(path) for path in self.members if ".data/data/" in path]
        roots += {one[1] for one in found if one is not None}
        self.roots: tuple[str, ...] = ("", *sorted(roots))
        self.skipped: frozenset[str] = frozenset()  # folders that are there and were not read

    def import_first(self, folders: tuple[str, ...]) -> None:
        """Import from further folders before all others, as `backend-path` asks."""
        self.roots = tuple(dict.fromkeys((*folders, *self.roots)))

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.members, key=lambda path: (path.count("/"), path)):
            if path.endswith(".py"):
                found[path.removesuffix(".py").removesuffix("/__init__").rpartition("/")[2]].append(path)
        return found

    @cached_property
    def _scripts(self) -> tuple[str, ...]:
        return tuple(sorted(path for path in self.members if ".data/" in path and "/scripts/" in path))

    @cached_property
    def _entry_points(self) -> tuple[str, ...]:
        return tuple(sorted(path for path in self.members if path.endswith("-info/entry_points.txt")))

    def anywhere(self, name: str) -> list[str]:
        """Return every file that a dotted name may mean, from whatever folder it is imported; the highest first."""
        tail = "/" + name.replace(".", "/")
        stems = (f"{tail}.py", f"{tail}/__init__.py")
        return [path for path in self._by_stem.get(tail.rpartition("/")[2], ()) if f"/{path}".endswith(stems)]

    def skipped_of(self, path: str) -> str | None:
        """Return the folder that was not read and holds a path, or None."""
        while path not in self.skipped:
            path = dirname(path)
            if path in {"", "/"}:
                return None
        return path

    def root_of(self, path: str) -> str:
        """Return the folder from which the module in a file is imported."""
        return max((root for root in self.roots if root and path.startswith(root + "/")), key=len, default="")

    def inner(self, path: str) -> str:
        """Return a path as seen from the folder it is imported from."""
        root = self.root_of(path)
        return path[len(root) + 1 :] if root else path

    def module_of(self, path: str) -> str:
        """Return the dotted name of the module in a file."""
        inner = self.inner(path).removesuffix(".py").removesuffix(".pyw").removesuffix("/__init__")
        return inner.replace("/", ".")

    def is_top(self, path: str) -> bool:
        """Say whether a file is a top-level module or the `__init__` of a top-level package."""
        inner = self.inner(path)
        if "/" not in inner:
            return True
        above = dirname(dirname(path))
        package = inner.endswith("/__init__.py")
        namespace = above != "" and f"{above}/__init__.py" not in self.members and inner.count("/") <= NAMESPACE_DEPTH
        return package and (inner.count("/") == 1 or namespace)

    def command(self, name: str, read: Callable[[str], bytes | None]) -> str | None:
        """Return the script that is installed under a name, or the code of the entry point; None when there is none."""
        if not COMMAND_NAME.fullmatch(name):
            return None
        script = next((path for path in self._scripts if path.endswith(f"/scripts/{name}")), None)
        if script is not None:
            return script
        line = re.compile(rf"^{re.escape(name)}\s*=\s*([\w.]+)\s*:\s*(\w+)\s*$", re.MULTILINE)
        for path in self._entry_points:
            match = line.search((read(path) or b"").decode("utf-8", "replace"))
            if match is not None:
                return f"import {match[1]}\n{match[1]}.{match[2]}()"
        return None

    def beside(self, path: str, other: str) -> str:
        """Return a path relative to a file's folder, normalised; an empty text when it leaves the artifact."""
        whole = normpath(join(dirname(path), other))
        return "" if whole.startswith(("..", "/")) else whole

    def resolve(self, name: str, level: int, path: str, module: str) -> str | None:
        """Return the file of an imported module, or None when it lies outside the artifact."""
        if level:
            base = module if path.endswith("__init__.py") else module.rpartition(".")[0]
            for _ in range(level - 1):
                base = base.rpartition(".")[0]
            name = f"{base}.{name}" if name and base else base or name
            return self._file(self.root_of(path), name)
        for root in dict.fromkeys((self.root_of(path), *self.roots)):
            found = self._file(root, name)
            if found is not None:
                return found
        return None

    def _file(self, root: str, name: str) -> str | None:
        stem = join(root, name.replace(".", "/")) if name else root
        for candidate in (f"{stem}.py", f"{stem}/__init__.py" if stem else "__init__.py"):
            if candidate in self.members:
                return candidate
        return None
