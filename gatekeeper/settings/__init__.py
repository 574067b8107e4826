"""Policy files to one Policy: organisation, person, project, `--policy FILE`; later ones on top, as far as they may.

A project's file may only tighten unless the person trusts it, and what an organisation locked no later file loosens.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from gatekeeper.errors import UsageError
from gatekeeper.settings import trust
from gatekeeper.settings._ages import ages_in
from gatekeeper.settings._checking import LOCK, check
from gatekeeper.settings._cooldown import hours_of
from gatekeeper.settings._merging import WAIT, Merged
from gatekeeper.settings._reading import FILE_NAME, PYPROJECT, ROOT, content_of, gatekeeper_table, text_of
from gatekeeper.settings._source import Source, Standing
from gatekeeper.settings._waivers import last_day

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from gatekeeper.policy import Policy

Layer = tuple[Path, bytes, Standing, str]  # a file, what it held when it was read, and since when it is trusted
EXISTS = "--policy names a gatekeeper.toml that exists"
# Organisations write here on Linux, whatever folders the environment names: it can add files, and never take one away.
ALWAYS = Path("/etc/xdg/gatekeeper")


@dataclass(frozen=True, slots=True)
class Read:
    """One policy file that was read, and how far it is followed."""

    path: Path
    how: str
    locks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """The policy of one run, and what of the files was not followed; `origins` says where each value comes from."""

    policy: Policy
    remarks: tuple[str, ...] = ()
    files: tuple[Read, ...] = field(default=(), compare=False)
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)
    wait_locked: str = field(default="", compare=False)  # where an organisation locked the cooldown


def user_file() -> Path:
    """Name the person's own policy file, in the configuration folder of this platform.

    Raises UsageError when nobody knows where that is: the folder one stands in may be anybody's.
    """
    from platformdirs import user_config_path

    try:
        folder = user_config_path("gatekeeper", appauthor=False)
    except RuntimeError:  # how newer ones say it; older ones name a folder called ~
        folder = None
    if folder is None or not folder.is_absolute():
        raise UsageError("no home folder of yours is known", hint="set HOME")
    return folder / FILE_NAME


def organisation_files() -> list[Path]:
    """Name the places of an organisation's policy files, those that others are on top of first."""
    import os
    import sys

    from platformdirs import site_config_dir

    folders = [Path(each) for each in site_config_dir("gatekeeper", appauthor=False, multipath=True).split(os.pathsep)]
    always = [ALWAYS] if sys.platform == "linux" else []
    # An empty part of a list of folders is the folder one stands in to some: that is anybody's.
    return [folder / FILE_NAME for folder in dict.fromkeys((*always, *reversed(folders))) if folder.is_absolute()]


def load(
    folder: Path,
    policy_file: Path | None,
    known_checks: Collection[str],
    *,
    person: Path | None = None,
    base: Callable[[Path], bytes | None] | None = None,
) -> Settings:
    """Read all policy files that bear on a run in `folder`; a mistake in one is a UsageError naming file:line.

    `base` reads a file as it was at the revision that a change is compared with (None: it was not there). What a
    project said then is followed, and what the change does to it is only told: nobody excuses their own change.
    """
    merged = own_files(known_checks, person)
    later = _of_project(merged, folder, policy_file) if base is None else _of_base(merged, folder, policy_file, base)
    for path, content, standing, since in later:
        if (source := source_in(path, content, known_checks, standing, since)) is not None:
            merged.take(source)
        elif standing is Standing.NAMED and base is None:
            raise UsageError(f"{path} holds no policy", hint=EXISTS)
    ages, unclear = ages_in(folder, datetime.now(timezone.utc))
    return Settings(
        merged.policy(ages),
        tuple(dict.fromkeys((*merged.expired, *merged.remarks, *unclear))),
        tuple(Read(each.path, each.how, tuple(each.table.get(LOCK, ()))) for each in merged.files),
        dict(merged.told()),
        merged.lock_on(WAIT),
    )


