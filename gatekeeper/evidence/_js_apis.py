"""What the names of JavaScript's world do, as far as an inspection cares. Data, ordered by what it means."""

from __future__ import annotations

import re

from gatekeeper.evidence._apis import words
from gatekeeper.evidence._values import Value, exactly

# Names of the outside that need no import -> the dotted name that our tables use.
GLOBALS = {
    **{name: name for name in words(
        """
        require process Buffer eval Function atob btoa fetch XMLHttpRequest WebSocket EventSource setTimeout setInterval
        setImmediate queueMicrotask String Array Object JSON Math Number parseInt parseFloat Promise Reflect RegExp Date
        Symbol Map Set WeakMap Proxy Error encodeURIComponent decodeURIComponent encodeURI decodeURI escape unescape
        URL URLSearchParams TextDecoder TextEncoder Uint8Array Uint16Array Uint32Array Int8Array ArrayBuffer DataView
        navigator document localStorage sessionStorage chrome ethereum console Bun Deno importScripts Worker
        GeneratorFunction AsyncFunction WebAssembly Boolean module crypto structuredClone Request $ define
        """
    )},
    **dict.fromkeys(("globalThis", "window", "self", "global", "top", "root", "frames"), "globalThis"),
}  # fmt: skip
# Modules that are another one with more to it.
SAME_MODULES = {
    "fs-extra": "fs", "graceful-fs": "fs", "fs/promises": "fs", "original-fs": "fs", "fs.promises": "fs",
    "mz/fs": "fs",
    "memfs": "memfs", "dns/promises": "dns", "dns.promises": "dns", "mz/child_process": "child_process",
    "timers": "globalThis", "process": "process", "buffer": "globalThis", "path/posix": "path", "path/win32": "path",
    "path.posix": "path", "path.win32": "path", "util/types": "util", "stream/promises": "stream", "undici": "undici",
    "timers/promises": "timers.promises", "fs.default": "fs",
}  # fmt: skip
SYNCHRONOUS = ("fs.", "child_process.", "zlib.", "crypto.")
ROOTS = re.compile(r"^(?:globalThis\.)+")
RENAMED = {
    "process.mainModule.require": "require", "module.require": "require", "require.main.require": "require",
    "module._load": "require", "module.Module._load": "require", "require.main": "module",
    "process.mainModule": "module",
    "module.Module": "module", "module.constructor": "module", "module.parent": "module",
    "module.__proto__": "module.prototype", "module.prototype.constructor": "module",
    "process.getBuiltinModule": "require", "eval.call": "eval",
    "module.default": "module", "window.fetch": "fetch", "Bun.spawn": "child_process.spawn",
    "Deno.run": "child_process.spawn",
    "Bun.spawnSync": "child_process.spawn", "util.TextDecoder": "TextDecoder", "url.URL": "URL",
    "module.children": "module",
    "process.binding().spawn": "child_process.spawn", "worker_threads.Worker": "Worker", "perf_hooks": "perf_hooks",
    "constants": "constants", "child_process._forkChild": "child_process.fork", "globalThis.Buffer": "Buffer",
}  # fmt: skip

SPAWNS = words("child_process.exec child_process.execFile child_process.spawn child_process.fork")
SHELL_MODULES = words(
    "execa shelljs cross-spawn zx sudo-prompt node-pty npm-run-script spawn-command node-cmd tinyexec nano-spawn"
)
SPAWN_METHODS = words(
    "exec execSync execa execaSync execaCommand execaCommandSync execaNode command commandSync node spawn spawnSync "
    "sync run runSync $ x get execFile shell"
)
EXECS = words(
    """
    eval vm.runInThisContext vm.runInNewContext vm.runInContext vm.compileFunction vm.Script vm2.VM().run
    vm2.NodeVM().run module._compile isolated-vm.Isolate().compileScriptSync require-from-string eval2 node-eval
    _eval notevil safe-eval module.prototype._compile
    """
)
FUNCTIONS = words("Function GeneratorFunction AsyncFunction")
TIMERS = words("setTimeout setInterval setImmediate queueMicrotask process.nextTick requestAnimationFrame")
REQUIRES = words("require import require.resolve module.createRequire() module.createRequireFromPath()")
# Helpers of compilers that hand a module through.
INTEROP = re.compile(
    r"^_{0,3}(?:import_?(?:Default|Star)|interop_?[rR]equire_?(?:Default|Wildcard)|toESM|toCommonJS|toModule|esm|"
    r"interopNamespace(?:Default)?|getDefaultExportFromCjs)\d*$"
)

HTTP_MODULES = words("http https http2 follow-redirects.http follow-redirects.https")
# Packages whose every call is a request; the last word says which.
CLIENTS = words(
    """
    axios got node-fetch request superagent undici needle ky phin bent cross-fetch isomorphic-fetch request-promise
    request-promise-native node-fetch-native whatwg-fetch isomorphic-unfetch unfetch make-fetch-happen ofetch wretch
    download gaxios simple-get centra urllib fetch-h2 minipass-fetch snekfetch nodejs-file-downloader r2 popsicle
    typed-rest-client npm-registry-fetch axios-retry cloudscraper hyperquest
    """
)
VERBS = words(
    """
    get post put patch delete head options request stream fetch del json text buffer download concat dispatch pipeline
    query
    """
)
SENDING_VERBS = words("post put patch")
MAKERS = words(
    "create extend defaults instance extend() Agent Pool Client setGlobalDispatcher Headers FormData Response"
)
RAW = ("net.", "tls.", "dgram.")
CONNECTS = words(
    """
    net.connect net.createConnection net.Socket().connect tls.connect net.Socket.connect tls.TLSSocket().connect
    """
)
SOCKETS = words(
    """
    ws WebSocket ws.WebSocket socket.io-client socket.io-client.io socket.io-client.connect EventSource
    eventsource reconnecting-websocket websocket.w3cwebsocket
    """
)
MAILERS = words("nodemailer.createTransport().sendMail navigator.sendBeacon nodemailer.createTransport().send")
LOOKUPS = re.compile(r"dns\.(?:Resolver\(\)\.)?(?:lookup|resolve\w*|reverse)$")

