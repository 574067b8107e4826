"""A person's secrets reach the servers that they belong to, and nothing else: no report, no file, no process."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.support import backends
from tests.support.attacks import decode_then_exec, import_wheel
from tests.support.ground import BLOCKED, GATEKEEPER, UNANSWERED, UNDECIDED, USAGE
from tests.support.index import Answer, Index, fails, redirects
from tests.support.index import running as index_running
from tests.support.npm_attacks import hooked
from tests.support.npm_packages import package
from tests.support.npm_registry import Registry
from tests.support.npm_registry import running as registry_running
from tests.support.packages import sdist, wheel
from tests.support.secrets import heard_by, held_by_processes, held_in, held_in_files, held_while_running, secret

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ground import Done, Ground, MakeGround
    from tests.support.npm_ground import MakeNpmGround, NpmGround
    from tests.support.npm_packages import Packed
    from tests.support.packages import Built

# Logins, by where the person has them.
OF_REGISTRIES = ("index", "extra", "links", "netrc", "scope", "pair", "password", "variable", "elsewhere", "publish")
HANDED_DOWN = ("cloud", "code-host")  # variables that are about no registry: what a client starts inherits them
SIGNED = ("signature",)  # in the query of an address
ALL = (*OF_REGISTRIES, *HANDED_DOWN, *SIGNED)
REFUSED = (BLOCKED, UNANSWERED, UNDECIDED)
FORMATS = ("json", "sarif", "github", "html", "markdown")
PERSON = "ada"
SIGNATURE = f"?sig={secret('signature')}"
ENVIRONMENT = {
    "AWS_SECRET_ACCESS_KEY": secret("cloud"),
    "GITHUB_TOKEN": secret("code-host"),
    "TWINE_PASSWORD": secret("publish"),
    "NPM_TOKEN": secret("publish"),
    "UV_INDEX_ACME_PASSWORD": secret("publish"),
}


@dataclass
class Place:
    """Where one proof happens; `spared` are the files in which the person keeps secrets."""

    ground: Ground
    spared: list[Path] = field(default_factory=list)

    def holds(self, path: str, content: str) -> Path:
        """Write a file that the person keeps secrets in."""
        file = self.ground.write(path, content)
        self.spared.append(file)
        return file

    @property
    def ours(self) -> tuple[str, ...]:
        """Every format at once, a log, and all details."""
        policy = self.ground.write("../rules/gatekeeper.toml", '[audit]\nfile = "../audit.jsonl"\n')
        also = (word for layout in FORMATS for word in ("--also", f"{layout}={self.ground.folder / layout}"))
        return ("--policy", str(policy), *also, "-v")

    def gated(self, *words: str, expect: int | None = 0, bare: bool = False) -> Done:
        done = self.ground.safe_install(*words, expect=expect, ours=() if bare else self.ours, watch=True)
        assert "fault of our own" not in done.err, done.text
        return done

    def assert_kept(self, done: Done, *, but: Callable[[str], bool] = lambda _: False) -> None:
        """Look everywhere; `but` says which commands may know a secret."""
        for told in (done, *([self.run("explain")] if done.code in REFUSED else [])):
            assert held_in(told.out + told.err, ALL) == set(), told.text
        assert held_in_files(self.ground.folder, ALL, self.spared) == {}
        assert done.watch is not None
        known = held_by_processes(done.watch, (*OF_REGISTRIES, *SIGNED))
        assert {command: held for command, held in known.items() if not but(command)} == {}
        assert held_while_running(done.watch, ALL) == {}

    def run(self, *words: str) -> Done:
        return self.ground.run(*GATEKEEPER, *words)


def test_the_search_finds_a_secret_however_it_is_spelled(tmp_path: Path) -> None:
    for before in range(4):
        pair = base64.b64encode(f"{'x' * before}:{secret('index')}".encode()).decode()
        assert held_in(f"Basic {pair}", ALL) == {"index"}
    (tmp_path / f"{secret('extra')}.txt").write_text(secret("index"), "utf-8")
    assert held_in_files(tmp_path, ALL) == {f"{secret('extra')}.txt": {"index", "extra"}}


# --- pip ------------------------------------------------------------------------------------------------------------


@dataclass
class PipPlace(Place):
    """The person's index, which asks who they are, and one that knows nobody."""

    index: Index = field(default_factory=Index)
    other: Index = field(default_factory=Index)

    def address(self, built: Built, login: str = "index", query: str = "") -> str:
        return f"{with_login(self.index.file_url(built), login)}{query}"


