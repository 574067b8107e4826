"""Real wheels and sdists, written by hand: quick to make, and the same bytes every time."""

from __future__ import annotations

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

Files = Mapping[str, "str | bytes"]

LONG_AGO = (2020, 1, 1, 0, 0, 0)
LONG_AGO_UNIX = 1577836800
COMPRESSED = {".tar.gz", ".tar.bz2", ".tar.xz", ".tar"}


@dataclass(frozen=True)
class Built:
    """A package file that exists only in memory until it is written or served."""

    name: str
    version: str
    filename: str
    content: bytes
    metadata: bytes
    requires_python: str | None = None

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def pin(self) -> str:
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}"

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.filename
        path.write_bytes(self.content)
        return path


@dataclass(frozen=True)
class About:
    """What a package says about itself, beside its name and version."""

    requires: tuple[str, ...] = ()
    extras: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entry_points: Mapping[str, str] = field(default_factory=dict)  # console script -> "module:function"
    requires_python: str | None = None
    summary: str = "A small package."


def import_name(name: str) -> str:
    return name.replace("-", "_").replace(".", "_").lower()


def encoded(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def core_metadata(
    name: str, version: str, about: About, *, metadata_version: str = "2.2", dynamic: Iterable[str] = ()
) -> bytes:
    lines = [
        f"Metadata-Version: {metadata_version}",
        f"Name: {name}",
        f"Version: {version}",
        f"Summary: {about.summary}",
    ]
    if about.requires_python:
        lines.append(f"Requires-Python: {about.requires_python}")
    lines += [f"Requires-Dist: {requirement}" for requirement in about.requires]
    for extra, requirements in about.extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {requirement} ; extra == "{extra}"' for requirement in requirements]
    lines += [f"Dynamic: {word}" for word in dynamic]
    return ("\n".join(lines) + "\n\nA small package, long described.\n").encode()


# --- wheels ---------------------------------------------------------------------------------------------------------


def zipped(files: Files, *, executable: Iterable[str] = ()) -> bytes:
    buffer = io.BytesIO()
    marked = set(executable)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            info = zipfile.ZipInfo(path, LONG_AGO)
            info.external_attr = (0o100755 if path in marked else 0o100644) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, encoded(content))
    return buffer.getvalue()


def record(files: Files, own_path: str) -> str:
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(encoded(content)).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(encoded(content))}")
    return "\n".join([*lines, f"{own_path},,"]) + "\n"


