"""What `gatekeeper doctor` prints: a line for each chapter and for each thing that is not well, or everything."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gatekeeper import __version__
from gatekeeper.doctor.proof import State
from gatekeeper.reports import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gatekeeper.doctor.proof import Found, Proof

SCHEMA = "gatekeeper.doctor/1"
WORDS = {State.OK: "ok", State.WEAKER: "weaker", State.BROKEN: "BROKEN"}
WIDTH = max(map(len, WORDS.values()))
INDENT = " " * (WIDTH + 2)
ENDINGS = {
    State.OK: "the gate works on this machine",
    State.WEAKER: "the gate works on this machine, with less than it could have",
    State.BROKEN: "do not rely on the gate on this machine until that is mended",
}


def lines_of(found: Found, *, verbose: bool) -> Iterator[str]:
    """Yield a chapter's line, and behind it what is not well; with `verbose`, everything that was tried."""
    good = sum(one.state is State.OK for one in found.proofs)
    counted = f"{good} proved" if good == len(found.proofs) else f"{good} of {len(found.proofs)} proved"
    yield f"{WORDS[found.state]:{WIDTH}}  {found.title}: {counted}"
    shown = [one for one in found.proofs if verbose or one.state is not State.OK]
    for one, remedy in zip(shown, _remedies(shown), strict=True):
        detail = f": {visible(one.detail)}" if one.detail else ""
        yield f"{INDENT}{WORDS[one.state]:{WIDTH}}  {visible(one.what)}{detail}"
        if remedy:
            yield f"{INDENT}{INDENT}what to do: {visible(remedy)}"


def _remedies(shown: Sequence[Proof]) -> list[str]:
    """Return what is to be done, behind each proof: where the same helps several in a row, behind the last of them."""
    following = [*(one.remedy for one in shown), ""][1:]
    return ["" if one.remedy == other else one.remedy for one, other in zip(shown, following, strict=False)]


def ending(chapters: Sequence[Found], seconds: float) -> str:
    """Return the last line."""
    state, proofs = state_of(chapters), sum(len(each.proofs) for each in chapters)
    return f"{WORDS[state]}: {ENDINGS[state]}; {proofs} proofs in {seconds:.1f} s"


def state_of(chapters: Sequence[Found]) -> State:
    """Return the worst state of all."""
    return max((each.state for each in chapters), default=State.BROKEN)


def as_json(chapters: Sequence[Found], seconds: float) -> str:
    """Return everything, for programs."""
    told = {
        "schema": SCHEMA,
        "version": __version__,
        "state": state_of(chapters).word,
        "seconds": round(seconds, 1),
        "chapters": [
            {
                "title": each.title,
                "state": each.state.word,
                "proofs": [
                    {"what": one.what, "state": one.state.word, "detail": one.detail, "remedy": one.remedy}
                    for one in each.proofs
                ],
            }
            for each in chapters
        ],
    }
    return json.dumps(told, indent=2) + "\n"
