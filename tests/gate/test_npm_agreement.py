"""What a registry says beside a tarball: no waiver for the tarball's bytes covers the script that npm would run."""

from __future__ import annotations

import pytest

from gatekeeper.errors import UndecidedError
from gatekeeper.gate.npm_agreement import unbound_hooks
from gatekeeper.model import Release
from gatekeeper.policy import Policy, Waiver

RELEASE = Release("npm", "mossgarden", "1.0.0")
WAIVED = Policy(waivers=(Waiver(RELEASE.purl, "index-mismatch", "a" * 64, "seen", "sam", "2099-01-01"),))
OWN = {"scripts": {"postinstall": "node build.js"}}


def test_another_install_script_in_the_registry_is_not_excused_by_a_waiver_for_the_tarball() -> None:
    announced = {"scripts": {"postinstall": "node other.js"}}
    assert unbound_hooks(RELEASE, OWN, announced, Policy()) == [
        "the registry gives it another postinstall script than its own package.json"
    ]
    with pytest.raises(UndecidedError, match="no waiver for its bytes excuses that"):
        unbound_hooks(RELEASE, OWN, announced, WAIVED)


def test_the_same_install_script_needs_no_excuse() -> None:
    assert unbound_hooks(RELEASE, OWN, OWN, WAIVED) == unbound_hooks(RELEASE, OWN, {}, WAIVED) == []
