"""What the names of Python's world do, as far as an inspection cares. Data, ordered by what it means."""

from __future__ import annotations

import re


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# The same thing under another name.
ALIASES = {
    "posix": "os", "nt": "os", "_posixsubprocess": "subprocess", "urllib2": "urllib.request", "commands": "subprocess",
    "_socket": "socket", "_thread": "thread", "__builtin__": "builtins", "cPickle": "pickle", "_pickle": "pickle",
    "ntpath": "os.path", "posixpath": "os.path", "_winreg": "winreg", "httplib": "http.client", "pathlib2": "pathlib",
}  # fmt: skip
RENAMED = {
    "urllib.urlopen": "urllib.request.urlopen", "urllib.urlretrieve": "urllib.request.urlretrieve",
    "six.moves.urllib.request.urlopen": "urllib.request.urlopen", "importlib.__import__": "__import__",
    "six.moves.urllib.request.urlretrieve": "urllib.request.urlretrieve", "io.open": "open", "codecs.open": "open",
    "os.fdopen": "open", "_io.open": "open", "os.environb": "os.environ", "os.getenvb": "os.getenv",
}  # fmt: skip

SPAWNS = words(
    """
    os.system os.popen os.popen2 os.popen3 os.popen4 os.startfile os.execl os.execle os.execlp os.execlpe
    os.execv os.execve os.execvp os.execvpe os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve
    os.spawnvp os.spawnvpe os.posix_spawn os.posix_spawnp subprocess.run subprocess.call subprocess.check_call
    subprocess.check_output subprocess.Popen subprocess.getoutput subprocess.getstatusoutput
    subprocess.fork_exec pty.spawn asyncio.create_subprocess_exec asyncio.create_subprocess_shell
    asyncio.subprocess.create_subprocess_exec asyncio.subprocess.create_subprocess_shell platform.popen
    distutils.spawn.spawn setuptools.distutils.spawn.spawn win32api.ShellExecute win32api.WinExec
    win32process.CreateProcess _winapi.CreateProcess sh.Command pexpect.spawn pexpect.run popen2.popen2
    popen2.popen3 plumbum.local execnet.makegateway numpy.distutils.exec_command.exec_command
    """
)
# These take a mode before the program.
SPAWNS_WITH_MODE = re.compile(r"os\.spawn\w+$")
NATIVE_SPAWNS = words(
    """
    system _system wsystem popen _popen WinExec ShellExecuteA ShellExecuteW ShellExecuteExA ShellExecuteExW
    ShellExecute CreateProcessA CreateProcessW execl execlp execle execv execvp execve posix_spawn
    posix_spawnp
    """
)
NATIVE = re.compile(r"(?:ctypes|cffi)\.")

EXECS = words(
    """
    exec eval execfile code.InteractiveInterpreter().runsource code.InteractiveConsole().push
    code.InteractiveInterpreter().runcode timeit.timeit cProfile.run profile.run pdb.run types.FunctionType
    js2py.eval_js
    """
)
RUNS_FILE = words(
    """
    runpy.run_path execfile
    """
)

HTTP = re.compile(
    r"(?:requests|httpx|aiohttp|urllib3|niquests|grequests|treq|cloudscraper|tls_client|curl_cffi(?:\.requests)?|"
    r"requests_html|pip\._vendor\.requests|botocore\.vendored\.requests|requests_futures\.sessions|primp)\."
    r"(?:(?:api|sessions|client)\.)?(?:(?:Session|session|Client|AsyncClient|ClientSession|PoolManager|ProxyManager|"
    r"HTTPConnectionPool|HTTPSConnectionPool|HTMLSession|AsyncHTMLSession|FuturesSession|create_scraper)\(\)\.)?"
    r"(get|post|put|patch|delete|head|options|request|urlopen|stream|ws_connect|fetch)$"
)
OTHER_NETWORK = words(
    """
    urllib.request.urlopen urllib.request.urlretrieve urllib.request.Request
    urllib.request.build_opener().open urllib.request.OpenerDirector().open urllib.request.URLopener().open
    urllib.request.URLopener().retrieve urllib.request.FancyURLopener().retrieve http.client.HTTPConnection
    http.client.HTTPSConnection http.client.HTTPConnection().request http.client.HTTPSConnection().request
    wget.download socket.create_connection socket.socket().connect socket.socket().connect_ex
    socket.socket().sendto ssl.wrap_socket().connect ssl.SSLContext().wrap_socket().connect
    ssl.create_default_context().wrap_socket().connect asyncio.open_connection smtplib.SMTP smtplib.SMTP_SSL
    ftplib.FTP ftplib.FTP_TLS telnetlib.Telnet websocket.create_connection websocket.WebSocketApp
    websockets.connect websockets.sync.client.connect socketio.Client().connect paramiko.SSHClient().connect
    paramiko.Transport pycurl.Curl().setopt xmlrpc.client.ServerProxy discord_webhook.DiscordWebhook
    dhooks.Webhook discord.Webhook.from_url discord.SyncWebhook.from_url telebot.TeleBot telegram.Bot
    pymongo.MongoClient webbrowser.open multiprocessing.connection.Client dns.resolver.resolve
    dns.resolver.query
    """
)
SENDS = words(
    """
    socket.socket().send socket.socket().sendall socket.socket().sendto smtplib.SMTP().sendmail
    smtplib.SMTP().send_message smtplib.SMTP_SSL().sendmail smtplib.SMTP_SSL().send_message
    ftplib.FTP().storbinary ftplib.FTP().storlines telebot.TeleBot().send_message
    telebot.TeleBot().send_document telegram.Bot().send_message telegram.Bot().send_document
    discord.SyncWebhook.from_url().send discord.Webhook.from_url().send dhooks.Webhook().send
    discord_webhook.DiscordWebhook().add_embed discord_webhook.DiscordWebhook().add_file
    socket.create_connection().send socket.create_connection().sendall websocket.create_connection().send
    http.client.HTTPConnection().send http.client.HTTPSConnection().send ssl.wrap_socket().send
    ssl.wrap_socket().sendall ssl.SSLContext().wrap_socket().send ssl.SSLContext().wrap_socket().sendall
    ssl.create_default_context().wrap_socket().send ssl.create_default_context().wrap_socket().sendall
    """
)
LOOKUPS = words(
    """
    socket.gethostbyname socket.gethostbyname_ex socket.getaddrinfo socket.gethostbyaddr dns.resolver.resolve
    dns.resolver.query
    """
)
SENDING_VERBS = words(
    """
    post put patch
    """
)

