"""The signature files, read once and compiled: what a command, a path or a host matches."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from gatekeeper import signatures
from gatekeeper.errors import DamagedInstallationError
from gatekeeper.model import Mark, Severity

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SLASHES = re.compile(r"[\\/]+")
PROGRAM_SUFFIX = re.compile(r"\.(?:exe|com|cmd|bat)$")
SEPARATORS = re.compile(r"\|\||&&|[;|&\n`]|\$\(")
WORDS = re.compile(r"\"[^\"]*\"|'[^']*'|[^\s\"'()]+")
# Programs that start the program named by their next words.
PREFIXES = frozenset(
    {"sudo", "nohup", "env", "setsid", "start", "exec", "time", "nice", "call", "then", "do", "/b", "-", "xargs"}
)
INTERPRETER_FLAGS = frozenset({"/c", "/k", "-c", "/s", "/q", "/d", "-lc"})
INTERPRETERS = frozenset({"cmd", "sh", "bash", "zsh", "dash", "ksh", "powershell", "pwsh", "su"})
STORES = frozenset({"browser-store", "wallet-store", "credential-store"})  # families of places where secrets lie
LOOKED_AT = STORES | {"sandbox"}  # families of places that matter when they are only looked at
MOST_COMMAND = 4096  # characters of a command that are read
ADDRESS = re.compile(
    r"^(?:[a-z][a-z0-9+.-]*:)?//(?:[^/@?#]*@)?(\[[0-9a-f:]+\]|[^/:?#\\\s]*)(?::(\d{1,5}))?([^\s]*)", re.IGNORECASE
)
# Regular expressions that match the addresses of wallets, as code that looks for them spells them.
WALLET_PATTERN = re.compile(
    r"0x\[[a-fA-F0-9-]{4,12}\]\{40\}|bc1|\[13\]\[a-km-zA-H|\[LM3?\]\[|T\[A-Za-z1-9\]\{33\}|\[1-9A-HJ-NP-Za-km-z\]\{32,44\}"
    r"|\[13\]\{1\}\[a-km-z"
)
NUMBERED = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}")
# Addresses of this machine, of a private network, of clouds' own services, and those that are no machine's.
LOCAL = re.compile(
    r"(?:0|10|127|169\.254|100\.100\.100|192\.168|172\.(?:1[6-9]|2\d|3[01])|2[2-5]\d|1\.[01]\.[01]|8\.8\.[48]|9\.9\.9)\."
)
NAMELESS = Mark("bare-address", "bare-address", Severity.MEDIUM, "has no name, only a number")


@dataclass(frozen=True, slots=True)
class Signature:
    """One entry of a signature file."""

    mark: Mark
    pattern: re.Pattern[str] | None
    programs: frozenset[str]
    hosts: tuple[str, ...]
    hit: str
    miss: str


@cache
def load(name: str) -> tuple[Signature, ...]:
    """Read one signature file; a broken one is a damaged installation."""
    try:
        entries = tomllib.loads(signatures.text(name))["signature"]
        return tuple(_signature(entry) for entry in entries)
    except (tomllib.TOMLDecodeError, KeyError, re.error) as error:
        raise DamagedInstallationError(f"the signature file {name} is broken: {error}") from error


def _signature(entry: dict[str, Any]) -> Signature:
    return Signature(
        mark=Mark(entry["id"], entry["family"], Severity[entry["severity"].upper()], entry["reason"]),
        pattern=re.compile(entry["pattern"], re.IGNORECASE) if "pattern" in entry else None,
        programs=frozenset(entry.get("programs", ())),
        hosts=tuple(entry.get("hosts", ())),
        hit=entry["hit"],
        miss=entry["miss"],
    )


@cache
def _programs() -> dict[str, Mark]:
    return {word: one.mark for one in load("commands.toml") for word in one.programs}


@lru_cache(maxsize=4096)
def marks_of_command(command: str) -> tuple[Mark, ...]:
    """Return what a command line matches: the programs it starts and the shapes it has."""
    command = command[:MOST_COMMAND]
    found = [_programs()[program] for program in programs_in(command) if program in _programs()]
    found += [one.mark for one in load("commands.toml") if one.pattern is not None and one.pattern.search(command)]
    return tuple(dict.fromkeys(found))


def programs_in(command: str) -> list[str]:
    """Return the names of the programs that a command line starts, those after `cmd /c` and `sh -c` included."""
    found: list[str] = []
    for part in SEPARATORS.split(command)[:64]:
        expecting = True
        for word in WORDS.findall(part)[:32]:
            bare = word.strip("\"'")
            if bare.lower() in INTERPRETER_FLAGS and (not found or found[-1] in INTERPRETERS):
                expecting = True
            elif expecting and not (re.match(r"^\w+=", bare) or bare.lower() in PREFIXES or bare.startswith("-")):
                found.extend(_named(bare))
                expecting = False
    return found


def _named(word: str) -> list[str]:
    if " " in word and not SLASHES.search(word.split(" ", 1)[0]):
        return programs_in(word)[:4]
    return [PROGRAM_SUFFIX.sub("", SLASHES.split(word)[-1].lower())]


@lru_cache(maxsize=4096)
def marks_of_path(path: str) -> tuple[Mark, ...]:
    """Return what a path matches, whichever slashes it is written with."""
    plain = SLASHES.sub("/", path[:1024].strip().lower())
    return tuple(one.mark for one in load("paths.toml") if one.pattern is not None and one.pattern.search(plain))


@lru_cache(maxsize=4096)
def marks_of_address(address: str) -> tuple[Mark, ...]:
    """Return what the host of an address, or the host itself, matches."""
    parts = address_parts(address)
    if parts is None:
        return ()
    host, _, path = parts
    found = [one.mark for one in load("hosts.toml") if any(_serves(pattern, host, path) for pattern in one.hosts)]
    if NUMBERED.fullmatch(host) and not LOCAL.match(host):
        found.append(NAMELESS)
    return tuple(found)


def _serves(pattern: str, host: str, path: str) -> bool:
    wanted, slash, start = pattern.partition("/")
    if host != wanted and not host.endswith("." + wanted):
        return False
    return not slash or path.lower().startswith("/" + start)


def address_parts(address: str) -> tuple[str, int | None, str] | None:
    """Split an address, `host:port` or host into host, port and path; None when there is no known host."""
    text = address[:2048]
    match = ADDRESS.match(text) or ADDRESS.match("//" + text)
    if match is None:
        return None
    host = match.group(1).lower().rstrip(".")
    return (host, int(match.group(2)) if match.group(2) else None, match.group(3)) if host else None
