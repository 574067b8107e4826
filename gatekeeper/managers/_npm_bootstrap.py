"""Ask npm what it would use, then let it settle on a set, then run it: each behind the gate, the last two fenced.

Started by path with gatekeeper's own interpreter, `-I -S`, before the rest of gatekeeper has loaded itself: npm answers
its first question meanwhile. Standard library only.

1. hello: the gate hands over the person's words and the environment that npm would have had;
2. `npm config ls` says what npm would use; the gate hears it and sends a plan, or ends us;
3. inside the fence, npm settles on a set in a scratch copy of the project, running nothing (`--package-lock-only
   --ignore-scripts`); the gate judges the whole set, and only then
4. npm runs as the person wanted it. Where nothing is installed yet, both are one run, in which the gate holds every
   file back until the whole set is judged. A program that npx is to start runs last, outside of the fence: the person
   asked for it, and it was judged.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any, NoReturn

HERE = os.path.dirname(os.path.abspath(__file__))
COULD_NOT_DECIDE = 12
# Downloaders that would not look at the proxy's address by themselves.
REACHING = {"ELECTRON_GET_USE_PROXY": "1", "NODE_USE_ENV_PROXY": "1"}
LONGEST_COMPLAINT = 4000  # characters


def load(name: str) -> ModuleType:
    """Load a sibling file by path, without making its folder importable."""
    spec = importlib.util.spec_from_file_location("_gatekeeper" + name, os.path.join(HERE, name + ".py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CALLING = load("_calling")


def call(base: str, verb: str, body: dict[str, Any]) -> dict[str, Any]:
    """Make a control call; end quietly when the gate refuses (it says why) or is gone."""
    try:
        answer = CALLING.call(base, verb, body)
    except CALLING.GateGoneError:
        answer = None
    if answer is None:
        sys.exit(COULD_NOT_DECIDE)
    return dict(answer)


def ask_npm(hello: dict[str, Any]) -> dict[str, Any]:
    """Return what npm says about its settings, as the person would run it."""
    done = subprocess.run(
        hello["ask"], env=hello["environ"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    try:
        # npm 8 prints warnings before it.
        return {"config": json.loads(done.stdout[max(done.stdout.find("{"), 0) :])}
    except ValueError:
        return {"problem": (done.stderr or done.stdout)[-LONGEST_COMPLAINT:]}


def settle(base: str, plan: dict[str, Any]) -> dict[str, Any]:
    """Let npm settle on a set in the scratch copy; tell the gate; return what it says: may npm go on, and how."""
    text, complaint = None, ""
    if plan["settle"]:
        done = subprocess.run(
            plan["settle"],
            cwd=plan["scratch"],
            env=plan["environ"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        complaint = done.stderr[-LONGEST_COMPLAINT:]
        if done.returncode == 0:
            text = first_text(plan["locks"])
    else:
        text = first_text(plan["locks"])
    return call(base, "planned", {"lock": text, "complaint": complaint})


def first_text(paths: list[str]) -> str:
    """Return the text of the first file that exists, or an empty one when npm found nothing to lock."""
    for path in paths:
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="surrogateescape") as stream:
                return stream.read()
    return "{}"


def inside(base: str, plan: dict[str, Any]) -> None:
    """Settle, then become npm; all of it inside the fence."""
    if plan["held"]:
        raise SystemExit(run_held(base, plan))
    answer = settle(base, plan) if plan["judged"] else {"run": True}
    if not answer["run"]:
        raise SystemExit(1)
    if not plan["run_words"]:
        raise SystemExit(0)
    straight = plan["hooks"] == "run-judged" and not answer.get("alone")
    if straight and not plan["origins"]:
        become(plan["run_words"], plan["environ"])
    try:
        code = subprocess.call(plan["run_words"], env=plan["environ"]) if straight else run_apart(base, plan, answer)
    finally:
        load("_npm_addresses").give_back(plan["restored"], plan["origins"])
    raise SystemExit(code if code >= 0 else 128 - code)


def run_held(base: str, plan: dict[str, Any]) -> int:
    """Let npm settle and install in one run, in which every file waits for all; undo what a refused one leaves."""
    if plan["locked"]:  # what is settled already is fetched and judged while npm starts
        call(base, "begin", {"lock": first_text(plan["locked"])})
    kept = {path: content_of(path) for path in plan["keep"]}
    for name in ("SIGINT", "SIGTERM"):  # npm hears it too, and puts back what it moved; we go when it has gone
        signal.signal(getattr(signal, name), lambda *_: None)
    code = subprocess.call(plan["run_words"], env=plan["environ"])
    code = code if code >= 0 else 128 - code  # ended by a signal
    refused = was_refused(base)
    if code and plan["settle"] and not refused:  # did it fail over something that no gate can see? It says so there
        refused = not settle(base, plan)["run"]
    if refused:
        for path, content in kept.items():
            put_back(path, content)
        for folder in plan["made"]:  # they were not there before
            shutil.rmtree(folder, ignore_errors=True)
        return code or 1
    return code


def was_refused(base: str) -> bool:
    """Ask whether anything was refused; a gate that is gone, because the person stopped it, allowed nothing."""
    try:
        answer = CALLING.call(base, "ended", {})
    except CALLING.GateGoneError:
        return True
    return answer is None or bool(answer["refused"])


def content_of(path: str) -> bytes | None:
    """Return what a file holds; None when there is none."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except FileNotFoundError:
        return None


