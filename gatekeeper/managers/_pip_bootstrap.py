"""Run the target interpreter's own pip behind the gate.

This file is started by path with the *target* interpreter (never `-m` or `-c` in the person's folder: a planted `pip/`
or `logging.py` there would run), so it needs nothing of ours to be importable and stays readable by Python 3.7.

One process asks and runs, because starting pip twice costs up to 40 % of an install:

1. say hello to the gate, which answers with the person's words and pip settings (they may hold credentials, so they
   never stand in this process's argv or environment);
2. let pip itself parse them and tell the gate what it would use;
3. get back cleaned words and settings, put up the fence, and run pip as `__main__`.
"""

from __future__ import annotations

import sys

# A Ctrl-C reaches us too, at any moment; the wrapper says so, and a traceback of ours would only hide that.
sys.excepthook = lambda kind, *about: kind is KeyboardInterrupt or sys.__excepthook__(kind, *about)

import importlib.machinery
import importlib.util
import os

DIAGNOSTIC = "[present-rich] %s"
HERE = os.path.dirname(os.path.abspath(__file__))
# Python put our folder first on the path; a `pip.py` of ours lies there, and pip must not find it.
sys.path[:] = [entry for entry in sys.path if entry and os.path.abspath(entry) != HERE]


def load(name):
    """Load a sibling file by path, without making its folder importable."""
    spec = importlib.util.spec_from_file_location("_gatekeeper" + name, os.path.join(HERE, name + ".py"))
    module = importlib.util.module_from_spec(spec)
    # Builds may start Python with this name in sys.modules gone; nothing of ours is on their path.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


class Gate:
    """The wrapper's loopback registry, as this process sees it: two control calls and the addresses of files."""

    def __init__(self, base):
        self.base = base.rstrip("/")
        self.folder = None

    def call(self, verb, body):
        """POST a JSON body to a control address and return the JSON answer."""
        calling = load("_calling")
        try:
            answer = calling.call(self.base, verb, body)
        except calling.GateGoneError:
            # The wrapper was killed outright, and there is no keeper yet that would clean up after it.
            load("_keeper").remove_folder(os.path.dirname(os.environ["TMPDIR"]))
            sys.exit(12)
        if answer is None:
            sys.exit(12)  # the wrapper knows why, and says it
        return answer

    def canonical(self, url):
        """Return the address that bare pip would have used instead of one of the gate's."""
        if not url.startswith(self.base):
            return url
        return self.call("whence", {"url": url})["url"]

    def shown(self, text):
        """Take the gate's addresses out of a line for the person."""
        import re

        text = re.sub(re.escape(self.base) + r"/(?:files|direct)/[^/\s]+/", "", text)
        text = re.sub(re.escape(self.base) + r"/simple/?", "gatekeeper", text)
        return re.sub(re.escape(self.folder) + r"/\d+-", "", text)  # a cleaned copy goes by the name of its original


class BroughtAlong:
    """Find `pip`, and only `pip`, in one folder: for environments that have none of their own."""

    folder = ""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):  # noqa: ARG003 - as importlib calls it
        """Find the package `pip` in the folder, nothing else."""
        if fullname != "pip":
            return None
        return importlib.machinery.PathFinder.find_spec(fullname, [cls.folder], target)


def bring_pip(folder):
    """Use the pip in `folder` when the target has none; return whether there is a pip at all."""
    if importlib.util.find_spec("pip") is not None:
        return True
    if not folder:
        return False
    BroughtAlong.folder = folder
    sys.meta_path.insert(0, BroughtAlong)
    return importlib.util.find_spec("pip") is not None


def keep_addresses_canonical(gate):
    """Let neither files that pip writes nor lines that it prints name the gate."""
    import logging

    from pip._internal.models.direct_url import DirectUrl

    def canonical(record):
        if isinstance(record, dict) and isinstance(record.get("url"), str):
            record["url"] = gate.canonical(record["url"])
        return record

    for name in ("to_dict", "to_dict_compat"):
        original = getattr(DirectUrl, name, None)
        if original is not None:
            setattr(
                DirectUrl, name, lambda self, *a, _original=original, **k: canonical(dict(_original(self, *a, **k)))
            )

    make = logging.getLogRecordFactory()

    def factory(*args, **kwargs):
        record = make(*args, **kwargs)
        text = record.getMessage() if record.args else record.msg
        if isinstance(text, str) and (gate.base in text or gate.folder in text):
            shown = gate.shown(text)
            if record.msg == DIAGNOSTIC % "%s":  # pip takes these apart again
                record.args = (shown.partition(DIAGNOSTIC % "")[2],)
            else:
                record.msg, record.args = shown, ()
        return record

    logging.setLogRecordFactory(factory)


def run_pip(words):
    """Run pip as `__main__`, as its maintainers recommend, and never come back."""
    import runpy

    sys.excepthook = sys.__excepthook__
    sys.argv = ["pip", *words]
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


def make_folders(wanted):
    """Make the folders that the words name, since the fence can only open what exists; return the new ones."""
    made = []
    for folder in wanted:
        missing = []
        while not os.path.isdir(folder):
            missing.append(folder)
            folder = os.path.dirname(folder)  # noqa: PLW2901
        for each in reversed(missing):
            os.mkdir(each)
            made.insert(0, each)
    return made


def make_files(wanted):
    """Make the files that the words name, so that the fence opens them and not their folders; return the new ones."""
    made = []
    for path in wanted:
        if not os.path.exists(path) and os.path.isdir(os.path.dirname(path)):
            with open(path, "w"):
                made.append(path)
    return made


def ask_the_gate(gate):
    """Tell the gate what pip would use; return the person's words and settings, the question and the plan."""
    import pip._internal.commands.install  # noqa: F401 - the slow part; the wrapper gets ready meanwhile

    hello = gate.call("hello", {})
    started_with = dict(os.environ)
    os.environ.update(hello["environ"])  # pip reads the person's settings from here, and only while it is asked
    load("_pip_requirements")
    load("_pip_rewrite")
    try:
        question = load("_pip_ask").ask(hello["words"])
        return hello, question, gate.call("asked", question)
    finally:
        os.environ.clear()
        os.environ.update(started_with)


def main():
    """Ask, wait for the answer, then run pip with it."""
    gate = Gate(os.environ.pop("GATEKEEPER_GATE"))
    if not bring_pip(os.environ.pop("GATEKEEPER_PIP", "")):
        gate.call("hello", {"problem": "no-pip"})
        return
    hello, question, plan = ask_the_gate(gate)
    if plan["run"] == "nothing":
        sys.exit(question.get("left", 0))
    if plan["run"] == "plain":
        os.environ.update(hello["environ"])
        run_pip(hello["words"])
    if plan["run"] == "gated":
        for name in plan["unset"]:
            os.environ.pop(name, None)
        os.environ.update(plan["environ"])
        words = sys.modules["_gatekeeper_pip_rewrite"].rewrite(question, plan)
        gate.folder = plan["folder"]
        keep_addresses_canonical(gate)
        load("_pip_links").keep_to_the_gate(gate, plan["folders"])
        sys.exit(run_fenced(question, plan, words))


def run_fenced(question, plan, words):
    """Run pip inside the fence, and leave nothing behind that bare pip would not have left."""
    made, touched = make_folders(question["named_folders"]), make_files(question["named_files"])
    code = load("_cage").keep(plan["cage"], lambda: run_pip(words))
    for path in touched:
        if os.path.isfile(path) and not os.path.getsize(path):
            os.remove(path)
    for folder in made:
        if not os.listdir(folder):
            os.rmdir(folder)
    return code


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)  # the wrapper heard it too, and says so
