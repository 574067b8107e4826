"""pip: find the interpreter that bare pip would use, ask its own pip, run it behind the gate."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UsageError
from gatekeeper.managers._withheld import is_withheld_from_all
from gatekeeper.shims import without_shims

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gatekeeper.managers import Entrance
    from gatekeeper.model import Request
    from gatekeeper.wish import Direct, Locked, Wish

SUPPORTED = ("22.3", "26")  # the first and the last that are proved, whatever comes behind these numbers
REHEARSAL = "rehearsal.json"
BOOTSTRAP = Path(__file__).with_name("_pip_bootstrap.py")
PROXIES = tuple(
    name
    for plain in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy")
    for name in (plain, plain.upper())
)
# How the person reaches their indexes is the gate's business; the client's process never sees these.
WITHHELD = (*PROXIES, "NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
BIN = "Scripts" if os.name == "nt" else "bin"
EXE = ".exe" if os.name == "nt" else ""
PIP = re.compile(r"pip[\d.]*(\.exe)?")
# A path that is long, or has spaces, stands in the second line of a script, which is sh and Python at once.
SHEBANG = re.compile(
    r"""\#![ ]*(?:
        /bin/sh\r?\n'{3}exec'[ ]+(?P<quoted>"[^"\n]+"|[^"\s]+)[ ] |
        \S*/env[ ]+(?P<found>(?:python|pypy)[\w.]*)\s |
        (?P<plain>/\S*(?:python|pypy)[\w.]*)\s
    )""",
    re.VERBOSE,
)


class Pip:
    """One run of the target's own pip."""

    ecosystem = "pypi"

    def __init__(self, request: Request, environ: Mapping[str, str], *, rehearsal: bool = False) -> None:
        """Split the words; raise `UsageError` when no interpreter can be found."""
        self.rehearsal = rehearsal
        self._report: Path | None = None
        self.environ = dict(environ)
        self.words, python = without_python(request.words)
        self.folder = request.folder
        self.python = find_python(python or environ.get("PIP_PYTHON"), environ)

    @property
    def hello(self) -> dict[str, Any]:
        """Return what the bootstrap is told first: the words, and the settings that it was started without."""
        withheld = {n: value for n, value in self.environ.items() if is_withheld(n) and n != "PIP_PYTHON"}
        return {"words": self.words, "environ": withheld}

    def start(self, address: str, temporary: Path, stdout: int | None) -> subprocess.Popen[bytes]:
        """Start the bootstrap in the person's folder; it asks the gate at `address` what to do."""
        environ = {name: value for name, value in self.environ.items() if not is_withheld(name)}
        environ["PYTHONPATH"] = safe_path(environ.get("PYTHONPATH", ""), self.folder)
        if not environ["PYTHONPATH"]:
            del environ["PYTHONPATH"]
        if "PATH" in environ:  # a build's own pip is to ask this gate; a shim would begin another one, in there
            environ["PATH"] = without_shims(environ["PATH"])
        environ |= {"GATEKEEPER_GATE": address, "GATEKEEPER_PIP": own_pip(), "TMPDIR": str(temporary)}
        # -s and -E would change what bare pip sees; the bootstrap cleans sys.path itself.
        return subprocess.Popen([self.python, str(BOOTSTRAP)], cwd=self.folder, env=environ, stdout=stdout)

    def wish(self, question: Mapping[str, Any]) -> Wish:
        """Read what pip said it would use."""
        from gatekeeper.managers._declared import with_declarations  # not before pip was started: it takes long
        from gatekeeper.managers._pip_wish import wish_of
        from gatekeeper.managers._written import secrets_in

        wish = wish_of(question)
        if not wish.gated:
            return wish
        files = [Path(each["path"]) for each in question["files"]]
        return replace(with_declarations(wish, self.folder), secrets=tuple(secrets_in(files, self.folder)))

    def plan(
        self, wish: Wish, gate: Entrance, addresses: Mapping[int, str], temporary: Path, cage: dict[str, Any]
    ) -> dict[str, Any]:
        """Return what the bootstrap needs: a clean environment, addresses for direct requirements, the fence."""
        from gatekeeper.managers._written import login_variables

        proxy = gate.address.rpartition("/")[0]
        settings = {"PIP_" + key.upper().replace("-", "_"): str(value) for key, value in wish.raw["settings"].items()}
        environ = {
            **settings,
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": f"{gate.address}/simple/",
            "PIP_NO_CACHE_DIR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_TIMEOUT": "600",
            "PIP_RETRIES": "0",
            "PIP_KEYRING_PROVIDER": "disabled",
            "PIP_NO_INPUT": "1",
            "NETRC": os.devnull,
            "GIT_ALLOW_PROTOCOL": "none",
            # A compiled file that an sdist ships is not read, so no build may find it in the place of its source.
            "PYTHONPYCACHEPREFIX": str(temporary / "pycache"),
            **{name: proxy for name in PROXIES if name.lower() in ("http_proxy", "https_proxy", "all_proxy")},
            **{name: "127.0.0.1" for name in PROXIES if name.lower() == "no_proxy"},
        }
        texts = {str(each.number): replacement(each, addresses[each.number]) for each in wish.direct}
        return {
            "run": "gated",
            "environ": environ,
            "unset": sorted(login_variables(Path(each["path"]) for each in wish.raw["files"])),
            "texts": texts,
            "clean": bool(texts) or bool(wish.raw["files"]),  # so that no line is read twice, under other variables
            "folders": [str(folder.path) for folder in wish.folders],
            "folder": str(temporary),
            "cage": cage,
            "extra": self._rehearsal(wish, temporary),
        }

    def _rehearsal(self, wish: Wish, temporary: Path) -> list[str]:
        if self.rehearsal and wish.verb != "install":
            raise UsageError(f"--plan works with pip install only, not with pip {wish.verb}")
        options = wish.raw["options"]
        typed = options.get("json_report_file")
        self._report = Path(self.folder, typed) if typed and typed != "-" else temporary / REHEARSAL
        report = [] if typed else [f"--report={self._report}"]
        if self.rehearsal:
            return ["--dry-run", "--quiet", *report]
        return report if options.get("dry_run") else []

    def planned(self, body: Mapping[str, Any]) -> list[Locked] | None:  # noqa: ARG002 - as every client has it
        """Return nothing: pip settles and fetches in one go, and each file waits for its verdict."""
        return None

    def rehearsed(self) -> tuple[str, ...]:
        """Read pip's installation report (https://pip.pypa.io/en/stable/reference/installation-report)."""
        if self._report is None or not self._report.is_file():
            return ()
        installs = json.loads(self._report.read_bytes())["install"]
        return tuple(each["download_info"]["url"] for each in installs)