FINGERPRINTS = words(
    """
    os.hostname os.userInfo os.networkInterfaces node-machine-id.machineId getmac systeminformation.system username
    node-machine-id.machineIdSync systeminformation.osInfo macaddress.one os.uptime public-ip username.sync
    systeminformation.getAllData systeminformation.users fullname macaddress.all hostname
    """
)
WEAK_FINGERPRINTS = words(
    "os.platform os.release os.type os.arch os.version os.cpus os.totalmem os.machine process.platform process.arch"
)
CAPTURES = re.compile(
    r"(?:screenshot-desktop|clipboardy|iohook|node-global-key-listener|copy-paste|node-key-sender|robotjs\.screen"
    r"|desktop-screenshot|keylogger\.js|uiohook-napi|clipboard-event|node-webcam|win-clipboard|electron\.clipboard"
    r"|electron\.desktopCapturer|navigator\.clipboard)(?:\.(?:read\w*|paste\w*|capture|start|on|listDisplays|all|"
    r"default|sync|getSources|GlobalKeyboardListener|addListener|uIOhook\.\w+|create))?$"
)
CLIPBOARD_WRITES = re.compile(
    r"(?:clipboardy|copy-paste|win-clipboard|electron\.clipboard|navigator\.clipboard)\.(?:default\.)?(?:write\w*|copy)$"
)
PATCHED = re.compile(
    r"(?:fetch|XMLHttpRequest|XMLHttpRequest\.prototype\.(?:open|send)|ethereum(?:\.\w+)?|solana(?:\.\w+)?|"
    r"navigator\.clipboard\.\w+|module\.prototype\.(?:require|_compile|load)|https?\.(?:request|get))$"
)

READS = words("fs.readFile fs.createReadStream fs.read fs.openAsBlob")
LISTS = words(
    "fs.readdir fs.opendir fs.stat fs.lstat fs.exists fs.access fs.existsSync glob glob.sync fs.walk pathExists"
)
WRITES = words(
    "fs.writeFile fs.appendFile fs.createWriteStream fs.outputFile fs.outputJson fs.writeJson fs.writeJSON fs.truncate "
    "fs.ensureFile fs.outputJSON write-file-atomic write-file-atomic.sync Bun.write"
)
COPIES = words("fs.copyFile fs.rename fs.cp fs.copy fs.move fs.link fs.symlink")
DELETES = words("fs.unlink fs.rm fs.rmdir fs.remove rimraf rimraf.sync fs.emptyDir del del.sync")
DATABASES = re.compile(r"(?:sqlite3\.(?:Database|cached\.Database)|better-sqlite3|sqlite\.open|level|classic-level)$")

HIDDEN_CHARACTERS = re.compile("[\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\U000e0001-\U000e01ef\u3164\uffa0]")
MOST_HIDDEN = 64  # in one text: more than any flag or emoji needs


GIVEN = {
    "process.env": Value(ref="process.env", taints=frozenset({"environment-all"})),
    "process.execPath": exactly("node"),
    "process.argv0": exactly("node"),
    "path.sep": exactly("/"),
    "path.delimiter": exactly(":"),
    "os.EOL": exactly("\n"),
    "worker_threads.workerData": Value(ref="worker_threads.workerData", taints=frozenset({"given"})),
    "process.platform": Value(ref="process.platform", taints=frozenset({"weak-fingerprint"})),
    "process.arch": Value(ref="process.arch", taints=frozenset({"weak-fingerprint"})),
}


def is_hidden(text: str) -> bool:
    """Say whether a text consists of characters that nobody sees, in number."""
    return len(text) >= MOST_HIDDEN and not text.isascii() and len(HIDDEN_CHARACTERS.findall(text)) >= MOST_HIDDEN


def canonical(ref: str) -> str:
    """Return the name that our tables use for a dotted name."""
    if ref.startswith("globalThis."):
        ref = ROOTS.sub("", ref)
        ref = GLOBALS.get(ref, ref)
    if ref in RENAMED:
        return RENAMED[ref]
    if ref in SAME_MODULES:
        return SAME_MODULES[ref]
    if ref.endswith("Sync") and ref.startswith(SYNCHRONOUS):
        return ref.removesuffix("Sync")
    if ref.endswith("Async") and ref.startswith(SYNCHRONOUS):
        return ref.removesuffix("Async")
    return ref


def module_named(name: str) -> str:
    """Return the dotted name of a required module."""
    name = name.removeprefix("node:")
    return SAME_MODULES.get(name, name)


def given_by(ref: str, path: str) -> Value | None:
    """Return what a name of the outside is worth by itself."""
    if ref in {"import.meta.url", "import.meta.filename"}:
        return exactly(path)
    if ref == "import.meta.dirname":
        return exactly(folder_of(path))
    made = GIVEN.get(ref)
    return None if made is None else Value(made.const, made.rough, made.taints, made.ref)


def folder_of(path: str) -> str:
    """Return the folder of a file of the package; the package's own folder is a dot."""
    return path.rpartition("/")[0] or "."
