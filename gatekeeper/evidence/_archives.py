"""Reading archives inside the artifact that its code imports from or unpacks."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import Base
from gatekeeper.evidence._starting import UNPACKED
from gatekeeper.evidence._values import Value, exactly, opaque, roughly
from gatekeeper.model import When

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gatekeeper.evidence._calling import Call

MOST_MEMBERS = 100
MOST_MEMBER = 1 << 20  # bytes of one file inside
MOST_ARCHIVE = 8 << 20  # bytes
HIDDEN = frozenset({"decoded"})  # what code inside an archive is: nobody sees it in the package
IMPORTERS = frozenset(
    {"zipimport.zipimporter", "sys.path.insert", "sys.path.append", "site.addsitedir", "sys.path.extend"}
)
ENDINGS = (".zip", ".egg", ".whl", ".pyz", ".dat", ".bin")
UNPACKERS = frozenset({"zipfile.ZipFile", "shutil.unpack_archive"})
BROKEN = (zipfile.BadZipFile, zlib.error, OSError, ValueError, NotImplementedError, RuntimeError, EOFError)


class Archives(Base):
    """Follows archives inside the artifact."""

    def unpacking(self, call: Call) -> Value | None:
        """Read what is imported from an archive, and keep what is unpacked from one, in case it is started."""
        if self.at.when in {When.CALL, When.COMMAND, When.NEVER} or call.ref not in IMPORTERS | UNPACKERS:
            return None
        for value in call.args[:2]:
            path = value.text or ""
            content = self.local_file(path) if path.endswith(ENDINGS) else None
            for name, text in python_in(content or b""):
                if call.ref in IMPORTERS:
                    self._imported_text(text, call)
                else:
                    self.wrote(roughly(UNPACKED + name.rpartition("/")[2]), exactly(text, HIDDEN), anew=True)
        return opaque(frozenset({"packaged"})) if call.ref in UNPACKERS else None

    def _imported_text(self, text: str, call: Call) -> None:
        """Read a module out of an archive; its functions are called through an importer, which is not followed."""
        source = self.at.source
        first = len(source.functions)
        self.run_text(text, call.node, HIDDEN)
        for function in source.functions[first:]:
            if function.owner is None and not function.entered:
                self.follow(function, [], {})


def python_in(content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the Python files in a zip, within bounds."""
    if not content.startswith(b"PK") or len(content) > MOST_ARCHIVE:
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as opened:
            for member in opened.infolist()[:MOST_MEMBERS]:
                if member.filename.endswith((".py", ".pyw")) and not member.flag_bits & 1:
                    with opened.open(member) as stream:
                        yield member.filename, stream.read(MOST_MEMBER).decode("utf-8", "replace")
    except BROKEN:
        return