def replacement(direct: Direct, address: str) -> str:
    """Return the requirement with the gate's address in place of the person's."""
    if direct.url and "#" in direct.url:
        address += "#" + direct.url.partition("#")[2]
    if direct.name:
        extras = f"[{','.join(direct.extras)}]" if direct.extras else ""
        address = f"{direct.name}{extras} @ {address}"
    return f"{address} ; {direct.marker}" if direct.marker else address


def is_withheld(name: str) -> bool:
    """Return whether a variable of the person's environment stays with the gate."""
    return name in WITHHELD or name.upper().startswith("PIP_") or is_withheld_from_all(name)


def safe_path(pythonpath: str, folder: Path) -> str:
    """Drop the entries of PYTHONPATH that mean the person's folder: a planted module there would run."""
    entries = (Path(entry) for entry in pythonpath.split(os.pathsep) if entry)
    return os.pathsep.join(str(each) for each in entries if each.is_absolute() and each.resolve() != folder.resolve())


def own_pip() -> str:
    """Return the folder of the pip beside gatekeeper, for targets that have none; empty when there is none either."""
    spec = find_spec("pip")
    return str(Path(spec.origin).parents[1]) if spec and spec.origin else ""


def without_python(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Take `--python X` out of the words, wherever it stands: here it names the target, as it does for pip."""
    kept: list[str] = []
    python = None
    rest = iter(words)
    for word in rest:
        if word == "--python":
            python = next(rest, None)
            if python is None:
                raise UsageError("--python needs an interpreter or an environment")
        elif word.startswith("--python="):
            python = word.partition("=")[2]
        else:
            kept.append(word)
    return kept, python


def find_python(named: str | None, environ: Mapping[str, str]) -> str:
    """Return the interpreter that bare pip would run with: --python, the active environment, or the one on PATH.

    --python may also name a pip, as the shims do: it stands for the interpreter that this pip belongs to.
    """
    if named:
        return _named(named, environ)
    if active := environ.get("VIRTUAL_ENV"):
        python = Path(active, BIN, "python" + EXE)
        if not python.exists():
            raise UsageError(
                f"VIRTUAL_ENV names {active}, which holds no {BIN}/python", hint="deactivate it, or use --python"
            )
        return str(python)
    path = without_shims(environ.get("PATH", os.defpath))
    # Bare pip is the first pip on PATH.
    pip = shutil.which("pip", path=path)
    if pip and (owner := interpreter_of(Path(pip), path)):
        return owner
    return _first_python(path) or sys.executable


def interpreter_of(pip: Path, path: str) -> str | None:
    """Return the interpreter that a pip belongs to: the one in its first lines, else the Python beside it."""
    try:
        with pip.open("rb") as stream:
            words = SHEBANG.match(stream.read(1024).decode("utf-8", "replace"))
    except OSError:  # it may be run, but not read
        words = None
    named = (words["quoted"] or words["plain"] or "").strip('"') if words else ""
    if named and os.access(named, os.X_OK):
        return named
    if words and words["found"] and (found := shutil.which(words["found"], path=path)):
        return found
    return _first_python(str(pip.parent)) or (_first_python(str(pip.parents[1])) if os.name == "nt" else None)


def _first_python(path: str) -> str | None:
    return next((found for name in ("python3", "python") if (found := shutil.which(name, path=path))), None)


def _named(named: str, environ: Mapping[str, str]) -> str:
    place = Path(named)
    if place.is_dir():
        for each in (place / "bin" / "python", place / "Scripts" / "python.exe"):
            if each.exists():
                return str(each)
    elif place.exists() and PIP.fullmatch(place.name):
        if owner := interpreter_of(place, without_shims(environ.get("PATH", os.defpath))):
            return owner
    elif place.exists():
        return str(place.absolute())
    elif found := shutil.which(named):
        return found
    raise UsageError(f"--python {named}: there is no such interpreter or environment")
