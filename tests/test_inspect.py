"""What the targets of `gatekeeper inspect` mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.inspect import archives_in
from tests.support.packages import module, sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_of_archives_means_each_of_them(tmp_path: Path) -> None:
    for built in (wheel("mossgarden"), sdist("quietharbour", files=module("quietharbour"))):
        built.write(tmp_path)
    names = [text.rpartition("/")[2] for text in archives_in(str(tmp_path))]
    assert names == ["mossgarden-1.0-py3-none-any.whl", "quietharbour-1.0.tar.gz"]


def test_a_folder_that_holds_anything_else_is_judged_as_it_is(tmp_path: Path) -> None:
    wheel("mossgarden").write(tmp_path)
    (tmp_path / "setup.py").write_text("", "utf-8")
    assert archives_in(str(tmp_path)) == [str(tmp_path)]


def test_an_empty_folder_and_a_name_are_themselves(tmp_path: Path) -> None:
    assert archives_in(str(tmp_path)) == [str(tmp_path)]
    assert archives_in("pypi:mossgarden==1.0") == ["pypi:mossgarden==1.0"]