def with_login(url: str, name: str) -> str:
    return url.replace("://", f"://{PERSON}:{secret(name)}@")


@pytest.fixture
def at_pip(make_ground: MakeGround, other_index: Index) -> Iterator[PipPlace]:
    with index_running(Index(user=PERSON, password=secret("index"))) as index:
        ground = make_ground(index_url=with_login(index.url, "index"))
        ground.environ |= {**ENVIRONMENT, "PIP_RETRIES": "0"}
        yield PipPlace(ground, index=index, other=other_index)


SPY = r'''
import pathlib
import re

TOKEN = re.compile(rb"sk[0-9a-f]{24}")


def memory(process):
    """Yield what may be written to in a process's memory."""
    with open(process / "mem", "rb", 0) as raw:
        for line in (process / "maps").read_text().splitlines():
            begin, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if rights.startswith("rw"):
                try:
                    raw.seek(int(begin, 16))
                    yield raw.read(int(end, 16) - int(begin, 16))
                except (OSError, ValueError, OverflowError):
                    continue


def looked():
    found = []
    for process in pathlib.Path("/proc").iterdir():
        if not process.name.isdigit():
            continue
        for read in (lambda: [(process / "environ").read_bytes()], lambda: [(process / "cmdline").read_bytes()],
                     lambda: memory(process)):
            try:
                found += [token.decode() for chunk in read() for token in TOKEN.findall(chunk)]
            except OSError:
                continue
    return sorted(set(found))
'''


def test_what_a_build_can_read_of_the_processes_around_it_holds_no_login(at_pip: PipPlace) -> None:
    """It was allowed, and has the rights of the person: it may look into every process that the kernel shows it."""
    look = "\nraise SystemExit('LOOKED ' + ' '.join(looked()))\n"
    at_pip.index.add(sdist("mossgarden", files=backends.tree("mossgarden", prelude=SPY + look)))
    done = at_pip.ground.safe_install(
        "--extra-index-url", with_login(at_pip.other.url, "extra"), "mossgarden", expect=1, ours=("--yes",)
    )
    (line, *_) = (line for line in (done.out + done.err).splitlines() if "LOOKED" in line)
    assert held_in(line, ALL) == set(HANDED_DOWN), "its own environment, and nothing else"


def test_every_way_to_name_an_index_of_pip_keeps_its_login(at_pip: PipPlace) -> None:
    """Typed, in the environment, in a requirements file by a variable, by netrc, as a folder of links, as an address."""
    place, ground = at_pip, at_pip.ground
    slow = sdist("mossgarden", files=backends.tree("mossgarden", prelude="import time\n\ntime.sleep(0.3)\n"))
    place.index.add(slow, direct := wheel("farmeadow"))
    with (
        index_running(Index(user=PERSON, password=secret("variable"))) as by_file,
        index_running(Index(user=PERSON, password=secret("links"))) as links,
        index_running(Index(user=PERSON, password=secret("netrc"))) as by_netrc,
    ):
        by_file.add(wheel("quietharbour"))
        links.add(linked := wheel("oldlantern"))
        links.extra["/links/"] = Answer(200, links.anchor(links.row(links.files[linked.filename])).encode(), HTML)
        place.other.add(elsewhere := wheel("deepwell"))
        by_netrc.add(elsewhere, url=place.other.file_url(elsewhere))
        ground.environ["ACME_TOKEN"] = secret("variable")
        ground.write(
            "requirements.txt",
            f"--extra-index-url {by_file.url.replace('://', f'://{PERSON}:${{ACME_TOKEN}}@')}\nquietharbour\n",
        )
        netrc = ground.home / ".netrc"
        netrc.write_text(f"machine localhost login {PERSON} password {secret('netrc')}\n", "utf-8")
        place.spared.append(netrc)
        done = place.gated(
            *("--find-links", with_login(f"{links.base}/links/", "links"), "-vv", "-r", "requirements.txt"),
            *("--extra-index-url", by_netrc.url.replace("127.0.0.1", "localhost")),
            *("mossgarden", "oldlantern", "deepwell", f"farmeadow @ {place.address(direct)}"),
        )
        for name in ("mossgarden", "quietharbour", "oldlantern", "deepwell", "farmeadow"):
            assert (ground.environment.site / name).is_dir(), done.text
        # pip was told the person's variables before anything was there, and hands this one to nobody.
        place.assert_kept(done, but=lambda command: "_pip_bootstrap.py" in command)
        servers = {"index": place.index, "variable": by_file, "links": links, "netrc": by_netrc}
        for name, server in servers.items():
            assert heard_by(server, ALL) == {name}
        assert place.other.asked
        assert heard_by(place.other, ALL) == set()


