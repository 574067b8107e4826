"""What variables of the environment are worth."""

from __future__ import annotations

from gatekeeper.evidence._apis import SECRET_NAME
from gatekeeper.evidence._values import HOLE, Value, roughly

ENVIRONMENT = frozenset({"environment"})
SECRET = frozenset({"environment", "secret"})


def environment_variable(name: Value) -> Value:
    """Return the value of one environment variable, written as %NAME%."""
    known = name.const if isinstance(name.const, str) else None
    taints = SECRET if known is not None and SECRET_NAME.search(known) else ENVIRONMENT
    return roughly("~" if known in {"HOME", "USERPROFILE"} else f"%{known or HOLE}%", taints)
