"""Credentials: found where pip finds them, sent to their own origin only, shown nowhere."""

from __future__ import annotations

import base64
import logging
import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.errors import UpstreamError
from gatekeeper.registries.addresses import parse_address
from gatekeeper.registries.credentials import Credentials, Login, redact
from gatekeeper.registries.http import NetworkSettings, Transport
from gatekeeper.registries.simple import FindLinks, SimpleIndex
from tests.registries.upstreams import SECRET, Answer, Upstream, everything_said, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def closed() -> Iterator[Upstream]:
    """An upstream that lets in nobody but user with the secret."""
    with serving(Upstream(login=f"user:{SECRET}")) as one:
        one.serve("/a", b"inside")
        yield one


def keyring_command(folder: Path, body: str) -> Path:
    """Write a keyring command that notes what it is asked."""
    folder.mkdir(parents=True, exist_ok=True)
    command = folder / "keyring"
    command.write_text(
        f"#!{sys.executable}\nimport sys, json\nopen({str(folder / 'asked')!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n{body}\n"
    )
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return folder


def answers(login: str = "user") -> str:
    return f"print(json.dumps({{'username': {login!r}, 'password': {SECRET!r}}}))"


def asked(folder: Path) -> list[str]:
    notes = folder / "asked"
    return notes.read_text().splitlines() if notes.exists() else []


class TestTheAddress:
    """Userinfo in an address, and in the index that an address lies beside."""

    def test_userinfo_is_sent_and_percent_decoded(self, transport: Transport) -> None:
        with serving(Upstream(login="us er:p@ss/wörd")) as upstream:
            upstream.serve("/a", b"inside")
            assert transport.get(upstream.url("/a", "us%20er:p%40ss%2Fw%C3%B6rd")).body == b"inside"
            assert upstream.paths == ["/a"]

    def test_a_token_without_password_is_sent(self, transport: Transport) -> None:
        with serving(Upstream(login=f"{SECRET}:")) as upstream:
            upstream.serve("/a", b"inside")
            assert transport.get(upstream.url("/a", SECRET)).body == b"inside"

    def test_a_file_beside_a_learned_index_gets_its_credentials(self, closed: Upstream, transport: Transport) -> None:
        SimpleIndex(closed.url("/simple/", f"user:{SECRET}"), transport)
        assert transport.get(closed.url("/a")).body == b"inside"

    def test_the_nearest_of_two_indexes_on_one_origin_decides(self) -> None:
        credentials = Credentials(keyring="disabled")
        credentials.learn("https://a:1@index.example/team/simple")
        credentials.learn("https://b:2@index.example/team/other/simple")
        found = credentials.for_address(parse_address("https://index.example/team/other/files/x.whl"))
        assert found == Login("b", "2")

    def test_another_port_scheme_or_host_gets_nothing(self) -> None:
        credentials = Credentials(keyring="disabled")
        credentials.learn("https://a:1@index.example/simple")
        for url in (
            "http://index.example/simple",
            "https://index.example:8443/simple",
            "https://x.index.example/simple",
        ):
            assert credentials.for_address(parse_address(url)) is None
        assert credentials.for_address(parse_address("https://INDEX.example:443/else")) == Login("a", "1")


class TestRedirects:
    """Where credentials must not follow."""

    def test_another_port_never_hears_them(self, closed: Upstream, upstream: Upstream, transport: Transport) -> None:
        closed.serve("/moved", Answer(status=302, headers={"Location": upstream.url("/b")}))
        upstream.serve("/b", b"elsewhere")
        assert transport.get(closed.url("/moved", f"user:{SECRET}")).body == b"elsewhere"
        assert "Authorization" not in upstream.asked[0].headers
        assert SECRET not in str(upstream.asked)

    def test_the_same_origin_hears_them_again(self, closed: Upstream, transport: Transport) -> None:
        closed.serve("/moved", Answer(status=302, headers={"Location": "/a"}))
        assert transport.get(closed.url("/moved", f"user:{SECRET}")).body == b"inside"

    def test_what_a_caller_sends_stays_with_the_first_origin(self, upstream: Upstream, transport: Transport) -> None:
        with serving(Upstream()) as other:
            upstream.serve("/a", Answer(status=307, headers={"Location": "/b"}))
            upstream.serve("/b", Answer(status=307, headers={"Location": other.url("/c")}))
            other.serve("/c", b"x")
            transport.get(upstream.url("/a"), {"Authorization": f"Bearer {SECRET}", "Cookie": SECRET})
            assert all(SECRET in one.headers["authorization"] for one in upstream.asked)
            assert SECRET not in str(other.asked)

    def test_credentials_in_the_redirect_itself_are_for_its_own_host(
        self, closed: Upstream, upstream: Upstream, transport: Transport
    ) -> None:
        upstream.serve("/x", Answer(status=302, headers={"Location": closed.url("/a", f"user:{SECRET}")}))
        reply = transport.get(upstream.url("/x"))
        assert reply.body == b"inside"
        assert SECRET not in reply.url + repr(reply)


