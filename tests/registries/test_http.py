"""Asking upstreams: what arrives whole is kept, and each fault is one clear line."""

from __future__ import annotations

import gzip
import hashlib
import os
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from gatekeeper.errors import NotFoundUpstreamError, UpstreamError
from gatekeeper.registries.http import Expected, NetworkSettings, Transport
from tests.registries.upstreams import SECRET, Answer, Upstream, everything_said, serving, sha256, tunnelling

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BODY = bytes(range(256)) * 4000


def fault(ask: Callable[[], object]) -> UpstreamError:
    """Ask, and return the error, which must be one line without any exception of the libraries in sight."""
    with pytest.raises(UpstreamError) as caught:
        ask()
    error = caught.value
    assert type(error) in {UpstreamError, NotFoundUpstreamError}
    assert "\n" not in error.message
    assert error.message.isprintable()
    assert "Traceback" not in error.message
    assert "urllib3" not in error.message
    assert "object at 0x" not in error.message
    return error


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_page_is_read_with_its_headers_in_lower_case(upstream: Upstream, transport: Transport) -> None:
    upstream.serve("/x?y=1", Answer(b"page", headers={"ETag": '"a"'}))
    reply = transport.get(upstream.url("/x?y=1#z"), {"Accept": "text/html"})
    assert (reply.status, reply.body, reply.headers["etag"], reply.url) == (200, b"page", '"a"', upstream.url("/x?y=1"))
    assert upstream.asked[0].headers["accept"] == "text/html"


def test_a_compressed_page_is_decompressed(upstream: Upstream, transport: Transport) -> None:
    upstream.serve("/x", Answer(gzip.compress(BODY), headers={"Content-Encoding": "gzip"}))
    assert transport.get(upstream.url("/x")).body == BODY


