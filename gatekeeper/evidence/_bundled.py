"""Reading native files of the artifact that its own code starts or loads: what they are, and what their texts tell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import Base
from gatekeeper.evidence._native import MAGICS
from gatekeeper.evidence._signatures import marks_of_address, marks_of_command

if TYPE_CHECKING:
    import ast

    from gatekeeper.evidence._calling import Call

LOADERS = re.compile(
    r"ctypes\.(?:CDLL|WinDLL|OleDLL|PyDLL|(?:cdll|windll|oledll|pydll)\.LoadLibrary)$|cffi\..*\.dlopen$"
)
ADDRESS = re.compile(rb"https?://[\x21-\x7e]{4,120}")
COMMAND = re.compile(rb"[\x20-\x7e]{12,400}")
DROPS = frozenset({"webhook", "oast", "paste", "file-drop", "tunnel", "bare-address", "ip-lookup"})
MOST_TEXTS = 400  # of one file
MOST_SCANNED = 1 << 22  # bytes of a file whose texts are looked at


class Bundled(Base):
    """Reads native files of the artifact."""

    def loading(self, call: Call) -> None:
        """Note a library of the artifact that is loaded as it is."""
        if LOADERS.match(call.ref) and call.args and call.args[0].text:
            self.bundled(call.args[0].text, call.node)

    def bundled(self, word: str, node: ast.expr) -> None:
        """Note a native file of the artifact that a word names."""
        path = self.find_file(word) if "/" in word or "\\" in word or "." in word else None
        content = self.local_file(path) if path is not None else None
        if path is None or content is None or not content.startswith(MAGICS):
            return
        self.note("bundled-binary", path, node)
        if len(content) <= MOST_SCANNED:
            self._texts(content, node)

    def _texts(self, content: bytes, node: ast.expr) -> None:
        for found in ADDRESS.findall(content)[:MOST_TEXTS]:
            text = found.decode("ascii")
            marks = [mark for mark in marks_of_address(text) if mark.family in DROPS]
            if marks:
                self.note("network", text, node, (), marks)
        for found in COMMAND.findall(content)[: MOST_TEXTS * 10]:
            if b"/" in found or b"ell" in found:
                text = found.decode("ascii")
                marks = [mark for mark in marks_of_command(text) if mark.family == "pattern"]
                if marks:
                    self.note("spawn", text, node, (), marks)
