"""Reading the YAML of GitHub, GitLab, CircleCI, Travis and Azure: scripts, actions, runners, triggers, permissions.

The nodes are walked as they are written, so that a tag or an anchor makes nothing disappear and builds nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from gatekeeper.evidence._workflow_shell import is_telling
from gatekeeper.evidence._workflow_state import (
    Pipeline,
    Script,
    Use,
    expressions,
    names_all_secrets,
    unreadable,
)

MOST_NODES = 100_000  # aliases count each time
DEEPEST = 60
ODD_BREAK = re.compile("[\x85\u2028\u2029]")  # YAML 1.1 ends a line here, and 1.2 does not
# Where each service writes what is run, and what the environment holds.
RUNS = {
    "github": frozenset({"run"}),
    "gitlab": frozenset({"script", "before_script", "after_script", "pre_get_sources_script"}),
    "circleci": frozenset({"run", "command"}),
    "travis": frozenset(
        {"script", "install", "before_install", "before_script", "after_script", "after_success", "after_failure",
         "before_deploy", "after_deploy", "before_cache"}
    ),
    "azure": frozenset({"script", "bash", "pwsh", "powershell", "inlineScript"}),
}  # fmt: skip
SPOKEN = frozenset({"name", "description", "title", "body"})  # what is said to people
ENVIRONMENT = frozenset({"env", "variables", "environment"})
LANGUAGES = {"pwsh": "powershell", "powershell": "powershell", "cmd": "cmd", "python": "python", "bash": "sh",
             "sh": "sh", "node": "node"}  # fmt: skip
# Runs with the repository's secrets although strangers cause it.
TRUSTED = frozenset({"pull_request_target", "workflow_run", "issue_comment"})
STRANGE = re.compile(
    r"github\.event\.(?:pull_request|workflow_run)\.head|github\.head_ref|refs/pull/|pull_request\.merge_commit_sha"
)
FETCHED = re.compile(r"\bgh\s+pr\s+checkout\b|\bgit\s+(?:fetch|pull)\b[^\n]*\bpull/\S+/(?:head|merge)\b")


def read_yaml(text: str, pipeline: Pipeline, service: str) -> None:
    """Read a file of a service into the pipeline; raise UnreadableWorkflowError."""
    import yaml

    odd = ODD_BREAK.search(text)
    if odd:
        unreadable("a line break that parsers of YAML disagree about", text.count("\n", 0, odd.start()) + 1)
    walker = Walker(pipeline, service)
    try:
        for document in yaml.compose_all(text.removeprefix("\ufeff"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            walker.walk(document, ())
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        unreadable("not YAML", mark.line + 1 if mark else None)
    except (yaml.YAMLError, UnicodeError, ValueError):
        unreadable("not YAML: it holds characters that YAML does not take")
    except RecursionError:
        unreadable("nested too deeply")
    walker.finish()


@dataclass(frozen=True, slots=True)
class Around:
    """What the tables around a place say."""

    environment: tuple[tuple[str, str], ...] = ()
    language: str = ""
    action: str = ""


@dataclass(slots=True)
class Walker:
    """Walks through one file."""

    pipeline: Pipeline
    service: str
    left: int = MOST_NODES
    triggers: dict[str, int] = field(default_factory=dict)
    checkouts: list[tuple[str, int]] = field(default_factory=list)

    def walk(self, node: Any, where: tuple[str, ...], around: Around = Around()) -> None:  # noqa: ANN401 - PyYAML has no types for nodes
        """Walk through one node; `where` are the keys above it."""
        self.left -= 1
        if self.left < 0 or len(where) > DEEPEST:
            unreadable("more, or deeper, than anybody writes", line_of(node))
        kind = type(node).__name__
        if kind == "ScalarNode":
            self._scalar(node, where, around)
        elif kind == "SequenceNode":
            for each in node.value:
                self.walk(each, (*where, "[]"), around)
        elif kind == "MappingNode":
            self._mapping(node, where, around)

    def _mapping(self, node: Any, where: tuple[str, ...], around: Around) -> None:  # noqa: ANN401
        pairs = [(key_of(key), value) for key, value in node.value]
        around = self._around(dict(pairs), around)
        for key, value in pairs:
            if key in RUNS[self.service] and where[-1:] != ("with",):
                self._script(key, value, around)
            if self.service == "github":
                self._of_github(key, value, where, around)
            elif where == () and key in {"include", "orbs"}:
                self._include(value)
            self.walk(value, (*where, key), around)

    def _around(self, table: dict[str, Any], around: Around) -> Around:
        own = tuple(
            (key_of(name), text_of(value))
            for key in ENVIRONMENT
            for name, value in (table[key].value if is_mapping(table.get(key)) else ())
        )
        shell = text_of(table.get("shell")) or text_of(inner(table, "defaults", "run", "shell"))
        first = re.split(r"[\s.]", shell.rpartition("/")[2], maxsplit=1)[0].lower()
        language = LANGUAGES.get(first, first) if first else around.language
        return replace(
            around,
            environment=(*around.environment, *own) if own else around.environment,
            language=language,
            action=text_of(table.get("uses")) or (around.action if "with" not in table else ""),
        )

    def _script(self, key: str, node: Any, around: Around) -> None:  # noqa: ANN401
        """Note the code under a key: one text, or a list of them, perhaps in lists."""
        language = LANGUAGES[key] if key in LANGUAGES and self.service == "azure" else around.language or "sh"
        lines: list[tuple[str, int]] = []
        pending = [node]
        while pending and len(lines) < MOST_NODES:
            one = pending.pop(0)
            if is_scalar(one):
                lines.append((one.value, first_line(one)))
            elif type(one).__name__ == "SequenceNode":
                self.left -= len(one.value)
                if self.left < 0:
                    unreadable("more, or deeper, than anybody writes", line_of(node))
                pending = [*one.value, *pending]
        for code, line in joined(lines):
            self.pipeline.scripts.append(Script(code, line, language, around.environment))
            if self.service == "github" and (found := FETCHED.search(code)):
                self.checkouts.append((found[0], line + code.count("\n", 0, found.start())))

    def _of_github(self, key: str, value: Any, where: tuple[str, ...], around: Around) -> None:  # noqa: ANN401
        line = line_of(value)
        if key == "uses" and is_scalar(value):
            self.pipeline.uses.append(Use(value.value.strip(), line))
        elif key == "runs-on" and (own := [text for text in texts_in(value) if "self-hosted" in text.lower()]):
            self.pipeline.notice("own-runner", ", ".join(own), line)
        elif key == "permissions" and text_of(value) == "write-all":
            self.pipeline.notice("write-all", "permissions: write-all", line)
        elif key == "on" and where == ():
            self.triggers.update(dict.fromkeys(TRUSTED & set(texts_in(value)), line))
        elif key == "script" and where[-1:] == ("with",) and around.action.startswith("actions/github-script"):
            self.pipeline.scripts.append(Script(text_of(value), first_line(value), "node", around.environment))
        elif key == "ref" and where[-1:] == ("with",) and STRANGE.search(text_of(value)):
            self.checkouts.append((text_of(value), line))

    def _include(self, value: Any) -> None:  # noqa: ANN401
        """Note files from elsewhere: GitLab's `include`, CircleCI's `orbs`."""
        for node in scalars_in(value):
            if node.value.startswith(("http://", "https://")) or "@volatile" in node.value or "@dev:" in node.value:
                self.pipeline.uses.append(Use(node.value, line_of(node)))

    def _scalar(self, node: Any, where: tuple[str, ...], around: Around) -> None:  # noqa: ANN401
        """Look for every secret at once, and for code that reaches a script by way of a value."""
        if not SPOKEN & set(where[-1:]) and not RUNS[self.service] & set(where) and is_telling(node.value):
            self.pipeline.scripts.append(Script(node.value, first_line(node), "sh", around.environment))
        if self.service != "github" or "if" in where[-1:]:
            return
        for at, expression in expressions(node.value):
            if names_all_secrets(expression):
                line = first_line(node) + node.value.count("\n", 0, at)
                kind = "secrets-handed" if "with" in where[-2:] else "secrets-dumped"
                self.pipeline.notice(kind, f"${{{{{expression}}}}}", line)

    def finish(self) -> None:
        """Put together what stood at several places."""
        for trigger in sorted(self.triggers):
            for what, line in self.checkouts:
                self.pipeline.notice("strange-checkout", f"{trigger} and {what}", line)


def joined(lines: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Put the texts of a list together where they stand line by line, since one shell runs them."""
    found: list[tuple[str, int]] = []
    for code, line in lines:
        if found and found[-1][1] + found[-1][0].count("\n") + 1 == line:
            found[-1] = (f"{found[-1][0]}\n{code}", found[-1][1])
        else:
            found.append((code.rstrip("\n"), line))
    return found


