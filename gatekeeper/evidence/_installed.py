"""Which files of a source tree end up where Python imports from? Told from what its packaging files declare.

The answer serves to leave aside what lies in an sdist and is never installed: scripts of its authors, a bootstrap.
Where the text of the packaging files does not tell, nothing is left aside.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from posixpath import normpath
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._packaging import ini_of, table_of, toml_of
from gatekeeper.evidence._setup_words import Finder, SetupWords, UntoldError, setup_words

if TYPE_CHECKING:
    from gatekeeper.evidence._layout import Layout

PACKAGING = frozenset({"setup.py", "setup.cfg", "pyproject.toml"})
SETUPTOOLS = ("setuptools", "distutils")
# What a command class must not replace if what is declared is to be what is installed.
PLACING = words("install install_lib install_data build build_py bdist_wheel bdist_egg develop")
# setuptools looks for modules by itself when none are declared, and never takes these (discovery.py).
NEVER_FOUND = words(
    """
    setup conftest test tests example examples build toxfile noxfile pavement dodo tasks fabfile conanfile manage
    benchmark benchmarks exercise exercises
    """
)
# A setup.py that says where Python imports from may put anything there.
PLACES = (b"site-packages", b"dist-packages", b"get_python_lib", b"getsitepackages", b"purelib", b"platlib")
Read = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Installed:
    """The folders (with a slash at their end) and files that are installed, and the files installed as commands."""

    places: frozenset[str]
    commands: frozenset[str] = frozenset()
    some_commands: bool = False  # there are commands that the text does not name

    def holds(self, path: str) -> bool:
        """Say whether a file may be imported once the tree is installed."""
        return any(path == one or (one.endswith("/") and path.startswith(one)) or one == "/" for one in self.places)

    def is_command(self, path: str) -> bool:
        """Say whether a file may be installed as a command."""
        return path in self.commands or self.some_commands


def installed(layout: Layout, read: Read) -> Installed | None:
    """Return what a source tree installs, or None when its packaging files do not say it plainly."""
    if not PACKAGING & layout.members:
        return None
    project = toml_of(read, layout)
    backend = table_of(project, "build-system").get("build-backend") or SETUPTOOLS[0]
    if table_of(project, "build-system").get("backend-path") or not isinstance(backend, str):
        return None
    try:
        found = _Declared(layout)
        if "setup.py" in layout.members or backend.startswith(SETUPTOOLS):
            found.of_setuptools(project, read)
        if not backend.startswith(SETUPTOOLS):
            found.of_backend(backend, project)
        return found.result()
    except UntoldError:
        return None


class _Declared:
    """Collects the declarations of one tree."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.places: set[str] = set()
        self.commands: set[str] = set()
        self.some_commands = False
        self.folders: dict[str, str] = {}

    def result(self) -> Installed:
        if not self.places or "" in self.places:  # nothing, or the top of the tree is itself a package
            raise UntoldError
        return Installed(frozenset(self.places), frozenset(self.commands), self.some_commands)

    def of_setuptools(self, project: dict[str, Any], read: Read) -> None:
        """Take the declarations of setup.py, setup.cfg and pyproject.toml together."""
        packages: list[str] = []
        modules: list[str] = []
        finders: list[Finder] = []
        for source in (self._of_setup_py, self._of_setup_cfg):
            found = source(read)
            packages, modules, finders = packages + found[0], modules + found[1], finders + found[2]
        found = self._of_pyproject(table_of(table_of(project, "tool"), "setuptools"))
        packages, modules, finders = packages + found[0], modules + found[1], finders + found[2]
        for finder in finders:
            self._look(finder)
        for name in packages:
            self._package(name)
        self.places.update(f"{self._folder('')}{name.replace('.', '/')}.py" for name in modules)
        if not (packages or modules or finders):
            self._automatic()

    def _of_setup_py(self, read: Read) -> tuple[list[str], list[str], list[Finder]]:
        content = read("setup.py") if "setup.py" in self.layout.members else b""
        words = setup_words(parsed(content or b""))
        if "setup.py" in self.layout.members and (not words.calls or words.given["reflection"]):
            raise UntoldError
        if any(word in (content or b"") for word in PLACES):
            raise UntoldError
        words.pairs("**")
        if PLACING & set(words.pairs("cmdclass")):
            raise UntoldError
        self._scripts(words)
        for node in words.given["package_dir"]:
            folders = SetupWords({"package_dir": [node]}, words.names).pairs("package_dir")
            self.folders.update({name: words.text(folder) for name, folder in folders.items()})
        self._files(words)
        packages, finders = words.texts("packages")
        modules, others = words.texts("py_modules")
        return packages, modules, finders + others

    def _scripts(self, words: SetupWords) -> None:
        try:
            self.commands.update(normpath(one) for one in words.texts("scripts")[0])
        except UntoldError:
            self.some_commands = True

    def _files(self, words: SetupWords) -> None:
        """Take every Python file that is named as data or as an extension's source for installed."""
        for node in [*words.given["data_files"], *words.given["ext_modules"]]:
            for one in ast.walk(node):
                if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value.endswith(".py"):
                    self.places.add(normpath(one.value))

    def _of_setup_cfg(self, read: Read) -> tuple[list[str], list[str], list[Finder]]:
        if "setup.cfg" not in self.layout.members:
            return [], [], []
        parser = ini_of(read("setup.cfg"))
        options = {name: dict(parser.items(name)) for name in parser.sections()}
        mine = {key.replace("-", "_"): value or "" for key, value in options.get("options", {}).items()}
        for line in lines_of(mine.get("package_dir", "")):
            name, _, folder = line.partition("=")
            self.folders[name.strip()] = folder.strip()
        self.commands.update(normpath(one) for one in lines_of(mine.get("scripts", "")))
        packages = lines_of(mine.get("packages", "")) + lines_of(options.get("files", {}).get("packages", "") or "")
        modules = lines_of(mine.get("py_modules", "")) + lines_of(options.get("files", {}).get("modules", "") or "")
        finders = []
        if packages and packages[0].startswith("find"):
            found = options.get("options.packages.find", {})
            where = lines_of(found.get("where") or "") or [""]
            include, exclude = lines_of(found.get("include") or ""), lines_of(found.get("exclude") or "")
            spaces = packages[0].startswith("find_namespace")
            finders = [Finder(one, tuple(include), tuple(exclude), spaces) for one in where]
            packages = []
        return packages, modules, finders

    def _of_pyproject(self, table: dict[str, Any]) -> tuple[list[str], list[str], list[Finder]]:
        self.folders.update({str(name): str(folder) for name, folder in table_of(table, "package-dir").items()})
        self.commands.update(normpath(one) for one in texts_of(table.get("script-files")))
        packages, modules = table.get("packages"), table.get("py-modules")
        finders = []
        if isinstance(packages, dict) and isinstance(packages.get("find"), dict):
            found = packages["find"]
            include, exclude = texts_of(found.get("include")), texts_of(found.get("exclude"))
            spaces = found.get("namespaces") is not False
            finders = [Finder(one, include, exclude, spaces) for one in texts_of(found.get("where")) or ("",)]
        return list(texts_of(packages)), list(texts_of(modules)), finders

    def of_backend(self, backend: str, project: dict[str, Any]) -> None:
        """Take the declarations for backends that are known; others say nothing that is understood."""
        tool, name = table_of(project, "tool"), table_of(project, "project").get("name")
        if backend.startswith("flit"):
            flit = table_of(tool, "flit")
            name = table_of(flit, "module").get("name") or table_of(flit, "metadata").get("module") or name
            names = [name.replace("-", "_").replace(".", "/")] if isinstance(name, str) else []
        elif backend.startswith(("poetry.", "poetry_core")):
            poetry = table_of(tool, "poetry")
            if poetry.get("include") or poetry.get("packages"):
                raise UntoldError
            name = poetry.get("name") or name
            names = [name.replace("-", "_").replace(".", "_")] if isinstance(name, str) else []
        else:
            raise UntoldError
        stems = [f"{folder}{one}" for one in names for folder in ("", "src/")]
        members = self.layout.members
        present = [one for one in stems if f"{one}.py" in members or f"{one}/__init__.py" in members]
        if not present:
            raise UntoldError
        for stem in present:
            self.places.update({f"{stem}.py", f"{stem}/"})

    def _folder(self, package: str) -> str:
        """Return the folder of a package, as distutils finds it, with a slash at its end unless it is the top."""
        parts = package.split(".") if package else []
        for end in range(len(parts), -1, -1):
            name = ".".join(parts[:end])
            if name in self.folders:
                return slashed("/".join([self.folders[name], *parts[end:]]))
        return slashed("/".join(parts))

    def _package(self, name: str) -> None:
        if name.strip(".") == "" or "*" in name:
            raise UntoldError
        self.places.add(self._folder(name.replace("/", ".")))

    def _look(self, finder: Finder) -> None:
        where = slashed(finder.where)
        for path in self.layout.members:
            if not path.startswith(where) or "/" not in path[len(where) :]:
                continue
            top = path[len(where) :].partition("/")[0]
            if not finder.namespaces and f"{where}{top}/__init__.py" not in self.layout.members:
                continue
            taken = not finder.include or any(fnmatchcase(top, one.partition(".")[0]) for one in finder.include)
            if taken and not any(fnmatchcase(top, one) for one in finder.exclude):
                self.places.update({f"{where}{top}/", self._folder(top)})

    def _automatic(self) -> None:
        """Take what setuptools may find when nothing is declared."""
        tops = {path.partition("/")[0] for path in self.layout.members}
        if "__init__.py" in tops:
            raise UntoldError
        if "src" in tops and not self.folders:
            self.places.add("src/")
        for top in tops:
            stem = top.removesuffix(".py")
            if stem not in NEVER_FOUND and not stem.startswith("_"):
                self.places.update({top} if top.endswith(".py") else {f"{top}/"})


def parsed(content: bytes) -> ast.Module:
    """Parse a setup.py; raise UntoldError when it is no Python that this one reads."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UntoldError from None


def slashed(folder: str) -> str:
    """Return a folder with a slash at its end; an empty text for the top."""
    plain = normpath(folder.replace("\\", "/")).strip("/") if folder else ""
    return "" if plain in {"", "."} else f"{plain}/"


def lines_of(text: str) -> list[str]:
    """Return the words of a setup.cfg list."""
    return [one.strip() for one in text.replace(",", "\n").splitlines() if one.strip()]


def texts_of(value: object) -> tuple[str, ...]:
    """Return the texts of a TOML list."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
