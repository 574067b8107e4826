"""Does code that waits to be called do what no library does?

Some payloads run only when a function is called or a command is used. One act there proves nothing, so whole chains are
asked for: stores of browsers read and a fixed place to send them to; a fixed program fetched and started; a hidden
address that gets a message; hidden code that acts; a shell tied to a fixed place; a download in a shell's start file.

Remedy: do not install.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.checks._facts import HOLE, USED, Says, does, example, mark, marks, npm_example, pick, shown
from gatekeeper.checks.download_then_run import is_same
from gatekeeper.model import Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1195.002", "T1204.005")
STORES = ("browser-store", "wallet-store")
DROPS = ("webhook", "oast", "paste", "file-drop", "tunnel", "bare-address")
ACTS = ("spawn", "network", "send", "exec", "write")
UNLOCKERS = re.compile(r"win32crypt\.CryptUnprotectData|browser_cookie3\.|rookiepy\.|browserhistory\.")
PROGRAM = re.compile(r"\.(?:exe|scr|bat|ps1|vbs|pyw?|dll|msi|hta|jar|sh)(?:[?#]|$)", re.IGNORECASE)
HOOK = mark("chat-webhook", "webhook")
CHROMIUM, FIREFOX = mark("chromium-profile", "browser-store"), mark("firefox-profile", "browser-store")
WINDOWS, SHELL = mark("windows-program", "executable"), mark("shell-program", "shell", Severity.NOTE)
PLACE = "https://hooks.example/a"
hits = (
    example(
        does("write", "~/.bashrc", When.CALL, "", mark("shell-start-file", "persistence")),
        does("write-script", "wget a; chmod +x a", When.CALL, "", mark("start", "pattern", Severity.CRITICAL)),
    ),
    example(
        does("read", "%LOCALAPPDATA%/Google/Chrome/User Data", When.CALL, "", CHROMIUM),
        does("read", "%APPDATA%/Mozilla/Firefox", When.CALL, "", FIREFOX),
        does("send", PLACE, When.CALL, "", HOOK),
    ),
    example(
        does("network", "http://files.example/a.exe", When.CALL),
        does("write", "a.exe", When.CALL, "network", WINDOWS),
        does("spawn", "a.exe", When.CALL),
    ),
    example(
        does("hidden-address", "http://files.example/", When.CALL), does("send", "http://files.example/", When.CALL)
    ),
    example(does("exec", "exec", When.CALL, "decoded"), does("send", PLACE, When.CALL, "", HOOK)),
    example(does("network", "http://files.example/", When.CALL, "layer")),
    example(does("send", PLACE, When.COMMAND, "environment-all", HOOK)),
    example(
        does("network", "files.example:9001 raw", When.CALL),
        does("dup2", "os.dup2", When.CALL),
        does("spawn", "/bin/sh", When.CALL, "", SHELL),
    ),
)
misses = (
    example(
        does("write", "~/.bashrc", When.CALL, "", mark("shell-start-file", "persistence")),
        does("write-script", "complete -F example", When.CALL),
    ),
    example(does("read", "~/.mozilla/firefox", When.CALL, "", FIREFOX), does("send", PLACE, When.CALL, "", HOOK)),
    example(does("capture", "win32crypt.CryptUnprotectData", When.CALL)),
    example(
        does("network", HOLE, When.CALL),
        does("write", "a.tar", When.CALL, "network"),
        does("spawn", "a.tar", When.CALL),
    ),
    example(does("exec", "exec", When.CALL, "decoded")),
    example(does("send", f"https://hooks.example/{HOLE}", When.CALL, "environment-all", HOOK)),
    npm_example(does("network", "http://files.example/", When.CALL, "layer")),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each whole chain in code that waits to be called."""
    if evidence.release.ecosystem != "pypi":
        return
    drops = {one.file for one in pick(evidence, "send", "network", when=USED) if is_drop(one)}
    yield from about_stores(evidence, drops)
    yield from about_messages(evidence)
    yield from about_hidden_code(evidence, drops)
    yield from about_programs(evidence)
    yield from about_shells(evidence)
    yield from about_returning(evidence)


def is_drop(one: Behaviour) -> bool:
    """Say whether something goes to a fixed place of the kinds that anybody may open without a name."""
    return bool(marks(one, *DROPS)) and is_fixed(one)


def is_fixed(one: Behaviour) -> bool:
    """Say whether the whole address stands in the code."""
    return HOLE not in one.detail and "%" not in one.detail and "." in one.detail


