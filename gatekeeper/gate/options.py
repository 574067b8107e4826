"""How the person wants one run."""

from __future__ import annotations

from dataclasses import dataclass, field

from gatekeeper.policy import Policy


@dataclass(frozen=True, slots=True)
class Options:
    """The person's options; both stories take them."""

    policy: Policy = field(default_factory=Policy)
    plan: bool = False  # show the whole set and ask once, before anything is installed
    offline: bool = False  # ask nothing but loopback and files
    deep: bool = False  # read every source file deeper, not only the suspects
    looks: bool = False  # only judge: the age of a release is told, and none has to wait
    through: bool = False  # read the bytes even of what its name alone refuses
    store: bool = True  # remember files and findings for later runs
    client_stdout_to_stderr: bool = False
    rehearsal: bool = False  # let the client resolve through the gate, but install nothing
    approved: frozenset[str] = frozenset()  # SHA-256 of artifacts to which the person has said yes
