"""The write-ups' exercises for Python, and variants nobody wrote down, are refused; their honest twins install."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.judging import allows, blocks, explained, importing, installing

if TYPE_CHECKING:
    from pathlib import Path

SETUP = "\nfrom setuptools import setup\nsetup(name='acme-thing', version='1.0', py_modules=['acme_thing'])\n"

CHILD = {
    "as written": "import subprocess\nsubprocess.Popen(['cmd.exe', '/c', 'whoami'])",
    "another command": "import subprocess\nsubprocess.run(['cmd.exe', '/c', 'dir', 'C:\\\\Users'])",
    "one text": "import os\nos.system('cmd /c ipconfig /all')",
    "a full path": "import subprocess as s\ns.call(r'C:\\Windows\\System32\\cmd.exe /c ver', shell=True)",
    "concatenated": "import os\nx = 'cm' + 'd.e' + 'xe'\nos.popen(x + ' /c whoami').read()",
    "joined": "from os import system as go\ngo(' '.join(['cmd.exe', '/c', 'whoami']))",
    "reversed": "import os\nos.system('imaohw c/ exe.dmc'[::-1])",
    "formatted": "import os\nname = 'cmd'\nos.system(f'{name}.exe /c whoami')",
    "getattr": "getattr(__import__('o' + 's'), 'sys' + 'tem')('cmd.exe /c whoami')",
    "importlib": "import importlib\nimportlib.import_module('subprocess').check_output(['cmd.exe', '/c', 'set'])",
    "exec family": "import os\nos.execvp('cmd.exe', ['cmd.exe', '/c', 'whoami'])",
    "spawn family": "import os\nos.spawnl(os.P_WAIT, 'C:/Windows/System32/cmd.exe', 'cmd.exe', '/c', 'whoami')",
    "ctypes": "import ctypes\nctypes.CDLL('msvcrt').system(b'cmd.exe /c whoami')",
    "windll": "from ctypes import windll\nwindll.kernel32.WinExec(b'cmd.exe /c whoami', 0)",
    "powershell": "import subprocess\nsubprocess.Popen('powershell.exe -c Get-Process')",
    "mshta": "import subprocess\nsubprocess.Popen(('mshta', 'about:blank'))",
    "schtasks": "import os\nos.system('schtasks /create /tn a /tr b /sc daily')",
    "a wrapper": "import subprocess\ndef go(*words):\n    return subprocess.run(list(words))\ngo('cmd.exe', '/c', 'whoami')",
    "a lambda": "import os\n(lambda f: f('cmd.exe /c whoami'))(os.system)",
    "a class": "import os\nclass A:\n    def __init__(self):\n        self.b()\n    def b(self):\n        os.system('cmd.exe /c whoami')\nA()",
    "a thread": "import os, threading\nthreading.Thread(target=os.system, args=('x',))\ndef f():\n    os.system('cmd.exe /c whoami')\nthreading.Thread(target=f).start()",
    "a branch": "import os, sys\nif sys.platform == 'win32':\n    c = 'cmd.exe /c whoami'\nelse:\n    c = 'true'\nos.system(c)",
    "base64": "import base64, os\nos.system(base64.b64decode('Y21kLmV4ZSAvYyB3aG9hbWk=').decode())",
    "exec of hex": "exec(bytes.fromhex('696d706f7274206f733b6f732e73797374656d2822636d64202f632076657222 29'.replace(' ', '')))",
    "builtins": "import builtins\nbuiltins.__dict__['__import__']('os').system('cmd.exe /c whoami')",
    "globals": "import os\nglobals()['os'].system('cmd.exe /c whoami')",
    "a decorator": "import os\ndef d(f):\n    os.system('cmd.exe /c whoami')\n    return f\n@d\ndef g(): pass",
    "a default": "import os\ndef g(a=os.system('cmd.exe /c whoami')): pass",
}  # fmt: skip


@pytest.mark.parametrize("variant", CHILD)
def test_a_setup_that_starts_a_system_shell_is_refused(tmp_path: Path, variant: str) -> None:
    verdict = installing(tmp_path, CHILD[variant] + SETUP)
    assert blocks(verdict), explained(verdict)


def test_a_build_command_that_starts_a_system_shell_is_refused(tmp_path: Path) -> None:
    code = """
import subprocess
from setuptools import setup
from setuptools.command.install import install as Base
class Mine(Base):
    def run(self):
        subprocess.call(['cmd.exe', '/c', 'whoami'])
        super().run()
