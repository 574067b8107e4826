"""Decoding of known texts with the standard library's own decoders, within bounds."""

from __future__ import annotations

import base64
import binascii
import bz2
import codecs
import lzma
import zlib
from typing import TYPE_CHECKING, Any

from gatekeeper.evidence._values import MISSING, MOST_TEXT, Value, all_taints, exactly, opaque

if TYPE_CHECKING:
    from collections.abc import Callable

SHORTEST = 64  # characters
DECODED = frozenset({"decoded"})
GIVEN = frozenset({"given"})
DECODING_ERRORS = (
    TypeError, ValueError, LookupError, AttributeError, binascii.Error, zlib.error, lzma.LZMAError, EOFError, OSError
)  # fmt: skip
TEXT_CODECS = {"rot13", "rot_13", "hex", "hex_codec", "base64", "base64_codec"}
PACKING_CODECS = {"zlib", "zip", "zlib_codec", "bz2", "bz2_codec"}


def _inflate(packed: bytes, window: int = 15 + 32) -> bytes:
    return zlib.decompressobj(window).decompress(packed, MOST_TEXT)


def _unxz(packed: bytes) -> bytes:
    return lzma.LZMADecompressor(memlimit=1 << 26).decompress(packed, MOST_TEXT)


def _unbz2(packed: bytes) -> bytes:
    return bz2.BZ2Decompressor().decompress(packed, MOST_TEXT)


def _codec(text: Any, name: str = "utf-8", *_: Any) -> Any:  # noqa: ANN401 - str or bytes
    plain = name.lower().replace("-", "_")
    if plain in PACKING_CODECS:
        return _unbz2(text) if plain.startswith("bz2") else _inflate(text)
    if plain in TEXT_CODECS and isinstance(text, str) and not plain.startswith("rot"):
        text = text.encode("latin-1")
    return codecs.decode(text, name)


# Dotted name -> decoder. What these return counts as decoded, whether or not the input was known.
DECODERS: dict[str, Callable[..., Any]] = {
    "base64.b64decode": base64.b64decode,
    "base64.urlsafe_b64decode": base64.urlsafe_b64decode,
    "base64.standard_b64decode": base64.standard_b64decode,
    "base64.b32decode": base64.b32decode,
    "base64.b16decode": base64.b16decode,
    "base64.b85decode": base64.b85decode,
    "base64.a85decode": base64.a85decode,
    "base64.decodebytes": base64.decodebytes,
    "base64.decodestring": base64.decodebytes,
    "binascii.unhexlify": binascii.unhexlify,
    "binascii.a2b_hex": binascii.a2b_hex,
    "binascii.a2b_base64": binascii.a2b_base64,
    "bytes.fromhex": bytes.fromhex,
    "bytearray.fromhex": bytes.fromhex,
    "codecs.decode": _codec,
    "codecs.getdecoder()": lambda *_: None,
    "zlib.decompress": lambda packed, *_: _inflate(packed),
    "gzip.decompress": lambda packed, *_: _inflate(packed),
    "lzma.decompress": lambda packed, *_: _unxz(packed),
    "bz2.decompress": lambda packed, *_: _unbz2(packed),
}
# Decoders whose result is never known, only that it is decoded. The last word of a name is enough for the ciphers.
OPAQUE_DECODERS = frozenset({"marshal.loads", "marshal.load", "pickle.loads", "dill.loads", "cloudpickle.loads"})
CIPHER_METHODS = frozenset({"decrypt", "decrypt_and_verify"})
CIPHER_ROOTS = ("cryptography.", "Crypto.", "Cryptodome.", "nacl.", "pyaes.", "rncryptor.", "simplecrypt.")


def is_decoder(ref: str) -> bool:
    """Say whether a dotted name decodes or decrypts."""
    if ref in DECODERS or ref in OPAQUE_DECODERS:
        return True
    root, _, method = ref.rpartition(".")
    return method in CIPHER_METHODS and (ref.startswith(CIPHER_ROOTS) or root.endswith("()"))


def decode(ref: str, arguments: list[Value]) -> Value:
    """Decode if the input is known; otherwise say only that the result is decoded."""
    taints = all_taints(arguments) | DECODED
    if ref in OPAQUE_DECODERS and arguments and not arguments[0].taints and arguments[0].text is None:
        taints |= GIVEN  # an object that came from another process, say: nothing that is known to lie in the package
    decoder = DECODERS.get(ref)
    if decoder is None or not arguments or not all(argument.exact for argument in arguments):
        return opaque(taints)
    result = _attempt(decoder, [argument.const for argument in arguments])
    return opaque(taints) if result is MISSING else exactly(result, taints)


def _attempt(decoder: Callable[..., Any], constants: list[Any]) -> Any:  # noqa: ANN401 - str or bytes
    if isinstance(constants[0], (str, bytes)) and len(constants[0]) > MOST_TEXT:
        return MISSING
    try:
        return decoder(*constants)
    except binascii.Error:
        return b"" if len(constants[0]) < SHORTEST else MISSING  # a placeholder: it decodes to nothing, here as there
    except DECODING_ERRORS:
        return MISSING
