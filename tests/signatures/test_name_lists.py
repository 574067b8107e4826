"""The lists of names say where they come from and how to write them anew; the tasks that do so are tried."""

from __future__ import annotations

import re
import sys
import unicodedata
from typing import TYPE_CHECKING

import pytest

import tasks
from gatekeeper import signatures
from gatekeeper.evidence._confusable import FILE, skeleton, table

if TYPE_CHECKING:
    from pathlib import Path

LISTS = ("names/pypi.txt", "names/npm.txt", FILE)


@pytest.mark.parametrize("name", LISTS)
def test_a_list_says_source_month_licence_and_how_to_write_it_anew(name: str) -> None:
    about = [line for line in signatures.text(name).splitlines() if line.startswith("# ")]
    assert about[1].startswith("# Regenerate: `python tasks.py ")
    assert about[2].startswith("# Source: ")
    assert about[3].startswith("# Licence: ")
    assert re.search(r"\b20\d\d-\d\d\b", "\n".join(about))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "signatures" / "names").mkdir(parents=True)
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    return tmp_path / "signatures" / "names"


@pytest.mark.parametrize(
    ("ecosystem", "names"), [("pypi", ["big-one", "second"]), ("npm", ["Big_One", "second", "big.one"])]
)
def test_a_list_is_written_anew(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ecosystem: str, names: list[str]
) -> None:
    source = tmp_path / "source.tsv"
    source.write_text("# name, downloads\nBig_One\t9\n\nsecond\t8\nbig.one\t7\n", "utf-8")
    monkeypatch.setattr(sys, "argv", ["tasks.py", "names", ecosystem, str(source), "2026-12"])
    tasks.names()
    written = (root / f"{ecosystem}.txt").read_text("utf-8").splitlines()
    assert written[0].endswith(", as of 2026-12.")
    assert written[4:] == names


def test_a_shipped_list_is_what_writing_it_anew_gives(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ecosystem in ("pypi", "npm"):
        shipped = signatures.folder() / "names" / f"{ecosystem}.txt"
        monkeypatch.setattr(sys, "argv", ["tasks.py", "names", ecosystem, str(shipped), "2026-11"])
        tasks.names()
        assert (root / f"{ecosystem}.txt").read_bytes() == shipped.read_bytes()


def test_the_table_of_look_alike_letters_is_written_anew(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "confusables.txt"
    source.write_text(
        "\ufeff# Version: 16.0.0\n"
        "0430 ;\t0061 ;\tMA\t# ( \u0430 \u2192 a ) CYRILLIC SMALL LETTER A\n"
        "FF41 ;\t0061 ;\tMA\t# NFKC knows this one\n"
        "2010 ;\t002D ;\tMA\t# HYPHEN\n"
        "00E6 ;\t0061 0065 ;\tMA\t# two letters\n",
        "utf-8",
    )
    monkeypatch.setattr(sys, "argv", ["tasks.py", "confusables", str(source)])
    tasks.confusables()
    written = (root / "confusables.txt").read_text("utf-8").splitlines()
    assert "version 16.0.0." in written[2]
    assert written[4:] == ["-\t\u2010", "a\t\u0430"]


def test_every_look_alike_letter_is_read_as_what_it_looks_like() -> None:
    assert len(table()) > 400
    for code, plain in table().items():
        assert not unicodedata.normalize("NFKC", chr(code)).isascii()
        assert skeleton(f"x{chr(code)}x") == f"x{plain}x"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("requests", "requests"),
        ("R\u0415QU\u0415STS", "requests"),
        ("\u0440\u0443\u0442\u043e\u0440\u0441h", "pytopch"),
        ("num\u2010py", "num-py"),
        ("\U0001d42b\U0001d41eq", "req"),
        ("r\u00e9qu\u200d\u00eats", "requets"),
        ("\u043f\u0440\u0438\u0432\u0435\u0442", None),
        ("", ""),
    ],
)
def test_a_name_is_read_as_an_eye_reads_it(text: str, read: str | None) -> None:
    assert skeleton(text) == read if read is not None else not skeleton(text).isascii()
