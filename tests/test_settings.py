"""Policy files: whoever wrote them, what they may do, and how a mistake in them is told."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper import settings
from gatekeeper.errors import UsageError
from gatekeeper.model import Confidence, Finding, Severity, When
from gatekeeper.policy import Policy, rule_on
from gatekeeper.settings import Settings, with_cooldown
from gatekeeper.settings._ages import hours_in

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = ("typosquat", "decode-then-exec", "release-age", "ungated-source")


@pytest.fixture
def load(tmp_path: Path):
    """Write the named files, then load: `load(person=..., project=..., pyproject=..., named=...)`."""
    (tmp_path / "project").mkdir()
    places = {
        "person": tmp_path / "person.toml",
        "project": tmp_path / "project" / "gatekeeper.toml",
        "pyproject": tmp_path / "project" / "pyproject.toml",
        "named": tmp_path / "named.toml",
    }

    def loading(**texts: str) -> Settings:
        for name, text in texts.items():
            places[name].write_text(text, "utf-8")
        named = places["named"] if "named" in texts else None
        return settings.load(tmp_path / "project", named, CHECKS, person=places["person"])

    return loading


def waiver(**changed: str) -> str:
    """The text of a waiver, changed; what is not TOML's own kind of value is quoted."""
    lines = {
        "release": "pkg:npm/example@1.2.3",
        "check": "typosquat",
        "sha256": "0" * 64,
        "reason": "looked at it",
        "author": "sam",
        "expires": "2099-01-01",
        **changed,
    }
    bare = ("expires", "hosts", "until")
    return "[[waiver]]\n" + "\n".join(
        f"{key} = {value if key in bare else repr(value)}" for key, value in lines.items()
    )


def finding(check: str = "typosquat", severity: Severity = Severity.CRITICAL) -> Finding:
    return Finding(check, severity, Confidence.HIGH, "message", When.INSTALL)


def test_without_files_the_policy_is_the_default_one(load) -> None:
    assert load() == Settings(Policy())


def test_the_persons_own_file_is_followed(load) -> None:
    loaded = load(
        person="""
        [rulings]
        typosquat = "note"
        [ask]
        release-age = "allow"
        [origins]
        internal = ["acme-*"]
        [hosts]
        package = ["files.corp.example"]
        """
    )
    assert loaded.policy.rulings == {"typosquat": "note"}
    assert loaded.policy.ask == {"release-age": "allow"}
    assert loaded.policy.origins == {"internal": ("acme-*",)}
    assert loaded.policy.package_hosts == ("files.corp.example",)
    assert loaded.remarks == ()


def test_the_person_may_loosen(load) -> None:
    assert rule_on(finding(), load(person='[rulings]\ntyposquat = "allow"').policy).word == "allow"


@pytest.mark.parametrize("word", ["allow", "note"])
def test_a_project_may_not_loosen_and_is_told_so(load, word: str) -> None:
    loaded = load(project=f'[rulings]\n\ntyposquat = "{word}"')
    assert rule_on(finding(), loaded.policy).word == "block"
    (remark,) = loaded.remarks
    assert "gatekeeper.toml:3: [rulings] typosquat was ignored" in remark


def test_a_project_that_asks_does_not_soften_a_block(load) -> None:
    loaded = load(project='[rulings]\ntyposquat = "ask"')
    assert rule_on(finding(), loaded.policy).word == "block"
    assert rule_on(finding(severity=Severity.NOTE), loaded.policy).word == "ask"


def test_a_project_may_tighten_even_what_the_person_allowed(load) -> None:
    loaded = load(person='[rulings]\ntyposquat = "allow"', pyproject='[tool.gatekeeper.rulings]\ntyposquat = "block"')
    assert rule_on(finding(severity=Severity.NOTE), loaded.policy).word == "block"


