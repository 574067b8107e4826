"""Indexes: JSON and HTML pages, folders, the page cache, metadata and files."""

from __future__ import annotations

import json
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.registries._fetching import project_of
from gatekeeper.registries._pages import Page, read_page
from gatekeeper.registries.simple import IndexFile, SimpleIndex, Upstream
from gatekeeper.registries.times import parse_time
from tests.registries.upstreams import JSON, SECRET, Answer, serving, sha256
from tests.registries.upstreams import Upstream as Server

if TYPE_CHECKING:
    from pathlib import Path

    from gatekeeper.registries.http import Transport
    from gatekeeper.registries.listing import Project

WHEEL = b"PK wheel bytes"
METADATA = b"Metadata-Version: 2.1\nName: foo-bar\nVersion: 1.0\n"
FILE = "foo_bar-1.0-py3-none-any.whl"


def page(*entries: object, **more: object) -> str:
    return json.dumps({"meta": {"api-version": "1.1"}, "name": "foo-bar", "files": list(entries), **more})


def entry(url: str = f"../../files/{FILE}", **more: object) -> dict[str, object]:
    return {"filename": url.rpartition("/")[2], "url": url, "hashes": {"sha256": sha256(WHEEL)}, **more}


def on_page(text: str | bytes, kind: str = JSON, url: str = "https://index.example/simple/foo-bar/") -> Project:
    content = text.encode() if isinstance(text, str) else text
    return project_of("foo-bar", read_page(Page(content, kind, url), "label"), "label")


