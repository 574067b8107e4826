"""Install hooks: which run, by policy; and what a waiver opens for one of them, alone."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.npm_clients import NEWEST, OLDEST
from tests.support.npm_packages import package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.npm_ground import MakeNpmGround, NpmGround
    from tests.support.npm_packages import Packed
    from tests.support.npm_registry import Registry

HOST = "files.example"
BUILDS = "require('fs').writeFileSync('built.txt', 'built')"
# It asks for its file as people's proxies want to be asked, and goes on without when that is refused.
DOWNLOADS = f"""
const http = require('http');
const fs = require('fs');
const proxy = new URL(process.env.https_proxy);
const asked = http.request({{host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: '{HOST}:443'}});
asked.on('connect', (answer, socket) => {{
  if (answer.statusCode !== 200) process.exit(3);
  socket.end('GET /tool HTTP/1.0\\r\\nHost: {HOST}\\r\\n\\r\\n');
  socket.on('data', (block) => fs.appendFileSync('tool.txt', block));
  socket.on('end', () => process.exit(0));
}});
asked.on('response', () => process.exit(3));
asked.on('error', () => process.exit(3));
asked.end();
"""


def hooked(name: str, code: str) -> Packed:
    return package(name, files={"hook.js": code}, scripts={"postinstall": "node hook.js"})


def downloader(name: str = "reedpipe") -> Packed:
    plain = f"require('https').get('https://{HOST}/tool');\n"
    return hooked(name, "if (process.env.NEVER) {\n" + plain + "}\n" + DOWNLOADS)


@pytest.fixture
def ways_out() -> Iterator[tuple[str, list[bytes]]]:
    """The person's own proxy: it takes every CONNECT and answers in the far side's place."""
    asked: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                link = door.accept()[0]
            except OSError:
                return
            with link:
                asked.append(link.recv(1000))
                link.sendall(b"HTTP/1.1 200 connected\r\n\r\n")
                link.recv(1000)
                link.sendall(b"HTTP/1.0 200 OK\r\n\r\nthe tool")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}", asked
    door.close()
    thread.join(5)


def policy(ground: NpmGround, text: str) -> tuple[str, str]:
    return "--policy", str(ground.write("../policy.toml", text))


def waiver(
    packed: Packed, *, hosts: str = f'hosts = ["{HOST}"]', sha256: str | None = None, check: str = "hook-download"
) -> str:
    import hashlib

    return f"""
        [[waiver]]
        release = "pkg:npm/{packed.name}@{packed.version}"
        check = "{check}"
        sha256 = "{sha256 or hashlib.sha256(packed.content).hexdigest()}"
        {hosts}
        reason = "fetches its tool"
        author = "sam"
        expires = 2099-01-01
    """


def tool(ground: NpmGround, name: str = "reedpipe") -> Path:
    return ground.modules / name / "tool.txt"


def test_a_hook_that_downloads_from_elsewhere_is_a_question_that_names_the_host(
    make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(downloader())
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    before = ground.snapshot()
    done = ground.gated("install", "reedpipe", expect=11)
    assert "hook-download" in done.err
    assert HOST in done.err
    ground.assert_unchanged_since(before)


# npm 8 runs every hook; of the newest npm the person must have allowed scripts, which is its own question.
@pytest.mark.parametrize("beside", [False, True])
def test_a_waiver_opens_its_hosts_for_that_hook_alone(
    make_npm_ground: MakeNpmGround, registry: Registry, ways_out: tuple[str, list[bytes]], *, beside: bool
) -> None:
    packed = downloader()
    registry.add(packed, hooked("mossgarden", BUILDS + "\n" + DOWNLOADS))
    ground = make_npm_ground(OLDEST, index_url=registry.url)
    ground.user_settings = [f"https-proxy={ways_out[0]}", "noproxy=127.0.0.1"]
    ground.write_user_settings()
    ground.manifest(scripts={"postinstall": "node -e \"require('fs').writeFileSync('own.txt', 'own')\""})
    other = ("mossgarden",) if beside else ()
    # The neighbour asks for the same host without being waived: its request is refused, and with it the install.
    done = ground.gated(
        "install", "reedpipe", *other, ours=("--yes", *policy(ground, waiver(packed))), expect=3 if beside else 0
    )
    if beside:
        assert not ways_out[1], done.text
        return
    assert [line.split()[1] for line in ways_out[1]] == [f"{HOST}:443".encode()]
    assert tool(ground).read_text("utf-8").endswith("the tool")
    assert f"opened for the install hook of reedpipe: {HOST}" in done.err


def test_a_waiver_for_other_bytes_opens_nothing(
    make_npm_ground: MakeNpmGround, registry: Registry, ways_out: tuple[str, list[bytes]]
) -> None:
    packed = downloader()
    registry.add(packed)
    ground = make_npm_ground(OLDEST, index_url=registry.url)
    ground.user_settings = [f"https-proxy={ways_out[0]}", "noproxy=127.0.0.1"]
    ground.write_user_settings()
    ground.manifest()
    ground.gated("install", "reedpipe", ours=policy(ground, waiver(packed, sha256="0" * 64)), expect=11)
    assert not ways_out[1]
    assert not ground.modules.exists()


@pytest.mark.parametrize(("word", "runs"), [("run-judged", True), ("none", False), ("waived", False)])
def test_the_policy_says_whether_hooks_run(
    word: str, runs: bool, make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(hooked("mossgarden", BUILDS))
    ground = make_npm_ground(OLDEST, index_url=registry.url)
    ground.manifest()
    done = ground.gated("install", "mossgarden", ours=policy(ground, f'[hooks]\npolicy = "{word}"\n'))
    assert ("the install hook of mossgarden 1.0.0 does not run" in done.text) is not runs
    assert (ground.modules / "mossgarden" / "package.json").is_file()
    assert (ground.modules / "mossgarden" / "built.txt").exists() is runs


def test_only_waived_hooks_run_where_the_policy_says_so(make_npm_ground: MakeNpmGround, registry: Registry) -> None:
    known, other = hooked("mossgarden", BUILDS), hooked("fernleaf", BUILDS)
    registry.add(known, other)
    ground = make_npm_ground(OLDEST, index_url=registry.url)
    ground.manifest()
    text = '[hooks]\npolicy = "waived"\n' + waiver(known, check="install-hook", hosts="")
    done = ground.gated("install", "mossgarden", "fernleaf", ours=policy(ground, text))
    assert "its install hook may run: pkg:npm/mossgarden@1.0.0 (install-hook)" in done.text
    assert "gatekeeper allow pkg:npm/fernleaf@1.0.0 --check install-hook" in done.text
    assert "unused waiver" not in done.text
    assert (ground.modules / "mossgarden" / "built.txt").exists()
    assert not (ground.modules / "fernleaf" / "built.txt").exists()


def test_an_npx_that_is_refused_leaves_the_projects_own_packages_alone(
    make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    registry.add(downloader(), package("mossgarden"))
    ground = make_npm_ground(NEWEST, index_url=registry.url)
    ground.manifest()
    ground.bare("install", "mossgarden")
    before = ground.snapshot()
    ground.gated("--yes", "reedpipe", program="npx", expect=11)
    ground.assert_unchanged_since(before)
