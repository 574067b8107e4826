"""The npm dialect without a client: which registry, which address, which version, and who disagrees."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.gate import tunnel
from gatekeeper.gate.hooks import apart
from gatekeeper.gate.npm_agreement import differences, hook_differences, ungated_in
from gatekeeper.gate.npm_ahead import Ahead
from gatekeeper.gate.npm_choosing import likely_version, matcher, parsed
from gatekeeper.gate.npm_registries import NpmRegistries
from gatekeeper.model import Artifact, Place, Release, Ruling, Verdict
from gatekeeper.policy import Policy, Waiver
from gatekeeper.registries.http import Transport
from gatekeeper.registries.npm import Logins, NpmRegistry, digests_in
from gatekeeper.wish import Locked

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = dict.fromkeys(["0.2.3", "0.2.9", "0.3.0", "1.0.0", "1.2.3", "1.9.9", "2.0.0", "2.1.0-beta.1", "3.0.0"])
TAGS = {"latest": "2.0.0", "next": "3.0.0"}


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        ("^1.2.0", "1.9.9"),
        ("~1.2.0", "1.2.3"),
        ("*", "2.0.0"),
        ("", "2.0.0"),
        ("^0.2.3", "0.2.9"),
        ("~0.2", "0.2.9"),
        (">=1 <2", "1.9.9"),
        (">= 1 < 2", "1.9.9"),
        ("1.x", "1.9.9"),
        ("1.2.3", "1.2.3"),
        ("=1.0.0", "1.0.0"),
        ("next", "3.0.0"),
        ("^1 || ^2", "2.0.0"),
        ("1.0.0 - 1.2.3", "1.2.3"),
        ("<=1.2.3", "1.2.3"),
        (">2.0.0", "3.0.0"),
        ("^9", None),
    ],
)
def test_the_guess_is_what_npm_chooses(wanted: str, chosen: str | None) -> None:
    assert likely_version(wanted, VERSIONS, TAGS) == chosen


@given(st.text(alphabet="0123456789.^~<>=|x*- v", max_size=24))
def test_any_range_is_guessed_without_complaint(wanted: str) -> None:
    guess = likely_version(wanted, VERSIONS, TAGS)
    assert guess is None or guess in VERSIONS


@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3))
def test_a_caret_keeps_the_first_number_that_is_not_zero(major: int, minor: int, patch: int) -> None:
    fits = matcher(f"^{major}.{minor}.{patch}")
    own = parsed(f"{major}.{minor}.{patch}")
    assert fits is not None
    assert own is not None
    assert fits(own)
    assert not fits((major + 1, 0, 0, 1))


@pytest.fixture
def registries() -> Iterator[NpmRegistries]:
    with Transport() as transport:
        logins = Logins({})
        yield NpmRegistries(
            NpmRegistry("https://npm.corp.example/api/npm", transport, logins),
            {"@acme": NpmRegistry("http://192.0.2.1:4873/", transport, logins)},
            own_default="https://registry.example/",
        )


def test_scopes_have_their_own_registries(registries: NpmRegistries) -> None:
    assert registries.of("@acme/tools").host == "192.0.2.1:4873"
    assert registries.of("@other/tools") is registries.default
    assert registries.of("express") is registries.default


def test_a_locks_address_on_the_default_registry_leads_to_the_configured_one(registries: NpmRegistries) -> None:
    there = registries.address("express", "https://registry.example/express/-/express-5.0.0.tgz")
    assert there == "https://npm.corp.example/api/npm/express/-/express-5.0.0.tgz"
    assert registries.address("express", there) == there
    assert registries.address("a", "https://elsewhere.example/a.tgz") == "https://elsewhere.example/a.tgz"


def test_hosts_that_nobody_configured_are_told(registries: NpmRegistries) -> None:
    assert registries.knows("https://npm.corp.example/x.tgz")
    assert registries.knows("http://192.0.2.1:4873/x.tgz")
    assert not registries.knows("http://192.0.2.1:4874/x.tgz")
    assert not registries.knows("https://elsewhere.example/a.tgz")


def test_who_may_serve_a_name_is_the_policys_word(registries: NpmRegistries) -> None:
    told = replace(
        registries, origins={"internal": ("acme-*", "@acme/*"), "npm.corp.example": ("core-*",), "b.example": ("b-*",)}
    )
    assert told.refusal("express") is None
    assert told.refusal("@acme/tools") is None
    assert told.refusal("acme-core") is None, "the default was replaced by a private one"
    assert told.refusal("core-a") is None
    assert told.refusal("b-a") is not None
    with Transport() as transport:
        own = replace(told, default=NpmRegistry("https://registry.example/", transport, Logins({})))
    refused = own.refusal("acme-core")
    assert refused is not None
    assert refused.kind == "internal-name"


def test_what_speaks_against_a_tarballs_host(registries: NpmRegistries) -> None:
    told = replace(registries, origins={"internal": ("@acme/*",)}, hosts=frozenset({"cdn.corp.example"}))

    def against(name: str, url: str) -> list[str]:
        return [notice.kind for notice in told.against(Release("npm", name, "1.0.0"), url, None)]

    assert against("a", "https://npm.corp.example/a.tgz") == []
    assert against("a", "https://registry.example/a.tgz") == []
    assert against("a", "https://elsewhere.invalid/a.tgz") == ["foreign-host"]
    assert against("a", "https://reg1stry.example/a.tgz") == ["lookalike-host"]
    assert against("a", "https://registry.example.invalid/a.tgz") == ["lookalike-host"]
    assert against("@acme/a", "http://192.0.2.1:4873/a.tgz") == []
    assert against("@acme/a", "https://cdn.corp.example/a.tgz") == []
    assert against("@acme/a", "https://registry.example/a.tgz") == ["internal-name"]
    assert against("@acme/a", "https://elsewhere.invalid/a.tgz") == ["internal-name"]


def test_a_login_goes_to_its_own_address_only() -> None:
    logins = Logins({"//npm.corp.example/api/npm/": {"_authToken": "t0ken"}, "//b.example/": {"_auth": "dTpw"}})
    assert logins.header("https://npm.corp.example/api/npm/express") == {"authorization": "Bearer t0ken"}
    assert logins.header("https://b.example/a/-/a-1.tgz") == {"authorization": "Basic dTpw"}
    for other in (
        "https://npm.corp.example/",
        "https://npm.corp.example/api/npmother/a",
        "https://npm.corp.example:8443/api/npm/a",
        "https://evil.example/npm.corp.example/api/npm/a",
        "https://npm.corp.example@evil.example/api/npm/a",
    ):
        assert logins.header(other) == {}
    assert "t0ken" not in repr(logins)


def test_a_user_and_password_are_sent_as_npm_does() -> None:
    logins = Logins({"//a.example/": {"username": "u", "_password": "cDpx"}})  # "p:q"
    assert logins.header("https://a.example/x") == {"authorization": "Basic dTpwOnE="}


def test_integrity_becomes_hexadecimal_digests() -> None:
    assert digests_in("sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha512-AAAA", None) == {
        "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "sha512": "000000",
    }
    assert digests_in(None, "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709") == {
        "sha1": "da39a3ee5e6b4b0d3255bfef95601890afd80709"
    }
    assert digests_in("md4-AAAA", "none") == {}


RELEASE = Release("npm", "moss", "1.0.0")


def test_a_package_that_says_what_the_registry_said_is_no_difference() -> None:
    said = {"name": "moss", "version": "1.0.0", "scripts": {"postinstall": "node a.js"}, "dependencies": {"fern": "1"}}
    announced = {"hasInstallScript": True, "dependencies": {"fern": "1"}}
    assert not list(differences(RELEASE, said, announced, None))
    assert not list(hook_differences(said, {**announced, "scripts": {"postinstall": "node a.js"}}))
    assert not list(hook_differences({}, {"scripts": {"install": "node-gyp rebuild"}}))


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"name": "fern"}, "gives the name fern"),
        ({"version": "2.0.0"}, "gives the version 2.0.0"),
        ({"scripts": {"preinstall": "x"}}, "install script (preinstall) that was not announced"),
        ({"dependencies": {"fern": "1"}}, "requires fern, which was not announced"),
    ],
)
def test_manifest_confusion_is_told(said: dict[str, Any], what: str) -> None:
    locked = Locked(RELEASE, Place("package-lock.json", 3), hooks=False)
    for announced, lock in (({"dist": {}}, None), ({}, locked)):
        (difference,) = differences(RELEASE, said, announced, lock)
        assert what in difference


def test_a_script_that_only_the_registry_has_is_told() -> None:
    (difference,) = hook_differences({"scripts": {}}, {"scripts": {"postinstall": "node b.js"}})
    assert "another postinstall script" in difference


def test_dependencies_that_no_registry_serves_are_found_unless_they_are_bundled() -> None:
    said = {
        "dependencies": {"a": "github:x/y#1", "b": "^1", "c": "http://files.example/c.tgz"},
        "optionalDependencies": {"d": "file:../d"},
        "bundleDependencies": ["c"],
    }
    assert [str(each) for each in ungated_in(said)] == ["a from github:x/y#1", "d from file:../d"]


def test_hooks_with_hosts_run_alone_and_by_policy_only_waived_ones_run() -> None:
    sha256 = "0" * 64
    verdicts = {
        name: Verdict(Release("npm", name, "1.0.0"), Ruling.ALLOW, artifact=Artifact(f"{name}.tgz", sha256, 1))
        for name in ("moss", "fern", "reed")
    }
    verdicts["fern/node_modules/moss"] = replace(verdicts["moss"], release=Release("npm", "moss", "2.0.0"))
    waivers = (
        Waiver("pkg:npm/moss@1.0.0", "hook-download", sha256, "r", "a", "2099-01-01", ("files.example",)),
        Waiver("pkg:npm/fern@1.0.0", "hook-download", sha256, "r", "a", "2099-01-01"),
        Waiver("pkg:npm/reed@1.0.0", "hook-download", "1" * 64, "r", "a", "2099-01-01", ("files.example",)),
    )
    assert apart(verdicts, Policy(waivers=waivers)).told == {
        "closed": ["fern", "reed", "fern/node_modules/moss"],
        "alone": ["moss"],
    }
    strict = apart(verdicts, Policy(waivers=waivers, hooks="waived"))
    assert strict.told == {"closed": ["fern"], "alone": ["moss"]}
    assert [line.partition(" does not")[0] for line in strict.remarks] == [
        "the install hook of reed 1.0.0",
        "the install hook of moss 2.0.0",
    ]


@pytest.mark.parametrize(
    ("target", "passes"),
    [
        ("files.example:443", True),
        ("FILES.example:80", True),
        ("files.example:22", False),
        ("evil.example:443", False),
        ("files.example.evil.example:443", False),
        ("files.example", False),
        ("[::1]:443", False),
    ],
)
def test_only_opened_hosts_and_web_ports_are_passed(target: str, passes: bool) -> None:
    assert tunnel.may_pass(target, {"files.example"}) is passes


def test_bytes_are_passed_on_both_ways_until_both_sides_have_ended() -> None:
    inside, ours = socket.socketpair()
    theirs, beyond = socket.socketpair()
    passing = threading.Thread(target=tunnel.pass_on, args=(ours, theirs))
    passing.start()
    with inside, ours, theirs, beyond:
        inside.sendall(b"hello")
        assert beyond.recv(10) == b"hello"
        beyond.sendall(b"there")
        assert inside.recv(10) == b"there"
        inside.shutdown(socket.SHUT_WR)
        assert beyond.recv(10) == b""
        beyond.sendall(b"late")
        assert inside.recv(10) == b"late"
        beyond.shutdown(socket.SHUT_WR)
        passing.join(5)
        assert not passing.is_alive()


def test_a_guess_about_a_private_package_reaches_no_other_registry() -> None:
    """npm may settle on another version, and never ask anybody for what this one requires."""
    requires = {
        "@acme/app": {"acme-secret": "1", "@acme/tools": "1"},
        "express": {"debug": "1"},
        "@acme/tools": {},
        "debug": {},
    }
    asked: list[str] = []

    def versions(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
        asked.append(name)
        return {"1.0.0": {"dependencies": requires[name]}}, {"latest": "1.0.0"}

    ahead = Ahead(versions, lambda *_: None, (), lambda one, other: one.startswith("@") == other.startswith("@"))
    ahead.want("@acme/app", "*")
    ahead.want("express", "*")
    while not ahead.is_done:
        threading.Event().wait(0.01)
    ahead.close()
    assert sorted(asked) == ["@acme/app", "@acme/tools", "debug", "express"]
