"""The project's tasks; `python tasks.py` lists them. Python >= 3.10."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import unicodedata
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
BLOCKED = 10
MOST_NAMES = 15_000
# It would only ask who you are, and only on Windows; what matters is that no line of it runs.
HOSTILE = {
    "PKG-INFO": "Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n",
    "setup.py": "import subprocess\nsubprocess.run(['cmd.exe', '/c', 'whoami'])\n",
}
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def run(*words: str | Path, **environment: str) -> None:
    """Run a command from the project's root; end with its exit code when it fails."""
    done = subprocess.run([str(word) for word in words], cwd=ROOT, env={**os.environ, **environment}, check=False)
    if done.returncode:
        sys.exit(done.returncode)


def pip(*words: str) -> None:
    """Run the development environment's pip."""
    run(PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", *words)


def setup() -> None:
    """Make .venv and install the project with its development dependencies, unless that is done already."""
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    stamp = VENV / "gatekeeper-setup"
    if stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    print("setting up .venv (once)", file=sys.stderr)
    venv.create(VENV, with_pip=True)
    pip("--upgrade", "pip>=25.1")  # the first pip that reads dependency groups
    pip("--editable", ".", "--group", "dev")
    stamp.write_text(wanted, "utf-8")


def demo() -> None:
    """See a hostile package refused, then requests installed, in a throw-away environment."""
    target = ROOT / ".demo"
    venv.create(target, with_pip=True, clear=True)
    hostile = target / "hostile-1.0.tar.gz"
    with tarfile.open(hostile, "w:gz") as sdist:
        for name, text in HOSTILE.items():
            entry = tarfile.TarInfo(f"hostile-1.0/{name}")
            entry.size = len(text)
            sdist.addfile(entry, io.BytesIO(text.encode()))
    safe_install = [str(BIN / "safe-install"), *sys.argv[2:]]
    environ = {**os.environ, "VIRTUAL_ENV": str(target)}
    print(f"\n$ safe-install {hostile.name}", file=sys.stderr)
    refused = subprocess.run([*safe_install, hostile], cwd=ROOT, env=environ, check=False)
    if refused.returncode != BLOCKED:
        sys.exit(f"the hostile package was not refused (exit code {refused.returncode})")
    print("\n$ safe-install requests", file=sys.stderr)
    run(*safe_install, "requests", VIRTUAL_ENV=str(target))


def test() -> None:
    """Run the tests that need no registry."""
    run(PYTHON, "-m", "pytest", "-n", "2", "-m", "not online and not matrix", *sys.argv[2:])


def online() -> None:
    """Run the smoke tests against the real registries."""
    run(PYTHON, "-m", "pytest", "-m", "online and not matrix", *sys.argv[2:])


def matrix() -> None:
    """Run the proof suite on every supported client version."""
    run(PYTHON, "-m", "pytest", "-n", "2", "-m", "matrix", *sys.argv[2:])


def lint() -> None:
    """Run ruff's checks and its formatter's check."""
    run(PYTHON, "-m", "ruff", "check", ".")
    run(PYTHON, "-m", "ruff", "format", "--check", ".")


def types() -> None:
    """Run mypy in strict mode."""
    run(PYTHON, "-m", "mypy")


def coverage() -> None:
    """Write docs/threat-coverage.md anew from tests/threats.toml."""
    run(PYTHON, "-m", "tests.support.coverage")


def names() -> None:
    """Write a list of popular names anew: `names pypi|npm FILE YYYY-MM`; FILE: a name a line, the most used first."""
    ecosystem, file, month = sys.argv[2:5]
    rows = (
        line.split("\t")[0].strip() for line in Path(file).read_text("utf-8").splitlines() if line[:1] not in ("", "#")
    )
    plain = (re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "pypi" else name for name in rows)
    kept = list(dict.fromkeys(plain))[:MOST_NAMES]
    about = (
        f"# The {len(kept):,} most downloaded packages of {ecosystem}, the most downloaded first, as of {month}.",
        f"# Regenerate: `python tasks.py names {ecosystem} FILE YYYY-MM`, FILE being the source's list.",
        "# Source: the registry's own count of downloads a month"
        + (", names normalised as PEP 503 says." if ecosystem == "pypi" else "."),
        "# Licence: names and their order are facts; what is ours in this file is CC0-1.0.",
    )
    write_signature(f"names/{ecosystem}.txt", [*about, *kept])


def confusables() -> None:
    """Write the table of look-alike letters anew: `confusables FILE`; FILE is Unicode's confusables.txt."""
    text = Path(sys.argv[2]).read_text("utf-8-sig")
    version = re.search(r"^# Version: *(\S+)", text, re.MULTILINE)
    like: dict[str, list[str]] = {}
    for source, target in re.findall(r"^([0-9A-F]+) ;\t([0-9A-F]+) ;", text, re.MULTILINE):
        letter, plain = chr(int(source, 16)), chr(int(target, 16)).lower()
        if re.fullmatch(r"[a-z0-9./@_-]", plain) and not unicodedata.normalize("NFKC", letter).isascii():
            like.setdefault(plain, []).append(letter)
    about = (
        "# Letters that look like an ASCII letter, digit or sign, by what they look like.",
        "# Regenerate: `python tasks.py confusables FILE`, FILE being the source; what NFKC makes ASCII is left out.",
        f"# Source: Unicode Technical Standard #39, confusables.txt, version {version[1] if version else 'unknown'}.",
        "# Licence: Unicode-3.0.",
    )
    rows = [f"{plain}\t{''.join(sorted(set(letters)))}" for plain, letters in sorted(like.items())]
    write_signature("names/confusables.txt", [*about, *rows])


def write_signature(name: str, lines: list[str]) -> None:
    """Write a signature file, a line each."""
    (ROOT / "signatures" / name).write_text("\n".join(lines) + "\n", "utf-8", newline="\n")


TASKS = {task.__name__: task for task in (demo, test, online, matrix, lint, types, coverage, names, confusables)}


def main() -> None:
    """Set up, then run the task that the command line names."""
    task = TASKS.get(sys.argv[1]) if len(sys.argv) > 1 else None
    if task is None:
        sys.exit(f"usage: python tasks.py {'|'.join(TASKS)} [options]")
    setup()
    task()


if __name__ == "__main__":
    main()
