"""An npm package's releases as its packument tells about them. Pure.

An abbreviated packument says when it was last modified, what each version requires, whether it has install scripts and
whether it is attested; only the full one says when each version was published, and by whom.
https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatekeeper.history._telling import NEARBY, telling
from gatekeeper.model import Dated, History
from gatekeeper.registries.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

HOOKS = frozenset({"preinstall", "install", "postinstall"})
REQUIRED = ("dependencies", "optionalDependencies")


def modified(packument: Mapping[str, Any]) -> datetime | None:
    """Return when a packument was last changed, in whatever way; no version can be younger."""
    times = packument.get("time")
    said = packument.get("modified") or (times.get("modified") if isinstance(times, dict) else None)
    return parse_time(said)


def history_of(
    packument: Mapping[str, Any],
    version: str,
    now: datetime,
    number: Callable[[str], tuple[int, ...] | None],
    *,
    pinned: bool = False,
) -> History | None:
    """Return one version among the others; `number` orders versions, its last part is 0 for a pre-release."""
    manifests = packument.get("versions")
    if not isinstance(manifests, dict) or version not in manifests:
        return None
    ordered = sorted((known, text) for text in manifests if isinstance(text, str) and (known := number(text)))
    texts = [text for _, text in ordered]
    if version not in texts:
        return None
    at, early = texts.index(version), not (number(version) or (1,))[-1]
    # Without times, only the last releases tell anything.
    nearby = texts if "time" in packument else texts[max(0, at - NEARBY) : at + 1]
    releases = {text: dated(text, manifests[text], packument) for text in nearby}
    before = [text for known, text in ordered[:at] if text in releases and (known[-1] or early)]
    before = [text for text in before if not releases[text].withdrawn] or before
    ordered_here = list(releases.values())
    others = telling(ordered_here, ordered_here.index(releases[version]))
    return History(now, releases[version], others, releases[before[-1]] if before else None, pinned=pinned)


def dated(version: str, manifest: object, packument: Mapping[str, Any]) -> Dated:
    """Read what is said about one version."""
    said: Mapping[str, Any] = manifest if isinstance(manifest, dict) else {}
    times = packument.get("time")
    dist, user = said.get("dist"), said.get("_npmUser")
    deprecated = said.get("deprecated")
    return Dated(
        version,
        published=parse_time(times.get(version)) if isinstance(times, dict) else None,
        withdrawn=f"deprecated: {deprecated}" if isinstance(deprecated, str) and deprecated else "",
        attested=isinstance(dist.get("attestations"), dict) if isinstance(dist, dict) else None,
        hooks=_has_hooks(said),
        publisher=user.get("name") if isinstance(user, dict) and isinstance(user.get("name"), str) else None,
        requires=frozenset(name for section in REQUIRED for name in _table(said.get(section))),
        repository=_repository(said),
    )


def _has_hooks(said: Mapping[str, Any]) -> bool:
    scripts = _table(said.get("scripts"))
    return bool(said.get("hasInstallScript")) or any(
        name in scripts for name in ("preinstall", "install", "postinstall")
    )


def _repository(said: Mapping[str, Any]) -> str | None:
    found = said.get("repository")
    found = found.get("url") if isinstance(found, dict) else found
    return found if isinstance(found, str) and found else None


def _table(said: object) -> Mapping[str, object]:
    return said if isinstance(said, dict) else {}
