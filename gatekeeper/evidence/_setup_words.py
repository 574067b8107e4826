"""What setup.py hands to setup(), as far as its text alone says so; nothing of it is run."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field

LISTS = frozenset({"packages", "py_modules", "scripts"})
WORDS = LISTS | {"package_dir", "cmdclass", "data_files", "ext_modules"}
FINDERS = {
    "find_packages": False,
    "find_namespace_packages": True,
    "PackageFinder.find": False,
    "PEP420PackageFinder.find": True,
    "find_namespace": True,
}
CONTAINERS = frozenset({"list", "tuple", "set", "sorted"})
GROWING = frozenset({"append", "extend", "insert", "add", "update"})
REFLECTION = frozenset({"setattr", "object.__setattr__"})
PLAIN = frozenset({"sys", "os", "self", "cls"})  # whose attributes are nothing that setup() is given
MOST_DEPTH = 12


class UntoldError(Exception):
    """The text alone does not say what a word stands for."""


@dataclass(frozen=True, slots=True)
class Finder:
    """A call of find_packages: where it looks, and the patterns of what it takes and leaves out."""

    where: str = ""
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    namespaces: bool = False


@dataclass(slots=True)
class SetupWords:
    """Everything that setup.py gives anywhere under the names of setup()'s words, whatever the way it takes."""

    given: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    names: dict[str, list[ast.expr]] = field(default_factory=lambda: defaultdict(list))
    calls: int = 0  # of setup()

    def texts(self, word: str) -> tuple[list[str], list[Finder]]:
        """Return all texts and finders that a word may stand for; raise UntoldError when the text does not say."""
        found: list[str] = []
        finders: list[Finder] = []
        for node in self.given[word]:
            self._collect(node, found, finders, 0)
        return found, finders

    def pairs(self, word: str) -> dict[str, ast.expr]:
        """Return a mapping's text keys and what each stands for; raise UntoldError when the text does not say."""
        found: dict[str, ast.expr] = {}
        for node in self.given[word]:
            self._pairs(node, found, 0)
        return found

    def text(self, node: ast.expr) -> str:
        """Return what one expression stands for, when that is one text."""
        found: list[str] = []
        self._collect(node, found, [], 0)
        if len(found) != 1:
            raise UntoldError
        return found[0]

    def _collect(self, node: ast.expr, found: list[str], finders: list[Finder], depth: int) -> None:
        if depth > MOST_DEPTH:
            raise UntoldError
        if isinstance(node, ast.Constant):
            found.extend([node.value] if isinstance(node.value, str) else [])
            return
        if isinstance(node, ast.Call):
            self._collect_call(node, found, finders, depth)
            return
        for part in self._parts(node):
            self._collect(part, found, finders, depth + 1)

    def _parts(self, node: ast.expr) -> list[ast.expr]:
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return [one.value if isinstance(one, ast.Starred) else one for one in node.elts]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [node.left, node.right]
        if isinstance(node, ast.IfExp):
            return [node.body, node.orelse]
        if isinstance(node, ast.BoolOp):
            return node.values
        if isinstance(node, ast.Name) and node.id in self.names:
            return self.names[node.id]
        raise UntoldError

    def _collect_call(self, node: ast.Call, found: list[str], finders: list[Finder], depth: int) -> None:
        name = ast.unparse(node.func)
        kind = next((kind for end, kind in FINDERS.items() if name == end or name.endswith("." + end)), None)
        if kind is not None:
            finders.append(self._finder(node, kind))
        elif name in CONTAINERS and len(node.args) == 1 and not node.keywords:
            self._collect(node.args[0], found, finders, depth + 1)
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "split" and not node.args:
            found.extend(self.text(node.func.value).split())
        else:
            raise UntoldError

    def _finder(self, node: ast.Call, namespaces: bool) -> Finder:
        values = dict(zip(("where", "exclude", "include"), node.args, strict=False))
        values.update({word.arg: word.value for word in node.keywords if word.arg})
        where = self.text(values["where"]) if "where" in values else ""
        return Finder(where, self._patterns(values.get("include")), self._patterns(values.get("exclude")), namespaces)

    def _patterns(self, node: ast.expr | None) -> tuple[str, ...]:
        """Return patterns, none when they are not told: then nothing is left out."""
        found: list[str] = []
        try:
            if node is not None:
                self._collect(node, found, [], 0)
        except UntoldError:
            return ()
        return tuple(found)

    def _pairs(self, node: ast.expr, found: dict[str, ast.expr], depth: int) -> None:
        if isinstance(node, ast.Dict) and depth < MOST_DEPTH:
            for key, value in zip(node.keys, node.values, strict=True):
                if key is None:
                    self._pairs(value, found, depth + 1)
                else:
                    found[self.text(key)] = value
        elif isinstance(node, ast.Name) and node.id in self.names and depth < MOST_DEPTH:
            for value in self.names[node.id]:
                self._pairs(value, found, depth + 1)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "dict" and not node.args:
            found.update({word.arg: word.value for word in node.keywords if word.arg is not None})
            if any(word.arg is None for word in node.keywords):
                raise UntoldError
        else:
            raise UntoldError


