"""What pages and packuments tell about releases, and which of them have to wait."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.gate.npm_choosing import parsed
from gatekeeper.gate.npm_past import retagged
from gatekeeper.history import npm, pypi
from gatekeeper.history.cooldown import Cooldown
from gatekeeper.model import Dated
from gatekeeper.registries.listing import IndexFile

NOW = datetime(2026, 3, 1, tzinfo=timezone.utc)


def file(version: str, days: float | None, **said: object) -> IndexFile:
    time = None if days is None else NOW - timedelta(days=days)
    return IndexFile(f"thing-{version}.tar.gz", "https://x.example/", version, upload_time=time, **said)  # type: ignore[arg-type]


class TestPypi:
    def test_releases_are_in_the_order_of_versions_and_as_old_as_their_first_file(self) -> None:
        found = pypi.dated([file("1.10", 1), file("1.9", 5), file("1.9", 7)])
        assert [one.version for one in found] == ["1.9", "1.10"]
        assert found[0].published == NOW - timedelta(days=7)

    def test_a_release_of_which_one_time_is_unknown_has_no_known_age(self) -> None:
        assert pypi.dated([file("1.0", 5), file("1.0", None)])[0].published is None

    def test_a_release_is_yanked_when_all_of_its_files_are(self) -> None:
        broken = pypi.dated([file("1.0", 1, yanked="broken")])[0]
        assert broken.withdrawn == "yanked: broken"
        assert pypi.dated([file("1.0", 1, yanked=True), file("1.0", 1)])[0].withdrawn == ""

    def test_the_release_before_is_no_pre_release_and_not_yanked(self) -> None:
        releases = pypi.dated([file("1.0", 9), file("1.1", 8, yanked=True), file("2.0rc1", 7), file("2.0", 1)])
        past = pypi.history_of(releases, "2.0", NOW)
        assert past is not None
        assert past.previous is not None
        assert past.previous.version == "1.0"
        assert past.step == "major"
        assert past.days == 1.0

    def test_what_is_not_listed_has_no_history(self) -> None:
        assert pypi.history_of(pypi.dated([file("1.0", 9)]), "2.0", NOW) is None


def packument(times: bool = True, **versions: dict) -> dict:
    said = {
        "name": "thing",
        "versions": versions,
        "dist-tags": {"latest": max(versions)},
        "modified": "2026-02-28T00:00:00Z",
    }
    return said | ({"time": dict.fromkeys(versions, "2026-02-01T00:00:00.000Z")} if times else {})


class TestNpm:
    def test_what_is_said_about_a_version_is_read(self) -> None:
        manifest = {
            "scripts": {"postinstall": "node x"},
            "_npmUser": {"name": "ada"},
            "dependencies": {"a": "1"},
            "dist": {"attestations": {"url": "x"}},
            "repository": {"url": "git+https://code.example/x"},
            "deprecated": "use y",
        }
        one = npm.dated("1.0.0", manifest, {"time": {"1.0.0": "2026-02-01T00:00:00.000Z"}})
        assert (one.hooks, one.publisher, one.requires, one.attested) == (True, "ada", frozenset({"a"}), True)
        assert (one.repository, one.withdrawn) == ("git+https://code.example/x", "deprecated: use y")
        assert one.published == datetime(2026, 2, 1, tzinfo=timezone.utc)

    @given(
        st.recursive(
            st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
        )
    )
    def test_whatever_a_registry_says_is_no_crash(self, said: object) -> None:
        npm.dated("1.0.0", said, {"time": said})
        whole = {"versions": {"1.0.0": said}, "time": said, "modified": said, "dist-tags": said}
        npm.history_of(whole, "1.0.0", NOW, parsed)
        npm.modified(whole)
        retagged(said, ["1.0.0"])

    def test_the_release_before_is_the_nearest_that_is_settled(self) -> None:
        whole = packument(**{"1.0.0": {}, "1.0.1": {}, "1.1.0-beta.1": {}, "1.0.2": {}})
        past = npm.history_of(whole, "1.0.2", NOW, parsed)
        assert past is not None
        assert past.previous is not None
        assert past.previous.version == "1.0.1"
        assert past.step == "patch"

    def test_without_times_only_the_last_releases_are_told(self) -> None:
        versions = {f"1.{number}.0": {} for number in range(50)}
        past = npm.history_of(packument(times=False, **versions), "1.49.0", NOW, parsed)
        assert past is not None
        assert past.days is None
        assert len(past.others) == npm.NEARBY

    def test_a_tag_goes_back_to_the_version_before(self) -> None:
        tags = {"latest": "1.2.0", "next": "2.0.0-rc.1", "old": "0.1.0"}
        assert retagged(tags, ["1.0.0", "1.1.0", "1.2.0-rc.1"]) == {"latest": "1.1.0", "next": "1.2.0-rc.1"}


days = st.none() | st.floats(-1, 1000)


@given(days, st.floats(0, 1000), st.floats(0, 1000))
def test_a_longer_cooldown_holds_back_whatever_a_shorter_one_does(days: float | None, one: float, other: float) -> None:
    dated = Dated("1.0", None if days is None else NOW - timedelta(days=days))
    shorter, longer = (Cooldown(NOW, hours).holds("thing", dated) for hours in sorted((one, other)))
    assert shorter is None or longer is not None
    if days is None:
        assert longer is None, "an unknown age is never guessed"


def test_exempt_names_never_wait() -> None:
    young = Dated("1.0", NOW)
    cooldown = Cooldown(NOW, 24, ("acme-*",))
    assert cooldown.holds("acme-thing", young) is None
    held = cooldown.holds("thing", young)
    assert held is not None
    assert held.passes == NOW + timedelta(hours=24)
