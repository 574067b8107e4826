"""Constant folding: what operators, text methods and formatting yield for known and half-known texts."""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._values import HOLE, MISSING, MOST_TEXT, Value, all_taints, exactly, listed, opaque, roughly

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BITS = 4096
FOLDING_ERRORS = (TypeError, ValueError, ArithmeticError, LookupError, OverflowError, AttributeError, UnicodeError)

ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.BitXor: operator.xor,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.Mod: operator.mod,
    ast.FloorDiv: operator.floordiv,
    ast.RShift: operator.rshift,
    ast.Mult: operator.mul,
}
# Methods of str and bytes that cannot make a long result out of short input.
TEXT_METHODS = words(
    """
    lower upper title swapcase capitalize casefold strip lstrip rstrip split rsplit splitlines partition
    rpartition startswith endswith find rfind index count removeprefix removesuffix hex isdigit isalpha decode
    encode translate
    """
)
UNPACKING_CODECS = words(
    """
    zlib bz2 zip bzip2 zlib_codec bz2_codec
    """
)
PERCENT = re.compile(r"%[-#0 +]*\d{0,3}(?:\.\d{0,3})?[srdixXo]")
BRACES = re.compile(r"\{(\w*)(?:![rsa])?(?::[^{}]{0,20})?\}")


def binary(op: type[ast.operator], left: Value, right: Value) -> Value:
    """Fold one binary operator."""
    taints = left.taints | right.taints
    if left.exact and right.exact and (folded := _exact(op, left.const, right.const)) is not MISSING:
        return exactly(folded, taints)
    if op is ast.Add:
        return add(left, right)
    if op is ast.Mod and left.text is not None:
        return percent(left.text, right)
    if op is ast.Div and (left.text is not None or right.text is not None):
        return path_join([left, right])
    return opaque(all_taints((left, right)))


def _exact(op: type[ast.operator], left: Any, right: Any) -> Any:  # noqa: ANN401 - any constant
    sized = isinstance(left, (str, bytes)) or isinstance(right, (str, bytes))
    if op not in ARITHMETIC or (op is ast.Mod and sized) or not _small(op, left, right):
        return MISSING
    try:
        return ARITHMETIC[op](left, right)
    except FOLDING_ERRORS:
        return MISSING


def _small(op: type[ast.operator], left: Any, right: Any) -> bool:  # noqa: ANN401 - any constant
    for side in (left, right):
        if isinstance(side, int) and side.bit_length() > MOST_BITS:
            return False
    lengths = [len(side) for side in (left, right) if isinstance(side, (str, bytes))]
    if op is ast.Mult and lengths:
        times = right if isinstance(right, int) else left
        return isinstance(times, int) and max(times, 0) * max(lengths) <= MOST_TEXT
    return sum(lengths) <= MOST_TEXT


COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


def compared(op: type[ast.cmpop], left: Value, right: Value) -> Value:
    """Fold one comparison of known values."""
    taints = left.taints | right.taints
    if op not in COMPARISONS or not (left.exact and right.exact):
        return opaque(taints)
    try:
        return exactly(bool(COMPARISONS[op](left.const, right.const)), taints)
    except FOLDING_ERRORS:
        return opaque(taints)


def add(left: Value, right: Value) -> Value:
    """Concatenate texts of which a part may be unknown, or lists."""
    if left.items is not None and right.items is not None and left.keys is None:
        return Value(items=(*left.items, *right.items)[:4096], taints=left.taints | right.taints)
    taints = all_taints((left, right))
    if left.text is None and right.text is None:
        return opaque(taints)
    return roughly((HOLE if left.text is None else left.text) + (HOLE if right.text is None else right.text), taints)


def percent(template: str, right: Value) -> Value:
    """Fold `template % right`; unknown arguments leave holes."""
    arguments = list(right.items) if right.items is not None and right.keys is None else [right]
    return _filled(template, PERCENT, lambda _match, count: arguments[count] if count < len(arguments) else None, right)


def formatted(template: Value, positional: list[Value], named: dict[str, Value]) -> Value:
    """Fold `template.format(...)`; unknown arguments and format specifications leave holes or are ignored."""

    def pick(match: re.Match[str], count: int) -> Value | None:
        name = match.group(1)
        if name and not name.isdigit():
            return named.get(name)
        index = int(name[:4]) if name else count
        return positional[index] if index < len(positional) else None

    everything = Value(items=(template, *positional, *named.values()))
    return _filled(template.text or HOLE, BRACES, pick, everything)


def _filled(
    template: str, slots: re.Pattern[str], pick: Callable[[re.Match[str], int], Value | None], arguments: Value
) -> Value:
    complete, count = True, -1

    def fill(match: re.Match[str]) -> str:
        nonlocal complete, count
        count += 1
        value = pick(match, count)
        complete = complete and value is not None and value.exact
        return HOLE if value is None or value.text is None else value.text

    if len(template) > MOST_TEXT // 64:
        return roughly(template, all_taints([arguments]))
    text = slots.sub(fill, template)
    taints = all_taints([arguments])
    return (
        exactly(text, taints) if complete and HOLE not in template and len(text) < MOST_TEXT else roughly(text, taints)
    )


