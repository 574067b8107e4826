"""Which files are worth parsing? One search for plain words; never used to skip what runs at an install."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yara_x

# A file with one of these is parsed.
ALONE = (
    b"discord.com/api", b"discordapp", b"api.telegram", b"hooks.slack", b"/dev/tcp", b"User Data", b"Login Data",
    b"authorized_keys", b"LaunchAgents", b"Start Menu", b"CurrentVersion\\Run", b"crontab", b"wallet.dat",
    b"exodus.wallet",
    b"nkbihfbeogaeaoehlefnkodbefgpgknn", b"pastebin", b"169.254.169.254", b"ipify", b"ipinfo.io", b"ip-api.com",
    b".onion/", b"ngrok.io", b"eval(atob", b"eval(Buffer", b"eval(function(p,a,c,k", b"global['", b"global.r=",
    b"globalThis['_", b"binding('spawn", b'binding("spawn', b"_linkedBinding", b"module.constructor", b"odule._load(",
    b"._compile", b".github/workflows", b".claude/", b".cursorrules", b".vscode/tasks", b"trufflehog",
    b"gh auth token", b"webhook.site", b"requestbin", b"burpcollaborator", b".oast.", b"interactsh",
    b"Network/Cookies",
    b"logins.json", b"screenshot-desktop", b"keylogger", b"toJSON(secrets)", b"schtasks", b"rundll32", b"regsvr32",
    b"certutil", b"XMLHttpRequest.prototype", b"window.ethereum", b"npm publish", b"dangerously-skip-permissions",
    b"--yolo", b".vbs", b"unlinkSync(__filename", b"unlink(__filename", b"clipboard.readText",
    b"constructor.constructor(",
    b".bashrc", b".zshrc", b"[a-km-zA-H", b"A-F0-9]{40}",
)  # fmt: skip
# A file with words of two of these groups is parsed.
NETWORK = (
    b"'http'", b'"http"', b"'https'", b'"https"', b"node:http", b"fetch(", b"XMLHttpRequest", b"'axios'", b'"axios"',
    b"'node-fetch'", b'"node-fetch"', b"'net'", b'"net"', b"node:net", b"'dns'", b'"dns"', b"node:dns", b"dgram",
    b"new WebSocket", b"'undici'", b'"undici"', b"'needle'", b'"needle"', b"superagent", b"'request'", b'"request"',
    b"'got'", b'"got"', b"sendBeacon", b"socket.io", b"'ws'", b'"ws"', b"nodemailer", b"axios.",
)  # fmt: skip
RUNNING = (
    b"child_process", b"eval(", b"new Function", b" Function(", b"(Function(", b"=Function(", b"\tFunction(",
    b"runInThisContext",
    b"runInNewContext", b"vm.Script", b"execSync", b"'execa'", b'"execa"', b"cross-spawn", b"shelljs", b"dlopen",
    b"(0,eval)", b"(0, eval)", b"eval)(", b"=eval;", b"= eval;", b"=eval,", b"['constructor']", b'["constructor"]',
    b"constructor('", b'constructor("', b"process.binding", b"mainModule", b"getBuiltinModule",
    b"data:text/javascript;base64",
)  # fmt: skip
DECODING = (
    b"'base64'", b'"base64"', b"atob(", b"fromCharCode", b"fromCodePoint", b", 'hex')", b',"hex")', b",'hex')",
    b', "hex")',
    b"createDecipher", b"unescape(", b"gunzip", b"inflate", b"brotliDecompress", b".reverse().join",
    b"privateDecrypt",
)  # fmt: skip
KNOWING = (
    b"hostname()", b"userInfo(", b"networkInterfaces", b"process.env)", b"process.env,", b"process.env;",
    b"...process.env",
    b"os.hostname", b"machineId", b"getServers", b"process.env}", b"process.env\n",
)  # fmt: skip
WRITING = (
    b"writeFile", b"createWriteStream", b"appendFile", b"outputFile", b"copyFile", b"unlinkSync", b"unlink(",
    b"rmSync(", b"chmod",
)  # fmt: skip
COMMANDS = (
    b"curl ", b"wget ", b"/bin/sh", b"/bin/bash", b"bash -c", b"sh -c", b"rm -rf", b"owershell", b"owerShell",
    b"cmd.exe",
    b"cmd /c", b"whoami", b"git config", b"npm install", b"msiexec", b"bcdedit", b"reg add", b"nohup ", b"sudo ",
)  # fmt: skip
SECRETS = (
    b"id_rsa", b".aws/", b".npmrc", b"_authToken", b"secretKey", b"privateKey", b"mnemonic", b"keystore", b".ssh",
    b".netrc",
    b"ethereum.request", b"clipboard", b"GITHUB_TOKEN", b"NPM_TOKEN", b"AWS_SECRET", b"seedPhrase", b"geoip",
    b"private_key", b"privatekey", b"privKey", b"Mnemonic", b"recoveryPhrase", b"secretPhrase", b"eypair", b"eyPair",
    b"fromSeed",
)  # fmt: skip
# Texts spelled in escapes, letter by letter: two of them side by side.
# What no plain word can say: texts spelled in escapes, require of a name, runs of characters that nobody sees.
SHAPES = {
    "decoding": (
        "{ 5c 78 ( 36 | 37 | 32 ) ?? 5c 78 ( 36 | 37 | 32 ) ?? 5c 78 }",
        "{ 5c 75 30 30 ( 36 | 37 ) ?? 5c 75 30 30 ( 36 | 37 ) }",
    ),
    "odd": ("{ 72 65 71 75 69 72 65 28 ( 4? | 5? | 6? | 7? ) }",),
    "hidden": (
        f"{{ {'ef b8 8? ' * 12} }}",
        f"{{ {'f3 a0 8? ?? ' * 12} }}",
        f"{{ {'e2 80 8? ' * 24} }}",
    ),
}
# require under another name, or of something that is not a plain text
ODD = (b"require[", b"require,", b"require;", b"require]", b"=require\n", b"= require\n")
# whatever stands in brackets behind one of these
REACHING = (b"globalThis[", b"global[", b"process[", b"module[", b"window[", b"self[")
GROUPS = {
    "alone": ALONE,
    "network": NETWORK,
    "running": RUNNING,
    "decoding": DECODING,
    "knowing": KNOWING,
    "writing": WRITING,
    "commands": COMMANDS,
    "secrets": SECRETS,
    "odd": ODD,
    "hidden": (),
    "reaching": REACHING,
}
TOGETHER = (
    ("network", "running"), ("network", "knowing"), ("running", "decoding"), ("network", "writing"),
    ("running", "knowing"), ("running", "commands"), ("network", "secrets"), ("running", "secrets"),
    ("odd", "decoding"), ("reaching", "decoding"),
)  # fmt: skip
ACTS = frozenset({"alone", "network", "running", "writing"})
PLACES = ACTS | {"reaching"}
ABLE = ACTS | {"decoding", "knowing", "commands", "secrets"}
SPECIFIER = re.compile(rb"\./[^\"'`\s]{0,200}")
FOLDERS = ((b"('.')", "."), (b'(".")', "."), (b"('..')", ".."), (b'("..")', ".."))
QUOTES = b"\"'`"
FAR_RIGHT = re.compile(rb"\S[ \t]{120,}[;\w(!+]|^[ \t]{200,}[\w;(]", re.MULTILINE)
OBFUSCATED_NAME = re.compile(rb"\b_0x[0-9a-f]{4,6}\b")
MOST_LINE = 5000  # bytes: code that nobody wrote by hand
MOST_SMALL = 8192  # bytes
FEW_NAMES = 12  # of an obfuscator's making
MOST_SPECIFIERS = 2000
BEFORE = b" \t(=.["
MOST_BEFORE = 4


@dataclass(frozen=True, slots=True)
class Facts:
    """What a search for words tells of a file."""

    groups: frozenset[str]
    acting: tuple[int, ...] = ()  # offsets of words that can act, in order
    near_keys: tuple[int, ...] = ()  # offsets of words about secrets, where the network is spoken of too
    specifiers: tuple[str, ...] = ()  # relative names of other files
    obfuscated: bool = False
    far_right: int | None = None  # offset of code out of sight to the right
    small: bool = False  # so that reading it costs little
    hidden: bool = False

    @property
    def suspect(self) -> bool:
        """Whether words stand here that together could mean harm."""
        return (
            "alone" in self.groups
            or self.obfuscated
            or self.hidden
            or self.far_right is not None
            or any({one, other} <= self.groups for one, other in TOGETHER)
            or (self.small and "running" in self.groups)
        )

    @property
    def able(self) -> bool:
        """Whether a word stands here of anything that acts or hides."""
        return not ABLE.isdisjoint(self.groups)


def facts_of(content: bytes) -> Facts:
    """Search a file once for all words."""
    found = {rule.identifier: rule.patterns for rule in _scanner().scan(content).matching_rules}
    far = FAR_RIGHT.search(content) if b" " * 100 in content or b"\t" * 100 in content else None
    facts = Facts(
        frozenset(found),
        obfuscated=b"_0x" in content and _is_obfuscated(content),
        far_right=None if far is None or _is_comment(content, far) else far.start(),
        hidden="hidden" in found,
        small=len(content) <= MOST_SMALL,
    )
    acting = [
        one.offset + _blank_before(content, one.offset)
        for name in PLACES & set(found)
        for pattern in found[name]
        for one in pattern.matches
    ]
    near = found["secrets"] if {"network", "secrets"} <= set(found) else ()
    near_keys = sorted(one.offset for pattern in near for one in pattern.matches)
    return replace(
        facts,
        acting=tuple(sorted(acting)),
        near_keys=tuple(near_keys),
        specifiers=() if facts.suspect else _specifiers(content),
    )


def _blank_before(content: bytes, at: int) -> int:
    """Return how many characters of a word that was found stand before what it names: " Function(" has one."""
    length = 0
    while length < MOST_BEFORE and content[at + length] in BEFORE:
        length += 1
    return length


def _specifiers(content: bytes) -> tuple[str, ...]:
    """Return the relative names of other files that stand in a file as texts of their own."""
    found: dict[str, None] = {name: None for word, name in FOLDERS if word in content}
    for match in SPECIFIER.finditer(content):
        at = match.start()
        dots = 1 if content[at - 1 : at] == b"." else 0
        before, after = content[at - dots - 1 : at - dots], content[match.end() : match.end() + 1]
        if before and before in QUOTES and before == after:
            found["." * dots + match.group().decode("utf-8", "replace")] = None
            if len(found) >= MOST_SPECIFIERS:
                break
    return tuple(found)


def _is_obfuscated(content: bytes) -> bool:
    names: set[bytes] = set()
    for match in OBFUSCATED_NAME.finditer(content):
        names.add(match.group())
        if len(names) >= FEW_NAMES:
            return True
    return False


def _is_comment(content: bytes, far: re.Match[bytes]) -> bool:
    """Say whether what stands far to the right belongs to a comment, or to a text that spans lines."""
    start = content.rfind(b"\n", 0, far.start()) + 1
    end = content.find(b"\n", far.end())
    line = content[start : far.end()]
    stripped = line.lstrip()
    rest = content[far.end() - 1 : end if end > 0 else len(content)]
    return (
        stripped.startswith((b"*", b"//", b"/*")) or b"//" in line or not any(one in rest for one in (b"(", b"=", b"`"))
    )


@cache
def _scanner() -> yara_x.Scanner:
    """Compile the groups, one rule each; plain words only, since a pattern without a fixed part costs far more."""
    import yara_x

    rules = []
    for name, words in GROUPS.items():
        patterns = [f"{{ {word.hex(' ')} }}" for word in words]
        patterns += SHAPES.get(name, ())
        strings = " ".join(f"$w{number} = {pattern}" for number, pattern in enumerate(patterns))
        rules.append(f"rule {name} {{ strings: {strings} condition: any of them }}")
    scanner = yara_x.Scanner(yara_x.compile("\n".join(rules)))
    scanner.max_matches_per_pattern(MOST_SPECIFIERS)
    return scanner


def has_long_line(content: bytes) -> bool:
    """Say whether a line is longer than a person writes."""
    start = 0
    while len(content) - start > MOST_LINE:
        end = content.rfind(b"\n", start, start + MOST_LINE)
        if end < 0:
            return True
        start = end + 1
    return False
