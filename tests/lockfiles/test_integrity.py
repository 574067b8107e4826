"""Tampering with locks: each way is noticed at its line, and honest locks of private registries are left alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gatekeeper import lockfiles
from tests.lockfiles.reading import FILES, HOSTS

if TYPE_CHECKING:
    from collections.abc import Sequence

# Every lock that holds addresses of files, with its manifest, and how `once` or `click` is spelled in it.
NPM_LOCKS = (("npm6", "package-lock.json"), ("npm11-v3", "package-lock.json"), ("yarn1", "yarn.lock"))
PYTHON_LOCKS = (("uv", "uv.lock"), ("uv", "pylock.toml"), ("pdm2", "pdm.lock"))
ONCE = "https://registry.example/once/-/once-1.4.0.tgz"
CLICK = "click-8.1.8-py3-none-any.whl"


def noticed(
    text: str, name: str, manifests: Sequence[tuple[str, str]] = (), hosts: Sequence[str] = HOSTS
) -> list[tuple[str, str]]:
    lock = lockfiles.read(text, name)
    read = [lockfiles.read(said, called) for said, called in manifests]
    found = [each.notice for each in lockfiles.concerns(lock, read, hosts)]
    return [(each.kind, str(each.place)) for each in found if each.kind != "alias"]


def original(which: tuple[str, str]) -> str:
    return FILES.joinpath(*which).read_text("utf-8")


def line_of(which: tuple[str, str], name: str) -> str:
    lock = lockfiles.read(original(which), which[1])
    return next(str(each.place) for each in lock.releases if each.release.name == name)


@pytest.mark.parametrize("which", NPM_LOCKS, ids=" ".join)
@pytest.mark.parametrize(
    ("address", "kinds"),
    [
        ("https://evil.example/once/-/once-1.4.0.tgz", ["foreign-host"]),
        ("http://registry.example/once/-/once-1.4.0.tgz", ["plain-http"]),
        ("https://registry.example/evil/-/evil-1.4.0.tgz", ["name-mismatch"]),
        ("https://registry.example/@once/once/-/once-1.4.0.tgz", ["name-mismatch"]),
        ("https://registry.example/once/-/once-1.3.9.tgz", ["name-mismatch"]),
        ("https://registry.example/once/-/evil-1.4.0.tgz", ["name-mismatch"]),
        ("https://registry.example@evil.example/once/-/once-1.4.0.tgz", ["address-credentials", "foreign-host"]),
        ("https://registry.example:8443/once/-/once-1.4.0.tgz", ["foreign-host"]),
        ("https://registry.example\\\\@evil.example/once/-/once-1.4.0.tgz", ["foreign-host"]),
        ("https://REGISTRY.example/once/-/once-1.4.0.tgz", []),
        ("https://registry.example:443/once/-/once-1.4.0.tgz", []),
        ("https://registry.example/artifactory/api/npm/once/-/once-1.4.0.tgz", []),
        ("https://registry.example/download/once/1.4.0/0123", []),
        ("http://127.0.0.1:4873/once/-/once-1.4.0.tgz", ["foreign-host"]),
        ("http://127.0.0.1.evil.example/once/-/once-1.4.0.tgz", ["plain-http", "foreign-host"]),
    ],
)
def test_an_address_of_npms_is_looked_at_from_all_sides(which: tuple[str, str], address: str, kinds: list[str]) -> None:
    text = original(which).replace(ONCE, address)
    assert text != original(which)
    place = line_of(which, "once")
    assert sorted(noticed(text, which[1])) == sorted((kind, place) for kind in kinds)


@pytest.mark.parametrize("which", PYTHON_LOCKS, ids=" ".join)
@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ("https://files.example/packages/7e", "https://evil.example/packages/7e", "foreign-host"),
        ("https://files.example/packages/7e", "http://files.example/packages/7e", "plain-http"),
        (CLICK, "clack-8.1.8-py3-none-any.whl", "name-mismatch"),
        (CLICK, "click-8.1.7-py3-none-any.whl", "name-mismatch"),
        (CLICK, "click_repl-8.1.8-py3-none-any.whl", "name-mismatch"),
    ],
)
def test_an_address_of_pythons_is_looked_at_too(which: tuple[str, str], old: str, new: str, kind: str) -> None:
    text = original(which).replace(old, new)
    assert text != original(which)
    assert noticed(text, which[1]) == [(kind, line_of(which, "click"))]


@pytest.mark.parametrize(
    ("which", "old", "new", "kind"),
    [
        (("npm11-v3", "package-lock.json"), '"integrity": "sha512-lNa', '"was": "sha512-lNa', "missing-digest"),
        (("npm11-v3", "package-lock.json"), "sha512-lNa", "sha256-lNa", "missing-digest"),  # of the wrong length
        (("bun", "bun.lock"), '"sha512-lNaJgI+2Q5URQBkccEKHTQOPaXdUxnZZElQTZY0MFUAuaEqe1E+Nyvgdz/aIyNi6Z9MzO5dv1H8n58/GELp3+w=="', '""', "missing-digest"),
        (("pnpm9", "pnpm-lock.yaml"), "integrity: sha512-lNa", "was: sha512-lNa", "missing-digest"),
        (("yarn1", "yarn.lock"), "  integrity sha512-lNa", "  was sha512-lNa", "weak-digest"),
        (("pnpm9", "pnpm-lock.yaml"), "sha512-lNaJgI+2Q5URQBkccEKHTQOPaXdUxnZZElQTZY0MFUAuaEqe1E+Nyvgdz/aIyNi6Z9MzO5dv1H8n58/GELp3+w==", "sha1-WDsap3WWHUsRO6wXnVC67523a9E=", "weak-digest"),
    ],
)  # fmt: skip
def test_a_digest_that_is_gone_or_weak_is_noticed(which: tuple[str, str], old: str, new: str, kind: str) -> None:
    text = original(which).replace(old, new)
    assert text != original(which)
    assert noticed(text, which[1]) == [(kind, line_of(which, "once"))]


def test_one_file_without_a_digest_is_enough() -> None:
    text = original(("uv", "uv.lock"))
    at = text.index(", hash", text.index(CLICK))
    cut = text[:at] + text[text.index(", size", at) :]
    assert noticed(cut, "uv.lock") == [("missing-digest", "uv.lock:5")]


def test_pins_without_digests_are_how_people_write() -> None:
    assert noticed("a==1\nb==2\n", "requirements.txt") == []
    assert noticed(f"a==1\nb==2 --hash=sha256:{'a' * 64}\n", "requirements.txt") == [
        ("missing-digest", "requirements.txt:1")
    ]


def with_entry(which: tuple[str, str], entry: str, before: str) -> str:
    text = original(which)
    assert before in text
    return text.replace(before, entry + before, 1)


EVIL = {
    ("npm11-v3", "package-lock.json"): (
        '    "node_modules/evil": {"version": "1.0.0", "resolved": "https://registry.example/evil/-/evil-1.0.0.tgz", "integrity": "sha1-WDsap3WWHUsRO6wXnVC67523a9E="},\n',
        '    "node_modules/fsevents"',
    ),
    ("yarn1", "yarn.lock"): (
        'evil@^1.0.0:\n  version "1.0.0"\n  resolved "https://registry.example/evil/-/evil-1.0.0.tgz#583b1aa775961d4b113ac17d9c50baef9dd76bd1"\n\n',
        "fsevents@2.3.3:\n",
    ),
    ("yarn4", "yarn.lock"): (
        '"evil@npm:^1.0.0":\n  version: 1.0.0\n  resolution: "evil@npm:1.0.0"\n\n',
        '"is-number@npm:^6.0.0":\n',
    ),
    ("pnpm5", "pnpm-lock.yaml"): ("  /evil/1.0.0:\n    dev: false\n    resolution: {}\n", "  /fsevents/2.3.3:\n"),
    ("pnpm9", "pnpm-lock.yaml"): ("  evil@1.0.0:\n    resolution: {}\n\n", "  fsevents@2.3.3:\n    resolution"),
    ("bun", "bun.lock"): ('    "evil": ["evil@1.0.0", "", {}, ""],\n', '    "fsevents": ["'),
    ("uv", "uv.lock"): (
        '[[package]]\nname = "evil"\nversion = "1.0.0"\nsource = { registry = "https://index.example/simple" }\n\n',
        '[[package]]\nname = "idna"\n',
    ),
    ("poetry2", "poetry.lock"): (
        '[[package]]\nname = "evil"\nversion = "1.0.0"\ngroups = ["main"]\nfiles = []\n\n',
        '[[package]]\nname = "idna"\n',
    ),
    ("pdm2", "pdm.lock"): ('[[package]]\nname = "evil"\nversion = "1.0.0"\n\n', '[[package]]\nname = "idna"\n'),
}  # fmt: skip
MANIFESTS = {"yarn1": "package.json", "yarn4": "package.json", "poetry2": "pyproject.toml", "pdm2": "pyproject.toml"}


@pytest.mark.parametrize("which", EVIL, ids=" ".join)
def test_an_entry_that_nobody_asked_for_is_noticed_at_its_line(which: tuple[str, str]) -> None:
    text = with_entry(which, *EVIL[which])
    line = 1 + next(number for number, line in enumerate(text.splitlines()) if "evil" in line)
    if "[[package]]" in EVIL[which][0]:
        line -= 1  # an entry begins with the head of its table
    beside = MANIFESTS.get(which[0])
    manifests = [(original((which[0], beside)), beside)] if beside else []
    assert ("unexplained-entry", f"{which[1]}:{line}") in noticed(text, which[1], manifests)
    assert not any(kind == "unexplained-entry" for kind, _ in noticed(original(which), which[1], manifests))


@pytest.mark.parametrize(
    ("which", "manifest", "line"),
    [
        (("npm11-v3", "package-lock.json"), '{\n"dependencies": {\n"once": "^1.4.0",\n"gone": "1"}}', 4),
        (("yarn1", "yarn.lock"), '{\n"devDependencies": {\n"gone": "1"}}', 3),
        (("uv", "uv.lock"), '[project]\nname = "own"\ndependencies = [\n"click",\n"gone",\n]\n', 5),
        (("poetry2", "poetry.lock"), '[tool.poetry.dependencies]\nclick = "*"\ngone = "^1"\n', 3),
        (("pipenv", "Pipfile.lock"), '[packages]\nclick = "*"\ngone = "*"\n', 3),
        (("pip-tools", "requirements.txt"), "click\ngone\n", 2),
    ],
)
def test_a_requirement_that_the_lock_does_not_answer_is_noticed_in_the_manifest(
    which: tuple[str, str], manifest: str, line: int
) -> None:
    name = {"package-lock.json": "package.json", "yarn.lock": "package.json", "Pipfile.lock": "Pipfile"}.get(which[1])
    name = name or ("requirements.in" if which[1] == "requirements.txt" else "pyproject.toml")
    found = noticed(original(which), which[1], [(manifest, name)])
    assert [place for kind, place in found if kind == "unlocked-requirement"] == [f"{name}:{line}"]


@pytest.mark.parametrize(
    ("asked", "odd"), [("click>=9", True), ("click<8", True), ("click>=8,<9", False), ("click", False)]
)
def test_a_version_that_nobody_asked_for_is_noticed_in_the_manifest(asked: str, odd: bool) -> None:
    manifest = (f'[project]\nname = "own"\ndependencies = ["{asked}"]\n', "pyproject.toml")
    found = noticed(original(("uv", "uv.lock")), "uv.lock", [manifest])
    assert found == ([("unlocked-requirement", "pyproject.toml:3")] if odd else [])


def test_a_lock_for_some_groups_need_not_answer_the_others() -> None:
    manifest = (
        "[project]\ndependencies = [\"click; os_name == 'nt'\"]\noptional-dependencies.net = ['gone']\n",
        "pyproject.toml",
    )
    assert noticed(original(("uv", "pylock.toml")), "pylock.toml", [manifest]) == []
    own = ("[project]\ndependencies = ['gone']\n", "pyproject.toml")
    assert noticed("a==1\n", "docs-requirements.txt", [own]) == []  # nobody says that it is this project's lock


def test_sources_that_no_index_serves_are_noticed_without_their_credentials() -> None:
    text = "a @ git+https://user:geheim@code.example/a.git\nb @ https://user:geheim@files.example/b-1.zip?key=geheim\nc @ file:///srv/c\n"
    lock = lockfiles.read(text, "requirements.txt")
    found = [each.notice for each in lockfiles.concerns(lock, [], HOSTS)]
    assert [(each.kind, each.place and each.place.line) for each in found if each.kind != "missing-digest"] == [
        ("vcs-source", 1),
        ("address-credentials", 1),
        ("url-source", 2),
        ("address-credentials", 2),
        ("local-source", 3),
    ]
    assert "geheim" not in repr(found) + repr(lock)


def test_a_variable_in_an_address_is_no_credential() -> None:
    text = "-i https://${USER}:${TOKEN}@index.example/simple\na==1\n"
    assert noticed(text, "requirements.txt") == []


def test_without_any_known_host_every_host_is_foreign() -> None:
    found = noticed(original(("npm11-v3", "package-lock.json")), "package-lock.json", hosts=())
    assert [kind for kind, _ in found] == ["foreign-host"] * 7


def test_an_index_that_nobody_configured_is_noticed_where_it_stands() -> None:
    assert noticed("a==1\n--extra-index-url http://evil.example/simple\n", "requirements.txt") == [
        ("plain-http", "requirements.txt:2"),
        ("foreign-host", "requirements.txt:2"),
    ]
    lock = original(("uv", "uv.lock")).replace("https://index.example/simple", "https://evil.example/simple", 1)
    assert noticed(lock, "uv.lock") == [("foreign-host", "uv.lock:8")]


def test_a_key_that_is_said_twice_is_noticed_where_it_is_said_again() -> None:
    text = original(("npm11-v3", "package-lock.json"))
    again = '    "node_modules/once": {"version": "9.9.9"},\n'
    text = text.replace('    "node_modules/wrappy"', f'{again}    "node_modules/wrappy"')
    lock = lockfiles.read(text, "package-lock.json")
    assert [(each.kind, each.place and each.place.line) for each in lock.problems] == [("repeated-key", 89)]
    once = next(each for each in lock.releases if each.release.name == "once")
    assert (once.release.version, once.place.line) == ("9.9.9", 89)  # as npm takes it


def test_an_alias_is_named_and_no_mismatch() -> None:
    text = original(("npm11-v3", "package-lock.json"))
    found = [each.notice for each in lockfiles.concerns(lockfiles.read(text, "package-lock.json"), [], HOSTS)]
    assert [(each.kind, each.detail) for each in found] == [
        ("alias", "what is called number-seven here is is-number 7.0.0")
    ]


def test_another_package_behind_a_name_in_npms_lock_is_an_alias_that_is_told() -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"dependencies": {"once": "^1.4.0"}},
            "node_modules/once": {
                "name": "evil",
                "version": "1.4.0",
                "resolved": ONCE,
                "integrity": "sha512-" + "A" * 86 + "==",
            },
        },
    }
    assert [kind for kind, _ in noticed(json.dumps(lock), "package-lock.json")] == ["name-mismatch"]