def wheel(
    name: str,
    version: str = "1.0",
    files: Files | None = None,
    about: About | None = None,
    *,
    tag: str = "py3-none-any",
) -> Built:
    """Make a wheel; without `files` it holds one module that knows its version."""
    about = about or About()
    label = f"{import_name(name)}-{version}"
    inside: dict[str, str | bytes] = dict(module(name, version) if files is None else files)
    metadata = core_metadata(name, version, about)
    info = f"{label}.dist-info"
    inside[f"{info}/METADATA"] = metadata
    purelib = "true" if tag.endswith("any") else "false"
    inside[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: tests (1)\nRoot-Is-Purelib: {purelib}\nTag: {tag}\n"
    if about.entry_points:
        inside[f"{info}/entry_points.txt"] = console_scripts(about.entry_points)
    inside[f"{info}/RECORD"] = record(inside, f"{info}/RECORD")
    return Built(name, version, f"{label}-{tag}.whl", zipped(inside), metadata, about.requires_python)


def from_wheel(path: Path) -> Built:
    """A wheel that somebody else made, to be served like our own."""
    with zipfile.ZipFile(path) as archive:
        (inside,) = [
            name for name in archive.namelist() if name.endswith(".dist-info/METADATA") and name.count("/") == 1
        ]
        metadata = archive.read(inside)
    name, version = path.name.split("-")[:2]
    return Built(name, version, path.name, path.read_bytes(), metadata)


def console_scripts(entry_points: Mapping[str, str]) -> str:
    return "[console_scripts]\n" + "".join(f"{script} = {target}\n" for script, target in entry_points.items())


def module(name: str, version: str = "1.0") -> dict[str, str | bytes]:
    """The files of an honest package: one module that knows its version and greets when called."""
    return {
        f"{import_name(name)}/__init__.py": f'"""The {name} package."""\n\nVERSION = "{version}"\n\n\ndef main():\n    print("{name}", VERSION)\n'
    }


# --- sdists ---------------------------------------------------------------------------------------------------------


def tarred(files: Files, suffix: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        folders = sorted({str(parent) for path in files for parent in PurePosixPath(path).parents} - {"."})
        for folder in folders:
            info = tarfile.TarInfo(folder)
            info.type, info.mode, info.mtime = tarfile.DIRTYPE, 0o755, LONG_AGO_UNIX
            archive.addfile(info)
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode, info.mtime = len(encoded(content)), 0o644, LONG_AGO_UNIX
            archive.addfile(info, io.BytesIO(encoded(content)))
    plain = buffer.getvalue()
    pack = {
        ".tar.gz": lambda: gzip.compress(plain, mtime=0),
        ".tar.bz2": lambda: bz2.compress(plain),
        ".tar.xz": lambda: lzma.compress(plain),
    }
    return pack.get(suffix, lambda: plain)()


def sdist(
    name: str,
    version: str = "1.0",
    files: Files | None = None,
    about: About | None = None,
    *,
    suffix: str = ".tar.gz",
    static: bool | None = True,
) -> Built:
    """Make an sdist from exactly these files.

    `static`: True adds a PKG-INFO 2.2 whose fields can be trusted, False one that calls its dependencies dynamic,
    None adds none at all. Without `files` it is an honest package with a setup.py.
    """
    about = about or About()
    root = f"{import_name(name)}-{version}"
    inside: dict[str, str | bytes] = dict(setup_files(name, version, about=about) if files is None else files)
    metadata = core_metadata(
        name, version, about, dynamic=() if static else ("Requires-Dist", "Requires-Python", "Provides-Extra")
    )
    if static is not None:
        inside["PKG-INFO"] = metadata
    rooted = {f"{root}/{path}": content for path, content in inside.items()}
    content = zipped(rooted) if suffix == ".zip" else tarred(rooted, suffix)
    return Built(name, version, f"{root}{suffix}", content, metadata, about.requires_python)


def setup_py(
    name: str, version: str = "1.0", *, before: str = "", arguments: str = "", about: About | None = None
) -> str:
    """The text of a setup.py: `before` is code at module level, `arguments` more words for setup()."""
    about = about or About()
    lines = [
        f"    name={name!r},",
        f"    version={version!r},",
        f"    description={about.summary!r},",
        f"    packages=[{import_name(name)!r}],",
    ]
    if about.requires:
        lines.append(f"    install_requires={list(about.requires)!r},")
    if about.extras:
        lines.append(f"    extras_require={ {extra: list(words) for extra, words in about.extras.items()}!r},")
    if about.entry_points:
        scripts = [f"{script} = {target}" for script, target in about.entry_points.items()]
        lines.append(f"    entry_points={{'console_scripts': {scripts!r}}},")
    if arguments:
        lines.append(f"    {arguments},")
    return "\n".join(["from setuptools import setup", before, "setup(", *lines, ")", ""])


def setup_files(
    name: str, version: str = "1.0", *, before: str = "", arguments: str = "", about: About | None = None
) -> dict[str, str | bytes]:
    """An sdist's files with a setup.py, built by setuptools."""
    return {
        "setup.py": setup_py(name, version, before=before, arguments=arguments, about=about),
        "README.md": f"# {name}\n",
        **module(name, version),
    }


C_SOURCE = """\
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, "Say the answer."}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_native", NULL, -1, methods};
PyMODINIT_FUNC PyInit__native(void) { return PyModule_Create(&definition); }
"""


def c_extension_files(name: str, version: str = "1.0") -> dict[str, str | bytes]:
    """An honest sdist that compiles C; its setup.py asks the compiler for its version, as real ones do."""
    package = import_name(name)
    before = (
        "import os\nimport subprocess\nimport sysconfig\nfrom setuptools import Extension\n\n"
        "COMPILER = os.environ.get('CC', 'gcc').split()[0]\n"
        "COMPILER_VERSION = subprocess.run([COMPILER, '--version'], capture_output=True, text=True, check=False).stdout\n"
    )
    # Without debug information, which holds the path of the temporary build folder.
    arguments = f"ext_modules=[Extension('{package}._native', ['{package}/_native.c'], extra_compile_args=['-g0'])]"
    return {
        **setup_files(name, version, before=before, arguments=arguments),
        f"{package}/__init__.py": "from ._native import answer\n",
        f"{package}/_native.c": C_SOURCE,
        "MANIFEST.in": "recursive-include . *.c\n",
    }
