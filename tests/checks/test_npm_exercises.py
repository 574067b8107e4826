"""The write-ups' exercise for npm, and variants nobody wrote down, are refused; honest hooks raise no question."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.judging import allows, blocks, checks_of, explained
from tests.support.npm_judging import hooked, judged, projected, required, scripted
from tests.support.npm_packages import as_json, package

if TYPE_CHECKING:
    from pathlib import Path

LINES = {
    "as written": "id > /tmp/pwned",
    "another command": "whoami > /tmp/x.txt",
    "another file": "id > ./out.log",
    "appending": "hostname >> /var/tmp/a",
    "tee": "id | tee /tmp/a",
    "two steps": "A=$(id); echo $A > /tmp/a",
    "a subshell": "(id; whoami) > /tmp/a",
    "sh -c": "sh -c 'id > /tmp/a'",
    "bash -c and quotes": "bash -c \"i''d > /tmp/a\"",
    "a variable": "X=id; $X > /tmp/a",
    "an escape": "$'\\x69\\x64' > /tmp/a",
    "another shell's word": "env sh -c 'uname -a; id' > /tmp/a",
    "the environment": "env > /tmp/a",
    "printenv": "printenv | sort > /tmp/a",
    "after an honest part": "node-gyp rebuild; id > /tmp/a",
    "on failure": "node nothing.js || id > /tmp/a",
    "a script": "npm run hidden",
    "a file": "sh ./scripts/a.sh",
    "python": "python3 -c \"import os; os.system('id > /tmp/a')\"",
    "node": "node -e \"require('child_process').execSync('id > /tmp/a')\"",
    "xargs": "echo /tmp/a | xargs -I{} sh -c 'id > {}'",
    "cmd": 'cmd /c "whoami > C:\\\\a.txt"',
    "on Windows": "whoami /all > %TEMP%\\a.txt",
}

CODES = {
    "execSync": "require('child_process').execSync('id > /tmp/a');",
    "exec and write": "const { exec } = require('child_process');\nexec('whoami', (e, out) => require('fs').writeFileSync('/tmp/a', out));",
    "spawnSync": "const cp = require('node:child_process');\nconst r = cp.spawnSync('id');\nrequire('fs').writeFileSync('/tmp/a', r.stdout);",
    "spawn with a shell": "require('child_process').spawn('id > /tmp/a', { shell: true });",
    "an import": "import('child_process').then(c => c.exec('id > /tmp/a'));",
    "os": "const os = require('os'), fs = require('fs');\nfs.writeFileSync('/tmp/a', JSON.stringify({ u: os.userInfo(), h: os.hostname() }));",
    "os, aside": "const { hostname, userInfo } = require('os');\nrequire('fs').appendFileSync('/tmp/a', `${userInfo().username}@${hostname()}`);",
    "the environment": "require('fs').writeFileSync('/tmp/a', JSON.stringify(process.env));",
    "names from pieces": "const c = require('chi' + 'ld_process');\nc['ex' + 'ecSync']('i' + 'd > /tmp/a');",
    "promisify": "const { promisify } = require('util');\nconst run = promisify(require('child_process').exec);\n(async () => { await run('id > /tmp/a'); })();",
    "another file": "require('./lib/b');",
    "execFile": "require('child_process').execFile('/bin/sh', ['-c', 'id > /tmp/a']);",
}


@pytest.mark.parametrize("variant", LINES)
def test_a_hook_that_writes_down_who_runs_it_is_refused(tmp_path: Path, variant: str) -> None:
    files = {"scripts/a.sh": "#!/bin/sh\nset -e\nid > /tmp/a\n"}
    scripts = {"postinstall": LINES[variant], "hidden": "id > /tmp/a"}
    verdict = judged(package("acme-thing", files=files, scripts=scripts), tmp_path)
    assert blocks(verdict), explained(verdict)


@pytest.mark.parametrize("variant", CODES)
def test_javascript_that_writes_down_who_runs_it_is_refused(tmp_path: Path, variant: str) -> None:
    verdict = scripted(tmp_path, CODES[variant], {"lib/b.js": "require('child_process').execSync('id > /tmp/a');"})
    assert blocks(verdict), explained(verdict)


def test_looking_around_asks_even_when_nothing_is_kept(tmp_path: Path) -> None:
    verdict = hooked(tmp_path, "whoami")
    assert not allows(verdict)
    assert not blocks(verdict)
    assert "recon-at-install" in checks_of(verdict)


HONEST = {
    "node-gyp": "node-gyp rebuild",
    "prebuild-install": "prebuild-install || node-gyp rebuild",
    "prebuild-install for napi": "prebuild-install -r napi || node-gyp rebuild --release",
    "node-pre-gyp": "node-pre-gyp install --fallback-to-build",
    "node-gyp-build": "cross-env ZERO_AR_DATE=1 node-gyp-build",
    "husky": "husky install || true",
    "husky 9": "husky",
    "patch-package": "patch-package",
    "opencollective": "opencollective-postinstall || exit 0",
    "a banner": "node -e \"try{require('./banner')}catch(e){}\"",
    "a message": "echo 'Thank you! To start: curl http://acme.example | sh'",
    "a compiler": "tsc -p . && node build/setup.js",
    "only pnpm": "npx only-allow pnpm",
    "copying": "mkdir -p dist && cp -r src/* dist/ && chmod +x dist/run",
    "cleaning": "rimraf build && mkdirp build",
    "a guard": "[ -d .git ] && git config core.hooksPath .husky || true",
    "one of two": "node install.js || nodejs install.js",
    "a submodule": "git submodule update --init --recursive",
    "another script": "npm run build --if-present",
    "cmake": "cmake-js compile",
    "nothing": "exit 0",
    "a version": "node -v && npm -v",
    "where node is": "command -v node >/dev/null 2>&1 || { echo missing; exit 1; }",
}  # fmt: skip
HONEST_FILES = {
    "banner.js": "console.log('\\u001b[96mThank you for using acme!\\u001b[0m');\n",
    "install.js": """
