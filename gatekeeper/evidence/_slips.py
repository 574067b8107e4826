"""Which one slip of the keyboard turns one name into another? Pure comparison, both ways, without any list."""

from __future__ import annotations

SEPARATORS = frozenset("-_.@/")
ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm")
STAGGER = (0.0, 0.5, 0.75, 1.25)  # of a row to the right, in keys
PLACE = {key: (row, column + STAGGER[row]) for row, keys in enumerate(ROWS) for column, key in enumerate(keys)}
ALIKE = frozenset(map(frozenset, ("0o", "1l", "1i", "il", "5s", "2z", "8b", "9g", "uv", "vw", "nm", "cg", "6b", "3e")))
MOST_SLIPS = 2


def slip(name: str, target: str) -> str | None:
    """Return the kind of the one slip that makes a name out of its target; None when it takes more, or none."""
    gap = len(name) - len(target)
    at, shorter = 0, min(len(name), len(target))
    while at < shorter and name[at] == target[at]:
        at += 1
    if gap == 0 and name != target:
        return _changed(name, target, at)
    if gap == 1 and name[at + 1 :] == target[at:]:
        return _added(name, at)
    if gap == -1 and name[at:] == target[at + 1 :]:
        return _left_out(target, at)
    return None


def _changed(name: str, target: str, at: int) -> str | None:
    """Name the slip between two names of one length that differ first at a place."""
    if name[at + 1 :] == target[at + 1 :]:
        return _replaced(name[at], target[at], at)
    if name[at : at + 2] == target[at : at + 2][::-1] and name[at + 2 :] == target[at + 2 :]:
        return "separator" if SEPARATORS & set(name[at : at + 2]) else "transposition"
    return None


def _replaced(new: str, old: str, at: int) -> str:
    """Name the slip that put one letter in another's place."""
    if SEPARATORS & {new, old}:
        return "separator"
    if frozenset((new, old)) in ALIKE:
        return "homoglyph"
    if new.isdigit() or old.isdigit():
        return "number"
    if are_neighbours(new, old):
        return "neighbouring key"
    if (ord(new) ^ ord(old)).bit_count() == 1:
        return "bit flip"
    return "replaced first letter" if at == 0 else "replaced letter"


def _added(name: str, at: int) -> str:
    """Name the slip that added the letter at a place of a name."""
    letter = name[at]
    if at and name[at - 1] == letter:
        return "doubled letter"
    if letter.isdigit() and at == len(name) - 1:
        return "number behind it"
    if odd := _odd(name, at):
        return odd
    if at == len(name) - 1:
        return "added last letter"
    if at == 0:
        return "added first letter"
    return (
        "neighbouring key as well"
        if are_neighbours(name[at - 1], letter) or are_neighbours(name[at + 1], letter)
        else "added letter"
    )


def _left_out(target: str, at: int) -> str:
    """Name the slip that left out the letter at a place of a target."""
    if at and target[at - 1] == target[at]:
        return "halved letter"
    if odd := _odd(target, at):
        return odd
    if at == len(target) - 1:
        return "omitted last letter"
    return "omitted first letter" if at == 0 else "omitted letter"


def _odd(longer: str, at: int) -> str | None:
    """Name what is no slip of the fingers: another number, a plural, a separator more or less."""
    letter = longer[at]
    if letter in SEPARATORS:
        return "separator"
    if letter.isdigit():
        return "number"
    return "plural" if letter == "s" and at == len(longer) - 1 else None


def are_neighbours(one: str, other: str) -> bool:
    """Say whether two keys lie side by side on the common keyboard (QWERTY)."""
    if one == other or one not in PLACE or other not in PLACE:
        return False
    (row, column), (other_row, other_column) = PLACE[one], PLACE[other]
    return abs(row - other_row) <= 1 and abs(column - other_column) <= 1


def distance(one: str, other: str, most: int = MOST_SLIPS) -> int:
    """Return how many letters to change, add, leave out or swap (optimal string alignment); `most` + 1 for more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    one, other = without_common_ends(one, other)
    if len(set(one) ^ set(other)) > most * 2:  # a change takes one letter away and brings another
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, facing in enumerate(other, 1):
            cost = min(last[column] + 1, line[column - 1] + 1, last[column - 1] + (letter != facing))
            if row > 1 and column > 1 and letter == other[column - 2] and facing == one[row - 2]:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most < min(last):  # a swap may jump over one row, and no more
            return most + 1
        before, last = last, line
    return min(last[-1], most + 1)


def without_common_ends(one: str, other: str) -> tuple[str, str]:
    """Return two names without the beginning and the end that they share."""
    begin, end, least = 0, 0, min(len(one), len(other))
    while begin < least and one[begin] == other[begin]:
        begin += 1
    while end < least - begin and one[-1 - end] == other[-1 - end]:
        end += 1
    return one[begin : len(one) - end], other[begin : len(other) - end]
