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
    b"windll",
)  # fmt: skip
DECODING = (
    b"b64decode", b"fromhex", b"zlib.decompress", b"unhexlify", b"rot13", b"rot_13", b"chr(", b"marshal",
    b"decrypt(", b"b85decode", b"a85decode",
)  # fmt: skip
KNOWING = (
    b"gethostname", b"getfqdn", b"getlogin", b"getuser", b"platform.node", b"uuid.getnode", b"os.environ)",
    b"environ.items", b"environ.copy",
)  # fmt: skip
MOST_LINE = 5000  # bytes: code that nobody wrote by hand


GROUPS = {
    "able": ABLE,
    "alone": ALONE,
    "network": NETWORK,
    "running": RUNNING,
    "decoding": DECODING,
    "knowing": KNOWING,
}
TOGETHER = (("network", "decoding"), ("network", "knowing"), ("running", "decoding"), ("network", "running"))
# What a function must hold to do anything that we ask about of code that nobody calls.
ACTS = frozenset({"alone", "network", "running"})


def is_suspect(content: bytes) -> bool:
    """Say whether a file holds words that together could mean harm, or a line that nobody wrote by hand."""
    found = groups_in(content)
    if "able" in found and ("alone" in found or any({one, other} <= found for one, other in TOGETHER)):
        return True
    return has_long_line(content)


def may_act(text: str) -> bool:
    """Say whether a piece of code holds a word of anything that acts."""
    return not ACTS.isdisjoint(groups_in(text.encode("utf-8", "surrogateescape")))


def groups_in(content: bytes) -> frozenset[str]:
    """Return the groups of which a word stands in the content: one pass over it, whatever the number of words."""
    return frozenset(rule.identifier for rule in _scanner().scan(content).matching_rules)


@cache
def _scanner() -> yara_x.Scanner:
    """Compile the groups, one rule each; plain words only, since a pattern without a fixed part costs far more."""
    import yara_x

    rules = []
    for name, words in GROUPS.items():
        strings = " ".join(f"$w{number} = {{ {word.hex(' ')} }}" for number, word in enumerate(words))
        rules.append(f"rule {name} {{ strings: {strings} condition: any of them }}")
    return yara_x.Scanner(yara_x.compile("\n".join(rules)))


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