FINGERPRINTS = words(
    """
    socket.gethostname socket.getfqdn platform.node platform.uname getpass.getuser os.getlogin uuid.getnode
    os.uname pwd.getpwuid psutil.users psutil.net_if_addrs netifaces.interfaces getmac.get_mac_address
    os.getuid
    """
)
WEAK_FINGERPRINTS = words(
    """
    platform.platform platform.system platform.release platform.version platform.machine platform.processor
    os.getcwd sys.platform
    """
)
CAPTURES = words(
    """
    PIL.ImageGrab.grab pyautogui.screenshot pyscreenshot.grab mss.mss mss.mss().grab pyperclip.paste
    win32clipboard.GetClipboardData pynput.keyboard.Listener pynput.mouse.Listener keyboard.on_press
    keyboard.hook keyboard.record keyboard.on_release cv2.VideoCapture sounddevice.rec browser_cookie3.chrome
    browser_cookie3.firefox browser_cookie3.load browser_cookie3.edge browser_cookie3.brave
    browser_cookie3.opera browser_cookie3.chromium win32crypt.CryptUnprotectData
    browserhistory.get_browserhistory rookiepy.load rookiepy.chrome clipboard.paste
    """
)
CLIPBOARD_WRITES = words(
    "pyperclip.copy clipboard.copy win32clipboard.SetClipboardText win32clipboard.SetClipboardData"
    " pandas.io.clipboard.copy xerox.copy jaraco.clipboard.copy"
)
DEBUGGER_QUESTIONS = frozenset({"IsDebuggerPresent", "CheckRemoteDebuggerPresent", "NtQueryInformationProcess"})

COPIES = words(
    """
    shutil.copy shutil.copyfile shutil.copy2 shutil.move shutil.copytree os.rename os.replace os.link
    os.symlink distutils.file_util.copy_file
    """
)
LISTS = frozenset(["os.listdir", "os.walk", "os.scandir", "glob.glob", "glob.iglob"])
DELETES = frozenset(["os.remove", "os.unlink", "shutil.rmtree", "os.rmdir"])
REGISTRY_WRITES = frozenset(["winreg.SetValueEx", "winreg.SetValue"])
REGISTRY_KEYS = frozenset(
    ["winreg.OpenKey", "winreg.CreateKey", "winreg.OpenKeyEx", "winreg.CreateKeyEx", "winreg.ConnectRegistry"]
)

# Callables that call the functions handed to them.
CALLERS = re.compile(
    r"(?:threading|thread|multiprocessing|concurrent|asyncio|atexit|trio|anyio|gevent|eventlet|signal|sched)\."
    r"|functools\.(?:reduce|partial)|weakref\.finalize"
    r"|sys\.(?:settrace|setprofile|addaudithook|excepthook|meta_path|path_hooks)"
    r"|(?:map|filter|sorted|reduce|any|all|list|tuple|iter|next|min|max)$"
    r"|.*\.(?:submit|map|apply_async|run_until_complete|start_new_thread|run_forever|callback|call_later|call_soon|"
    r"add_done_callback)$"
)
SAME_TEXT = words(
    """
    str os.path.abspath os.path.normpath os.path.realpath os.path.expandvars os.fspath os.fsencode os.fsdecode
    os.path.normcase shlex.quote urllib.parse.quote urllib.parse.unquote textwrap.dedent repr builtins.str r
    os.path.expanduser memoryview io.BytesIO io.StringIO win32com.client.Dispatch sys.intern
    """
)
HTTP_OBJECTS = words(
    """
    http.client.HTTPConnection http.client.HTTPSConnection
    """
)
SECRET_NAME = re.compile(
    r"token|secret|passw|api_?key|credential|private_?key|aws_access|aws_secret|session_?id|(?:^|_)pat$|(?:^|_)key$",
    re.IGNORECASE,
)


def canonical(ref: str) -> str:
    """Return the name that our tables use for a dotted name."""
    ref = ref.removeprefix("builtins.").removeprefix("__builtins__.")
    root, dot, rest = ref.partition(".")
    if root in ALIASES:
        ref = ALIASES[root] + dot + rest
    if ref.startswith(("requests.packages.", "six.moves.builtins.")):
        ref = ref.replace("six.moves.builtins.", "").replace("requests.packages.", "")
    return RENAMED.get(ref, ref)
