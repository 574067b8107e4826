"""What npm is asked for that no registry serves: what npm itself takes it for, and how it is led to the gate's copy."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.model import Notice, Place
from gatekeeper.wish import Foreign
from gatekeeper.wish.hosts import shown
from gatekeeper.wish.npm_specs import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gatekeeper.wish import Wish

PINNED = "; look at this commit, and write a waiver for it, or install a folder of your own"
UNPINNED = "; pin the full commit (#COMMIT), look at it, and write a waiver for it, or install a folder of your own"
FETCH = "; fetch it, look at it (`gatekeeper inspect FILE`), and write a waiver for it, or install the file"
SEPARATED = "; name a release of a registry"
PATIENCE = 20  # seconds
# npm's own reader of specs says what npm would do: the hosts behind its shorthands are npm's to know.
QUESTION = r"""
const npa = require(process.argv[1]);
const found = JSON.parse(require('fs').readFileSync(0, 'utf8')).map(([name, text]) => {
  try {
    const spec = name ? npa.resolve(name, text) : npa(text);
    const at = {noCommittish: true};
    const host = spec.hosted;
    return {
      type: spec.type,
      remotes: host ? [host.https && host.https(at), host.sshurl && host.sshurl(at)] : [spec.fetchSpec],
      commit: spec.gitCommittish,
      part: spec.gitSubdir || spec.gitRange || null,
      address: spec.fetchSpec,
      path: spec.type === 'remote' ? new URL(spec.fetchSpec).pathname : '',
    };
  } catch {
    return {};
  }
});
console.log(JSON.stringify(found));
"""


def foreign(name: str, text: str, kind: Kind, place: Place, asker: str | None = None) -> Foreign:
    """Make the noun for a spec, before npm was asked about it."""
    address = shown(text)
    what = address if asker is None else f"{name} from {address}"
    how = SEPARATED if asker is not None else UNPINNED if kind is Kind.GIT else FETCH
    notice = Notice("vcs-source" if kind is Kind.GIT else "path-source", f"{what}{how}", place)
    return Foreign(name or address, text, notice, asker=asker)


def not_for_programs(drafts: Sequence[Foreign]) -> Iterator[Foreign]:
    """Yield the sources of an order that starts a program at once, outside of the fence: no waiver opens these."""
    for each in drafts:
        what = each.notice.detail.replace(UNPINNED, SEPARATED).replace(FETCH, SEPARATED)
        yield replace(each, notice=replace(each.notice, detail=what))


def understood(drafts: Sequence[Foreign], npm: str, path: str) -> Iterator[Foreign]:
    """Yield the sources with what npm reads in their specs; those that it does not read stay as they are."""
    asked = [[each.name if each.is_named else "", each.text] for each in drafts if each.asker is None]
    answers = iter(_ask(asked, npm, path) if asked else ())
    for each in drafts:
        yield _with(each, next(answers, {})) if each.asker is None else each


def _ask(specs: list[list[str]], npm: str, path: str) -> list[dict[str, Any]]:
    reader = Path(npm).resolve().parents[1] / "node_modules" / "npm-package-arg"
    node = shutil.which("node", path=path)
    if node is None or not reader.is_dir():  # some launcher's npm: then nothing of this kind can be opened
        return []
    command = [node, "-e", QUESTION, str(reader)]
    environ = {"PATH": path}
    try:
        done = subprocess.run(
            command,
            cwd=reader,
            env=environ,
            input=json.dumps(specs),  # words that everybody on the machine can read are no place for logins
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        answers: list[dict[str, Any]] = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return []
    return answers


def _with(draft: Foreign, said: Mapping[str, Any]) -> Foreign:
    """Add what npm said, where it is something that can be fetched and held against a digest."""
    if said.get("type") == "remote":
        return replace(draft, address=str(said["address"]), path=str(said["path"]))
    commit = str(said.get("commit") or "")
    if said.get("type") != "git" or said.get("part") or not is_commit(commit):
        return draft
    pinned = replace(draft.notice, detail=draft.notice.detail.replace(UNPINNED, PINNED))
    remotes = tuple(dict.fromkeys(str(each) for each in said["remotes"] if each))
    return replace(draft, notice=pinned, commit=commit, remotes=remotes)


def is_commit(text: str) -> bool:
    """Say whether a text is the full id of a commit, as npm takes it for one."""
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")


def git_options(wish: Wish) -> list[str]:
    """Return which git npm may run: the person's own when a commit was opened, else none."""
    git = wish.raw.get("git") if any(each.repository for each in wish.opened) else None
    return [f"--git={git or '/bin/false'}"]


def git_environ(wish: Wish) -> dict[str, str]:
    """Return what keeps git to the commits that the gate has fetched, whatever npm calls their repositories."""
    repositories = {remote: each.repository for each in wish.opened for remote in each.foreign.remotes}
    if not any(repositories.values()):
        return {"GIT_ALLOW_PROTOCOL": "none"}
    lines = ["[safe]", "\tdirectory = *", '[protocol "file"]', "\tallow = always"]
    for remote, repository in repositories.items():
        if repository is not None:
            lines += [f"[url {quoted(repository.as_uri())}]", f"\tinsteadOf = {quoted(remote)}"]
    settings = next(each.repository for each in wish.opened if each.repository).parent / "gitconfig"
    settings.write_text("\n".join([*lines, ""]), "utf-8")
    only = {"GIT_ALLOW_PROTOCOL": "file", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": str(settings)}
    # npm hands options down to the npm that prepares a commit, but not those that are false.
    return {**only, "npm_config_update_notifier": "false"}


def quoted(text: str) -> str:
    """Spell a text as a value of git's configuration files."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def origins(wish: Wish, gate: str) -> list[list[str]]:
    """Return pairs: the gate's address under which npm knows an archive, and the address that is to be written down."""
    return [[gate + each.foreign.path, each.foreign.address] for each in wish.opened if each.foreign.address]
