"""Where the signature files are, and their digest; and the lists of names that the person has fetched since."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

from gatekeeper.errors import DamagedInstallationError

PACKAGE = Path(__file__).resolve().parent
# The lists of much-used names, the most used first, one a line; lines that begin with # are about the list.
FORMS = {
    "pypi": re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*"),  # as PEP 503 normalises them
    "npm": re.compile(r"(?:@[A-Za-z0-9~_][A-Za-z0-9~._-]*/)?[A-Za-z0-9~._-]+"),
}
FEWEST_NAMES = 1_000
LONGEST_NAME = 214  # characters; npm's own limit
SEAL = b"# sha256: "
LARGEST_LIST = 32 * 1024 * 1024  # bytes


@cache
def folder() -> Path:
    """Return the folder of signature files: inside an installed package, or beside it in a checkout."""
    for candidate in (PACKAGE / "_shipped" / "signatures", PACKAGE.parent / "signatures"):
        if (candidate / "commands.toml").is_file():
            return candidate
    raise DamagedInstallationError(
        "the signature files are missing from this installation", hint="install gatekeeper again"
    )


@cache
def digest() -> str:
    """Return "sha256:..." over the names and contents of all signature files."""
    total = hashlib.sha256()
    root = folder()
    for path in sorted(file for file in root.rglob("*") if file.is_file()):
        content = path.read_bytes()
        total.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return f"sha256:{total.hexdigest()}"


def text(name: str) -> str:
    """Return the text of one signature file, named by its path inside the folder."""
    path = folder() / name
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DamagedInstallationError(
            f"the signature file {name} cannot be read: {type(error).__name__}", hint="install gatekeeper again"
        ) from error


def own_names(ecosystem: str) -> Path:
    """Name the list that `gatekeeper update` keeps in the person's data folder."""
    from platformdirs import user_data_path

    return user_data_path("gatekeeper", appauthor=False) / "names" / f"{ecosystem}.txt"


def names_in(ecosystem: str, content: bytes) -> list[str]:
    """Return the names of a list in their order; raise ValueError, saying why, for what is no such list."""
    if len(content) > LARGEST_LIST:
        raise ValueError(f"it has more than {LARGEST_LIST} bytes")
    names = [line for line in content.decode("utf-8").splitlines() if line and not line.startswith("#")]
    wrong = next((name for name in names if len(name) > LONGEST_NAME or not FORMS[ecosystem].fullmatch(name)), None)
    if wrong is not None:
        raise ValueError(f"{wrong[:40]!r} is no name of {ecosystem}")
    if len(set(names)) < len(names):
        raise ValueError("it names a package twice")
    if len(names) < FEWEST_NAMES:
        raise ValueError(f"it has fewer than {FEWEST_NAMES} names")
    return names


def sealed(content: bytes) -> bytes:
    """Put a list's digest in front of it, so that a damaged one is told from a whole one without reading each name."""
    return SEAL + hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def _unsealed(own: Path) -> str:
    """Read a sealed list; raise ValueError when it is not whole."""
    content = own.read_bytes()
    body = content.partition(b"\n")[2]
    if content != sealed(body):
        raise ValueError("its digest is not the one that it had")
    return body.decode("utf-8")


def names_text(ecosystem: str) -> str:
    """Return the list of names to go by: the one that the person fetched if it is whole, else the shipped one."""
    try:
        return _unsealed(own_names(ecosystem))
    except (OSError, ValueError):
        return text(f"names/{ecosystem}.txt")


def names_faults() -> list[str]:
    """Say of each list that the person fetched and that is not used what is wrong with it."""
    found = []
    for own in map(own_names, FORMS):
        try:
            _unsealed(own)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            found.append(f"{own}: {reason}; the shipped list is used, and `gatekeeper update` fetches this one anew")
    return found
