"""Let pip follow no link but the gate's: what a package asks for by path or address, no gate could judge.

Bare pip forbids such references to packages of its default index, but behind a gate every index is a loopback one.
Loaded by `_pip_bootstrap.py` inside the target interpreter. The fence stands behind this; here the refusal gets a name.
"""

from __future__ import annotations

import os
import sys

from pip._internal.exceptions import InstallationError
from pip._internal.operations import prepare
from pip._vendor.packaging.requirements import InvalidRequirement, Requirement


def keep_to_the_gate(gate, folders):
    """Refuse every link that is neither the gate's nor one of the folders that were judged."""
    allowed = {os.path.realpath(folder) for folder in folders}

    def demand(link, wanted_by):
        url = link.url_without_fragment
        if url.startswith(gate.base):
            return
        if link.scheme == "file" and os.path.realpath(link.file_path) in allowed:
            return
        refuse(gate, wanted_by, link.url)

    preparer = prepare.RequirementPreparer
    original = preparer.prepare_linked_requirement

    def prepare_linked_requirement(self, req, *args, **kwargs):
        demand(req.link, str(req.comes_from or req).partition(" from ")[0])
        return original(self, req, *args, **kwargs)

    preparer.prepare_linked_requirement = prepare_linked_requirement

    # Build requirements are installed by another pip, which this one starts with their texts after a "--".
    for name, module in list(sys.modules.items()):
        if name.startswith("pip._internal.build_env") and hasattr(module, "call_subprocess"):
            module.call_subprocess = checked(gate, module.call_subprocess)


def checked(gate, call):
    """Return pip's starter of subprocesses, which looks at the requirements first."""

    def call_subprocess(cmd, *args, **kwargs):
        words = [str(word) for word in cmd]
        for text in words[words.index("--") + 1 :] if "--" in words else []:
            try:
                url = Requirement(text).url
            except InvalidRequirement:
                url = text
            if url:
                refuse(gate, "a build", url)
        return call(cmd, *args, **kwargs)

    return call_subprocess


def refuse(gate, wanted_by, url):
    """Tell the gate, then end pip with the same words."""
    gate.call("ungated", {"wanted_by": wanted_by, "url": url})
    raise InstallationError(f"gatekeeper: {wanted_by} asks for {url}, which no gate can see")
