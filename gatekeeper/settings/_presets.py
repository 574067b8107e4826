"""The presets: what one word in a policy file stands for. All set the same single keys, so a later one undoes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

PRESETS: Mapping[str, Mapping[str, Any]] = {
    # For a person in a hurry: what is refused stays refused, and code is judged as ever. Releases do not wait, and what
    # is odd about a release's past alone holds nothing up where nobody is there to be asked.
    "relaxed": {
        "cooldown": "0h",
        "questions": "ask",
        "hooks": {"policy": "run-judged"},
        "rulings": {"revived-project": "note"},
        "ask": {"lost-provenance": "allow", "new-install-hook": "allow"},
    },
    "default": {
        "cooldown": "24h",
        "questions": "ask",
        "hooks": {"policy": "run-judged"},
    },
    # For machines that nobody watches, and for those that hold much: what was not looked at by a person does not run.
    "strict": {
        "cooldown": "7d",
        "questions": "refuse",
        "hooks": {"policy": "waived"},
        "rulings": {"source-build": "block"},
    },
}
