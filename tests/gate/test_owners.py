"""Which upstreams are asked about a name, and what stands against where its files come from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gatekeeper.errors import NotFoundUpstreamError
from gatekeeper.gate.cases import Case
from gatekeeper.gate.owners import Owners
from gatekeeper.gate.pypi_wanted import Wanted
from gatekeeper.model import Place, Release
from gatekeeper.registries.listing import IndexFile, Project
from gatekeeper.wish import Declared

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT, CORP, TEAM = "https://index.example/simple", "https://corp.example/simple/", "https://team.example/simple"
OWN = (DEFAULT, "https://files.index-hosted.example/")
PLACE = Place("pyproject.toml", 3)


class Upstream:
    """An index that has one release of every name, and remembers what it was asked."""

    def __init__(self, label: str, *versions: str) -> None:
        self.label, self.versions = label, versions
        self.asked: list[str] = []

    def project(self, name: str) -> Project:
        self.asked.append(name)
        if not self.versions:
            raise NotFoundUpstreamError(name)
        files = tuple(
            IndexFile(f"{name}-{each}.tar.gz", f"{self.label}/{each}", each, source=self.label)
            for each in self.versions
        )
        return Project(name, files, self.versions, self.label)

    def digest(self, _file: IndexFile) -> None:
        return None


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


def owners(pool: ThreadPoolExecutor, *upstreams: Upstream, famous: bool = False, **wanted: Any) -> Owners:
    cases: Any = SimpleNamespace(specifiers={}, reader=SimpleNamespace(is_popular=lambda _: famous))
    return Owners(upstreams, Wanted(default_index=DEFAULT, own=OWN, **wanted), cases, pool)  # type: ignore[arg-type]


def test_a_name_is_asked_of_every_index_that_bare_pip_would_ask(pool: ThreadPoolExecutor) -> None:
    both = Upstream(DEFAULT, "99.0"), Upstream(CORP, "1.0")
    merged = owners(pool, *both).project("acme")
    assert merged.owner == CORP
    assert [each.asked for each in both] == [["acme"], ["acme"]]


def test_an_internal_name_is_asked_inside_only(pool: ThreadPoolExecutor) -> None:
    both = Upstream(DEFAULT, "99.0"), Upstream(CORP, "1.0")
    told = owners(pool, *both, origins={"internal": ("Acme.*",)})
    assert told.project("acme-core").owner == CORP
    assert told.project("requests").owner == CORP
    assert both[0].asked == ["requests"]


def test_an_internal_name_with_nothing_inside_is_refused_unasked(pool: ThreadPoolExecutor) -> None:
    only = Upstream(DEFAULT, "99.0")
    merged = owners(pool, only, origins={"internal": ("acme",)}).project("acme")
    assert merged.refused is not None
    assert merged.refused.kind == "internal-name"
    assert only.asked == []


def declared(address: str, index: str = "corp") -> tuple[Declared, ...]:
    return (Declared("acme", index, address, PLACE),)


def test_a_name_that_the_project_gives_to_an_index_is_asked_there_only(pool: ThreadPoolExecutor) -> None:
    three = Upstream(TEAM, "2.0"), Upstream(CORP, "1.0"), Upstream(DEFAULT, "3.0")
    pinned = declared("https://ada:pw@corp.example/simple")
    assert owners(pool, *three, declared=pinned).project("acme").owner == CORP
    assert [each.asked for each in three] == [[], ["acme"], []]


def test_an_index_that_pip_does_not_use_makes_a_question_of_the_name(pool: ThreadPoolExecutor) -> None:
    for address in ("https://elsewhere.example/simple", ""):
        merged = owners(pool, Upstream(TEAM, "2.0"), declared=declared(address)).project("acme")
        assert [(notice.kind, notice.place) for notice in merged.notices] == [("declared-index", PLACE)]


def test_a_folder_of_the_persons_own_needs_no_index(pool: ThreadPoolExecutor) -> None:
    folder = Upstream("/srv/wheels", "2.0")
    assert owners(pool, folder, declared=declared("https://corp.example")).project("acme").notices == ()


@pytest.mark.parametrize("pin", [declared(DEFAULT), declared("", "PyPI")], ids=["by-address", "by-name"])
def test_a_project_cannot_give_a_name_to_everybody(pool: ThreadPoolExecutor, pin: tuple[Declared, ...]) -> None:
    """A change under review must not take a private name away from its index."""
    both = Upstream(DEFAULT, "99.0"), Upstream(CORP, "1.0")
    merged = owners(pool, *both, declared=pin).project("acme")
    assert merged.owner == CORP
    assert [notice.kind for notice in merged.notices] == ["two-indexes"]


def test_the_policy_beats_what_the_project_says(pool: ThreadPoolExecutor) -> None:
    both = Upstream(TEAM, "2.0"), Upstream(CORP, "1.0")
    told = owners(pool, *both, declared=declared(CORP), origins={"team.example": ("acme",)})
    assert told.project("acme").owner == TEAM


def test_offline_nobody_stands_in_for_an_index_that_is_out_of_reach(pool: ThreadPoolExecutor) -> None:
    near = Upstream("http://127.0.0.1:8080/simple", "2.0")
    assert owners(pool, near, declared=declared(CORP), sources=(near.label, CORP)).project("acme").files == ()
    assert near.asked == []


def test_only_what_everybody_can_read_is_guessed_from(pool: ThreadPoolExecutor) -> None:
    two = owners(pool, Upstream(DEFAULT), Upstream(CORP))
    assert two.may_guess(DEFAULT)
    assert not two.may_guess(CORP)
    assert owners(pool, Upstream(CORP)).may_guess(CORP)


@pytest.mark.parametrize(
    ("url", "digest", "kinds"),
    [
        ("https://corp.example/files/a.whl", None, []),
        ("https://files.index-hosted.example/a.whl", None, []),
        ("https://files.trusted.example/a.whl", None, []),
        ("https://elsewhere.example/a.whl", None, ["foreign-host"]),
        ("https://elsewhere.example/a.whl", "ab" * 32, ["foreign-host-promised"]),
        ("http://elsewhere.example/a.whl", None, ["foreign-host", "plain-http"]),
        ("http://elsewhere.example/a.whl", "ab" * 32, ["foreign-host-promised"]),
        ("https://files.index-h0sted.example/a.whl", "ab" * 32, ["lookalike-host"]),
        ("https://index.example.invalid/a.whl", None, ["lookalike-host"]),
    ],
)
def test_the_host_of_a_file_is_looked_at(
    pool: ThreadPoolExecutor, url: str, digest: str | None, kinds: list[str]
) -> None:
    told = owners(pool, Upstream(CORP), package_hosts=("files.trusted.example",))
    file = IndexFile("acme-1.0-py3-none-any.whl", url, "1.0", {"sha256": digest} if digest else {}, source=CORP)
    case = Case("k", Release("pypi", "acme", "1.0"), file, Upstream(CORP), requested=True)  # type: ignore[arg-type]
    assert [notice.kind for notice in told.notices(case, None)] == kinds
    typed = replace(case, file=replace(file, source=""))
    assert told.notices(typed, None) == (), "an address that the person typed is their own choice"


def test_a_version_far_above_is_only_held_against_itself(pool: ThreadPoolExecutor) -> None:
    told = owners(pool, Upstream(TEAM, "99.0", "1.0"), Upstream(CORP, "1.1"))
    merged = told.project("acme")
    for version, speaks in (("99.0", True), ("1.0", False)):
        file = IndexFile(f"acme-{version}.tar.gz", f"{TEAM}/acme-{version}.tar.gz", version, source=TEAM)
        case = Case("k", Release("pypi", "acme", version), file, Upstream(TEAM), requested=True)  # type: ignore[arg-type]
        kinds = [notice.kind for notice in told.notices(case, merged)]
        assert ("version-confusion" in kinds) == speaks
