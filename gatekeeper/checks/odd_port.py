"""Does the package connect to a fixed place on an unusual port, without being asked to?

Web traffic uses 80, 443, 8080 and 8443. A fixed address on another port, reached while a package is installed or
imported, is how implants call home. Places that come from a configuration or a caller are not meant.

Remedy: do not install unless you know the service behind the address.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, Says, does, example, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1571", "T1095")
USUAL = frozenset({80, 443, 8080, 8443})
# Ports of services that a library may well be made for; asking is enough.
SERVICES = frozenset(
    {1, 7, 9, 21, 22, 25, 53, 123, 143, 389, 465, 587, 636, 993, 995, 1433, 3306, 5432, 5672, 6379, 9092, 9200, 27017}
)
PLACE = re.compile(r"^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?([^/:\s]+):(\d{1,5})(?:[/?#\s]|$)")
hits = (example(does("network", "127.0.0.1:4444 raw", When.IMPORT)), example(does("send", "http://192.0.2.1:1337/a")))
misses = (
    example(does("network", f"{HOLE}:4444 raw", When.IMPORT)),
    example(does("network", "http://192.0.2.1:8080/", When.IMPORT)),
    example(does("network", "127.0.0.1:4444 raw", When.CALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each fixed place with an unusual port."""
    for one in pick(evidence, "network", "send"):
        match = PLACE.match(one.detail)
        if match is None or HOLE in match.group(1) or "%" in match.group(1):
            continue
        port = int(match.group(2))
        if port not in USUAL:
            severity = Severity.MEDIUM if port in SERVICES else Severity.HIGH
            message = f"connects to port {port} of a fixed place: {shown(one.detail.removesuffix(' raw'))}"
            yield say.of(one, severity, Confidence.HIGH, message)
