"""JavaScript: whatever the input, reading ends, within bounds, and says what it did not read."""

from __future__ import annotations

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatekeeper.model import Severity, When
from tests.support.javascript import details, findings, read_js

MOST_SECONDS = 30  # on a busy machine; a file takes about two
WORDS = st.sampled_from(
    [
        "require",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        ";",
        ",",
        ".",
        "=>",
        "=",
        "==",
        "===",
        "+",
        "-",
        "*",
        "/",
        "%",
        "^",
        "&",
        "|",
        "!",
        "?",
        ":",
        "`${",
        "`",
        "'",
        '"',
        "//",
        "/*",
        "*/",
        "\\x41",
        "\\u{41}",
        "0x1f",
        "1e9",
        "null",
        "undefined",
        "function",
        "class",
        "extends",
        "super",
        "this",
        "new",
        "async",
        "await",
        "yield",
        "return",
        "throw",
        "try",
        "catch",
        "finally",
        "for",
        "while",
        "do",
        "of",
        "in",
        "if",
        "else",
        "switch",
        "case",
        "default",
        "break",
        "continue",
        "var",
        "let",
        "const",
        "import",
        "export",
        "from",
        "eval",
        "Function",
        "process",
        "env",
        "child_process",
        "exec",
        "spawn",
        "fs",
        "http",
        "get",
        "on",
        "then",
        "map",
        "forEach",
        "reduce",
        "push",
        "shift",
        "pop",
        "join",
        "split",
        "reverse",
        "slice",
        "constructor",
        "prototype",
        "__proto__",
        "module",
        "exports",
        "globalThis",
        "String",
        "fromCharCode",
        "Buffer",
        "atob",
        "JSON",
        "parse",
        "stringify",
        "Object",
        "assign",
        "keys",
        "entries",
        "Proxy",
        "Reflect",
        "apply",
        "call",
        "bind",
        "arguments",
        "a",
        "b",
        "c",
        "_0x1a2b",
        "'child_process'",
        "'x'",
        '"http"',
        "0",
        "1",
        "2",
        "...",
        "?.",
        "??",
        "??=",
        "**",
    ]
)
SNIPPETS = st.sampled_from(
    [
        "function f(a) { return f(a + 1) + f(a - 1) }", "f(1)", "let s = 'x'; while (true) s += s", "a = [a, a]", "a.b = a",
        "for (;;) {}", "x => x(x)", "(x => x(x))(x => x(x))", "class A extends A {}", "new A()", "A.prototype = A",
        "a.__proto__ = a", "eval('eval(\"1\")')", "with (a) b", "[...a, ...a]", "({...a, ...a})", "`${`${a}`}`",
        "a = {get a() { return this.a }}; a.a", "for (const k in a) a[k + 'x'] = a", "a.push(a); a.join(a)", "a = a.bind(a)",
        "'x'.repeat(1e9)", "'x'.padStart(1e9)", "Array(1e9).fill(a)", "1 << 9e9 >>> a", "2 ** 9e9", "parseInt('9'.repeat(1e5), 36)",
        "'aaaa'.replace(/(a+)+$/, 'b')", "require('./index.js')", "JSON.parse('['.repeat(1e5))", "new Proxy(a, a)", "a?.[a]?.(a)",
        "switch (a) { case b: default: a }", "x: for (;;) { continue x }", "try { throw a } catch (a) { a() } finally { a }",
        "Reflect.apply(a, a, a)", "a.call(a, a).apply(a, a)", "new Promise(a)", "[a].map(a).filter(a).reduce(a)", "super.x",
    ]
)  # fmt: skip
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def timed(code: str | bytes, when: When = When.INSTALL) -> None:
    started = time.monotonic()
    read_js(code, {}, when)
    assert time.monotonic() - started < MOST_SECONDS


@relaxed
@given(st.lists(WORDS, max_size=60).map(" ".join))
def test_any_words_are_read(code: str) -> None:
    timed(code)


