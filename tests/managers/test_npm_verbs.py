"""npm's verbs, held against npm's own lists: what a new npm brings is refused until somebody decided about it."""

from __future__ import annotations

import functools
import json
import random
import re
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.managers._npm_options import FLAGS, KNOWN, LOOSE_FLAGS, SHORTHANDS, TEXTS, UNEVEN, VALUES
from gatekeeper.managers._npm_verbs import ALIASES, CANONICAL, DEPENDS, GATED, NAMES, PLAIN, REFUSED, named, verb_of
from tests.support.npm_clients import VERSIONS, node, npm_folder

KINDS = {"gated", "plain", "refused"}
# npm's own names for what changed its name, or was an alias of another verb, over the years.
RENAMED = {"run-script": "run", "login": "adduser"}

ASK_NPM = """
const folder = process.argv[1]
const list = require(folder + '/lib/utils/cmd-list.js')
let config
try { config = require(folder + '/node_modules/@npmcli/config/lib/definitions/index.js') }
catch { config = require(folder + '/lib/utils/config/index.js') }
const nopt = require(folder + '/node_modules/nopt')
const deref = list.deref || (typed => {
  let c = typed
  if (!c) return
  if (c.match(/[A-Z]/)) c = c.replace(/([A-Z])/g, m => '-' + m.toLowerCase())
  if (list.plumbing.includes(c)) return c
  let a = list.abbrevs[c]
  while (list.aliases[a]) a = list.aliases[a]
  return a
})
const types = Object.fromEntries(Object.entries(config.definitions).map(([name, { type }]) => [name, type]))
const kind = type => type === Boolean ? 'flag' : [].concat(type).includes(Boolean) ? 'loose' : type === String ? 'text' : 'value'
const questions = JSON.parse(require('fs').readFileSync(0, 'utf8'))
console.log(JSON.stringify({
  names: [...list.commands, ...(list.plumbing || []), ...Object.keys(list.aliases)],
  options: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, kind(type)])),
  shorthands: config.shorthands,
  named: questions.named.map(word => { const verb = deref(word); return typeof verb === 'string' ? verb : null }),
  first: questions.words.map(words => nopt(types, config.shorthands, [...words], 0).argv.remain[0] ?? null)
}))
"""

# Every beginning of every name, up to where nothing else begins so.
PREFIXES = sorted({name[:length] for name in NAMES for length in (*range(1, 9), 99)} | {"installTest", "findDupes"})
# What makes the reading of words hard: every kind of option, whole and in pieces, with and without a value.
PIECES = (
    *("install", "i", "ls", "audit", "fix", "true", "false", "null", "always", "x", "7", "", "-", "--", "---"),
    *("-g", "-gD", "-C", "-w", "-ws", "-dd", "-s", "--s", "-l=x", "--pref", "--prefix", "--prefix=app", "--no-prefix"),
    *(
        "--save",
        "--save=no",
        "--no-save",
        "--NO-save",
        "--no-no-save",
        "--sav",
        "--save-d",
        "--global=x",
        "--json=true",
    ),
    *(
        "--tag",
        "--tag=next",
        "--tag=--",
        "--loglevel",
        "--loglevel=silent",
        "--color",
        "--yes",
        "--no-yes",
        "--workspaces",
    ),
    *(
        "--omit",
        "--omit=dev",
        "--depth",
        "--cpu",
        "--cpu=x64",
        "--browser",
        "--unknown",
        "--unknown=1",
        "--porc",
        "--h",
    ),
    *(
        "--@moss:registry=http://r.example/",
        "--//r.example/:_authToken=t",
        "--call",
        "-c",
        "--otp",
        "--no-otp",
        "--help",
    ),
)


def some_words() -> list[list[str]]:
    """The same few thousand lines of words at every run."""
    dice = random.Random(20)
    return [[dice.choice(PIECES) for _ in range(dice.randrange(1, 6))] for _ in range(2000)]


