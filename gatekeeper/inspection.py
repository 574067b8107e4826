"""Artifact to evidence to findings to verdict. Recalls and remembers what was found in bytes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from gatekeeper.artifacts.opening import Opened, named_kind, open_artifact, open_folder
from gatekeeper.artifacts.own_words import core_metadata_of, npm_release_in, reason_of
from gatekeeper.checks import in_order, run_checks
from gatekeeper.errors import UndecidedError, UnreadableError
from gatekeeper.evidence.around import with_lines
from gatekeeper.evidence.gather import gather, gather_name
from gatekeeper.evidence.names import closest, normalised, ranks
from gatekeeper.evidence.ruleset import current_ruleset
from gatekeeper.evidence.suspects import everything, suspects
from gatekeeper.model import (
    Artifact,
    Evidence,
    Finding,
    History,
    Notice,
    Pending,
    Place,
    Release,
    Ruling,
    Unread,
    Verdict,
)
from gatekeeper.waivers import added, unread

__all__ = ["Inspector", "core_metadata_of", "current_ruleset", "opened_store"]

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gatekeeper.evidence.deep import Source
    from gatekeeper.model import Behaviour
    from gatekeeper.policy import Policy
    from gatekeeper.stores import VerdictStore
    from gatekeeper.stores.sqlite import SqliteStore

PURE = "-none-any.whl"  # the end of a wheel's name that claims that it holds no native code


class Inspector:
    """Judges names, artifacts and folders under one policy."""

    def __init__(self, policy: Policy, store: VerdictStore | None = None, *, deep: bool = False) -> None:
        """Keep the policy and, optionally, where findings are remembered; `deep` has every source file read deeper."""
        self.policy = policy
        self.store = store
        self.deep = deep

    @cached_property  # it is asked for with every file
    def ruleset(self) -> str:
        """The digest of everything that decides what is found, the person's own rules included."""
        from gatekeeper.evidence.deep import engine, own_digest

        parts = (current_ruleset(), engine(), own_digest(self.policy.signatures), f"deep: {self.deep}")
        return f"sha256:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"

    def judge_name(self, release: Release, *, requested: bool = False) -> Verdict:
        """Judge a release by its name alone."""
        return self._verdict(release, name_findings(release, requested), requested=requested)

    def judge_facts(self, facts: Evidence) -> Verdict:
        """Judge what is known of a release before its bytes are read."""
        return self._verdict(facts.release, run_checks(facts), requested=facts.requested)

    def judge_notices(
        self, release: Release, notices: tuple[Notice, ...], *, requested: bool = False, path: str | None = None
    ) -> Verdict:
        """Judge where a release comes from, as managers and registries saw it."""
        return replace(self.judge_facts(Evidence(release, requested=requested, notices=notices)), path=path)

    def judge_artifact(  # noqa: PLR0913 - the facts about one file, all but two by keyword
        self,
        path: Path,
        release: Release,
        *,
        filename: str,
        sha256: str,
        requested: bool = False,
        source: str | None = None,
        history: History | None = None,
        later: bool = False,
    ) -> Verdict:
        """Judge a file by its bytes, its release's name and its history; bad input is ERROR, never an exception.

        With `later`, whoever asks hands the verdict to `deepen` before anything comes of it, together with others.
        """
        blank = Verdict(release, Ruling.ALLOW, requested=requested, source=source)
        try:
            artifact = Artifact(filename, sha256, path.stat().st_size)
            found, recalled, pending = self._found_in(path, release, artifact)
        except UnreadableError as error:
            return self.judge_unread(replace(blank, artifact=artifact, error=error.message), history)
        except OSError as error:
            return could_not_decide(release, reason_of(error), requested=requested, source=source)
        before = name_findings(release, requested, history)
        verdict = self._ruled(replace(blank, artifact=artifact), (*found, *before))
        verdict = replace(verdict, recalled=recalled, pending=pending)
        return verdict if later else self.deepen([verdict])[0]

    def judge_unread(self, blank: Verdict, history: History | None = None) -> Verdict:
        """Judge a file whose bytes are here and cannot be read, as `error` says, by its release's name and history."""
        before = name_findings(blank.release, blank.requested, history)
        return unread(self._ruled(replace(blank, ruling=Ruling.ALLOW), before), self.policy)

    def judge_folder(self, path: Path, release: Release | None = None, *, later: bool = False) -> Verdict:
        """Judge a person's own source tree; its name is their business. `later` as for a file."""
        release = release or Release("pypi", path.resolve().name)
        try:
            with open_folder(path) as opened:
                found, pending = self._read(opened, release, None, path)
        except (UnreadableError, OSError) as error:
            return replace(could_not_decide(release, reason_of(error), requested=True), path=str(path))
        verdict = replace(self._verdict(release, found, requested=True), path=str(path), pending=pending)
        return verdict if later else self.deepen([verdict])[0]

    def deepen(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Read deeper, in one call for all, what the fast pass could not settle; a ruling can only become stricter."""
        from gatekeeper.evidence.deep import read_deep, sources_of

        sources: list[Source] = []
        owners: list[int] = []
        lost: dict[int, list[Unread]] = {}
        for number, verdict in enumerate(verdicts):
            found, lost[number] = sources_of(verdict)
            sources += found
            owners += [number] * len(found)
        if not sources and not any(lost.values()):
            return [replace(verdict, pending=None) for verdict in verdicts]
        try:
            readings = read_deep(sources, self.policy.signatures)
        except UndecidedError as problem:
            return [_undecided(one, problem.message) if one.pending else one for one in verdicts]
        told = []
        for number, verdict in enumerate(verdicts):
            seen = [reading for owner, reading in zip(owners, readings, strict=True) if owner == number]
            unread = [*lost[number], *(reading.unread for reading in seen if reading.unread)]
            told.append(self._deepened(verdict, [one for reading in seen for one in reading.matches], unread))
        return told

    def _deepened(self, verdict: Verdict, matches: Sequence[Behaviour], unread: Sequence[Unread]) -> Verdict:
        """Add to a verdict what the deep pass saw; remember both when all of it was read."""
        pending, release, artifact = verdict.pending, verdict.release, verdict.artifact
        if pending is None:
            return verdict
        facts = Evidence(read_as(release), surfaces=pending.suspects, behaviours=tuple(matches), unread=tuple(unread))
        found = run_checks(facts)
        if artifact is not None and self.store is not None and not unread:
            self.store.remember(key_of(release, artifact), self.ruleset, (*pending.found, *found))
        return replace(self._ruled(verdict, found), pending=None)

    def judge_changes(self, verdict: Verdict, path: Path, earlier: Path, filename: str, past: History) -> Verdict:
        """Add to a verdict what its file holds that the file of the release before it did not.

        `filename` is the earlier file's. A ruling can only become stricter; raises UnreadableError, OSError.
        """
        from gatekeeper.evidence.changes import changes_between

        release, artifact, previous = verdict.release, verdict.artifact, past.previous
        if artifact is None or previous is None:
            return verdict
        before = replace(release, version=previous.version)
        with (
            open_artifact(path, artifact.filename, ecosystem=release.ecosystem) as now,
            open_artifact(earlier, filename, ecosystem=release.ecosystem) as then,
        ):
            facts = facts_in(now, release, None), facts_in(then, before, None)
            changes = changes_between((facts[0], now), (facts[1], then), previous.version, past.step)
        return self._ruled(verdict, run_checks(Evidence(release, changes=changes)))

    def workflows_among(self, paths: Sequence[str]) -> dict[str, str]:
        """Return which of some files run in continuous integration, and of which kind they are."""
        from gatekeeper.evidence.workflows import place_of

        return {path: kind for path in paths if (kind := place_of(path)) is not None}

    def judge_workflow(self, path: str, now: bytes, before: Sequence[bytes], *, rides: bool = False) -> Verdict:
        """Judge what a file for continuous integration brings that those before it did not.

        `rides`: the same change moves dependencies. A waiver is for the file with the digest that it has now.
        """
        from gatekeeper.evidence.workflows import gather_workflow

        facts = gather_workflow(path, now, before, rides=rides)
        digest = hashlib.sha256(now).hexdigest()
        verdict = self._ruled(Verdict(facts.release, Ruling.ALLOW, requested=True), run_checks(facts), digest)
        line = min((one.line for one in verdict.findings[:1] if one.line), default=1)
        return replace(verdict, path=path, place=Place(path, line))

    def closest_name(self, release: Release) -> str | None:
        """Return the popular name that a name nobody has registered was probably meant to be."""
        return closest(release.ecosystem, release.name)

    def is_popular(self, release: Release) -> bool:
        """Say whether a name is among the most used ones of its ecosystem."""
        return normalised(release.ecosystem, release.name) in ranks(release.ecosystem)

    def npm_release_in(self, path: Path, filename: str) -> Release | None:
        """Return the npm release that a tarball or folder says that it is; None when it is none of npm's."""
        return npm_release_in(path, filename)

    def _found_in(
        self, path: Path, release: Release, artifact: Artifact
    ) -> tuple[tuple[Finding, ...], bool, Pending | None]:
        key = key_of(release, artifact)
        if self.store is not None:
            remembered = self.store.recall(key, self.ruleset)
            if remembered is not None:
                return remembered, True, None
        with open_artifact(path, artifact.filename, ecosystem=release.ecosystem) as opened:
            found, pending = self._read(opened, release, artifact, path)
        if self.store is not None and pending is None:
            self.store.remember(key, self.ruleset, found)
        return found, False, pending

    def _read(
        self, opened: Opened, release: Release, artifact: Artifact | None, path: Path
    ) -> tuple[tuple[Finding, ...], Pending | None]:
        """Return what the fast pass finds, and what it leaves to the deep pass."""
        evidence = facts_in(opened, release, artifact)
        found = with_lines(run_checks(evidence), opened.members, opened.read)
        wanted = everything(evidence, opened.members) if self.deep else suspects(evidence, found, opened.read)
        return found, Pending(path, wanted, found) if wanted else None

    def _verdict(self, release: Release, found: tuple[Finding, ...], *, requested: bool) -> Verdict:
        return self._ruled(Verdict(release, Ruling.ALLOW, requested=requested), found)

    def _ruled(self, verdict: Verdict, found: tuple[Finding, ...], sha256: str | None = None) -> Verdict:
        """Add findings to a verdict, with what waivers for its artifact (or for this digest) excuse."""
        verdict = added(verdict, found, self.policy, sha256)
        return replace(verdict, findings=in_order(verdict.findings))


def key_of(release: Release, artifact: Artifact) -> str:
    """Return what findings are kept under: a file's digest, and as what its bytes are read; may raise UnreadableError.

    The same zip is a wheel under one name and an sdist, whose setup.py runs, under another. It holds all that
    `facts_in` lets the checks know beside the bytes, so that what is recalled is what would be found.
    """
    kind = named_kind(artifact.filename, release.ecosystem)
    return f"{artifact.sha256}:{kind}{PURE if artifact.filename.endswith(PURE) else ''}:{read_as(release).purl}"


def read_as(release: Release) -> Release:
    """Return the release as far as its bytes are judged by it: no version, and no name that is a finding by itself."""
    name = release.name if release.name.isascii() else quote(release.name, errors="backslashreplace")
    return Release(release.ecosystem, name)


def findings_in(opened: Opened, release: Release, artifact: Artifact | None) -> tuple[Finding, ...]:
    """Return what the checks find in the bytes alone, so that it may be remembered by their digest."""
    return run_checks(facts_in(opened, release, artifact))


def facts_in(opened: Opened, release: Release, artifact: Artifact | None) -> Evidence:
    """Return the facts that lie in the bytes alone, and in what they are read as."""
    if artifact is not None:
        artifact = replace(artifact, filename=PURE if artifact.filename.endswith(PURE) else "")
    return replace(gather(opened, read_as(release), artifact), requested=False, lookalikes=())


def _undecided(verdict: Verdict, reason: str) -> Verdict:
    """Return a verdict that could not be completed."""
    return replace(verdict, ruling=max(verdict.ruling, Ruling.ERROR), error=reason, pending=None)


def name_findings(release: Release, requested: bool, history: History | None = None) -> tuple[Finding, ...]:
    """Return what the checks find in name and history alone; never remembered, because it is not about bytes."""
    return run_checks(replace(gather_name(release, requested=requested), history=history))


def could_not_decide(release: Release, reason: str, *, requested: bool = False, source: str | None = None) -> Verdict:
    """Return the verdict ERROR with its reason."""
    return Verdict(release, Ruling.ERROR, error=reason, requested=requested, source=source)


def opened_store() -> SqliteStore:
    """Open the store in which findings are remembered."""
    from gatekeeper.stores.sqlite import SqliteStore, default_path

    return SqliteStore(default_path())
