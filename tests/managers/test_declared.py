"""What a project's own files declare about who serves which names, and the secrets that stand in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.managers._declared import declarations_in, with_declarations
from gatekeeper.managers._npm_own import own_registry, secrets_of, sources_named_in
from gatekeeper.managers._written import secrets_in
from gatekeeper.model import Place
from gatekeeper.wish import Source, Wish

if TYPE_CHECKING:
    from pathlib import Path

CORP = "https://ada:hunter22@index.corp.example/simple/"
UV = f"""
[project]
name = "app"

[tool.uv.sources]
Acme_Core = {{ index = "corp" }}
acme-tools = [{{ index = "corp", marker = "sys_platform == 'linux'" }}, {{ index = "other" }}]
httpx = {{ git = "https://git.example/httpx" }}

[[tool.uv.index]]
name = "corp"
url = "{CORP}"
explicit = true

[[tool.uv.index]]
url = "https://mirror.example/simple"

[tool.uv]
extra-index-url = ["https://extra.example/simple"]
"""
POETRY = f"""
[tool.poetry.dependencies]
python = "^3.12"
acme-core = {{ version = "^1", source = "corp" }}
[tool.poetry.group.dev.dependencies]
acme-tools = [{{ version = "1", source = "corp" }}]
[[tool.poetry.source]]
name = "corp"
url = "{CORP}"
priority = "explicit"
"""
PIPFILE = f"""
[[source]]
name = "corp"
url = "{CORP}"
verify_ssl = true
[packages]
acme-core = {{ version = "*", index = "corp" }}
requests = "*"
[dev-packages]
"acme.tools" = {{ version = "*", index = "corp" }}
"""


@pytest.mark.parametrize(
    ("file", "text"),
    [("pyproject.toml", UV), ("pyproject.toml", POETRY), ("Pipfile", PIPFILE)],
    ids=["uv", "poetry", "pipenv"],
)
def test_names_that_belong_to_an_index_are_read(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text, "utf-8")
    found = declarations_in(tmp_path)
    pins = {pin.name: pin for pin in found.declared() if pin.index == "corp"}
    assert set(pins) == {"acme-core", "acme-tools"}
    assert {pin.address for pin in pins.values()} == {CORP}
    assert pins["acme-core"].place.file == file
    lines = text.splitlines()
    assert "core" in lines[(pins["acme-core"].place.line or 0) - 1].lower()
    assert found.remarks == []


def test_uv_keeps_its_settings_in_a_file_of_its_own_too(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").write_text(
        '[sources]\nacme = { index = "corp" }\n[[index]]\nname = "corp"\nurl = "https://c.example"\n'
    )
    assert [pin.address for pin in declarations_in(tmp_path).declared()] == ["https://c.example"]


def test_an_index_that_pip_does_not_use_is_said_without_its_password(tmp_path: Path) -> None:
    (tmp_path / "Pipfile").write_text(PIPFILE, "utf-8")
    (tmp_path / "pyproject.toml").write_text(UV, "utf-8")
    used = Source("index", "https://mirror.example/simple/", Place("command line"))
    wish = with_declarations(Wish("install", gated=True, sources=(used,)), tmp_path)
    said = "\n".join(wish.remarks)
    assert "https://extra.example/simple" in said
    assert "Pipfile:4 names an index that pip does not use: https://index.corp.example/simple/" in said
    assert "mirror" not in said
    assert "hunter22" not in said


@pytest.mark.parametrize(
    "text",
    [
        "[tool.uv.sources]\nacme = {\n",
        "[tool.uv]\nsources = 3\n",
        "[tool.uv]\nindex = [1, 2]\n",
        "[tool.poetry]\ngroup = 'x'\n",
        "[tool]\n[tool.poetry]\nsource = {}\ndependencies = 7\n",
    ],
)
def test_what_cannot_be_read_is_a_remark_and_no_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text, "utf-8")
    found = declarations_in(tmp_path)
    assert found.declared() == ()
    assert all(remark.startswith("pyproject.toml") for remark in found.remarks)


def test_a_broken_file_that_is_not_about_indexes_is_nobodys_business_here(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project\n", "utf-8")
    assert declarations_in(tmp_path).remarks == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.binary(max_size=200))
def test_any_bytes_are_taken_without_complaint(tmp_path: Path, junk: bytes) -> None:
    for name in ("pyproject.toml", "Pipfile", "uv.toml"):
        (tmp_path / name).write_bytes(b"[tool.uv]\n" + junk)
    declarations_in(tmp_path)
    list(secrets_in([tmp_path / "Pipfile"], tmp_path))


def test_a_login_written_out_is_told_once_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "requirements.txt"
    path.write_text(
        "# https://ada:hunter22@commented.example/\n"
        "--index-url https://ada:hunter22@index.example/simple\n"
        "acme @ https://ada:hunter22@index.example/acme.whl\n"
        "--extra-index-url https://${USER}:${TOKEN}@index.example/simple\n"
        "--find-links https://ada@index.example/links\n"
        "b @ https://ghp0123456789abcdefXYZ@index.example/b.whl\n",
        "utf-8",
    )
    assert [place.line for place in secrets_in([path, path, tmp_path / "missing"], tmp_path)] == [2, 6]


def test_tokens_in_a_projects_npmrc_are_told_and_variables_are_not(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(
        "registry=https://npm.corp.example/\n"
        "//npm.corp.example/:_authToken=npm_0123456789\n"
        "//other.example/:_authToken=${TOKEN}\n"
        "@acme:registry=https://ada:hunter22@acme.example/\n",
        "utf-8",
    )
    (tmp_path / "package-lock.json").write_text('{\n"resolved": "https://ada:hunter22@acme.example/a.tgz"\n}', "utf-8")
    assert [str(place) for place in secrets_of(tmp_path, {})] == [".npmrc:2", ".npmrc:4", "package-lock.json:2"]
    assert list(sources_named_in(tmp_path, {})) == [
        ".npmrc:1 names a source of its own: registry https://npm.corp.example/",
        ".npmrc:4 names a source of its own: @acme:registry https://acme.example/",
    ]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (
            "lib/utils/config/definitions.js",
            "define('registry', {\n  default: 'https://registry.example/',\n  type: url",
        ),
        (
            "node_modules/@npmcli/config/lib/definitions/definitions.js",
            "registry: new Definition('registry', {\n    default: 'https://registry.example/',\n",
        ),
    ],
    ids=["older", "newer"],
)
def test_npms_own_registry_is_read_from_its_list_of_settings(tmp_path: Path, place: str, text: str) -> None:
    own = tmp_path / "lib" / "npm"
    (own / place).parent.mkdir(parents=True)
    (own / place).write_text(text, "utf-8")
    (own / "bin").mkdir()
    (own / "bin" / "npm-cli.js").write_text("#!/usr/bin/env node\n", "utf-8")
    link = tmp_path / "npm"
    link.symlink_to(own / "bin" / "npm-cli.js")
    shim = tmp_path / "shims" / "npm"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec node {own}/bin/npm-cli.js "$@"\n', "utf-8")
    assert own_registry(str(link), {}) == "https://registry.example/"
    assert own_registry(str(shim), {}) == "https://registry.example/"
    assert own_registry(str(tmp_path / "nowhere"), {}) == ""
