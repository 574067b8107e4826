"""Every signature carries an example that it matches and one that it leaves alone: which of them does not hold here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.evidence._signatures import load, marks_of_address, marks_of_command, marks_of_path
from gatekeeper.evidence.deep import ENDS, Reading, Source, read_deep
from gatekeeper.model import Surface, When

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.evidence._signatures import Signature

LOOK = {"commands.toml": marks_of_command, "paths.toml": marks_of_path, "hosts.toml": marks_of_address}


def signatures_in(file: str) -> tuple[Signature, ...]:
    """Return the signatures of one of the files in `LOOK`."""
    return load(file)


def fault_of(file: str, one: Signature) -> str:
    """Say what is wrong with a signature, by its own examples; empty when both hold."""
    if one.mark not in LOOK[file](one.hit):
        return f"does not match its own example: {one.hit}"
    return f"matches what it must leave alone: {one.miss}" if one.mark in LOOK[file](one.miss) else ""


def rules() -> list[Path]:
    """Return the files of our rules of structure."""
    return sorted((signatures.folder() / "semgrep").rglob("*.yaml"))


def rule_of(path: Path) -> str:
    """Return the id of the rules in a file, which is its place."""
    return f"{path.parent.name}.{path.stem}"


def example_of(path: Path, word: str) -> Path:
    """Return where a rule's example lies: `word` is hit or miss."""
    return path.with_name(f"{path.stem}.{word}.{ENDS[path.parent.name]}")


def readings_of_rules() -> dict[Path, Reading]:
    """Read the examples of all rules with the engine itself, in one call. Raises OSError, UndecidedError."""
    examples = [example_of(path, word) for path in rules() for word in ("hit", "miss")]
    sources = [Source(Surface(str(path), When.INSTALL, "an example"), path.read_bytes()) for path in examples]
    return dict(zip(examples, read_deep(sources), strict=True))


def faults_of_rules() -> dict[str, str]:
    """Say of each rule what is wrong with it, by its own examples; empty when both hold."""
    readings = readings_of_rules()
    return {rule_of(path): fault_of_rule(path, readings) for path in rules()}


def fault_of_rule(path: Path, readings: dict[Path, Reading]) -> str:
    """Say what is wrong with the rules in one file; empty when both examples hold."""
    hit, miss = (readings[example_of(path, word)] for word in ("hit", "miss"))
    unread = hit.unread or miss.unread
    if unread is not None:
        return f"its example is {unread.reason}"
    if not any(mark.id.startswith(rule_of(path)) for one in hit.matches for mark in one.marks):
        return "does not match its own example"
    return "matches what it must leave alone" if miss.matches else ""
