"""Find-links locations: folders, pages and single archives, read by the names that files carry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.registries.filenames import is_safe_filename, normalise, parse_filename, version_in
from gatekeeper.registries.simple import FindLinks, Upstream
from tests.registries.upstreams import Answer, sha256
from tests.registries.upstreams import Upstream as Server

if TYPE_CHECKING:
    from gatekeeper.registries.http import Transport

WHEEL = "foo_bar-1.0-py3-none-any.whl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "links"
    (place / "foo_bar-9.0.zip").mkdir(parents=True)
    for name in (WHEEL, "Foo-Bar-1.1.zip", "foo.bar-2.0.tar.gz", "foo-3.0.tar.gz", "readme.txt", "foo_bar-4.whl"):
        (place / name).write_bytes(name.encode())
    (place / "more.html").write_text(f'<a href="sub/foo_bar-5.0.tar.gz#sha256={sha256(b"five")}">x</a>')
    (place / "sub").mkdir()
    (place / "sub" / "foo_bar-5.0.tar.gz").write_bytes(b"five")
    return place


def test_a_folder_offers_its_archives_and_what_its_pages_link_to(
    folder: Path, transport: Transport, tmp_path: Path
) -> None:
    for location in (str(folder), folder.as_uri(), f"{folder.as_uri()}/"):
        links: Upstream = FindLinks(location, transport)
        project = links.project("Foo.Bar")
        assert {(file.filename, file.version) for file in project.files} == {
            (WHEEL, "1.0"), ("Foo-Bar-1.1.zip", "1.1"), ("foo.bar-2.0.tar.gz", "2.0"), ("foo_bar-5.0.tar.gz", "5.0"),
        }  # fmt: skip
        assert set(project.versions) == {"1.0", "1.1", "2.0", "5.0"}
        for file in project.files:
            assert file.local
            assert file.source == links.label
            assert links.fetch(file, tmp_path / "out")[0] == links.digest(file) == sha256(file.local.read_bytes())
        with pytest.raises(NotFoundUpstreamError):
            links.project("other")


def test_a_relative_folder_and_a_home_folder_are_found(
    folder: Path, transport: Transport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(folder.parent)
    folder.rename(tmp_path / "home" / "links")
    assert FindLinks("~/links", transport).project("foo").versions == ("3.0",)
    monkeypatch.chdir(tmp_path / "home")
    assert FindLinks("links", transport).project("foo").versions == ("3.0",)


def test_a_single_archive_or_page_on_disk_is_a_location(folder: Path, transport: Transport) -> None:
    assert FindLinks(str(folder / WHEEL), transport).project("foo-bar").versions == ("1.0",)
    assert FindLinks((folder / "more.html").as_uri(), transport).project("foo-bar").versions == ("5.0",)


def test_a_remote_page_is_read_once(upstream: Server, transport: Transport) -> None:
    links_to = f'<a href="{WHEEL}">x</a><a href="cu1/{WHEEL}">x</a><a href="baz-1.tar.gz">y</a>'
    upstream.serve("/links.html", links_to)
    links = FindLinks(upstream.url("/links.html"), transport)
    assert [file.url for file in links.project("foo-bar").files] == [
        upstream.url(f"/{WHEEL}"),
        upstream.url(f"/cu1/{WHEEL}"),
    ]
    assert links.project("baz").versions == ("1",)
    assert upstream.paths == ["/links.html"]


def test_a_remote_archive_is_itself_the_file(upstream: Server, transport: Transport, tmp_path: Path) -> None:
    upstream.serve(f"/{WHEEL}", b"wheel")
    links = FindLinks(upstream.url(f"/{WHEEL}#sha256={sha256(b'wheel')}"), transport)
    (file,) = links.project("foo_bar").files
    assert upstream.asked == []
    assert file.sha256 == sha256(b"wheel")
    assert links.fetch(file, tmp_path / "x") == (sha256(b"wheel"), 5)


@pytest.mark.parametrize(
    "location",
    ["/none/such", "none-such", "", "git+https://x.example/y", "file://elsewhere.example/x", "~nobody-here/x"],
)
def test_a_location_that_is_not_there_has_nothing(transport: Transport, location: str) -> None:
    with pytest.raises(NotFoundUpstreamError):
        FindLinks(location, transport).project("foo")


def test_a_page_that_fails_is_asked_again_and_is_not_empty(upstream: Server, transport: Transport) -> None:
    upstream.serve(
        "/links", Answer(status=501), Answer(f'<a href="{WHEEL}">'.encode(), headers={"Content-Type": "text/html"})
    )
    links = FindLinks(upstream.url("/links"), transport)
    with pytest.raises(UpstreamError) as caught:
        links.project("foo-bar")
    assert not isinstance(caught.value, NotFoundUpstreamError)
    assert links.project("foo-bar").versions == ("1.0",)


@pytest.mark.parametrize(
    ("filename", "parsed"),
    [
        (WHEEL, ("foo-bar", "1.0")), ("Foo-Bar-1.0.zip", ("foo-bar", "1.0")), ("foo-01.0.0rc1.tar.gz", ("foo", "1.0.0rc1")),
        ("foo-1.0-py2.7.tar.gz", None), ("foo.tar.gz", None), ("foo-.zip", None), ("-1.0.zip", None), ("foo-1.0.exe", None), ("x.whl", None),
    ],
)  # fmt: skip
def test_names_of_archives_are_read(filename: str, parsed: tuple[str, str] | None) -> None:
    if parsed or "py2.7" not in filename:
        assert parse_filename(filename) == parsed


@given(
    st.from_regex(r"\A[A-Za-z0-9]([A-Za-z0-9._-]{0,8}[A-Za-z0-9])?\Z"),
    st.from_regex(r"\A[0-9]{1,2}(\.[0-9]{1,2}){0,2}\Z"),
)
def test_a_version_is_found_behind_any_spelling_of_its_project(name: str, version: str) -> None:
    found = version_in(f"{name}-{version}.tar.gz", normalise(name))
    assert found is not None
    assert found.split(".") == [str(int(part)) for part in version.split(".")]


@given(st.text(max_size=40))
def test_any_text_is_a_safe_filename_or_not(text: str) -> None:
    parse_filename(text)
    version_in(text, "foo")
    if is_safe_filename(text):
        assert Path("folder", text).parent == Path("folder")
