from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper.artifacts import limits
from gatekeeper.artifacts.metadata import core_metadata
from gatekeeper.artifacts.opening import open_folder
from gatekeeper.model import Known, Unknown
from tests.artifacts.building import METADATA, PKG_INFO, opened, tar_bytes, tar_member, wheel_files, zip_bytes

if TYPE_CHECKING:
    from pathlib import Path

WHEEL = "pkg-1.0-py3-none-any.whl"


def sdist_with(info: bytes | None, top: str = "pkg-1.0/") -> bytes:
    files = {top + "setup.py": b"", "pkg-1.0/x.py": b""} | ({} if info is None else {top + "PKG-INFO": info})
    return tar_bytes(*((tar_member(name, content), content) for name, content in files.items()))


@pytest.mark.parametrize(
    "more", [b"", b"Requires-Dist: a\n", b"Dynamic: License\n", b"\nDynamic: Requires-Dist\n", b"Dynamic: classifier\n"]
)
def test_static_metadata_of_an_sdist_is_known(tmp_path: Path, more: bytes) -> None:
    with opened(tmp_path, sdist_with(PKG_INFO + more), "pkg-1.0.tar.gz") as sdist:
        assert core_metadata(sdist) == Known(PKG_INFO + more)


NOT_STATIC = {
    "none": (None, "no PKG-INFO"),
    "old": (PKG_INFO.replace(b"2.2", b"2.1"), "does not say what a build may change"),
    "from the future": (PKG_INFO.replace(b"2.2", b"3.0"), "does not say"),
    "no number": (PKG_INFO.replace(b"2.2", b"two"), "does not say"),
    "dynamic dependencies": (PKG_INFO + b"Dynamic: Requires-Dist\n", "leaves to the build: requires-dist"),
    "dynamic extras": (PKG_INFO + b"dynamic: PROVIDES-EXTRA\n", "provides-extra"),
    "dynamic pythons": (PKG_INFO + b"Dynamic: Requires-Python\n", "requires-python"),
    "no name": (PKG_INFO.replace(b"Name", b"Nom"), "one Name"),
    "two versions": (PKG_INFO + b"Version: 2.0\n", "one Version"),
    "not UTF-8": (PKG_INFO + b"Author: caf\xe9\n", "not UTF-8"),
    "malformed": (b"no header at all\n" + PKG_INFO, "malformed"),
}


@pytest.mark.parametrize("case", NOT_STATIC, ids=str)
def test_metadata_that_a_build_may_change_or_that_is_not_clear_is_unknown(tmp_path: Path, case: str) -> None:
    info, why = NOT_STATIC[case]
    with opened(tmp_path, sdist_with(info), "pkg-1.0.tar.gz") as sdist:
        found = core_metadata(sdist)
    assert isinstance(found, Unknown)
    assert why in found.reason


def test_an_sdist_without_a_top_folder_has_no_metadata(tmp_path: Path) -> None:
    with opened(tmp_path, sdist_with(PKG_INFO, top=""), "pkg-1.0.tar.gz") as sdist:
        assert core_metadata(sdist) == Unknown("the sdist has no single top folder")


def test_a_wheels_metadata_is_known(tmp_path: Path) -> None:
    with opened(tmp_path, zip_bytes(wheel_files()), WHEEL) as wheel:
        assert core_metadata(wheel) == Known(METADATA)
        assert wheel.problems == ()


def test_a_wheel_with_two_metadata_folders_or_none_has_no_metadata(tmp_path: Path) -> None:
    two = wheel_files({"other-2.0.dist-info/METADATA": METADATA})
    for files in (two, {"pkg/__init__.py": b""}, {"pkg-1.0.dist-info/WHEEL": b""}):
        with opened(tmp_path, zip_bytes(files), WHEEL) as wheel:
            assert isinstance(core_metadata(wheel), Unknown)
            assert wheel.problems


def test_metadata_too_large_or_damaged_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_READ", 10)
    with opened(tmp_path, zip_bytes(wheel_files()), WHEEL) as wheel:
        assert isinstance(core_metadata(wheel), Unknown)
        assert len(wheel.problems) == 1
        assert "larger than" in wheel.problems[0]


