"""What each layer of the fence is for, and why one does not stand on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.doctor.proof import Proof, weaker

if TYPE_CHECKING:
    from gatekeeper.model import Layer

# What code that runs during an installation, and was allowed, can do where a layer is missing.
MISSING = {
    "network-namespace": "only landlock-tcp keeps an installation off the network",
    "capabilities": "an installation by root keeps all that root may do",
    "landlock-tcp": "only network-namespace keeps an installation off the network",
    "landlock-files": "an installation can write wherever you can",
    "landlock-scope": "an installation can signal your processes, and reach sockets without a path",
    "seccomp-sockets": "an installation can send datagrams, and reach unix sockets such as docker's",
}
NETWORK = frozenset({"network-namespace", "landlock-tcp"})
OPEN = "an installation can reach the network"
# Settings of the kernel that forbid namespaces to ordinary users, with the value that does.
FORBIDDING = (
    ("kernel/unprivileged_userns_clone", "0", "1"),
    ("user/max_user_namespaces", "0", "15000"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "0"),
)
SETTINGS = Path("/proc/sys")
# What the kernel says of Landlock, and what to do about it.
KERNEL = {
    "Function not implemented": ("this kernel has no Landlock", "it came with Linux 5.13; a newer kernel has it"),
    "Operation not supported": (
        "Landlock is not switched on in this kernel",
        "add landlock to lsm= on the kernel's command line",
    ),
    "ABI 4": ("this kernel is too old for it", "Linux 6.7 brought it"),
    "ABI 6": ("this kernel is too old for it", "Linux 6.12 brought it"),
}


def proof_of_layer(layer: Layer, stood: frozenset[str]) -> Proof:
    """Say that a layer stands; or why not, what is weaker for that, and what to do. `stood` names all that do."""
    if layer.stood:
        return Proof(layer.name, detail=layer.detail)
    why, remedy = why_not(layer)
    missing = OPEN if layer.name in NETWORK and not NETWORK & stood else MISSING[layer.name]
    return weaker(layer.name, f"{why}: {missing}", remedy)


def why_not(layer: Layer) -> tuple[str, str]:
    """Return why a layer does not stand, and what to do about it, as far as the machine tells."""
    if layer.name == "network-namespace":
        for name, value, wanted in FORBIDDING:
            if setting(name) == value:
                named = name.replace("/", ".")
                return (
                    f"{named} is {value}, which forbids it ({layer.detail})",
                    f"an administrator can set {named}={wanted}",
                )
        return layer.detail, "in a container, its runtime has to allow user and network namespaces"
    if layer.name.startswith("landlock"):
        for sign, (why, remedy) in KERNEL.items():
            if sign in layer.detail:
                return f"{why} ({layer.detail})", remedy
    return layer.detail, ""


def setting(name: str) -> str:
    """Return a setting of the kernel; empty when it has none of that name."""
    try:
        return (SETTINGS / name).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
