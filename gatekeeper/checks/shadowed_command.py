"""Does the package install a command with the name of a well-known tool?

npm puts the commands of all packages first on the path of every script. A package that brings its own `node`, `git` or
`curl` runs instead of the real one, in the hooks of all other packages too.

Remedy: install it only if it is the tool itself under another package name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatekeeper.checks._facts import Says, does, npm_example, pick, shown
from gatekeeper.model import Behaviour, Confidence, Evidence, Finding, Severity, When

if TYPE_CHECKING:
    from collections.abc import Iterator

ATTACK = ("T1036.005", "T1574.007")
TOOLS = frozenset(
    {"sh", "bash", "zsh", "dash", "ksh", "fish", "cmd", "powershell", "pwsh", "node", "nodejs", "npm", "npx", "yarn",
     "pnpm", "pnpx", "corepack", "bun", "deno", "node-gyp", "git", "ssh", "scp", "python", "python2", "python3",
     "pip", "pip3", "pipx", "uv", "ruby", "gem", "perl", "php", "java", "javac", "go", "cargo", "rustc", "gcc",
     "g++", "cc", "c++", "clang", "make", "cmake", "ld", "curl", "wget", "nc", "tar", "zip", "unzip", "gzip", "ls",
     "cat", "cp", "mv", "rm", "ln", "mkdir", "rmdir", "touch", "chmod", "chown", "echo", "printf", "test", "env",
     "id", "whoami", "hostname", "uname", "ps", "kill", "grep", "find", "sed", "awk", "sort", "head", "tail", "tee",
     "xargs", "cut", "tr", "date", "sleep", "true", "false", "which", "sudo", "su", "login", "passwd", "systemctl",
     "docker", "podman", "kubectl", "helm", "terraform", "aws", "az", "gcloud", "gh", "op", "gpg", "openssl",
     "claude"}
)  # fmt: skip
# Packages whose commands are these tools, though their names differ.
MAKERS = {
    "npm": {"npm", "npx"}, "yarn": {"yarn"}, "@yarnpkg/cli-dist": {"yarn"}, "pnpm": {"pnpm", "pnpx"},
    "@pnpm/exe": {"pnpm", "pnpx"}, "corepack": {"yarn", "pnpm", "pnpx", "npm", "npx", "corepack"},
    "node": {"node"}, "bun": {"bun"}, "deno": {"deno"}, "@anthropic-ai/claude-code": {"claude"},
}  # fmt: skip
hits = (npm_example(does("installs-command", "git")),)
misses = (
    npm_example(does("installs-command", "example")),
    npm_example(does("installs-command", "acme-build")),
    npm_example(does("installs-command", "git", When.CALL)),
)
say = Says(__name__, ATTACK)


def find(evidence: Evidence) -> Iterator[Finding]:
    """Yield a question for each command that takes a tool's place."""
    name = evidence.release.name
    for one in pick(evidence, "installs-command", when={When.INSTALL}):
        if one.detail.lower() in TOOLS and one.detail != name and one.detail not in MAKERS.get(name, ()):
            yield say.of(one, Severity.MEDIUM, Confidence.HIGH, sentence(one))


def sentence(behaviour: Behaviour) -> str:
    """Say which tool is hidden."""
    return f"installs a command named {shown(behaviour.detail)}, which hides the tool of that name"
