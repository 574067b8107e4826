"""`gatekeeper doctor` with real pip and npm: canaries are refused, twins installed, and a gate that is open is told."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper import checks
from gatekeeper.doctor import canaries
from gatekeeper.doctor import packages as make
from gatekeeper.doctor.clients import Client, npm_of, pip_of, prove_version
from gatekeeper.doctor.index import serving
from gatekeeper.doctor.proof import Ground, State
from gatekeeper.doctor.story import Told, without_settings
from gatekeeper.errors import UndecidedError
from gatekeeper.inspection import Inspector
from gatekeeper.managers import npm as npm_manager
from gatekeeper.managers import pip as pip_manager
from gatekeeper.model import Artifact, Confidence, Finding, Layer, Outcome, Release, Ruling, Severity, Verdict
from tests.support.clients import NEWEST, OLDEST, ROOT, snapshot
from tests.support.ground import GATEKEEPER, INTERRUPTED
from tests.support.npm_clients import NEWEST as NEWEST_NPM
from tests.support.npm_clients import OLDEST as OLDEST_NPM
from tests.support.npm_clients import link_client
from tests.support.processes import all_gone

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.ground import Ground as Person
    from tests.support.ground import MakeGround

NOWHERE = "http://192.0.2.1"


@pytest.fixture
def person(make_ground: MakeGround, tmp_path: Path) -> Person:
    """Somebody with a pip, an npm, and settings that lead both of them elsewhere."""
    link_client(tmp_path / "node" / "bin", NEWEST_NPM)
    person = make_ground(NEWEST)
    path = f"{person.environment.folder / 'bin'}:{tmp_path / 'node' / 'bin'}:/usr/bin:/bin"
    person.environ = {
        "PATH": path,
        "PIP_CONFIG_FILE": "",
        "PIP_INDEX_URL": f"{NOWHERE}/simple/",
        "PIP_NO_INDEX": "1",
        "https_proxy": NOWHERE,
        "http_proxy": NOWHERE,
        "npm_config_registry": f"{NOWHERE}/npm/",
        "NODE_OPTIONS": "--require /nowhere.js",
    }
    (person.home / ".npmrc").write_text(f"registry={NOWHERE}/npm/\nignore-scripts=true\nproxy={NOWHERE}\n")
    (person.home / ".config" / "pip").mkdir(parents=True)
    (person.home / ".config" / "pip" / "pip.conf").write_text(f"[global]\nindex-url = {NOWHERE}/simple/\n")
    return person


@pytest.fixture
def ground(person: Person, tmp_path: Path) -> Ground:
    (tmp_path / "scratch").mkdir()
    return Ground(tmp_path / "scratch", person.clean_environ(), person.project)


def plant(person: Person) -> None:
    """Lay out a project that would like to run whenever anybody starts anything in it."""
    shout = f"open({str(person.marker)!r}, 'w').close()\n"
    for name in ("pip/__init__.py", "pip/__main__.py", "gatekeeper/__init__.py", "json.py", "sitecustomize.py"):
        person.write(name, shout)
    person.write("node_modules/.bin/npm", f"#!/bin/sh\ntouch {person.marker}\n").chmod(0o755)
    person.write(".npmrc", f"registry={NOWHERE}/\nscript-shell=./planted\n")
    person.write("package.json", json.dumps({"scripts": {"preinstall": f"touch {person.marker}"}}))


def test_a_sound_machine_is_well_whatever_the_settings_and_the_folder(person: Person) -> None:
    plant(person)
    before = snapshot(person.environment.folder), snapshot(person.home), snapshot(person.project)
    done = person.run(*COMMAND, "doctor", "--format", "json")
    told = json.loads(done.out)
    assert (done.code, done.err) == (0, ""), done.text
    proofs = {one["what"]: one["state"] for each in told["chapters"] for one in each["proofs"]}
    assert {name: state for name, state in proofs.items() if state == "broken"} == {}
    assert set(checks.all_checks()) <= set(proofs)
    for client in ("pip", "npm"):
        assert proofs[f"the {client} canary behind the gate"] == "ok"
        assert proofs[f"its honest twin through {client}"] == "ok"
        assert f"the fence around {client}" in proofs
    assert not person.marker.exists()
    assert list(person.tmp.iterdir()) == []
    assert (snapshot(person.environment.folder), snapshot(person.home), snapshot(person.project)) == before
    assert all_gone(person.folder, person.session) == []


@pytest.mark.matrix
def test_the_oldest_clients_are_proved_too(make_ground: MakeGround, tmp_path: Path) -> None:
    person = make_ground(OLDEST)
    link_client(tmp_path / "node" / "bin", OLDEST_NPM)
    (tmp_path / "scratch").mkdir()
    path = f"{person.environment.folder / 'bin'}:{tmp_path / 'node' / 'bin'}:/usr/bin:/bin"
    ground = Ground(tmp_path / "scratch", {**person.clean_environ(), "PATH": path}, person.project)
    found = [*canaries.prove_pip(ground), *canaries.prove_npm(ground)]
    assert [one for one in found if one.state is State.BROKEN] == []


# Not by `-m`, which would have Python look for us in the folder in which the person stands.
COMMAND = (sys.executable, "-I", *GATEKEEPER[1:])


@pytest.mark.parametrize(
    "number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.matrix)], ids=lambda each: each.name
)
def test_whoever_stops_it_leaves_nothing_behind(person: Person, number: signal.Signals) -> None:
    def stop(process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        until = time.monotonic() + 30
        while not list(person.tmp.glob("gatekeeper-*/work/pip/*")) and time.monotonic() < until:
            time.sleep(0.02)
        os.killpg(process.pid, number) if number == signal.SIGINT else process.send_signal(number)

    done = person.run(*COMMAND, "doctor", meanwhile=stop)
    assert done.code == INTERRUPTED, done.text
    assert "Traceback" not in done.err
    assert all_gone(person.folder, person.session) == []
    assert list(person.tmp.iterdir()) == []


class TestAnOpenGate:
    """What the doctor says of a gate that lets everything through."""

    @pytest.fixture(autouse=True)
    def _open(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def allow(_: Inspector, path: Path, release: Release, **facts: Any) -> Verdict:
            artifact = Artifact(facts["filename"], facts["sha256"], path.stat().st_size)
            return Verdict(release, Ruling.ALLOW, artifact=artifact, requested=True)

        monkeypatch.setattr(Inspector, "judge_artifact", allow)

    @pytest.mark.parametrize("prove", [canaries.prove_pip, pytest.param(canaries.prove_npm, marks=pytest.mark.matrix)])
    def test_the_canary_sings(self, ground: Ground, prove: Callable[[Ground], Any]) -> None:
        sang = next(one for one in prove(ground) if "behind the gate" in one.what)
        assert sang.state is State.BROKEN
        assert "ITS CODE RAN" in sang.detail


CANARY, TWIN = (make.buildable(name, make.module(name)) for name in (canaries.CANARY, canaries.TWIN))
PIP = Client("pip", "25.0", sys.executable, os.defpath, pip_manager.SUPPORTED)


@pytest.fixture
def stage(tmp_path: Path) -> canaries.Stage:
    return canaries.Stage(
        client=PIP,
        packages=(CANARY, TWIN),
        folder=tmp_path,
        marker=tmp_path / canaries.CANARY / "target" / "marker",
        code=make.BACKEND_FILE,
        runner=sys.executable,
        words=("install",),
        environ=without_settings(os.environ),
        laid="target",
    )


def judged(package: make.Package, ruling: Ruling, check: str | None = None, *, sha256: str = "") -> Told:
    found = (Finding(check, Severity.CRITICAL, Confidence.HIGH, "a message"),) if check else ()
    artifact = Artifact(package.filename, sha256 or package.sha256, len(package.content))
    verdict = Verdict(Release("pypi", package.name, make.VERSION), ruling, found, artifact)
    return Told(Outcome(ruling, (verdict,), client_exit=0 if ruling is Ruling.ALLOW else 1))


class TestACanary:
    def test_is_refused_for_its_own_reason(self, stage: canaries.Stage) -> None:
        assert canaries.fault_of_canary(stage, judged(CANARY, Ruling.BLOCK, canaries.EXPECTED)) == ""

    @pytest.mark.parametrize(
        ("told", "said"),
        [
            (judged(CANARY, Ruling.ALLOW), "came to allow and not to block"),
            (judged(CANARY, Ruling.ASK, canaries.EXPECTED), "came to ask and not to block: decode-then-exec"),
            (judged(CANARY, Ruling.ERROR), "came to error"),
            (judged(CANARY, Ruling.BLOCK, "typosquat"), "for another reason: typosquat"),
            (judged(CANARY, Ruling.BLOCK, canaries.EXPECTED, sha256="0" * 64), "came to block and not to block"),
            (Told(None, "no network"), "came to no verdict: no network"),
        ],
    )
    def test_that_ends_otherwise_is_broken(self, stage: canaries.Stage, told: Told, said: str) -> None:
        assert said in canaries.fault_of_canary(stage, told)

    def test_that_leaves_something_behind_is_broken(self, stage: canaries.Stage) -> None:
        (stage.installed(CANARY) / "part").mkdir(parents=True)
        told = judged(CANARY, Ruling.BLOCK, canaries.EXPECTED)
        assert canaries.fault_of_canary(stage, told) == "left something behind: part"

    def test_that_does_not_sing_when_it_is_run_proves_nothing(self, stage: canaries.Stage) -> None:
        assert "leaves no marker" in canaries.fault_of_song(stage)

    def test_that_sings_when_it_is_run_is_silenced_again(self, stage: canaries.Stage) -> None:
        sings = make.buildable(canaries.CANARY, {}, f"open({str(stage.marker)!r}, 'w').close()\n")
        assert canaries.fault_of_song(replace(stage, packages=(sings, TWIN))) == ""
        assert not stage.marker.exists()


class TestATwin:
    @pytest.fixture
    def _installed(self, stage: canaries.Stage) -> None:
        for path, text in TWIN.inside.items():
            laid = stage.installed(TWIN) / path
            laid.parent.mkdir(parents=True, exist_ok=True)
            laid.write_text(text)

    @pytest.mark.usefixtures("_installed")
    def test_is_installed_as_it_was_judged(self, stage: canaries.Stage) -> None:
        assert canaries.fault_of_twin(stage, judged(TWIN, Ruling.ALLOW)) == ""

    @pytest.mark.usefixtures("_installed")
    @pytest.mark.parametrize(
        ("told", "said"),
        [
            (judged(TWIN, Ruling.BLOCK, "typosquat"), "came to block and not to allow: typosquat"),
            (judged(TWIN, Ruling.ALLOW, sha256="0" * 64), "its bytes were not judged"),
            (Told(None, "its process died"), "no verdict: its process died"),
            (Told(Outcome(Ruling.ALLOW, (), client_exit=1), said="no space"), "pip ended with 1: no space"),
        ],
    )
    def test_that_ends_otherwise_is_broken(self, stage: canaries.Stage, told: Told, said: str) -> None:
        assert said in canaries.fault_of_twin(stage, told)

    @pytest.mark.usefixtures("_installed")
    def test_of_other_bytes_is_broken(self, stage: canaries.Stage) -> None:
        (stage.installed(TWIN) / "gatekeeper_doctor_twin" / "__init__.py").write_text("other = 1\n")
        assert "not installed as it was judged" in canaries.fault_of_twin(stage, judged(TWIN, Ruling.ALLOW))


@pytest.mark.parametrize(("stood", "state"), [(True, State.OK), (False, State.WEAKER)])
def test_the_fence_that_stood_around_the_client_is_told(stood: bool, state: State) -> None:
    layers = (Layer("capabilities", stood=True), Layer("landlock-tcp", stood=stood, detail="this Python has no ctypes"))
    found = canaries.proof_of_fence("pip", layers)
    assert found.state is state
    assert ("landlock-tcp" in found.detail) is not stood


class TestClients:
    def test_the_pip_that_bare_pip_is_is_found(self, ground: Ground, person: Person) -> None:
        plant(person)
        found = pip_of(ground)
        assert found.program == str(person.python)
        assert prove_version(found).state is State.OK
        assert not person.marker.exists()

    def test_the_npm_on_path_is_found_and_never_a_planted_one(self, ground: Ground, person: Person) -> None:
        plant(person)
        planted = person.project / "node_modules" / ".bin"
        path = f"{planted}:{ground.environ['PATH']}"
        found = npm_of(replace(ground, environ={**ground.environ, "PATH": path}))
        assert found is not None
        assert found.version.startswith(NEWEST_NPM)
        assert not person.marker.exists()

    def test_without_npm_it_is_weaker(self, ground: Ground, tmp_path: Path) -> None:
        (found,) = canaries.prove_npm(replace(ground, environ={"PATH": str(tmp_path)}))
        assert (found.state, "was not found" in found.detail) == (State.WEAKER, True)

    def test_an_npm_that_lies_where_one_stands_is_told(self, ground: Ground, tmp_path: Path) -> None:
        here = replace(ground, here=tmp_path, environ={"PATH": str(tmp_path / "node" / "bin")})
        (found,) = canaries.prove_npm(here)
        assert (found.state, "in the folder in which you stand" in found.detail) == (State.WEAKER, True)

    def test_a_client_that_does_not_start_is_an_error(self, ground: Ground, tmp_path: Path) -> None:
        (tmp_path / "npm").write_text("#!/bin/sh\necho no node here >&2; exit 3\n")
        (tmp_path / "npm").chmod(0o755)
        with pytest.raises(UndecidedError, match="ended with 3: no node here"):
            npm_of(replace(ground, environ={"PATH": f"{tmp_path}:/usr/bin:/bin"}))

    @pytest.mark.parametrize(
        ("version", "state", "said"),
        [
            ("22.3", State.OK, ""),
            ("26.9.1", State.OK, ""),
            ("21.0.1", State.WEAKER, "older"),
            ("27.0", State.WEAKER, "newer"),
            ("unheard-of", State.WEAKER, "compared"),
        ],
    )
    def test_versions_beside_the_proved_ones_are_weaker(self, version: str, state: State, said: str) -> None:
        found = prove_version(replace(PIP, version=version))
        assert found.state is state
        assert said in found.detail

    def test_the_readme_names_the_same_versions(self) -> None:
        readme = (ROOT / "README.md").read_text("utf-8")
        assert "with pip {} to {}".format(*pip_manager.SUPPORTED) in readme
        assert "npm ({} to {})".format(*npm_manager.SUPPORTED) in readme


def test_settings_that_lead_elsewhere_are_left_out() -> None:
    kept = {"PATH": "/bin", "HOME": "/home/ada", "PYENV_ROOT": "/opt", "LANG": "C", "PYTHONDONTWRITEBYTECODE": "1"}
    leading = dict.fromkeys(
        ("PIP_INDEX_URL", "pip_python", "npm_config_registry", "NPM_CONFIG_USERCONFIG", "HTTPS_PROXY", "all_proxy",
         "NODE_OPTIONS", "PYTHONPATH", "VIRTUAL_ENV", "NETRC", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"),
        NOWHERE,
    )  # fmt: skip
    assert without_settings({**kept, **leading}) == kept


def test_the_index_serves_what_it_was_given_and_is_gone_afterwards() -> None:
    import requests

    with serving([CANARY, make.npm("quietharbour", {})]) as address, requests.Session() as session:
        page = session.get(f"{address}/simple/{canaries.CANARY}/", timeout=5)
        (file,) = page.json()["files"]
        assert session.get(file["url"], timeout=5).content == CANARY.content
        tarball = session.get(f"{address}/npm/quietharbour", timeout=5).json()["versions"]["1.0.0"]["dist"]["tarball"]
        assert session.get(tarball, timeout=5).status_code == 200
        assert session.get(f"{address}/simple/another/", timeout=5).status_code == 404
    with pytest.raises(requests.ConnectionError):
        requests.get(address, timeout=5)