class TestJSON:
    """PEP 691, 700, 714."""

    def test_everything_that_is_promised_is_read(self, upstream: Server, transport: Transport) -> None:
        told = entry(
            **{
                "requires-python": ">=3.8",
                "size": 14,
                "yanked": "broken",
                "upload-time": "2024-05-06T07:08:09.123456Z",
            },
            **{"core-metadata": {"sha256": sha256(METADATA), "unheard": "x"}},
        )
        upstream.serve("/simple/foo-bar/", page(told, versions=["1.0", "0.9"]), kind=f"{JSON}; charset=utf-8")
        index = SimpleIndex(upstream.url("/simple/"), transport)
        project = index.project("Foo.Bar")
        assert (project.name, project.versions, project.source) == ("foo-bar", ("1.0", "0.9"), upstream.url("/simple/"))
        (file,) = project.files
        assert file == IndexFile(
            FILE, upstream.url(f"/files/{FILE}"), "1.0", {"sha256": sha256(WHEEL)}, 14, ">=3.8", "broken",
            {"sha256": sha256(METADATA)}, datetime(2024, 5, 6, 7, 8, 9, 123456, timezone.utc), upstream.url("/simple/"),
        )  # fmt: skip
        assert file.has_metadata
        assert file.metadata_sha256 == sha256(METADATA)
        assert hash(file)

    def test_json_is_preferred_and_caches_on_the_way_must_ask(self, upstream: Server, transport: Transport) -> None:
        upstream.serve("/simple/foo/", page(), kind=JSON)
        assert SimpleIndex(upstream.url("/simple"), transport).project("foo").files == ()
        headers = upstream.asked[0].headers
        assert headers["accept"].startswith(f"{JSON}, application/vnd.pypi.simple.v1+html; q=0.1, text/html")
        assert headers["cache-control"] == "max-age=0"

    @pytest.mark.parametrize(
        ("told", "has", "digest"),
        [
            ({}, False, None), ({"core-metadata": False}, False, None), ({"core-metadata": True}, True, None),
            ({"dist-info-metadata": {"sha256": "AB"}}, True, "ab"), ({"core-metadata": None, "dist-info-metadata": True}, True, None),
            ({"core-metadata": False, "dist-info-metadata": True}, False, None), ({"core-metadata": {"sha256": "cd"}, "dist-info-metadata": True}, True, "cd"),
        ],
    )  # fmt: skip
    def test_both_names_of_the_metadata_key_are_read(
        self, told: dict[str, object], has: bool, digest: str | None
    ) -> None:
        (file,) = on_page(page(entry(**told))).files
        assert (file.has_metadata, file.metadata_sha256) == (has, digest)

    @pytest.mark.parametrize(
        ("told", "yanked"), [(True, True), (False, False), ("", False), ("why", "why"), (None, False)]
    )
    def test_yanked_is_a_fact_or_a_reason(self, told: object, yanked: bool | str) -> None:
        assert on_page(page(entry(yanked=told))).files[0].yanked == yanked

    def test_only_archives_of_the_project_are_listed(self) -> None:
        names = [
            "foo_bar-1.0.tar.gz", "foo-bar-1.0.zip", "Foo.Bar-2.0.tar.bz2", "foo_bar-1.0-1-py3-none-any.whl", "foo_bar-1!2.0.tar.gz",
            "foo-1.0.tar.gz", "foo_bar_baz-1.0-py3-none-any.whl", "foo_bar-1.0.exe", "foo_bar-1.0.tar.gz.asc", "foo_bar.whl", "",
            "foo_bar-1.0-py2.7.tar.gz", "..", "%2e%2e%2ffoo_bar-3.0.tar.gz", "foo_bar-4%0d%0a.tar.gz", "foo_bar-5%00.zip",
        ]  # fmt: skip
        files = on_page(page(*[entry(f"/f/{name}") for name in names])).files
        assert [(file.filename, file.version) for file in files] == [
            ("foo_bar-1.0.tar.gz", "1.0"), ("foo-bar-1.0.zip", "1.0"), ("Foo.Bar-2.0.tar.bz2", "2.0"),
            ("foo_bar-1.0-1-py3-none-any.whl", "1.0"), ("foo_bar-1!2.0.tar.gz", "1!2.0"), ("foo_bar-1.0-py2.7.tar.gz", "1.0"),
            ("foo_bar-3.0.tar.gz", "3.0"),
        ]  # fmt: skip

    def test_a_file_is_known_by_the_name_in_its_address_as_pip_knows_it(self) -> None:
        lying = {**entry("/f/foo_bar-1.0.tar.gz"), "filename": "foo_bar-9.9.tar.gz"}
        assert [(file.filename, file.version) for file in on_page(page(lying)).files] == [("foo_bar-1.0.tar.gz", "1.0")]

    def test_a_remote_page_reaches_no_local_file(self) -> None:
        files = on_page(
            page(entry(f"file:///tmp/{FILE}"), entry(f"ftp://x.example/{FILE}"), entry(f"//cdn.example/{FILE}"))
        ).files
        assert [file.url for file in files] == [f"https://cdn.example/{FILE}"]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("<!DOCTYPE html><p>Log in", "promises JSON, but sent HTML"), ("{", "malformed"), ("[]", "no list of files"), ("null", "no list"),
            ('{"files": {}}', "no list"), ('{"files": [1]}', "no address"), ('{"files": [{"url": 1}]}', "no address"),
            (page(entry(hashes=[])), "digest"), (page(entry(hashes={"sha256": 1})), "digest"), (page(entry(**{"requires-python": 3})), "requires-python"),
            (page(entry(**{"requires-python": ">3\n"})), "requires-python"), ("[" * 200_000, "malformed"), (b"\xff\xfe", "malformed"),
            ('{"meta": {"api-version": "2.0"}, "files": []}', "version 2.0"),
        ],
    )  # fmt: skip
    def test_a_malformed_page_is_one_line(self, text: str | bytes, words: str) -> None:
        with pytest.raises(UpstreamError, match=words) as caught:
            on_page(text)
        assert caught.value.message.isprintable()


