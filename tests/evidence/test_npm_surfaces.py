"""Which file of an npm package runs when: hooks, imports, commands, bundled packages, a person's own folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.evidence._npm_entries import entry_files, reached, resolve
from gatekeeper.evidence._npm_manifest import BrokenManifestError, read_manifest
from gatekeeper.model import Ruling, When
from tests.support.npm_judging import folder_evidence, gathered, judged
from tests.support.npm_packages import Files, Packed, as_json, package, tarball

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.model import Evidence


def moments(evidence: Evidence) -> dict[str, When]:
    return {surface.path: surface.when for surface in evidence.surfaces}


def raw(files: Files) -> Packed:
    return Packed("acme-thing", "1.0.0", tarball(files), {})


@pytest.mark.parametrize("hook", ["preinstall", "install", "postinstall"])
def test_the_file_of_a_hook_runs_at_install(tmp_path: Path, hook: str) -> None:
    found = moments(
        gathered(
            package("acme-thing", files={"a.js": "require('./b')", "b.js": ""}, scripts={hook: "node a"}), tmp_path
        )
    )
    assert found["a.js"] is When.INSTALL
    assert found["b.js"] is When.INSTALL


@pytest.mark.parametrize("script", ["test", "prepare", "prepublishOnly", "prepublish", "start", "build", "prepack"])
def test_other_scripts_of_a_fetched_package_do_not_run(tmp_path: Path, script: str) -> None:
    evidence = gathered(package("acme-thing", files={"a.js": ""}, scripts={script: "node a; id > /tmp/a"}), tmp_path)
    assert "a.js" not in moments(evidence)
    assert not [one for one in evidence.behaviours if one.kind == "spawn"]


@pytest.mark.parametrize("script", ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare", "dependencies"])  # fmt: skip
def test_more_scripts_run_in_a_persons_own_folder(tmp_path: Path, script: str) -> None:
    files = {"package.json": as_json({"scripts": {script: "node a"}}), "a.js": "", "b.js": ""}
    found = moments(folder_evidence(tmp_path, files))
    assert found["a.js"] is When.INSTALL
    assert "b.js" not in found


def test_hooks_follow_scripts_of_scripts(tmp_path: Path) -> None:
    scripts = {
        "postinstall": "npm run a && yarn b",
        "prea": "node 1",
        "a": "node 2",
        "posta": "node 3",
        "b": "run-s c:*",
        "c:x": "node 4",
    }
    files = {f"{number}.js": "" for number in range(1, 6)}
    found = moments(gathered(package("acme-thing", files=files, scripts=scripts), tmp_path))
    assert [found.get(f"{number}.js") for number in range(1, 6)] == [When.INSTALL] * 4 + [None]


def test_a_build_file_without_scripts_runs(tmp_path: Path) -> None:
    gyp = "{'targets': [{'sources': ['<!@(node a.js)', 'x.c'], 'includes': ['more.gypi'], 'dependencies': ['deps/d.gyp:d']}]}"
    files = {"binding.gyp": gyp, "a.js": "", "b.js": "", "c.js": "", "d.js": "",
             "more.gypi": "{'variables': {'x': '<!(node b.js)'}}",
             "deps/d.gyp": "{'targets': [{'actions': [{'action': ['node', '../c.js']}]}]}",
             "common.gypi": "{'x': '<!(node d.js)'}"}  # fmt: skip
    found = moments(gathered(package("acme-thing", files=files), tmp_path))
    assert all(found.get(name) is When.INSTALL for name in ("a.js", "b.js", "c.js", "d.js")), found
    off = moments(gathered(package("acme-thing", files=files, gypfile=False), tmp_path / "off"))
    assert "a.js" not in off


@pytest.mark.parametrize(
    "gyp",
    ["{'a': '<!(node a.js)'", "# x\n{'a': ['<!(node a.js)'],}", "{'a': \"<!(node \\\"a.js\\\")\"}", "{'a': '<!([\"node\", \"a.js\"])'}",
     "{'cflags': ['$(shell node a.js)']}", "{'cflags': ['`node a.js`']}", "{'rules': [{'action': ['node', 'a.js', '<@(RULE_INPUT_PATH)']}]}",
     "{'postbuilds': [{'action': ['node', 'a.js']}]}", "{'a': '>!(cd . && node a.js)'}", "\ufeff{'a': '<!(node a.js)'}"],
)  # fmt: skip
def test_commands_of_build_files_are_found_however_they_are_written(tmp_path: Path, gyp: str) -> None:
    evidence = gathered(package("acme-thing", files={"binding.gyp": gyp, "a.js": ""}), tmp_path)
    assert moments(evidence).get("a.js") is When.INSTALL, evidence


def test_bundled_packages_run_their_hooks_in_their_folder(tmp_path: Path) -> None:
    inner = as_json({"name": "@a/b", "scripts": {"install": "node run.js"}})
    files = {"node_modules/@a/b/package.json": inner, "node_modules/@a/b/run.js": "", "run.js": ""}
    found = moments(gathered(package("acme-thing", files=files), tmp_path))
    assert found["node_modules/@a/b/run.js"] is When.INSTALL
    assert "run.js" not in found


def test_folders_that_a_package_links_run_prepare_too(tmp_path: Path) -> None:
    files = {"in/package.json": as_json({"scripts": {"prepare": "node a.js"}}), "in/a.js": ""}
    found = moments(gathered(package("acme-thing", files=files, dependencies={"in": "file:./in"}), tmp_path))
    assert found["in/a.js"] is When.INSTALL


def test_what_a_folder_links_from_outside_is_not_taken_for_clean(tmp_path: Path) -> None:
    evidence = folder_evidence(
        tmp_path, {"package.json": as_json({"dependencies": {"a": "file:../a", "b": "file:b.tgz"}})}
    )
    assert {unread.path for unread in evidence.unread} == {"../a", "b.tgz"}


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"main": "lib/a"}, "lib/a.js"), ({"main": "./lib"}, "lib/index.js"), ({"main": "lib/a.js"}, "lib/a.js"),
        ({"module": "lib/m.mjs"}, "lib/m.mjs"), ({"browser": "lib/a.js"}, "lib/a.js"),
        ({"browser": {"./x": "./lib/a.js"}}, "lib/a.js"), ({"exports": "./lib/a.js"}, "lib/a.js"),
        ({"exports": {".": {"node": {"import": "./lib/m.mjs"}}}}, "lib/m.mjs"),
        ({"exports": {"./*": "./lib/*.js"}}, "lib/a.js"), ({"exports": [{"default": "./lib/a.js"}]}, "lib/a.js"),
        ({"main": "missing.js"}, "index.js"), ({}, "index.js"),
    ],
)  # fmt: skip
def test_what_a_package_exports_is_imported(entry: dict[str, object], path: str) -> None:
    members = {"package.json", "index.js", "lib/a.js", "lib/index.js", "lib/m.mjs", "other.js"}
    manifest = read_manifest("package.json", as_json(entry).encode())
    found = list(entry_files(manifest, members))
    assert path in found
    assert "other.js" not in found


def test_what_entries_load_is_reached_and_the_rest_is_not() -> None:
    files = {
        "index.js": b"require('./a'); import('./b/index.js')", "a.js": b"const x = require(`./c`)", "b/index.js": b"export * from '../d.mjs'",
        "c.js": b"", "d.mjs": b"fs.readdirSync(d).forEach(f => require(join(d, f)))", "beside.js": b"", "test/e.js": b"", "build/f.js": b"",
    }  # fmt: skip
    found = reached(["index.js"], "", files.keys(), files.get)
    assert set(found) == {"index.js", "a.js", "b/index.js", "c.js", "d.mjs", "beside.js"}


def test_names_that_leave_the_package_resolve_to_nothing() -> None:
    assert resolve("lib", "../../etc/passwd", {"etc/passwd"}) is None
    assert resolve("", "/lib/a.js", {"lib/a.js"}) == "lib/a.js"


def test_commands_are_commands(tmp_path: Path) -> None:
    evidence = gathered(
        package(
            "acme-thing",
            files={"bin/a.js": "#!/usr/bin/env node\nrequire('./b')", "bin/b.js": ""},
            bin={"a": "./bin/a"},
        ),
        tmp_path,
    )
    assert moments(evidence)["bin/a.js"] is When.COMMAND
    assert [one.detail for one in evidence.behaviours if one.kind == "installs-command"] == ["a"]
    listed = gathered(
        package("acme-thing", files={"tools/git": "#!/bin/sh\n"}, directories={"bin": "tools"}), tmp_path / "listed"
    )
    assert [one.detail for one in listed.behaviours if one.kind == "installs-command"] == ["git"]


def test_the_last_of_two_keys_counts_and_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    text = '\ufeff{"scripts": {"postinstall": "true"},\n "scripts": {"postinstall": "node a"}}'
    found = moments(gathered(raw({"package.json": text, "a.js": ""}), tmp_path))
    assert found["a.js"] is When.INSTALL


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{'a': 1}", '{"a": 1,}', "[" * 100_000, "\x00"])
def test_a_package_json_that_npm_cannot_read_is_a_question(tmp_path: Path, text: str) -> None:
    with pytest.raises(BrokenManifestError):
        read_manifest("package.json", text.encode())
    assert judged(raw({"package.json": text}), tmp_path).ruling is Ruling.ASK


def test_a_tarball_without_package_json_is_a_question(tmp_path: Path) -> None:
    assert judged(raw({"index.js": ""}), tmp_path).ruling is Ruling.ASK


@pytest.mark.parametrize(
    "value", [1, None, [], {"a": 1}, {"a": None}, "x", True, {"postinstall": ["id"]}, {"postinstall": ""}]
)
def test_odd_values_in_package_json_stop_nothing(tmp_path: Path, value: object) -> None:
    for key in (
        "scripts",
        "bin",
        "main",
        "exports",
        "browser",
        "dependencies",
        "optionalDependencies",
        "workspaces",
        "directories",
        "bundleDependencies",
    ):
        gathered(package("acme-thing", **{key: value}), tmp_path)
        folder_evidence(tmp_path / key, {"package.json": as_json({key: value})})


@pytest.mark.parametrize(
    ("line", "fires"),
    [
        ("script-shell = ./sh", True), ("node-options=--require ./a.js", True), ("NODE_OPTIONS = -r ./a.js --no-warnings", True),
        ('node-options="--import=./a.js"', True), ("git=tools/git", True), ("python=../py", True),
        ("script-shell=/bin/bash", False), ("node-options=--max-old-space-size=4096", False), ("git=git", False),
        ("; script-shell=./sh", False), ("registry=https://registry.example/", False), ("script-shell=C:\\Windows\\System32\\cmd.exe", False),
        ("node-options=--require dotenv", False), ("python=/usr/bin/python3", False),
    ],
)  # fmt: skip
def test_settings_of_npm_that_run_something(tmp_path: Path, line: str, fires: bool) -> None:
    evidence = folder_evidence(
        tmp_path,
        {"package.json": "{}", ".npmrc": f"{line}\n", "a.js": "", "sh": "#!/bin/sh\n", "tools/git": "#!/bin/sh\n"},
    )
    assert any(one.kind == "npmrc-program" for one in evidence.behaviours) is fires


def test_files_that_settings_load_are_read(tmp_path: Path) -> None:
    found = moments(
        folder_evidence(tmp_path, {"package.json": "{}", ".npmrc": "node-options=--require ./a.js\n", "a.js": ""})
    )
    assert found["a.js"] is When.INSTALL


@given(st.text(alphabet="{}[]()'\"<>!@:,#\\ \nabnode.js=$`", max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_build_file_and_no_settings_stop_the_reader(tmp_path: Path, text: str) -> None:
    gathered(package("acme-thing", files={"binding.gyp": text, ".npmrc": text, "a.js": ""}), tmp_path)


@pytest.mark.parametrize(
    "text", ["[" * 50_000, "{'a':" * 20_000, "'<!(" * 20_000, "'<!(node a.js)'," * 5_000, "(" * 90_000 + ")" * 90_000]
)
def test_hostile_build_files_end(tmp_path: Path, text: str) -> None:
    gathered(package("acme-thing", files={"binding.gyp": text}), tmp_path)


def test_hooks_that_load_by_name_are_followed_inside_the_artifact(tmp_path: Path) -> None:
    files = {
        "setup.js": "require('acme-thing/hidden'); import('inner/deep');", "h.js": "require('@b/other')",
        "node_modules/inner/package.json": as_json({"name": "inner"}), "node_modules/inner/deep.js": "",
        "node_modules/@b/other/package.json": as_json({"main": "m"}), "node_modules/@b/other/m.js": "", "unrelated.js": "",
    }  # fmt: skip
    exports = {".": "./index.js", "./hid*": {"node": "./h.js"}}
    found = moments(
        gathered(package("acme-thing", files=files, scripts={"install": "node setup"}, exports=exports), tmp_path)
    )
    for path in ("h.js", "node_modules/inner/deep.js", "node_modules/@b/other/m.js"):
        assert found.get(path) is When.INSTALL, (path, found)
    assert "unrelated.js" not in found
