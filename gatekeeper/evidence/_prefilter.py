"""Which files are worth parsing? A search for plain words, before any parser; never used to skip what runs first."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import yara_x

# A file without any of these can do nothing that we ask about, whatever else it says.
ABLE = (
    b"subprocess", b"socket", b"urllib", b"requests", b"exec(", b"eval(", b"= exec", b"__import__", b"ctypes",
    b"os.system", b"popen", b"httpx", b"aiohttp", b"open(", b"write_text", b"winreg", b"startfile", b"discord",
    b"webhook", b"shutil", b"pynput", b"zipimport", b"__builtins__", b"import_module", b"getattr(__",
    b"sqlite3",
)  # fmt: skip
# A file with one of these is parsed.
ALONE = (
    b"discord.com/api", b"discordapp", b"api.telegram", b"webhook", b"pty.spawn", b"/dev/tcp", b"owershell",
    b"owerShell", b"User Data", b"Login Data", b"Local Storage", b"authorized_keys", b"LaunchAgents",
    b"Start Menu", b"CurrentVersion", b"crontab", b"cmd.exe", b"cmd /c", b"pynput", b"ImageGrab", b"pyarmor",
    b"zipimport", b"marshal.loads", b"CryptUnprotectData", b"browser_cookie", b"b64decode(b'", b'b64decode(b"',
    b"b64decode('", b'b64decode("', b"wallet", b".ssh/", b"id_rsa", b".aws/", b"Fernet(", b"pastebin",
    b"urlretrieve(", b".bashrc", b"__import__('", b'__import__("', b"exec(requests", b"exec(urllib",
    b"VirtualAlloc", b".vbs", b"startfile(", b"__builtins__[", b"ngrok", b"whoami", b"autostart",
    b"169.254.169.254", b"ipify", b"ipinfo.io", b"exec(\n", b'connect(("', b"connect(('", b".onion",
)  # fmt: skip
# A file with words of two of these groups is parsed.
NETWORK = (
    b"requests.", b"urlopen", b"socket.socket", b"create_connection", b"http.client", b"httpx.", b"aiohttp",
    b"smtplib", b"ftplib",
)  # fmt: skip
RUNNING = (
    b"os.system", b"Popen", b"subprocess.", b"popen(", b"exec(", b"eval(", b"= exec", b"=exec", b"CDLL",
    b"windll", b"import exec as", b"import eval as",
)  # fmt: skip
DECODING = (
    b"b64decode", b"fromhex", b"zlib.decompress", b"unhexlify", b"rot13", b"rot_13", b"chr(", b"marshal",
    b"decrypt(", b"b85decode", b"a85decode",
)  # fmt: skip
COMMANDING = (
    b"curl ", b"wget ", b"pip install", b"pip3 install", b".exe'", b'.exe"', b".exe `", b"chmod ", b"/tmp/", b"'start ",
    b'"start ', b"schtasks", b"attrib ", b"taskkill", b"sys.executable, '-c'", b'sys.executable, "-c"', b"gist.github",
    b"raw.githubusercontent",
)  # fmt: skip
ASIDE = (b".test", b".example", b".doc", b".sample", b".demo", b".benchmark")  # modules that are seldom imported
KNOWING = (
    b"gethostname", b"getfqdn", b"getlogin", b"getuser", b"platform.node", b"uuid.getnode", b"os.environ)",
    b"environ.items", b"environ.copy",
)  # fmt: skip
ADDRESS = r"/https?:\/\/\d{1,3}\.\d{1,3}\.\d{1,3}\.\d/"  # a machine without a name
CALLS = (b"exec(", b"eval(")
MOST_LINE = 5000  # bytes: code that nobody wrote by hand


GROUPS = {
    "able": ABLE,
    "alone": ALONE,
    "network": NETWORK,
    "running": RUNNING,
    "decoding": DECODING,
    "knowing": KNOWING,
    "commanding": COMMANDING,
    "aside": ASIDE,
}
TOGETHER = (
    ("network", "decoding"),
    ("network", "knowing"),
    ("running", "decoding"),
    ("network", "running"),
    ("running", "commanding"),
)
# What a function must hold to do anything that we ask about of code that nobody calls.
ACTS = frozenset({"alone", "network", "running"})


def is_suspect(content: bytes) -> bool:
    """Say whether a file holds words that together could mean harm, or a line that nobody wrote by hand."""
    return is_suspect_by(groups_in(content), content)


def is_suspect_by(found: frozenset[str], content: bytes) -> bool:
    """Say the same of a file whose groups are known."""
    if "able" in found and ("alone" in found or any({one, other} <= found for one, other in TOGETHER)):
        return True
    return has_long_line(content)


def is_able(content: bytes) -> bool:
    """Say whether a file names anything without which it can do nothing that we ask about."""
    return "able" in groups_in(content)


def may_act(text: str) -> bool:
    """Say whether a piece of code holds a word of anything that acts."""
    return not ACTS.isdisjoint(groups_in(text.encode("utf-8", "surrogateescape")))


def groups_in(content: bytes) -> frozenset[str]:
    """Return the groups of which a word stands in the content: one pass over it, whatever the number of words."""
    first = b"\n" if content.startswith(CALLS) else b""  # the byte before a call
    return frozenset(rule.identifier for rule in _scanner().scan(first + content).matching_rules)


@cache
def _scanner() -> yara_x.Scanner:
    """Compile the groups, one rule each; plain words only, since a pattern without a fixed part costs far more."""
    import yara_x

    rules = []
    for name, words in GROUPS.items():
        strings = " ".join(f"$w{number} = {{ {_hex(word)} }}" for number, word in enumerate(words))
        strings += f" $address = {ADDRESS}" if name == "alone" else ""
        rules.append(f"rule {name} {{ strings: {strings} condition: any of them }}")
    return yara_x.Scanner(yara_x.compile("\n".join(rules)))


def _hex(word: bytes) -> str:
    """Return a word as a pattern; a call of exec or eval is none of literal_eval or of another's _exec.

    One that stands alone is no method either: what comes before it separates words.
    """
    before = "" if not word.startswith(CALLS) else "~5F " if word in CALLS else "(0A|0D|09|20|28|2C|3A|3B|3D|5B|7B) "
    return before + word.hex(" ")


def has_long_line(content: bytes) -> bool:
    """Say whether a line is longer than a person writes."""
    if len(content) <= MOST_LINE:
        return False
    start = 0
    while len(content) - start > MOST_LINE:
        end = content.rfind(b"\n", start, start + MOST_LINE)
        if end < 0:
            return True
        start = end + 1
    return False
