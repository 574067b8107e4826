"""What command line tools fetch, send and look up, and where they put it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from posixpath import basename, join

from gatekeeper.evidence._shell_state import Command, Flow, Notes, Word
from gatekeeper.evidence._values import HOLE, NOTHING

NETWORK = frozenset({"network"})
# Options of curl and wget that take a value, by what the value is.
OUTPUT = frozenset({"-o", "--output", "-O", "--output-document", "-OutFile", "-outf", "--out", "-d@wget"})
DATA = frozenset(
    {"-d", "--data", "--data-raw", "--data-binary", "--data-urlencode", "--data-ascii", "-F", "--form", "--form-string",
     "-T", "--upload-file", "--json", "--post-data", "--post-file", "--body-data", "--body-file", "-Body", "-InFile"}
)  # fmt: skip
CARRIED = frozenset({"-H", "--header", "-u", "--user", "-A", "--user-agent", "-e", "--referer", "-b", "--cookie"})
OTHER = frozenset(
    {"-x", "--proxy", "-c", "--cookie-jar", "-m", "--max-time", "--retry", "--connect-timeout", "-w", "--write-out",
     "--cacert", "--cert", "--key", "-E", "-K", "--config", "--resolve", "--retry-delay", "-t", "--tries", "-T@wget",
     "--timeout", "-r", "--range", "-C", "-z", "--limit-rate", "-Headers", "-UserAgent", "--checksum", "-Q"}
)  # fmt: skip
FOLDERS = frozenset({"-P", "--directory-prefix", "--output-dir", "--dir"})
SENDING = frozenset({"POST", "PUT", "PATCH"})
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s'\"`;|)>]+", re.IGNORECASE)
LOOKUPS = frozenset({"nslookup", "dig", "host", "ping", "getent", "resolve-dnsname", "traceroute", "drill", "tracert"})


@dataclass(slots=True)
class Transfer:
    """What the options of one download or upload say."""

    addresses: list[Word] = field(default_factory=list)
    carried: list[Word] = field(default_factory=list)
    outputs: list[Word] = field(default_factory=list)
    folder: str = ""
    sends: bool = False
    kept: bool = False  # under the address's own name
    spoken: frozenset[str] = NOTHING  # of standard input


class Transfers:
    """Reads tools that talk to the network."""

    notes: Notes

    def curl(self, command: Command) -> Flow:
        """Read curl, wget and their like."""
        name = program_of(command)
        found = Transfer(kept=name in {"wget", "aria2c", "axel"})
        self._options(command, name, found)
        if not found.addresses:
            return Flow(shown="")
        return self._transferred(command, found)

    def _options(self, command: Command, name: str, found: Transfer) -> None:
        pending = list(command.args)
        while pending:
            word = pending.pop(0)
            option, attached = self._split(word.text, name)
            if option is None:
                found.addresses.append(word)
                continue
            taken = {*OUTPUT, *DATA, *CARRIED, *OTHER, *FOLDERS, "-X", "--request", "--method", "--url", "-Uri"}
            if (name == "curl" and option == "-O") or (name == "wget" and option in {"-d", "-e", "-F", "-c", "-H"}):
                found.kept = True
                continue
            if option not in taken:
                found.kept = found.kept or option in {"--remote-name", "-J"}
                continue
            value = Word(attached, word.taints, word.exact) if attached else pending.pop(0) if pending else Word("")
            self._option(command, found, option, value)

    def _option(self, command: Command, found: Transfer, option: str, value: Word) -> None:
        if option in OUTPUT:
            found.outputs.append(value)
        elif option in {"--url", "-Uri"}:
            found.addresses.append(value)
        elif option in {"-X", "--request", "--method"}:
            found.sends = value.text.upper() in SENDING
        elif option in FOLDERS:
            found.folder = value.text
        elif option in DATA:
            found.sends = True
            found.carried.append(self._body(command, option, value))
        elif option in CARRIED:
            found.carried.append(value)

    def _body(self, command: Command, option: str, value: Word) -> Word:
        """Return what a request carries: a text, a file, or what the command reads."""
        place = value.text.partition("=@")[2] if "=@" in value.text else value.text.removeprefix("@")
        named = option in {"-T", "--upload-file", "--post-file", "--body-file", "-InFile"}
        if not named and place == value.text:
            return value
        if place in {"-", ".", "/dev/stdin"}:
            return Word(HOLE, value.taints | command.stdin.taints, exact=False)
        return Word(HOLE, value.taints | self.notes.look(place, command.spot) | {"file"}, exact=False)

    def _split(self, text: str, name: str) -> tuple[str | None, str]:
        """Split an option from the value that is written together with it; None for an address."""
        if not text.startswith("-") or text == "-":
            return None, ""
        if text.startswith("--"):
            option, _, value = text.partition("=")
            return option, value
        if name not in {"curl", "wget"}:
            return text, ""
        letters = text[1:]
        for at, letter in enumerate(letters):
            option = f"-{letter}"
            takes = {*OUTPUT, *DATA, *CARRIED, *OTHER, *FOLDERS, "-X"}
            if option in takes and not (name == "curl" and option == "-O"):
                return option, letters[at + 1 :]
        return f"-{letters[-1]}" if "O" not in letters else "-O", ""

    def _transferred(self, command: Command, found: Transfer) -> Flow:
        taints = NOTHING.union(*[word.taints for word in found.carried])
        for address in found.addresses[:20]:
            text = address.text if "://" in address.text else f"http://{address.text}"
            self.notes.request(text, command.spot, taints | address.taints, sends=found.sends)
        if found.kept and not found.outputs:
            found.outputs = [Word(basename(one.text.split("?")[0]) or "index.html") for one in found.addresses[:20]]
        named = [one for one in found.outputs if one.text not in {"-", "/dev/stdout"}]
        for output in named:
            if output.text.lower() not in {"/dev/null", "nul"}:
                place = join(found.folder, output.text) if found.folder else output.text
                self.notes.write(place, command.spot, Flow(None, NETWORK))
        return Flow("" if named else None, NOTHING if named else NETWORK)

    def netcat(self, command: Command) -> Flow:
        """Read nc and its like: a host, a port, and whatever is fed in."""
        plain = [word for word in command.args if not word.text.startswith("-")]
        if len(plain) > 1 and plain[1].text.isdigit():
            taints = command.taints | command.stdin.taints
            place = f"{plain[0].text}:{plain[1].text} raw"
            self.notes.request(place, command.spot, taints, sends=bool(command.stdin.taints))
        return Flow(None, NETWORK)

    def lookup(self, command: Command) -> Flow:
        """Read a question to a name server."""
        for word in command.args:
            if "." in word.text.strip(".") and not word.text.startswith(("-", "+")):
                self.notes.note("lookup", word.text, command.spot, word.taints)
        return Flow(None, frozenset({"lookup"}))

    def copied_far(self, command: Command) -> Flow:
        """Read scp, rsync, ssh and ftp: whatever stands there may go, or come, over the network."""
        far = [word for word in command.args if re.match(r"(?:[\w.-]+@)?[\w.-]+:", word.text) or "@" in word.text]
        taints = command.stdin.taints
        for word in command.args:
            if word not in far and not word.text.startswith("-"):
                taints |= self.notes.look(word.text, command.spot)
        for word in far[:4]:
            self.notes.request(word.text.partition("@")[2] or word.text, command.spot, taints, sends=bool(taints))
        return Flow(None, NETWORK)

    def windows_transfer(self, command: Command) -> Flow:
        """Read certutil and bitsadmin."""
        texts = [text.lower() for text in command.texts]
        if any(text.lstrip("-/") in {"decode", "decodehex"} for text in texts):
            plain = [word.text for word in command.args if not word.text.startswith(("-", "/"))]
            if len(plain) > 1:
                self.notes.write(plain[1], command.spot, Flow(None, frozenset({"decoded"})))
            return Flow()
        for at, word in enumerate(command.args):
            if "://" in word.text:
                self.notes.request(word.text, command.spot, word.taints)
                rest = [one.text for one in command.args[at + 1 :]]
                self.notes.write(rest[0] if rest else basename(word.text), command.spot, Flow(None, NETWORK))
        return Flow()


def program_of(command: Command) -> str:
    """Return the name of the started program, without its folder and suffix, in lower case."""
    name = re.split(r"[\\/]", command.words[0].text)[-1].lower()
    return re.sub(r"\.(?:exe|com|cmd|bat)$", "", name)
