"""What the methods of texts, buffers and numbers yield for known and half-known ones."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable  # noqa: TC003 - used in a table
from typing import Any
from urllib.parse import unquote_to_bytes

from gatekeeper.evidence._js_constants import spelled
from gatekeeper.evidence._js_fold import FOLDING_ERRORS, number, word
from gatekeeper.evidence._js_values import UNDEFINED, origins
from gatekeeper.evidence._values import MISSING, MOST_TEXT, Value, exactly, opaque, roughly

MOST_PIECES = 4096
DECODED = frozenset({"decoded"})
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
SHAPES = re.compile(
    r"\\[dDwWsSbB.*+?^$|(){}\[\]/\\-]|\\[nrtx0-9A-Fa-f]{1,3}|\[\^?[^\[\]\\]{1,40}\]|[^\\()\[\]{}*+?|]|[*+?](?![*+?])|\|"
)
MOST_PATTERN = 60
# Methods that keep a half-known text roughly what it is.
KEEPING = frozenset({"trim", "toString", "toLowerCase", "normalize", "trimEnd", "trimStart", "valueOf", "padEnd"})


def index(const: object, size: int, default: int) -> int:
    """Return a position in a text as slice() reads it: negative ones count from the end."""
    if const is UNDEFINED:
        return default
    at = number(const)
    if at != at:  # noqa: PLR0124 - NaN
        return 0
    at = max(-size - 1, min(size + 1, at))
    return max(0, size + int(at)) if at < 0 else min(size, int(at))


def _slice(text: Any, start: object = 0, end: object = UNDEFINED) -> Any:  # noqa: ANN401 - str or bytes
    return text[index(start, len(text), 0) : index(end, len(text), len(text))]


def _substring(text: str, start: object = 0, end: object = UNDEFINED) -> str:
    size = len(text)
    bounds = sorted(
        size if one is UNDEFINED else max(0, min(size, int(number(one)) if number(one) == number(one) else 0))
        for one in (start, end)
    )
    return text[bounds[0] : bounds[1]]


def _substr(text: str, start: object = 0, length: object = UNDEFINED) -> str:
    at = index(start, len(text), 0)
    return text[at:] if length is UNDEFINED else text[at : at + max(0, int(number(length)))]


def _char_at(text: str, at: object = 0) -> str:
    return text[word(at)] if 0 <= word(at) < len(text) else ""


def _at(text: str, at: object = 0) -> object:
    position = word(at)
    return text[position] if -len(text) <= position < len(text) else UNDEFINED


def _code_at(text: str, at: object = 0) -> float:
    return ord(text[word(at)]) if 0 <= word(at) < len(text) else float("nan")


def _repeat(text: str, times: object) -> str:
    if len(text) * number(times) > MOST_TEXT:
        raise OverflowError
    return text * int(number(times))


def _pad_start(text: str, size: object, filler: object = " ") -> str:
    missing, fill = int(number(size)) - len(text), spelled(filler)
    return text if missing <= 0 or not fill or missing > MOST_TEXT else (fill * missing)[:missing] + text


def _concat(text: str, *others: object) -> str:
    return text + "".join(spelled(one) for one in others)


TEXT_METHODS: dict[str, Callable[..., Any]] = {
    "slice": _slice,
    "substring": _substring,
    "substr": _substr,
    "charAt": _char_at,
    "at": _at,
    "charCodeAt": _code_at,
    "codePointAt": _code_at,
    "concat": _concat,
    "repeat": _repeat,
    "padStart": _pad_start,
    "toLowerCase": lambda text: text.lower(),
    "toUpperCase": lambda text: text.upper(),
    "toLocaleLowerCase": lambda text: text.lower(),
    "trim": lambda text: text.strip(),
    "trimStart": lambda text: text.lstrip(),
    "trimEnd": lambda text: text.rstrip(),
    "toString": lambda text, *_: text,
    "valueOf": lambda text: text,
    "normalize": lambda text, *_: text,
    "indexOf": lambda text, part, *_: text.find(spelled(part)),
    "lastIndexOf": lambda text, part, *_: text.rfind(spelled(part)),
    "includes": lambda text, part, *_: spelled(part) in text,
    "startsWith": lambda text, part, *_: text.startswith(spelled(part)),
    "endsWith": lambda text, part, *_: text.endswith(spelled(part)),
}


def text_method(receiver: Value, name: str, arguments: list[Value]) -> Value | None:
    """Fold a method of a text; None when it is not one of ours."""
    if isinstance(receiver.const, str):
        return _pieces(receiver.const, name, arguments, receiver.taints) or _exact(receiver, name, arguments)
    if receiver.rough is not None and name in KEEPING and receiver.ref in {None, "URL()"}:
        return roughly(receiver.rough, receiver.taints)
    if receiver.rough is not None and name == "concat":
        return roughly(receiver.rough + "".join(one.text or "" for one in arguments), origins([receiver, *arguments]))
    return None


def _exact(receiver: Value, name: str, arguments: list[Value]) -> Value | None:
    method = TEXT_METHODS.get(name)
    if method is None or not all(one.exact and not one.others for one in arguments):
        return None
    try:
        return exactly(method(receiver.const, *[one.const for one in arguments]), origins([receiver, *arguments]))
    except FOLDING_ERRORS:
        return opaque(receiver.taints)


def _pieces(text: str, name: str, arguments: list[Value], taints: frozenset[str]) -> Value | None:
    if name == "split":
        return _split(text, arguments, taints)
    if name in {"replace", "replaceAll"} and len(arguments) > 1:
        return _replaced(text, arguments, taints, everywhere=name == "replaceAll")
    if name == "match" and arguments and arguments[0].ref == "RegExp":
        return _matched(text, arguments[0], taints)
    return None


def _split(text: str, arguments: list[Value], taints: frozenset[str]) -> Value | None:
    separator = arguments[0] if arguments else exactly(UNDEFINED)
    parts: list[str | Any]
    if separator.ref == "RegExp":
        pattern = compiled(separator)
        if pattern is None:
            return opaque(taints)
        parts = [one for one in pattern.split(text) if one is not None]
        parts = parts[1:-1] if pattern.pattern == "" else parts
    elif isinstance(separator.const, str):
        parts = list(text) if separator.const == "" else text.split(separator.const)
    elif separator.const is UNDEFINED:
        parts = [text]
    else:
        return None
    if len(parts) > 1 << 16:
        return opaque(taints)
    return Value(items=tuple(exactly(one, taints) for one in parts), taints=taints)


def _replaced(text: str, arguments: list[Value], taints: frozenset[str], *, everywhere: bool) -> Value | None:
    old, new = arguments[0], arguments[1]
    if not text and new.ref == "String":  # how packed code asks what its engine can do
        return exactly("", taints)
    if not isinstance(new.const, str) or len(text) * max(1, len(new.const)) > MOST_TEXT:
        return None
    taints = origins((old, new)) | taints
    if isinstance(old.const, str):
        return exactly(text.replace(old.const, new.const, -1 if everywhere else 1), taints)
    pattern = compiled(old) if old.ref == "RegExp" else None
    if pattern is None or "$" in new.const:
        return None
    flags = old.items[1].const if old.items else ""
    return exactly(pattern.sub(lambda _: str(new.const), text, count=0 if "g" in str(flags) else 1), taints)


def _matched(text: str, pattern: Value, taints: frozenset[str]) -> Value | None:
    """Fold match() with a global pattern."""
    made = compiled(pattern)
    if made is None or pattern.items is None or "g" not in str(pattern.items[1].const):
        return None
    found = [match.group() for match in made.finditer(text)][: 1 << 16]
    return Value(items=tuple(exactly(one, taints) for one in found), taints=taints) if found else exactly(None)


def compiled(value: Value) -> re.Pattern[str] | None:
    """Compile a regular expression of the artifact if it is short and has no way to run long."""
    source, flags = (value.items[0].const, value.items[1].const) if value.items else (None, None)
    if not isinstance(source, str) or len(source) > MOST_PATTERN or not isinstance(flags, str):
        return None
    left = SHAPES.sub("", source)
    if left.strip("{}0123456789,") or source.count("*") + source.count("+") + source.count("{") > 1:
        return None
    try:
        return re.compile(source, re.IGNORECASE if "i" in flags else 0)
    except (re.error, OverflowError, RecursionError):
        return None


def from_base64(text: str) -> bytes:
    """Decode base64 of either alphabet as Node does: leniently, what does not belong is skipped."""
    packed = NOT_BASE64.sub("", text.partition("=")[0].replace("-", "+").replace("_", "/"))
    if len(packed) % 4 == 1:
        packed = packed[:-1]
    return base64.b64decode(packed + "=" * (-len(packed) % 4))


def from_hex(text: str) -> bytes:
    """Decode hexadecimal digits up to the first pair that is none."""
    match = re.match(r"(?:[0-9a-fA-F]{2})*", text)
    return binascii.unhexlify(match.group()) if match else b""


def encoded(text: str, encoding: str) -> tuple[bytes, frozenset[str]] | None:
    """Return the bytes of Buffer.from(text, encoding), and whether that decodes."""
    name = encoding.lower()
    if name in {"base64", "base64url"}:
        return from_base64(text), DECODED
    if name == "hex":
        return from_hex(text), DECODED
    if name in {"latin1", "binary", "ascii"}:
        return text.encode("latin-1", "replace"), frozenset()
    if name in {"utf16le", "utf-16le", "ucs2", "ucs-2"}:
        return text.encode("utf-16-le", "surrogatepass"), frozenset()
    return text.encode("utf-8", "surrogatepass"), frozenset()


def decoded(content: bytes, encoding: str) -> str:
    """Return the text of buffer.toString(encoding)."""
    name = encoding.lower()
    if name in {"base64", "base64url"}:
        return base64.b64encode(content).decode()
    if name == "hex":
        return content.hex()
    if name in {"latin1", "binary", "ascii"}:
        return content.decode("latin-1")
    if name in {"utf16le", "utf-16le", "ucs2", "ucs-2"}:
        return content.decode("utf-16-le", "replace")
    return content.decode("utf-8", "replace")


def unquoted(text: str) -> str:
    """Decode what encodeURIComponent encodes."""
    return unquote_to_bytes(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")


def unescape(text: str) -> str:
    """Decode what the old escape() encodes."""
    long = re.sub("%u([0-9a-fA-F]{4})", lambda match: chr(int(match.group(1), 16)), text)
    return re.sub("%([0-9a-fA-F]{2})", lambda match: chr(int(match.group(1), 16)), long)


def buffer_method(receiver: Value, name: str, arguments: list[Value]) -> Value | None:
    """Fold a method of a buffer; None when it is not one of ours."""
    content = receiver.const
    if not isinstance(content, bytes) or not all(one.exact for one in arguments):
        return None
    taints = origins([receiver, *arguments])
    given = [one.const for one in arguments]
    if name in {"toString", "decode"}:
        encoding = given[0] if given and isinstance(given[0], str) else "utf-8"
        if len(given) > 1:
            content = _slice(content, given[1], given[2] if len(given) > 2 else UNDEFINED)  # noqa: PLR2004 - start, end
        return exactly(decoded(content, encoding), taints)
    if name in {"slice", "subarray"}:
        return exactly(_slice(content, *given[:2]), taints)
    if name == "reverse":
        return exactly(content[::-1], taints)
    return _found(content, name, given, taints)


def _found(content: bytes, name: str, given: list[object], taints: frozenset[str]) -> Value | None:
    if name in {"indexOf", "lastIndexOf"} and given and isinstance(given[0], (str, bytes)):
        wanted = given[0] if isinstance(given[0], bytes) else given[0].encode("utf-8", "surrogatepass")
        return exactly(content.find(wanted) if name == "indexOf" else content.rfind(wanted), taints)
    if name in {"readUInt8", "at"} and given and 0 <= word(given[0]) < len(content):
        return exactly(content[word(given[0])], taints)
    return None


def number_method(receiver: Value, name: str, arguments: list[Value]) -> Value | None:
    """Fold a method of a number."""
    const = receiver.const
    if const is MISSING or isinstance(const, bool) or not isinstance(const, (int, float)) or name != "toString":
        return None
    base = word(arguments[0].const) if arguments and arguments[0].exact else 10
    if base == 10:  # noqa: PLR2004 - decimal
        return exactly(spelled(const), receiver.taints)
    if not isinstance(const, int) or not 2 <= base <= 36 or const < 0:  # noqa: PLR2004 - as the language says
        return opaque(receiver.taints)
    letters = ""
    left = const
    while left and len(letters) < 64:  # noqa: PLR2004 - a word's digits
        left, digit = divmod(left, base)
        letters = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + letters
    return exactly(letters or "0", receiver.taints)