class TestNetrc:
    """The netrc file, by NETRC, in the home folder, or as a setting."""

    def test_it_is_found_at_home_by_either_name_and_by_netrc(
        self,
        closed: Upstream,
        make_transport: Callable[..., Transport],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        text = f"machine 127.0.0.1 login user password {SECRET}\n"
        for place in (tmp_path / "home" / ".netrc", tmp_path / "home" / "_netrc"):
            place.write_text(text)
            place.chmod(0o600)
            assert make_transport().get(closed.url("/a")).body == b"inside"
            place.unlink()
        (tmp_path / "mine").write_text(text)
        monkeypatch.setenv("NETRC", str(tmp_path / "mine"))
        assert make_transport().get(closed.url("/a")).body == b"inside"
        monkeypatch.delenv("NETRC")
        assert make_transport(netrc=tmp_path / "mine").get(closed.url("/a")).body == b"inside"

    def test_full_userinfo_goes_before_netrc_and_netrc_before_a_lone_user_name(self, tmp_path: Path) -> None:
        (tmp_path / "n").write_text("machine index.example login a password 1\n")
        credentials = Credentials(netrc=tmp_path / "n", keyring="disabled")
        assert credentials.for_address(parse_address("https://b:2@index.example/")) == Login("b", "2")
        assert credentials.for_address(parse_address("https://b@index.example/")) == Login("a", "1")

    def test_a_default_entry_names_no_host_and_is_not_used(self, tmp_path: Path) -> None:
        (tmp_path / "n").write_text(f"machine other.example login a password 1\ndefault login b password {SECRET}\n")
        credentials = Credentials(netrc=tmp_path / "n", keyring="disabled")
        assert credentials.for_address(parse_address("https://index.example/")) is None
        assert credentials.for_address(parse_address("https://default/")) is None

    def test_a_malformed_file_is_named_with_its_line_and_without_its_words(
        self, tmp_path: Path, upstream: Upstream
    ) -> None:
        (tmp_path / "n").write_text(f"machine a.example login b password c\nmachine x login y passwrd {SECRET}\n")
        with Transport(NetworkSettings(netrc=tmp_path / "n")) as transport, pytest.raises(UpstreamError) as caught:
            transport.get(upstream.url("/a"))
        assert f"{tmp_path / 'n'}:2" in caught.value.message
        assert SECRET not in everything_said(caught.value)
        assert upstream.asked == []

    def test_a_missing_file_is_no_credentials_and_an_unreadable_one_is_an_error(self, tmp_path: Path) -> None:
        address = parse_address("https://index.example/")
        assert Credentials(netrc=tmp_path / "none").for_address(address) is None
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00machine")
        for path in (tmp_path / "binary", tmp_path):
            with pytest.raises(UpstreamError):
                Credentials(netrc=path).for_address(address)


@pytest.mark.skipif(os.name != "posix", reason="the fake command is a script")
class TestKeyring:
    """The keyring command: asked after a 401 only, once, and never where it could be the attacker's."""

    def test_it_is_asked_once_and_its_answer_is_kept(
        self,
        closed: Upstream,
        make_transport: Callable[..., Transport],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("PATH", str(keyring_command(tmp_path / "bin", answers())), prepend=os.pathsep)
        transport = make_transport(keyring="auto")
        SimpleIndex(closed.url("/simple"), transport)
        assert [transport.get(closed.url("/a")).body for _ in range(3)] == [b"inside"] * 3
        assert [one.login for one in closed.asked] == [None, *[f"user:{SECRET}"] * 3]
        assert asked(tmp_path / "bin") == [f'["--mode=creds", "--output=json", "get", "{closed.url("/simple/")}"]']

    def test_a_user_name_in_the_address_is_passed_on(
        self,
        closed: Upstream,
        make_transport: Callable[..., Transport],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        only_host = f"if sys.argv[4:] == ['127.0.0.1:{closed.port}', 'user']: {answers()}\nelse: sys.exit(1)"
        monkeypatch.setenv("PATH", str(keyring_command(tmp_path / "bin", only_host)), prepend=os.pathsep)
        transport = make_transport(keyring="subprocess")
        SimpleIndex(closed.url("/simple", "user"), transport)
        assert transport.get(closed.url("/a")).body == b"inside"
        assert len(asked(tmp_path / "bin")) == 2

    def test_an_old_command_is_asked_for_the_password_alone(
        self,
        closed: Upstream,
        make_transport: Callable[..., Transport],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        old = f"if sys.argv[1] != 'get': print('keyring: error: unrecognized arguments: --mode=creds', file=sys.stderr); sys.exit(2)\nprint({SECRET!r})"
        monkeypatch.setenv("PATH", str(keyring_command(tmp_path / "bin", old)), prepend=os.pathsep)
        assert make_transport(keyring="auto").get(closed.url("/a", "user")).body == b"inside"
        with pytest.raises(UpstreamError) as caught:
            make_transport(keyring="auto").get(closed.url("/a"))
        assert "25.2.1" in (caught.value.hint or "")

    def test_it_is_not_asked_when_disabled_or_when_nothing_was_refused(
        self, closed: Upstream, upstream: Upstream, make_transport: Callable[..., Transport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:  # fmt: skip
        monkeypatch.setenv("PATH", str(keyring_command(tmp_path / "bin", answers())), prepend=os.pathsep)
        upstream.serve("/a", b"open")
        make_transport(keyring="auto").get(upstream.url("/a"))
        with pytest.raises(UpstreamError, match="needs credentials"):
            make_transport(keyring="disabled").get(closed.url("/a"))
        assert asked(tmp_path / "bin") == []

    def test_a_command_in_the_target_environment_or_the_current_folder_never_runs(
        self,
        closed: Upstream,
        make_transport: Callable[..., Transport],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        target = keyring_command(tmp_path / "env" / "bin", answers())
        linked, here = tmp_path / "linked", keyring_command(tmp_path / "here", answers())
        linked.mkdir()
        (linked / "keyring").symlink_to(target / "keyring")
        monkeypatch.chdir(here)
        monkeypatch.setenv("PATH", os.pathsep.join(["", ".", str(target), str(linked)]))
        with pytest.raises(UpstreamError, match="needs credentials"):
            make_transport(keyring="auto", avoid=tmp_path / "env").get(closed.url("/a"))
        assert asked(target) == asked(here) == []

    @pytest.mark.parametrize(
        "body", ["sys.exit(1)", "print('not json')", "print('[1]')", "print('{}')", "print('[' * 100000)"]
    )
    def test_a_command_without_a_useful_answer_means_no_credentials(
        self, closed: Upstream, make_transport: Callable[..., Transport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str
    ) -> None:  # fmt: skip
        monkeypatch.setenv("PATH", str(keyring_command(tmp_path / "bin", body)), prepend=os.pathsep)
        with pytest.raises(UpstreamError, match="needs credentials"):
            make_transport(keyring="auto").get(closed.url("/a"))

    def test_a_wrong_answer_is_tried_once_and_not_shown(
        self,
        closed: Upstream,
        make_transport: Callable[..., Transport],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("PATH", str(keyring_command(tmp_path / "bin", answers("mallory"))), prepend=os.pathsep)
        with pytest.raises(UpstreamError, match="did not accept the credentials") as caught:
            make_transport(keyring="auto").get(closed.url("/a"))
        assert len(closed.asked) == 2
        assert SECRET not in everything_said(caught.value)


class TestSilence:
    """Nothing that we can be made to say holds a secret."""

    def test_no_fault_shows_them(
        self,
        upstream: Upstream,
        make_transport: Callable[..., Transport],
        caplog: pytest.LogCaptureFixture,
        tmp_path: Path,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        basic = base64.b64encode(f"user:{SECRET}".encode()).decode()
        for status in (401, 403, 404, 407, 429, 500, 302):
            upstream.serve("/a", Answer(status=status))
            transport = make_transport()
            for ask in (transport.get, lambda url, t=transport: t.download(url, tmp_path / "a")):
                with pytest.raises(UpstreamError) as caught:
                    ask(upstream.url("/a", f"user:{SECRET}"))
                said = everything_said(caught.value)
                # The lines of this test in the traceback are ours, not the transport's.
                assert SECRET not in said.replace('f"user:{SECRET}"', "")
                assert basic not in said
        assert SECRET not in caplog.text
        assert basic not in caplog.text

    def test_no_repr_or_label_shows_them(self, transport: Transport) -> None:
        url = f"https://user:{SECRET}@index.example/simple?token={SECRET}#{SECRET}"
        index, links = SimpleIndex(url, transport), FindLinks(url, transport)
        address = parse_address(url)
        shown = (
            index,
            links,
            transport,
            transport.credentials,
            transport.settings,
            address.username,
            Login("user", SECRET),
        )
        assert SECRET not in "".join(map(repr, shown)) + index.label + links.label + str(address)
        assert index.label == links.label == "https://index.example/simple"

    @given(
        st.text(max_size=30),
        st.sampled_from(["http", "https", "HTTP", "ftp", "x", "file"]),
        st.sampled_from(["/", "?", "#", "", "//", "\\"]),
    )
    def test_redacting_never_shows_a_password(self, junk: str, scheme: str, after: str) -> None:
        shown = redact(f"{scheme}://user:{SECRET}@{junk}{after}{junk}")
        assert SECRET not in shown
        assert shown.isprintable()

    @given(st.text(max_size=60))
    def test_any_text_can_be_redacted_and_parsed_or_refused(self, text: str) -> None:
        assert redact(text).isprintable()
        for url in (text, f"http://{text}", f"https://index.example{text}"):
            shown = parsed_or_refused(url)
            assert shown.isprintable()
            assert "@" not in shown.partition("://")[2].partition("/")[0].partition(":")[0]


def parsed_or_refused(url: str) -> str:
    try:
        return str(parse_address(url).origin)
    except UpstreamError as error:
        return error.message


def test_a_password_with_an_unquoted_slash_is_not_shown_as_a_host() -> None:
    assert redact(f"http://ada:{SECRET}/more@index.example/simple/") == "(malformed address)"