def concatenated(parts: list[Value]) -> Value:
    """Fold the parts of an f-string or of `"".join`."""
    taints = all_taints(parts)
    texts = [part.text for part in parts]
    if sum(len(text) for text in texts if text is not None) > MOST_TEXT:
        return opaque(taints)
    whole = "".join(HOLE if text is None else text for text in texts)
    return exactly(whole, taints) if all(part.exact for part in parts) else roughly(whole, taints)


def join(separator: Value, sequence: Value) -> Value:
    """Fold `separator.join(sequence)`."""
    items = listed(sequence)
    taints = all_taints((separator, sequence))
    if items is None or separator.text is None:
        return opaque(taints)
    if separator.exact and all(item.exact and isinstance(item.const, type(separator.const)) for item in items):
        if sum(len(item.const) + len(separator.const) for item in items) > MOST_TEXT:
            return opaque(taints)
        return exactly(separator.const.join(item.const for item in items), taints)
    return roughly(separator.text.join(HOLE if item.text is None else item.text for item in items[:4096]), taints)


def path_join(parts: list[Value]) -> Value:
    """Fold `os.path.join(...)` and `path / part`; both slashes are kept as written."""
    taints = all_taints(parts)
    texts = [HOLE if part.text is None else part.text for part in parts]
    absolute = max((at for at, text in enumerate(texts) if text.startswith("/")), default=0)
    whole = "/".join(text.rstrip("/") if text != "/" else "" for text in texts[absolute:] if text)
    if all(part.exact for part in parts):
        return exactly(whole, taints)
    return roughly(whole, taints, "pathlib.Path()")


def method(receiver: Value, name: str, arguments: list[Value]) -> Value | None:
    """Fold a method of a known text or of half-known text; None when it is not one of ours."""
    if name == "replace" and len(arguments) >= 2:  # noqa: PLR2004 - old and new
        return _replaced(receiver, arguments)
    if name == "to_bytes" and isinstance(receiver.const, int) and 0 <= receiver.const.bit_length() <= MOST_BITS:
        return _as_bytes(receiver, [argument.const for argument in arguments])
    if name in TEXT_METHODS and receiver.exact and all(argument.exact for argument in arguments):
        if name in {"decode", "encode"} and arguments and str(arguments[0].const).lower() in UNPACKING_CODECS:
            return None
        return _called(receiver, name, [argument.const for argument in arguments])
    if name in TEXT_METHODS and receiver.rough is not None and name in {"strip", "encode", "decode", "rstrip", "lower"}:
        return roughly(receiver.rough.strip(), receiver.taints)
    return None


def _as_bytes(receiver: Value, arguments: list[Any]) -> Value:
    try:
        size, order = (*arguments, "big")[:2]
        return exactly(receiver.const.to_bytes(min(size, MOST_BITS), order), receiver.taints | {"decoded"})
    except FOLDING_ERRORS:
        return opaque(receiver.taints)


def _replaced(receiver: Value, arguments: list[Value]) -> Value | None:
    old, new = arguments[0].const, arguments[1].const
    if isinstance(old, str) and old and new is MISSING and receiver.text is not None:
        return roughly(receiver.text.replace(old, HOLE), receiver.taints | arguments[1].taints)
    text: Any = receiver.const if receiver.exact else receiver.rough
    if not (isinstance(old, type(text)) and isinstance(new, type(text)) and isinstance(text, (str, bytes))):
        return None
    if len(text) * max(1, len(new)) > MOST_TEXT:
        return opaque(receiver.taints)
    changed = text.replace(old, new)
    return exactly(changed, receiver.taints) if receiver.exact else roughly(str(changed), receiver.taints)


def _called(receiver: Value, name: str, arguments: list[Any]) -> Value | None:
    if not isinstance(receiver.const, (str, bytes)):
        return None
    try:
        result = getattr(receiver.const, name)(*arguments)
    except FOLDING_ERRORS:
        return opaque(receiver.taints)
    if isinstance(result, (list, tuple)):
        return Value(items=tuple(exactly(item, receiver.taints) for item in result[:4096]), taints=receiver.taints)
    return exactly(result, receiver.taints)


def sliced(value: Value, lower: Any, upper: Any, step: Any) -> Value:  # noqa: ANN401 - any constant
    """Fold `value[lower:upper:step]`."""
    try:
        if isinstance(value.const, (str, bytes)):
            return exactly(value.const[lower:upper:step], value.taints)
        if value.items is not None and value.keys is None:
            return Value(items=value.items[lower:upper:step], taints=value.taints)
    except FOLDING_ERRORS:
        pass
    return opaque(all_taints([value]))


def subscripted(value: Value, index: Value) -> Value:
    """Fold `value[index]`; of an unknown index every item is an alternative."""
    try:
        if value.keys is not None and value.items is not None:
            for key, item in zip(value.keys, value.items, strict=False):
                if index.exact and key.exact and key.const == index.const:
                    return item
        elif value.items is not None and isinstance(index.const, int):
            return value.items[index.const]
        elif isinstance(value.const, (str, bytes)) and isinstance(index.const, int):
            return exactly(value.const[index.const], value.taints)
    except FOLDING_ERRORS:
        return opaque(value.taints)
    if value.items:
        first, *rest = value.items[:8]  # of a long table a few stand for all
        return Value(
            first.const,
            first.rough,
            value.taints | all_taints([first, *rest]),
            first.ref,
            first.target,
            first.items,
            others=tuple(rest),
        )
    return opaque(all_taints([value]))
