"""Proof with the person's own pip and npm: a hostile canary is refused before it sings, an honest twin is installed.

A canary is a package whose code writes a marker file. First that code is run as it is: it must write its marker, or the
marker's absence would say nothing later. Then the whole story of an installation runs, with a small index on loopback
and nothing of the person's settings; it must end in a block for the right reason, and without a marker.
"""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gatekeeper.doctor import packages as make
from gatekeeper.doctor.clients import npm_of, pip_of, prove_version, why_no_npm
from gatekeeper.doctor.index import serving
from gatekeeper.doctor.proof import Proof, broken, weaker
from gatekeeper.doctor.story import told_by, without_settings
from gatekeeper.model import Request, Ruling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from gatekeeper.doctor.clients import Client
    from gatekeeper.doctor.packages import Package
    from gatekeeper.doctor.proof import Ground
    from gatekeeper.doctor.story import Told
    from gatekeeper.model import Layer, Verdict

CANARY, TWIN = "gatekeeper-doctor-canary", "gatekeeper-doctor-twin"
EXPECTED = "decode-then-exec"
PATIENCE = 20.0  # seconds for a canary that is run as it is
REPORT_IT = "do not rely on the gate here, and report it as a bug, with the output of `gatekeeper doctor -v`"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where one client is tried; the first package is the canary, the second its twin."""

    client: Client
    packages: tuple[Package, Package]
    folder: Path  # with a project for each package, by its name
    marker: Path
    code: str  # the file of the canary that sings
    runner: str  # what runs such a file
    words: tuple[str, ...]
    environ: Mapping[str, str]  # {index} stands for the address of the index
    laid: str  # where an installation lays the files of {name}, below the project

    def installed(self, package: Package) -> Path:
        """Return the folder that the files of a package go to."""
        return self.folder / package.name / self.laid.format(name=package.name)


def prove_pip(ground: Ground) -> Iterator[Proof]:
    """Have the person's pip build and install a canary and its twin behind the gate."""
    client = pip_of(ground)
    yield prove_version(client)
    folder = ground.folder("pip")
    marker = folder / CANARY / "target" / "marker"  # no fence keeps anything from being written there
    song = hidden(f"open({str(marker)!r}, 'w').close()")
    prelude = f'import base64\n\nexec(base64.b64decode("{song}").decode())\n\n'
    yield from prove_client(
        Stage(
            client=client,
            packages=(make.buildable(CANARY, make.module(CANARY), prelude), make.buildable(TWIN, make.module(TWIN))),
            folder=folder,
            marker=marker,
            code=make.BACKEND_FILE,
            runner=client.program,
            words=("--python", client.program, "install", "--target", "target"),
            environ={
                **without_settings(ground.environ),
                "PIP_CONFIG_FILE": os.devnull,
                "PIP_INDEX_URL": "{index}/simple/",
                "PIP_KEYRING_PROVIDER": "disabled",
            },
            laid="target",
        )
    )


def prove_npm(ground: Ground) -> Iterator[Proof]:
    """Have the person's npm install a canary and its twin behind the gate."""
    client = npm_of(ground)
    node = None if client is None else shutil.which("node", path=client.path)
    if client is None or node is None:
        yield weaker("npm", f"not proved: {why_no_npm(ground)}", "if you use npm: install Node.js, which brings it")
        return
    yield prove_version(client)
    folder = ground.folder("npm")
    marker = folder / CANARY / "marker"
    song = hidden(f"require('fs').writeFileSync({str(marker)!r}, '')")
    script = f'const text = Buffer.from("{song}", "base64").toString();\nnew Function("require", text)(require);\n'
    canary = make.npm(CANARY, {"setup.js": script}, scripts={"postinstall": "node setup.js"})
    yield from prove_client(
        Stage(
            client=client,
            packages=(canary, make.npm(TWIN, {})),
            folder=folder,
            marker=marker,
            code="setup.js",
            runner=node,
            words=("install",),
            environ={
                **without_settings(ground.environ),
                "PATH": client.path,
                "npm_config_registry": "{index}/npm/",
                "npm_config_userconfig": str(folder / "user-npmrc"),
                "npm_config_globalconfig": str(folder / "global-npmrc"),
                "npm_config_cache": str(folder / "cache"),
                "npm_config_audit": "false",
                "npm_config_fund": "false",
                "npm_config_update_notifier": "false",
            },
            laid="node_modules/{name}",
        )
    )


def hidden(code: str) -> str:
    """Hide a line of code as hostile packages do."""
    return base64.b64encode(code.encode()).decode()


