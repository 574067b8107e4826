"""Guessing what the client will want."""

from __future__ import annotations

from gatekeeper.gate.choosing import Target, likely, may_fit, version_of
from gatekeeper.registries.listing import IndexFile

TARGET = Target({"cp311-cp311-linux_x86_64": 0, "py3-none-any": 1}, "3.11.7")


def files(*names: str, **facts: object) -> list[IndexFile]:
    return [IndexFile(name, f"https://index.example/{name}", **facts) for name in names]  # type: ignore[arg-type]


def chosen(listed: list[IndexFile], *specifiers: str) -> str | None:
    file = likely(listed, specifiers, TARGET)
    return file.filename if file else None


def test_the_newest_version_wins_and_a_better_tag_within_it() -> None:
    listed = files(
        "a-1.0-py3-none-any.whl", "a-2.0-py3-none-any.whl", "a-2.0-cp311-cp311-linux_x86_64.whl", "a-2.0.tar.gz"
    )
    assert chosen(listed) == "a-2.0-cp311-cp311-linux_x86_64.whl"


def test_a_specifier_is_kept_to() -> None:
    assert chosen(files("a-1.0.tar.gz", "a-2.0.tar.gz"), "<2") == "a-1.0.tar.gz"


def test_a_wheel_for_another_platform_is_passed_over_for_the_sdist() -> None:
    assert chosen(files("a-1.0-cp311-cp311-win_amd64.whl", "a-1.0.tar.gz")) == "a-1.0.tar.gz"


def test_a_prerelease_is_the_last_resort() -> None:
    assert chosen(files("a-1.0.tar.gz", "a-2.0rc1.tar.gz")) == "a-1.0.tar.gz"
    assert chosen(files("a-2.0rc1.tar.gz")) == "a-2.0rc1.tar.gz"


def test_yanked_and_unfit_python_are_passed_over() -> None:
    assert chosen([*files("a-2.0.tar.gz", yanked="broken"), *files("a-1.0.tar.gz")]) == "a-1.0.tar.gz"
    assert chosen([*files("a-2.0.tar.gz", requires_python=">=3.12"), *files("a-1.0.tar.gz")]) == "a-1.0.tar.gz"


def test_nonsense_is_no_version() -> None:
    assert version_of("not-an-archive.exe") is None
    assert chosen(files("nonsense.whl", "..whl", "a-b-c.whl"), "not a specifier") is None


def test_only_wheels_for_other_targets_are_left_out_of_a_page() -> None:
    assert may_fit("a-1.0-py3-none-any.whl", TARGET)
    assert may_fit("a-1.0-cp310.cp311-cp311-manylinux1_x86_64.linux_x86_64.whl", TARGET)
    assert not may_fit("a-1.0-cp311-cp311-win_amd64.whl", TARGET)
    assert may_fit("a-1.0-cp311-cp311-win_amd64.whl", Target())
    assert may_fit("a-1.0.tar.gz", TARGET)
    assert may_fit("odd.whl", TARGET)
