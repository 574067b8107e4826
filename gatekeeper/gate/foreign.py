"""Sources that no registry serves, and that a waiver opens knowingly: git commits, and archives at an address.

A waiver says that the source is taken, not that its bytes are good: the gate fetches it itself, holds it against the
digest that the waiver names, judges it like any other package, and hands the client exactly that.
"""

from __future__ import annotations

import os
import shutil
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import GatekeeperError, UndecidedError
from gatekeeper.gate.blobs import sha256_of
from gatekeeper.gate.cases import Case
from gatekeeper.gate.npm import NpmDialect, path_of
from gatekeeper.gate.npm_agreement import object_in, ungated_in
from gatekeeper.gate.upstreams import transport_of
from gatekeeper.model import Notice, Place, Release, Ruling, Verdict
from gatekeeper.policy import HOOK_WORDS, ruling_of
from gatekeeper.registries.direct import DirectFile
from gatekeeper.registries.http import Expected
from gatekeeper.registries.npm import MOST_TARBALL, Logins
from gatekeeper.waivers import OPENS, with_waivers, without_sources
from gatekeeper.wish import Opened, Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gatekeeper.gate.commits import Repository
    from gatekeeper.gate.session import Session
    from gatekeeper.policy import Waiver
    from gatekeeper.wish import Foreign, Wish

ARCHIVE = "package.tgz"  # an address may end in anything; this is what npm takes it for