def test_a_file_arrives_with_its_digest_and_size(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a.whl", BODY)
    heard: list[tuple[int, int | None]] = []
    hashes = {"sha256": sha256(BODY).upper(), "md5": hashlib.md5(BODY).hexdigest(), "unheard-of": "x"}
    expected = Expected(hashes, len(BODY), None, lambda done, whole: heard.append((done, whole)))
    assert transport.download(upstream.url("/a.whl"), tmp_path / "a.whl", expected) == (sha256(BODY), len(BODY))
    assert (tmp_path / "a.whl").read_bytes() == BODY
    assert heard[-1] == (len(BODY), len(BODY))
    assert len(heard) > 1
    assert upstream.asked[0].headers["accept-encoding"] == "identity"


def test_an_archive_that_a_server_calls_compressed_is_kept_as_it_came(
    upstream: Upstream, transport: Transport, tmp_path: Path
) -> None:
    sdist = gzip.compress(b"tar")
    upstream.serve(
        "/a.tar.gz", Answer(sdist, headers={"Content-Encoding": "gzip", "Content-Type": "application/x-tar"})
    )
    assert transport.download(upstream.url("/a.tar.gz"), tmp_path / "a")[0] == sha256(sdist)
    assert (tmp_path / "a").read_bytes() == sdist


@pytest.mark.parametrize("algorithm", ["sha256", "sha384", "sha512", "sha224", "sha1", "md5"])
def test_a_wrong_digest_keeps_nothing(upstream: Upstream, transport: Transport, tmp_path: Path, algorithm: str) -> None:
    upstream.serve("/a.whl", BODY)
    promised = hashlib.new(algorithm, b"other").hexdigest()
    hashes = {"sha256": sha256(BODY), algorithm: promised}
    error = fault(lambda: transport.download(upstream.url("/a.whl"), tmp_path / "a.whl", Expected(hashes)))
    assert "wrong digest" in error.message
    assert algorithm in error.message
    assert list(tmp_path.glob("a.whl*")) == []
    assert len(upstream.asked) == 1


def test_a_digest_that_is_no_digest_never_matches(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a", BODY)
    for promised in ("", "zz", sha256(BODY)[:-1], "\n\x1b[31m" * 50):
        expected = Expected({"sha256": promised})
        assert (
            "wrong digest"
            in fault(lambda e=expected: transport.download(upstream.url("/a"), tmp_path / "a", e)).message
        )


def test_a_truncated_file_is_fetched_again(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a", Answer(BODY[:5000], length=len(BODY)), BODY)
    assert transport.download(upstream.url("/a"), tmp_path / "a") == (sha256(BODY), len(BODY))


def test_a_file_that_stays_truncated_is_not_kept(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a", Answer(BODY[:5000], length=len(BODY)))
    error = fault(lambda: transport.download(upstream.url("/a"), tmp_path / "a"))
    assert "truncated" in error.message
    assert "after 2 tries" in error.message
    assert list(tmp_path.glob("a*")) == []
    assert "truncated" in fault(lambda: transport.get(upstream.url("/a"))).message


def test_chunks_that_stop_early_are_truncated(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a", Answer(b"5\r\nhello\r\n", headers={"Transfer-Encoding": "chunked"}, length=-1))
    assert "truncated" in fault(lambda: transport.download(upstream.url("/a"), tmp_path / "a")).message


def test_broken_compression_is_a_fault(upstream: Upstream, transport: Transport) -> None:
    upstream.serve("/a", Answer(b"not gzip at all", headers={"Content-Encoding": "gzip"}))
    assert "damaged" in fault(lambda: transport.get(upstream.url("/a"))).message


@pytest.mark.parametrize("length", [None, -1])
def test_a_file_over_the_limit_is_refused(
    upstream: Upstream, transport: Transport, tmp_path: Path, length: int | None
) -> None:
    upstream.serve("/a", Answer(BODY, length=length))
    error = fault(lambda: transport.download(upstream.url("/a"), tmp_path / "a", Expected({}, 1000)))
    assert "larger than the limit of 1000 bytes" in error.message
    assert list(tmp_path.glob("a*")) == []


def test_a_page_that_decompresses_over_the_limit_is_refused(upstream: Upstream, transport: Transport) -> None:
    upstream.serve("/a", Answer(gzip.compress(bytes(10**7)), headers={"Content-Encoding": "gzip"}))
    assert "larger" in fault(lambda: transport.get(upstream.url("/a"), limit=10**6)).message


def test_a_place_that_cannot_be_written_is_one_line(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a", BODY)
    assert "cannot be kept" in fault(lambda: transport.download(upstream.url("/a"), tmp_path / "none" / "a")).message


def test_an_interrupted_download_leaves_nothing(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a", BODY)

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transport.download(upstream.url("/a"), tmp_path / "a", Expected(progress=interrupt))
    assert list(tmp_path.glob("a*")) == []


@pytest.mark.parametrize(
    ("status", "tries"), [(500, 2), (502, 2), (503, 2), (429, 2), (501, 1), (418, 1), (206, 1), (304, 1)]
)
def test_a_status_is_named_and_retried_when_that_may_help(
    upstream: Upstream, transport: Transport, status: int, tries: int
) -> None:
    upstream.serve("/a", Answer(status=status))
    assert f"answered {status}" in fault(lambda: transport.get(upstream.url("/a"))).message
    assert len(upstream.asked) == tries


def test_a_server_that_recovers_is_enough(upstream: Upstream, transport: Transport) -> None:
    upstream.serve("/a", Answer(status=503, headers={"Retry-After": "0"}), b"now")
    assert transport.get(upstream.url("/a")).body == b"now"


@pytest.mark.parametrize("status", [404, 410])
def test_what_is_not_there_is_not_found(upstream: Upstream, transport: Transport, status: int) -> None:
    upstream.serve("/a", Answer(status=status))
    assert isinstance(fault(lambda: transport.get(upstream.url("/a"))), NotFoundUpstreamError)


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_says_that_credentials_are_needed(upstream: Upstream, transport: Transport, status: int) -> None:
    upstream.serve("/a", Answer(status=status))
    error = fault(lambda: transport.get(upstream.url("/a")))
    assert "needs credentials" in error.message
    assert "netrc" in (error.hint or "")
    assert not isinstance(error, NotFoundUpstreamError)


def test_an_unknown_host_is_named(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert "unknown host index.invalid" in fault(lambda: transport.get("http://index.invalid/x")).message


def test_a_refused_connection_is_named(transport: Transport) -> None:
    port = closed_port()
    error = fault(lambda: transport.get(f"http://127.0.0.1:{port}/x"))
    assert f"127.0.0.1:{port} refused the connection (after 2 tries)" in error.message


def test_silence_is_a_timeout(upstream: Upstream, make_transport: Callable[..., Transport], tmp_path: Path) -> None:
    done = threading.Event()
    upstream.serve("/a", Answer(before=lambda: done.wait(5)))
    transport = make_transport(timeout=0.2, retries=0)
    assert "no answer within 0.2 s" in fault(lambda: transport.get(upstream.url("/a"))).message
    assert "no answer within 0.2 s" in fault(lambda: transport.download(upstream.url("/a"), tmp_path / "a")).message
    done.set()


def test_a_body_that_stops_flowing_is_a_timeout(make_transport: Callable[..., Transport], tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = threading.Event()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")
                done.wait(5)

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/a"
        transport = make_transport(timeout=0.2, retries=0)
        assert "no answer within" in fault(lambda: transport.download(url, tmp_path / "a")).message
        done.set()
        thread.join()


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 70000, b"\0" * 99]
)
def test_a_server_that_does_not_speak_http_is_one_line(make_transport: Callable[..., Transport], said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        fault(lambda: make_transport(retries=0).get(f"http://127.0.0.1:{server.getsockname()[1]}/a"))
        thread.join()


@pytest.mark.parametrize(
    "url",
    [
        "ftp://index.example/x", "file:///etc/passwd", "http://", "https:///x", "http://[::1/x", "http://a b/x", "x", "",
        "http://index.example:99999/x", "http://index.example:http/x", "http://index.example\\@evil.example/x",
        f"http://{'a' * 70}.example/x", f"http://user:{SECRET}@%2f/x", f"user:{SECRET}@index.example/x", "http://\N{SNOWMAN}\u2024/",
        f"https:/user:{SECRET}@index.example/x//",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_one_line_without_secrets(
    make_transport: Callable[..., Transport], url: str
) -> None:
    assert SECRET not in everything_said(fault(lambda: make_transport(retries=0, proxy="").get(url)))


def test_redirects_are_followed_to_where_the_page_is(upstream: Upstream, transport: Transport) -> None:
    upstream.serve("/a", Answer(status=301, headers={"Location": "b/c?d=e#f"}))
    upstream.serve("/b/c?d=e", Answer(status=307, headers={"Location": upstream.url("/z")}))
    upstream.serve("/z", b"here")
    reply = transport.get(upstream.url("/a"))
    assert (reply.body, reply.url) == (b"here", upstream.url("/z"))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/a", "redirects in a loop"), ("", "does not say where"), ("http://[", "no address"),
        ("file:///etc/passwd", "only http and https"), ("ftp://x.example/", "only http and https"),
    ],
)  # fmt: skip
def test_a_redirect_that_leads_nowhere_is_one_line(
    upstream: Upstream, transport: Transport, target: str, words: str
) -> None:
    upstream.serve("/a", Answer(status=302, headers={"Location": target} if target else {}))
    assert words in fault(lambda: transport.get(upstream.url("/a"))).message
    assert len(upstream.asked) <= 11


def test_connections_are_kept_alive(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    upstream.serve("/a", BODY)
    upstream.serve("/r", Answer(b"moved", status=302, headers={"Location": "/a"}))
    for _ in range(5):
        transport.get(upstream.url("/r"))
        transport.download(upstream.url("/a"), tmp_path / "a")
    assert upstream.connections == 1


def test_many_threads_share_one_transport(upstream: Upstream, transport: Transport, tmp_path: Path) -> None:
    bodies = {f"/{number}": os.urandom(300_000) for number in range(40)}
    for path, body in bodies.items():
        upstream.serve(path, body)

    def fetch(path: str) -> bool:
        to = tmp_path / f"to{path[1:]}"
        return transport.download(upstream.url(path), to)[0] == sha256(bodies[path]) == sha256(to.read_bytes())

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(fetch, [*bodies, *bodies]))
    assert upstream.connections <= 12


def test_cookies_are_neither_kept_nor_sent(upstream: Upstream, transport: Transport) -> None:
    upstream.serve("/a", Answer(headers={"Set-Cookie": "session=1; Path=/"}))
    transport.get(upstream.url("/a"))
    transport.get(upstream.url("/a"))
    assert all("Cookie" not in asked.headers for asked in upstream.asked)


class TestTLS:
    """Certificates: the person's bundle, the person's exceptions, nobody else's."""

    def test_a_bundle_given_is_trusted(
        self, certificates: tuple[Path, Path], make_transport: Callable[..., Transport]
    ) -> None:
        ca, leaf = certificates
        with serving(Upstream(), certificate=leaf) as upstream:
            upstream.serve("/a", b"safe")
            assert make_transport(cert=str(ca)).get(upstream.url("/a")).body == b"safe"

    @pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
    def test_the_environment_may_name_the_bundle(
        self, certificates: tuple[Path, Path], transport: Transport, monkeypatch: pytest.MonkeyPatch, variable: str
    ) -> None:
        ca, leaf = certificates
        monkeypatch.setenv(variable, str(ca))
        with serving(Upstream(), certificate=leaf) as upstream:
            upstream.serve("/a", b"safe")
            assert transport.get(upstream.url("/a")).body == b"safe"

    def test_an_unknown_authority_is_refused_at_once(
        self, certificates: tuple[Path, Path], transport: Transport
    ) -> None:
        with serving(Upstream(), certificate=certificates[1]) as upstream:
            error = fault(lambda: transport.get(upstream.url("/a")))
        assert "certificate" in error.message
        assert "not trusted" in error.message
        assert "tries" not in error.message
        assert upstream.asked == []

    @pytest.mark.parametrize("named", ["127.0.0.1", "127.0.0.1:{port}"])
    def test_a_trusted_host_is_not_verified(
        self, certificates: tuple[Path, Path], make_transport: Callable[..., Transport], named: str
    ) -> None:
        with serving(Upstream(), certificate=certificates[1]) as upstream:
            upstream.serve("/a", b"x")
            assert (
                make_transport(trusted_hosts=(named.format(port=upstream.port),)).get(upstream.url("/a")).body == b"x"
            )

    def test_trust_in_one_host_is_no_trust_in_another(
        self, certificates: tuple[Path, Path], make_transport: Callable[..., Transport]
    ) -> None:
        with (
            serving(Upstream(), certificate=certificates[1]) as one,
            serving(Upstream(), certificate=certificates[1]) as two,
        ):
            one.serve("/a", Answer(status=302, headers={"Location": two.url("/b")}))
            transport = make_transport(trusted_hosts=(f"127.0.0.1:{one.port}", "other.example"))
            assert "not trusted" in fault(lambda: transport.get(one.url("/a"))).message
            assert "not trusted" in fault(lambda: transport.get(two.url("/b"))).message
            assert two.asked == []

    def test_leaving_tls_by_a_redirect_is_refused(
        self, certificates: tuple[Path, Path], make_transport: Callable[..., Transport], upstream: Upstream
    ) -> None:
        ca, leaf = certificates
        with serving(Upstream(), certificate=leaf) as secure:
            secure.serve("/a", Answer(status=302, headers={"Location": upstream.url(f"/b?token={SECRET}")}))
            error = fault(lambda: make_transport(cert=str(ca)).get(secure.url("/a")))
        assert "from https to plain http" in error.message
        assert SECRET not in everything_said(error)
        assert upstream.asked == []

    def test_plain_http_on_a_tls_port_and_the_reverse_are_one_line(
        self, certificates: tuple[Path, Path], make_transport: Callable[..., Transport], upstream: Upstream
    ) -> None:
        transport = make_transport(retries=0)
        assert "TLS" in fault(lambda: transport.get(upstream.url("/a").replace("http:", "https:"))).message
        with serving(Upstream(), certificate=certificates[1]) as secure:
            fault(lambda: transport.get(secure.url("/a").replace("https:", "http:")))

    def test_a_bundle_or_client_certificate_that_cannot_be_read_is_named(
        self, make_transport: Callable[..., Transport], tmp_path: Path
    ) -> None:
        (tmp_path / "text.pem").write_text("no certificate")
        for settings in ({"cert": str(tmp_path / "none.pem")}, {"cert": str(tmp_path / "text.pem")},
                         {"client_cert": str(tmp_path / "none.pem")}, {"client_cert": str(tmp_path / "text.pem")}):  # fmt: skip
            error = fault(lambda s=settings: make_transport(**s).get("https://127.0.0.1:9/"))
            assert "cannot be used" in error.message
            assert next(iter(settings.values())) in error.message

    def test_a_client_certificate_is_shown(
        self, certificates: tuple[Path, Path], make_transport: Callable[..., Transport], upstream: Upstream
    ) -> None:
        ca, leaf = certificates
        upstream.serve("/a", b"x")
        assert make_transport(cert=str(ca), client_cert=str(leaf)).get(upstream.url("/a")).body == b"x"


class TestProxy:
    """The person's way out."""

    def test_plain_requests_go_to_the_proxy_given(
        self, upstream: Upstream, make_transport: Callable[..., Transport]
    ) -> None:
        upstream.serve("http://index.example/a", b"by proxy")
        proxied = make_transport(proxy=upstream.url(userinfo=f"user:{SECRET}"))
        assert proxied.get("http://index.example/a").body == b"by proxy"
        assert "Proxy-Authorization" in upstream.asked[0].headers
        assert SECRET not in repr(proxied.settings) + repr(proxied)

    def test_the_environment_names_the_proxy_and_its_exceptions(
        self, upstream: Upstream, transport: Transport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with serving(Upstream()) as direct:
            monkeypatch.setenv("http_proxy", upstream.url())
            monkeypatch.setenv("no_proxy", "127.0.0.1")
            upstream.serve("http://index.example/a", b"by proxy")
            direct.serve("/a", b"direct")
            assert transport.get("http://index.example/a").body == b"by proxy"
            assert transport.get(direct.url("/a")).body == b"direct"

    def test_an_empty_proxy_means_none(
        self, upstream: Upstream, make_transport: Callable[..., Transport], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
        upstream.serve("/a", b"direct")
        assert make_transport(proxy="").get(upstream.url("/a")).body == b"direct"

    def test_tls_goes_through_the_tunnel_end_to_end(
        self, certificates: tuple[Path, Path], make_transport: Callable[..., Transport]
    ) -> None:
        ca, leaf = certificates
        with serving(Upstream(), certificate=leaf) as upstream, tunnelling(f"user:{SECRET}") as (port, seen):
            upstream.serve("/a", b"tunnelled")
            transport = make_transport(cert=str(ca), proxy=f"http://user:{SECRET}@127.0.0.1:{port}")
            assert transport.get(upstream.url("/a")).body == b"tunnelled"
            assert seen[0][0] == f"127.0.0.1:{upstream.port}"
            assert "Proxy-Authorization" not in upstream.asked[0].headers
            transport.close()

    def test_a_proxy_that_wants_credentials_is_named_without_them(
        self, make_transport: Callable[..., Transport]
    ) -> None:
        with tunnelling("user:right") as (port, _):
            transport = make_transport(proxy=f"http://user:{SECRET}@127.0.0.1:{port}")
            error = fault(lambda: transport.get("https://127.0.0.1:9/a"))
        assert "proxy" in error.message
        assert "needs credentials" in error.message
        assert SECRET not in everything_said(error)

    def test_a_proxy_that_is_not_there_is_named_without_credentials(
        self, make_transport: Callable[..., Transport]
    ) -> None:
        for scheme in ("http", "https"):
            transport = make_transport(proxy=f"http://user:{SECRET}@127.0.0.1:{closed_port()}", retries=0)
            error = fault(lambda s=scheme, t=transport: t.get(f"{s}://index.example/a"))
            assert "the proxy http://127.0.0.1" in error.message
            assert SECRET not in everything_said(error)

    def test_a_proxy_address_that_is_none_is_one_line(self, make_transport: Callable[..., Transport]) -> None:
        for proxy in ("http://[", "nonsense://x", f"socks5://user:{SECRET}@127.0.0.1:1"):
            error = fault(lambda p=proxy: make_transport(proxy=p, retries=0).get("http://index.example/a"))
            assert SECRET not in everything_said(error)


def test_the_network_library_is_imported_only_when_it_is_needed() -> None:
    code = "import gatekeeper.registries.simple, gatekeeper.registries.http as h, sys; h.Transport(); print([m for m in ('requests', 'urllib3', 'packaging', 'certifi') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_pauses_stay_short(upstream: Upstream, make_transport: Callable[..., Transport]) -> None:
    upstream.serve("/a", Answer(status=503))
    start = time.monotonic()
    fault(lambda: make_transport(retries=3).get(upstream.url("/a")))
    assert len(upstream.asked) == 4
    assert time.monotonic() - start < 3


def test_settings_default_to_those_of_pip() -> None:
    settings = NetworkSettings()
    assert (settings.timeout, settings.retries, settings.keyring) == (15.0, 5, "auto")