def test_two_project_files_add_up_to_the_stricter(load) -> None:
    loaded = load(
        project='[rulings]\ntyposquat = "block"', pyproject='[tool.gatekeeper]\nrulings = {typosquat = "ask"}'
    )
    assert rule_on(finding(severity=Severity.NOTE), loaded.policy).word == "block"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('[ask]\nrelease-age = "allow"', "[ask] release-age"),
        ('[hosts]\npackage = ["evil.example"]', "[hosts] package"),
        ('[origins]\nmine = ["*"]', "[origins] mine"),
    ],
)
def test_a_project_opens_no_door(load, text: str, what: str) -> None:
    loaded = load(project=text)
    assert loaded.policy == Policy()
    assert what in loaded.remarks[0]


def test_a_project_may_forbid_going_on_unasked(load) -> None:
    loaded = load(person='[ask]\nrelease-age = "allow"', project='[ask]\nrelease-age = "refuse"')
    assert loaded.policy.ask == {"release-age": "refuse"}


def test_the_named_file_has_the_last_word(load) -> None:
    loaded = load(
        person='[rulings]\ntyposquat = "ask"',
        project='[rulings]\ntyposquat = "block"',
        named='[rulings]\ntyposquat = "allow"',
    )
    assert rule_on(finding(), loaded.policy).word == "allow"


