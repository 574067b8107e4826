"""Proof that every check and every signature does on this machine what its own examples say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper import checks, signatures
from gatekeeper.doctor.proof import Proof, broken
from gatekeeper.evidence import examples

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.checks import Check
    from gatekeeper.doctor.proof import Ground

AGAIN = "install gatekeeper again: its files, or the libraries that it reads with, are not what they were"


def prove_checks(_: Ground) -> Iterator[Proof]:
    """Have every check find what it must in its own examples, and nothing in the others."""
    for name, check in checks.all_checks().items():
        wrong = fault_of(name, check)
        hits, misses = len(check.hits), len(check.misses)
        yield broken(name, wrong, AGAIN) if wrong else Proof(name, detail=f"fires on {hits}, leaves {misses} alone")


def fault_of(name: str, check: Check) -> str:
    """Say what is wrong with a check, by its own examples; empty when it does what they say."""
    if not check.hits or not check.misses:
        return "has no examples: nothing proves that it fires"
    for number, evidence in enumerate(check.hits, 1):
        found = list(check.find(evidence))
        if not found:
            return f"is silent on its own example {number}"
        if any(one.check != name or one.attack != check.ATTACK for one in found):
            return f"speaks under another name on its own example {number}"
    for number, evidence in enumerate(check.misses, 1):
        if list(check.find(evidence)):
            return f"fires on example {number}, which it must leave alone"
    return ""


def prove_signatures(_: Ground) -> Iterator[Proof]:
    """Match every signature against its own examples: patterns here, rules of structure with the engine itself."""
    for file in examples.LOOK:
        for one in examples.signatures_in(file):
            wrong = examples.fault_of(file, one)
            named = f"{file.removesuffix('.toml')}: {one.mark.id}"
            yield broken(named, wrong, AGAIN) if wrong else Proof(named)
    for rule, wrong in examples.faults_of_rules().items():
        yield broken(f"semgrep: {rule}", wrong, AGAIN) if wrong else Proof(f"semgrep: {rule}")
    yield Proof("digest", detail=signatures.digest())
