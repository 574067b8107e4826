"""Where each proof about npm is laid out: a ground, two registries, and the words that the person types."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import npm_attacks
from tests.support.clients import MACHINE
from tests.support.ground import BLOCKED
from tests.support.npm_clients import NEWEST, OLDEST, VERSIONS
from tests.support.npm_packages import as_json, has_install_script, package

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.npm_ground import NpmGround
    from tests.support.npm_packages import Files, Packed
    from tests.support.npm_registry import Registry

Words = tuple[str, ...]
PERSON = ("ada", "ada@corp.example", "2020-01-01T00:00:00Z")
AUTHOR = {
    f"GIT_{role}_{fact}": value
    for role in ("AUTHOR", "COMMITTER")
    for fact, value in zip(("NAME", "EMAIL", "DATE"), PERSON, strict=True)
} | {"GIT_CONFIG_GLOBAL": "/dev/null"}


@dataclass(frozen=True)
class NpmStage:
    """A ground, the person's registry and one that is not theirs; and hostile packages, ready to be laid out."""

    ground: NpmGround
    registry: Registry
    other: Registry

    @property
    def marker(self) -> Path:
        return self.ground.marker

    def hooked(self, name: str = "mossgarden", version: str = "1.0.0", hook: str = "postinstall") -> Packed:
        return npm_attacks.hooked(name, self.marker, version, hook=hook)

    def project(self, **manifest: Any) -> None:
        """Write the person's package.json."""
        self.ground.manifest(**manifest)

    def settings(self, *lines: str) -> None:
        """Write the project's .npmrc."""
        self.ground.write(".npmrc", "\n".join([*lines, ""]))

    def lock(self, *packages: Packed, lockfile: int = 3, resolved: str | None = None) -> dict[str, Any]:
        """Write package.json and package-lock.json for packages that need nothing, and give the lock to be bent."""
        wanted = {packed.name: packed.version for packed in packages}
        self.project(dependencies=wanted)
        rows = {
            packed.name: {
                "version": packed.version,
                "resolved": resolved or self.registry.tarball_url(packed),
                "integrity": packed.integrity,
                **({"hasInstallScript": True} if has_install_script(packed.manifest) else {}),
            }
            for packed in packages
        }
        lock: dict[str, Any] = {"name": "project", "version": "1.0.0", "lockfileVersion": lockfile, "requires": True}
        if lockfile > 1:
            root = {"": {"name": "project", "version": "1.0.0", "dependencies": wanted}}
            lock["packages"] = root | {f"node_modules/{name}": row for name, row in rows.items()}
        if lockfile < 3:
            lock["dependencies"] = rows
        self.write_lock(lock)
        return lock

    def write_lock(self, lock: dict[str, Any], name: str = "package-lock.json") -> None:
        self.ground.write(name, json.dumps(lock, indent=2) + "\n")

    def repository(self, files: Files, name: str = "mossgarden") -> tuple[str, str]:
        """Make a git repository beside the project; give its address for npm, and its newest commit."""
        folder = self.ground.folder / "repositories" / name
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
        commit = ""
        for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all"), ("rev-parse", "HEAD")):
            command = ["git", "-C", str(folder), *words]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env={**MACHINE, **AUTHOR})
            commit = done.stdout.strip()
        return f"git+file://{folder}", commit

    def hostile_repository(self, name: str = "mossgarden") -> tuple[str, str]:
        """npm runs `prepare` of what it clones, to make a package of it."""
        scripts = {"prepare": npm_attacks.recon(self.marker)}
        manifest = {"name": name, "version": "1.0.0", "bin": "index.js", "scripts": scripts}
        return self.repository({"package.json": as_json(manifest), "index.js": "#!/usr/bin/env node\n"}, name)


def honest(name: str = "quietharbour", version: str = "1.0.0", **manifest: Any) -> Packed:
    return package(name, version, **manifest)


Lay = Callable[[NpmStage], Words]


@dataclass(frozen=True)
class Proof:
    """`lay` puts everything in its place and gives npm's words, or those of another `program`.

    `later` is the JavaScript that the person runs in the project afterwards; `since` is the first client on which the
    way is one; `refused_with` is the exit code of the gate, None when any but 0 will do;
    `oldest` proofs are the ones that the plain suite runs on the oldest client too, and whose control it runs;
    `rare` ones differ little from others, so the plain suite leaves them out.
    """

    lay: Lay
    program: str = "npm"
    later: str = ""
    since: str = OLDEST
    until: str = NEWEST
    refused_with: int | None = BLOCKED
    oldest: bool = False
    rare: bool = False

    @property
    def id(self) -> str:
        return self.lay.__name__.removeprefix("_").replace("_", "-")

    @property
    def clients(self) -> tuple[str, ...]:
        return VERSIONS[VERSIONS.index(self.since) : VERSIONS.index(self.until) + 1]


def listed_in(proofs: list[Proof]) -> Callable[..., Callable[[Lay], Lay]]:
    """Make the decorator that lists a function as a proof."""

    def proof(**options: object) -> Callable[[Lay], Lay]:
        def listed(lay: Lay) -> Lay:
            proofs.append(Proof(lay, **options))  # type: ignore[arg-type]
            return lay

        return listed

    return proof


def on_clients(proofs: Iterable[Proof], *, controls: bool = False) -> list[object]:
    """Each proof with each client that it is proved on; what the plain suite leaves out is marked for the matrix."""
    cases = []
    for proof in proofs:
        for client in proof.clients:
            newest = client == proof.clients[-1] and not proof.rare
            plain = newest and proof.oldest if controls else newest or (client == OLDEST and proof.oldest)
            marks = () if plain else pytest.mark.matrix
            cases.append(pytest.param(client, proof, id=f"{client}-{proof.id}", marks=marks))
    return cases
