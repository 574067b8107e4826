"""pip's words on their way into a wish: which interpreter, which sources, in which order."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper import managers
from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.managers._pip_wish import GATED, READ_ONLY, demand_answer, sources, wish_of
from gatekeeper.managers.pip import find_python, is_withheld, replacement, safe_path, without_python
from gatekeeper.model import Place, Request
from gatekeeper.wish import Direct, Source

if TYPE_CHECKING:
    from pathlib import Path

PLACE = {"file": "requirements.txt", "line": 3}


def said(kind: str, value: str = "", file: str = "command line") -> dict:
    return {"kind": kind, "value": value, "place": {"file": file, "line": None}}


def locations(*found: Source) -> list[str]:
    return [source.location for source in found]


@pytest.mark.parametrize(
    "words",
    [["--python", "X", "install", "a"], ["install", "--python=X", "a"], ["install", "a", "--python", "X"]],
)
def test_python_is_taken_out_wherever_it_stands(words: list[str]) -> None:
    kept, python = without_python(words)
    assert (kept, python) == (["install", "a"], "X")


def test_python_without_a_value_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        without_python(["install", "a", "--python"])


@given(st.lists(st.text(min_size=1).filter(lambda word: not word.startswith("--python")), max_size=8))
def test_other_words_are_kept_in_order(words: list[str]) -> None:
    assert without_python(words) == (words, None)


def test_the_active_environment_comes_before_the_path(tmp_path: Path) -> None:
    folder = tmp_path / ("Scripts" if os.name == "nt" else "bin")
    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    assert find_python(None, {"VIRTUAL_ENV": str(tmp_path), "PATH": os.environ["PATH"]}) == str(folder / "python")
    assert find_python(str(tmp_path), {}) == str(folder / "python")


def test_a_broken_environment_is_named_not_passed_over(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="VIRTUAL_ENV"):
        find_python(None, {"VIRTUAL_ENV": str(tmp_path)})
    with pytest.raises(UsageError, match="no such interpreter"):
        find_python(str(tmp_path / "nowhere"), {})


def test_the_persons_folder_never_comes_onto_the_module_path(tmp_path: Path) -> None:
    entries = ["", ".", str(tmp_path), "relative", "/opt/honest"]
    assert safe_path(os.pathsep.join(entries), tmp_path) == "/opt/honest"


def test_settings_and_ways_out_are_withheld_from_the_clients_process() -> None:
    for name in ("PIP_INDEX_URL", "pip_cert", "HTTPS_PROXY", "https_proxy", "NETRC"):
        assert is_withheld(name)
    for name in ("PATH", "HOME", "CFLAGS", "LANG"):
        assert not is_withheld(name)


def test_find_links_come_first_then_the_index_then_extras() -> None:
    merged = [
        said("index-url", "https://a.example"),
        said("extra-index-url", "https://b.example"),
        said("find-links", "/w"),
    ]
    assert locations(*sources(merged, [], no_index=False)) == ["/w", "https://a.example", "https://b.example"]


def test_an_index_in_a_requirements_file_replaces_what_the_options_said() -> None:
    merged = [said("index-url", "https://a.example"), said("extra-index-url", "https://b.example")]
    lines = [said("index-url", "https://c.example", "r.txt"), said("extra-index-url", "https://d.example", "r.txt")]
    assert locations(*sources(merged, lines, no_index=False)) == ["https://c.example", "https://d.example"]


def test_no_index_leaves_only_find_links() -> None:
    merged = [said("index-url", "https://a.example"), said("find-links", "/w")]
    lines = [said("no-index"), said("index-url", "https://c.example")]
    assert locations(*sources(merged, lines, no_index=False)) == ["/w"]
    assert locations(*sources(merged, [], no_index=True)) == ["/w"]


def test_a_source_never_shows_its_login() -> None:
    source = Source("index", "https://me:hunter2@corp.example:8443/simple", Place("pip.conf", 2))
    assert source.shown == "https://corp.example:8443/simple"
    assert source.host == "corp.example:8443"
    assert "hunter2" not in repr(source)


@pytest.mark.parametrize(
    ("location", "open_to_change"),
    [
        ("http://index.example/simple", True),
        ("https://index.example/simple", False),
        ("http://127.0.0.1:8080/simple", False),
        ("http://localhost/simple", False),
        ("file:///srv/index", False),
        ("/srv/wheels", False),
    ],
)
def test_plain_http_is_open_to_change_unless_it_stays_here(location: str, open_to_change: bool) -> None:
    assert Source("index", location, Place("x")).is_open_to_change is open_to_change


def direct(**facts: object) -> Direct:
    known = {"name": None, "extras": (), "marker": None, "url": "https://files.example/a-1.tar.gz", "path": None}
    return Direct(number=0, text="", place=Place("x"), **{**known, **facts})  # type: ignore[arg-type]


def test_an_address_is_replaced_with_name_extras_marker_and_digest_kept() -> None:
    full = direct(name="a", extras=("x", "y"), marker="python_version > '3'", url="https://f.example/a.whl#sha256=12")
    assert replacement(full, "http://gate/a.whl") == "a[x,y] @ http://gate/a.whl#sha256=12 ; python_version > '3'"
    assert replacement(direct(), "http://gate/a-1.tar.gz") == "http://gate/a-1.tar.gz"


@pytest.mark.parametrize(
    ("question", "error"),
    [
        ({"problem": "no-pip"}, UsageError),
        ({"problem": "r.txt: line 3: nonsense"}, UsageError),
        ({"problem": "KeyError: 1", "bug": True}, UndecidedError),
    ],
)
def test_what_pip_could_not_answer_is_an_error(question: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        demand_answer(question)


def test_every_verb_is_gated_read_only_or_refused() -> None:
    from pip._internal.commands import commands_dict

    refused = {"index", "search", "lock", "config"} - READ_ONLY
    for verb in commands_dict:
        if verb in GATED:
            continue
        if verb in READ_ONLY:
            assert wish_of({"verb": verb}).gated is False
        else:
            assert verb in refused, f"pip has a new verb {verb}: decide what it is"
            with pytest.raises(UsageError):
                wish_of({"verb": verb})


def test_an_unknown_client_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        managers.client(Request("conda", ("install", "a"), tmp_path), {})
