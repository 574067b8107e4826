"""What does a name read like that holds letters of other scripts? Registries take ASCII names only; a page may not."""

from __future__ import annotations

import unicodedata
from functools import cache

from gatekeeper import signatures

FILE = "names/confusables.txt"


@cache
def table() -> dict[int, str]:
    """Return what looks like which ASCII character."""
    lines = (line for line in signatures.text(FILE).splitlines() if not line.startswith("# "))
    pairs = (line.partition("\t") for line in lines)
    found: dict[int, str] = {}
    for plain, _, letters in pairs:
        for letter in letters:
            found.setdefault(ord(letter), plain)
    return found


def skeleton(text: str) -> str:
    """Return a text as an eye reads it: look-alike letters in ASCII, no accents, nothing invisible, small letters."""
    if text.isascii():
        return text.lower()
    known = table()
    # Many a small letter of another script looks like a small capital, which the table has in its own size only.
    tries = ((known.get(ord(each[0])) for each in (one, one.lower(), one.upper())) for one in text)
    seen = "".join(next(filter(None, found), one) for one, found in zip(text, tries, strict=True))
    plain = unicodedata.normalize("NFKD", seen)
    return "".join(one for one in plain if unicodedata.category(one) not in {"Mn", "Me", "Cf"}).lower()