def about_stores(evidence: Evidence, drops: set[str]) -> Iterator[Finding]:
    """Yield a finding where stores of several programs are read and a place to send them to is fixed."""
    for file in sorted(drops):
        read = [one for one in pick(evidence, "read", when=USED) if one.file == file and marks(one, *STORES)]
        if len({one.detail for one in read}) > 1:
            message = f"can read where several programs keep secrets, and send them away: {shown(read[0].detail)}"
            yield say.of(read[0], Severity.CRITICAL, Confidence.HIGH, message)
    talking = {one.file for one in pick(evidence, "send", "network", when=USED) if is_fixed(one)}
    for one in pick(evidence, "capture", when=USED):
        if one.file in talking and UNLOCKERS.match(one.detail):
            message = f"can unlock what browsers keep, and talks to a fixed place: {shown(one.detail)}"
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, message)


def about_messages(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each message that tells secrets to a fixed place, or goes to a hidden one."""
    hidden = {(one.file, one.detail[:100]) for one in pick(evidence, "hidden-address", when=USED)}
    for one in pick(evidence, "send", "network", when=USED):
        taints = set(one.taints)
        if (one.file, one.detail[:100]) in hidden:
            severity, confidence = weight_of_hidden(one)
            yield say.of(one, severity, confidence, f"can talk to an address that it decodes: {shown(one.detail)}")
        if one.kind != "send" or not is_fixed(one):
            continue
        told = {"environment-all", "capture", "fingerprint", "secret"} & taints
        if told and is_drop(one) and ({"environment-all", "capture"} & told or len(told) > 1):
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, f"can send secrets away: {shown(one.detail)}")
        elif {"environment-all", "fingerprint"} <= taints or ("file" in taints and marks(one, "bare-address")):
            yield say.of(one, Severity.HIGH, Confidence.MEDIUM, f"can tell all about the machine: {shown(one.detail)}")


def weight_of_hidden(one: Behaviour) -> tuple[Severity, Confidence]:
    """Return how much a hidden address weighs: much where something is sent to it."""
    return (Severity.CRITICAL, Confidence.HIGH) if one.kind == "send" else (Severity.HIGH, Confidence.MEDIUM)


def about_hidden_code(evidence: Evidence, drops: set[str]) -> Iterator[Finding]:
    """Yield a finding for hidden code that acts, stands beside a fixed place to send to, or is out of sight."""
    for one in pick(evidence, *ACTS, when=USED):
        if "layer" in one.taints and (one.kind != "spawn" or one.marks):
            message = f"hidden code can act ({one.kind}): {shown(one.detail)}"
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, message)
    for one in pick(evidence, "exec", when=USED):
        if "decoded" in one.taints and one.file in drops:
            message = "can run code that it decodes, beside a fixed place to send things to"
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, message)
    for one in pick(evidence, "far-right", "obfuscator", when=USED):
        yield say.of(one, Severity.HIGH, Confidence.MEDIUM, f"hides code from its readers: {shown(one.detail)}")


def about_programs(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each program that is fetched and started, as far as the code shows."""
    for written in pick(evidence, "write", when=USED):
        if "network" not in written.taints or not marks(written, "executable", "drop-folder"):
            continue
        started = [one for one in pick(evidence, "spawn", when=USED) if one.file == written.file]
        fetched = [one for one in pick(evidence, "network", when=USED) if one.file == written.file]
        fixed = any(PROGRAM.search(one.detail) and is_fixed(one) for one in fetched)
        nameless = fixed and any(is_drop(one) for one in fetched) and bool(started)
        if nameless or any(starts(one.detail, written.detail) for one in started):
            severity, confidence = (Severity.CRITICAL, Confidence.HIGH) if fixed else (Severity.HIGH, Confidence.MEDIUM)
            yield say.of(written, severity, confidence, f"can fetch a program and start it: {shown(written.detail)}")


def starts(command: str, path: str) -> bool:
    """Say whether a command is a written file, or names it."""
    return is_same(path, command) or (command == path and path.strip(HOLE + "/") != "")


def about_shells(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each shell that is tied to a fixed place."""
    connected = {one.file for one in pick(evidence, "network", when=USED) if is_raw(one)}
    tied = {one.file for one in pick(evidence, "dup2", when=USED)}
    for one in pick(evidence, "spawn", when=USED):
        if one.file in connected & tied and marks(one, "shell", "child"):
            message = f"can tie a shell to a fixed place: {shown(one.detail)}"
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, message)


def is_raw(one: Behaviour) -> bool:
    """Say whether a raw connection names its host; the port may be known only later."""
    host = one.detail.partition(":")[0]
    return one.detail.endswith(" raw") and HOLE not in host and "." in host and "%" not in host


def about_returning(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each command that hardly any honest program needs, written where it is started again."""
    kept = {one.file for one in pick(evidence, "write", when=USED) if marks(one, "persistence")}
    for one in pick(evidence, "write-script", when=USED):
        if one.file in kept and any(mark.severity is Severity.CRITICAL for mark in marks(one, "pattern")):
            message = f"can arrange to be started again, with {shown(one.detail)}"
            yield say.of(one, Severity.CRITICAL, Confidence.HIGH, message)
