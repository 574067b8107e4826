"""Exceptions with the real clients: each lets exactly its bytes through, and every report says so."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.proof.npm_stage import honest
from tests.support import clients, npm_clients
from tests.support.ground import BLOCKED, GATEKEEPER, UNANSWERED, UNDECIDED, USAGE, Done, Ground
from tests.support.index import Index, Style, running
from tests.support.osv import all_zip, record
from tests.support.packages import Built, wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.ground import MakeGround
    from tests.support.npm_ground import MakeNpmGround
    from tests.support.npm_registry import Registry

WHY = ("--reason", "seen by us", "--author", "sam")


@pytest.fixture
def ground(make_ground: MakeGround, index: Index) -> Ground:
    return make_ground(clients.NEWEST, index_url=index.url)


def allow(ground: Ground, *words: str, expect: int = 0) -> Done:
    done = ground.run(*GATEKEEPER, "allow", *words)
    assert done.code == expect, done.text
    assert "Traceback" not in done.text
    return done


def installed(ground: Ground) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in ground.environment.site.glob("*.dist-info"))


def other_bytes(built: Built) -> Built:
    """The same release with other bytes: one file more."""
    return wheel(built.name, built.version, {f"{built.name}/__init__.py": "", f"{built.name}/more.py": ""})


def test_what_asks_is_asked_no_more_until_a_byte_of_it_changes(ground: Ground, index: Index) -> None:
    built = wheel("rewuests")
    index.add(built)
    ground.safe_install("rewuests", expect=UNANSWERED)
    told = allow(ground, "rewuests", "--check", "typosquat", *WHY)
    assert "rewuests looks like requests" in told.out, "what it would excuse is shown"
    text = (ground.project / "gatekeeper.toml").read_text("utf-8")
    assert text in told.out
    assert f'sha256 = "{built.sha256}"' in text
    done = ground.safe_install("rewuests")
    line = (
        r"note: waived: pkg:pypi/rewuests@1.0 \(typosquat\): seen by us \(sam, until [\d-]+\) \[.*gatekeeper.toml:1\]"
    )
    assert re.search(line, done.err), done.text
    assert installed(ground) == ["pip", "rewuests"]

    ground.environment = ground.fresh_environment()
    changed = other_bytes(built)
    index.add(changed)
    done = ground.safe_install("rewuests", expect=UNANSWERED)
    unused = "unused waiver for pkg:pypi/rewuests@1.0 (typosquat): other bytes, its file has sha256 "
    assert unused + changed.sha256 in done.err, done.text


def test_a_block_that_a_name_earns_waits_for_the_bytes_where_a_waiver_names_it(ground: Ground, index: Index) -> None:
    built = wheel("reqeusts")
    index.add(built, wheel("reqeusts", "2.0"))
    ground.safe_install("reqeusts==1.0", expect=BLOCKED)
    assert not index.asked, "without a waiver nothing is fetched"
    told = allow(ground, "reqeusts==1.0", "--check", "typosquat", *WHY)
    assert "it counts until" in told.out
    ground.safe_install("reqeusts==1.0")
    assert installed(ground) == ["pip", "reqeusts"]
    names = ("reqeusts==1.0", "reqeusts==2.0", "reqeusts==3.0")  # the last is on no index
    inspected = ground.run(*GATEKEEPER, "inspect", *names, "--format", "json")
    assert [row["ruling"] for row in inspected.report["releases"]] == ["allow", "block", "block"]
    assert inspected.report["releases"][0]["findings"][0]["waived"].startswith("seen by us")
    ground.environment = ground.fresh_environment()
    done = ground.safe_install("reqeusts", expect=BLOCKED)  # the newest is another version
    assert "other version" in done.err


@pytest.mark.matrix
def test_a_waiver_is_written_for_what_was_found_and_for_nothing_else(ground: Ground, index: Index) -> None:
    index.add(wheel("mossgarden"))
    done = allow(ground, "mossgarden", "--check", "typosquat", *WHY, expect=USAGE)
    assert "typosquat found nothing in mossgarden 1.0: there is nothing to excuse" in done.err
    done = allow(ground, "fernleaf", "--check", "typosquat", *WHY, expect=UNDECIDED)
    assert "fernleaf was not found" in done.err
    done = allow(ground, "mossgarden", "--check", "typosquad", *WHY, expect=USAGE)
    assert "did you mean `typosquat`?" in done.err
    for words in (("--reason", " "), ("--reason", "x", "--expires", "2001-01-01")):
        allow(ground, "mossgarden", "--check", "typosquat", *words, expect=USAGE)
    assert not (ground.project / "gatekeeper.toml").exists()


@pytest.mark.matrix
def test_a_digest_is_excused_without_judging_anything(ground: Ground, index: Index) -> None:
    built = wheel("rewuests")
    allow(ground, "pypi:Rewuests==1.0", "--check", "typosquat", "--sha256", built.sha256, *WHY)
    assert not index.asked
    index.add(built)
    ground.safe_install("rewuests")


@pytest.mark.matrix
def test_a_project_that_is_not_trusted_says_how_its_waiver_would_count(ground: Ground, index: Index) -> None:
    index.add(wheel("rewuests"))
    ground.write("gatekeeper.toml", '# ours\n[rulings]\ntyposquat = "ask"\n')
    told = allow(ground, "rewuests", "--check", "typosquat", *WHY)
    assert "it does not count yet" in told.out
    assert "gatekeeper policy trust" in told.out
    assert (ground.project / "gatekeeper.toml").read_text("utf-8").startswith("# ours\n[rulings]\n")
    ground.safe_install("rewuests", expect=UNANSWERED)
    ground.safe_install("rewuests", ours=("--policy", "gatekeeper.toml"))


def accused(ground: Ground, index: Index) -> str:
    """Have a release recorded as malware; return the text of the policy file that says where the records come from."""
    index.add(wheel("mossgarden"))
    feed = ground.folder / "all.zip"
    feed.write_bytes(all_zip(record("mossgarden")))
    text = f'[feeds]\nmalware = "{feed.as_uri()}"\n'
    ground.write("policy.toml", text)
    assert ground.run(*GATEKEEPER, "update", "--policy", "policy.toml").code == 0
    return text


def test_known_malware_is_excused_in_so_many_words_only(ground: Ground, index: Index) -> None:
    text = accused(ground, index)
    named = ("--policy", "policy.toml")
    ground.safe_install("mossgarden", ours=(*named, "--yes"), expect=BLOCKED)
    assert not index.asked
    words = ("mossgarden", "--check", "known-malware", *WHY, *named)
    assert "add --even-known-malware" in allow(ground, *words, expect=USAGE).err
    allow(ground, *words, "--even-known-malware")
    assert (ground.project / "policy.toml").read_text("utf-8").startswith(text)
    done = ground.safe_install("mossgarden", ours=(*named, "--format", "json"))
    loud = "EXCEPTION: recorded as malware, and let through because a waiver says so pkg:pypi/mossgarden@1.0"
    assert loud in done.report["remarks"][0]
    assert loud in ground.safe_install("--force-reinstall", "mossgarden", ours=named).err
    plain = (ground.project / "policy.toml").read_text("utf-8").replace("even-known-malware = true\n", "")
    ground.write("policy.toml", plain)
    refused = ground.safe_install("mossgarden", ours=named, expect=USAGE)
    assert "no waiver excuses known-malware unless it says so in so many words" in refused.err


@pytest.fixture(params=[True, pytest.param(False, marks=pytest.mark.matrix)], ids=["metadata apart", "no metadata"])
def unreadable(request: pytest.FixtureRequest) -> Iterator[tuple[Index, Built]]:
    """An index with a wheel that pip reads and we do not: something stands before the zip."""
    built = wheel("mossgarden")
    built = replace(built, content=b"#!/usr/bin/env python\n" + built.content)
    with running(Index(Style(metadata=request.param))) as index:
        index.add(built)
        yield index, built


def test_what_cannot_be_read_is_let_through_unread_in_so_many_words_only(
    make_ground: MakeGround, unreadable: tuple[Index, Built]
) -> None:
    ground = make_ground(clients.NEWEST, index_url=unreadable[0].url)
    done = ground.safe_install("mossgarden", expect=UNDECIDED)
    assert "could not decide: cannot read mossgarden-1.0-py3-none-any.whl" in done.err
    words = ("mossgarden", "--check", "could-not-decide", *WHY)
    assert "add --even-undecided" in allow(ground, *words, expect=USAGE).err
    allow(ground, *words, "--even-undecided")
    done = ground.safe_install("mossgarden")
    assert "EXCEPTION: could not be read, and let through unread" in done.err
    assert "could not decide: cannot read mossgarden-1.0-py3-none-any.whl" in done.err, "the error is told all the same"
    assert installed(ground) == ["mossgarden", "pip"]


@pytest.mark.matrix
def test_a_network_that_fails_is_excused_by_nothing(ground: Ground, index: Index) -> None:
    built = wheel("mossgarden")
    index.add(built)
    allow(ground, "mossgarden==1.0", "--check", "could-not-decide", "--even-undecided", "--sha256", built.sha256, *WHY)
    index.fault(built.filename, lambda answer: replace(answer, status=403))
    ground.safe_install("mossgarden==1.0", expect=UNDECIDED)


def test_npm_installs_what_is_waived_and_nothing_that_changed(
    make_npm_ground: MakeNpmGround, registry: Registry
) -> None:
    ground = make_npm_ground(npm_clients.NEWEST, index_url=registry.url)
    ground.manifest()
    registry.add(honest("lodahs"))
    ground.gated("install", "lodahs", expect=UNANSWERED)
    allow(ground, "npm:lodahs", "--check", "typosquat", *WHY)
    done = ground.gated("install", "lodahs")
    assert "waived: pkg:npm/lodahs@" in done.err
    assert (ground.modules / "lodahs").is_dir()


@pytest.mark.matrix
def test_check_names_waivers_of_no_use(ground: Ground, index: Index) -> None:
    index.add(wheel("rewuests"))
    ground.write("requirements.txt", "rewuests==1.0\n")
    soon = date.today() + timedelta(3)  # noqa: DTZ011 - as the command does
    allow(ground, "rewuests", "--check", "typosquat", *WHY, "--expires", soon.isoformat())
    allow(ground, "npm:gone@1.0.0", "--check", "typosquat", "--sha256", "0" * 64, *WHY)
    done = ground.run(*GATEKEEPER, "check", "--format", "json")
    remarks = " ".join(done.report["remarks"])
    assert "waived: pkg:pypi/rewuests@1.0" in remarks
    assert "it expires in 3 days" in remarks
    assert "unused waiver for pkg:npm/gone@1.0.0 (typosquat): its package is not there" in remarks
    assert done.report["ruling"] == "allow"


def test_a_person_who_says_yes_is_offered_not_to_be_asked_again(ground: Ground, index: Index) -> None:
    built = wheel("rewuests")
    index.add(built)
    environment = {**ground.clean_environ(), "TERM": "dumb"}

    def start() -> pexpect.spawn:
        words = [*GATEKEEPER[1:], "install", "rewuests"]
        return pexpect.spawn(
            GATEKEEPER[0], words, cwd=str(ground.project), env=environment, encoding="utf-8", timeout=40,
            dimensions=(50, 200),
        )  # fmt: skip

    child = start()
    child.expect(r"install rewuests 1.0\? \[y/N\] ")
    child.sendline("y")
    child.expect(r"do not ask again about these very bytes\? reason \(empty: ask again next time\): ")
    child.sendline("our own fork")
    child.expect("waiver written to .*gatekeeper.toml: it counts until")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    own = ground.home / ".config" / "gatekeeper" / "gatekeeper.toml"
    text = own.read_text("utf-8")
    assert f'sha256 = "{built.sha256}"' in text
    assert 'reason = "our own fork"' in text

    ground.environment = ground.fresh_environment()
    child = start()
    child.expect("waived: pkg:pypi/rewuests@1.0")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert not (ground.project / "gatekeeper.toml").exists()