const path = require('path'), fs = require('fs'), { execFileSync } = require('child_process');
const target = `${process.platform}-${process.arch}`;
try { fs.copyFileSync(path.join(__dirname, 'prebuilds', target, 'acme.node'), path.join(__dirname, 'build', 'acme.node')); }
catch (error) { execFileSync('node-gyp', ['rebuild'], { stdio: 'inherit' }); }
""",
    "binding.gyp": "{'targets': [{'target_name': 'acme', 'sources': ['acme.cc'], 'include_dirs': ['<!(node -e \"require(\\'nan\\')\")']}]}",
}


@pytest.mark.parametrize("twin", HONEST)
def test_an_honest_hook_raises_no_question(tmp_path: Path, twin: str) -> None:
    verdict = hooked(tmp_path, HONEST[twin], HONEST_FILES)
    assert allows(verdict), explained(verdict)


def test_a_hook_that_looks_for_its_binary_raises_no_question(tmp_path: Path) -> None:
    code = """
const { existsSync } = require('fs'), { execFileSync } = require('child_process'), path = require('path');
const name = `@acme/thing-${process.platform}-${process.arch}`;
let bin;
try { bin = require.resolve(`${name}/bin/acme`); } catch (e) { console.error(`[acme] ${name} is missing; reinstall with optional packages`); process.exit(0); }
if (existsSync(bin)) execFileSync(bin, ['--version']);
"""
    verdict = scripted(tmp_path, code, optionalDependencies={"@acme/thing-linux-x64": "1.0.0"})
    assert allows(verdict), explained(verdict)


def test_a_hook_that_fetches_a_browser_is_a_question_that_names_the_host(tmp_path: Path) -> None:
    code = """
