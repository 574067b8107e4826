"""The inside of the fence: shut this process and all that come from it in, then run the client.

Runs in the *target* interpreter: stdlib only, Python >= 3.7, loaded by its path, never imported as part of gatekeeper.
From Python: `sys.exit(cage.keep(plan, child))`. For any other client: `python -I -S _cage.py PLAN.json -- COMMAND...`.
The plan is written by fence.py, which documents its keys.

Each install waits for these files to load, so they do without `typing`, `pathlib` and `importlib.util`.
"""
# ruff: noqa: PTH100, PTH118, PTH119, PTH120, PTH123

from __future__ import annotations

import importlib.machinery
import json
import os
import signal
import socket
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any

    from gatekeeper.managers import _keeper, _kernel, _landlock, _namespace, _seccomp
else:

    def _beside(name: str) -> ModuleType:
        """Load a file that lies beside this one; its folder never goes on sys.path, for it holds a `pip.py`."""
        path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name + ".py")
        module = type(os)("gatekeeper_cage" + name)
        module.__file__ = path
        importlib.machinery.SourceFileLoader(module.__name__, path).exec_module(module)
        return module

    _keeper, _kernel, _landlock, _namespace, _seccomp = map(
        _beside, ("_keeper", "_kernel", "_landlock", "_namespace", "_seccomp")
    )

# In this order: listening inside needs rights that the later layers take away.
LAYERS = ("network-namespace", "capabilities", "landlock-tcp", "landlock-files", "landlock-scope", "seccomp-sockets")
COULD_NOT_DECIDE = 12
NOT_STARTED = 127


def keep(plan: Mapping[str, Any], child: Callable[[], None]) -> int:
    """Run `child` enclosed in a process of its own; return its exit code once it and all its descendants are gone.

    Call it as `sys.exit(keep(plan, child))` from the main thread: in the child it raises SystemExit. When the fence
    fails half-way, or gatekeeper does not hear the report, `child` never runs and the exit code is 12.
    """
    kernel = _linux()
    parent = plan.get("parent")
    if parent is not None and hasattr(os, "fork") and os.getppid() != parent:
        _keeper.complain("gatekeeper is gone; nothing was run")
        if plan.get("temporary"):
            _keeper.remove_folder(plan["temporary"])
        return COULD_NOT_DECIDE

    def enclosed() -> None:
        keeper = os.getppid()
        try:
            enclose(plan)
            if hasattr(os, "fork"):
                _keeper.die_with(kernel, keeper)  # once more: new credentials make the kernel forget it
            if kernel is not None:
                kernel.hide()  # the client asked with the person's logins; what it starts has no business with them
        except (OSError, RuntimeError, ValueError) as fault:
            _keeper.complain(f"the fence could not be put up, so nothing was run: {fault}")
            raise SystemExit(COULD_NOT_DECIDE) from None
        child()

    return _keeper.keep(plan, kernel, enclosed)


def enclose(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Put up every layer that this machine offers, report to gatekeeper, and return the report.

    Raises OSError when the report cannot be delivered, RuntimeError when a layer failed too late to go on without it.
    """
    unknown = set(plan.get("layers", ())) - set(LAYERS)
    if unknown:
        raise ValueError("no such layer: " + ", ".join(sorted(unknown)))
    gatekeeper = _connected(plan["handover"]) if plan.get("handover") else None
    fence = _Fence(plan)
    report = [fence.put_up(name) for name in LAYERS]
    if gatekeeper is not None:
        with gatekeeper:
            _hand_over(gatekeeper, report, fence.listener)
    if fence.listener is not None:
        fence.listener.close()  # only gatekeeper may answer as the gate
    return report


class _Fence:
    """The layers and what they need."""

    def __init__(self, plan: Mapping[str, Any]) -> None:
        self._plan = plan
        self._chosen = plan.get("layers", LAYERS)
        self.listener: socket.socket | None = None

    def put_up(self, name: str) -> dict[str, Any]:
        """Put up one layer; say whether it stood and what it does, or why it is missing."""
        if name not in self._chosen:
            return {"name": name, "stood": False, "detail": "left out by the plan"}
        steps = {
            "network-namespace": self._network,
            "capabilities": _kernel.Kernel.drop_capabilities,
            "landlock-tcp": lambda kernel: _landlock.allow_connecting(kernel, self._plan["port"]),
            "landlock-files": lambda kernel: _landlock.allow_writing(
                kernel, self._plan["writable"], self._plan.get("protected", ())
            ),
            "landlock-scope": _landlock.scope,
            "seccomp-sockets": _seccomp.close_sockets,
        }
        try:
            return {"name": name, "stood": True, "detail": steps[name](_kernel.Kernel())}
        except OSError as fault:
            return {"name": name, "stood": False, "detail": fault.strerror or str(fault)}

    def _network(self, kernel: _kernel.Kernel) -> str:
        if not self._plan.get("handover"):
            raise OSError("nobody is there to take over the socket inside")
        detail, self.listener = _namespace.enter(kernel, self._plan["port"])
        return detail


def _linux() -> _kernel.Kernel | None:
    try:
        return _kernel.Kernel()
    except OSError:
        return None


def _connected(path: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    folder = None
    try:
        if sys.platform == "linux":
            # A socket's address holds 107 bytes; a folder's descriptor makes any path short.
            folder = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
            path = f"/proc/self/fd/{folder}/{os.path.basename(path)}"
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    finally:
        if folder is not None:
            os.close(folder)
    return connection


def _hand_over(gatekeeper: socket.socket, report: list[dict[str, Any]], listener: socket.socket | None) -> None:
    import array

    message = json.dumps(report).encode("ascii") + b"\n"
    rights = [] if listener is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [listener.fileno()]))]
    sent = gatekeeper.sendmsg([message], rights) if rights else 0
    if message[sent:]:  # sending nothing to one who has read it all and left would be an error
        gatekeeper.sendall(message[sent:])


def main() -> int:
    """Enclose and run the command that stands after `--`."""
    if sys.argv[2:3] != ["--"] or not sys.argv[3:]:
        _keeper.complain("usage: _cage.py PLAN.json -- COMMAND...")
        return 2
    command = sys.argv[3:]
    with open(sys.argv[1], encoding="utf-8") as stream:
        plan = json.load(stream)
    return keep(plan, lambda: _become(command))


def _become(command: list[str]) -> None:
    if not hasattr(os, "fork"):
        import subprocess

        raise SystemExit(subprocess.call(command))
    for name in ("SIGPIPE", "SIGXFSZ"):  # Python ignores them, and what is ignored stays ignored across exec
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvp(command[0], command)  # noqa: S606 - there is no shell: the command is a list
    except OSError as fault:
        _keeper.complain(f"{command[0]}: {fault.strerror}")
        raise SystemExit(NOT_STARTED) from None


if __name__ == "__main__":
    sys.exit(main())
