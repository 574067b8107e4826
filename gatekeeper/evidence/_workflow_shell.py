"""What the scripts of a workflow do, as far as that is odd in a place where everything is built, fetched and sent.

The readers of install hooks read them. Of what they note only that is kept which no honest run does, since to fetch, to
start programs, to write files and to ask who one is are a runner's daily work.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import Ledger
from gatekeeper.evidence._js_reader import JsReader
from gatekeeper.evidence._shell import ShellReader
from gatekeeper.evidence._shell_files import is_decoding
from gatekeeper.evidence._shell_state import Command, Flow, Spot, Word
from gatekeeper.evidence._shell_transfer import CARRIED, Transfer, program_of
from gatekeeper.evidence._signatures import marks_of_command
from gatekeeper.evidence._values import HOLE, NOTHING
from gatekeeper.evidence._workflow_state import OPENED, SECRETS, Script, spelt
from gatekeeper.model import Behaviour, Notice, Place, When

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.evidence._shell_bash import Script as Running

SECRET = frozenset({"environment", "secret"})
ALL = frozenset({"environment-all", "secret"})
ENCODED = frozenset({"encoded"})
ENCODERS = frozenset({"base64", "base32", "basenc", "xxd", "od", "hexdump", "rev", "openssl", "gzip", "gpg"})
ONE = re.compile(r"%secrets\.[\w-]+%")
FETCHED = frozenset({"download-pipe-shell", "iex-download"})  # a question here: many honest tools are set up so
# Lines that no build needs; of the rest, much is what runners are for: to send, to install, to sign in.
PATTERNS = frozenset(
    {"dev-tcp", "interactive-shell", "netcat-exec", "decode-pipe-shell", "powershell-hidden", "runner-registration"}
)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s'\"`;|)>]+", re.IGNORECASE)
OPEN = re.compile(r"(?:http|ftp)://|https://(?:\d{1,3}\.){3}\d{1,3}\b", re.IGNORECASE)
HERE = re.compile(r"(?:localhost|127\.|\[::1\]|0\.0\.0\.0|host\.docker\.internal)", re.IGNORECASE)
SENT = frozenset({"send", "network", "lookup"})
ODD_HOSTS = frozenset({"oast", "metadata", "paste", "file-drop", "tunnel", "shortener", "bare-address"})
STARTED = frozenset({"spawn", "write-script"})
KEPT = frozenset({"exec", "socket-shell", "dup2"})


class WorkflowShell(ShellReader):
    """Reads shell where secrets are at hand: it knows the words that stand for them."""

    def run(self, command: Command, script: Running) -> Flow:
        """Note what one command does; what encodes a secret hides it from whoever would blot it out of the log."""
        command = replace(command, words=tuple(map(_tainted, command.words)), stdin=_flow(command.stdin))
        flow = super().run(command, script)
        name = program_of(command)
        if name not in ENCODERS or is_decoding(name, command.texts):
            return flow
        taints = command.stdin.taints | NOTHING.union(*[word.taints for word in command.args])
        if "environment-all" in taints or {"secret", "encoded"} <= taints:
            self.notes.note("masks", f"{command.stdin.shown or HOLE} | {name}", command.spot, taints)
        return replace(flow, taints=flow.taints | ENCODED) if "secret" in taints else flow

    def _option(self, command: Command, found: Transfer, option: str, value: Word) -> None:
        """Read an option of a transfer: a login in a header is what secrets are for."""
        if option not in CARRIED:
            super()._option(command, found, option, value)


def is_telling(text: str) -> bool:
    """Say whether a text looks like a line that no value needs, wherever it is written."""
    return any(mark.id in PATTERNS | FETCHED for mark in marks_of_command(text))


def _tainted(word: Word) -> Word:
    taints = ALL if SECRETS in word.text else SECRET if ONE.search(word.text) else NOTHING
    return replace(word, taints=word.taints | taints) if taints else word


def _flow(flow: Flow) -> Flow:
    taints = _tainted(Word(flow.text or "")).taints
    return replace(flow, taints=flow.taints | taints) if taints else flow


def read_script(script: Script, path: str) -> Ledger:
    """Read one script into a ledger of its own; its lines are counted from its first."""
    ledger = Ledger()
    reader = WorkflowShell(ledger, frozenset(), lambda _: None)
    reader.js = JsReader(ledger, frozenset(), lambda _: None, reader)
    environment = dict(script.environment)
    code = spelt(script.code, environment)
    spot = Spot(path, 1, When.BUILD, snippet=code.partition("\n")[0])
    known = {name: _tainted(Word(spelt(value), exact=OPENED not in value)) for name, value in environment.items()}
    if script.language == "sh":
        reader.run_posix(code, spot, lines=True, known=known)
    elif script.language == "powershell":
        reader.run_powershell(code, spot, lines=True)
    elif script.language == "cmd":
        reader.run_windows(code, spot, lines=True)
    elif script.language == "python":
        reader.python_code(code, spot)
    elif script.language == "node":
        reader.node_code(code, spot)
    return ledger


def told(ledger: Ledger) -> Iterator[Behaviour | Notice]:
    """Yield what is odd among that which was noted."""
    for seen in ledger.behaviours.values():
        if seen.kind in SENT:
            yield from _sent(seen)
        elif seen.kind in STARTED:
            yield from _started(seen)
        elif seen.kind == "masks":
            yield _notice("secrets-masked", seen.detail, seen)
        elif seen.kind in KEPT:
            yield from _run(seen)


def _sent(seen: Behaviour) -> Iterator[Notice]:
    """Yield what is odd about a message: what it carries, or where it goes."""
    taints, place = set(seen.taints), seen.detail.partition("://")[2] or seen.detail
    if "environment-all" in taints:
        yield _notice("secrets-dumped", f"sent to {seen.detail}", seen)
    elif seen.kind != "lookup" and (place.startswith((HOLE, "%", "$")) or HERE.match(place)):
        return
    elif "secret" in taints and ("encoded" in taints or "environment" not in taints or seen.kind == "lookup"):
        yield _notice("secrets-hidden", seen.detail, seen)
    elif "secret" in taints:
        yield _notice("secret-sent", seen.detail, seen)
    for mark in seen.marks:
        if mark.family in ODD_HOSTS:
            yield _notice("odd-host", f"{seen.detail}, which {mark.reason}", seen)


def _started(seen: Behaviour) -> Iterator[Behaviour | Notice]:
    plain = tuple(mark for mark in seen.marks if mark.id in PATTERNS or mark.family == "miner")
    hidden = "layer" in seen.taints
    if plain or hidden:
        yield replace(seen, marks=plain, taints=("layer",) if hidden else ())
    if any(mark.id in FETCHED for mark in seen.marks):
        yield _fetched(seen)


def _run(seen: Behaviour) -> Iterator[Behaviour | Notice]:
    if {"decoded", "layer"} & set(seen.taints) or seen.kind != "exec":
        yield replace(seen, marks=())
    elif "network" in seen.taints:
        yield _fetched(seen)


def _fetched(seen: Behaviour) -> Notice:
    """Say that something fetched is run: by its address, so that other options for the same one are no news."""
    shown = seen.snippet if ADDRESS.search(seen.snippet) else seen.detail
    address = ADDRESS.search(shown)
    kind = "fetched-code-openly" if OPEN.search(shown) else "fetched-code"
    return _notice(kind, address[0] if address else shown, seen)


def _notice(kind: str, detail: str, seen: Behaviour) -> Notice:
    return Notice(kind, detail[:300], Place(seen.file, seen.line))