@functools.cache
def npm_says(version: str) -> Any:
    """What one npm makes of all our questions, asked once."""
    command = [node(), "-e", ASK_NPM, str(npm_folder(version))]
    questions = json.dumps({"named": PREFIXES, "words": some_words()})
    done = subprocess.run(command, input=questions, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def same(verb: str) -> str:
    return RENAMED.get(verb, verb)


# --- the table ------------------------------------------------------------------------------------------------------


def test_every_verb_stands_in_one_list_only() -> None:
    assert len(CANONICAL) == len(GATED) + len(PLAIN) + len(DEPENDS) + len(REFUSED)
    assert set(ALIASES) <= CANONICAL
    assert set(NAMES.values()) == CANONICAL


@pytest.mark.parametrize("version", VERSIONS)
def test_every_verb_and_alias_of_npm_is_decided(version: str) -> None:
    assert [name for name in npm_says(version)["names"] if name not in NAMES] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_the_help_of_npm_names_no_other_verb(version: str) -> None:
    command = [node(), str(npm_folder(version) / "bin" / "npm-cli.js"), "help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    listed = re.search(r"All commands:\s*\n(.*?)\n\s*\n", shown, re.DOTALL)
    assert listed, shown
    names = set(re.findall(r"[a-z][a-z-]*", listed[1]))
    assert len(names) > 50
    assert names <= set(NAMES)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_abbreviation_means_what_it_means_to_npm_or_is_refused(version: str) -> None:
    for typed, npms in zip(PREFIXES, npm_says(version)["named"], strict=True):
        ours = named(typed)
        if npms is not None and ours is not None:
            assert same(ours) == same(npms), typed


@pytest.mark.parametrize("version", VERSIONS)
def test_the_options_are_those_of_npm(version: str) -> None:
    said = npm_says(version)
    kinds = {"flag": FLAGS, "loose": set(LOOSE_FLAGS) | UNEVEN, "text": TEXTS | UNEVEN, "value": VALUES | UNEVEN}
    assert [name for name, kind in said["options"].items() if name not in kinds[kind]] == []
    assert [name for name in (*VALUES, *TEXTS) if name not in said["options"]] == []
    assert [name for name in said["shorthands"] if name not in SHORTHANDS and not name.startswith("_")] == []
    assert {name: tuple(words) for name, words in said["shorthands"].items() if name in SHORTHANDS} == SHORTHANDS


@pytest.mark.parametrize("version", VERSIONS)
def test_words_mean_the_verb_that_npm_finds_in_them_or_are_refused(version: str) -> None:
    told = 0
    for words, first in zip(some_words(), npm_says(version)["first"], strict=True):
        verb = verb_of(words)
        if verb.kind == "refused":
            continue
        told += 1
        npms = named(first) if first else None
        assert verb.name == npms or (first is None and verb.name in {"help", "version"}), words
    assert told > 250, "not all of them are refused"


# --- single decisions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *(("install x", "install"), ("i", "install"), ("isntall", "install"), ("add x", "install"), ("ci", "ci")),
        *(
            ("clean-install", "ci"),
            ("installTest", "install-test"),
            ("upd", "update"),
            ("u", "update"),
            ("x y", "exec"),
        ),
        *(
            ("create app", "init"),
            ("init", "init"),
            ("audit fix", "audit"),
            ("audit --json fix", "audit"),
            ("rb", "rebuild"),
        ),
        *(("ln", "link"), ("ddp", "dedupe"), ("find-dupes", "find-dupes"), ("rm x", "uninstall"), ("prune", "prune")),
        *(
            ("--silent install x", "install"),
            ("-C app i", "install"),
            ("--prefix app i", "install"),
            ("-- install", "install"),
        ),
        *(
            ("--tag next install", "install"),
            ("-gf install x", "install"),
            ("pack mossgarden", "pack"),
            ("cit", "install-ci-test"),
        ),
        *(
            ("--@moss:registry=http://r.example/ i", "install"),
            ("audit --unknown fix", "audit"),
            ("install x --build-from-source", "install"),
            ("install --runtime=electron x", "install"),
            ("i x --omit", "install"),
        ),
    ],
)
def test_what_installs_or_runs_packages_is_gated(typed: str, name: str) -> None:
    verb = verb_of(typed.split())
    assert (verb.name, verb.kind) == (name, "gated"), verb.why


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        *(("", "help"), ("-v", "version"), ("--version", "version"), ("--help", "help"), ("help install", "help")),
        *(
            ("ls", "ls"),
            ("la", "ll"),
            ("view x dist.tarball", "view"),
            ("config get registry", "config"),
            ("audit", "audit"),
        ),
        *(("run build", "run"), ("run-script build", "run"), ("t", "test"), ("start", "start"), ("publish", "publish")),
        *(
            ("pack", "pack"),
            ("pack .", "pack"),
            ("publish ./moss-1.0.0.tgz", "publish"),
            ("cache clean --force", "cache"),
        ),
        *(
            ("diff --diff=x@1 --diff=x@2", "diff"),
            ("outdated", "outdated"),
            ("whoami", "whoami"),
            ("view @moss/garden@^1", "view"),
        ),
    ],
)
def test_what_only_reads_or_is_the_persons_own_passes(typed: str, name: str) -> None:
    verb = verb_of(typed.split())
    assert (verb.name, verb.kind) == (name, "plain"), verb.why


@pytest.mark.parametrize(
    "typed",
    [
        *(
            "frobnicate",
            "instal2",
            "Install",
            "cl",
            "-",
            "edit x",
            "birthday",
            "cache add x",
            "cache unheard-of",
            "constructor",
        ),
        *(
            "pack github:moss/garden",
            "pack moss/garden",
            "publish git+https://h.example/x.git",
            "view moss/garden#semver:1",
        ),
        *(
            "diff --diff=github:moss/garden",
            "diff --diff moss/garden",
            "view https://h.example/x.tgz",
            "version --workspaces-update",
        ),
        *(
            "--unknown install",
            "--cpu x64 install",
            "--no-otp install x",
            "--loglevel=-- install",
            "__proto__",
        ),
    ],
)
def test_what_cannot_be_gated_or_told_is_refused_and_says_why(typed: str) -> None:
    verb = verb_of(typed.split())
    assert verb.kind == "refused"
    assert verb.why


def test_a_new_version_installs_nothing_in_workspaces() -> None:
    assert verb_of(["version", "patch"]).extra == ("--no-workspaces-update",)


# --- laws -----------------------------------------------------------------------------------------------------------


@given(
    st.lists(
        st.one_of(st.sampled_from(PIECES), st.sampled_from(sorted(KNOWN)).map("--{}".format), st.text()), max_size=6
    )
)
def test_any_words_have_an_answer(words: list[str]) -> None:
    verb = verb_of(words)
    assert verb.kind in KINDS
    assert (verb.kind == "refused") == bool(verb.why)
    assert verb.kind == "refused" or verb.name in CANONICAL


@given(st.text(min_size=1).filter(lambda word: not word.startswith("-")))
def test_a_word_that_begins_no_verb_is_refused(word: str) -> None:
    folded = re.sub("[A-Z]", lambda letter: "-" + letter[0].lower(), word)
    if not any(name.startswith(folded) for name in NAMES):
        assert verb_of([word]).kind == "refused"


@given(st.sampled_from(sorted(name for name, verb in NAMES.items() if verb in GATED)), st.lists(st.text(), max_size=4))
def test_no_words_behind_it_open_a_gated_verb(verb: str, words: list[str]) -> None:
    assert verb_of([verb, *words]).kind != "plain"