def test_naming_the_projects_file_is_following_it(tmp_path: Path) -> None:
    file = tmp_path / "gatekeeper.toml"
    file.write_text('[rulings]\ntyposquat = "allow"', "utf-8")
    loaded = settings.load(tmp_path, file, CHECKS, person=tmp_path / "none")
    assert rule_on(finding(), loaded.policy).word == "allow"
    assert loaded.remarks == ()


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[rulings\n", "named.toml:1: not valid TOML", None),
        ("a = 1\n\nb = = 2", "named.toml:3: not valid TOML", None),
        ("\n[ruling]\ntyposquat = 'ask'", "named.toml:2: unknown key `ruling`", "did you mean `rulings`?"),
        ("[rulings]\n\ntyposqat = 'ask'", "named.toml:3: unknown check `typosqat`", "did you mean `typosquat`?"),
        ("[rulings]\ntyposquat = 'blok'", "named.toml:2: unknown word for typosquat: `blok`", "did you mean `block`?"),
        ("[rulings]\ntyposquat = 1", "named.toml:2: unknown word for typosquat: `1`", "known: allow, ask, block, note"),
        ("[ask]\ntyposquat = 'block'", "named.toml:2: unknown word for typosquat: `block`", "known: allow, refuse"),
        ("rulings = 'strict'", "named.toml:1: `rulings` must be a table, written [rulings]", None),
        ("[hosts]\npackages = ['x.example']", "named.toml:2: unknown key `packages`", "did you mean `package`?"),
        ("[hosts]\npackage = 'x.example'", "named.toml:2: [hosts] package must be a list of texts", None),
        (
            "[hosts]\npackage = ['https://x.example/']",
            "named.toml:2: `https://x.example/` is not a host name",
            "write the host alone: files.corp.example",
        ),
        ("[origins]\ninternal = [1]", "named.toml:2: [origins] internal must be a list of texts", None),
        (
            "cooldown = 'soon'",
            "named.toml:1: cooldown is not a length of time: soon",
            'write it like "24h", "7d" or "0h"',
        ),
        ("cooldown = 24", "named.toml:1: cooldown is not a length of time: 24", 'write it like "24h", "7d" or "0h"'),
        ("cooldown = '24'", "named.toml:1: cooldown is not a length of time: 24", 'write it like "24h", "7d" or "0h"'),
        ("cooldown-exempt = 'a'", "named.toml:1: cooldown-exempt must be a list of texts", None),
        (
            "[hooks]\npolicy = 'all'",
            "named.toml:2: unknown word for [hooks] policy: `all`",
            "known: none, run-judged, waived",
        ),
        ("[hooks]\npolicies = 'none'", "named.toml:2: unknown key `policies`", "did you mean `policy`?"),
        ("[[waiver]]\ncheck = 'typosquat'", "named.toml:1: a waiver needs `release`, a text", None),
        ("waiver = 3", "named.toml:1: `waiver` must be written [[waiver]]", None),
        (waiver(check="typosquad"), "named.toml:1: unknown check `typosquad`", "did you mean `typosquat`?"),
        (
            waiver(sha256="abc"),
            "named.toml:1: `sha256` is not well-formed: abc",
            "write it like 64 hexadecimal digits in lower case",
        ),
        (
            waiver(release="esbuild"),
            "named.toml:1: `release` is not well-formed: esbuild",
            "write it like pkg:npm/esbuild@0.25.0",
        ),
        (
            waiver(expires="'2099-01-01'"),
            "named.toml:1: a waiver needs `expires`, a date",
            "write it like expires = 2027-01-01",
        ),
        (waiver(hosts="['a b']"), "named.toml:1: `a b` is not a host name", "write the host alone: files.corp.example"),
        (waiver(until="2099-01-01"), "named.toml:1: unknown key `until`", None),
        ("x = " + "[" * 5000, "named.toml", None),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_guess(load, text: str, message: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as told:
        load(named=text)
    assert message in told.value.message
    assert told.value.exit_code == 2
    if hint is not None:
        assert told.value.hint == hint


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no policy"):
        settings.load(tmp_path, tmp_path / "nowhere.toml", CHECKS, person=tmp_path / "none")
    with pytest.raises(UsageError, match="cannot be read"):
        settings.load(tmp_path, tmp_path, CHECKS, person=tmp_path / "none")


def test_a_file_that_is_not_text_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "gatekeeper.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        settings.load(tmp_path, None, CHECKS, person=tmp_path / "none")


def test_a_pyproject_that_does_not_speak_of_us_is_not_our_business(load) -> None:
    assert load(pyproject="[project\nname = broken") == Settings(Policy())
    assert load(pyproject='[project]\ndependencies = ["pkg-gatekeeper"]') == Settings(Policy())
    with pytest.raises(UsageError, match=r"pyproject\.toml:2"):
        load(pyproject='[tool.gatekeeper.rulings]\ntyposqat = "ask"')


@given(
    word=st.sampled_from(["allow", "note", "ask", "block"]),
    persons=st.sampled_from(["", *(f'[rulings]\ntyposquat = "{word}"' for word in ("allow", "note", "ask", "block"))]),
    severity=st.sampled_from(Severity),
)
def test_no_project_file_ever_softens_a_ruling(tmp_path_factory, word: str, persons: str, severity: Severity) -> None:
    folder = tmp_path_factory.mktemp("law")
    (folder / "person.toml").write_text(persons, "utf-8")
    without = settings.load(folder, None, CHECKS, person=folder / "person.toml").policy
    (folder / "gatekeeper.toml").write_text(f'[rulings]\ntyposquat = "{word}"', "utf-8")
    with_project = settings.load(folder, None, CHECKS, person=folder / "person.toml").policy
    one = finding(severity=severity)
    assert rule_on(one, with_project) >= rule_on(one, without)


def test_a_waiver_of_the_persons_own_holds_and_one_of_the_projects_does_not(load) -> None:
    own = load(person=waiver(hosts="['files.example']"))
    assert [(each.release, each.hosts) for each in own.policy.waivers] == [
        ("pkg:npm/example@1.2.3", ("files.example",))
    ]
    theirs = load(person="", project=waiver())
    assert theirs.policy.waivers == ()
    assert "waiver for pkg:npm/example@1.2.3 was ignored" in theirs.remarks[0]


def test_a_waiver_for_a_source_names_no_version_and_may_name_a_commit(load) -> None:
    source = {"release": "pkg:npm/example", "check": "ungated-source"}
    for digest in ("a" * 40, "a" * 64):
        (each,) = load(person=waiver(**source, sha256=digest)).policy.waivers
        assert (each.release, each.sha256) == ("pkg:npm/example", digest)
    for wrong in ({"sha256": "a" * 12}, {"sha256": "A" * 40}, {"check": "typosquat"}, {"release": "example"}):
        with pytest.raises(UsageError, match="is not well-formed"):
            load(person=waiver(**{**source, "sha256": "a" * 64, **wrong}))


def test_an_expired_waiver_excuses_nothing_and_is_named(load) -> None:
    loaded = load(named=waiver(expires="2001-01-01"))
    assert loaded.policy.waivers == ()
    assert (
        "named.toml:1: the waiver for pkg:npm/example@1.2.3 (typosquat) is expired since 2001-01-01"
        in (loaded.remarks[0])
    )


def test_a_project_may_only_tighten_what_hooks_do(load) -> None:
    assert load(project="[hooks]\npolicy = 'none'").policy.hooks == "none"
    assert load(person="[hooks]\npolicy = 'none'", project="[hooks]\npolicy = 'run-judged'").policy.hooks == "none"


def test_own_rules_are_named_beside_the_file_that_names_them(load, tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "own.yaml").write_text("rules: []\n", "utf-8")
    policy = load(named='[signatures]\nextra = ["rules"]\n').policy
    assert policy.signatures == (str(tmp_path / "rules"),)


def test_a_project_brings_no_rules_of_its_own(load, tmp_path: Path) -> None:
    (tmp_path / "project" / "own.yaml").write_text("rules: []\n", "utf-8")
    found = load(project='[signatures]\nextra = ["own.yaml"]\n')
    assert found.policy.signatures == ()
    assert any("[signatures] extra was ignored" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[signatures]\nextra = ["nowhere"]\n', "holds no rules"),
        ('[signatures]\nextra = "rules"\n', "must be a list of texts"),
        ('[signatures]\nmore = ["a"]\n', "unknown key `more`"),
    ],
)
def test_a_mistake_about_own_rules_is_told_with_its_line(load, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        load(named=text)
    assert "named.toml:2" in raised.value.message


@pytest.mark.parametrize(("said", "hours"), [("24h", 24), ("7d", 168), ("1.5 d", 36), ("2w", 336), ("0h", 0), ("0", 0)])
def test_a_cooldown_is_a_length_of_time(load, said: str, hours: float) -> None:
    assert load(named=f"cooldown = '{said}'\n").policy.cooldown == hours


def test_a_project_may_only_lengthen_the_cooldown(load) -> None:
    for said, hours, ignored in (("24h", 48, True), ("72h", 72, False)):
        found = load(person="cooldown = '48h'\n", project=f"cooldown = '{said}'\ncooldown-exempt = ['evil']\n")
        assert found.policy.cooldown == hours
        assert found.policy.cooldown_exempt == ()
        assert any("cooldown was ignored" in remark for remark in found.remarks) is ignored
        assert any("cooldown-exempt was ignored" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("7 days", 168),
        ("24 hours", 24),
        ("1 week", 168),
        ("P7D", 168),
        ("PT12H", 12),
        ("2026-03-01", 36),
        ("2026-03-02T00:00:00Z", 12),
    ],
)
def test_the_age_that_uv_is_to_keep_is_kept_here_too(said: str, hours: float) -> None:
    assert hours_in(said, datetime(2026, 3, 2, 12, tzinfo=timezone.utc)) == hours


def test_ages_are_those_of_their_ecosystem(load, tmp_path: Path) -> None:
    workspace = tmp_path / "project" / "pnpm-workspace.yaml"
    workspace.write_text("packages:\n  - .\nminimumReleaseAge: 2880 # two days\n", "utf-8")
    policy = load(pyproject="[tool.uv]\nexclude-newer = '7 days'\n").policy
    assert policy.ages == {"pypi": 168.0, "npm": 48.0}
    assert with_cooldown(Settings(policy), "0").policy.ages == {}


def test_an_age_that_is_not_understood_is_said(load) -> None:
    found = load(pyproject="[tool.uv]\nexclude-newer = 'the day before yesterday'\n")
    assert "is not understood" in found.remarks[0]