HTML = {"Content-Type": "text/html"}


def _hostile_address(place: PipPlace) -> tuple[str, ...]:
    built = import_wheel("mossgarden", decode_then_exec(place.ground.marker))
    place.index.add(built)
    return (f"mossgarden @ {place.address(built, query=SIGNATURE)}",)


def _wrong_password(place: PipPlace) -> tuple[str, ...]:
    place.index.add(wheel("mossgarden"))
    return ("--index-url", with_login(place.index.url, "elsewhere"), "mossgarden")


def _forbidden(place: PipPlace) -> tuple[str, ...]:
    place.index.fault("", fails(403))
    return ("mossgarden",)


def _broken_down(place: PipPlace) -> tuple[str, ...]:
    place.index.fault("", fails(500))
    return ("mossgarden",)


def _moved_page(place: PipPlace) -> tuple[str, ...]:
    """The other host is asked with the query that it was given, and without our login."""
    place.other.fault("", fails(403))
    place.index.fault("mossgarden/", redirects(f"{place.other.url}mossgarden/{SIGNATURE}"))
    return ("mossgarden",)


def _moved_file(place: PipPlace) -> tuple[str, ...]:
    built = wheel("mossgarden")
    place.index.add(built)
    place.other.fault("", fails(403))
    place.index.fault(built.filename, redirects(f"{place.other.file_url(built)}{SIGNATURE}"))
    return ("mossgarden",)


def _not_there(place: PipPlace) -> tuple[str, ...]:
    return (place.address(wheel("mossgarden")),)


def _question(_: PipPlace) -> tuple[str, ...]:
    return ("--index-url", with_login("http://index.invalid/simple/", "index"), "mossgarden")


def _unquoted_slash(_: PipPlace) -> tuple[str, ...]:
    return ("--index-url", f"http://{PERSON}:{secret('index')}/more@index.invalid/simple/", "mossgarden")


def _no_port(_: PipPlace) -> tuple[str, ...]:
    return ("--index-url", with_login("http://127.0.0.1:99999/simple/", "index"), "mossgarden")


def _dead_proxy(place: PipPlace) -> tuple[str, ...]:
    return ("--proxy", with_login("http://127.0.0.1:9", "elsewhere"), "--index-url", place.other.url, "mossgarden")


def _dead_proxy_of_the_environment(place: PipPlace) -> tuple[str, ...]:
    place.ground.environ["http_proxy"] = with_login("http://127.0.0.1:9", "elsewhere")
    return ("--index-url", place.other.url, "mossgarden")


def _version_control(_: PipPlace) -> tuple[str, ...]:
    return (f"git+{with_login('https://git.example/moss.git', 'elsewhere')}?private_token={secret('signature')}#egg=x",)


def _remote_requirements(place: PipPlace) -> tuple[str, ...]:
    return ("-r", f"{with_login(place.other.base, 'elsewhere')}/more.txt?token={secret('signature')}")


def _remote_in_a_file(place: PipPlace) -> tuple[str, ...]:
    place.holds("requirements.txt", f"-r {with_login(place.other.base, 'elsewhere')}/more.txt\n")
    return ("-r", "requirements.txt")


def _nonsense_with_an_address(_: PipPlace) -> tuple[str, ...]:
    return (f"moss garden @ {with_login('https://files.example/x.whl', 'elsewhere')}",)


def _nonsense_in_a_file(place: PipPlace) -> tuple[str, ...]:
    place.holds("requirements.txt", f"mossgarden @ {with_login('https://files.example/x.whl', 'elsewhere')} oops\n")
    return ("-r", "requirements.txt")