def is_scalar(node: Any) -> bool:  # noqa: ANN401
    """Say whether a node is a text."""
    return type(node).__name__ == "ScalarNode"


def is_mapping(node: Any) -> bool:  # noqa: ANN401
    """Say whether a node is a table."""
    return type(node).__name__ == "MappingNode"


def key_of(node: Any) -> str:  # noqa: ANN401
    """Return a key as text; "" for one that is none."""
    return str(node.value) if is_scalar(node) else ""


def text_of(node: Any) -> str:  # noqa: ANN401
    """Return a node's text, "" for one that has none."""
    return node.value.strip() if is_scalar(node) else ""


def line_of(node: Any) -> int:  # noqa: ANN401
    """Return the line at which a node begins."""
    return int(node.start_mark.line) + 1


def first_line(node: Any) -> int:  # noqa: ANN401
    """Return the line of a text's first letter: below the sign of a block."""
    return line_of(node) + (getattr(node, "style", None) in {"|", ">"})


def inner(table: dict[str, Any], *keys: str) -> Any:  # noqa: ANN401
    """Return what stands under keys in tables."""
    node: Any = table.get(keys[0])
    for key in keys[1:]:
        node = {key_of(name): value for name, value in node.value}.get(key) if is_mapping(node) else None
    return node


def scalars_in(node: Any, depth: int = 0) -> list[Any]:  # noqa: ANN401
    """Return the texts in a node, keys left out, a few levels deep."""
    if is_scalar(node):
        return [node]
    if depth > 3 or node is None:  # noqa: PLR2004 - nobody nests these further
        return []
    inside = [value for _, value in node.value] if is_mapping(node) else node.value
    return [one for each in inside[:1000] for one in scalars_in(each, depth + 1)]


def texts_in(node: Any) -> list[str]:  # noqa: ANN401
    """Return the texts in a node; of a table the keys too."""
    keys = [key_of(name) for name, _ in node.value] if is_mapping(node) else []
    return [*keys, *(one.value for one in scalars_in(node))]
