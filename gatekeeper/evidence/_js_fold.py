"""Constant folding: what JavaScript's operators yield for known and half-known values."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable  # noqa: TC003 - used in a table
from typing import Any

from gatekeeper.evidence._js_constants import plain, spelled
from gatekeeper.evidence._js_keys import KEYED
from gatekeeper.evidence._js_values import UNDEFINED, origins
from gatekeeper.evidence._values import HOLE, MISSING, MOST_TEXT, Value, exactly, opaque, roughly

FOLDING_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, OverflowError, AttributeError, UnicodeError)
NUMERAL = re.compile(r"[+-]?(?:\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|Infinity)$")
PREFIXED = re.compile(r"0[xX][0-9a-fA-F]+$|0[oO][0-7]+$|0[bB][01]+$")
MOST_DIGITS = 400
MOST_ROUGH = 1 << 16  # characters of a text of which a part is not known
MOST_BITS = 1024
MOST_WHOLE = 1 << 53  # the largest number up to which all whole ones are exact
WORD = 0xFFFFFFFF
SIGN = 0x80000000
NAN = float("nan")


def number(const: object) -> float:
    """Return what Number() makes of a constant."""
    if isinstance(const, (int, float)):
        return const
    if const is None:
        return 0
    return _numeral(const.strip()) if isinstance(const, str) else NAN


def _numeral(text: str) -> float:
    if not text:
        return 0
    if len(text) > MOST_DIGITS:
        return NAN
    if PREFIXED.match(text):
        return int(text, 0)
    return shortened(float(text.replace("Infinity", "inf"))) if NUMERAL.match(text) else NAN


def shortened(value: float) -> float:
    """Return a whole number as one that Python knows to be whole."""
    if isinstance(value, int):
        return value if -MOST_WHOLE < value < MOST_WHOLE else float(value)
    return int(value) if abs(value) < MOST_WHOLE and value.is_integer() else value


def word(const: object) -> int:
    """Return the signed 32-bit number that bit operators work on."""
    value = number(const)
    if isinstance(value, float) and not math.isfinite(value):
        return 0
    bits = int(value) & WORD
    return bits - (WORD + 1) if bits & SIGN else bits


def _divided(left: float, right: float) -> float:
    if right == 0:
        return NAN if left == 0 or left != left else math.copysign(math.inf, left)  # noqa: PLR0124 - NaN
    return left / right


def _power(left: float, right: float) -> float:
    if abs(left) > 1 and abs(right) > MOST_BITS:
        raise OverflowError
    made = left**right
    return NAN if isinstance(made, complex) else float(made)


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "%": lambda left, right: math.fmod(left, right) if right else NAN,
    "**": _power,
}
BITWISE: dict[str, Callable[[int, int], int]] = {
    "^": operator.xor,
    "&": operator.and_,
    "|": operator.or_,
    "<<": lambda left, right: word(left << (right & 31)),
    ">>": lambda left, right: left >> (right & 31),
    ">>>": lambda left, right: (left & WORD) >> (right & 31),
}
ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
EQUALITY = frozenset({"==", "===", "!=", "!=="})


def binary(op: str, left: Value, right: Value) -> Value:
    """Fold one binary operator."""
    taints = left.taints | right.taints
    if left.items or right.items or left.target is not None or right.target is not None:
        taints = origins((left, right))
    first, second = plain(left), plain(right)
    if first is not MISSING and second is not MISSING:
        try:
            folded = exact(op, first, second)
        except FOLDING_ERRORS:
            folded = MISSING
        if folded is not MISSING:
            made = exactly(folded, taints)
            return _uncertain(made, left, right) if left.others or right.others else made
    if op == "+":
        return added(left, right)
    if op == "^":
        return opaque(taints | {"xor"})
    return opaque(taints - KEYED)


def _uncertain(made: Value, left: Value, right: Value) -> Value:
    """Return a result that may be another, since what it was made of may be; for texts, the others are made too."""
    others: list[Value] = []
    if isinstance(made.const, str):
        for one in (left, *left.others)[:4]:
            others += [added(one, two) for two in (right, *right.others)[:4]]
        others = others[1:]
    else:
        others = [opaque(made.taints)]
    made.others = tuple(others)
    return made


def exact(op: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - any constant
    """Return what an operator makes of two constants, or MISSING."""
    if op == "+":
        if isinstance(left, (str, bytes)) or isinstance(right, (str, bytes)):
            whole = spelled(left) + spelled(right)
            return whole if len(whole) <= MOST_TEXT else MISSING
        return shortened(number(left) + number(right))
    if op in BITWISE:
        return BITWISE[op](word(left), word(right))
    if op in ARITHMETIC:
        return shortened(ARITHMETIC[op](number(left), number(right)))
    return _compared(op, left, right)


def _compared(op: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - any constant
    if op in ORDER:
        if isinstance(left, str) and isinstance(right, str):
            return ORDER[op](left, right)
        return ORDER[op](number(left), number(right))
    if op in EQUALITY:
        same = _same(left, right) if op in {"===", "!=="} else _similar(left, right)
        return same == (op in {"==", "==="})
    return MISSING


def _same(left: object, right: object) -> bool:
    numbers = isinstance(left, (int, float)) and isinstance(right, (int, float))
    if numbers and isinstance(left, bool) == isinstance(right, bool):
        return left == right
    return type(left) is type(right) and left == right


def _similar(left: object, right: object) -> bool:
    blank = (None, UNDEFINED)
    if left in blank or right in blank:
        return left in blank and right in blank
    if type(left) is type(right):
        return left == right
    return number(left) == number(right)


def added(left: Value, right: Value) -> Value:
    """Concatenate texts of which a part may be unknown."""
    taints = origins((left, right))
    first, second = half_known(left), half_known(right)
    if (first is None and second is None) or len(first or "") + len(second or "") > MOST_ROUGH:
        return opaque(taints)
    whole = (HOLE if first is None else first) + (HOLE if second is None else second)
    return roughly(whole, taints) if left.const is MISSING or right.const is MISSING else exactly(whole, taints)


def half_known(value: Value) -> str | None:
    """Return the text of a value as far as it is known."""
    if value.rough is not None:
        return value.rough
    const = plain(value)
    return None if const is MISSING else spelled(const)


def template(parts: list[Value]) -> Value:
    """Fold the parts of a template string."""
    if not any(part.items or part.others for part in parts):
        texts = [half_known(part) for part in parts]
        if sum(len(text) for text in texts if text is not None) <= MOST_TEXT:
            whole = "".join(HOLE if text is None else text for text in texts)
            known = all(part.const is not MISSING for part in parts)
            return exactly(whole, origins(parts)) if known else roughly(whole, origins(parts))
    made = exactly("")
    for part in parts:
        made = binary("+", made, part)
    return made


def unary(op: str, value: Value) -> Value:
    """Fold one unary operator."""
    const = plain(value)
    taints = value.taints
    if op == "void":
        return exactly(UNDEFINED)
    if const is MISSING or value.others:
        return opaque(taints)
    if op == "-":
        return exactly(shortened(-number(const)), taints)
    if op == "+":
        return exactly(number(const), taints)
    if op == "~":
        return exactly(~word(const), taints)
    return opaque(taints)


def parse_integer(const: object, base: object = UNDEFINED) -> float:
    """Return what parseInt() reads at the start of a text."""
    text = spelled(const).strip()[:MOST_DIGITS].lower()
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-")
    radix = word(base) if base is not UNDEFINED else 0
    if radix in {0, 16} and text.startswith("0x"):
        text, radix = text[2:], 16
    radix = radix or 10
    if not 2 <= radix <= 36:  # noqa: PLR2004 - as the language says
        return NAN
    letters = "0123456789abcdefghijklmnopqrstuvwxyz"[:radix]
    end = 0
    while end < len(text) and text[end] in letters:
        end += 1
    return sign * int(text[:end], radix) if end else NAN


def parse_number(const: object) -> float:
    """Return what parseFloat() reads at the start of a text."""
    match = re.match(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)", spelled(const)[:MOST_DIGITS])
    return shortened(float(match.group(1))) if match else NAN