def prove_client(stage: Stage) -> Iterator[Proof]:
    """Let the canary sing, then install it and its twin behind the gate."""
    name = stage.client.name
    canary, twin = stage.packages
    yield answered(f"the {name} canary as it is", fault_of_song(stage), "writes its marker when it is run")
    with serving(stage.packages) as address:
        wrong = fault_of_canary(stage, installed_behind_the_gate(stage, canary, address))
        yield answered(f"the {name} canary behind the gate", wrong, f"refused by {EXPECTED}, no line of it ran")
        told = installed_behind_the_gate(stage, twin, address)
    well = "installed, exactly the bytes that were judged"
    yield answered(f"its honest twin through {name}", fault_of_twin(stage, told), well)
    if told.outcome is not None and told.outcome.fence:
        yield proof_of_fence(name, told.outcome.fence)


def proof_of_fence(name: str, layers: tuple[Layer, ...]) -> Proof:
    """Say how much of the fence stood around a client: a target's own Python may lack what ours has."""
    what, missing = f"the fence around {name}", [layer.name for layer in layers if not layer.stood]
    counted = f"{len(layers) - len(missing)} of {len(layers)} layers stood"
    return weaker(what, f"{counted}, not {', '.join(missing)}") if missing else Proof(what, detail=counted)


def answered(what: str, wrong: str, well: str) -> Proof:
    """Return the proof of something that went wrong somehow, or did not."""
    return broken(what, wrong, REPORT_IT) if wrong else Proof(what, detail=well)


def fault_of_song(stage: Stage) -> str:
    """Run the canary's code as it is; say why it does not sing, or nothing. The marker goes again."""
    stage.marker.parent.mkdir(parents=True)
    code = stage.folder / "as-it-is" / stage.code.rpartition("/")[2]
    code.parent.mkdir()
    code.write_bytes(stage.packages[0].member(stage.code))
    done = subprocess.run(
        [stage.runner, str(code)],
        cwd=code.parent,
        env=dict(stage.environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE,
        check=False,
    )
    sang = stage.marker.is_file()
    stage.marker.unlink(missing_ok=True)
    return "" if sang else f"its code leaves no marker, so nothing can be told by it: {done.stderr.strip()[-200:]}"


def installed_behind_the_gate(stage: Stage, package: Package, address: str) -> Told:
    """Run the whole story for one package, in a project of its own."""
    project = stage.folder / package.name
    project.mkdir(exist_ok=True)
    if stage.client.name == "npm":
        (project / "package.json").write_text('{"name": "project", "version": "1.0.0"}\n', "utf-8")
    environ = {name: value.replace("{index}", address) for name, value in stage.environ.items()}
    request = Request(stage.client.name, (*stage.words, package.name), project)
    return told_by(request, environ, stage.folder / f"{package.name}.log")


def fault_of_canary(stage: Stage, told: Told) -> str:
    """Say in which way the canary was not refused as it must be; empty when it was."""
    canary = stage.packages[0]
    if stage.marker.exists():
        return "ITS CODE RAN: a hostile package would have had this machine"
    if told.outcome is None:
        return f"came to no verdict: {told.problem}"
    verdict = verdict_on(canary, told)
    if told.outcome.ruling is not Ruling.BLOCK or verdict is None:
        return f"came to {told.outcome.ruling.word} and not to block{words_of(told)}"
    if verdict.ruling is not Ruling.BLOCK or EXPECTED not in {one.check for one in verdict.findings}:
        return f"was refused for another reason{words_of(told)}"
    left = [path.name for path in stage.installed(canary).glob("*")]
    return f"left something behind: {', '.join(sorted(left)[:5])}" if left else ""


def fault_of_twin(stage: Stage, told: Told) -> str:
    """Say in which way the twin was not installed as it must be; empty when it was."""
    twin = stage.packages[1]
    if told.outcome is None:
        return f"came to no verdict: {told.problem}"
    if told.outcome.ruling is not Ruling.ALLOW:
        return f"came to {told.outcome.ruling.word} and not to allow{words_of(told)}"
    if told.outcome.client_exit:
        return f"{stage.client.name} ended with {told.outcome.client_exit}: {told.said}"
    if verdict_on(twin, told) is None:
        return "was installed, and its bytes were not judged"
    for path, text in twin.inside.items():
        laid = stage.installed(twin) / path
        if path.rpartition("/")[2] != "RECORD" and (not laid.is_file() or laid.read_bytes() != text.encode()):
            return f"{path} was not installed as it was judged"
    return ""


def verdict_on(package: Package, told: Told) -> Verdict | None:
    """Return the verdict on exactly the bytes of a package."""
    verdicts = told.outcome.verdicts if told.outcome else ()
    return next((one for one in verdicts if one.artifact and one.artifact.sha256 == package.sha256), None)


def words_of(told: Told) -> str:
    """Say what was found, or why nothing could be."""
    verdicts = told.outcome.verdicts if told.outcome else ()
    errors = [one.error for one in verdicts if one.error]
    checks = sorted({found.check for one in verdicts for found in one.findings})
    said = [*errors, *checks] or [told.said]
    return f": {', '.join(said)}" if any(said) else ""
