"""What the harmless part of Python's library yields for known values: text, numbers, sequences, paths."""

from __future__ import annotations

import re
from collections.abc import Callable  # noqa: TC003 - used in a table
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence import _fold as fold
from gatekeeper.evidence._apis import SAME_TEXT
from gatekeeper.evidence._environment import environment_variable
from gatekeeper.evidence._expressions import PATHS
from gatekeeper.evidence._values import (
    HOLE,
    MISSING,
    MOST_ALTERNATIVES,
    MOST_TEXT,
    Value,
    all_taints,
    exactly,
    joined,
    listed,
    opaque,
    roughly,
)

if TYPE_CHECKING:
    from gatekeeper.evidence._calling import Call

MOST_RANGE = 4096
DECODING = frozenset({"decoded"})


def folded(call: Call) -> Value | None:
    """Return what a call yields, or None when it is not one of ours to fold."""
    if call.ref in FUNCTIONS:
        return FUNCTIONS[call.ref](call)
    if call.ref in SAME_TEXT and call.args:
        return _same(call)
    if call.ref.startswith("pathlib."):
        return _path(call)
    if call.receiver is None or call.callee.target is not None:
        return None
    return _method(call, call.receiver)


def _method(call: Call, receiver: Value) -> Value | None:
    name = call.method
    if name == "join" and call.args and receiver.text is not None:
        return fold.join(receiver, call.args[0])
    if name == "format" and receiver.text is not None:
        return fold.formatted(receiver, call.args, call.named)
    if receiver.items is not None:
        return _container(call, receiver)
    if receiver.ref in {None, "str", "bytes"} or receiver.exact:
        return fold.method(receiver, name, call.args)
    return None


def _container(call: Call, receiver: Value) -> Value | None:
    if receiver.keys is not None:
        if call.method in {"get", "pop"} and call.args:
            return fold.subscripted(receiver, call.args[0])
        if call.method == "values":
            return Value(items=receiver.items, taints=receiver.taints)
        if call.method == "items":
            pairs = zip(receiver.keys, receiver.items or (), strict=False)
            return Value(items=tuple(Value(items=pair) for pair in pairs), taints=receiver.taints)
    elif call.method == "append" and call.args and receiver.items is not None and len(receiver.items) < MOST_RANGE:
        receiver.items = (*receiver.items, call.args[0])
        return exactly(None)
    if call.method in {"append", "extend", "update", "add", "insert", "setdefault", "appendleft"}:
        receiver.taints |= all_taints(call.values())
        return exactly(None)
    return None


def _same(call: Call) -> Value:
    value = call.args[0]
    return Value(value.const, value.rough, all_taints([value]), value.ref, None, value.items, value.keys, value.others)


def _path(call: Call) -> Value | None:
    if call.ref in {"pathlib.Path.home", f"{PATHS}.home"}:
        return roughly("~", ref=PATHS)
    if call.ref in {
        "pathlib.Path",
        "pathlib.PurePath",
        "pathlib.PosixPath",
        "pathlib.WindowsPath",
        "pathlib.PureWindowsPath",
    }:
        return _as_path(fold.path_join(call.args)) if call.args else exactly(".")
    if call.receiver is None or call.receiver.ref != PATHS:
        return None
    if call.method in {"joinpath", "with_name", "with_suffix"}:
        return _as_path(fold.path_join([call.receiver, *call.args]))
    if call.method in {"resolve", "absolute", "expanduser", "as_posix", "as_uri", "__str__"}:
        return call.receiver
    return None


def _as_path(value: Value) -> Value:
    return Value(value.const, value.rough, value.taints, PATHS)


def _attempted(make: Callable[..., Any]) -> Callable[[Call], Value]:
    """Wrap a builtin that may be run on known, small arguments."""

    def fold_it(call: Call) -> Value:
        taints = all_taints(call.values())
        if not call.args or call.named or not all(one.exact for one in call.args):
            return opaque(taints)
        try:
            return exactly(make(*[one.const for one in call.args]), taints)
        except fold.FOLDING_ERRORS:
            return opaque(taints)

    return fold_it


def _integer(text: Any, base: Any = MISSING) -> int:  # noqa: ANN401 - whatever int takes
    if isinstance(text, (str, bytes)) and len(text) > 1000:  # noqa: PLR2004 - int() is quadratic
        raise ValueError
    return int(text) if base is MISSING else int(text, base)


def _sequence(call: Call) -> Value:
    if not call.args:
        return Value(items=())
    items = listed(call.args[0])
    return opaque(all_taints(call.args)) if items is None else Value(items=tuple(items), taints=call.args[0].taints)


def _reversed(call: Call) -> Value:
    made = _sequence(call)
    return made if made.items is None else Value(items=tuple(reversed(made.items)), taints=made.taints)


def _bytes(call: Call) -> Value:
    taints = all_taints(call.values())
    if not call.args:
        return exactly(b"")
    value = call.args[0]
    if isinstance(value.const, bytes):
        return value
    if isinstance(value.const, str):
        return exactly(value.const.encode("utf-8", "replace"), taints)
    items = None if value.exact else listed(value)
    if items is None or not all(isinstance(one.const, int) and 0 <= one.const < 256 for one in items):  # noqa: PLR2004
        return opaque(taints)
    return exactly(bytes([one.const for one in items]), taints | DECODING)


