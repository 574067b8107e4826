"""Telling the command classes of a build that an installer runs from those that run when somebody types their name."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._setup_words import UntoldError, setup_words

if TYPE_CHECKING:
    import configparser

# Commands of setuptools that an installer runs, or that those run.
BUILD_COMMANDS = words(
    """
    install install_lib install_data install_scripts install_headers install_egg_info egg_info build build_py build_ext
    build_clib build_scripts bdist bdist_wheel bdist_egg dist_info editable_wheel develop easy_install sdist
    """
)


def typed_classes(tree: ast.Module, parser: configparser.RawConfigParser) -> frozenset[str]:
    """Return the classes of a setup.py that only a typed command runs.

    A class counts only when the text says so plainly: it stands in the mapping of commands alone, under names that no
    installer runs, that setup.py says nowhere else, and that setup.cfg does not put in the place of another.
    """
    if has_alias(parser):
        return frozenset()
    try:
        given = setup_words(tree).pairs("cmdclass")
    except UntoldError:
        return frozenset()
    keys = [key for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys]
    keys += [node.slice for node in ast.walk(tree) if isinstance(node, ast.Subscript)]
    keys += [one for node in ast.walk(tree) for one in _asked(node)]
    plain = {id(key) for key in keys}
    said = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in plain
    }
    run = {ast.unparse(node) for name, node in given.items() if name in BUILD_COMMANDS or name in said}
    typed = {node.id for node in given.values() if isinstance(node, ast.Name) and node.id not in run}
    return frozenset(typed - _used_elsewhere(tree, {id(node) for node in given.values()}))


def _used_elsewhere(tree: ast.Module, mapped: set[int]) -> set[str]:
    """Return the names that stand anywhere but in the mapping of commands and inside the class that they name."""
    own: set[int] = set()
    for made in (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)):
        inside = (node for part in made.body for node in ast.walk(part))
        own.update(id(node) for node in inside if isinstance(node, ast.Name) and node.id == made.name)
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name))
    return {node.id for node in names if id(node) not in mapped and id(node) not in own}


def _asked(node: ast.AST) -> list[ast.expr]:
    """Return what a comparison or a search in a list is about: to ask for a word is not to run it."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"index", "count"}:
        return node.args
    return []


def is_typed(command: str, setup: bytes, parser: configparser.RawConfigParser) -> bool:
    """Say whether only somebody who types it runs a command that a tree adds: setup.py does not say its name."""
    return command not in BUILD_COMMANDS and not has_alias(parser) and command.encode() not in setup


def has_alias(parser: configparser.RawConfigParser) -> bool:
    """Say whether setup.cfg lets another command run in the place of one that an installer runs."""
    return parser.has_section("aliases") and bool(BUILD_COMMANDS & set(parser.options("aliases")))
