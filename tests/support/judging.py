"""Judge small packages in tests: build one, hand it to the inspector, look at what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.artifacts.opening import open_artifact
from gatekeeper.evidence.gather import gather
from gatekeeper.inspection import Inspector
from gatekeeper.model import Evidence, Release, Ruling, Verdict
from gatekeeper.policy import Policy, rule_on
from tests.support.packages import Built, Files, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path


def judged(built: Built, folder: Path, policy: Policy | None = None) -> Verdict:
    path = built.write(folder)
    release = Release("pypi", built.name, built.version)
    return Inspector(policy or Policy()).judge_artifact(
        path, release, filename=built.filename, sha256=built.sha256, later=True
    )


def gathered(built: Built, folder: Path) -> Evidence:
    with open_artifact(built.write(folder), built.filename) as opened:
        return gather(opened, Release("pypi", built.name, built.version), None)


def installing(folder: Path, setup: str, files: Files | None = None) -> Verdict:
    """Judge an sdist with this setup.py."""
    return judged(sdist("acme-thing", files={"setup.py": setup, **(files or {})}), folder)


def importing(folder: Path, code: str, files: Files | None = None) -> Verdict:
    """Judge a wheel whose package runs this code when it is imported."""
    return judged(wheel("acme-thing", files={"acme_thing/__init__.py": code, **(files or {})}), folder)


def explained(verdict: Verdict) -> str:
    """Say why a verdict is what it is, for a failing assertion."""
    lines = [f"{verdict.ruling.word}: {verdict.error or ''}"]
    lines += [
        f"  {rule_on(one, Policy()).word} {one.check} {one.file}:{one.line} {one.message}" for one in verdict.findings
    ]
    return "\n".join(lines)


def blocks(verdict: Verdict) -> bool:
    return verdict.ruling is Ruling.BLOCK


def allows(verdict: Verdict) -> bool:
    return verdict.ruling is Ruling.ALLOW


def checks_of(verdict: Verdict) -> set[str]:
    return {finding.check for finding in verdict.findings}