def _slip_in_a_file(place: PipPlace) -> tuple[str, ...]:
    place.holds("requirements.txt", f"--index-ulr {with_login(place.index.url, 'index')}\nmossgarden\n")
    return ("-r", "requirements.txt")


def _slip_in_an_option(place: PipPlace) -> tuple[str, ...]:
    return (f"--index-ulr={with_login(place.index.url, 'index')}", "mossgarden")


PipLay = Callable[[PipPlace], tuple[str, ...]]
REFUSALS_OF_PIP: dict[PipLay, int] = {
    _hostile_address: BLOCKED,
}
MORE_REFUSALS_OF_PIP: dict[PipLay, int] = {
    **dict.fromkeys((_version_control, _remote_requirements, _remote_in_a_file), BLOCKED),
    **dict.fromkeys((_question, _unquoted_slash), UNANSWERED),
    **dict.fromkeys((_wrong_password, _forbidden, _broken_down, _moved_page, _moved_file), UNDECIDED),
    **dict.fromkeys((_not_there, _no_port, _dead_proxy, _dead_proxy_of_the_environment), UNDECIDED),
    **dict.fromkeys((_nonsense_with_an_address, _nonsense_in_a_file, _slip_in_a_file, _slip_in_an_option), USAGE),
}


def cases(plain: dict, rare: dict) -> list[object]:
    """Each way with its exit code; what the plain suite leaves out is marked for the matrix."""
    return [
        pytest.param(lay, code, id=lay.__name__.strip("_").replace("_", "-"), marks=marks)
        for ways, marks in ((plain, ()), (rare, (pytest.mark.matrix,)))
        for lay, code in ways.items()
    ]


@pytest.mark.parametrize(("lay", "code"), cases(REFUSALS_OF_PIP, MORE_REFUSALS_OF_PIP))
def test_no_refusal_of_pip_tells_a_secret(lay: PipLay, code: int, at_pip: PipPlace) -> None:
    done = at_pip.gated(*lay(at_pip), expect=code)
    at_pip.assert_kept(done)
    assert heard_by(at_pip.index, ALL) <= {"index", "elsewhere", "signature"}, "what the address held, for that host"
    assert heard_by(at_pip.other, OF_REGISTRIES) == set()


@pytest.mark.matrix
def test_a_plan_tells_no_secret(at_pip: PipPlace) -> None:
    at_pip.index.add(built := wheel("mossgarden"))
    words = (f"mossgarden @ {at_pip.address(built)}",)
    at_pip.assert_kept(at_pip.ground.safe_install("pip", "install", *words, ours=("--plan", "--yes"), watch=True))


@pytest.mark.matrix
def test_a_proxy_gets_its_own_login_and_the_indexes_do_not(at_pip: PipPlace) -> None:
    at_pip.other.add(wheel("mossgarden"))
    proxy = with_login(at_pip.other.base, "elsewhere")
    words = ("--proxy", proxy, "--index-url", "http://index.example/simple/", "mossgarden")
    done = at_pip.ground.safe_install(*words, ours=("--yes",), watch=True)
    at_pip.assert_kept(done)
    assert {asked.headers.get("proxy-authorization") for asked in at_pip.other.asked} != {None}
    assert heard_by(at_pip.other, ALL) == {"elsewhere"}


# --- npm ------------------------------------------------------------------------------------------------------------


@dataclass
class NpmPlace(Place):
    """A registry that knows nobody, and one for the scope @acme that asks for a token."""

    registry: Registry = field(default_factory=Registry)
    scoped: Registry = field(default_factory=Registry)

    @property
    def npm(self) -> NpmGround:
        return self.ground  # type: ignore[return-value]

    def settings(self, *lines: str) -> None:
        self.npm.user_settings += lines
        self.npm.write_user_settings()


def is_the_question(command: str) -> bool:
    """`npm config ls`: the person's own npm, asked for its settings before any package is there."""
    return "config\\x00ls" in command or command.startswith("b'\\x00npm\\x00")


def a_slow_hook(name: str) -> Packed:
    return package(name, files={"wait.js": "setTimeout(() => {}, 300)\n"}, scripts={"postinstall": "node wait.js"})


