"""One control call to the gate. Standalone: runs wherever a client's bootstrap does, Python 3.7 and later."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OK = 200


class GateGoneError(Exception):
    """The gate does not answer any more: gatekeeper was killed outright."""


def call(base: str, verb: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """POST a JSON body to a control address below `base`; return the JSON answer, None when the gate refuses.

    Raises GateGoneError.
    """
    parts = urlsplit(base)
    link = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=3600)
    try:
        link.request("POST", parts.path + "/control/" + verb, json.dumps(body), {"Content-Type": "application/json"})
        answer = link.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException):
        raise GateGoneError from None
    finally:
        link.close()
    return json.loads(text) if answer.status == OK else None