class TestHTML:
    """PEP 503, 592, 658, 714."""

    def test_everything_that_is_promised_is_read(self) -> None:
        anchor = (
            f'<a href="../../files/{FILE}#sha256={sha256(WHEEL)}" data-requires-python="&gt;=3.8"'
            f' data-yanked="bro&amp;ken" data-core-metadata="sha256={sha256(METADATA)}">{FILE}</a>'
        )
        (file,) = on_page(anchor, "text/html; charset=utf-8").files
        assert file == IndexFile(
            FILE, f"https://index.example/files/{FILE}", "1.0", {"sha256": sha256(WHEEL)}, None, ">=3.8", "bro&ken",
            {"sha256": sha256(METADATA)}, None, "label",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("base", "href", "url"),
        [
            ("https://cdn.example/x/", "a/", "https://cdn.example/x/a/"), ("/root/", "a/", "https://index.example/root/a/"),
            ("", "a/", "https://index.example/simple/foo-bar/a/"), ("", "https://cdn.example/", "https://cdn.example/"),
        ],
    )  # fmt: skip
    def test_links_are_relative_to_the_base(self, base: str, href: str, url: str) -> None:
        text = (
            f'<base href="{base}"><base href="https://second.example/">' if base else ""
        ) + f'<A HREF=" {href}{FILE}">x</A>'
        assert [file.url for file in on_page(text, "TEXT/HTML").files] == [url + FILE]

    @pytest.mark.parametrize(
        ("attributes", "has", "digest", "yanked"),
        [
            ("", False, None, False), ('data-core-metadata="true"', True, None, False), ('data-dist-info-metadata="sha256=ab"', True, "ab", False),
            ('data-core-metadata="sha256=cd" data-dist-info-metadata="sha256=ab"', True, "cd", False), ("data-yanked", False, None, True),
            ('data-yanked=""', False, None, True),
        ],
    )  # fmt: skip
    def test_attributes(self, attributes: str, has: bool, digest: str | None, yanked: bool) -> None:
        (file,) = on_page(f'<a {attributes} href="{FILE}">', "text/html").files
        assert (file.has_metadata, file.metadata_sha256, file.yanked) == (has, digest, yanked)

    def test_links_that_lead_nowhere_are_passed_over(self) -> None:
        text = f'<a href="http://[">1</a><a>2</a><a href="">3</a><a href="mailto:x@y.example">4</a><a href="?{FILE}">5</a><a href="{FILE}">6'
        assert [file.filename for file in on_page(text, "text/html").files] == [FILE]

    def test_a_page_in_another_charset_is_decoded_or_refused(self) -> None:
        assert len(on_page(f'<a href="{FILE}">é'.encode("latin-1"), "text/html; charset=latin-1").files) == 1
        for kind in ("text/html", "text/html; charset=none-such"):
            with pytest.raises(UpstreamError, match="cannot be decoded"):
                on_page(f'<a href="{FILE}">é'.encode("latin-1"), kind)

    @pytest.mark.parametrize(
        "kind", ["", "application/json", "image/png", "application/vnd.pypi.simple.v2+json", "text/plain\x1b"]
    )
    def test_another_content_type_is_refused(self, kind: str) -> None:
        with pytest.raises(UpstreamError, match="content type"):
            on_page("{}", kind)


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from([FILE, f"http://[{FILE}", "sha256"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(
        ["files", "url", "filename", "hashes", "sha256", "yanked", "core-metadata", "size", "meta", "api-version", "versions", "upload-time", "requires-python"]) | st.text(max_size=5), inner, max_size=6),
    max_leaves=20,
)  # fmt: skip
_KINDS = st.sampled_from([JSON, "text/html", "text/html; charset=utf-16", "text/html; charset=", "x"]) | st.text(
    max_size=20
)


class TestFuzz:
    """Whatever a page holds, the answer is a project or one clear line."""

    @staticmethod
    def read(content: bytes, kind: str) -> None:
        try:
            project = on_page(content, kind)
        except UpstreamError as error:
            assert error.message.isprintable()  # noqa: PT017 - both ends are fine
        else:
            for file in project.files:
                assert file.filename.isprintable()
                assert "/" not in file.filename
                assert file.version
                assert file.url.startswith(("http://", "https://"))

    @given(_JUNK)
    def test_json_of_any_shape(self, said: object) -> None:
        self.read(json.dumps(said).encode("utf-8", "surrogatepass"), JSON)
        self.read(json.dumps({"files": [said]}).encode("utf-8", "surrogatepass"), JSON)
        self.read(json.dumps({"files": [{"url": f"/f/{FILE}", "hashes": {}, "core-metadata": said}]}).encode(), JSON)

    @given(
        st.binary(max_size=200) | st.text(alphabet="<>a&#\"'= /!-[]?hrefbsdt-yanked:@.", max_size=120).map(str.encode),
        _KINDS,
    )
    def test_bytes_of_any_kind(self, content: bytes, kind: str) -> None:
        self.read(content, kind)
        self.read(f'<a href="{FILE}">'.encode() + content, kind)

    @given(st.text(max_size=60))
    def test_links_of_any_form(self, link: str) -> None:
        self.read(page(entry(link), entry(f"{link}/{FILE}")).encode(), JSON)
        self.read(f'<base href="{link}"><a href="{link}{FILE}#{link}">'.encode("utf-8", "surrogatepass"), "text/html")

    @given(st.text(max_size=40) | st.from_regex(r"\A\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?\Z"))
    def test_times(self, said: str) -> None:
        found = parse_time(said)
        assert found is None or found.utcoffset() is not None


