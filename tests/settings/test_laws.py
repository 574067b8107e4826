"""What holds of policy files whatever they say: strangers only tighten, locks hold, a mangled file opens nothing."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from gatekeeper.commands.policy import as_toml
from gatekeeper.errors import UsageError
from gatekeeper.policy import RULING_WORDS, Policy, rule_on
from gatekeeper.settings import trust
from gatekeeper.settings.loosening import offered
from tests.support.policies import CHECKS, FINDINGS, LOCK_LISTS, TABLES, Layers, assert_no_softer, toml

if TYPE_CHECKING:
    from collections.abc import Iterator

few = examples(max_examples=25)  # each reads and judges by several files


@contextmanager
def layers() -> Iterator[Layers]:
    with tempfile.TemporaryDirectory() as folder:
        yield Layers(Path(folder))


@few
@given(own=TABLES, theirs=TABLES, in_pyproject=TABLES)
def test_a_stranger_s_files_never_soften_anything(own: Any, theirs: Any, in_pyproject: Any) -> None:
    with layers() as place:
        without = place.load(person=toml(own)).policy
        tool = toml(in_pyproject).replace("\n[", "\n[tool.gatekeeper.").replace(".[", "[")
        tool = f"[tool.gatekeeper]\n{tool}".replace("[tool.gatekeeper[waiver]]", "[[tool.gatekeeper.waiver]]")
        assert_no_softer(place.load(project=toml(theirs), pyproject=tool).policy, without)


@few
@given(organisation=TABLES, locks=LOCK_LISTS, own=TABLES, named=TABLES, cooldown=st.sampled_from(["0", "3h", "30d"]))
def test_a_lock_never_softens(organisation: Any, locks: list[str], own: Any, named: Any, cooldown: str) -> None:
    from gatekeeper.settings import with_cooldown

    with layers() as place:
        alone = place.load(organisation=toml({**organisation, "lock": locks})).policy
        found = with_cooldown(place.load(person=toml(own), named=toml(named)), cooldown).policy
    locked = {"*", *locks}.intersection
    everything = "*" in locks
    if everything:
        assert_no_softer(found, alone)
    for finding in FINDINGS:
        if locked({"rulings", f"rulings.{finding.check}"}) and (everything or "questions" in locks):
            assert rule_on(finding, found) >= rule_on(finding, alone)
    if everything or "cooldown" in locks:
        assert found.cooldown >= alone.cooldown
        assert found.cooldown_exempt == alone.cooldown_exempt
    if everything or "waiver" in locks:
        assert found.waivers == alone.waivers
    for lock, name in (("hosts", "package_hosts"), ("origins", "origins"), ("feeds", "feeds"), ("audit", "audit")):
        if everything or lock in locks:
            assert getattr(found, name) == getattr(alone, name)


@st.composite
def mangled(draw: st.DrawFn) -> tuple[str, bytes]:
    """A policy file, and what is left of it after an accident or on purpose."""
    text = toml(draw(TABLES))
    content = text.encode()
    where = draw(st.integers(0, len(content)))
    length = draw(st.integers(0, 12))
    what = draw(st.sampled_from(["cut", "junk", "out", "twice", "swapped"]))
    if what == "cut":
        return text, content[:where]
    if what == "swapped":
        lines = text.split("\n")
        return text, "\n".join(draw(st.permutations(lines))).encode()
    middle = {
        "junk": draw(
            st.binary(max_size=6) | st.sampled_from([b"\r", b"\x00", b"]", b'"', b"#", b"\xef\xbb\xbf", b"="])
        ),
        "out": b"",
        "twice": content[where : where + length] * 2,
    }[what]
    return text, content[:where] + middle + content[where + (0 if what == "junk" else length) :]


@few
@given(own=TABLES, theirs=mangled())
def test_a_stranger_s_mangled_file_is_an_error_or_softens_nothing(own: Any, theirs: tuple[str, bytes]) -> None:
    with layers() as place:
        without = place.load(person=toml(own)).policy
        try:
            found = place.load(project=theirs[1]).policy
        except UsageError:
            return
        assert_no_softer(found, without)


@few
@given(table=TABLES, at=st.integers(0, 4000))
def test_of_a_file_that_was_cut_off_only_whole_lines_count(table: Any, at: int) -> None:
    text = toml(table)
    with layers() as place:
        whole = place.load(named=text).policy
        try:
            found = place.load(named=text[: at % (len(text) + 1)] or "\n").policy
        except UsageError:
            return
    assert set(found.waivers) <= set(whole.waivers)
    assert set(found.cooldown_exempt) <= set(whole.cooldown_exempt)
    assert set(found.package_hosts) <= set(whole.package_hosts)
    assert found.origins.items() <= whole.origins.items()
    assert found.feeds.digests.items() <= whole.feeds.digests.items()
    if "preset" not in table:
        assert found.rulings.items() <= whole.rulings.items()
        assert found.cooldown in {whole.cooldown, Policy().cooldown}


@few
@given(
    table=TABLES,
    section=st.sampled_from(["", "rulings", "ask", "hosts", "hooks", "feeds", "audit", "signatures"]),
    key=st.text(st.sampled_from("abcdefgh-_ \u00e9"), min_size=1, max_size=9),
    layer=st.sampled_from(["organisation", "person", "project", "named"]),
)
def test_an_unknown_key_is_an_error_in_every_layer(table: Any, section: str, key: str, layer: str) -> None:
    inner = {**table.get(section, {}), f"x{key}": "allow"} if section else None
    with layers() as place, pytest.raises(UsageError, match=r"gatekeeper\.toml|named\.toml"):
        place.load(**{layer: toml({**table, section: inner} if section else {f"x{key}": "allow", **table})})


@few
@given(own=TABLES, theirs=TABLES, later=TABLES)
def test_trust_in_one_digest_says_nothing_about_another(own: Any, theirs: Any, later: Any) -> None:
    assume(toml(theirs) != toml(later))
    with layers() as place:
        without = place.load(person=toml(own)).policy
        place.load(project=toml(theirs))
        with place.standing():
            trust.trust(place.places["project"])
            assert trust.is_trusted(place.places["project"])
        changed = place.load(project=toml(later))
        assert_no_softer(changed.policy, without)
        assert any("changed since you trusted it" in remark for remark in changed.remarks)


TIGHT = st.fixed_dictionaries(
    {},
    optional={
        "preset": st.sampled_from(["default", "strict"]),
        "cooldown": st.sampled_from(["2d", "2w"]),
        "questions": st.just("refuse"),
        "rulings": st.dictionaries(st.sampled_from(CHECKS), st.just("block"), max_size=4),
        "ask": st.dictionaries(st.sampled_from(CHECKS), st.just("refuse"), max_size=3),
        "hooks": st.fixed_dictionaries({"policy": st.sampled_from(["waived", "none"])}),
    },
)


@few
@given(own=TABLES, theirs=TIGHT | TABLES)
def test_trusting_what_lists_no_loosening_softens_nothing(own: Any, theirs: Any) -> None:
    with layers() as place:
        before = place.load(person=toml(own), project=toml(theirs)).policy
        with place.standing():
            (file,) = offered(place.project, CHECKS)
            assume(not file.loosens)
            trust.trust(place.places["project"])
        assert_no_softer(place.load().policy, before)


@few
@given(organisation=TABLES, locks=LOCK_LISTS, own=TABLES, theirs=TABLES, named=TABLES)
def test_what_is_shown_says_the_same_again(
    organisation: Any, locks: list[str], own: Any, theirs: Any, named: Any
) -> None:
    with layers() as place:
        settings = place.load(
            organisation=toml({**organisation, "lock": locks}),
            person=toml(own),
            project=toml(theirs),
            named=toml(named),
        )
        shown = as_toml(settings, place.project)
        beside = place.load(named=shown).policy
        alone = place.load(organisation="", person="", project="", named=shown).policy
    assert sayable(beside) == sayable(settings.policy)
    assert sayable(alone) == sayable(settings.policy)


def sayable(policy: Policy) -> Policy:
    """What a policy file can say of a policy: no floor below which the table decides, no line of another file."""
    words = {
        check: max(word, policy.floors.get(check, word), key=lambda each: (RULING_WORDS[each], each == word))
        for check, word in policy.rulings.items()
    }
    words |= {check: word for check, word in policy.floors.items() if word == "block"}
    ask = {check: word for check, word in policy.ask.items() if word == "allow"}
    waivers = tuple(replace(each, place="") for each in policy.waivers)
    return replace(policy, rulings=words, floors={}, ask=ask, waivers=waivers)
