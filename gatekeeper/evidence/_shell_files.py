"""What command line tools do to files, and what they print: reading, decoding, copying, writing, listing, asking."""

from __future__ import annotations

import base64
import binascii
import re

from gatekeeper.evidence._shell_state import MOST_TEXT, Command, Flow, Notes, Word
from gatekeeper.evidence._shell_transfer import program_of
from gatekeeper.evidence._shell_words import unescaped
from gatekeeper.evidence._signatures import marks_of_path
from gatekeeper.evidence._values import HOLE, NOTHING

LOOKED = frozenset({"command-output", "fingerprint"})
DECODED = frozenset({"decoded"})
# `uname -m` tells what to build for; who and where a machine is, it tells only with these.
PLATFORM = re.compile(r"-[smporvi]+|--(?:kernel-name|kernel-release|machine|processor|operating-system)")
SECRETS = re.compile(r"\bauth\s+(?:token|print-access-token)|\btoken\b|find-generic-password|credential\s+fill")


class Files:
    """Reads tools that touch files and that print."""

    notes: Notes

    def packaged(self, name: str, command: Command) -> str | None:
        """Return the text of a file of the artifact, or None."""
        raise NotImplementedError

    def echo(self, command: Command) -> Flow:
        """Read echo and printf: what they print is known."""
        words, escapes = list(command.args), program_of(command) == "printf"
        while words and words[0].text in {"-n", "-e", "-E", "-ne", "-en", "--"}:
            escapes = "e" in words.pop(0).text or escapes
        if program_of(command) == "printf" and len(words) > 1 and "%" in words[0].text:
            words = words[1:]
        text = " ".join(word.text for word in words)[:MOST_TEXT]
        exact = all(word.exact for word in words)
        return Flow(unescaped(text) if escapes else text, _taints(words)) if exact else Flow(None, _taints(words))

    def cat(self, command: Command) -> Flow:
        """Read what prints files: their text when they are packaged, else only that it is a file's."""
        plain = [word for word in command.args if not word.text.startswith("-")]
        if not plain:
            return command.stdin
        texts, taints = [], NOTHING
        for word in plain[:200]:
            texts.append(self.packaged(word.text, command))
            taints |= self.notes.look(word.text, command.spot) | word.taints
        if all(text is not None for text in texts):
            return Flow("".join(text or "" for text in texts)[:MOST_TEXT], taints)
        return Flow(None, taints | {"file"})

    def decode(self, command: Command) -> Flow:
        """Read what decodes: base64, xxd, openssl, decompression."""
        name, texts = program_of(command), command.texts
        if not is_decoding(name, texts):
            return Flow(None, command.stdin.taints)
        source = command.stdin
        for word in command.args:
            if not word.text.startswith("-") and word.text not in {"base64", "enc"}:
                found = self.packaged(word.text, command)
                source = Flow(found, source.taints | word.taints)
        self.notes.note("decode", name, command.spot, source.taints)
        return Flow(decoded(name, source.text), source.taints | DECODED)

    def identity(self, command: Command) -> Flow:
        """Read what tells who and where this is."""
        if program_of(command) == "uname" and all(PLATFORM.fullmatch(text) for text in command.texts):
            return Flow(None, frozenset({"weak-fingerprint"}))
        return Flow(None, LOOKED)

    def environment(self, command: Command) -> Flow:
        """Read what lists the environment."""
        return Flow(None, frozenset({"environment-all"})) if not command.args else Flow()

    def passing(self, command: Command) -> Flow:
        """Read a filter: what comes out came in, or from the files it names."""
        taints = command.stdin.taints
        for word in command.args:
            taints |= self.notes.look(word.text, command.spot)
        if program_of(command) == "sed" and any(re.match(r"-i|--in-place", text) for text in command.texts):
            self.notes.write(command.texts[-1], command.spot, Flow(None, taints))
        return Flow(None, taints)

    def copy(self, command: Command) -> Flow:
        """Read cp, mv, ln and their like."""
        plain = [word for word in command.args if not word.text.startswith("-")]
        if len(plain) > 1:
            taints = NOTHING
            for word in plain[:-1]:
                taints |= self.notes.look(word.text, command.spot)
            target = plain[-1].text
            self.notes.write(target if not target.endswith("/") else target + plain[0].text.rpartition("/")[2],
                             command.spot, Flow(None, taints))  # fmt: skip
            if program_of(command) in {"mv", "move", "ren", "rename"}:
                self.notes.note("delete", plain[0].text, command.spot)
        return Flow("")

    def tee(self, command: Command) -> Flow:
        """Read tee: what comes in goes on and into files."""
        for word in command.args:
            if not word.text.startswith("-"):
                self.notes.write(word.text, command.spot, command.stdin)
        return command.stdin

    def dd(self, command: Command) -> Flow:
        """Read dd: from one file to another."""
        for text in command.texts:
            if text.startswith("of="):
                self.notes.write(text[3:], command.spot, command.stdin)
        return Flow(None, command.stdin.taints)

    def remove(self, command: Command) -> Flow:
        """Read what deletes files."""
        for word in command.args:
            if not word.text.startswith("-") and not re.fullmatch(r"/[a-zA-Z]", word.text):
                self.notes.note("delete", word.text, command.spot, marks=marks_of_path(word.text))
        return Flow("")

    def secrets(self, command: Command) -> Flow:
        """Read tools that hand out credentials."""
        words = " ".join(command.texts)
        return Flow(None, frozenset({"secret"}) if SECRETS.search(words) else frozenset({"command-output"}))

    def archive(self, command: Command) -> Flow:
        """Read what packs files: what is packed may be secret."""
        taints = command.stdin.taints
        for word in command.args:
            taints |= self.notes.look(word.text, command.spot)
        return Flow(None, taints - {"network"})


def is_decoding(name: str, texts: tuple[str, ...]) -> bool:
    """Say whether a tool decodes, rather than encodes."""
    if name in {"base64", "base32", "basenc", "openssl"}:
        return any(text in {"-d", "-D", "--decode", "-di", "-id"} for text in texts)
    if name == "xxd":
        return any("r" in text for text in texts if text.startswith("-"))
    return name in {"rev", "tr", "uudecode", "zcat", "gunzip", "unxz", "bunzip2", "gpg"} or "-d" in texts


def decoded(name: str, text: str | None) -> str | None:
    """Decode a known text; None when it cannot be done."""
    if text is None:
        return None
    plain = "".join(text.split())
    try:
        if name in {"base64", "openssl"}:
            return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8", "replace")
        if name == "base32":
            return base64.b32decode(plain).decode("utf-8", "replace")
        if name == "xxd":
            return bytes.fromhex(plain).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return None
    return text.rstrip("\n")[::-1] if name == "rev" else None


def _taints(words: list[Word]) -> frozenset[str]:
    return NOTHING.union(*[word.taints for word in words])


def hole() -> Word:
    """Return a word of which nothing is known."""
    return Word(HOLE, exact=False)