class TestTheIndex:
    """Asking an index for a name."""

    def test_it_is_an_upstream(self, transport: Transport) -> None:
        one: Upstream = SimpleIndex("https://index.example/simple", transport)
        assert one.label == "https://index.example/simple"

    def test_an_unknown_name_is_not_found_and_another_fault_is_not(
        self, upstream: Server, transport: Transport
    ) -> None:
        index = SimpleIndex(upstream.url("/simple"), transport)
        with pytest.raises(NotFoundUpstreamError, match="has no project none-such"):
            index.project("None_Such")
        upstream.serve("/simple/foo/", Answer(status=403), Answer(status=500))
        for _ in range(2):
            with pytest.raises(UpstreamError) as caught:
                index.project("foo")
            assert not isinstance(caught.value, NotFoundUpstreamError)

    @pytest.mark.parametrize("name", ["../../etc", "", "a/b", "a b", "-", "a\n", "\N{LATIN SMALL LETTER DOTLESS I}"])
    def test_what_no_project_can_be_called_is_never_asked_for(
        self, upstream: Server, transport: Transport, name: str
    ) -> None:
        with pytest.raises(NotFoundUpstreamError):
            SimpleIndex(upstream.url("/simple"), transport).project(name)
        assert upstream.asked == []

    def test_links_are_relative_to_where_a_redirect_ended(self, upstream: Server, transport: Transport) -> None:
        upstream.serve("/simple/foo-bar/", Answer(status=301, headers={"Location": "/deep/er/foo-bar/"}))
        upstream.serve("/deep/er/foo-bar/", f'<a href="{FILE}">')
        (file,) = SimpleIndex(upstream.url("/simple"), transport).project("foo-bar").files
        assert file.url == upstream.url(f"/deep/er/foo-bar/{FILE}")

    def test_an_address_that_is_no_index_is_refused_at_once(self, transport: Transport) -> None:
        for url in (
            "ftp://index.example/",
            "http://[",
            "no/such/folder",
            "",
            "file://elsewhere.example/x",
            f"user:{SECRET}@x.example",
        ):
            with pytest.raises(UpstreamError) as caught:
                SimpleIndex(url, transport)
            assert SECRET not in caught.value.message

    def test_files_and_metadata_arrive_as_promised(
        self, upstream: Server, transport: Transport, tmp_path: Path
    ) -> None:
        upstream.serve(f"/files/{FILE}?a=b", WHEEL)
        upstream.serve(f"/files/{FILE}.metadata?a=b", METADATA)
        told = entry(f"/files/{FILE}?a=b", **{"core-metadata": {"sha256": sha256(METADATA)}})
        upstream.serve("/simple/foo-bar/", page(told), kind=JSON)
        index = SimpleIndex(upstream.url("/simple"), transport)
        (file,) = index.project("foo-bar").files
        assert index.metadata(file) == METADATA
        assert index.fetch(file, tmp_path / "x.whl") == (sha256(WHEEL), len(WHEEL))
        assert index.digest(file) == sha256(WHEEL)

    def test_wrong_bytes_are_refused(self, upstream: Server, transport: Transport, tmp_path: Path) -> None:
        upstream.serve(f"/files/{FILE}", b"other")
        upstream.serve(f"/files/{FILE}.metadata", b"other")
        upstream.serve("/simple/foo-bar/", page(entry(**{"core-metadata": {"sha256": sha256(METADATA)}})), kind=JSON)
        index = SimpleIndex(upstream.url("/simple"), transport)
        (file,) = index.project("foo-bar").files
        with pytest.raises(UpstreamError, match="wrong digest"):
            index.metadata(file)
        with pytest.raises(UpstreamError, match="wrong digest"):
            index.fetch(file, tmp_path / "x.whl")
        assert not (tmp_path / "x.whl").exists()

    def test_metadata_that_nobody_offers_is_not_asked_for(self, upstream: Server, transport: Transport) -> None:
        with pytest.raises(NotFoundUpstreamError):
            SimpleIndex(upstream.url("/s"), transport).metadata(IndexFile(FILE, upstream.url(f"/{FILE}")))
        assert upstream.asked == []

    def test_a_closed_index_opens_its_files_too(self, transport: Transport, tmp_path: Path) -> None:
        with serving(Server(login=f"user:{SECRET}")) as closed:
            closed.serve("/simple/foo-bar/", page(entry()), kind=JSON)
            closed.serve(f"/files/{FILE}", WHEEL)
            index = SimpleIndex(closed.url("/simple", f"user:{SECRET}"), transport)
            project = index.project("foo-bar")
            assert index.fetch(project.files[0], tmp_path / "x")[1] == len(WHEEL)
            assert SECRET not in repr(project) + project.source + project.files[0].url

    def test_many_threads_ask_one_index(self, upstream: Server, transport: Transport, tmp_path: Path) -> None:
        for number in range(20):
            upstream.serve(
                f"/simple/p{number}/",
                Answer(page(entry(f"/p{number}-1.0.zip")).encode(), headers={"Content-Type": JSON, "ETag": "x"}),
            )
        index = SimpleIndex(upstream.url("/simple"), transport, cache=tmp_path / "cache")
        with ThreadPoolExecutor(10) as pool:
            found = list(pool.map(lambda number: index.project(f"p{number % 20}"), range(100)))
        assert all(len(project.files) == 1 for project in found)


