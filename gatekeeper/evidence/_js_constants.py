"""How JavaScript sees constants: spelled as texts, tested for truth, parsed from JSON."""

from __future__ import annotations

from typing import Any

from gatekeeper.evidence._js_values import UNDEFINED, Object
from gatekeeper.evidence._values import MISSING, Value, exactly, opaque

MOST_JSON_DEPTH = 32


def plain(value: Value) -> object:
    """Return the constant that a value is when operators ask, or MISSING: an array of constants becomes a text."""
    if value.const is not MISSING:
        return value.const
    if value.items is not None:
        parts = [plain(one) for one in value.items[:4096]]
        if any(one is MISSING for one in parts):
            return MISSING
        return ",".join("" if one is None or one is UNDEFINED else spelled(one) for one in parts)
    if value.ref is not None and value.ref.startswith("#"):
        return f"function {value.ref.rpartition('.')[2]}() {{ [native code] }}"
    if type(value.target) is Object and not value.target.props:
        return "[object Object]"
    return MISSING


def spelled(const: object) -> str:
    """Spell a constant as JavaScript's String() does."""
    if isinstance(const, str):
        return const
    if isinstance(const, bool) or const is None:
        return {True: "true", False: "false", None: "null"}[const]
    if isinstance(const, bytes):
        return const.decode("utf-8", "replace")
    if isinstance(const, float):
        return _spelled_float(const)
    if isinstance(const, int) and const.bit_length() > 4096:  # noqa: PLR2004 - spelling longer ones takes too long
        return "Infinity"
    return str(const)


def _spelled_float(const: float) -> str:
    if const != const:  # noqa: PLR0124 - NaN
        return "NaN"
    if const in {float("inf"), float("-inf")}:
        return "Infinity" if const > 0 else "-Infinity"
    return repr(int(const)) if const.is_integer() and abs(const) < 1e21 else repr(const)  # noqa: PLR2004 - as it spells


def truth(value: Value) -> bool | None:
    """Say whether a value counts as true; None when nobody knows."""
    if value.others:
        return None
    if value.const is not MISSING:
        const = value.const
        if const is UNDEFINED or const is None:
            return False
        return True if isinstance(const, bytes) else bool(const) and const == const  # noqa: PLR0124 - NaN is false
    if value.items is not None or value.target is not None:
        return True
    return None


def from_python(made: Any, depth: int = 0) -> Value:  # noqa: ANN401 - any JSON
    """Return the value of parsed JSON."""
    if depth > MOST_JSON_DEPTH:
        return opaque()
    if isinstance(made, dict):
        return Value(target=Object({str(name): from_python(one, depth + 1) for name, one in made.items()}))
    if isinstance(made, list):
        return Value(items=tuple(from_python(one, depth + 1) for one in made))
    return exactly(made)
