"""When the gate cannot know, nothing is installed, and one line says why: exit 12."""

from __future__ import annotations

import pytest

from tests.support import backends
from tests.support.clients import NEWEST, NEWEST_ONLY
from tests.support.ground import BLOCKED, UNDECIDED, USAGE, Done, Ground, MakeGround
from tests.support.index import Fault, Index, altered, broken_json, fails, html_page, redirects, slow, truncated
from tests.support.packages import About, wheel
from tests.support.pypiservers import free_port

MOSS = wheel("mossgarden")

# Where the fault sits: the project's page, or the file.
FAULTS: dict[str, tuple[str, Fault]] = {
    "page-500": ("mossgarden/", fails(500)),
    "page-403": ("mossgarden/", fails(403)),
    "page-429": ("mossgarden/", fails(429)),
    "page-html-instead-of-json": ("mossgarden/", html_page),
    "page-broken-json": ("mossgarden/", broken_json),
    "page-truncated": ("mossgarden/", truncated),
    "page-redirects-around": ("mossgarden/", redirects("/simple/mossgarden/")),
    "file-500": (MOSS.filename, fails(500)),
    "file-404": (MOSS.filename, fails(404)),
    "file-truncated": (MOSS.filename, truncated),
    "file-altered": (MOSS.filename, altered),
    "file-is-a-portal-page": (MOSS.filename, html_page),
    "file-redirects-around": (MOSS.filename, redirects(f"/files/{MOSS.filename}")),
    "file-redirects-to-nobody": (MOSS.filename, redirects("http://127.0.0.1:9/x")),
}


def assert_clear(done: Done, *words: str) -> None:
    """Some line of the error stream says what happened to whom; `words` are what it must hold."""
    lines = [line for line in done.err.splitlines() if all(word.lower() in line.lower() for word in words)]
    assert lines, done.text


def refused(ground: Ground, *words: str, expect: int = UNDECIDED) -> Done:
    before = ground.snapshot()
    done = ground.safe_install(*words, expect=expect)
    ground.assert_unchanged_since(before)
    return done


@pytest.mark.parametrize("label", FAULTS)
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_faulty_index_ends_in_not_decided(client: str, label: str, make_ground: MakeGround, index: Index) -> None:
    index.add(MOSS, wheel("quietharbour"))
    path, fault = FAULTS[label]
    index.fault(path, fault)
    done = refused(make_ground(client, index_url=index.url), "--retries", "0", "quietharbour", "mossgarden")
    assert_clear(done, "mossgarden")


@pytest.mark.parametrize("where", ["mossgarden/", MOSS.filename])
@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_a_slow_index_ends_when_the_person_said(client: str, where: str, make_ground: MakeGround, index: Index) -> None:
    index.add(MOSS)
    index.fault(where, slow(12))
    done = refused(make_ground(client, index_url=index.url), "--timeout", "1", "--retries", "0", "mossgarden")
    assert_clear(done, "mossgarden")
    assert done.seconds < 12


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_an_unknown_name_is_not_decided(client: str, make_ground: MakeGround, index: Index) -> None:
    index.add(MOSS)
    assert_clear(refused(make_ground(client, index_url=index.url), "mossgarden", "nosuchgarden"), "nosuchgarden")


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_an_unknown_version_is_not_decided(client: str, make_ground: MakeGround, index: Index) -> None:
    index.add(MOSS)
    assert_clear(refused(make_ground(client, index_url=index.url), "mossgarden==7.7"), "mossgarden", "7.7")


def test_an_unknown_dependency_is_not_decided(make_ground: MakeGround, index: Index) -> None:
    index.add(wheel("quietharbour", about=About(requires=("nosuchgarden",))))
    assert_clear(refused(make_ground(NEWEST, index_url=index.url), "quietharbour"), "nosuchgarden")


def test_an_unknown_build_requirement_is_not_decided(make_ground: MakeGround, index: Index) -> None:
    index.add(backends.project_sdist("mossgarden", requires=("nosuchgarden",)))
    assert_clear(refused(make_ground(NEWEST, index_url=index.url), "mossgarden"), "nosuchgarden")


@pytest.mark.parametrize("client", NEWEST_ONLY)
def test_no_network_is_not_decided(client: str, make_ground: MakeGround) -> None:
    port = free_port()
    ground = make_ground(client, index_url=f"http://127.0.0.1:{port}/simple/")
    done = refused(ground, "--retries", "0", "mossgarden")
    assert_clear(done, f"127.0.0.1:{port}")


@pytest.mark.parametrize(
    "words", [("./nothing-1.0-py3-none-any.whl",), ("./nowhere/",), ("-e", "./nowhere")], ids=lambda words: words[-1]
)
def test_a_path_with_nothing_behind_it_is_an_error_that_names_it(
    words: tuple[str, ...], make_ground: MakeGround, index: Index
) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    before = ground.snapshot()
    done = ground.safe_install(*words, expect=None)
    assert done.code in {1, USAGE, UNDECIDED}, done.text
    assert_clear(done, "no")
    ground.assert_unchanged_since(before)


def test_a_missing_requirements_file_is_an_error_that_names_it(make_ground: MakeGround, index: Index) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    done = ground.safe_install("-r", "nowhere.txt", expect=None)
    assert done.code in {1, USAGE, UNDECIDED}, done.text
    assert_clear(done, "nowhere.txt")


@pytest.mark.parametrize("name", ["broken-1.0-py3-none-any.whl", "broken-1.0.tar.gz", "broken-1.0.zip"])
def test_a_file_that_is_no_archive_is_not_decided(name: str, make_ground: MakeGround, index: Index) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    ground.write(name, b"PK\x03\x04 this is no archive")
    assert_clear(refused(ground, f"./{name}"), "broken")


@pytest.mark.parametrize("name", ["r\u0435quests", "requ\u200bests>=2", "\uff52equests"])
def test_a_name_in_look_alike_letters_is_refused_before_an_index_is_asked(
    name: str, make_ground: MakeGround, index: Index
) -> None:
    ground = make_ground(NEWEST, index_url=index.url)
    assert_clear(refused(ground, name, expect=BLOCKED), "confusable-name", "did you mean requests?")
    assert not index.asked


def test_a_name_that_nobody_has_leads_to_the_one_that_was_meant(make_ground: MakeGround, index: Index) -> None:
    assert_clear(refused(make_ground(NEWEST, index_url=index.url), "sckit-lern"), "did you mean scikit-learn?")


def test_an_option_that_pip_does_not_know_is_an_error(make_ground: MakeGround, index: Index) -> None:
    index.add(MOSS)
    ground = make_ground(NEWEST, index_url=index.url)
    before = ground.snapshot()
    done = ground.safe_install("mossgarden", "--no-such-option", expect=None)
    assert done.code in {1, USAGE}, done.text
    assert_clear(done, "--no-such-option")
    ground.assert_unchanged_since(before)


def test_a_hash_that_the_file_does_not_have_installs_nothing(make_ground: MakeGround, index: Index) -> None:
    index.add(MOSS)
    ground = make_ground(NEWEST, index_url=index.url)
    ground.write("requirements.txt", f"mossgarden==1.0 --hash=sha256:{'0' * 64}\n")
    before = ground.snapshot()
    done = ground.safe_install("-r", "requirements.txt", expect=None)
    assert done.code in {1, UNDECIDED}, done.text
    assert_clear(done, "hash")
    ground.assert_unchanged_since(before)


def test_nothing_to_install_is_a_usage_error(make_ground: MakeGround) -> None:
    make_ground(NEWEST).safe_install(expect=USAGE)