class TestFolders:
    """Indexes on disk, which pip asks for NAME/index.html."""

    def test_a_folder_is_an_index_of_pages(self, transport: Transport, tmp_path: Path) -> None:
        folder = tmp_path / "simple" / "foo-bar"
        folder.mkdir(parents=True)
        (folder / FILE).write_bytes(WHEEL)
        (folder / f"{FILE}.metadata").write_bytes(METADATA)
        (folder / "index.html").write_text(
            f'<a href="{FILE}" data-core-metadata="true">x</a><a href="https://cdn.example/foo_bar-2.0.zip">y</a>'
        )
        for url in ((tmp_path / "simple").as_uri(), str(tmp_path / "simple")):
            index = SimpleIndex(url, transport)
            here, there = index.project("foo_bar").files
            assert here.local == folder / FILE
            assert there.local is None
            assert index.metadata(here) == METADATA
            assert index.fetch(here, tmp_path / "out") == (sha256(WHEEL), len(WHEEL))
            assert index.digest(here) == sha256(WHEEL)
            assert index.digest(there) is None
            with pytest.raises(NotFoundUpstreamError):
                index.project("other")

    def test_a_folder_without_index_html_has_no_such_project(self, transport: Transport, tmp_path: Path) -> None:
        (tmp_path / "foo-bar").mkdir()
        (tmp_path / "foo-bar" / FILE).write_bytes(WHEEL)
        with pytest.raises(NotFoundUpstreamError):
            SimpleIndex(tmp_path.as_uri(), transport).project("foo-bar")

    def test_a_listed_file_that_is_gone_or_changed_is_one_line(self, transport: Transport, tmp_path: Path) -> None:
        index = SimpleIndex(tmp_path.as_uri(), transport)
        gone = IndexFile(FILE, "", local=tmp_path / FILE, metadata={})
        for ask in (
            lambda: index.fetch(gone, tmp_path / "x"),
            lambda: index.metadata(gone),
            lambda: index.digest(gone),
        ):
            with pytest.raises(NotFoundUpstreamError, match="no such file"):
                ask()
        (tmp_path / FILE).write_bytes(b"changed")
        with pytest.raises(UpstreamError, match="wrong digest"):
            index.fetch(IndexFile(FILE, "", local=tmp_path / FILE, hashes={"sha256": sha256(WHEEL)}), tmp_path / "x")


