"""What a lock names now that it did not name before."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.lockfiles import LockFile, difference
from gatekeeper.model import Place, Release
from gatekeeper.wish import Filed, Locked

DIGESTS = st.sampled_from(["sha256:aa", "sha256:bb", "sha512:cc", "sha512:dd"])
FILES = st.lists(DIGESTS, max_size=3, unique=True).map(lambda found: tuple(Filed(digests=(one,)) for one in found))


def entry(name: str = "thing", version: str = "1.0", line: int = 1, **more: object) -> Locked:
    return Locked(Release("npm", name, version), Place("lock", line), **more)  # type: ignore[arg-type]


ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["1.0", "1.1", "2.0"]),
        st.integers(1, 99),
        files=FILES,
        key=st.sampled_from(["", "node_modules/a", "node_modules/b/node_modules/a"]),
    ),
    max_size=6,
)


def lock(*entries: Locked) -> LockFile:
    return LockFile("lock", "npm", "lock", entries)


def test_a_new_version_comes_with_the_one_that_it_replaced() -> None:
    (found,) = difference(lock(entry(version="1.1")), lock(entry()))
    assert found.locked.release.version == "1.1"
    assert found.before == entry()


def test_of_several_the_one_at_the_same_place_was_replaced() -> None:
    then = lock(entry(version="1.0", key="x/thing"), entry(version="2.0", key="thing"))
    (found,) = difference(lock(entry(version="2.1", key="thing"), then.releases[0]), then)
    assert found.before == then.releases[1]


def test_other_bytes_for_the_same_version_are_told() -> None:
    then, now = (lock(entry(files=(Filed(digests=(digest,)),))) for digest in ("sha256:aa", "sha256:bb"))
    (found,) = difference(now, then)
    assert [notice.kind for notice in found.notices] == ["changed-digest"]


def test_fewer_files_of_the_same_release_and_stronger_digests_are_nothing_new() -> None:
    one, two = Filed(digests=("sha256:aa",)), Filed(digests=("sha256:bb",))
    assert list(difference(lock(entry(files=(one,))), lock(entry(files=(one, two))))) == []
    assert list(difference(lock(entry(integrity="sha512-yy")), lock(entry(integrity="sha1-xx")))) == []


def test_a_file_put_beside_the_honest_ones_is_judged_itself() -> None:
    one, two = Filed(digests=("sha256:aa",)), Filed(digests=("sha256:bb",))
    (found,) = difference(lock(entry(files=(one, two))), lock(entry(files=(one,))))
    assert found.locked.files == (two,)
    assert found.notices == ()


def test_another_address_for_the_same_release_is_judged() -> None:
    then = lock(entry(address="https://registry.example/a.tgz"))
    assert len(list(difference(lock(entry(address="https://other.example/a.tgz")), then))) == 1


@given(ENTRIES, ENTRIES)
def test_laws(now: list[Locked], then: list[Locked]) -> None:
    found = list(difference(lock(*now), lock(*then)))
    assert len(list(difference(lock(*now), None))) == len(now), "without a base everything is new"
    assert list(difference(lock(*now), lock(*now))) == []
    assert {(each.locked.release, each.locked.key) for each in found} <= {(each.release, each.key) for each in now}
    known = {each.release for each in then}
    assert all(each in [one.locked for one in found] for each in now if each.release not in known)


@given(ENTRIES, st.integers(1, 50))
def test_moving_to_another_line_is_no_change(entries: list[Locked], by: int) -> None:
    moved = [replace(each, place=Place("lock", (each.place.line or 0) + by)) for each in entries]
    assert list(difference(lock(*moved), lock(*entries))) == []
