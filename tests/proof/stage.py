"""Where each proof is laid out: a ground, two indexes, and the words that the person types."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.support import attacks
from tests.support.clients import NEWEST, OLDEST, VERSIONS, served_build_tools
from tests.support.ground import BLOCKED

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.ground import Ground
    from tests.support.index import Index
    from tests.support.packages import About, Built

Words = tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """A ground, the person's index and one that is not theirs; and hostile packages, ready to be laid out."""

    ground: Ground
    index: Index
    other: Index

    @property
    def marker(self) -> Path:
        return self.ground.marker

    def setup_sdist(
        self,
        name: str = "mossgarden",
        version: str = "1.0",
        *,
        static: bool = True,
        suffix: str = ".tar.gz",
        about: About | None = None,
    ) -> Built:
        """A hostile sdist; what setuptools needs is on the index."""
        self.index.add(*served_build_tools())
        return attacks.setup_sdist(
            name, attacks.spawn_shell(self.marker), version, static=static, suffix=suffix, about=about
        )

    def backend_sdist(self, name: str = "mossgarden", version: str = "1.0", *, static: bool = True) -> Built:
        return attacks.backend_sdist(name, attacks.spawn_shell(self.marker), version, static=static)

    def pth_wheel(self, name: str = "mossgarden", version: str = "1.0") -> Built:
        return attacks.pth_wheel(name, attacks.spawn_shell(self.marker).replace("\n", "; "), version)

    def import_wheel(self, name: str = "mossgarden", version: str = "1.0") -> Built:
        return attacks.import_wheel(name, attacks.decode_then_exec(self.marker), version)


Lay = Callable[[Stage], Words]


@dataclass(frozen=True)
class Proof:
    """`lay` puts everything in its place and gives the words for pip.

    `later` is what the person runs in that environment afterwards; the next two say what the environment is like;
    `since` is the first client that knows these words, `refused_with` the exit code of the gate;
    `oldest` proofs hang on what old clients do otherwise, so the plain suite runs them on the oldest one too.
    `rare` ones differ little from others, so the plain suite leaves them out.
    """

    lay: Lay
    verb: str = "install"
    later: str = "pass"
    build_tools_inside: bool = False
    user_site: bool = False
    oldest: bool = False
    rare: bool = False
    since: str = OLDEST
    refused_with: int = BLOCKED

    @property
    def id(self) -> str:
        return self.lay.__name__.removeprefix("_").replace("_", "-")


def listed_in(proofs: list[Proof]) -> Callable[..., Callable[[Lay], Lay]]:
    """Make the decorator that lists a function as a proof."""

    def proof(**options: object) -> Callable[[Lay], Lay]:
        def listed(lay: Lay) -> Lay:
            proofs.append(Proof(lay, **options))  # type: ignore[arg-type]
            return lay

        return listed

    return proof


def on_clients(proofs: Iterable[Proof], *, controls: bool = False) -> list[object]:
    """Each proof with each client that it is proved on; what the plain suite leaves out is marked for the matrix.

    The plain suite takes the newest client and, for a few proofs, the oldest one; of controls only those of these few.
    """
    cases = []
    for proof in proofs:
        for client in VERSIONS[VERSIONS.index(proof.since) :]:
            newest = client == NEWEST and not proof.rare
            plain = newest and proof.oldest if controls else newest or (client == OLDEST and proof.oldest)
            cases.append(
                pytest.param(client, proof, id=f"{client}-{proof.id}", marks=() if plain else pytest.mark.matrix)
            )
    return cases