def put_back(path: str, content: bytes | None) -> None:
    """Give a file the content that it had, if it changed."""
    if content_of(path) == content:
        return
    if content is None:
        os.remove(path)
        return
    with open(path, "wb") as stream:
        stream.write(content)


def run_apart(base: str, plan: dict[str, Any], answer: dict[str, Any]) -> int:
    """Install without hooks, then run those that may: the others first, each that may reach a host alone."""
    environ = plan["environ"]
    code = subprocess.call(plan["quiet_words"], env=environ)
    if code or plan["hooks"] == "none":
        return code
    places = {
        key: os.path.join(plan["tree"], *key.split("/"))
        for key in (*answer.get("closed", ()), *answer.get("alone", ()))
    }
    if answer.get("closed"):
        code = subprocess.call([*plan["rebuild"], *(places[key] for key in answer["closed"])], env=environ)
    for name in answer.get("alone", ()):
        call(base, "open", {"name": name})
        code = code or subprocess.call([*plan["rebuild"], places[name]], env={**environ, **REACHING})
        call(base, "open", {"name": None})
    for words in plan["own_scripts"] if plan["hooks"] == "run-judged" else ():
        code = code or subprocess.call(words, env=environ)
    return code


def become(words: list[str], environ: dict[str, str]) -> NoReturn:
    """Turn into another program; where that cannot be, run it and end as it does."""
    if os.name == "posix":
        os.execve(words[0], words, environ)  # noqa: S606 - no shell: the command is a list
    raise SystemExit(subprocess.call(words, env=environ))


def make_folders(wanted: list[str]) -> list[str]:
    """Make the folders that npm would make, since the fence can only open what exists; return the new ones."""
    made: list[str] = []
    for folder in wanted:
        missing = []
        at = folder
        while not os.path.isdir(at):
            missing.append(at)
            at = os.path.dirname(at)
        for each in reversed(missing):
            os.mkdir(each)
            made.insert(0, each)
    return made


def main() -> None:
    """Talk with the gate, then do as it says."""
    base = address_of_the_gate()
    hello = call(base, "hello", {})
    if hello.get("plain"):
        call(base, "asked", {"plain": True})
        become(hello["plain"], hello["environ"])
    plan = call(base, "asked", ask_npm(hello))
    if plan["run"] == "nothing":
        sys.exit(0)
    if plan["run"] == "plain":
        become(hello["own"], hello["environ"])
    made = make_folders(plan["folders"])
    code = load("_cage").keep(plan["cage"], lambda: inside(base, plan))
    for folder in made:
        if not os.listdir(folder):
            os.rmdir(folder)
    if code == 0 and plan["program"]:
        start_program(plan["program"], hello)
    if code == 0 and plan["after"]:
        free_of_the_keeper()
        become(plan["after"], hello["environ"])
    sys.exit(code)


def address_of_the_gate() -> str:
    """Read where the gate is, and our secret, from the pipe that nobody else can read any more."""
    if sys.argv[1:]:
        pipe = int(sys.argv[1])
        try:
            return os.read(pipe, 4096).decode("ascii")
        finally:
            os.close(pipe)
    return os.environ.pop("GATEKEEPER_GATE")


def start_program(program: dict[str, Any], hello: dict[str, Any]) -> None:
    """Start what npx was asked for, out of the tree that it made."""
    finding = load("_npm_path")
    folder = finding.folder_of(program["cache"])
    if folder is None:  # the set was refused, or only rehearsed
        return
    name = finding.program_of(program["package"], folder) if program["package"] else ""
    words = [name if word == "" else word for word in program["words"][:4]] + program["words"][4:]
    free_of_the_keeper()
    environ = hello["environ"]
    become(words, {**environ, "PATH": folder + os.pathsep + environ.get("PATH", os.defpath)})


def free_of_the_keeper() -> None:
    """Undo what the keeper told the kernel about this process: a program would take its signal for something else."""
    kernel = load("_kernel")
    try:
        kernel.Kernel().prctl("parent's death", 1, 0)
    except OSError:
        return


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the wrapper heard it too, and says so
