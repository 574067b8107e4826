"""Hosts as people name them: what a policy means, and what could be mistaken for what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.model import Place
from gatekeeper.wish import Source
from gatekeeper.wish.hosts import (
    hostname_of,
    is_loopback,
    is_named,
    is_one_edit,
    lookalike_of,
    netloc_of,
    same_index,
    shown,
)

OWN = ("index.example", "files.index-hosted.example")


@pytest.mark.parametrize(
    ("host", "why"),
    [
        ("indexx.example", "one letter apart"),
        ("inbex.example", "one letter apart"),
        ("inedx.example", "one letter apart"),
        ("lndex.example", "letters that look alike"),
        ("1ndex.example", "letters that look alike"),
        ("іndex.example", "letters that look alike"),  # noqa: RUF001 - a Cyrillic letter
        ("xn--ndex-k9d.example", "letters that look alike"),
        ("index.example.attacker.invalid", "begins with that host"),
        ("myindex.example", "ends in that host"),
        ("index-mirror.example", "a hyphen"),
        ("mirror.index-example.invalid", "a hyphen"),
        ("files.indexhosted.example", "letters that look alike"),
    ],
)
def test_a_host_that_passes_for_the_clients_own_is_told(host: str, why: str) -> None:
    found = lookalike_of(host, OWN)
    assert found is not None
    assert why in found[1]


@pytest.mark.parametrize(
    "host",
    [
        "index.example",
        "INDEX.example.",
        "test.index.example",
        "files.index-hosted.example",
        "corp.example",
        "index.corp.example",
        "index-internal.corp.example",
        "packages.index.invalid",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "",
    ],
)
def test_the_own_hosts_those_below_them_and_honest_others_are_none(host: str) -> None:
    assert lookalike_of(host, OWN) is None


def test_addresses_by_number_have_no_lookalikes() -> None:
    assert lookalike_of("192.0.2.2", ["192.0.2.1"]) is None
    assert lookalike_of("192.0.2.2", [""]) is None


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("corp.example", "https://corp.example/simple"),
        ("corp.example", "https://index.corp.example/simple"),
        ("corp.example:8443", "https://corp.example:8443/simple"),
        ("https://corp.example/simple/", "https://corp.example/simple"),
        ("corp.example/team", "https://corp.example/team/simple"),
        ("wheels", "/srv/wheels"),
        ("/srv/wheels/", "file:///srv/wheels"),
    ],
)
def test_an_origin_means_an_address_by_its_host_or_beginning(origin: str, address: str) -> None:
    assert is_named(origin, address)


@pytest.mark.parametrize(
    ("origin", "address"),
    [
        ("corp.example", "https://corp.example.net/simple"),
        ("corp.example", "https://mycorp.example/simple"),
        ("corp.example", "https://other.example/corp.example"),
        ("corp.example:8443", "https://corp.example:84431/simple"),
        ("corp.example/team", "https://corp.example/teammate"),
        ("https://corp.example/simple", "https://corp.example/simpler"),
        ("wheels", "/srv/mywheels"),
        ("", "https://corp.example"),
        ("/", "https://corp.example"),
    ],
)
def test_what_merely_contains_an_origin_is_another(origin: str, address: str) -> None:
    assert not is_named(origin, address)


def test_one_index_may_be_spelt_in_several_ways() -> None:
    assert same_index("https://ada:pw@Index.example/simple/", "https://index.example/simple")
    assert same_index("https://index.example/", "https://index.example/simple/")
    assert not same_index("https://index.example/a/simple", "https://index.example/b/simple")
    assert not same_index("https://index.example:8443/simple", "https://index.example/simple")


words = st.text(alphabet="abc-.", min_size=1, max_size=8)


@given(words, words)
def test_one_edit_is_symmetric_and_none_is_none(one: str, other: str) -> None:
    assert is_one_edit(one, other) == is_one_edit(other, one)
    assert not is_one_edit(one, one)


@given(words, st.integers(0, 8), st.sampled_from("abc"))
def test_every_insertion_and_change_is_one_edit(text: str, at: int, letter: str) -> None:
    longer = text[:at] + letter + text[at:]
    assert is_one_edit(text, longer)
    assert is_one_edit(longer, text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_taken_without_complaint(one: str, other: str) -> None:
    for address in (one, f"https://{one}", f"http://{one}@{other}:{one}/"):
        netloc_of(address)
        hostname_of(address)
        is_named(other, address)
        same_index(address, other)
    lookalike_of(one, [other, "index.example"])


@pytest.mark.parametrize(
    ("host", "near"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("localhost", True), ("::1", True), ("127.0.0.1.evil.example", False),
     ("localhost.evil.example", False), ("127.evil.example", False), ("", False)],
)  # fmt: skip
def test_only_this_machine_is_loopback(host: str, near: bool) -> None:
    assert is_loopback(host) is near
    address = f"http://[{host}]/simple/" if ":" in host else f"http://{host}/simple/"
    assert Source("index", address, Place("")).is_open_to_change is not near


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://ada:hunter2@index.example/a", "http://index.example/a"),
        ("git+https://hunter2@git.example/x.git?token=hunter2#egg=x", "git+https://git.example/x.git#egg=x"),
        (
            "a password with a slash: http://ada:hunter2/e@index.example/x",
            "a password with a slash: http://index.example/x",
        ),
        (
            "'moss @ https://a:hunter2@x.example/y' and http://b:c@z.example/",
            "'moss @ https://x.example/y' and http://z.example/",
        ),
        ("taken for a path: https:/ada:hunter2@x.example/y", "taken for a path: https:/x.example/y"),
        ("http://127.0.0.1:8080/@acme/tools@1.0", "http://127.0.0.1:8080/@acme/tools@1.0"),
        (
            "npm:@acme/tools@1.0, git@host.example:a/b, C:/Users/ada@x",
            "npm:@acme/tools@1.0, git@host.example:a/b, C:/Users/ada@x",
        ),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret(text: str, expected: str) -> None:
    assert shown(text) == expected
