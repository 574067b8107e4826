"""Does the package mine coins on the machine, without being asked to?

Miners are started with the address of a pool and of a wallet. Both are plain to see.

Remedy: do not install. If you have, look for processes that use a whole processor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import USED, Says, does, example, mark, marks, pick, shown
from gatekeeper.model import Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1496",)
POOL, MINER = mark("mining-pool", "mining-pool"), mark("miner", "miner")
hits = (
    example(does("spawn", "./miner -o stratum+tcp://pool.example:3333 -u wallet", When.IMPORT, "", MINER)),
    example(does("network", "https://pool.example/", When.CALL, "", POOL), does("spawn", "./a", When.CALL)),
)
misses = (
    example(does("network", "https://pool.example/api/stats", When.CALL, "", POOL)),
    example(does("spawn", "./mine-craft", When.IMPORT)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each miner that is started and each pool that is joined."""
    for one in pick(evidence, "spawn", "write-script"):
        for shape in marks(one, "miner"):
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"{shape.reason}: {shown(one.detail)}")
    for one in pick(evidence, "network", "send"):
        for host in marks(one, "mining-pool"):
            yield say.of(one, Severity.HIGH, Confidence.HIGH, f"joins a host that {host.reason}: {shown(one.detail)}")
    started = {one.file for one in pick(evidence, "spawn", when=USED)}
    for one in pick(evidence, "network", "send", "spawn", when=USED):
        found = marks(one, "miner") or (marks(one, "mining-pool") if one.file in started else ())
        for shape in found:
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, f"can mine: {shape.reason}: {shown(one.detail)}")
