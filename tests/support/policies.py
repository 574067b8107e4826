"""Policy files for tests: drawn, written, laid out in layers, and policies held against each other."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from unittest import mock

from hypothesis import strategies as st

from gatekeeper import settings
from gatekeeper.model import Confidence, Finding, Severity, When
from gatekeeper.policy import HOOK_WORDS, QUESTION_WORDS, RULING_WORDS, Policy, allows_unattended, rule_on
from gatekeeper.settings._presets import PRESETS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gatekeeper.settings import Settings

CHECKS = (
    "decode-then-exec",
    "known-malware",
    "lost-provenance",
    "new-install-hook",
    "release-age",
    "revived-project",
    "source-build",
    "typosquat",
    "ungated-source",
)
LOCKS = ("*", "ask", "ask.typosquat", "audit", "cooldown", "feeds", "hooks", "hosts", "origins", "questions")
LOCKS = (*LOCKS, "rulings", "rulings.typosquat", "waiver")
FINDINGS = [
    Finding(check, severity, confidence, "message", when)
    for check, severity, confidence, when in itertools.product(
        CHECKS, Severity, (Confidence.LOW, Confidence.HIGH), (None, When.INSTALL, When.COMMAND)
    )
]


@dataclass(frozen=True)
class Layers:
    """A folder with a place for each kind of policy file, and nothing of this machine's."""

    folder: Path

    @property
    def places(self) -> dict[str, Path]:
        return {
            "always": self.folder / "always" / "gatekeeper.toml",
            "organisation": self.folder / "site" / "gatekeeper" / "gatekeeper.toml",
            "person": self.folder / "config" / "gatekeeper" / "gatekeeper.toml",
            "project": self.project / "gatekeeper.toml",
            "pyproject": self.project / "pyproject.toml",
            "named": self.folder / "named.toml",
        }

    @property
    def project(self) -> Path:
        return self.folder / "project"

    @contextlib.contextmanager
    def standing(self) -> Iterator[None]:
        """Let this folder be where settings are looked for."""
        home = {"XDG_CONFIG_HOME": str(self.folder / "config"), "XDG_CONFIG_DIRS": str(self.folder / "site")}
        with mock.patch.dict(os.environ, home), mock.patch.object(settings, "ALWAYS", self.folder / "always"):
            yield

    def write(self, **texts: str | bytes) -> None:
        """Write the named files; an empty text is no file."""
        for name, text in texts.items():
            path = self.places[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text:
                path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def load(self, **texts: str | bytes) -> Settings:
        """Write the named files, and read the policy that holds; `named` is the one for --policy."""
        self.project.mkdir(exist_ok=True)
        self.write(**texts)
        named = self.places["named"] if texts.get("named") else None
        with self.standing():
            return settings.load(self.project, named, CHECKS)


def toml(table: Mapping[str, Any]) -> str:
    """Write a table of tables and plain values."""
    sections = {key: value for key, value in table.items() if isinstance(value, dict)}
    lines = [line(key, value) for key, value in table.items() if key not in {*sections, "waiver"}]
    for key, section in sections.items():
        lines += ["", f"[{key}]", *(line(name, value) for name, value in section.items())]
    for each in table.get("waiver", ()):
        lines += ["", "[[waiver]]", *(line(name, value) for name, value in each.items()), "expires = 2099-01-01"]
    return "\n".join(lines) + "\n"


def line(key: str, value: object) -> str:
    """Write a key and its value; JSON spells texts, lists and truths as TOML does."""
    name = key if key.replace("-", "").isidentifier() and key.isascii() else _text(key)
    if isinstance(value, dict):
        return f"{name} = {{{', '.join(line(*each) for each in value.items())}}}"
    return f"{name} = {_text(value)}"


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def waiver(check: str = "typosquat", release: str = "pkg:npm/example@1.2.3", digit: str = "0") -> dict[str, str]:
    """Return a waiver's table, but for the day on which it expires."""
    return {"release": release, "check": check, "sha256": digit * 64, "reason": "looked at it", "author": "sam"}


NAMES = st.lists(st.sampled_from(["acme-*", "@acme/*", "mossgarden"]), min_size=1, max_size=2, unique=True)
TABLES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "preset": st.sampled_from(sorted(PRESETS)),
        "cooldown": st.sampled_from(["0h", "12h", "24h", "1.5d", "7d", "2w", "99999w", "0.3d"]),
        "cooldown-exempt": NAMES,
        "questions": st.sampled_from(QUESTION_WORDS),
        "rulings": st.dictionaries(st.sampled_from(CHECKS), st.sampled_from(sorted(RULING_WORDS)), max_size=4),
        "ask": st.dictionaries(st.sampled_from(CHECKS), st.sampled_from(["allow", "refuse"]), max_size=3),
        "origins": st.dictionaries(st.sampled_from(["internal", "packages.corp.example", 'od"d']), NAMES, max_size=2),
        "hosts": st.fixed_dictionaries({"package": st.lists(st.sampled_from(["a.example", "b.example"]), max_size=2)}),
        "hooks": st.fixed_dictionaries({"policy": st.sampled_from(HOOK_WORDS)}),
        "feeds": st.fixed_dictionaries(
            {},
            optional={
                "ask": st.just("https://feeds.example/osv"),
                "names-npm": st.sampled_from(["https://feeds.example/npm", "https://other.example/npm"]),
                "strict": st.booleans(),
                "digests": st.just({"https://feeds.example/npm": "a" * 64}),
            },
        ),
        "audit": st.fixed_dictionaries({"file": st.sampled_from(["audit.jsonl", "../log", "a b\\c"])}),
        "waiver": st.lists(
            st.builds(waiver, check=st.sampled_from(["typosquat", "decode-then-exec"]), digit=st.sampled_from("01")),
            max_size=2,
        ),
    },
)
LOCK_LISTS = st.lists(st.sampled_from(LOCKS), max_size=4, unique=True)


def assert_no_softer(policy: Policy, than: Policy) -> None:
    """Hold every ruling and every door of a policy against another's."""
    for finding in FINDINGS:
        assert rule_on(finding, policy) >= rule_on(finding, than), finding
        if rule_on(finding, policy) == rule_on(finding, than):
            assert allows_unattended([finding], policy) <= allows_unattended([finding], than), finding
    assert policy.cooldown >= than.cooldown
    assert set(policy.cooldown_exempt) <= set(than.cooldown_exempt)
    assert set(policy.package_hosts) <= set(than.package_hosts)
    assert policy.origins == than.origins
    assert HOOK_WORDS.index(policy.hooks) >= HOOK_WORDS.index(than.hooks)
    assert QUESTION_WORDS.index(policy.questions) >= QUESTION_WORDS.index(than.questions)
    assert set(policy.waivers) <= set(than.waivers)
    assert (policy.signatures, policy.feeds, policy.audit) == (than.signatures, than.feeds, than.audit)
