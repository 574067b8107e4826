"""Spelling commands as messages quote them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._shell_state import Word
from gatekeeper.evidence._shell_words import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

# These print, decide, set or move files, and start nothing: what they do is noted by itself.
INERT = frozenset(
    {"echo", "printf", "true", "false", ":", "exit", "test", "[", "[[", "cd", "export", "set", "shift", "return",
     "wait", "sleep", "read", "local", "unset", "pwd", "pushd", "popd", "umask", "break", "continue", "rem", "@echo",
     "setlocal", "endlocal", "type", "which", "where", "hash", "chmod", "chown", "mkdir", "md", "touch", "cp", "mv",
     "rm", "del", "rd", "rmdir", "ln", "copy", "xcopy", "move", "tar", "unzip", "gunzip", "gzip", "cat", "ls", "dir",
     "stat", "file", "du", "wc", "head", "tail", "grep", "egrep", "sed", "awk", "sort", "uniq", "cut", "tr", "tee",
     "basename", "dirname", "realpath", "readlink", "sha256sum", "shasum", "md5sum", "diff", "cmp", "find", "date"}
)  # fmt: skip


def sign_of(node: Node) -> str:
    """Return the operator of a redirection: <, >, >>, >& and so on."""
    return next((text_of(child) for child in node.children if not child.is_named and child.type != "ERROR"), ">")


def split_first(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Split a command name that came out of a variable into the words that the shell makes of it."""
    if words and words[0].exact and " " in words[0].text.strip() and "/" not in words[0].text.split()[0]:
        first = tuple(Word(part, words[0].taints) for part in words[0].text.split())
        return (*first, *words[1:])
    return words


def first_words(node: Node) -> str:
    """Return the start of a command as it is written."""
    return " ".join(text_of(node).split())[:200]


def rendered(words: tuple[Word, ...]) -> str:
    """Spell words as a command line."""
    return " ".join(quoted(word.text) for word in words)


def quoted(text: str) -> str:
    """Quote a word where a shell would need it."""
    if text and not re.search(r"[\s;|&<>\"'()]", text):
        return text
    if text.startswith("$(") or "://" in text:
        return text
    mark = "'" if "'" not in text else '"'
    return f"{mark}{text}{mark}"