def own_files(known_checks: Collection[str], person: Path | None = None) -> Merged:
    """Read what no project has a say in: the organisation's files, and the person's own on top."""
    merged = Merged(last_day())
    own, organisation = person or user_file(), organisation_files()
    layers = [(path, Standing.ORGANISATION) for path in organisation]
    layers += [] if any(_same(own, path) for path in organisation) else [(own, Standing.PERSON)]
    for path, standing in layers:
        content = content_of(path)
        if content is not None and (source := source_in(path, content, known_checks, standing)) is not None:
            merged.take(source)
    return merged


def _of_project(merged: Merged, folder: Path, policy_file: Path | None) -> Iterator[Layer]:
    """Yield the project's files, and the named one: unless that is one of the project's, which then is followed."""
    entries, fault = trust.trusted()
    taken = [*(each.path for each in merged.files), *([policy_file] if policy_file else [])]
    for path in project_files(folder):
        content = None if any(_same(path, each) for each in taken) else content_of(path)
        if content is None:
            continue
        known = entries.get(trust.key_of(path))
        standing = Standing.PROJECT
        if known is not None:
            same = known.digest == trust.digest_of(path, content)
            standing = Standing.TRUSTED if same else Standing.CHANGED
        if standing is Standing.CHANGED and known is not None:
            merged.remarks.append(
                f"{path}: changed since you trusted it on {known.on}; `gatekeeper policy trust` shows what it loosens"
            )
        merged.remarks += [fault] if fault and fault not in merged.remarks else []
        yield path, content, standing, known.on if known else ""
    if policy_file is not None:
        content = content_of(policy_file, named=True)
        if content is None:
            raise UsageError(f"{policy_file} holds no policy", hint=EXISTS)
        yield policy_file, content, Standing.NAMED, ""


def _of_base(
    merged: Merged, folder: Path, policy_file: Path | None, base: Callable[[Path], bytes | None]
) -> Iterator[Layer]:
    """Yield the project's files, or the named one, as they were before the change."""
    for path in project_files(folder) if policy_file is None else (policy_file,):
        before = base(path)
        if before is not None:
            yield path, before, Standing.BASE if policy_file is None else Standing.NAMED, ""
        if _policy_in(path, content_of(path, named=policy_file is not None)) != _policy_in(path, before):
            merged.remarks.append(
                f"{path}: what this change does to the policy is proposed, not followed: it is read from the base"
            )


def project_files(folder: Path) -> tuple[Path, ...]:
    """Name the files in which a project may have a policy."""
    return folder / FILE_NAME, folder / PYPROJECT


def source_in(
    path: Path, content: bytes, known_checks: Collection[str], standing: Standing, since: str = ""
) -> Source | None:
    """Read and check one policy file; None when a pyproject.toml holds no policy. Raises UsageError."""
    if path.name == PYPROJECT and b"gatekeeper" not in content:
        return None  # whatever else is wrong with it is not ours to say
    text = text_of(path, content)
    table = gatekeeper_table(path, text)
    if table is None:
        return None
    if not isinstance(table, dict):
        raise UsageError(f"{path}: [tool.gatekeeper] must be a table")
    source = Source(path, text, ROOT if path.name == PYPROJECT else (), table, standing, since)
    check(source, known_checks)
    return source


def with_cooldown(settings: Settings, said: str) -> Settings:
    """Return settings with another cooldown, as a person spells it; raise UsageError when it is none.

    A cooldown that an organisation locked can only become longer.
    """
    hours = hours_of(said, "--cooldown")
    if settings.wait_locked and hours < settings.policy.cooldown:
        remark = f"--cooldown {said} was ignored, because cooldown is locked by {settings.wait_locked}"
        return replace(settings, remarks=(*settings.remarks, remark))
    origins = {**settings.origins, "cooldown": "--cooldown"}
    return replace(settings, policy=replace(settings.policy, cooldown=hours, ages={}), origins=origins)


def _policy_in(path: Path, content: bytes | None) -> object:
    """Return what of a file is policy; of what cannot be read as TOML, all of it."""
    if content is None or path.name != PYPROJECT:
        return content
    try:
        return gatekeeper_table(path, text_of(path, content))
    except UsageError:
        return content


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
