"""The `[feeds]` table: only the person says where data comes from, and only from where nobody on the way can change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper import settings
from gatekeeper.errors import UsageError
from gatekeeper.policy import Feeds

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.settings import Settings

DIGEST = "0123456789abcdef" * 4


def load(folder: Path, named: str, **others: str) -> Settings:
    (folder / "named.toml").write_text(named, "utf-8")
    for name, text in others.items():
        (folder / f"{name}.toml").write_text(text, "utf-8")
    return settings.load(folder, folder / "named.toml", ("known-malware",), person=folder / "person.toml")


def test_without_a_word_nothing_is_ever_asked(tmp_path: Path) -> None:
    assert load(tmp_path, "").policy.feeds == Feeds()


def test_every_key_is_followed(tmp_path: Path) -> None:
    text = f"""[feeds]
names-pypi = "https://feeds.example/pypi.txt"
names-npm = "file:///srv/npm.txt"
malware = "http://127.0.0.1:8000/all.zip"
ask = "http://localhost:8000"
public = ["https://mirror.example/"]
strict = true
[feeds.digests]
"http://127.0.0.1:8000/all.zip" = "{DIGEST}"
"https://feeds.example/pypi.txt" = "none"
"""
    feeds = load(tmp_path, text).policy.feeds
    assert feeds == Feeds(
        {"pypi": "https://feeds.example/pypi.txt", "npm": "file:///srv/npm.txt"},
        ("http://127.0.0.1:8000/all.zip",),
        "http://localhost:8000",
        ("https://mirror.example/",),
        {"http://127.0.0.1:8000/all.zip": DIGEST, "https://feeds.example/pypi.txt": "none"},
        strict=True,
    )


def test_a_later_file_changes_the_keys_that_it_names(tmp_path: Path) -> None:
    own = '[feeds]\nnames-pypi = "https://a.example/p"\nmalware = ["https://a.example/m"]\n'
    feeds = load(tmp_path, '[feeds]\nmalware = ["https://b.example/m"]\n', person=own).policy.feeds
    assert (feeds.names, feeds.malware) == ({"pypi": "https://a.example/p"}, ("https://b.example/m",))


def test_a_projects_file_names_no_feeds(tmp_path: Path) -> None:
    found = load(tmp_path, "", gatekeeper='[feeds]\nmalware = "https://stranger.example/empty.zip"\n')
    assert found.policy.feeds == Feeds()
    assert "[feeds] malware was ignored" in found.remarks[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('names-crates = "https://a.example/"', "unknown key `names-crates`"),
        ('malware = ["http://feeds.example/all.zip"]', "plain http"),
        ('ask = "http://192.0.2.7/"', "plain http"),
        ('ask = "file:///etc"', "must be an address with https or http"),
        ('names-pypi = "/srv/pypi.txt"', "must be an address with https or http or file"),
        ('names-pypi = "https://[::1"', "not a usable address"),
        ('names-pypi = "https:///x"', "must be an address"),
        ("names-pypi = 7", "must be an address"),
        ('malware = [""]', "must be a list of texts"),
        ("malware = 7", "must be an address"),
        ('strict = "yes"', "must be true or false"),
        ('public = "https://a.example"', "must be a list of texts"),
        ("digests = 7", "must be a table"),
        ('digests = {"https://a.example" = "abc"}', "is no digest"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        load(tmp_path, f"[feeds]\n{line}\n")
    assert error.value.message.startswith(f"{tmp_path / 'named.toml'}:2: ")
    assert said in error.value.message


def test_no_message_tells_the_secret_in_an_address(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        load(tmp_path, '[feeds]\nask = "http://sam:secret@feeds.example/"\n')
    assert "secret" not in f"{error.value.message}{error.value.hint}"


def test_no_waiver_is_written_for_known_malware(tmp_path: Path) -> None:
    waiver = '[[waiver]]\nrelease = "pkg:npm/a@1.0.0"\ncheck = "known-malware"\nreason = "x"\nauthor = "sam"\n'
    with pytest.raises(UsageError, match=r"named.toml:1: no waiver excuses known-malware"):
        load(tmp_path, f'{waiver}sha256 = "{"0" * 64}"\nexpires = 2099-01-01\n')