def _range(call: Call) -> Value:
    bounds = [one.const for one in call.args]
    if not bounds or not all(isinstance(one, int) for one in bounds) or (len(bounds) == 3 and bounds[2] == 0):  # noqa: PLR2004
        return opaque()
    walked = range(*bounds[:3])
    return opaque() if len(walked) > MOST_RANGE else Value(items=tuple(exactly(one) for one in walked))


def _zip(call: Call) -> Value:
    columns = [listed(one) for one in call.args]
    known = [one for one in columns if one is not None]
    if len(known) < len(columns):
        return opaque(all_taints(call.args))
    return Value(items=tuple(Value(items=row) for row in zip(*known, strict=False)))


def _enumerate(call: Call) -> Value:
    items = listed(call.args[0]) if call.args else None
    if items is None:
        return opaque(all_taints(call.args))
    return Value(items=tuple(Value(items=(exactly(at), one)) for at, one in enumerate(items)))


def _length(call: Call) -> Value:
    items = listed(call.args[0]) if call.args else None
    return opaque() if items is None else exactly(len(items))


def _chr(call: Call) -> Value:
    made = _attempted(chr)(call)
    made.taints |= {"characters"}
    return made


def _joined_path(call: Call) -> Value:
    return fold.path_join(call.args)


def _head(call: Call) -> Value:
    value = call.args[0] if call.args else opaque()
    if value.text is None:
        return opaque(value.taints)
    head = value.text.replace("\\", "/").rpartition("/")[0]
    return exactly(head, value.taints) if value.exact else roughly(head, value.taints)


def _tail(call: Call) -> Value:
    value = call.args[0] if call.args else opaque()
    return opaque(value.taints) if value.text is None else roughly(value.text.rpartition("/")[2], value.taints)


def _environment(call: Call) -> Value:
    value = environment_variable(call.args[0] if call.args else opaque())
    default = call.argument(1, "default")
    return value if default is None else joined(default, value)


def _temporary(_: Call) -> Value:
    return roughly("%TEMP%")


def _temporary_file(call: Call) -> Value:
    suffix = call.argument(0, "suffix")
    text = suffix.text if suffix is not None and suffix.text else ""
    if call.ref == "tempfile.mkstemp":
        return Value(items=(opaque(), roughly("%TEMP%/file" + text)))
    return roughly("%TEMP%/file" + text, ref="open(w)" if "File" in call.ref else None)


def _imported_table(call: Call) -> Value:
    if call.args and call.args[0].ref is not None:
        return Value(ref=f"{call.args[0].ref}.__dict__")
    return Value(ref=call.ref + "()")


def _table(call: Call) -> Value:
    """Fold `str.maketrans(old, new)`, which maps letters to letters."""
    if not 2 <= len(call.args) <= 3:  # noqa: PLR2004 - letters, letters, and what is left out
        return opaque(all_taints(call.args))
    made = _attempted(str.maketrans)(call)
    made.taints |= DECODING
    return made


def _template(call: Call) -> Value:
    value = call.args[0] if call.args else opaque()
    return Value(value.const, value.rough, value.taints, "string.Template()")


def _substituted(call: Call) -> Value:
    """Fold `Template.substitute`."""
    words = {name: one.text or HOLE for name, one in call.named.items()}
    text = (call.receiver.text if call.receiver is not None else None) or HOLE
    known = len(text) < MOST_TEXT >> 6 and sum(map(len, words.values())) < 1 << 12
    made = SLOTS.sub(lambda slot: words.get(slot[1] or slot[2], HOLE), text) if known else HOLE
    taints = all_taints(call.values())
    return roughly(made, taints) if HOLE in made else exactly(made, taints)


SLOTS = re.compile(r"\$(?:(\w+)|\{(\w+)\})")


def _next(call: Call) -> Value:
    """Return what comes next: the first item, or any other one that was not taken yet."""
    chosen: Value | None = None
    for item in reversed((listed(call.args[0]) or [])[:MOST_ALTERNATIVES] if call.args else []):
        chosen = joined(chosen, item)
    return chosen or opaque(all_taints(call.args))


FUNCTIONS: dict[str, Callable[[Call], Value]] = {
    "next": _next,
    "chr": _chr,
    "str.maketrans": _table,
    "string.Template": _template,
    "string.Template().substitute": _substituted,
    "string.Template().safe_substitute": _substituted,
    "unichr": _chr,
    "ord": _attempted(ord),
    "hex": _attempted(hex),
    "int": _attempted(_integer),
    "int.from_bytes": _attempted(int.from_bytes),
    "len": _length,
    "range": _range,
    "list": _sequence,
    "tuple": _sequence,
    "sorted": _sequence,
    "reversed": _reversed,
    "zip": _zip,
    "enumerate": _enumerate,
    "bytes": _bytes,
    "bytearray": _bytes,
    "os.path.join": _joined_path,
    "os.path.dirname": _head,
    "os.path.basename": _tail,
    "os.getenv": _environment,
    "os.environ.get": _environment,
    "os.environ.pop": _environment,
    "tempfile.gettempdir": _temporary,
    "tempfile.mkdtemp": _temporary,
    "tempfile.NamedTemporaryFile": _temporary_file,
    "tempfile.mkstemp": _temporary_file,
    "tempfile.mktemp": _temporary_file,
    **dict.fromkeys(("globals", "locals", "vars"), _imported_table),
}
