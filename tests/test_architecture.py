"""The house: who may import whom, which rooms are pure, and how large a file may grow."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HOUSE = ROOT / "gatekeeper"
BELOW = {"model", "errors"}
STORIES = {"install", "check", "inspect"}

# room -> the rooms it may import (a room may always import itself)
MAY_IMPORT: dict[str, set[str]] = {
    "cli": {"*"},
    "command_line": set(),
    "install": {
        "gate",
        "managers",
        "lockfiles",
        "history",
        "inspection",
        "registries",
        "policy",
        "waivers",
        "wish",
        *BELOW,
    },
    "check": {
        "tree",
        "sessions",
        "gate",
        "managers",
        "lockfiles",
        "history",
        "inspection",
        "registries",
        "policy",
        "wish",
        *BELOW,
    },
    "inspect": {"sessions", "gate", "managers", "registries", "waivers", "wish", *BELOW},
    "tree": {"history", "lockfiles", *BELOW},
    "sessions": {"gate", "managers", "wish", *BELOW},
    "commands": {
        *STORIES,
        "managers",
        "shims",
        "files",
        "inspection",
        "history",
        "stores",
        "policy",
        "waivers",
        "wish",
        "settings",
        "checks",
        "signatures",
        "gate",
        "reports",
        "audit",
        "refusals",
        "explaining",
        *BELOW,
    },
    "doctor": {
        "commands",
        "install",
        "managers",
        "shims",
        "inspection",
        "history",
        "stores",
        "settings",
        "checks",
        "evidence",
        "signatures",
        "gate",
        "reports",
        "audit",
        *BELOW,
    },
    "audit": {"policy", "files", *BELOW},
    "refusals": {"reports", "files", *BELOW},
    "explaining": {"checks", "policy", "model"},
    "gate": {"inspection", "history", "registries", "lockfiles", "policy", "waivers", "wish", *BELOW},
    "managers": {"npmrc", "lockfiles", "shims", "wish", *BELOW},
    "lockfiles": {"wish", "registries", *BELOW},
    "registries": BELOW,
    "history": {"registries", "files", *BELOW},
    "inspection": {"artifacts", "evidence", "checks", "policy", "waivers", "stores", "signatures", *BELOW},
    "artifacts": BELOW,
    "evidence": {"npmrc", "artifacts", "signatures", *BELOW},
    "checks": {"model"},
    "policy": {"model"},
    "waivers": {"policy", *BELOW},
    "reports": {"model"},
    "stores": {"files", *BELOW},
    "terminal": {"reports", "wish", *BELOW},
    "settings": {"policy", "files", *BELOW},
    "shims": set(),
    "signatures": {"errors"},
    "wish": BELOW,
    "model": set(),
    "files": {"errors"},
    "npmrc": set(),
    "errors": set(),
    "__init__": set(),
    "__main__": {"cli"},
}

PURE = {"checks", "policy", "waivers", "explaining", "reports", "model", "errors"}
IMPURE_MODULES = {
    "requests",
    "subprocess",
    "os",
    "socket",
    "time",
    "shutil",
    "tempfile",
    "urllib.request",
    "sqlite3",
    "threading",
}
NO_BROAD_EXCEPT = {"checks", "policy", "install", "check"}
MAX_LINES = 300


def room_of(path: Path) -> str:
    parts = path.relative_to(HOUSE).parts
    return parts[0] if len(parts) > 1 else path.stem


SOURCES = sorted(HOUSE.rglob("*.py"))


def ids(path: Path) -> str:
    return str(path.relative_to(ROOT))


def ours(node: ast.AST) -> list[str]:
    """The rooms that an import statement names."""
    if isinstance(node, ast.Import):
        return [name.name.split(".")[1] for name in node.names if name.name.startswith("gatekeeper.")]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        if node.module == "gatekeeper":
            return ["__init__" if name.name.startswith("__") else name.name for name in node.names]
        if node.module.startswith("gatekeeper."):
            return [node.module.split(".")[1]]
    return []


@pytest.mark.parametrize("path", SOURCES, ids=ids)
def test_a_room_imports_only_rooms_below_it(path: Path) -> None:
    room = room_of(path)
    assert room in MAY_IMPORT, f"{room} is not in the house's table: add it there first, with what it may import"
    allowed = MAY_IMPORT[room]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not (isinstance(node, ast.ImportFrom) and node.level), "imports are absolute"
        for other in ours(node):
            assert "*" in allowed or other in {*allowed, room, "__init__"}, f"{room} may not import {other}"


@pytest.mark.parametrize("path", [p for p in SOURCES if room_of(p) in PURE], ids=ids)
def test_pure_rooms_touch_nothing(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names = [n.name for n in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        for name in names:
            assert name not in IMPURE_MODULES, f"{name} has no place in a pure room"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}
    # pathlib is allowed as a type (PurePosixPath); reading is not
    assert ".read_text(" not in path.read_text("utf-8")


@pytest.mark.parametrize("path", [p for p in SOURCES if room_of(p) in NO_BROAD_EXCEPT], ids=ids)
def test_no_broad_except_where_decisions_are_made(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None
            caught = ast.unparse(node.type)
            assert "Exception" not in caught.replace("GatekeeperException", "").split("(")[0].split(","), caught


@pytest.mark.parametrize("path", [*SOURCES, ROOT / "tasks.py"], ids=ids)
def test_a_file_fits_its_thought(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= MAX_LINES


def test_no_import_cycles_between_rooms() -> None:
    edges: dict[str, set[str]] = {}
    for path in SOURCES:
        room = room_of(path)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            edges.setdefault(room, set()).update(o for o in ours(node) if o not in {room, "__init__"})
    done: set[str] = set()

    def visit(room: str, trail: tuple[str, ...]) -> None:
        assert room not in trail, " -> ".join((*trail, room))
        if room in done:
            return
        for other in sorted(edges.get(room, ())):
            visit(other, (*trail, room))
        done.add(room)

    for room in sorted(edges):
        visit(room, ())


def test_the_top_level_is_the_plan() -> None:
    for name in (
        "pyproject.toml",
        "gatekeeper",
        "signatures",
        "hooks",
        "tests",
        "README.md",
        "LICENSE",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
    ):
        assert (ROOT / name).exists(), name