@relaxed
@given(st.lists(SNIPPETS, max_size=6).map("\n".join))
def test_any_statements_are_read(code: str) -> None:
    timed(code)


@relaxed
@given(st.binary(max_size=400))
def test_any_bytes_are_read(code: bytes) -> None:
    timed(code)
    timed(code, When.IMPORT)


DEEP = 8_000
NESTED = {
    "parentheses": "(" * DEEP + "1" + ")" * DEEP,
    "arrays": "[" * DEEP + "]" * DEEP,
    "objects": "x=" + "{a:" * DEEP + "1" + "}" * DEEP,
    "blocks": "{" * DEEP + "}" * DEEP,
    "functions": "(function(){" * 3000 + "})()" * 3000,
    "arrows": "a=>" * DEEP + "1",
    "calls": "f(" * DEEP + ")" * DEEP,
    "members": "a" + ".b" * DEEP,
    "chained calls": "a" + ".b()" * DEEP,
    "chained callbacks": "a" + ".then(x=>x)" * 3000,
    "sums": "+".join(["'a'"] * DEEP),
    "doubling": "let s='ab';" + "s=s+s;" * 200,
    "assignments": "a=" * DEEP + "1",
    "conditions": "a?b:" * DEEP + "c",
    "else if": "if(a)b;else " * 5000 + "c",
    "negations": "!" * DEEP + "a",
    "templates": "`${" * 3000 + "1" + "}`" * 3000,
    "patterns": "let " + "[" * 5000 + "a" + "]" * 5000 + "=b",
    "unclosed": "(" * DEEP,
    "classes": "class A extends " * 2000 + "B{}",
    "new": "new " * DEEP + "A",
    "commas": ",".join(["a"] * DEEP),
    "logical": "||".join(["a()"] * DEEP),
}


@pytest.mark.parametrize("shape", NESTED)
def test_deep_code_ends(shape: str) -> None:
    timed(NESTED[shape])


WORK = {
    "an endless loop": "let s = ''; while (true) { s += 'x' }",
    "a recursion": "function f(n) { return f(n + 1) + f(n + 2) } f(1)",
    "mutual recursion": "const f = (n) => g(n) + g(n), g = (n) => f(n) + f(n); f(1)",
    "nested loops": "for(let a=0;a<1e3;a++)for(let b=0;b<1e3;b++)for(let c=0;c<1e3;c++)x[a]=b+c",
    "a growing array": "const a = [1]; for (;;) a.push(...a)",
    "a growing object": "const a = {}; for (let i = 0;; i++) a['k' + i] = a",
    "eval that evaluates itself": "const c = 'eval(c);eval(c)'; eval(c)",
    "callbacks of callbacks": "const f = g => g(f); setTimeout(f, f); x(f, f, f)",
    "many functions": "function a(){b();b();b()}function b(){c();c();c()}function c(){d();d();d()}function d(){a();a();a()}a()",
    "bits": "let x = 3; for (;;) x = x * x << 31",
}


@pytest.mark.parametrize("shape", WORK)
def test_endless_work_ends(shape: str) -> None:
    timed(WORK[shape])


def test_what_follows_endless_work_is_seen_all_the_same() -> None:
    code = "for(let a=0;a<1e6;a++)for(let b=0;b<1e3;b++)x[a]=f(b+1);\nfunction f(n){return f(n+1)+f(n+2)}\n"
    ledger = read_js(code + "require('child_process').exec('harmless-probe')")
    assert details(ledger, "spawn", When.INSTALL) == {"harmless-probe"}


def test_a_call_that_lies_too_deep_is_followed_later() -> None:
    chain = "".join(f"function f{n}() {{ f{n + 1}() }}\n" for n in range(60))
    ledger = read_js(chain + "function f60() { require('child_process').exec('harmless-probe') } f0()")
    assert details(ledger, "spawn", When.INSTALL) == {"harmless-probe"}