@pytest.fixture
def at_npm(make_npm_ground: MakeNpmGround, registry: Registry) -> Iterator[NpmPlace]:
    with registry_running(Registry(token=secret("scope"))) as scoped:
        ground = make_npm_ground(index_url=registry.url)
        ground.environ |= {**ENVIRONMENT, "PIP_INDEX_URL": with_login("https://index.example/simple/", "elsewhere")}
        ground.manifest()
        place = NpmPlace(ground, [ground.home / ".npmrc"], registry=registry, scoped=scoped)
        pair = base64.b64encode(f"{PERSON}:{secret('pair')}".encode()).decode()
        password = base64.b64encode(secret("password").encode()).decode()
        place.settings(
            *(f"@acme:registry={scoped.url}", f"//{scoped.host}/:_authToken={secret('scope')}"),
            *("//one.example/:_auth=" + pair, "//two.example/:username=ada", f"//two.example/:_password={password}"),
        )
        yield place


def test_every_way_to_name_a_registry_of_npm_keeps_its_login(at_npm: NpmPlace) -> None:
    """A token in the user's file, one by a variable in the project's, and an address with a login, which npm hides."""
    place, ground = at_npm, at_npm.npm
    with (
        registry_running(Registry(token=secret("variable"))) as by_file,
        registry_running(Registry(user=PERSON, password=secret("index"))) as by_address,
    ):
        place.scoped.add(a_slow_hook("@acme/tools"))
        by_file.add(package("@corp/tools"))
        by_address.add(package("@deep/tools"))
        place.registry.add(package("mossgarden"))
        ground.environ["CORP_TOKEN"] = secret("variable")
        ground.write(".npmrc", f"@corp:registry={by_file.url}\n//{by_file.host}/:_authToken=${{CORP_TOKEN}}\n")
        place.settings(f"@deep:registry={with_login(by_address.url, 'index')}")
        names = ("@acme/tools", "@corp/tools", "@deep/tools", "mossgarden")
        done = place.gated("npm", "install", "--loglevel=silly", *names)
        for name in names:
            assert (ground.modules / name).is_dir(), done.text
        place.assert_kept(done, but=is_the_question)
        for name, server in {"scope": place.scoped, "variable": by_file, "index": by_address}.items():
            assert heard_by(server, ALL) == {name}
        assert heard_by(place.registry, ALL) == set()
        assert [path for path in place.registry.paths() if "tools" in path] == [], (
            "the names are nobody else's business"
        )


