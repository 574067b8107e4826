"""What build files that are no YAML have run: Jenkinsfile, Makefile, CMakeLists.txt, build.gradle, pom.xml."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator  # noqa: TC003 - used in a table
from xml.parsers import expat

from gatekeeper.evidence._values import HOLE
from gatekeeper.evidence._workflow_state import Pipeline, Script, unreadable

TEXT = r"(?:'''(.*?)'''|\"\"\"(.*?)\"\"\"|'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\")"
STEP = re.compile(
    rf"\b(sh|bat|powershell|pwsh)\b[ \t]*\(?\s*(?:\w+\s*:\s*\w+\s*,\s*)*(?:script\s*:\s*)?{TEXT}", re.DOTALL
)
EXECUTED = re.compile(r"(?:'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\")\s*\.\s*execute\s*\(")
LISTED = re.compile(
    r"\[([^\[\]\n]{1,2000})\]\s*(?:as\s+\w+(?:\[\])?\s*)?\.\s*execute\s*\("
    r"|\bcommandLine\b[ \t]*(?:\(|=)?((?:[^\n]|,[ \t]*\n){1,2000})"
    r"|\bexecutable\b[ \t]*(?:\(|=)?([^\n]{1,500})"
)
QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*)'|\"((?:[^\"\\\n]|\\.)*)\"")
LANGUAGES = {"sh": "sh", "bat": "cmd", "powershell": "powershell", "pwsh": "powershell"}
DEFINED = re.compile(r"^(?:export[ \t]+|override[ \t]+)?([\w.-]+)[ \t]*(?::|::|\?)?=[ \t]*(.*)$", re.MULTILINE)
NAMED = re.compile(r"\$(?:\(([\w.@<^*%+-]+)\)|\{([\w.@<^*%+-]+)\}|([@<^*%?+|a-zA-Z]))")
SHELL = re.compile(r"\$[({]shell[ \t]+")
ASSIGNED = re.compile(r"^[\w.-]+[ \t]*!=[ \t]*(.*)$", re.MULTILINE)
CALLS = re.compile(
    r"\b(?:execute_process|add_custom_command|add_custom_target|exec_program|add_test)\s*\(", re.IGNORECASE
)
MOST_VALUE = 2000  # characters of a variable that are put in its place
MOST_CALL = 20_000  # characters of one call
KEYWORDS = frozenset(
    {"WORKING_DIRECTORY", "RESULT_VARIABLE", "RESULTS_VARIABLE", "OUTPUT_VARIABLE", "ERROR_VARIABLE", "INPUT_FILE",
     "OUTPUT_FILE", "ERROR_FILE", "OUTPUT_QUIET", "ERROR_QUIET", "TIMEOUT", "DEPENDS", "COMMENT", "VERBATIM",
     "BYPRODUCTS", "OUTPUT", "TARGET", "PRE_BUILD", "PRE_LINK", "POST_BUILD", "USES_TERMINAL", "ENCODING", "ALL",
     "COMMAND_ERROR_IS_FATAL", "OUTPUT_STRIP_TRAILING_WHITESPACE", "ERROR_STRIP_TRAILING_WHITESPACE", "SOURCES",
     "MAIN_DEPENDENCY", "DEPFILE", "JOB_POOL", "APPEND", "COMMAND_EXPAND_LISTS", "NAME", "CONFIGURATIONS"}
)  # fmt: skip


def read_jenkins(text: str, pipeline: Pipeline) -> None:
    """Read the steps of a Jenkinsfile that start a shell."""
    for found in STEP.finditer(text):
        at = next(number for number in range(2, 6) if found[number] is not None)
        line = _line(text, found.start(at))
        pipeline.scripts.append(Script(_ungroovy(found[at]), line, LANGUAGES[found[1]]))
    read_gradle(text, pipeline)


def read_gradle(text: str, pipeline: Pipeline) -> None:
    """Read the programs that a Gradle build, or any Groovy or Kotlin, starts."""
    for found in EXECUTED.finditer(text):
        pipeline.scripts.append(Script(_ungroovy(found[1] or found[2] or ""), _line(text, found.start())))
    for found in LISTED.finditer(text):
        words = [one[1] or one[2] or "" for one in QUOTED.finditer(found[0])]
        if words:
            pipeline.scripts.append(Script(shlex.join(map(_ungroovy, words)), _line(text, found.start())))


def _ungroovy(text: str) -> str:
    return re.sub(r"\\(.)", lambda one: {"n": "\n", "t": "\t"}.get(one[1], one[1]), text, flags=re.DOTALL)


def read_make(text: str, pipeline: Pipeline) -> None:
    """Read the recipes of a Makefile, and what its variables run."""
    known = {name: value for name, value in DEFINED.findall(text) if len(value) <= MOST_VALUE}
    block: list[str] = []
    start = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        continued = bool(block) and block[-1].endswith("\\")
        if line.startswith("\t") or continued:
            start = start if block else number
            block.append(line.removeprefix("\t").lstrip("@-+ ") if not continued else line.removeprefix("\t"))
            continue
        if block:
            pipeline.scripts.append(Script(_unmade("\n".join(block), known), start))
        block = []
    for found in (*SHELL.finditer(text), *ASSIGNED.finditer(text)):
        if not text[text.rfind("\n", 0, found.start()) + 1 :].startswith("\t"):
            code = found[1] if found.re is ASSIGNED else _inside(text, found.end())
            pipeline.scripts.append(Script(_unmade(code, known), _line(text, found.start())))


def _inside(text: str, start: int) -> str:
    """Return what stands in the brackets that were opened just before."""
    depth = 1
    for at in range(start, min(len(text), start + MOST_CALL)):
        depth += (text[at] in "({") - (text[at] in ")}")
        if depth == 0:
            return text[start:at]
    return text[start : start + MOST_CALL]


def _unmade(code: str, known: dict[str, str]) -> str:
    """Return a recipe as the shell sees it: variables that the file sets are put in their places."""
    dollar = "\0"
    code = SHELL.sub("$(", code.replace("$$", dollar))
    for _ in range(4):
        fresh = NAMED.sub(lambda one: known.get(one[1] or one[2] or one[3], HOLE).replace("$$", dollar), code)
        fresh = SHELL.sub("$(", fresh)
        if fresh == code or len(fresh) > len(code) + 20 * MOST_VALUE:
            break
        code = fresh
    return code.replace(dollar, "$")


def read_cmake(text: str, pipeline: Pipeline) -> None:
    """Read the commands that CMake runs, when it configures or when it builds."""
    for found in CALLS.finditer(text):
        words: list[str] = []
        for word in [*_cmake_words(text, found.end()), "COMMAND"]:
            if word != "COMMAND" and word not in KEYWORDS:
                words.append(word)
                continue
            if words:
                pipeline.scripts.append(Script(shlex.join(words), _line(text, found.start())))
            words = []


CMAKE_WORD = re.compile(r"\[(=*)\[(.*?)\]\1\]|\"((?:[^\"\\]|\\.)*)\"|#[^\n]*|([()])|([^\s()#\"]+)", re.DOTALL)


def _cmake_words(text: str, start: int) -> Iterator[str]:
    depth = 1
    for found in CMAKE_WORD.finditer(text, start, start + MOST_CALL):
        depth += (found[4] == "(") - (found[4] == ")")
        if depth == 0:
            return
        word = found[2] if found[2] is not None else found[3] if found[3] is not None else found[5]
        if word is not None:
            yield re.sub(r"\$(?:ENV|CACHE)?\{[^{}]*\}", HOLE, re.sub(r"\\(.)", r"\1", word, flags=re.DOTALL))


class _Xml:
    """Collects the programs that the plugins of a pom.xml start."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.words: list[str] = []
        self.line = 0
        self.text = ""
        self.depth = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.EntityDeclHandler = lambda *_: unreadable("it declares entities", self.parser.CurrentLineNumber)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Begin a program, or a word of one."""
        self.depth += 1
        if self.depth > 200:  # noqa: PLR2004 - nobody nests so deeply
            unreadable("nested too deeply", self.parser.CurrentLineNumber)
        self.text = ""
        if name in {"exec", "execution", "configuration", "java"}:
            self.flush()
            self.line = self.parser.CurrentLineNumber
            self.words += [attributes["executable"]] if attributes.get("executable") else []
        elif name == "arg":
            self.words += [attributes["value"]] if "value" in attributes else attributes.get("line", "").split()

    def end(self, name: str) -> None:
        """End a word, or a program."""
        self.depth -= 1
        if name in {"executable", "argument"} and self.text.strip():
            self.words.insert(0 if name == "executable" else len(self.words), self.text.strip())
        elif name == "commandlineArgs":
            self.words += self.text.split()
        elif name in {"exec", "configuration"}:
            self.flush()
        self.text = ""

    def characters(self, text: str) -> None:
        """Take text in."""
        self.text = (self.text + text)[:MOST_CALL]

    def flush(self) -> None:
        """Note the program whose words are complete."""
        if self.words:
            self.pipeline.scripts.append(Script(shlex.join(self.words), self.line))
        self.words = []


def read_maven(text: str, pipeline: Pipeline) -> None:
    """Read the programs that a pom.xml starts; raise UnreadableWorkflowError."""
    xml = _Xml(pipeline)
    try:
        xml.parser.Parse(text.encode(), True)  # noqa: FBT003 - expat takes it by place alone
    except expat.ExpatError as problem:
        unreadable("not XML", problem.lineno)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


READERS: dict[str, Callable[[str, Pipeline], None]] = {
    "jenkins": read_jenkins,
    "make": read_make,
    "cmake": read_cmake,
    "gradle": read_gradle,
    "maven": read_maven,
}