setup(name='acme-thing', cmdclass=dict(install=Mine))
"""
    assert blocks(installing(tmp_path, code))


def test_a_file_beside_setup_is_read_however_it_is_run(tmp_path: Path) -> None:
    hidden = "import os\nos.system('cmd.exe /c whoami')\n"
    for way in ("import extra", "from extra import *", "exec(open('extra.py').read())",
                "exec(compile(open('extra.py').read(), 'extra.py', 'exec'))",
                "import runpy; runpy.run_path('extra.py')",
                "import os; here = os.path.dirname(os.path.abspath(__file__)); exec(open(os.path.join(here, 'extra.py')).read())",
                "from pathlib import Path; exec((Path(__file__).parent / 'extra.py').read_text())",
                "import subprocess, sys; subprocess.run([sys.executable, 'extra.py'])"):  # fmt: skip
        verdict = installing(tmp_path, way + SETUP, {"extra.py": hidden})
        assert blocks(verdict), (way, explained(verdict))


def test_a_backend_in_the_tree_and_a_declared_command_are_read(tmp_path: Path) -> None:
    hidden = "import os\ndef build_wheel(*a):\n    os.system('cmd.exe /c whoami')\n"
    project = '[build-system]\nrequires = []\nbuild-backend = "mine"\nbackend-path = ["tools"]\n'
    assert blocks(installing(tmp_path, SETUP, {"pyproject.toml": project, "tools/mine.py": hidden}))
    command = "import os\nfrom setuptools import Command\nclass Go(Command):\n    def run(self):\n        os.system('cmd.exe /c whoami')\n"
    config = "[options]\ncmdclass =\n    build_py = extra.Go\n"
    assert blocks(installing(tmp_path, SETUP, {"setup.cfg": config, "extra.py": command}))
    table = '[tool.setuptools.cmdclass]\nbuild_py = "extra.Go"\n'
    assert blocks(installing(tmp_path, SETUP, {"pyproject.toml": table, "extra.py": command}))


HONEST_SETUPS = {
    "compilers": "import subprocess\nsubprocess.check_call(['gcc', '-c', 'probe.c'])\nsubprocess.call(['cl', '/c', 'probe.c'])",
    "pkg-config": "import subprocess\nflags = subprocess.check_output(['pkg-config', '--libs', 'zlib']).decode().split()",
    "git describe": "import subprocess\nv = subprocess.check_output(['git', 'describe', '--tags']).strip()",
    "the compiler's environment": "import subprocess\nsubprocess.check_output('cmd /c \"C:\\\\VC\\\\vcvarsall.bat\" x64 & set')",
    "a version file": "ns = {}\nexec(open('acme_thing.py').read(), ns)",
    "a version module": "import re\nversion = re.search('a', open('acme_thing.py').read())",
    "publishing": "import os, sys\nif sys.argv[-1] == 'publish':\n    os.system('python setup.py sdist upload')\n    os.system('twine upload dist/*')\n    os.system('curl http://files.example/')\n    sys.exit()",
    "an extension command": "from setuptools.command.build_ext import build_ext\nclass B(build_ext):\n    def run(self):\n        import subprocess\n        subprocess.check_call(['cmake', '--build', '.'])\n        build_ext.run(self)",
    "ctypes": "import ctypes.util\nname = ctypes.util.find_library('z')",
    "the platform": "import platform, sys, os\nx = platform.system(), sys.platform, os.environ.get('CFLAGS', '')",
    "itself": "import os\nif os.environ.get('CI'):\n    os.system('pip install .')",
}  # fmt: skip


@pytest.mark.parametrize("twin", HONEST_SETUPS)
def test_an_honest_setup_raises_no_question(tmp_path: Path, twin: str) -> None:
    verdict = installing(tmp_path, HONEST_SETUPS[twin] + SETUP, {"acme_thing.py": "__version__ = '1.0'\n"})
    assert allows(verdict), explained(verdict)


CALL_BACK = {
    "as written": "import socket\ns = socket.socket()\ns.connect(('127.0.0.1', 4444))",
    "another port": "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(('127.0.0.1', 9001))",
    "create_connection": "from socket import create_connection\ncreate_connection(('192.0.2.7', 31337), timeout=3)",
    "an address kept apart": "import socket\nHOST, PORT = '127.0.0.1', 4443 + 1\ns = socket.socket()\ns.connect((HOST, PORT))",
    "a tuple": "import socket\nWHERE = ('127.0.0.1', 4444)\nwith socket.socket() as s:\n    s.connect_ex(WHERE)",
    "a class": "import socket\nclass C:\n    def __init__(self):\n        self.s = socket.socket()\n        self.s.connect(('127.0.0.1', 6667))\nC()",
    "urllib": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:4444/a')",
    "requests": "import requests as r\nr.get('http://192.0.2.7:' + str(1337))",
    "http.client": "import http.client\nhttp.client.HTTPConnection('127.0.0.1', 4444).request('GET', '/')",
    "joined text": "import socket\ns = socket.socket()\ns.connect(('.'.join(['127', '0', '0', '1']), int('44' * 2)))",
    "an underscore module": "import _socket\n_socket.socket().connect(('127.0.0.1', 4444))",
    "asyncio": "import asyncio\nasync def f():\n    await asyncio.open_connection('127.0.0.1', 4444)\nasyncio.run(f())",
}  # fmt: skip


@pytest.mark.parametrize("variant", CALL_BACK)
def test_a_library_that_calls_back_on_import_is_refused(tmp_path: Path, variant: str) -> None:
    verdict = importing(tmp_path, CALL_BACK[variant])
    assert blocks(verdict), explained(verdict)


def test_a_call_back_in_a_submodule_is_refused(tmp_path: Path) -> None:
    code = CALL_BACK["as written"]
    assert blocks(importing(tmp_path, "from . import beacon", {"acme_thing/beacon.py": code}))
    assert blocks(importing(tmp_path, "", {"acme_thing/deep/beacon.py": code, "acme_thing/deep/__init__.py": ""}))


@pytest.mark.parametrize(
    "twin",
    [
        "import socket\ndef connect(host, port):\n    s = socket.socket()\n    s.connect((host, port))\n    return s",
        "import socket\nclass Client:\n    def __init__(self, host='127.0.0.1', port=6379):\n        self.where = host, port\n    def open(self):\n        return socket.create_connection(self.where)",
        "import os, requests\nURL = os.environ.get('ACME_URL')\ndef get():\n    return requests.get(URL)",
        "import requests\nSESSION = requests.Session()\nDEFAULT = 'http://localhost:8123'",
    ],
)
def test_a_library_that_connects_when_told_to_raises_no_question(tmp_path: Path, twin: str) -> None:
    verdict = importing(tmp_path, twin)
    assert allows(verdict), explained(verdict)


START = "'Microsoft', 'Windows', 'Start Menu', 'Programs', 'Startup'"
STARTUP = {
    "as written": f"import os\np = os.path.join(os.environ['APPDATA'], {START}, 'a.vbs')\nopen(p, 'w').write('x')",
    "another extension": f"import os\nwith open(os.path.join(os.getenv('APPDATA'), {START}, 'b.bat'), 'wb') as f:\n    f.write(b'x')",
    "pathlib": "from pathlib import Path\n(Path.home() / 'AppData' / 'Roaming' / 'Microsoft' / 'Windows' / 'Start Menu' / 'Programs' / 'Startup' / 'c.vbs').write_text('x')",
    "one text": "import os\nopen(os.path.expanduser('~') + '\\\\AppData\\\\Roaming\\\\Microsoft\\\\Windows\\\\Start Menu\\\\Programs\\\\Startup\\\\d.ps1', 'w')",
    "an f-string": "import os\nhome = os.environ['USERPROFILE']\nopen(f'{home}/AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/e.lnk', 'x')",
    "a copy": f"import os, shutil\nshutil.copy(__file__, os.path.join(os.environ['APPDATA'], {START}, 'f.pyw'))",
    "a rename": f"import os\nopen('g.txt', 'w').write('x')\nos.replace('g.txt', os.path.join(os.environ['APPDATA'], {START}, 'g.exe'))",
    "a function": f"import os\ndef where():\n    return os.path.join(os.environ['APPDATA'], {START})\ndef drop(name):\n    with open(os.path.join(where(), name), 'w') as f:\n        f.write('x')\ndrop('h.vbs')",
    "cron": "open('/etc/cron.d/a', 'w').write('x')",
    "shell": "import os\nopen(os.path.expanduser('~/.bashrc'), 'a').write('x')",
    "keys": "from pathlib import Path\nPath('~/.ssh/authorized_keys').expanduser().open('a').write('x')",
    "the registry": "import winreg\nk = winreg.OpenKey(winreg.HKEY_CURRENT_USER, r'Software\\Microsoft\\Windows\\CurrentVersion\\Run', 0, 1)\nwinreg.SetValueEx(k, 'a', 0, 1, 'b')",
    "an agent": "import pathlib\n(pathlib.Path.home() / '.claude' / 'settings.json').write_text('{}')",
}  # fmt: skip


@pytest.mark.parametrize("variant", STARTUP)
def test_a_library_that_arranges_to_be_started_is_refused(tmp_path: Path, variant: str) -> None:
    verdict = importing(tmp_path, STARTUP[variant])
    assert blocks(verdict), explained(verdict)


@pytest.mark.parametrize(
    "twin",
    [
        "import os\ndef complete():\n    with open(os.path.expanduser('~/.bashrc'), 'a') as f:\n        f.write('x')",
        "import pathlib\npathlib.Path('out.txt').write_text('x')",
        "STARTUP = 'Microsoft/Windows/Start Menu/Programs/Startup'\nimport tempfile\nopen(tempfile.mkdtemp() + '/a.txt', 'w').write('x')",
        "import os\np = os.path.join(os.environ.get('APPDATA', ''), 'acme', 'settings.ini')\nopen(p, 'w').write('x')",
    ],
)
def test_a_library_that_writes_its_own_files_raises_no_question(tmp_path: Path, twin: str) -> None:
    verdict = importing(tmp_path, twin)
    assert allows(verdict), explained(verdict)


BROWSER = {
    "as written": "import os\np = os.path.join(os.environ['LOCALAPPDATA'], 'Google', 'Chrome', 'User Data', 'Default', 'Login Data')\nopen(p, 'rb').read()",
    "another profile": "import os, shutil\nshutil.copy(os.getenv('LOCALAPPDATA') + '\\\\Google\\\\Chrome\\\\User Data\\\\Profile 3\\\\Cookies', 'c')",
    "another browser": "import os\nos.listdir(os.path.expandvars('%LOCALAPPDATA%\\\\BraveSoftware\\\\Brave-Browser\\\\User Data'))",
    "sqlite": "import sqlite3, os\nsqlite3.connect(os.path.expanduser('~/.config/google-chrome/Default/Cookies'))",
    "pathlib": "from pathlib import Path\nlist((Path.home() / 'AppData/Local' / 'Google' / 'Chrome' / 'User Data').glob('*'))",
    "a loop": "import os\nfor b in ['Google/Chrome', 'Microsoft/Edge']:\n    p = os.environ['LOCALAPPDATA'] + '/' + b + '/User Data/Local State'\n    if os.path.exists(p):\n        open(p).read()",
    "macOS": "import glob, os\nglob.glob(os.path.expanduser('~/Library/Application Support/Google/Chrome/*'))",
    "firefox": "import os\nos.walk(os.environ['APPDATA'] + '/Mozilla/Firefox/Profiles')",
    "a wallet": "import os\nopen(os.path.join(os.environ['APPDATA'], 'Exodus', 'exodus.wallet', 'seed.seco'), 'rb')",
    "characters": "import os\nopen(os.environ['LOCALAPPDATA'] + ''.join(chr(c) for c in [92, 71, 111, 111, 103, 108, 101, 92, 67, 104, 114, 111, 109, 101, 92, 85, 115, 101, 114, 32, 68, 97, 116, 97]))",
    "an archive": "import os, shutil\nshutil.make_archive('a', 'zip', os.path.expandvars(r'%LOCALAPPDATA%\\Google\\Chrome\\User Data'))",
}  # fmt: skip


@pytest.mark.parametrize("variant", BROWSER)
def test_a_library_that_reads_a_browsers_store_is_refused(tmp_path: Path, variant: str) -> None:
    verdict = importing(tmp_path, BROWSER[variant])
    assert blocks(verdict), explained(verdict)


@pytest.mark.parametrize(
    "twin",
    [
        "import os\ndef cookies():\n    return open(os.path.expanduser('~/.config/google-chrome/Default/Cookies'), 'rb').read()",
        "RULES = ['Google/Chrome/User Data', '.aws/credentials']\ndef scan(folder):\n    import os\n    return [p for p in os.listdir(folder) if p in RULES]",
        "import os\nCONFIG = os.path.join(os.path.expanduser('~'), '.config', 'acme')\nif os.path.exists(CONFIG):\n    open(CONFIG + '/a.toml').read()",
    ],
)
def test_a_library_that_can_read_files_raises_no_question(tmp_path: Path, twin: str) -> None:
    verdict = importing(tmp_path, twin)
    assert allows(verdict), explained(verdict)