class TestCache:
    """Pages on disk: asked about each time, and never in the way."""

    @pytest.mark.parametrize(
        ("header", "condition"), [("ETag", "if-none-match"), ("Last-Modified", "if-modified-since")]
    )
    def test_an_unchanged_page_is_not_sent_again(
        self, upstream: Server, transport: Transport, tmp_path: Path, header: str, condition: str
    ) -> None:
        whole = Answer(page(entry()).encode(), headers={"Content-Type": JSON, header: "mark"})
        upstream.serve(
            "/simple/foo-bar/", whole, Answer(status=304), Answer(page().encode(), headers={"Content-Type": JSON})
        )
        index = SimpleIndex(upstream.url("/simple"), transport, cache=tmp_path / "cache")
        first = index.project("foo-bar")
        assert index.project("foo-bar") == first
        assert upstream.asked[1].headers[condition] == "mark"
        assert index.project("foo-bar").files == ()

    @pytest.mark.parametrize(
        ("control", "patient", "later", "asked"),
        [
            ("max-age=600", True, 60, 1),
            ("max-age=600", False, 60, 2),  # an install always asks
            ("max-age=600", True, 601, 2),
            ("max-age=999999", True, 601, 2),
            ("max-age=600", True, -60, 2),  # the clock was put back
            ("max-age=600, no-cache", True, 60, 2),
            ("public", True, 60, 2),
        ],
    )
    def test_a_page_may_be_taken_without_asking_where_its_index_says_so_and_nothing_is_installed(
        self, upstream: Server, transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        control: str, patient: bool, later: int, asked: int,
    ) -> None:  # fmt: skip
        kind = {"Content-Type": JSON, "ETag": "mark", "Cache-Control": control}
        upstream.serve("/simple/foo-bar/", Answer(page(entry()).encode(), headers=kind), Answer(status=304))
        index = SimpleIndex(upstream.url("/simple"), transport, cache=tmp_path / "cache", patient=patient)
        first = index.project("foo-bar")
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + later)
        assert index.project("foo-bar") == first
        assert len(upstream.asked) == asked

    def test_it_is_private_and_holds_no_credentials(self, transport: Transport, tmp_path: Path) -> None:
        folder = tmp_path / "cache"
        with serving(Server(login=f"user:{SECRET}")) as closed:
            kind = {"Content-Type": JSON, "ETag": "mark"}
            closed.serve("/simple/foo-bar/", Answer(status=302, headers={"Location": f"/real/?signature={SECRET}"}))
            closed.serve(f"/real/?signature={SECRET}", Answer(page(entry()).encode(), headers=kind))
            leaky = page(entry(f"https://user:{SECRET}@files.example/{FILE}"))
            closed.serve("/simple/leaky/", Answer(leaky.encode(), headers=kind))
            index = SimpleIndex(closed.url("/simple", f"user:{SECRET}"), transport, cache=folder)
            index.project("foo-bar")
            index.project("leaky")
        assert len(list(folder.iterdir())) == 1
        assert not any(SECRET.encode() in kept.read_bytes() for kept in folder.iterdir())
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
            assert {stat.S_IMODE(kept.stat().st_mode) for kept in folder.iterdir()} == {0o600}

    @pytest.mark.parametrize("damage", [b"", b"{}\n", b"x", b"[]\n[]", b"\xff\n", b'{"type": 1}\n', None])
    def test_a_damaged_entry_is_fetched_again(
        self, upstream: Server, transport: Transport, tmp_path: Path, damage: bytes | None
    ) -> None:
        upstream.serve(
            "/simple/foo-bar/", Answer(page(entry()).encode(), headers={"Content-Type": JSON, "ETag": "mark"})
        )
        index = SimpleIndex(upstream.url("/simple"), transport, cache=tmp_path / "cache")
        first = index.project("foo-bar")
        (kept,) = (tmp_path / "cache").iterdir()
        kept.write_bytes(kept.read_bytes().replace(b"foo_bar", b"foo_baz") if damage is None else damage)
        assert index.project("foo-bar") == first
        assert "if-none-match" not in upstream.asked[1].headers

    def test_a_folder_that_cannot_be_used_is_no_fault(
        self, upstream: Server, transport: Transport, tmp_path: Path
    ) -> None:
        (tmp_path / "cache").write_text("a file")
        upstream.serve(
            "/simple/foo-bar/", Answer(page(entry()).encode(), headers={"Content-Type": JSON, "ETag": "mark"})
        )
        index = SimpleIndex(upstream.url("/simple"), transport, cache=tmp_path / "cache")
        assert index.project("foo-bar") == index.project("foo-bar")

    @pytest.mark.parametrize("headers", [{}, {"ETag": "x", "Cache-Control": "no-store"}])
    def test_a_page_that_may_not_be_kept_is_not(
        self, upstream: Server, transport: Transport, tmp_path: Path, headers: dict[str, str]
    ) -> None:
        upstream.serve("/simple/foo-bar/", Answer(page(entry()).encode(), headers={"Content-Type": JSON, **headers}))
        SimpleIndex(upstream.url("/simple"), transport, cache=tmp_path / "cache").project("foo-bar")
        assert not (tmp_path / "cache").exists()
