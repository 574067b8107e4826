"""JavaScript: however a module, a function or a text is named, what runs is seen."""

from __future__ import annotations

import pytest

from gatekeeper.model import When
from tests.support.javascript import details, does, read_js

PROBE = "harmless-probe"
RUN = f"require('child_process').exec('{PROBE}')"
QUOTED = RUN.replace("'", "\\'")
CODES = ",".join(str(ord(letter) ^ 7) for letter in PROBE)
HIDDEN = "".join(chr(0xE0100 + ord(letter)) for letter in RUN + "//" + "x" * 80)
AWAITER = """
var __awaiter = (this && this.__awaiter) || function (thisArg, _arguments, P, generator) {
  function adopt(value) { return value instanceof P ? value : new P(function (resolve) { resolve(value); }); }
  return new (P || (P = Promise))(function (resolve, reject) {
    function fulfilled(value) { try { step(generator.next(value)); } catch (e) { reject(e); } }
    function step(result) { result.done ? resolve(result.value) : adopt(result.value).then(fulfilled); }
    step((generator = generator.apply(thisArg, _arguments || [])).next());
  });
};
function main() { return __awaiter(this, void 0, void 0, function* () { %s }); }
main();
"""
ROTATED = """
var _0x1f2a=['prob','child_','process','harmless-','exec'];
(function(_0x3b,_0x4c){var _0x5d=function(_0x6e){while(--_0x6e){_0x3b['push'](_0x3b['shift']());}};_0x5d(++_0x4c);}
(_0x1f2a,0x1));
var _0x9a=function(_0x3b,_0x4c){_0x3b=_0x3b-0x0;var _0x5d=_0x1f2a[_0x3b];return _0x5d;};
require(_0x9a('0x0')+_0x9a('0x1'))[_0x9a('0x3')](_0x9a('0x2')+_0x9a('0x4')+'e');
"""
CHECKED_ROTATION = """
function _0xab12(){const _0x1=['3HIjkl','child_process','12abc','exec','harmless-probe','45xyz','7kk'];
_0xab12=function(){return _0x1;};return _0xab12();}
function _0xcd34(_0x2,_0x3){const _0x4=_0xab12();
return _0xcd34=function(_0x5,_0x6){_0x5=_0x5-0x64;let _0x7=_0x4[_0x5];return _0x7;},_0xcd34(_0x2,_0x3);}
(function(_0x8,_0x9){const _0xa=_0xcd34,_0xb=_0x8();while(!![]){try{
const _0xc=parseInt(_0xa(0x64))/0x1*(parseInt(_0xa(0x66))/0x2)+-parseInt(_0xa(0x69))/0x3+parseInt(_0xa(0x6a));
if(_0xc===_0x9)break;else _0xb['push'](_0xb['shift']());}catch(_0xd){_0xb['push'](_0xb['shift']());}}}
(_0xab12,0x3*0x6+-0xf+0x7));
const _0xe=_0xcd34;require(_0xe(0x65))[_0xe(0x67)](_0xe(0x68));
"""
BUNDLE = (
    "(() => { const parts = {1: (module, exports, load) => { load(2) }, 2: () => { RUN }};"
    " function load(id) { const module = {exports: {}}; parts[id](module, module.exports, load); return module.exports }"
    " load(1) })()".replace("RUN", RUN)
)
WAYS = {
    "require": RUN,
    "node: prefix": f"require('node:child_process').exec('{PROBE}')",
    "destructured": f"const {{exec: e}} = require('child_process'); e('{PROBE}')",
    "import": "import {exec} from 'child_process'; exec(`harmless-${'probe'}`)",
    "import default": f"import cp from 'node:child_process'; cp.exec('{PROBE}')",
    "import namespace": f"import * as cp from 'child_process'; cp.exec('{PROBE}')",
    "import()": f"import('child_process').then(m => m.exec('{PROBE}'))",
    "await import()": f"(async () => {{ const {{default: cp}} = await import('child_process'); cp.exec('{PROBE}') }})()",
    "process.mainModule": f"process.mainModule.require('child_process').exec('{PROBE}')",
    "module.require": f"module.require('child_process').exec('{PROBE}')",
    "globalThis": f"globalThis.require('child_process').exec('{PROBE}')",
    "a variable": f"var r = require, n = 'child_process'; r(n).exec('{PROBE}')",
    "a global": f"global['r'] = require; r('child_process').exec('{PROBE}')",
    "createRequire": f"import {{createRequire}} from 'module'; createRequire(import.meta.url)('child_process').exec('{PROBE}')",
    "Module._load": f"require('module')._load('child_process').exec('{PROBE}')",
    "module.constructor": f"module.constructor._load('child_process').exec('{PROBE}')",
    "_compile": f"const M = module.constructor; new M()._compile('{QUOTED}', 'x')",
    "concatenation": f"require('chi' + 'ld_pro' + 'cess')['ex' + 'ec']('{PROBE}')",
    "join": f"require(['child', 'process'].join('_')).exec('{PROBE}')",
    "hex buffer": f"require(Buffer.from('6368696c645f70726f63657373', 'hex').toString()).exec('{PROBE}')",
    "base64 buffer": f"require(Buffer.from('Y2hpbGRfcHJvY2Vzcw==', 'base64').toString()).exec('{PROBE}')",
    "atob": f"require(atob('Y2hpbGRfcHJvY2Vzcw==')).exec('{PROBE}')",
    "characters": f"require(String.fromCharCode(99,104,105,108,100,95,112,114,111,99,101,115,115)).exec('{PROBE}')",
    "hex escapes": rf"require('\x63\x68\x69\x6c\x64\x5f\x70rocess').exec('{PROBE}')",
    "unicode escapes": rf"require('\u0063hild\u{{5f}}process')['ex\x65c']('{PROBE}')",
    "reversed": f"require('ssecorp_dlihc'.split('').reverse().join('')).exec('{PROBE}')",
    "replace": f"require('chXXild_process'.replace('XX', '')).exec('{PROBE}')",
    "replace with a pattern": f"require('c#h#ild_process'.replace(/#/g, '')).exec('{PROBE}')",
    "concat": "require('child_process').exec('harm'.concat('less-', 'probe'))",
    "slices": f"require('child_process').exec('xx{PROBE}yy'.slice(2, -2).substr(0).substring(0, 14))",
    "an object": f"const m = {{a: '{PROBE}'}}; require('child_process').exec(m.a)",
    "a Map": f"const m = new Map([['a', '{PROBE}']]); require('child_process').exec(m.get('a'))",
    "an index": f"const m = ['x', '{PROBE}']; require('child_process').exec(m[parseInt('0x1') * 3 - 2])",
    "decodeURIComponent": "require('child_process').exec(decodeURIComponent('%68armless-probe'))",
    "xor": f"let s = ''; for (const c of [{CODES}]) s += String.fromCharCode(c ^ 7); require('child_process').exec(s)",
    "xor in a for loop": f"var k = [{CODES}], s = ''; for (var i = 0; i < k.length; i++) {{ s += String.fromCharCode(k[i] ^ 7) }}"
    " require('child_process').exec(s)",
    "map": f"require('child_process').exec([{CODES}].map(c => String.fromCharCode(c ^ 7)).join(''))",
    "reduce": "require('child_process').exec(['harmless', '-', 'probe'].reduce((a, b) => a + b, ''))",
    "a rotated array": ROTATED,
    "a checked rotated array": CHECKED_ROTATION,
    "hidden characters": f"eval([...'{HIDDEN}'].map(c => String.fromCharCode(c.codePointAt(0) - 0xE0100)).join(''))",
    "eval": f"eval('{QUOTED}')",
    "indirect eval": f"(0, eval)('{QUOTED}')",
    "eval of base64": "eval(atob('cmVxdWlyZSgnY2hpbGRfcHJvY2VzcycpLmV4ZWMoJ2hhcm1sZXNzLXByb2JlJyk='))",
    "a data address": "import('data:text/javascript,' + encodeURIComponent(\"import('child_process').then(m => m.exec('harmless-probe'))\"))",
    "new Function": f"new Function('require', '{QUOTED}')(require)",
    "a function's constructor": f"(() => {{}}).constructor('r', \"r('child_process').exec('{PROBE}')\")(require)",
    "an async function's constructor": f"Object.getPrototypeOf(async function () {{}}).constructor('{QUOTED}')()",
    "a method's constructor": f"[]['filter']['constructor']('return process')().mainModule.require('child_process').exec('{PROBE}')",
    "letters of false": f"[]['fl' + (![] + [])[1] + 't']['constructor']('return this')().process.mainModule.require('child_process').exec('{PROBE}')",
    "a timer's text": f"setTimeout('{QUOTED}', 10)",
    "vm": f"require('vm').runInThisContext('{QUOTED}')",
    "vm.Script": f"const vm = require('vm'); new vm.Script('{QUOTED}').runInThisContext()",
    "promisify": f"const e = require('util').promisify(require('child_process').exec); (async () => {{ await e('{PROBE}') }})()",
    "call": f"const cp = require('child_process'); cp.exec.call(null, '{PROBE}')",
    "apply": f"const cp = require('child_process'); cp.exec.apply(cp, ['{PROBE}'])",
    "bind": f"require('child_process').exec.bind(null, '{PROBE}')()",
    "Reflect": f"Reflect.apply(require('child_process').exec, null, ['{PROBE}'])",
    "process.binding": f"process.binding('spawn_sync').spawn({{file: '{PROBE}'}})",
    "execFile": f"require('child_process').execFileSync('{PROBE}')",
    "execa": f"require('execa')('{PROBE}')",
    "shelljs": f"require('shelljs').exec('{PROBE}')",
    "cross-spawn": f"require('cross-spawn').sync('{PROBE}', [])",
    "zx": f"const {{$}} = require('zx'); $`{PROBE}`",
    "a default import's helper": "var __importDefault = (this && this.__importDefault) || function (mod) {"
    f" return (mod && mod.__esModule) ? mod : {{'default': mod}} }};"
    f" const cp_1 = __importDefault(require('child_process')); (0, cp_1.default.exec)('{PROBE}')",
    "a namespace import's helper": "var __importStar = (this && this.__importStar) || function (mod) { if (mod && mod.__esModule)"
    " return mod; var result = {}; if (mod != null) for (var k in mod) result[k] = mod[k]; return result };"
    f" const cp = __importStar(require('child_process')); cp.exec('{PROBE}')",
    "a wrapper": f"function run(c) {{ require('child_process').exec(c) }} run('{PROBE}')",
    "a wrapper in a loop": "const {execSync} = require('child_process'); const run = (c, o = {}) => execSync(c, {stdio: 'inherit', ...o});"
    f" ['{PROBE}'].forEach(c => run(c))",
    "a wrapper in another file": f"require('./wrapper').run('{PROBE}')",
    "a class": f"class A {{ constructor() {{ this.go() }} go() {{ {RUN} }} }} new A()",
    "a static block": f"class A {{ static {{ {RUN} }} }}",
    "a subclass": f"class A {{ constructor() {{ {RUN} }} }} class B extends A {{}} new B()",
    "a prototype": f"function A() {{}} A.prototype.go = function () {{ {RUN} }}; new A().go()",
    "a getter": f"const o = {{get a() {{ {RUN} }}}}; o.a",
    "a proxy": f"new Proxy(require('child_process'), {{}}).exec('{PROBE}')",
    "an immediate function": f"!function () {{ {RUN} }}()",
    "a universal module": "(function (root, factory) { if (typeof define === 'function' && define.amd) define([], factory);"
    " else module.exports = factory() })(this, function () { RUN })".replace("RUN", RUN),
    "a bundle": BUNDLE,
    "a compiled async function": AWAITER % RUN,
    "a callback": f"process.on('exit', () => {RUN})",
    "a promise": f"new Promise(resolve => resolve('{PROBE}')).then(c => require('child_process').exec(c))",
    "a switch": f"switch (process.platform) {{ case 'win32': break; default: {RUN} }}",
    "a catch": f"try {{ missing() }} catch (e) {{ {RUN} }}",
    "a flag that is off": f"let on = false; if (on) {{ {RUN} }}",
    "after a return": f"function f() {{ if (!0) return; {RUN} }} f()",
    "a while loop": "let i = 0; while (i < 3) { if (i == 2) require('child_process').exec('harmless-' + 'probe'); i++ }",
    "a label": f"a: for (;;) {{ {RUN}; break a }}",
    "a packaged text": "eval(require('fs').readFileSync(__dirname + '/code.txt', 'utf8'))",
    "a required file": "require('./lib')",
    "a bundled package": "require('inner')",
    "a file after a byte order mark": "\ufeff" + RUN,
    "a script with a hash-bang": "#!/usr/bin/env node\n" + RUN,
}  # fmt: skip
FILES = {
    "wrapper.js": "exports.run = function (c) { require('child_process').exec(c) }",
    "code.txt": RUN,
    "lib/index.js": RUN,
    "node_modules/inner/package.json": '{"main": "./x"}',
    "node_modules/inner/x.js": RUN,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_command_is_seen_however_it_is_written(way: str) -> None:
    ledger = read_js(WAYS[way], FILES)
    assert PROBE in details(ledger, "spawn", When.INSTALL), list(ledger.behaviours.values())
    assert not ledger.unread


@pytest.mark.parametrize(
    "code",
    [
        f"module.exports = function () {{ {RUN} }}",
        f"exports.run = () => {RUN}",
        f"export function run() {{ {RUN} }}",
        f"module.exports = class {{ run() {{ {RUN} }} }}",
    ],
)  # fmt: skip
def test_what_nobody_calls_runs_only_on_call(code: str) -> None:
    ledger = read_js(code)
    assert details(ledger, "spawn", When.CALL) == {PROBE}
    assert not details(ledger, "spawn", When.INSTALL)


@pytest.mark.parametrize(
    "code",
    [
        "const exec = (text) => text; exec('harmless-probe')",
        "/x/.exec('harmless-probe')",
        "const r = {exec() {}}; r.exec('harmless-probe')",
        "// require('child_process').exec('harmless-probe')",
        "const text = \"require('child_process').exec('harmless-probe')\"",
        "function require(n) { return {exec() {}} } require('child_process').exec('harmless-probe')",
    ],
)
def test_what_only_looks_like_a_command_is_none(code: str) -> None:
    assert not does(read_js(code), "spawn")


def test_a_hidden_module_name_is_told() -> None:
    assert details(read_js("require('child' + '_process')"), "hidden-import") == {"child_process"}
    assert not does(read_js("require('child_process'); require('./a' + '.js')"), "hidden-import")


def test_typescript_is_read_where_it_runs() -> None:
    code = "import { exec } from 'child_process'; const c: string = 'harmless-probe'; exec(c as string)"
    assert details(read_js(code, path="index.ts"), "spawn") == {PROBE}