def setup_words(tree: ast.Module) -> SetupWords:
    """Collect what a setup.py gives to setup()."""
    words = SetupWords()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            _note_call(words, node)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                _note_target(words, target, node.value)
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and node.value is not None:
            _note_target(words, node.target, node.value)
        elif isinstance(node, ast.Dict):
            _note_dict(words, node)
        elif isinstance(node, (ast.For, ast.comprehension, ast.NamedExpr, ast.withitem, ast.arg)):
            _note_bound(words, node)
    return words


def _note_call(words: SetupWords, node: ast.Call) -> None:
    name = ast.unparse(node.func) if isinstance(node.func, (ast.Name, ast.Attribute)) else ""
    is_setup = name == "setup" or name.endswith((".setup", ".setup_keywords"))
    words.calls += is_setup
    for word in node.keywords:
        if word.arg in WORDS:
            words.given[word.arg].append(word.value)
        elif word.arg is None and is_setup and not _is_plain_dict(word.value):
            words.given["**"].append(word.value)
    method = name.rpartition(".")[2]
    if isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name) and method in GROWING:
        words.names[node.func.value.id].extend(node.args)
        words.names[node.func.value.id].extend(word.value for word in node.keywords if word.arg is None)
    if name in REFLECTION and not (node.args and isinstance(node.args[0], ast.Name) and node.args[0].id in PLAIN):
        words.given["reflection"].append(node)


def _is_plain_dict(node: ast.expr) -> bool:
    return isinstance(node, ast.Dict) and all(isinstance(key, ast.Constant) for key in node.keys)


def _note_target(words: SetupWords, target: ast.expr, value: ast.expr) -> None:
    if isinstance(target, ast.Name):
        words.names[target.id].append(value)
    elif isinstance(target, (ast.Tuple, ast.List)):
        for one in target.elts:
            _note_target(words, one, ast.Call(ast.Name("unpacked"), [], []))
    elif isinstance(target, ast.Attribute) and target.attr in WORDS:
        words.given[target.attr].append(value)
    elif isinstance(target, ast.Subscript):
        key = target.slice
        if isinstance(key, ast.Constant) and key.value in WORDS:
            words.given[str(key.value)].append(value)
        if isinstance(target.value, ast.Name) and isinstance(value, ast.expr):
            words.names[target.value.id].append(ast.Dict([key], [value]))


def _note_dict(words: SetupWords, node: ast.Dict) -> None:
    for key, value in zip(node.keys, node.values, strict=True):
        if isinstance(key, ast.Constant) and key.value in WORDS:
            words.given[str(key.value)].append(value)


def _note_bound(words: SetupWords, node: ast.AST) -> None:
    """Note names that are bound in ways that the text does not follow."""
    unknown = ast.Call(ast.Name("unpacked"), [], [])
    target = getattr(node, "target", None) or getattr(node, "optional_vars", None)
    names = [node.arg] if isinstance(node, ast.arg) else []
    names += [one.id for one in ast.walk(target) if isinstance(one, ast.Name)] if target is not None else []
    for name in names:
        words.names[name].append(unknown)
