"""Reading lines of cmd.exe and PowerShell: variables, escapes, what they start, fetch and write."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._base import BudgetError
from gatekeeper.evidence._shell_bash import NOWHERE, Script
from gatekeeper.evidence._shell_showing import INERT, rendered
from gatekeeper.evidence._shell_state import Flow, Spot, Word
from gatekeeper.evidence._shell_transfer import ADDRESS
from gatekeeper.evidence._shell_words import variable
from gatekeeper.evidence._values import HOLE, NOTHING

if TYPE_CHECKING:
    from gatekeeper.evidence._shell_bash import Programs

MOST_LINES = 5000
MOST_EXPANSION = 1 << 14  # characters of one line
VARIABLE = re.compile(r"%([A-Za-z_][\w()]*)(?::~(-?\d{1,5})(?:,(-?\d{1,5}))?|:([^%=]+)=([^%]*))?%")
ARGUMENT = re.compile(r"%~?[a-z]*\d")
SETTING = re.compile(r"@?set\s+(?:/[pa]\s+)?\"?([A-Za-z_]\w*)=([^\"]*)\"?\s*$", re.IGNORECASE)
PARTS = re.compile(r"\"[^\"]*\"|\|\||&&|[|&\n()]|[^\"|&\n()]+")
CMD_WORDS = re.compile(r"\d?>>?&?|<|(?:\"[^\"]*\"|[^\s\"<>])+")
CONDITION = re.compile(
    r"^@?(?:if\s+(?:/i\s+)?(?:not\s+)?(?:exist\s+\S+|defined\s+\S+|errorlevel\s+\d+|\S+\s*==\s*\S+|\S+\s+\w{3}\s+\S+)|"
    r"for\s+(?:/\w\s+)?(?:\"[^\"]*\"\s+)?%%?\w\s+in|else|do)\s*",
    re.IGNORECASE,
)
ENCODED = re.compile(
    r"^[-/]e(?:n(?:c(?:o(?:d(?:e(?:d(?:c(?:o(?:m(?:m(?:a(?:nd?)?)?)?)?)?)?)?)?)?)?)?)?$|^[-/]ec$", re.IGNORECASE
)
FETCHES = re.compile(
    r"download(?:string|data|file)|invoke-(?:webrequest|restmethod)|\biwr\b|\birm\b|start-bitstransfer|\bcurl\b|\bwget\b|"
    r"xmlhttp|httpclient|openread",
    re.IGNORECASE,
)
RUNS = re.compile(r"\biex\b|invoke-expression|\[scriptblock\]::create|assembly\]?::load|add-type", re.IGNORECASE)
DECODES = re.compile(r"frombase64string|-bxor|gzipstream|deflatestream|\[char\[?\]?\]", re.IGNORECASE)
SAVES = re.compile(
    r"(?:-outfile|-destination|-filepath|-path)\s+[\"']?([^\s\"';|)]+)|downloadfile\([^,]*,\s*[\"']?([^\"')]+)",
    re.IGNORECASE,
)
STARTS = re.compile(r"(?:start-process|saps|invoke-item|\bii|&)\s+(?:-filepath\s+)?[\"']?([^\s\"';|)]+)", re.IGNORECASE)
POSTS = re.compile(r"-method\s+[\"']?(?:post|put)|uploadstring|uploaddata|uploadfile", re.IGNORECASE)
KNOWS = re.compile(
    r"\$env:(?:computername|username|userdomain)|whoami|hostname|get-computerinfo|systeminfo|ipconfig", re.IGNORECASE
)
LISTS = re.compile(r"(?:gci|dir|ls|get-childitem|get-item)\s+(?:-path\s+)?env:", re.IGNORECASE)


def read_cmd(programs: Programs, code: str, spot: Spot, *, lines: bool) -> Flow:
    """Run through lines of cmd.exe."""
    script = Script(programs, spot)
    if code.count("\n") > MOST_LINES:
        programs.notes.unread(spot.path, "holds more lines than are read")
    try:
        for number, line in enumerate(code.splitlines()[:MOST_LINES]):
            if lines:
                script.spot = replace(script.spot, line=number + 1, snippet=line)
            _cmd_line(programs, script, line)
    except BudgetError:
        programs.notes.unread(spot.path, "takes too long to follow")
    except RecursionError:
        programs.notes.unread(spot.path, "nested too deeply to follow")
    return Flow(None, frozenset({"command-output"}))


def _cmd_line(programs: Programs, script: Script, line: str) -> None:
    bare = line.strip().lstrip("@")
    if not bare or bare[:4].lower() in {"rem", "rem "} or bare.startswith(":"):
        return
    text = expanded(line.replace("^", ""), script.known)
    flow = Flow()
    piece = ""
    for part in [*PARTS.findall(text), "&"]:
        if part in {"|", "||", "&", "&&", "(", ")"}:
            flow = _cmd_part(programs, script, piece, flow if part != "|" or piece else Flow())
            flow, piece = flow if part == "|" else Flow(), ""
        else:
            piece += part


def _cmd_part(programs: Programs, script: Script, text: str, stdin: Flow) -> Flow:
    """Run one command between separators."""
    setting = SETTING.match(text.strip())
    if setting is not None:
        script.known[setting.group(1).lower()] = Word(setting.group(2))
        return Flow()
    bare = text.strip()
    for _ in range(4):  # if ... if ... for ... do
        bare = CONDITION.sub("", bare).lstrip("@ ")
    words, targets = _cmd_words(bare)
    if not words:
        return Flow()
    flow = script.start(words, stdin)
    shown = flow.shown or rendered(words)
    for target in targets:
        if target.lower() not in NOWHERE:
            programs.notes.write(target, script.spot, flow)
            shown += f" > {target}"
    if words[0].text.lower() not in INERT or targets:
        programs.notes.spawn(shown, script.spot)
    return replace(flow, shown=shown)


def _cmd_words(text: str) -> tuple[tuple[Word, ...], list[str]]:
    words: list[Word] = []
    targets: list[str] = []
    taking = False
    for found in CMD_WORDS.findall(text):
        if re.fullmatch(r"\d?>>?&?|<", found):
            taking = found != "<" and not found.endswith("&")
            continue
        word = found.replace('"', "")
        if taking:
            targets.append(word)
            taking = False
        else:
            words.append(Word(word, exact="%" not in word and HOLE not in word and not word.startswith("'")))
    return tuple(words), targets


def expanded(line: str, known: dict[str, Word]) -> str:
    """Put the values of variables into a line: %x%, %x:~2,1% and %x:a=b%."""

    def value(match: re.Match[str]) -> str:
        name, start, count, old, new = match.groups()
        word = known.get(name.lower())
        if word is None:
            return variable(name.upper() if name.isupper() else name).text
        text = word.text
        if start is not None:
            text = text[int(start) :]
            text = text if count is None else text[: int(count)]
        return text.replace(old, new) if old else text

    for _ in range(4):
        again = ARGUMENT.sub("", VARIABLE.sub(value, line))[:MOST_EXPANSION]
        if again == line:
            break
        line = again
    return line


def read_powershell(programs: Programs, code: str, spot: Spot) -> Flow:
    """Note what a piece of PowerShell fetches, runs and writes, as far as its words tell."""
    notes = programs.notes
    addresses = [match.group() for match in ADDRESS.finditer(code)][:20]
    fetched = bool(FETCHES.search(code))
    taints = known_in(code)
    for address in addresses if fetched or POSTS.search(code) else ():
        notes.request(address, spot, taints, sends=bool(POSTS.search(code)))
    origin = (frozenset({"network"}) if fetched else NOTHING) | (
        frozenset({"decoded"}) if DECODES.search(code) else NOTHING
    )
    if RUNS.search(code) and origin:
        notes.note("exec", "PowerShell of something computed", spot, origin)
    for match in SAVES.finditer(code):
        notes.write(match.group(1) or match.group(2), spot, Flow(None, origin))
    for match in STARTS.finditer(code):
        notes.spawn(match.group(1), spot)
    if LISTS.search(code):
        return Flow(None, frozenset({"environment-all"}))
    return Flow(None, frozenset({"command-output"}) | taints | origin)


def known_in(code: str) -> frozenset[str]:
    """Return what a piece of PowerShell knows about the machine."""
    found = {"fingerprint"} if KNOWS.search(code) else set()
    return frozenset(found | ({"environment-all"} if LISTS.search(code) else set()))


def powershell_code(words: tuple[Word, ...]) -> tuple[str | None, str | None, bool]:
    """Return the code that PowerShell is started with, or the file it runs, and whether the code was encoded."""
    texts = [word.text for word in words]
    for at, text in enumerate(texts):
        if ENCODED.match(text) and at + 1 < len(texts):
            return from_base64(texts[at + 1]), None, True
        if re.match(r"[-/]c(?:ommand)?$", text, re.IGNORECASE):
            return " ".join(texts[at + 1 :]), None, False
        if re.match(r"[-/]f(?:ile)?$", text, re.IGNORECASE) and at + 1 < len(texts):
            return None, texts[at + 1], False
    plain = [text for text in texts if not text.startswith(("-", "/"))]
    if plain and plain[0].lower().endswith(".ps1"):
        return None, plain[0], False
    return " ".join(plain) or None, None, False


def from_base64(text: str) -> str | None:
    """Decode what -EncodedCommand takes: UTF-16 in base64."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4)).decode("utf-16-le", "replace")
    except (binascii.Error, ValueError):
        return None
