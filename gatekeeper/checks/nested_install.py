"""Does the package install other packages by itself, past the installer and its judge?

What setup.py or an import installs through a package manager of its own is in no plan, no lock file and no report. A
second Python that only imports a module hides whose code runs. A
hook of an npm package that calls npm by name and version passes the same judge, so there it is only mentioned.

Remedy: install those packages yourself first, or ask the project to declare them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, example, mark, marks, npm_example, pick, shown
from gatekeeper.model import FIRST, Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.001", "T1072")
NPM = re.compile(r"^\W*(?:[\w-]+ )*(?:npm|pnpm|yarn)(?:\.cmd)?['\"]?\s", re.IGNORECASE)
ELSEWHERE = re.compile(r"--registry|://|\bgit[@+]|\bgithub:|\.tgz|\s(?:-g|--global)\b|\bpip", re.IGNORECASE)
# Code of one line that imports and does nothing else, warnings silenced or not.
ONLY_IMPORTS = re.compile(
    r"\bpython[\d.w]*(?:\.exe)?[\"']?\s+-c\s+[\"']?(?:import warnings;\s*warnings\.\w+\([^)]*\);\s*)?"
    r"(?:import|from)\s+[\w.]+(?:\s+import\s+\w+)*;?[\"']?\s*$"
)
PIP = mark("package-install", "nested-install", Severity.MEDIUM)
hits = (
    example(does("spawn", "python -m pip install example", When.IMPORT, "", PIP)),
    example(does("spawn", "python3 -c import example", When.INSTALL)),
)
misses = (
    example(does("spawn", "python -c 'import example; print(example.get_include())'", When.INSTALL)),
    example(does("spawn", "python -m pip install example", When.CALL, "", PIP)),
    example(does("spawn", "pip --version", When.INSTALL)),
    npm_example(does("spawn", "npm run build", When.INSTALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each installation that runs unasked."""
    for one in pick(evidence, "spawn"):
        if marks(one, "nested-install"):
            message = f"installs something by itself: {shown(one.detail)}"
            yield say.of(one, severity_of(evidence, one), Confidence.HIGH, message)
        elif ONLY_IMPORTS.search(one.detail):
            message = f"starts a second Python only to import something: {shown(one.detail)}"
            yield say.of(one, Severity.MEDIUM, Confidence.HIGH, message)


def severity_of(evidence: Evidence, behaviour: Behaviour) -> Severity:
    """Return how much it matters: an npm hook's own npm asks the same gate, unless it is told to ask elsewhere."""
    own = evidence.release.ecosystem == "npm" and behaviour.when in FIRST and NPM.search(behaviour.detail)
    return Severity.LOW if own and not ELSEWHERE.search(behaviour.detail) else Severity.MEDIUM
