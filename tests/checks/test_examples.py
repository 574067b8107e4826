"""Every check carries cases that must fire and cases that must not."""

from __future__ import annotations

import re

import pytest

from gatekeeper.checks import all_checks, run_checks
from gatekeeper.doctor.checks import fault_of
from gatekeeper.model import Evidence, Release

CHECKS = all_checks()


def test_the_list_of_checks_is_this_one() -> None:
    assert list(CHECKS) == [
        "agent-settings-written",
        "anti-analysis",
        "browser-store",
        "build-file-code",
        "clipboard-swap",
        "coin-miner",
        "command-pattern",
        "confusable-name",
        "confusion-beacon",
        "declared-index",
        "decode-then-exec",
        "deep-pattern",
        "destructive-write",
        "dormant-payload",
        "download-then-run",
        "dropped-executable",
        "environment-then-send",
        "foreign-host",
        "hidden-address",
        "hidden-import",
        "hook-download",
        "hook-self-deletion",
        "index-mismatch",
        "install-time-network",
        "internal-name",
        "key-theft",
        "known-malware",
        "lock-digest",
        "lock-entry",
        "lock-mismatch",
        "lolbin-child",
        "lookalike-action",
        "lookalike-host",
        "lost-provenance",
        "name-variant",
        "native-payload",
        "nested-install",
        "new-install-hook",
        "new-since-last",
        "not-fully-read",
        "npmrc-program",
        "obfuscated-layout",
        "odd-port",
        "patched-globals",
        "persistence",
        "plain-http",
        "pth-startup-code",
        "recon-at-install",
        "release-age",
        "release-flood",
        "republish",
        "reverse-shell",
        "revived-project",
        "rides-along",
        "scope-lookalike",
        "secrets-dumped",
        "secrets-then-send",
        "shadowed-command",
        "source-build",
        "suspicious-host",
        "two-indexes",
        "typosquat",
        "unclaimed-name",
        "ungated-source",
        "unjudged-address",
        "unpinned-action",
        "unreachable-index",
        "version-confusion",
        "withdrawn-release",
        "workflow-download",
        "workflow-trigger-risk",
        "workflow-written",
        "written-secret",
        "young-project",
    ]


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_fires_on_its_hits_and_is_silent_on_its_misses(check: str) -> None:
    assert fault_of(check, CHECKS[check]) == ""


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_explains_itself(check: str) -> None:
    text = CHECKS[check].__doc__ or ""
    assert text.splitlines()[0].endswith("?")
    assert "\nRemedy: " in text
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", technique) for technique in CHECKS[check].ATTACK)
    assert CHECKS[check].ATTACK


def test_nothing_known_means_nothing_found() -> None:
    assert run_checks(Evidence(Release("pypi", "acme-thing"))) == ()


def test_findings_hold_one_short_line_each() -> None:
    for check in CHECKS.values():
        for evidence in check.hits:
            for found in check.find(evidence):
                assert "\n" not in found.message
                assert len(found.message) <= 240