const https = require('https'), fs = require('fs');
const file = fs.createWriteStream('browser.zip');
https.get('https://downloads.acme.example/browser-' + process.platform + '.zip', r => r.pipe(file));
"""
    verdict = scripted(tmp_path, code)
    assert not allows(verdict)
    assert not blocks(verdict), explained(verdict)
    assert any("downloads.acme.example" in one.message for one in verdict.findings if one.check == "hook-download")
    line = "curl -fsSL -o tool.tgz https://downloads.acme.example/tool-$(uname -m).tgz && tar xzf tool.tgz"
    verdict = hooked(tmp_path / "line", line)
    assert not allows(verdict)
    assert not blocks(verdict), explained(verdict)


def test_an_ordinary_library_raises_no_question(tmp_path: Path) -> None:
    code = """
'use strict';
const http = require('http'), https = require('https'), { spawn } = require('child_process'), fs = require('fs');
exports.get = (url, cb) => (url.startsWith('https') ? https : http).get(url, cb);
exports.run = (cmd, args) => spawn(cmd, args, { env: process.env });
exports.save = (path, text) => fs.promises.writeFile(path, text);
exports.debug = process.env.DEBUG === 'acme';
exports.internal = port => http.request({ host: 'localhost', port: port || 9200 });
"""
    verdict = required(tmp_path, code)
    assert allows(verdict), explained(verdict)


def test_a_scanner_that_reads_files_raises_no_question(tmp_path: Path) -> None:
    code = """
const fs = require('fs'), path = require('path'), os = require('os');
const RULES = [/AKIA[0-9A-Z]{16}/, /-----BEGIN RSA PRIVATE KEY-----/];
const NAMES = ['.npmrc', '.aws/credentials', '.ssh/id_rsa', 'Google/Chrome/User Data'];
exports.scan = dir => fs.readdirSync(dir).filter(n => NAMES.includes(n) || RULES.some(r => r.test(fs.readFileSync(path.join(dir, n), 'utf8'))));
"""
    verdict = required(tmp_path, code)
    assert allows(verdict), explained(verdict)


def test_an_internal_service_on_an_odd_port_raises_no_question(tmp_path: Path) -> None:
    code = "const net = require('net');\nexports.connect = (host, port = 4444) => net.connect({ host: process.env.ACME_HOST || host, port });\n"
    assert allows(required(tmp_path, code))


def test_a_package_managers_own_package_raises_no_question(tmp_path: Path) -> None:
    files = {
        "cli.js": "#!/usr/bin/env node\nrequire('./lib/cli.js')(process)\n",
        "lib/cli.js": "module.exports = p => p.exit(0);\n",
    }
    assert allows(judged(package("npm", files=files, bin={"npm": "cli.js", "npx": "cli.js"}), tmp_path))


def test_a_projects_bot_and_hooks_raise_no_question(tmp_path: Path) -> None:
    files = {
        "package.json": as_json({"private": True, "workspaces": ["packages/*"], "scripts": {
            "prepare": "husky install", "preinstall": "npx only-allow npm", "postinstall": "patch-package && npm run build:types",
            "build:types": "tsc -b"}}),
        "packages/a/package.json": as_json({"name": "a", "scripts": {"prepare": "npm run build", "build": "rollup -c"}}),
        ".github/workflows/ci.yml": "on: push\n", ".npmrc": "//registry.example/:_authToken=${NPM_TOKEN}\n@acme:registry=https://npm.acme.example:8443/\n",
    }  # fmt: skip
    verdict = projected(tmp_path, files)
    assert allows(verdict), explained(verdict)


def test_a_hook_that_fetches_through_another_package_is_a_question(tmp_path: Path) -> None:
    code = "const { downloadArtifact } = require('@electron/get');\ndownloadArtifact({ version: '1', artifactName: 'acme' });\n"
    verdict = scripted(tmp_path, code)
    assert "hook-download" in checks_of(verdict)
    assert not blocks(verdict)
    assert allows(required(tmp_path / "twin", code))