class ForeignSources:
    """The foreign sources of one run, each fetched at most once."""

    def __init__(self, session: Session, wish: Wish, ecosystem: str) -> None:
        """Fetch nothing yet."""
        self._session, self._wish, self.ecosystem = session, wish, ecosystem
        self._folder = session.private / "sources"
        self._opened: dict[Foreign, Opened] = {}
        self._repositories: dict[str, Repository] = {}
        self._archives: dict[str, tuple[Foreign, str]] = {}  # path -> whose it is, and its digest

    def judged(self) -> Iterator[Verdict]:
        """Judge each source: refused unless a waiver names its digest, and then by what is in it."""
        seen: set[tuple[str, str]] = set()
        asked = [each for each in self._wish.foreign if each.asker is None]
        for each in asked:
            if (what := (each.name, each.commit or each.address or each.text)) not in seen:
                yield self._judged(each)
                seen.add(what)
            elif (twin := next((one for one in self._opened if _is_same(one, each)), None)) is not None:
                self._opened[each] = replace(self._opened[twin], foreign=each)
        for each in self._wish.foreign:
            if each.asker is not None and (each.name, each.text) not in self._names:
                yield self._noticed(Release(self.ecosystem, each.asker), each.notice)

    def served(self) -> Wish:
        """Let the open gate serve what was opened, and return the wish with it: then nothing is done in one go."""
        if not self._opened:
            return self._wish
        dialect = self._session.dialect
        assert isinstance(dialect, NpmDialect)
        dialect.excused = self._names
        for path, (each, sha256) in self._archives.items():
            dialect.sources[path] = self._session.cases.open(self._case(path, each, sha256))
        # Each file is judged when the whole set is known, before anything that was fetched may be built.
        return replace(self._wish, opened=tuple(self._opened.values()), fresh=False)

    @property
    def _names(self) -> frozenset[tuple[str, str]]:
        """What packages may ask for, since the person does: the name and the very same words."""
        return frozenset((each.name, each.text) for each in self._opened)

    def _judged(self, each: Foreign) -> Verdict:
        release = Release(self.ecosystem, each.name)
        waivers = [w for w in self._session.options.policy.waivers if w.check == OPENS and w.release == release.purl]
        named = [waiver for waiver in waivers if waiver.sha256 == each.commit or each.address is not None]
        if not named:
            if each.commit or each.address:
                self._advise(each, release)
            return self._noticed(release, each.notice)
        try:
            return self._of_commit(each, release) if each.commit else self._of_archive(each, release, named)
        except (GatekeeperError, OSError) as problem:
            return Verdict(release, Ruling.ERROR, error=str(problem), requested=True)

    def _advise(self, each: Foreign, release: Release) -> None:
        digest = each.commit or "its SHA-256"
        self._session.remarks.append(
            f'once you have looked at it, this opens it: [[waiver]] release = "{release.purl}", check = "{OPENS}", '
            f'sha256 = "{digest}", reason, author, expires'
        )

    def _noticed(self, release: Release, notice: Notice) -> Verdict:
        return self._session.reader.judge_notices(release, (notice,), requested=True)

    def _excused(self, each: Foreign, inside: Release, sha256: str, *judged: Verdict) -> Verdict:
        """Put together that it is a source, which is waived, and what was found in it, for which other waivers hold."""
        release = Release(self.ecosystem, each.name)
        verdict = self._noticed(release, each.notice)
        policy = self._session.options.policy
        # What it is itself is excused; what it fetches from such sources in its turn is not.
        found = dict.fromkeys(one for other in judged for one in other.findings)
        own = with_waivers(verdict.findings, release, sha256, policy)
        findings = (*own, *with_waivers(found, inside, sha256, without_sources(policy)))
        error = next((other.error for other in judged if other.error), None)
        ruling = max(ruling_of(findings, policy), Ruling.ERROR if error else Ruling.ALLOW)
        return replace(verdict, ruling=ruling, findings=findings, error=error)

    # --- git --------------------------------------------------------------------------------------------------------

    def _of_commit(self, each: Foreign, release: Release) -> Verdict:
        """Fetch a commit and judge all that is in it: what is built of it, and what builds it."""
        from gatekeeper.gate.commits import pack  # few orders need it

        assert each.commit is not None
        repository = self._repository(each)
        tree, archive = self._folder / f"tree-{each.commit}", self._folder / f"{each.commit}.tar"
        repository.lay_out(each.commit, tree)
        pack(tree, archive)
        reader = self._session.reader
        blank = Verdict(release, Ruling.ERROR, requested=each.is_named)
        judged = [
            reader.judge_artifact(archive, blank, ARCHIVE, sha256_of(archive))[0],
            reader.judge_folder(tree, release),
        ]
        said = self._manifest(each, tree)
        notices = [Notice("vcs-source", f"the submodules of {each.name}")] * os.path.lexists(tree / ".gitmodules")
        notices += [Notice("path-source", f"{each.name} requires {one}") for one in ungated_in(said)]
        judged += [self._noticed(release, notice) for notice in notices]
        self._check_hooks(each, said)
        inside = replace(release, version=str(said.get("version") or "") or None)
        shutil.rmtree(tree)
        archive.unlink()
        verdict = self._excused(each, inside, each.commit, *judged)
        self._opened[each] = Opened(each, repository.folder)
        return verdict

    def _manifest(self, each: Foreign, tree: Path) -> dict[str, Any]:
        manifest = tree / "package.json"
        if manifest.is_symlink() or not manifest.is_file():
            raise UndecidedError(f"{each.name}: there is no package.json in it, or it is a link")
        return object_in(manifest.read_bytes())

    def _check_hooks(self, each: Foreign, said: dict[str, Any]) -> None:
        """Raise `UndecidedError` when npm would build a commit with a script that the policy lets nobody run."""
        scripts = said.get("scripts")
        hooks = self._session.options.policy.hooks
        # Not every npm keeps from it when it is told to ignore scripts.
        if hooks != HOOK_WORDS[0] and isinstance(scripts, dict) and scripts.get("prepare"):
            raise UndecidedError(f'{each.name}: npm builds it with its script `prepare`; [hooks] policy is "{hooks}"')

    def _repository(self, each: Foreign) -> Repository:
        if self._archives:
            raise UndecidedError(f"{each.name}: npm cannot be led to commits and addresses in one run")
        from gatekeeper.gate.commits import Repository

        git = self._wish.raw.get("git")
        assert each.commit is not None
        if git is None:
            raise UndecidedError(f"{each.name} comes from git, and there is no git on PATH")
        if self._session.options.offline and not each.remotes[0].startswith("file:"):
            raise UndecidedError(f"--offline: {each.name} comes from git on another machine")
        known = next((self._repositories[one] for one in each.remotes if one in self._repositories), None)
        if known is None:
            known = Repository(str(git), self._folder / f"repository-{len(self._repositories)}", len(each.commit))
        known.fetch(each.remotes, each.commit)
        self._repositories.update(dict.fromkeys(each.remotes, known))
        return known

    # --- archives ---------------------------------------------------------------------------------------------------

    def _of_archive(self, each: Foreign, release: Release, waivers: list[Waiver]) -> Verdict:
        """Fetch an archive and hold it against its waivers; its bytes are judged when npm's whole set is known."""
        assert each.address is not None
        if self._repositories:
            raise UndecidedError(f"{each.name}: npm cannot be led to commits and addresses in one run")
        path = path_of(each.path)
        if path in self._archives and self._archives[path][0].address != each.address:
            raise UndecidedError(f"{each.name}: npm cannot tell two addresses apart that both end in /{path}")
        sha256 = self._fetched(each)
        if sha256 not in {waiver.sha256 for waiver in waivers}:
            what = f"{each.notice.detail.partition(';')[0]} holds sha256 {sha256}, which no waiver names"
            return self._noticed(release, replace(each.notice, detail=what))
        self._archives[path] = (each, sha256)
        self._opened[each] = Opened(each)
        return self._excused(each, release, sha256)

    def _fetched(self, each: Foreign) -> str:
        """Keep an archive among the files of the gate; return its SHA-256."""
        assert each.address is not None
        session, wish = self._session, self._wish
        if session.options.offline and not _is_near(each.address):
            raise UndecidedError(f"--offline: {each.name} comes from another machine")
        blobs = session.cases.blobs
        incoming = blobs.incoming()
        with closing(transport_of(wish.network, None)) as transport:
            transport.credentials.learn(each.address)
            login = Logins(wish.network.get("logins") or {}).header(each.address)
            url = each.address.partition("#")[0]
            sha256, size = transport.download(url, incoming, Expected(limit=MOST_TARBALL), login)
        session.cases.bytes += size
        blobs.keep(incoming, sha256)
        return sha256

    def _case(self, path: str, each: Foreign, sha256: str) -> Case:
        session = self._session
        place = session.cases.blobs.path(sha256)
        release = session.reader.npm_release_in(place, ARCHIVE) or Release(self.ecosystem, each.name)
        upstream = DirectFile(each.address or "", transport_of(self._wish.network, None))
        file = replace(upstream.file, filename=ARCHIVE, hashes={"sha256": sha256})
        return Case(path, release, file, upstream, requested=True)


def _is_near(address: str) -> bool:
    return Source("registry", address, Place("")).is_near


def _is_same(one: Foreign, other: Foreign) -> bool:
    return (one.name, one.commit, one.address) == (other.name, other.commit, other.address)
