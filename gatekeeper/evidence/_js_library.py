"""What the harmless functions of JavaScript's and Node's libraries yield."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence import _js_fold as fold
from gatekeeper.evidence import _js_paths as paths
from gatekeeper.evidence import _js_texts as texts
from gatekeeper.evidence._js_arrays import Arrays, items_of
from gatekeeper.evidence._js_constants import from_python, plain, spelled
from gatekeeper.evidence._js_values import CALLABLE, UNDEFINED, Class, Function, Object, origins, undefined
from gatekeeper.evidence._values import HOLE, MISSING, Value, element_of, exactly, listed, opaque, roughly

if TYPE_CHECKING:
    from collections.abc import Callable

    from gatekeeper.evidence._js_calling import Call

DECODED = frozenset({"decoded"})
CHARACTERS = frozenset({"characters"})
MOST_CHARACTERS = 1 << 16
MOST_JSON = 1 << 18


def _named(_: Arrays, call: Call) -> Value:
    """Read String(x) and text methods borrowed from String."""
    value = call.argument(0)
    const = plain(value)
    if const is MISSING:
        return Value(rough=value.rough, taints=origins([value]), ref=None)
    return exactly(spelled(const), origins([value]))


def _characters(_: Arrays, call: Call) -> Value:
    taints = origins(call.args) | CHARACTERS
    codes = [plain(one) for one in call.args[:MOST_CHARACTERS]]
    if any(one is MISSING for one in codes):
        return opaque(taints)
    try:
        return exactly("".join(chr(fold.word(one) & 0x1FFFFF) for one in codes), taints)
    except fold.FOLDING_ERRORS:
        return opaque(taints)


def _buffer(_: Arrays, call: Call) -> Value:
    value, encoding = call.argument(0), call.argument(1)
    taints = origins([value])
    name = encoding.const if isinstance(encoding.const, str) else "utf8"
    if isinstance(value.const, str):
        content, more = texts.encoded(value.const, name) or (b"", taints)
        return exactly(content, taints | more)
    if isinstance(value.const, bytes):
        return value
    items = items_of(value)
    codes = [plain(one) for one in items] if items is not None and value.const is MISSING else [MISSING]
    if items is not None and all(isinstance(one, (int, float)) for one in codes):
        return exactly(bytes(fold.word(one) & 255 for one in codes), taints | CHARACTERS)
    more = DECODED if name in {"base64", "hex", "base64url"} else frozenset()
    return Value(rough=value.rough if not more else None, taints=taints | more)


def _decoded_text(decode: Callable[[str], str | bytes]) -> Callable[[Any, Call], Value]:
    def read(_: Arrays, call: Call) -> Value:
        value = call.argument(0)
        taints = origins([value]) | DECODED
        if not isinstance(value.const, str):
            return opaque(taints)
        made = decode(value.const)
        return exactly(made.decode("latin-1") if isinstance(made, bytes) else made, taints)

    return read


def _unquoted(_: Arrays, call: Call) -> Value:
    value = call.argument(0)
    decode = texts.unescape if call.ref == "unescape" else texts.unquoted
    if isinstance(value.const, str):
        changed = decode(value.const)
        return exactly(changed, value.taints | (DECODED if changed != value.const else frozenset()))
    return Value(rough=value.rough, taints=origins([value]))


def _quoted(_: Arrays, call: Call) -> Value:
    value = call.argument(0)
    if isinstance(value.const, str):
        from urllib.parse import quote

        return exactly(quote(value.const, safe="~()*!.'"), value.taints)
    return Value(rough=value.rough, taints=origins([value]))


def _numbered(parse: Callable[..., float]) -> Callable[[Any, Call], Value]:
    def read(_: Arrays, call: Call) -> Value:
        consts = [plain(one) for one in call.args[:2]]
        if not consts or any(one is MISSING for one in consts) or any(one.others for one in call.args):
            return opaque(origins(call.args))
        try:
            return exactly(parse(*consts), origins(call.args))
        except fold.FOLDING_ERRORS:
            return opaque(origins(call.args))

    return read


def _concatenated(_: Arrays, call: Call) -> Value:
    parts = listed(call.argument(0))
    taints = origins([call.argument(0)])
    if parts is None or not all(isinstance(one.const, bytes) for one in parts):
        return opaque(taints)
    return exactly(b"".join(one.const for one in parts), taints)


def _listed(self: Arrays, call: Call) -> Value:
    value, callee = call.argument(0), call.argument(1)
    items = items_of(value)
    if items is None and type(value.target) is Object and "length" in value.target.props:
        length = value.target.props["length"].const
        items = [undefined()] * length if isinstance(length, int) and 0 <= length < MOST_CHARACTERS else None
    if items is None:
        made = opaque(origins([value]))
        return self.apply(call, callee, [element_of(value)]) if isinstance(callee.target, CALLABLE) else made
    if isinstance(callee.target, CALLABLE) and len(items) <= self.state.left.rounds:
        self.state.left.rounds -= len(items)
        items = [self.apply(call, callee, [one, exactly(at)]) for at, one in enumerate(items)]
    return Value(items=tuple(items), taints=value.taints)


def _array(_: Arrays, call: Call) -> Value:
    if len(call.args) == 1 and isinstance(call.args[0].const, int):
        size = call.args[0].const
        return Value(items=tuple(undefined() for _ in range(size))) if 0 <= size < MOST_CHARACTERS else opaque()
    return Value(items=tuple(call.args))


def _decoded_bytes(self: Arrays, call: Call) -> Value:
    """Read new TextDecoder().decode(bytes)."""
    made = _buffer(self, call)
    return exactly(made.const.decode("utf-8", "replace"), made.taints) if isinstance(made.const, bytes) else made


def _numbers(_: Arrays, call: Call) -> Value:
    """Read typed arrays."""
    value = call.argument(0)
    if isinstance(value.const, bytes):
        return value
    if isinstance(value.const, int) and 0 <= value.const < MOST_CHARACTERS:
        return Value(items=tuple(exactly(0) for _ in range(value.const)))
    items = items_of(value)
    return opaque(origins([value])) if items is None else Value(items=tuple(items), taints=value.taints)


def _entries(_: Arrays, call: Call) -> Value:
    value, kind = call.argument(0), call.ref.rpartition(".")[2]
    holder = value.target
    if type(holder) is Object and value.ref is None and not holder.taints:
        named = [(exactly(name), one) for name, one in holder.props.items()]
    elif value.items is not None:
        named = [(exactly(str(at)), one) for at, one in enumerate(value.items)]
    elif isinstance(holder, (Function, Class)):
        named = [(exactly(name), one) for name, one in holder.props.items()]
    else:
        taints = origins([value])
        if value.ref is not None and kind in {"values", "entries"}:
            one = Value(taints=taints, ref=f"{value.ref}[]")
            return Value(items=(one if kind == "values" else Value(items=(opaque(taints), one)),))
        return Value(taints=taints, ref=f"Object.{kind}()")
    if kind in {"keys", "getOwnPropertyNames"}:
        return Value(items=tuple(name for name, _ in named))
    return Value(items=tuple(one if kind == "values" else Value(items=(name, one)) for name, one in named))


def _created(_: Arrays, call: Call) -> Value:
    proto = call.argument(0).target
    return Value(target=Object(proto=proto if isinstance(proto, Object) else None))


def _same(_: Arrays, call: Call) -> Value:
    return call.argument(0)


def _map(_: Arrays, call: Call) -> Value:
    made = Object()
    for pair in listed(call.argument(0)) or []:
        if pair.items is not None and len(pair.items) > 1 and plain(pair.items[0]) is not MISSING:
            made.put(spelled(plain(pair.items[0])), pair.items[1])
    return Value(target=made, ref="Map()", taints=origins([call.argument(0)]))


def _set(_: Arrays, call: Call) -> Value:
    items = items_of(call.argument(0))
    return Value(items=tuple(items)) if items is not None else opaque(origins(call.args))


def _parsed(_: Arrays, call: Call) -> Value:
    value = call.argument(0)
    if isinstance(value.const, (str, bytes)) and len(value.const) < MOST_JSON:
        try:
            made = from_python(json.loads(value.const))
        except (ValueError, RecursionError):
            return opaque(value.taints)
        made.taints |= value.taints
        return made
    return Value(taints=origins([value]))


def _stringified(_: Arrays, call: Call) -> Value:
    value = call.argument(0)
    if isinstance(value.const, str):
        return exactly(json.dumps(value.const, ensure_ascii=False), value.taints)
    shown = HOLE
    if type(value.target) is Object:  # what is written is often told by its parts
        parts = (f'"{name}":"{one.text}"' for name, one in list(value.target.props.items())[:64] if one.text)
        shown = "{" + ",".join(parts) + HOLE + "}"
    return roughly(shown[:MOST_CHARACTERS], origins([value]))


def _regular(_: Arrays, call: Call) -> Value:
    source, flags = call.argument(0), call.argument(1)
    if source.ref == "RegExp":
        return source
    return Value(items=(source, flags if isinstance(flags.const, str) else exactly("")), ref="RegExp")


def _boolean(_: Arrays, call: Call) -> Value:
    const = plain(call.argument(0))
    return opaque(origins(call.args)) if const is MISSING else exactly(bool(const))


def _assigned(self: Arrays, call: Call) -> Value:
    into = call.argument(0)
    for one in call.args[1:]:
        self.copy(one, into)
    return into


def _defined(self: Arrays, call: Call) -> Value:
    holder, name, described = call.argument(0), plain(call.argument(1)), call.argument(2)
    if isinstance(described.target, Object) and name is not MISSING:
        value = described.target.props.get("value")
        getter = described.target.props.get("get")
        if value is None and getter is not None and isinstance(getter.target, Function):
            getter.target.getter = True
            value = getter
        if value is not None:
            self.set_member(holder, spelled(name), value, call.node)
    return holder


def _prototype(_: Arrays, call: Call) -> Value:
    value = call.argument(0)
    if isinstance(value.target, Object) and value.target.proto is not None:
        return Value(target=value.target.proto)
    if value.ref == "module":
        return Value(ref="module.prototype")
    return Value(ref="#function.prototype") if isinstance(value.target, CALLABLE) else Value(ref="#any")


FUNCTIONS: dict[str, Callable[[Any, Call], Value]] = {
    "String.fromCharCode": _characters, "String.fromCodePoint": _characters, "String": _named, "Boolean": _boolean,
    "Buffer.from": _buffer, "Buffer": _buffer, "Buffer.concat": _concatenated, "String.raw": _same,
    "atob": _decoded_text(texts.from_base64), "decodeURIComponent": _unquoted, "decodeURI": _unquoted,
    "unescape": _unquoted, "encodeURIComponent": _quoted, "encodeURI": _quoted, "querystring.unescape": _unquoted,
    "parseInt": _numbered(fold.parse_integer), "Number.parseInt": _numbered(fold.parse_integer),
    "parseFloat": _numbered(fold.parse_number), "Number": _numbered(fold.number),
    "Math.floor": _numbered(lambda one, *_: int(fold.number(one) // 1)), "Math.abs": _numbered(lambda one,
    *_: abs(fold.number(one))),
    "Math.min": _numbered(lambda *both: min(map(fold.number, both))),
    "Math.max": _numbered(lambda *both: max(map(fold.number, both))),
    "Math.pow": _numbered(lambda one, two=UNDEFINED: fold.exact("**", one, two)),
    "Math.trunc": _numbered(lambda one, *_: int(fold.number(one))),
    "Array.from": _listed, "Array": _array, "Array.of": _array, "Uint8Array": _numbers, "Uint16Array": _numbers,
    "Uint32Array": _numbers, "Int8Array": _numbers, "Uint8Array.from": _numbers, "Object.keys": _entries,
    "Object.values": _entries, "Object.entries": _entries, "Object.getOwnPropertyNames": _entries,
    "Reflect.ownKeys": _entries,
    "Object.assign": _assigned, "Object.defineProperty": _defined, "Object.create": _created,
    "Object.getPrototypeOf": _prototype,
    "Object.freeze": _same, "Object.seal": _same, "Object": _same, "structuredClone": _same,
    "Object.fromEntries": _map,
    "Map": _map, "WeakMap": _map, "Set": _set, "JSON.parse": _parsed, "JSON.stringify": _stringified,
    "RegExp": _regular,
    "path.join": paths.path, "path.resolve": paths.path, "path.normalize": paths.same_path,
    "path.dirname": paths.folder,
    "path.basename": paths.base, "URL": paths.address, "url.parse": paths.address,
    "url.fileURLToPath": paths.same_path,
    "url.pathToFileURL": paths.same_path, "os.homedir": paths.home, "os.tmpdir": paths.temporary,
    "process.cwd": paths.here,
    "fs.realpath": paths.same_path, "url.resolve": paths.address, "querystring.stringify": _stringified,
    "fs.realpath.native": paths.same_path,
    "util.inspect": _stringified, "url.format": paths.same_path, "Symbol": _same, "Object.setPrototypeOf": _same,
    "TextDecoder().decode": _decoded_bytes, "TextEncoder().encode": _same,
}  # fmt: skip