def _hostile_beside_private(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.add(package("@acme/tools"))
    place.registry.add(hooked("mossgarden", place.ground.marker))
    return ("install", "@acme/tools", "mossgarden")


def _git_typed(_: NpmPlace) -> tuple[str, ...]:
    return ("install", f"git+{with_login('https://git.example/moss.git', 'elsewhere')}")


def _address_typed(_: NpmPlace) -> tuple[str, ...]:
    return ("install", with_login("https://files.example/moss.tgz", "elsewhere"))


def _signed_address_asked_for(place: NpmPlace) -> tuple[str, ...]:
    path = place.npm.manifest(dependencies={"moss": f"https://files.example/moss.tgz{SIGNATURE}"})
    place.spared.append(path)
    return ("install",)


def _git_asked_for(place: NpmPlace) -> tuple[str, ...]:
    path = place.npm.manifest(dependencies={"moss": f"git+{with_login('https://git.example/moss.git', 'elsewhere')}"})
    place.spared.append(path)
    return ("install",)


def _token_refused(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.token = "another"
    return ("install", "@acme/tools")


def _token_typed(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.token = "another"
    return ("install", f"--//{place.scoped.host}/:_authToken={secret('elsewhere')}", "@acme/tools")


def _token_in_the_environment(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.token = "another"
    place.ground.environ[f"npm_config_//{place.scoped.host}/:_authToken"] = secret("elsewhere")
    return ("install", "@acme/tools")


def _registry_typed_with_a_login(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.token = "another"
    return ("install", f"--registry={with_login(place.scoped.url, 'elsewhere')}", "mossgarden")


def _registry_of_the_environment(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.token = "another"
    place.ground.environ["npm_config_registry"] = with_login(place.scoped.url, "elsewhere")
    return ("install", "mossgarden")


def _dead_proxy_of_npm(_: NpmPlace) -> tuple[str, ...]:
    return ("install", "--proxy", with_login("http://127.0.0.1:9", "elsewhere"), "--fetch-retries=0", "mossgarden")


def _moved_tarball(place: NpmPlace) -> tuple[str, ...]:
    packed = package("@acme/tools")
    place.scoped.add(packed)
    place.registry.fault("", fails(403))
    moved = f"http://{place.registry.host}/x.tgz{SIGNATURE}"
    place.scoped.fault(packed.filename, redirects(moved))
    return ("install", "@acme/tools")


def _forbidden_by_npm(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.fault("", fails(403))
    return ("install", "@acme/tools")


def _broken_manifest(place: NpmPlace) -> tuple[str, ...]:
    spec = with_login("https://files.example/x.tgz", "elsewhere")
    place.holds("package.json", f'{{"name": "x", "dependencies": {{"a": "{spec}"}} oops')
    return ("install",)


def _program_of_a_private_registry(place: NpmPlace) -> tuple[str, ...]:
    place.scoped.add(hooked("@acme/tools", place.ground.marker))
    return ("exec", "--yes", "@acme/tools")


NpmLay = Callable[[NpmPlace], tuple[str, ...]]
REFUSALS_OF_NPM: dict[NpmLay, int] = {_hostile_beside_private: BLOCKED}
MORE_REFUSALS_OF_NPM: dict[NpmLay, int] = {
    **dict.fromkeys((_address_typed, _signed_address_asked_for, _git_asked_for), BLOCKED),
    **dict.fromkeys((_git_typed, _program_of_a_private_registry), BLOCKED),
    **dict.fromkeys((_token_refused, _token_typed, _token_in_the_environment, _registry_typed_with_a_login), UNDECIDED),
    **dict.fromkeys((_registry_of_the_environment, _dead_proxy_of_npm, _moved_tarball, _forbidden_by_npm), UNDECIDED),
    **dict.fromkeys((_broken_manifest,), USAGE),
}


@pytest.mark.parametrize(("lay", "code"), cases(REFUSALS_OF_NPM, MORE_REFUSALS_OF_NPM))
def test_no_refusal_of_npm_tells_a_secret(lay: NpmLay, code: int, at_npm: NpmPlace) -> None:
    done = at_npm.gated("npm", *lay(at_npm), expect=code)
    at_npm.assert_kept(done, but=is_the_question)
    assert heard_by(at_npm.scoped, ALL) <= {"scope", "elsewhere"}
    assert heard_by(at_npm.registry, OF_REGISTRIES) == set()


@pytest.mark.matrix
def test_the_proxy_of_npms_settings_is_asked_though_npm_hides_it(at_npm: NpmPlace) -> None:
    """Newer npms leave out of their answer what holds a login; without it we would pass the proxy by."""
    at_npm.registry.add(package("mossgarden"))
    proxy = with_login(f"http://{at_npm.registry.host}", "elsewhere")
    words = ("install", f"--proxy={proxy}", "--registry=http://registry.example/", "mossgarden")
    done = at_npm.ground.safe_install("npm", *words, ours=("--yes",), watch=True, expect=None)
    at_npm.assert_kept(done, but=is_the_question)
    asked = [asked for asked in at_npm.registry.asked if asked.path.startswith("http://registry.example/")]
    assert asked, done.text
    assert {held_name for one in asked for held_name in held_in(str(one.headers), ALL)} == {"elsewhere"}


# --- what installs nothing ------------------------------------------------------------------------------------------


def locks(place: PipPlace) -> dict[str, str]:
    """Files of a project that hold logins, by their names."""
    address = place.address(wheel("farmeadow"), query=SIGNATURE)
    git = f"git+{with_login('https://git.example/moss.git', 'elsewhere')}"
    row = {"version": "1.0.0", "resolved": with_login("https://files.example/a-1.0.0.tgz", "elsewhere")}
    lock = {"": {"dependencies": {"a": "1.0.0"}}, "node_modules/a": {**row, "integrity": "sha512-AAAA"}}
    return {
        "requirements.txt": f"--index-url {with_login(place.index.url, 'index')}\nfarmeadow==1.0\nx @ {address}\n{git}#egg=y\n",
        "package.json": json.dumps(
            {"name": "p", "version": "1.0.0", "dependencies": {"a": git, "b": address}}, indent=1
        ),
        "package-lock.json": json.dumps({"name": "p", "lockfileVersion": 3, "packages": lock}, indent=1),
        "Pipfile": f'[[source]]\nurl = "{with_login(place.index.url, "index")}"\nverify_ssl = true\nname = "acme"\n'
        '[packages]\nfarmeadow = "*"\n',
        "uv.lock": 'version = 1\nrequires-python = ">=3.8"\n[[package]]\nname = "farmeadow"\nversion = "1.0"\n'
        f'source = {{ registry = "{with_login(place.index.url, "index")}" }}\n'
        f'wheels = [{{ url = "{address}", hash = "sha256:{"0" * 64}", size = 1 }}]\n',
    }


@pytest.mark.matrix
@pytest.mark.parametrize("name", ["requirements.txt", "package.json", "package-lock.json", "Pipfile", "uv.lock"])
def test_a_check_of_a_file_that_holds_logins_repeats_none(name: str, at_pip: PipPlace) -> None:
    at_pip.index.add(wheel("farmeadow"))
    at_pip.holds(name, locks(at_pip)[name])
    done = at_pip.ground.run(*GATEKEEPER, "check", *at_pip.ours, ".", watch=True)
    assert "fault of our own" not in done.err, done.text
    at_pip.assert_kept(done, but=is_the_question)
    assert heard_by(at_pip.other, ALL) == set()


@pytest.mark.parametrize(
    "words",
    [
        ("inspect", "https://ada:TOKEN@files.example/x.whl"),
        *(
            pytest.param(words, marks=pytest.mark.matrix)
            for words in (
                ("explain", "https://ada:TOKEN@files.example/x.whl"),
                ("inspect", "git+https://ada:TOKEN@git.example/x.git"),
                ("inspect", "pkg:pypi/x@1.0?repository_url=https://ada:TOKEN@index.example/simple/"),
                ("inspect", "--policy", "https://ada:TOKEN@files.example/", "x"),
                ("inspect", "--format", "https://ada:TOKEN@files.example/", "x"),
                ("check", "https://ada:TOKEN@files.example/"),
                ("allow", "https://ada:TOKEN@files.example/x.whl", "--check", "typosquat", "--reason", "x"),
                ("install", "npm", "install", "https://ada:TOKEN@files.example/x"),
            )
        ),
    ],
    ids=lambda words: "-".join(word for word in words if word.isalpha()),
)
def test_what_was_typed_by_mistake_is_not_repeated_with_its_login(words: tuple[str, ...], at_pip: PipPlace) -> None:
    done = at_pip.run(*(word.replace("TOKEN", secret("elsewhere")) for word in words))
    assert done.code, done.text
    assert held_in(done.out + done.err, ALL) == set(), done.text
    assert held_in_files(at_pip.ground.folder, ALL) == {}


@pytest.mark.matrix
@pytest.mark.parametrize(
    "rules",
    [
        'names-pypi = "http://ada:TOKEN@127.0.0.1:PORT/names.txt?sig=SIGNATURE"',
        'malware = "http://ada:TOKEN@127.0.0.1:PORT/malware.zip?sig=SIGNATURE"',
        'names-pypi = "http://ada:TOKEN@files.example/names.txt"',
        'names-pypi = "http://ada:TOKEN@files.example/names.txt',
        '[feeds.digests]\n"http://ada:TOKEN@files.example/names.txt" = "no digest"',
        '[origins]\n"http://ada:TOKEN@files.example/" = 3',
    ],
)
def test_a_feed_with_a_login_is_asked_or_refused_without_telling_it(rules: str, at_pip: PipPlace) -> None:
    filled = {"TOKEN": "index", "SIGNATURE": "signature"}
    for word, name in filled.items():
        rules = rules.replace(word, secret(name))
    at_pip.holds("rules.toml", "[feeds]\n" + rules.replace("PORT", str(at_pip.index.port)) + "\n")
    done = at_pip.run("update", "--policy", "rules.toml")
    assert done.code in (USAGE, UNDECIDED), done.text
    for told in (done, at_pip.run("policy", "show", "--policy", "rules.toml")):
        assert held_in(told.out + told.err, ALL) == set(), told.text
    assert held_in_files(at_pip.ground.folder, ALL, at_pip.spared) == {}
    assert heard_by(at_pip.other, ALL) == set()
