"""Telling what a signing key is by its name, and where one ends: what is made of it tells nothing of it."""

from __future__ import annotations

import re
from dataclasses import replace

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._js_values import CALLABLE, Object
from gatekeeper.evidence._network import goes_to_known_host
from gatekeeper.evidence._values import HOLE, MISSING, Value

KEY = "private-key"
KEYED = frozenset({KEY})
# Names of parameters, variables and properties that hold a key, or the words that it is made of.
ALWAYS = words(
    """
    privateKey privKey private_key privatekey _privateKey privateKeyHex privateKeyBytes privateKeyWIF privateKeyBase58
    mnemonic mnemonics mnemonicPhrase mnemonicWords seedPhrase seed_phrase seedphrase recoveryPhrase secretPhrase
    secretRecoveryPhrase
    """
)
# A service's own key, or the start of a random number, unless the file is about key pairs.
AMONG_KEYS = words(
    """
    seed secret secretKey secret_key _secretKey secretKeyBytes seedHex seedBytes masterSeed masterKey entropy wif xprv
    """
)
ABOUT_KEYS = re.compile(
    rb"[kK]ey_?[pP]air|[mM]nemonic|[eE][dD]25519|secp256k1|ECDSA|[bB][iI][pP]-?(?:39|32)|[sS]eedPhrase|tweetnacl|fromSeed"
)
# Calls that give back what they are given, spelled otherwise; any other result tells nothing of a key.
SPELLING = re.compile(
    r"encode|stringify|to(?:Hex|Base|String|JSON|Buffer|Array|Bytes|Upper|Lower)|^hex|^b(?:ase)?(?:16|32|58|64)|^from$|buffer"
    r"|concat|^(?:join|slice|sub\w*|trim\w*|reverse|split|map|replace\w*|push|append|set|add|write|update|final|btoa|escape"
    r"|parse|clone|assign|pad\w*|String|URLSearchParams|FormData|Blob|Headers|Request|Uint8Array|entries|values|flat)$"
    r"|encrypt|cipher|compress|deflate|gzip",
    re.IGNORECASE,
)
SIGNING = re.compile(
    r"sign|pub|verify|address|hash|digest|sha\d|hmac|derive|ecdh|multiply|length|valid|check", re.IGNORECASE
)
CARRYING = frozenset({"push", "unshift", "set", "append", "add", "write", "splice"})
SHOWN = words("publicKey public address classicAddress pubKey pubkey length byteLength signature")
IDENTIFYING = frozenset({"authorization", "auth"})  # what tells a service who calls
ADDRESS_PARTS = ("url", "uri", "href", "host", "hostname", "baseURL")
DISGUISED = frozenset({"decoded", "characters", "xor"})


def names_of_keys(content: bytes) -> frozenset[str]:
    """Return the names that stand for keys in a file of this content."""
    return ALWAYS | AMONG_KEYS if ABOUT_KEYS.search(content) else ALWAYS


def as_key(value: Value) -> Value:
    """Return a value as a key, unless it is known outright: nobody's key is written into code."""
    if value.const is not MISSING or isinstance(value.target, CALLABLE) or KEY in value.taints:
        return value
    return replace(value, taints=value.taints | KEYED)


def without_key(value: Value) -> Value:
    """Return a value that tells nothing of the key it was made with."""
    return replace(value, taints=value.taints - KEYED) if KEY in value.taints else value


def keeps_key(name: str) -> bool:
    """Say whether a function of this name gives back what it is given."""
    return SPELLING.search(name) is not None and SIGNING.search(name) is None


def is_chosen(first: Value, options: list[Value]) -> bool:
    """Say whether a caller may choose another address than the one that is written in the code."""
    holders = [one.target for one in options if isinstance(one.target, Object)]
    places = [first, *(holder.props[name] for holder in holders for name in ADDRESS_PARTS if name in holder.props)]
    every = [other for one in places if one.target is None for other in one.every()]
    return any((one.text or HOLE).startswith(HOLE) for one in every)


def is_written_out(address: str, value: Value) -> bool:
    """Say whether an address is written into the code, openly or in disguise."""
    scheme, _, host = address.rpartition("://")
    if host.startswith(("127.", "localhost", "0.0.0.0", "[::1]")):  # noqa: S104 - nothing is opened
        return False
    return goes_to_known_host(f"{scheme or 'raw'}://{host}") or bool(value.taints & DISGUISED)


def without_names(options: Value) -> Value:
    """Return a request's options without what tells the service who calls."""
    holder = options.target
    if not isinstance(holder, Object):
        return options
    kept = {name: one for name, one in holder.props.items() if name.lower() not in IDENTIFYING}
    if "headers" in kept:
        kept["headers"] = without_names(kept["headers"]) if kept["headers"] is not options else Value()
    return Value(taints=options.taints, target=Object(kept, None, holder.taints))
