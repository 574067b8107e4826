"""What is said of sources before anything is asked of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from gatekeeper.gate.sources import secrets_of, speaking_against
from gatekeeper.model import Place
from gatekeeper.policy import Policy
from gatekeeper.wish import Direct, Named, Source, Wish

TYPED = Place("command line")
DEFAULT = Source("index", "https://index.example/simple", Place("pip's default"), default=True)
CORP = Source("index", "https://ada:hunter22@corp.example/simple", TYPED)
OWN = (DEFAULT.location, "https://files.index-hosted.example/")


def wish(*sources: Source, **more: object) -> Wish:
    return Wish("install", gated=True, sources=sources, defaults=OWN, **more)  # type: ignore[arg-type]


def kinds(wanted: Wish, policy: Policy | None = None) -> list[str]:
    return [notice.kind for _, notice in speaking_against(wanted, policy or Policy())]


def test_what_the_person_configured_is_no_question() -> None:
    plain = Source("index", "http://127.0.0.1:8080/simple", TYPED)
    assert kinds(wish(DEFAULT, CORP, plain, Source("find-links", "/srv/wheels", TYPED))) == []


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://1ndex.example/simple", "lookalike-host"),
        ("https://index.example.invalid/simple", "lookalike-host"),
        ("http://corp.example/simple", "plain-http"),
    ],
)
def test_an_index_that_passes_for_the_default_or_can_be_changed_on_its_way_is_told(address: str, kind: str) -> None:
    source = Source("index", address, Place("requirements.txt", 3))
    ((release, notice),) = speaking_against(wish(source), Policy())
    assert notice.kind == kind
    assert notice.place == source.place
    assert release.name == source.host
    assert kinds(wish(source), Policy(origins={source.host: ("*",)})) == []


def test_a_trusted_host_is_no_lookalike() -> None:
    source = Source("index", "https://indexx.example/simple", TYPED)
    assert kinds(wish(source), Policy(package_hosts=("indexx.example",))) == []


def direct(url: str, name: str = "acme-core") -> Direct:
    return Direct(0, f"{name} @ {url}", name, (), None, url, None, TYPED)


def test_addresses_that_were_typed_are_looked_at_too() -> None:
    assert kinds(wish(CORP, direct=(direct("https://indexx.example/a.whl"),))) == ["lookalike-host"]
    assert kinds(wish(CORP, direct=(direct("http://files.example/a.whl"),))) == ["plain-http"]
    assert kinds(wish(CORP, direct=(direct("http://files.example/a.whl#sha256=00"),))) == []
    assert kinds(wish(CORP, direct=(direct("https://files.example/a.whl"),))) == []


INTERNAL = Policy(origins={"internal": ("acme-*", "@acme/*")}, package_hosts=("cdn.corp.example",))


def named(*names: str) -> tuple[Named, ...]:
    return tuple(Named(name, "", TYPED) for name in names)


def test_an_internal_name_needs_an_index_inside() -> None:
    assert kinds(wish(DEFAULT, named=named("acme-core", "requests")), INTERNAL) == ["internal-name"]
    assert kinds(wish(DEFAULT, CORP, named=named("acme-core")), INTERNAL) == []
    assert kinds(wish(DEFAULT, CORP, named=named("acme-core")), Policy(origins={"team.example": ("acme-*",)})) == [
        "internal-name"
    ]


def test_an_internal_name_of_npms_comes_from_the_registry_of_its_scope() -> None:
    own = Source("registry", "https://registry.example/", TYPED)
    scope = Source("registry:@acme", "https://npm.corp.example/", TYPED)
    npm = {"ecosystem": "npm", "named": named("@acme/tools", "express")}
    assert kinds(
        Wish("install", gated=True, sources=(own,), defaults=("https://registry.example/",), **npm), INTERNAL
    ) == ["internal-name"]  # type: ignore[arg-type]
    assert (
        kinds(
            Wish("install", gated=True, sources=(own, scope), defaults=("https://registry.example/",), **npm), INTERNAL
        )
        == []
    )  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://corp.example/acme.whl", False),
        ("https://cdn.corp.example/acme.whl", False),
        ("https://elsewhere.example/acme.whl", True),
        ("https://files.index-hosted.example/acme.whl", True),
    ],
)
def test_an_internal_name_may_only_have_an_address_inside(url: str, refused: bool) -> None:
    assert ("internal-name" in kinds(wish(DEFAULT, CORP, direct=(direct(url),)), INTERNAL)) == refused


def test_a_secret_is_told_by_its_place_alone() -> None:
    (notice,) = secrets_of(wish(CORP, secrets=(Place("requirements.txt", 2),)))
    assert notice.kind == "written-secret"
    assert notice.place == Place("requirements.txt", 2)
    assert "hunter22" not in notice.detail


def test_a_path_is_nobodys_address() -> None:
    local = Direct(0, "./acme.whl", "acme-core", (), None, None, Path("acme.whl"), TYPED)
    assert kinds(wish(DEFAULT, direct=(local,)), INTERNAL) == []