def test_files_that_require_one_another_end() -> None:
    files = {f"a{n}.js": f"require('./a{(n + 1) % 50}'); require('./a{(n + 7) % 50}')" for n in range(50)}
    files["a33.js"] += ";require('child_process').exec('harmless-probe')"
    ledger = read_js("require('./a0')", files)
    assert details(ledger, "spawn", When.INSTALL) == {"harmless-probe"}
    assert not ledger.unread


def test_what_is_no_javascript_is_said() -> None:
    assert read_js("\0\1\2 this } is { not ) code ( at all ]]] " * 50).unread
    assert not read_js("const a = 1; // fine").unread


def test_too_large_a_file_is_said() -> None:
    assert "too large" in read_js("a();\n" * 4_000_000).unread["index.js"].reason


def test_too_long_work_is_said() -> None:
    code = "(function () {" + "y();" * 150_000 + "})()"
    assert "too long" in read_js(code).unread["index.js"].reason


MANY = "".join(
    f"function f{n}(a) {{ return [a.b{n}, a + {n}, a.c({n}) ? x.y : z] }}\nf{n}(q{n});\n" for n in range(4000)
)


def bundled(code: str) -> str:
    return "(function () {\n" + code + "\n})()"


def question(code: str) -> list[str]:
    """Return what is asked about a file that was not read to the end."""
    ledger = read_js(code, {}, When.IMPORT)
    assert ledger.unread, "it was read to the end"
    return [one.message for one in findings(ledger) if one.severity >= Severity.MEDIUM]


def test_a_large_bundle_that_was_read_in_parts_raises_no_question() -> None:
    act = "function later() { return require('child_process').exec('harmless-probe') }\nexports.later = later;"
    code = bundled(MANY + act)
    assert question(code) == []
    assert "function by function" in read_js(code, {}, When.IMPORT).unread["index.js"].reason


MADE = {"an endless loop": "s", "nested loops": "x", "a growing array": "a", "a growing object": "a", "bits": "x"}


@pytest.mark.parametrize("rest", [MANY, ""], ids=["in a bundle", "in a small file"])
@pytest.mark.parametrize("shape", MADE)
def test_what_follows_endless_work_is_seen_or_asked_about(shape: str, rest: str) -> None:
    code = bundled(WORK[shape] + ";\nrequire('child_process').exec('harmless-probe');" + rest)
    ledger = read_js(code, {}, When.IMPORT)
    assert details(ledger, "spawn", When.IMPORT) == {"harmless-probe"} or "places that can act" in question(code)[0]


@pytest.mark.parametrize("act", ["require('child_process').exec(MADE)", "eval(String(MADE))", "global[MADE](MADE)"])
@pytest.mark.parametrize("rest", [MANY, ""], ids=["in a bundle", "in a small file"])
@pytest.mark.parametrize("shape", MADE)
def test_what_endless_work_makes_raises_a_question_where_it_runs(shape: str, rest: str, act: str) -> None:
    code = bundled(WORK[shape] + ";\n" + act.replace("MADE", MADE[shape]) + ";\n" + rest)
    assert "repeats itself" in question(code)[0] or "places that can act" in question(code)[0]


def test_endless_work_of_which_nothing_runs_raises_none() -> None:
    ledger = read_js(bundled(WORK["a growing array"] + ";\nmodule.exports = a"), {}, When.IMPORT)
    assert not [one for one in findings(ledger) if one.severity >= Severity.MEDIUM]


def test_places_that_can_act_and_were_not_reached_raise_a_question() -> None:
    assert "places that can act" in question(bundled(MANY + "require('child_process').exec(key);"))[0]


def test_words_that_only_look_like_acts_raise_none() -> None:
    assert question(bundled(MANY + "// fetch(key)\nvar names = ['http', 'dns']; this.my_eval(key);")) == []
