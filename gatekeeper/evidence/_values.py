"""What an expression may be worth: a constant, roughly a text, a name of the outside, or only where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HOLE = "\N{HORIZONTAL ELLIPSIS}"  # stands in a rough text for a part that is not known
MISSING: Any = object()
NOTHING: frozenset[str] = frozenset()
MOST_TEXT = 1 << 22  # characters: folding past this is not done, so that a short file cannot ask for much memory
MOST_ALTERNATIVES = 8
MOST_PARTS = 200  # of one value that are asked where they came from


@dataclass(slots=True, eq=False)
class Value:
    """One abstract value. Only one of const, rough, ref, target and items is usually set."""

    const: Any = MISSING  # str, bytes, int, float, bool or None, exactly
    rough: str | None = None  # a text with holes
    taints: frozenset[str] = NOTHING
    ref: str | None = None  # a dotted name outside the artifact: os.system, requests.get().text
    target: object = None  # a function, class, instance or module of the artifact
    items: tuple[Value, ...] | None = None
    keys: tuple[Value, ...] | None = None  # of a dict: items holds its values
    others: tuple[Value, ...] = ()  # what it may be instead, on another branch

    @property
    def text(self) -> str | None:
        """The text, exact or rough; bytes are read as Latin-1; None when nothing of it is known."""
        if self.const is not MISSING:
            return text_of(self.const)
        return self.rough

    @property
    def exact(self) -> bool:
        """Whether the constant is known to the letter."""
        return self.const is not MISSING

    def every(self) -> Iterator[Value]:
        """Yield this value and what it may be instead."""
        yield self
        yield from self.others


def text_of(const: object) -> str | None:
    """Spell a constant as text, or None when it is none."""
    if isinstance(const, str):
        return const
    if isinstance(const, bytes):
        return const.decode("latin-1")
    if isinstance(const, int) and not isinstance(const, bool) and const.bit_length() < 64:  # noqa: PLR2004 - a word
        return str(const)
    return None


def exactly(const: object, taints: frozenset[str] = NOTHING) -> Value:
    """Return a known constant."""
    return Value(const=const, taints=taints)


def roughly(text: str, taints: frozenset[str] = NOTHING, ref: str | None = None) -> Value:
    """Return a text with holes."""
    return Value(rough=text[:MOST_TEXT], taints=taints, ref=ref)


def opaque(taints: frozenset[str] = NOTHING) -> Value:
    """Return a value of which only its origin is known."""
    return Value(taints=taints)


def all_taints(values: Iterable[Value]) -> frozenset[str]:
    """Return every origin of the values, their items and alternatives included."""
    pending = list(values)
    if not any(value.items or value.others for value in pending):  # the common case, and this runs for every call
        return NOTHING.union(*[value.taints for value in pending])
    found: set[str] = set()
    seen: set[int] = set()  # alternatives share parts, and hostile values hold themselves
    left = MOST_PARTS
    while pending and left > 0:
        value = pending.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        left -= 1
        found |= value.taints
        for parts in (value.items, value.keys, value.others):
            if parts:
                deep = [part for part in parts[:left] if part.items or part.others]
                pending.extend(deep)
                found.update(*[part.taints for part in parts[:left] if part.taints])
                left -= min(left, len(parts)) - len(deep)
    return frozenset(found)


def joined(old: Value | None, new: Value) -> Value:
    """Return the new value, which may also be the old one: two branches assigned it."""
    if old is None or old is new:
        return new
    others = (*new.others, old, *old.others)[:MOST_ALTERNATIVES]
    return Value(new.const, new.rough, new.taints | old.taints, new.ref, new.target, new.items, new.keys, others)


def listed(value: Value) -> list[Value] | None:
    """Return the items that iterating over the value yields, or None when they are not known."""
    if value.keys is not None:
        return list(value.keys)
    if value.items is not None:
        return list(value.items)
    if isinstance(value.const, (str, bytes)) and len(value.const) <= 1 << 16:
        return [exactly(item, value.taints) for item in value.const]
    return None


def words_of(value: Value) -> str | None:
    """Spell a value as one line of text; the items of a list are joined by blanks."""
    if value.items is not None and value.keys is None:
        return " ".join(words_of(item) or HOLE for item in value.items[:64])
    return value.text


def element_of(value: Value) -> Value:
    """Return what walking over a value of unknown length yields."""
    if value.ref is not None:
        return Value(taints=all_taints([value]), ref=value.ref, rough=value.rough)
    return opaque(all_taints([value]))
