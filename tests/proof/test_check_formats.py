"""A change that adds a hostile release is refused at its line in every format; an honest bump passes, and nothing else
of the file is judged.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.proof.test_check import report
from tests.support import attacks, npm_attacks
from tests.support.clients import NEWEST
from tests.support.npm_clients import NEWEST as NEWEST_NPM
from tests.support.npm_packages import package
from tests.support.packages import wheel
from tests.support.repository import commit, git

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.ground import Ground, MakeGround
    from tests.support.index import Index
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_packages import Packed
    from tests.support.npm_registry import Registry
    from tests.support.packages import Built

PythonLock = tuple[str, "Callable[[Built, str], str]"]
NpmLock = tuple[str, "Callable[[Packed, str], str]"]


def requirements(one: Built, _: str) -> str:
    return f"mossgarden=={one.version} \\\n    --hash=sha256:{one.sha256}\n"


def pylock(one: Built, url: str) -> str:
    return (
        f'[[packages]]\nname = "mossgarden"\nversion = "{one.version}"\n'
        f'wheels = [{{ name = "{one.filename}", url = "{url}", hashes = {{ sha256 = "{one.sha256}" }} }}]\n'
    )


def uv(one: Built, url: str) -> str:
    index = url.rpartition("/files/")[0] + "/simple"
    return (
        f'[[package]]\nname = "mossgarden"\nversion = "{one.version}"\nsource = {{ registry = "{index}" }}\n'
        f'wheels = [{{ url = "{url}", hash = "sha256:{one.sha256}", size = {len(one.content)} }}]\n'
    )


def poetry(one: Built, _: str) -> str:
    return (
        f'[[package]]\nname = "mossgarden"\nversion = "{one.version}"\ndescription = ""\noptional = false\n'
        f'python-versions = ">=3.9"\ngroups = ["main"]\n'
        f'files = [{{file = "{one.filename}", hash = "sha256:{one.sha256}"}}]\n'
    )


def pdm(one: Built, _: str) -> str:
    return (
        f'[[package]]\nname = "mossgarden"\nversion = "{one.version}"\nsummary = ""\ngroups = ["default"]\n'
        f'files = [{{file = "{one.filename}", hash = "sha256:{one.sha256}"}}]\n'
    )


HEADS = {
    "requirements.txt": "",
    "pylock.toml": 'lock-version = "1.0"\ncreated-by = "a tool"\n\n',
    "uv.lock": 'version = 1\nrequires-python = ">=3.9"\n\n',
    "poetry.lock": '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.9"\ncontent-hash = "0"\n\n',
    "pdm.lock": '[metadata]\ngroups = ["default"]\nstrategy = ["inherit_metadata"]\nlock_version = "4.5.0"\ncontent_hash = "sha256:0"\n\n',
    "yarn.lock": "# yarn lockfile v1\n\n\n",
    "pnpm-lock.yaml": "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n",
}


def pipfile(one: Built, url: str) -> str:
    index = url.rpartition("/files/")[0] + "/simple"
    meta = {"hash": {"sha256": "0"}, "pipfile-spec": 6, "sources": [{"name": "here", "url": index, "verify_ssl": True}]}
    entry = {"hashes": [f"sha256:{one.sha256}"], "index": "here", "version": f"=={one.version}"}
    return json.dumps({"_meta": meta, "default": {"mossgarden": entry}, "develop": {}}, indent=4)


def package_lock(version: int) -> Callable[[Packed, str], str]:
    def lock(one: Packed, url: str) -> str:
        row = {"version": one.version, "resolved": url, "integrity": one.integrity}
        head = {"name": "project", "version": "1.0.0", "lockfileVersion": version, "requires": True}
        root = {"": {"name": "project", "version": "1.0.0", "dependencies": {"mossgarden": "^1.0.0"}}}
        packages = {"packages": root | {"node_modules/mossgarden": row}} if version > 1 else {}
        old = {"dependencies": {"mossgarden": row}} if version < 3 else {}
        return json.dumps({**head, **packages, **old}, indent=2)

    return lock


def yarn(one: Packed, url: str) -> str:
    return (
        f'mossgarden@^1.0.0:\n  version "{one.version}"\n  resolved "{url}#{one.shasum}"\n  integrity {one.integrity}\n'
    )


def berry(one: Packed, _: str) -> str:
    return (
        "__metadata:\n  version: 8\n  cacheKey: 10c0\n\n"
        f'"mossgarden@npm:^1.0.0":\n  version: {one.version}\n  resolution: "mossgarden@npm:{one.version}"\n'
        f"  checksum: 10c0/{'0' * 128}\n  languageName: node\n  linkType: hard\n\n"
        '"project@workspace:.":\n  version: 0.0.0-use.local\n  resolution: "project@workspace:."\n'
        '  dependencies:\n    mossgarden: "npm:^1.0.0"\n  languageName: unknown\n  linkType: soft\n'
    )


def pnpm(one: Packed, _: str) -> str:
    return (
        f"      mossgarden:\n        specifier: ^1.0.0\n        version: {one.version}\n\n"
        f"packages:\n\n  mossgarden@{one.version}:\n    resolution: {{integrity: {one.integrity}}}\n\n"
        f"snapshots:\n\n  mossgarden@{one.version}: {{}}\n"
    )


def bun(one: Packed, _: str) -> str:
    return (
        '{\n  "lockfileVersion": 1,\n  "workspaces": {\n    "": {\n      "name": "project",\n      "dependencies": {\n'
        '        "mossgarden": "^1.0.0",\n      },\n    },\n  },\n  "packages": {\n'
        f'    "mossgarden": ["mossgarden@{one.version}", "", {{}}, "{one.integrity}"],\n  }},\n}}\n'
    )


def cases(*formats: tuple[str, str, object]) -> list[object]:
    """The first of each ecosystem runs in the plain suite, the others in the matrix."""
    return [
        pytest.param(file, lock, id=name, marks=() if number == 0 else pytest.mark.matrix)
        for number, (name, file, lock) in enumerate(formats)
    ]


def assert_refused_at_its_line(ground: Ground, file: str, text: str, version: str) -> None:
    found = report(ground, "--base", "HEAD", expect=10)
    rows = [row for row in found["releases"] if row["ruling"] == "block"]
    assert [(row["name"], row["version"]) for row in rows] == [("mossgarden", version)]
    place = rows[0]["place"]
    assert place["file"] == file
    assert "mossgarden" in "".join(text.splitlines()[place["line"] - 1 : place["line"] + 1]), "the entry begins there"
    assert not ground.marker.exists()


@pytest.mark.parametrize(
    ("file", "lock"),
    cases(
        ("uv", "uv.lock", uv),
        ("requirements", "requirements.txt", requirements),
        ("pylock", "pylock.toml", pylock),
        ("poetry", "poetry.lock", poetry),
        ("pdm", "pdm.lock", pdm),
        ("pipenv", "Pipfile.lock", pipfile),
    ),
)
def test_python_locks(file: str, lock: Callable[[Built, str], str], make_ground: MakeGround, index: Index) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    honest = [wheel("mossgarden", version) for version in ("1.0", "1.1")]
    payload = attacks.spawn_shell(ground.marker).replace("\n", "; ")
    hostile = attacks.pth_wheel("mossgarden", payload, "1.2")
    index.add(*honest, hostile)
    texts = [HEADS.get(file, "") + lock(one, index.file_url(one)) for one in (*honest, hostile)]
    git(ground, "init", "-q", "-b", "main")
    ground.write(file, texts[0])
    commit(ground)
    ground.write(file, texts[1])
    (row,) = report(ground, "--base", "HEAD")["releases"]
    assert (row["version"], row["ruling"]) == ("1.1", "allow")
    ground.write(file, texts[2])
    assert_refused_at_its_line(ground, file, texts[2], "1.2")


@pytest.mark.parametrize(
    ("file", "lock"),
    cases(
        ("npm-v3", "package-lock.json", package_lock(3)),
        ("npm-v2", "package-lock.json", package_lock(2)),
        ("npm-v1", "package-lock.json", package_lock(1)),
        ("shrinkwrap", "npm-shrinkwrap.json", package_lock(3)),
        ("yarn-classic", "yarn.lock", yarn),
        ("yarn-berry", "yarn.lock", berry),
        ("pnpm", "pnpm-lock.yaml", pnpm),
        ("bun", "bun.lock", bun),
    ),
)
def test_npm_locks(
    file: str, lock: Callable[[Packed, str], str], make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    ground = make_npm_ground(NEWEST_NPM, index_url=registry.url)
    honest = [package("mossgarden", version) for version in ("1.0.0", "1.1.0")]
    hostile = npm_attacks.hooked("mossgarden", ground.marker, "1.2.0")
    registry.add(*honest, hostile)
    head = "" if lock is berry else HEADS.get(file, "")
    texts = [head + lock(one, registry.tarball_url(one)) for one in (*honest, hostile)]
    git(ground, "init", "-q", "-b", "main")
    ground.manifest(dependencies={"mossgarden": "^1.0.0"})
    ground.write(file, texts[0])
    commit(ground)
    ground.write(file, texts[1])
    (row,) = report(ground, "--base", "HEAD")["releases"]
    assert (row["version"], row["ruling"]) == ("1.1.0", "allow"), row
    ground.write(file, texts[2])
    assert_refused_at_its_line(ground, file, texts[2], "1.2.0")