def test_a_folder_has_no_metadata(tmp_path: Path) -> None:
    (tmp_path / "setup.py").touch()
    with open_folder(tmp_path) as folder:
        assert isinstance(core_metadata(folder), Unknown)


RECORD = "pkg/__init__.py,sha256=x,6\npkg-1.0.dist-info/METADATA,,\npkg-1.0.dist-info/WHEEL,,\n"


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        RECORD + "pkg-1.0.dist-info/RECORD,,\n",
        RECORD.replace("/", "\\"),
        RECORD.replace("pkg/", "./pkg/", 1),
        RECORD + "\npkg/,,\n",
    ],
)
def test_a_record_that_only_spells_things_its_own_way_is_no_problem(tmp_path: Path, record: str) -> None:
    with opened(tmp_path, zip_bytes(wheel_files(record=record)), WHEEL) as wheel:
        assert wheel.problems == ()


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (RECORD.replace("pkg/__init__.py,sha256=x,6\n", ""), "RECORD lists no entry for 'pkg/__init__.py'"),
        (RECORD + "pkg/gone.py,,\n", "RECORD lists 'pkg/gone.py', which the wheel does not hold"),
        (RECORD.replace(",6", ",7"), "RECORD gives 'pkg/__init__.py' 7 bytes, the wheel 6"),
    ],
)
def test_a_record_that_disagrees_with_the_members_is_a_problem(tmp_path: Path, record: str, why: str) -> None:
    with opened(tmp_path, zip_bytes(wheel_files(record=record)), WHEEL) as wheel:
        assert wheel.problems == (why,)


def test_a_record_that_is_no_table_and_a_missing_one_are_problems(tmp_path: Path) -> None:
    files = wheel_files()
    record = "pkg-1.0.dist-info/RECORD"
    for content in (
        files | {record: b"\xff\xfe"},
        {name: content for name, content in files.items() if name != record},
    ):
        with opened(tmp_path, zip_bytes(content), WHEEL) as wheel:
            assert len(wheel.problems) == 1


def test_many_problems_are_counted(tmp_path: Path) -> None:
    files = wheel_files({f"pkg/m{n}.py": b"" for n in range(50)}, record=RECORD)
    with opened(tmp_path, zip_bytes(files), WHEEL) as wheel:
        assert len(wheel.problems) == limits.MAX_PROBLEMS + 1
        assert wheel.problems[-1] == "and 30 more"


@pytest.mark.parametrize("filename", ["other-1.0-py3-none-any.whl", "pkg-2.0-py3-none-any.whl"])
def test_a_wheel_that_holds_another_release_than_its_name_says_is_a_problem(tmp_path: Path, filename: str) -> None:
    with opened(tmp_path, zip_bytes(wheel_files()), filename) as wheel:
        assert any("METADATA says 'pkg-1.0'" in problem for problem in wheel.problems)


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("pkg-1.0.tar.gz", "Pkg", "1.0"),
        ("pkg-1.0.tar.gz", "pkg", "1.0.0"),
        ("my_pkg-1.0.tar.bz2", "my.pkg", "1.0"),
        ("my-pkg-1.0-beta.zip", "my-pkg", "1.0b0"),
        ("pkg-1.0+local.tgz", "pkg", "1.0+local"),
        ("pkg-1.0_local.tar", "pkg", "1.0+local"),
        ("pkg-trunk-r12.tar.gz", "pkg", "trunk-r12"),
    ],
)
def test_an_old_way_to_spell_a_release_is_no_problem(tmp_path: Path, filename: str, name: str, version: str) -> None:
    info = f"Metadata-Version: 1.0\nName: {name}\nVersion: {version}\n".encode()
    with opened(tmp_path, sdist_with(info), filename) as sdist:
        assert sdist.problems == ()


@pytest.mark.parametrize("filename", ["pkg-1.1.tar.gz", "pkgs-1.0.tar.gz", "evil.tar.gz"])
def test_an_sdist_that_holds_another_release_than_its_name_says_is_a_problem(tmp_path: Path, filename: str) -> None:
    with opened(tmp_path, sdist_with(PKG_INFO), filename) as sdist:
        assert len(sdist.problems) == 1
    with opened(tmp_path, sdist_with(None), filename) as sdist:
        assert sdist.problems == ()
