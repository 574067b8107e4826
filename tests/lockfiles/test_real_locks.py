"""Locks that the real tools wrote for one small project: each entry, its line, whose it is and who wants it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from gatekeeper import lockfiles
from tests.lockfiles.reading import FILES, HOSTS, digests, rows, written_by

if TYPE_CHECKING:
    from pathlib import Path

CLICK = (
    "sha256:63c132bbbed01578a06712a2d1f497bb62d9c1c0d329b7903a866228027263b2",
    "sha256:ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a",
)
SRI = "lNaJgI+2Q5URQBkccEKHTQOPaXdUxnZZElQTZY0MFUAuaEqe1E+Nyvgdz/aIyNi6Z9MzO5dv1H8n58/GELp3+w=="
ONCE = f"sha512:{base64.b64decode(SRI).hex()}"


def npm_rows(*lines: int) -> list[str]:
    """The rows of the project in `files/npm11-v3/package.json`, in the order of their names."""
    names = [
        "@sindresorhus/is 4.6.0 @{} direct",
        "fsevents 2.3.3 @{} direct [optional]",
        "is-number 6.0.0 @{} transitive dev [dev] via is-odd",
        "is-number 7.0.0 @{} direct",
        "is-odd 3.0.1 @{} direct dev [dev]",
        "once 1.4.0 @{} direct",
        "wrappy 1.0.2 @{} transitive via once",
    ]
    return [name.format(line) for name, line in zip(names, lines, strict=True)]


NPM = {
    ("npm11-v2", "package-lock.json"): npm_rows(22, 34, 47, 70, 57, 80, 89),
    ("npm11-v3", "package-lock.json"): npm_rows(22, 34, 47, 70, 57, 80, 89),
    ("pnpm5", "pnpm-lock.yaml"): npm_rows(11, 17, 26, 32, 38, 46, 52),
    ("pnpm7", "pnpm-lock.yaml"): npm_rows(23, 28, 36, 41, 46, 53, 59),
    ("pnpm8", "pnpm-lock.yaml"): npm_rows(30, 35, 43, 48, 53, 60, 66),
    ("pnpm9", "pnpm-lock.yaml"): npm_rows(31, 35, 40, 44, 48, 52, 55),
    ("bun", "bun.lock"): npm_rows(21, 23, 25, 29, 27, 31, 33),
}


@pytest.mark.parametrize("which", NPM, ids=" ".join)
def test_a_lock_for_npm_says_by_itself_who_wants_what(which: tuple[str, str]) -> None:
    lock = written_by(*which)
    assert sorted(rows(lock)) == sorted(NPM[which])
    assert (lock.ecosystem, lock.kind, lock.rooted, lock.linked) == ("npm", "lock", True, True)


MANIFEST = ("npm11-v3", "package.json")
WITH_MANIFEST = {
    ("npm6", "package-lock.json"): npm_rows(7, 12, 18, 33, 24, 38, 46),
    ("npm11-v1", "package-lock.json"): npm_rows(7, 12, 18, 33, 24, 38, 46),
    ("yarn1", "yarn.lock"): npm_rows(5, 10, 15, 27, 20, 32, 39),
}


@pytest.mark.parametrize("which", WITH_MANIFEST, ids=" ".join)
def test_a_lock_that_does_not_say_is_explained_by_the_manifest(which: tuple[str, str]) -> None:
    lock = written_by(*which)
    assert {each.direct for each in lock.releases} == {None}
    assert sorted(rows(lockfiles.explained(lock, [written_by(*MANIFEST)]))) == sorted(WITH_MANIFEST[which])


def test_yarn_4_says_who_wants_what_and_the_manifest_what_is_for_development() -> None:
    lock = written_by("yarn4", "yarn.lock")
    assert rows(lock) == [
        "@sindresorhus/is 4.6.0 @8 direct dev?",
        "is-number 6.0.0 @15 transitive dev? via is-odd",
        "is-odd 3.0.1 @22 direct dev?",
        "is-number 7.0.0 @31 direct dev?",
        "once 1.4.0 @38 direct dev?",
        "wrappy 1.0.2 @58 transitive dev? via once",
    ]
    told = lockfiles.explained(lock, [written_by("yarn4", "package.json")])
    assert [each.release.name for each in told.releases if each.dev] == ["is-number", "is-odd"]
    assert [str(each.place) for each in lock.own] == ["yarn.lock:47"]


def test_workspaces_links_and_archives_are_told_apart() -> None:
    npm, pnpm, bun = (
        written_by("npm11-workspace", "package-lock.json"),
        written_by("pnpm9-workspace", "pnpm-lock.yaml"),
        written_by("bun-workspace", "bun.lock"),
    )
    assert rows(npm) == [
        "is-number 7.0.0 @30 direct",
        "is-odd 3.0.1 @39 direct",
        "is-number 6.0.0 @51 transitive via is-odd",
        "wrappy 1.0.2 @60 direct",
        "local 1.0.0 @67 direct",
        "once 1.4.0 @72 direct via packages/a",
        "wrappy 1.0.2 @81 transitive via once",
        "is-number 4.0.0 @96 transitive dev [dev] via is-odd",
        "is-odd 2.0.0 @106 direct dev [dev]",
    ]
    assert rows(bun)[-3:] == [
        "is-odd 2.0.0 @43 direct dev [dev]",
        "is-number 6.0.0 @45 transitive via is-odd",
        "is-number 4.0.0 @47 transitive dev [dev] via is-odd",
    ]
    away = {
        lock.file: [(each.release.name, each.kind) for each in lock.releases if each.kind != "index"]
        for lock in (bun, pnpm)
    }
    assert away == {
        "bun.lock": [("f", "path"), ("wrappy", "url"), ("local", "path")],
        "pnpm-lock.yaml": [("f", "path"), ("local", "path")],
    }
    assert [each.key for each in npm.own] == ["f", "packages/a"]
    assert [each.key for each in pnpm.own] == [".", "packages/a"]
    assert [each.key for each in bun.own] == ["a"]


PYTHON = {
    ("uv", "uv.lock"): [
        "click 8.1.8 @5 direct",
        "colorama 0.4.6 @17 transitive via click",
        "idna 3.10 @26 direct [net]",
        "pluggy 1.5.0 @65 direct dev [dev]",
        "python-dateutil 2.9.0.post0 @74 direct",
        "six 1.17.0 @86 transitive via python-dateutil",
    ],
    ("poetry2", "poetry.lock"): [
        "click 8.1.8 @3 ?",
        "colorama 0.4.6 @23 ? via click",
        "idna 3.10 @41 ?",
        "pluggy 1.5.0 @62 ? dev [dev]",
        "python-dateutil 2.9.0.post0 @83 ?",
        "six 1.17.0 @103 ? via python-dateutil",
    ],
    ("poetry1", "poetry.lock"): [
        "click 8.1.8 @3 ? dev?",
        "colorama 0.4.6 @22 ? dev? via click",
        "idna 3.10 @38 ? dev?",
        "pluggy 1.5.0 @57 ? dev?",
        "python-dateutil 2.9.0.post0 @77 ? dev?",
        "six 1.17.0 @96 ? dev? via python-dateutil",
    ],
    ("pdm2", "pdm.lock"): [
        "click 8.1.8 @10 ?",
        "colorama 0.4.6 @24 ? via click",
        "idna 3.10 @36 ? dev? [net]",
        "pluggy 1.5.0 @47 ? dev? [dev]",
        "python-dateutil 2.9.0.post0 @58 ?",
        "six 1.17.0 @72 ? via python-dateutil",
    ],
    ("uv", "pylock.toml"): [
        "click 8.1.8 @7 ? dev?",
        "colorama 0.4.6 @14 ? dev?",
        "pluggy 1.5.0 @22 ? dev?",
        "python-dateutil 2.9.0.post0 @29 ? dev?",
        "six 1.17.0 @36 ? dev?",
    ],
    ("pip26", "pylock.toml"): [
        "click 8.1.8 @4 ? dev?",
        "python-dateutil 2.9.0.post0 @15 ? dev?",
        "six 1.17.0 @26 ? dev?",
    ],
    ("pipenv", "Pipfile.lock"): [
        "click 8.1.8 @17 ?",
        "python-dateutil 2.9.0.post0 @26 ?",
        "six 1.17.0 @35 ?",
        "pluggy 1.5.0 @45 ? dev [develop]",
    ],
    ("pip-tools", "requirements.txt"): [
        "click 8.1.8 @9 direct dev?",
        "python-dateutil 2.9.0.post0 @13 direct dev?",
        "six 1.17.0 @17 transitive dev? via python-dateutil",
    ],
    ("uv", "requirements.txt"): [
        "click 8.1.8 @3 direct dev?",
        "python-dateutil 2.9.0.post0 @7 direct dev?",
        "six 1.17.0 @11 transitive dev? via python-dateutil",
    ],
}


@pytest.mark.parametrize("which", PYTHON, ids=" ".join)
def test_a_lock_for_python_names_each_release_with_its_line(which: tuple[str, str]) -> None:
    lock = written_by(*which)
    assert rows(lock) == PYTHON[which]
    assert (lock.ecosystem, lock.kind) == ("pypi", "lock")
    assert set(digests(lock, "click")) == set(CLICK if which != ("pip26", "pylock.toml") else CLICK[:1])


@pytest.mark.parametrize("tool", ["poetry2", "poetry1", "pdm2"])
def test_a_manifest_tells_what_is_direct_and_for_whom(tool: str) -> None:
    manifest = written_by("poetry2" if tool == "poetry1" else tool, "pyproject.toml")
    lock = written_by(tool, next(each.name for each in (FILES / tool).glob("*.lock")))
    told = lockfiles.explained(lock, [manifest])
    assert [each.release.name for each in told.releases if each.direct] == [
        "click",
        "idna",
        "pluggy",
        "python-dateutil",
    ]
    assert [each.release.name for each in told.releases if each.dev] == ["pluggy"]
    assert all(each.reached for each in told.releases)


@pytest.mark.parametrize("which", [*NPM, *WITH_MANIFEST], ids=" ".join)
def test_digests_are_spelled_alike_whatever_wrote_them(which: tuple[str, str]) -> None:
    found = digests(written_by(*which), "once")
    assert found == [ONCE, *(["sha1:583b1aa775961d4b113ac17d9c50baef9dd76bd1"] if which[0] == "yarn1" else [])]


def test_indexes_are_named_where_they_first_stand() -> None:
    said = {
        which: [(source.shown, str(source.place)) for source in written_by(*which).sources]
        for which in (("uv", "uv.lock"), ("uv", "pylock.toml"), ("poetry2", "poetry.lock"), ("pipenv", "Pipfile.lock"))
    }
    assert said == {
        ("uv", "uv.lock"): [("https://index.example/simple", "uv.lock:8")],
        ("uv", "pylock.toml"): [("https://index.example/simple", "pylock.toml:7")],
        ("poetry2", "poetry.lock"): [("https://index.example/simple", "poetry.lock:20")],
        ("pipenv", "Pipfile.lock"): [("https://index.example/simple", "Pipfile.lock:11")],
    }


EVERY = sorted(path.relative_to(FILES) for path in FILES.rglob("*") if path.is_file())


@pytest.mark.parametrize("path", EVERY, ids=str)
def test_nothing_is_odd_about_what_the_tools_wrote(path: Path) -> None:
    name = path.name
    lock = written_by(path.parts[0], name)
    beside = [each.name for each in (FILES / path.parts[0]).iterdir() if each.name != name]
    manifests = [each for each in (written_by(path.parts[0], other) for other in beside) if each.kind == "manifest"]
    kinds = {concern.notice.kind for concern in lockfiles.concerns(lock, manifests, HOSTS)}
    assert kinds <= ({"alias", "local-source", "url-source"} if "workspace" in path.parts[0] else {"alias"})
