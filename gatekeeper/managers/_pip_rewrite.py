"""Turn pip's words into words for the same pip behind the gate: sources gone, addresses replaced.

Loaded by `_pip_bootstrap.py` inside the target interpreter.
"""

from __future__ import annotations

import os
import shlex

from _gatekeeper_pip_requirements import recorded
from pip._internal.req import req_file

# What the gate decides from here on: where things come from, and how they are fetched and cached.
SOURCES = ("index_url", "extra_index_urls", "no_index", "find_links", "trusted_hosts")
NETWORK = ("cert", "client_cert", "proxy", "no_proxy_env", "keyring_provider", "timeout", "retries", "resume_retries")
OURS = (*SOURCES, *NETWORK, "cache_dir", "isolated_mode", "python", "no_input", "refresh_package")
FILES = ("requirements", "constraints", "build_constraints")


def rewrite(question, plan):
    """Turn the question back into words for pip: sources gone, addresses replaced by the gate's.

    Files that settings name are cleaned too, and the environment is changed accordingly.
    """
    clean = Cleaned(question, plan) if plan["clean"] else None
    for key, dest in (("requirement", "requirements"), ("constraint", "constraints"), ("build-constraint", FILES[2])):
        if clean and question["settings"].get(key):  # named by a setting: a build inherits it, as it does from bare pip
            named = question["settings"][key].split()
            os.environ["PIP_" + key.upper().replace("-", "_")] = " ".join(
                clean.file(os.path.abspath(each), dest != "requirements") for each in named
            )
    words = [question["verb"]]
    for dest, opt, value in question["recorded"]:
        if dest in OURS or (dest == "dependency_groups" and clean):
            continue
        if clean and dest in FILES:
            value = clean.file(os.path.abspath(value), dest != "requirements")  # noqa: PLW2901
        if clean and dest == "editables":
            value = clean.text(question["editables"][value])  # noqa: PLW2901
        words += [opt] if value is None else [opt + "=" + value if opt.startswith("--") else opt + value]
    words += plan["extra"]
    numbers = question["args"] + (question["groups"] if clean else [])
    texts = [clean.text(n) if clean else question["items"][n]["text"] for n in numbers]
    return [*words, *(["--", *texts] if any(t.startswith("-") for t in texts) else texts)]


class Cleaned:
    """Copies of requirement files in the private folder, without sources and with the gate's addresses."""

    def __init__(self, question, plan):
        self.items, self.plan = question["items"], plan
        self.files = {(each["path"], each["constraint"]): each for each in question["files"]}
        self.made = {}

    def text(self, number):
        """Return what pip is given for a requirement."""
        return self.plan["texts"].get(str(number), self.items[number]["text"])

    def file(self, path, constraint):
        """Write the cleaned copy of a file and of all it names; return its path."""
        key = (path, constraint)
        if key not in self.made:
            self.made[key] = os.path.join(self.plan["folder"], "%d-%s" % (len(self.made), os.path.basename(path)))
            lines = [self._line(entry) for entry in self.files[key]["lines"]]
            with open(self.made[key], "w", encoding="utf-8") as out:
                out.write("\n".join(line for line in lines if line) + "\n")
        return self.made[key]

    def _line(self, entry):
        if entry["item"] is not None:
            text = entry["text"]
            fresh = self.plan["texts"].get(str(entry["item"]))
            if fresh is None:
                return text
            _, options = req_file.break_args_options(text)
            return " ".join(filter(None, [fresh, options.strip()]))
        words = []
        for option, value in recorded(req_file.build_parser(), shlex.split(entry["text"]))[1]:
            if option.dest in OURS or option.dest in FILES:
                continue
            words.append(option.get_opt_string() + ("" if value is None else " " + value))
        for dest, path in entry["nested"]:
            constraint = dest == "constraints"  # pip reads `-r` as requirements even inside a constraint file
            words.append(("-c " if constraint else "-r ") + self.file(path, constraint))
        return " ".join(words)
