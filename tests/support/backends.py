"""A tiny build backend of pure standard library, in the tree of an sdist or as a build requirement of its own."""

from __future__ import annotations

from tests.support.packages import About, Built, Files, core_metadata, import_name, module, sdist, wheel

# It builds a wheel from src/ and tiny/METADATA: no setuptools, so that a build costs a second less.
BACKEND = '''\
"""Build a wheel from src/ and tiny/METADATA."""

import base64
import hashlib
import pathlib
import zipfile

ROOT = pathlib.Path(".")


def about():
    text = (ROOT / "tiny" / "METADATA").read_text("utf-8")
    fields = dict(line.split(": ", 1) for line in text.split("\\n\\n")[0].splitlines())
    return fields["Name"].replace("-", "_"), fields["Version"], text


def dist_info(tag="py3-none-any"):
    name, version, text = about()
    return f"{name}-{version}.dist-info", {
        "METADATA": text,
        "WHEEL": f"Wheel-Version: 1.0\\nGenerator: tiny (1)\\nRoot-Is-Purelib: true\\nTag: {tag}\\n",
    }


def get_requires_for_build_wheel(config_settings=None):
    return []


def get_requires_for_build_editable(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    folder, files = dist_info()
    target = pathlib.Path(metadata_directory) / folder
    target.mkdir()
    for path, text in files.items():
        (target / path).write_text(text, "utf-8")
    return folder


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def pack(wheel_directory, sources):
    name, version, _ = about()
    folder, files = dist_info()
    inside = {**sources, **{f"{folder}/{path}": text.encode("utf-8") for path, text in files.items()}}
    lines = []
    for path, content in inside.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}")
    inside[f"{folder}/RECORD"] = "\\n".join([*lines, f"{folder}/RECORD,,", ""]).encode()
    filename = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory) / filename, "w") as archive:
        for path, content in inside.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), content)
    return filename


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    source = ROOT / "src"
    return pack(wheel_directory, {str(p.relative_to(source)): p.read_bytes() for p in sorted(source.rglob("*.py"))})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = about()[0]
    return pack(wheel_directory, {f"_{name}_editable.pth": f"{(ROOT / 'src').resolve()}\\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    raise NotImplementedError("the tests make their sdists by hand")
'''


def tree(
    name: str, version: str = "1.0", *, about: About | None = None, prelude: str = "", requires: tuple[str, ...] = ()
) -> dict[str, str | bytes]:
    """A project with its backend in its own tree; `prelude` is code at the top of that backend."""
    wanted = ", ".join(f'"{word}"' for word in requires)
    return {
        "pyproject.toml": f'[build-system]\nrequires = [{wanted}]\nbuild-backend = "tree_backend"\nbackend-path = ["_build"]\n',
        "_build/tree_backend.py": f"{prelude}\n{BACKEND}" if prelude else BACKEND,
        **sources(name, version, about),
    }


def project(
    name: str,
    version: str = "1.0",
    *,
    about: About | None = None,
    requires: tuple[str, ...] = ("tinybackend",),
    backend: str = "tinybackend",
) -> dict[str, str | bytes]:
    """A project whose backend is a build requirement from the index."""
    wanted = ", ".join(f'"{word}"' for word in requires)
    return {
        "pyproject.toml": f'[build-system]\nrequires = [{wanted}]\nbuild-backend = "{backend}"\n',
        **sources(name, version, about),
    }


def sources(name: str, version: str, about: About | None) -> dict[str, str | bytes]:
    return {
        "tiny/METADATA": core_metadata(name, version, about or About()),
        **{f"src/{path}": content for path, content in module(name, version).items()},
    }


def tree_sdist(
    name: str,
    version: str = "1.0",
    *,
    about: About | None = None,
    prelude: str = "",
    static: bool | None = True,
    suffix: str = ".tar.gz",
) -> Built:
    return sdist(name, version, tree(name, version, about=about, prelude=prelude), about, static=static, suffix=suffix)


def project_sdist(
    name: str,
    version: str = "1.0",
    *,
    about: About | None = None,
    requires: tuple[str, ...] = ("tinybackend",),
    static: bool | None = True,
) -> Built:
    return sdist(name, version, project(name, version, about=about, requires=requires), about, static=static)


def backend_wheel(
    name: str = "tinybackend", version: str = "1.0", *, prelude: str = "", more: Files | None = None
) -> Built:
    """The backend as a package; `prelude` runs whenever a build imports it, `more` are files beside it."""
    return wheel(name, version, {f"{import_name(name)}/__init__.py": f"{prelude}\n{BACKEND}", **(more or {})})
