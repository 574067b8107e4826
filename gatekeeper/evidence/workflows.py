"""What is new in a file for continuous integration: the scripts, actions, runners and rights that a change brings.

Ten kinds of file run with a repository's secrets, or on the machines of whoever builds it. Only what a change adds is
told: what was there before was somebody else's to judge.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from gatekeeper.evidence._workflow_actions import about_uses
from gatekeeper.evidence._workflow_shell import read_script, told
from gatekeeper.evidence._workflow_state import MOST_BYTES, Pipeline, Script, UnreadableWorkflowError
from gatekeeper.evidence._workflow_text import READERS
from gatekeeper.evidence._workflow_yaml import RUNS, read_yaml
from gatekeeper.model import Behaviour, Evidence, Notice, Place, Release, Surface, Unread, When

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gatekeeper.evidence._base import Ledger

KIND = "workflow"
# Each kind of file by its path in small letters, and the language that it is read in.
PLACES = (
    ("workflow", "github", re.compile(r"(?:.*/)?\.github/workflows/[^/]+\.ya?ml")),
    ("action", "github", re.compile(r"(?:.*/)?action\.ya?ml")),
    ("gitlab", "gitlab", re.compile(r"(?:.*/)?(?:\.gitlab-ci[^/]*|\.gitlab-ci/.*|\.gitlab/ci/.*)\.ya?ml")),
    ("circleci", "circleci", re.compile(r"(?:.*/)?\.circleci/.*\.ya?ml")),
    ("travis", "travis", re.compile(r"(?:.*/)?\.travis[^/]*\.ya?ml")),
    ("azure", "azure", re.compile(r"(?:.*/)?(?:\.?azure-pipelines[^/]*|\.?azure-pipelines/.*)\.ya?ml")),
    ("jenkins", "jenkins", re.compile(r"(?:.*/)?(?:jenkinsfile[^/]*|[^/]+\.jenkinsfile)")),
    ("make", "make", re.compile(r"(?:.*/)?(?:(?:gnu|bsd)?makefile|[^/]+\.mk)")),
    ("cmake", "cmake", re.compile(r"(?:.*/)?(?:cmakelists\.txt|[^/]+\.cmake)")),
    ("gradle", "gradle", re.compile(r"(?:.*/)?(?:build|settings|init)\.gradle(?:\.kts)?")),
    ("maven", "maven", re.compile(r"(?:.*/)?pom\.xml")),
)
READ = frozenset({"sh", "powershell", "cmd", "python", "node"})  # languages


def place_of(path: str) -> str | None:
    """Return which kind of file for continuous integration a path names; None when it is none."""
    return next((name for name, _, pattern in PLACES if pattern.fullmatch(path.lower())), None)


def gather_workflow(path: str, now: bytes, before: Sequence[bytes] = (), *, rides: bool = False) -> Evidence:
    """Return what a file brings that the files before it (its own text, or those it was made of) did not.

    `rides`: the same change moves dependencies.
    """
    pipeline, earlier = read(path, now), [read(path, each) for each in before]
    known = {reason for each in earlier for reason in each.unread}
    unread = [Unread(path, reason) for reason in pipeline.unread if reason not in known or now not in before]
    behaviours, notices = _of_scripts(pipeline, earlier, unread)
    said = {(each.kind, each.detail) for one in earlier for each in one.notices}
    notices += [each for each in pipeline.notices if (each.kind, each.detail) not in said]
    notices += about_uses(path, pipeline.uses, [use for each in earlier for use in each.uses])
    if rides:
        notices.append(Notice("rides-along", path, Place(path, 1)))
    return Evidence(
        Release("generic", path),
        kind=KIND,
        surfaces=(Surface(path, When.BUILD, "runs in continuous integration"),),
        behaviours=tuple(behaviours),
        unread=tuple(unread),
        notices=tuple(dict.fromkeys(notices)),
    )


def read(path: str, content: bytes) -> Pipeline:
    """Read one file; what cannot be read is written down in it."""
    pipeline = Pipeline(path)
    language = next((language for _, language, pattern in PLACES if pattern.fullmatch(path.lower())), "")
    try:
        if len(content) > MOST_BYTES:
            pipeline.unread.append("larger than is read")
        elif language in RUNS:
            read_yaml(content.decode("utf-8"), pipeline, language)
        else:
            READERS[language](content.decode("utf-8", "replace"), pipeline)
    except UnicodeDecodeError:
        pipeline.unread.append("not UTF-8")
    except UnreadableWorkflowError as problem:
        pipeline.unread.append(str(problem))
    return pipeline


def _of_scripts(
    pipeline: Pipeline, earlier: Iterable[Pipeline], unread: list[Unread]
) -> tuple[list[Behaviour], list[Notice]]:
    """Read the scripts that are new, and return what they do that those they replace did not."""
    old = {script.key for each in earlier for script in each.scripts}
    fresh = [script for script in pipeline.scripts if script.key not in old]
    facts = [fact for script in fresh for fact in _facts(script, pipeline.path, unread)]
    if not facts:  # as with almost every change: what was there before need not be read
        return [], []
    known = {_same(fact) for script in old for fact in _facts(script, pipeline.path, [])}
    new = [fact for fact in facts if _same(fact) not in known]
    return [each for each in new if isinstance(each, Behaviour)], [each for each in new if isinstance(each, Notice)]


def _facts(script: Script, path: str, unread: list[Unread]) -> Iterator[Behaviour | Notice]:
    """Yield what a script does, at the lines of its file."""
    if script.language not in READ:
        where = f"{path} (line {script.line})"
        unread.append(Unread(where, f"a step in {script.language[:40]}, which is not read"))
        return
    ledger: Ledger = read_script(script, path)
    unread += [Unread(path, f"the script in line {script.line} {each.reason}") for each in ledger.unread.values()]
    for fact in told(ledger):
        if isinstance(fact, Behaviour):
            yield replace(fact, line=fact.line + script.line - 1)
        elif fact.place is not None:
            yield replace(fact, place=Place(path, (fact.place.line or 1) + script.line - 1))


def _same(fact: Behaviour | Notice) -> tuple[object, ...]:
    """Return what makes a fact the same at another line."""
    if isinstance(fact, Notice):
        return (fact.kind, fact.detail)
    return (fact.kind, fact.detail, fact.taints, fact.marks)
