"""What npm said about its settings, and the person's own files, in the nouns that every client shares."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.lockfiles import package_lock
from gatekeeper.managers._npm_foreign import foreign, not_for_programs, understood
from gatekeeper.managers._npm_hidden import with_hidden
from gatekeeper.managers._npm_locked import installed_with_hooks, linked_in, own_in, read_lock, refused_in
from gatekeeper.managers._npm_manifest import Manifest, Wanted, find_root, read_manifest, workspaces_of
from gatekeeper.managers._npm_planned import platforms_of
from gatekeeper.managers._npmrc import SCOPE, logins_in
from gatekeeper.model import Notice, Place
from gatekeeper.npmrc import Setting, settings_in
from gatekeeper.wish import Folder, Named, Source, Wish
from gatekeeper.wish.npm_specs import Kind, read_spec, read_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from gatekeeper.wish import Foreign

COMMAND_LINE = Place("command line")
INSTALLING = frozenset({"ci", "install", "install-ci-test", "install-test"})
PLACES = frozenset({"cache", "cafile", "logs-dir", "prefix", "tmp"})  # settings that are paths, and start nothing


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed: npm's verb, the words behind it that are no options, and where."""

    verb: str
    specs: tuple[str, ...]
    folder: Path
    prefix: str | None = None  # --prefix or -C
    npm: str = ""  # the path of the person's own
    runs_program: bool = False  # exec, npx, init NAME: nothing is installed into the project


@dataclass(slots=True)
class Found:
    """The person's own files, as npm would read them."""

    root: Path
    manifests: list[Manifest] = field(default_factory=list)
    folders: dict[Path, Place] = field(default_factory=dict)
    tarballs: dict[Path, Place] = field(default_factory=dict)
    named: list[Named] = field(default_factory=list)
    ungated: list[tuple[str, Notice]] = field(default_factory=list)
    foreign: list[Foreign] = field(default_factory=list)
    is_locked: bool = False
    settled: frozenset[tuple[str, str]] = frozenset()
    hosts_beside_files: frozenset[str] = frozenset()

    def add(self, wanted: Wanted) -> None:
        """Sort one line of a package.json by what it points to."""
        place = Place(str(wanted.file), wanted.line)
        self.sort(wanted.name, wanted.spec, place, wanted.file.parent, typed=False)

    def sort(self, name: str, text: str, place: Place, base: Path, *, typed: bool) -> None:
        """Sort one spec by what it points to: a registry's release, something of the person's own, or neither."""
        spec = read_word(text) if typed else read_spec(name, text)
        if spec.kind is Kind.REGISTRY:
            self.named.append(Named(spec.name, spec.wanted, place))
            return
        path = Path(base, Path(spec.wanted).expanduser())
        if spec.kind is Kind.FOLDER and path.is_dir():
            self.own_folder(path.resolve(), place)
        elif spec.kind is Kind.TARBALL and path.is_file():
            self.tarballs.setdefault(path.resolve(), place)
        elif spec.kind in (Kind.FOLDER, Kind.TARBALL):
            raise UsageError(f"{place}: {text} does not exist")
        else:
            self.foreign.append(foreign(spec.name, spec.wanted if spec.name else text, spec.kind, place))

    def own_folder(self, folder: Path, place: Place) -> None:
        """Take in a folder of the person's own, and what it depends on in its turn."""
        if folder in self.folders:
            return
        self.folders[folder] = place
        manifest = read_manifest(folder)
        if manifest is not None:
            self.manifests.append(manifest)
            for wanted in manifest.wanted():
                self.add(wanted)


def wish_of(asked: Asked, config: Mapping[str, Any], environ: Mapping[str, str], words: Sequence[str]) -> Wish:
    """Put together what npm would use."""
    if config.get("offline"):
        raise UsageError(
            "npm's own cache is not used behind the gate, so npm's setting `offline` cannot be followed",
            hint="`safe-install --offline npm ...` asks nobody but what is near",
        )
    is_global = bool(config.get("global")) or config.get("location") == "global"
    root = root_of(asked)
    found = own_files(asked, root, is_global=is_global)
    _check_project_settings(found, environ)
    settings = list(_settings(config, None if is_global else root, environ))
    config = with_hidden(config, settings, environ, words)
    return Wish(
        verb=asked.verb,
        gated=True,
        sources=tuple(_sources(config)),
        named=tuple(found.named),
        ahead=tuple(named for named in found.named if not found.is_locked or named.place is COMMAND_LINE),
        settled=found.settled,
        starts=frozenset(named.name for named in found.named) if asked.runs_program else frozenset(),
        folders=tuple(Folder(folder, place) for folder, place in found.folders.items()),
        files=tuple(Folder(path, place) for path, place in found.tarballs.items()),
        ungated=tuple(found.ungated),
        foreign=tuple(
            not_for_programs(found.foreign)
            if asked.runs_program
            else understood(found.foreign, asked.npm, environ.get("PATH", os.defpath))
        ),
        network=_network(config, settings, environ, words),
        tags=tuple(platforms_of(config)[what] or "" for what in ("os", "cpu")),
        fresh=not is_global and not config.get("dry-run") and is_fresh(asked, found),
        dry=bool(config.get("dry-run")),
        writable=tuple(_writable(asked, config, found, is_global=is_global)),
        raw={
            "config": config,
            "root": root,
            "global": is_global,
            "manifests": found.manifests,
            "tarballs": tuple(found.tarballs),
            "hosts_beside_files": found.hosts_beside_files,
            "secret_variables": _secret_variables(settings),
            "git": shutil.which("git", path=environ.get("PATH")),
        },
        ecosystem="npm",
        client=f"npm {config.get('npm-version', '')}".strip(),
    )


def root_of(asked: Asked) -> Path:
    """Return the folder that npm works in."""
    if asked.prefix is not None:
        return Path(asked.folder, asked.prefix).resolve()
    return find_root(asked.folder.resolve())[0]


def is_fresh(asked: Asked, found: Found) -> bool:
    """Say whether npm would only add: into a folder of its own, or a project in which nothing is installed yet."""
    folders = (found.root, *(manifest.folder for manifest in found.manifests))
    return asked.runs_program or (
        asked.verb in INSTALLING and not any(os.path.lexists(folder / "node_modules") for folder in folders)
    )


def own_files(asked: Asked, root: Path, *, is_global: bool) -> Found:
    """Read the person's own files that npm would read, and sort what they and the words ask for."""
    found = Found(root)
    for text in asked.specs:
        found.sort("", text, COMMAND_LINE, asked.folder, typed=True)
    if is_global:
        if asked.verb in ("install", "link") and not asked.specs:  # then it is the folder that one stands in
            found.own_folder(asked.folder.resolve(), COMMAND_LINE)
        return found
    if (root / ".npmrc").is_file():  # what it names, npm runs
        found.folders[root] = Place(str(root / ".npmrc"))
    if asked.verb == "rebuild":
        found.folders.update((folder, Place(str(folder))) for folder in installed_with_hooks(root))
    manifest = None if asked.runs_program else read_manifest(root)
    if manifest is not None:
        _read_project(found, manifest)
    for folder in () if asked.runs_program else linked_in(root):
        found.own_folder(folder, Place(str(root / "node_modules")))
    return found


def _read_project(found: Found, manifest: Manifest) -> None:
    """Read the manifests of a project and its workspaces, and the lock."""
    for each in (manifest, *workspaces_of(manifest)):
        found.manifests.append(each)
        found.folders.setdefault(each.folder, Place(str(each.path)))
    _read_lock(found)
    for each in list(found.manifests):
        for wanted in each.wanted():
            if not _is_workspace(found, wanted):
                found.add(wanted)


def _read_lock(found: Found) -> None:
    """Find what the lock names that no registry serves."""
    if (lock := read_lock(found.root)) is None:
        return
    found.is_locked = True
    releases = [each.release for each in package_lock.read(lock[0], str(lock[1]))]
    found.settled = frozenset((each.name, each.version) for each in releases if each.version)
    for target, place in package_lock.links(lock[0], str(lock[1])):
        folder = Path(found.root, target.removeprefix("file:"))
        if folder.is_dir():
            found.own_folder(folder.resolve(), place)
        else:  # it would be there once something is unpacked, and nobody would have looked at it
            notice = Notice("path-source", f"{target}, a folder that is not there", place)
            found.ungated.append((found.root.name, notice))
    own, found.hosts_beside_files = own_in(lock[0], str(lock[1]))
    for each in own:
        found.sort(each.release.name, each.address or "", each.place, found.root, typed=False)
    for locked, name, spec, kind in refused_in(lock[0], str(lock[1])):
        own_name = package_lock.name_at(locked.key) or locked.release.name
        asker = locked.release.name if name else None
        found.foreign.append(foreign(name or own_name, spec, kind, locked.place, asker))


def _is_workspace(found: Found, wanted: Wanted) -> bool:
    """Say whether a name is one of the workspaces, which npm links whatever range stands beside it."""
    names = {manifest.said.get("name") for manifest in found.manifests[1:]}
    return wanted.name in names and read_spec(wanted.name, wanted.spec).kind is Kind.REGISTRY


def _settings(config: Mapping[str, Any], root: Path | None, environ: Mapping[str, str]) -> Iterator[Setting]:
    """Yield the lines of the npmrc files, the strongest file last."""
    for place in filter(None, (config.get("globalconfig"), config.get("userconfig"), root and root / ".npmrc")):
        yield from settings_in(_text_of(Path(str(place))), environ)


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8", "surrogateescape")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return ""
    except OSError as problem:
        raise UndecidedError(f"{path} cannot be read: {problem.strerror}") from None


def _check_project_settings(found: Found, environ: Mapping[str, str]) -> None:
    """Refuse what a project's .npmrc may not decide: other files to read, and programs under a name that hides them."""
    path = found.root / ".npmrc"
    for setting in settings_in(_text_of(path), environ):
        if setting.key in ("userconfig", "globalconfig", "global", "location") or setting.raw_key != setting.key:
            what = f"{setting.raw_key} in {path.name}: settings of a project that lead npm to others"
        elif setting.key not in PLACES and str(found.root) in setting.value:
            what = f"{setting.key} in {path.name}: a file of the project by its absolute path; use a relative one"
        else:
            continue
        found.ungated.append((found.root.name, Notice("path-source", what, Place(str(path), setting.line))))


def _sources(config: Mapping[str, Any]) -> Iterator[Source]:
    yield Source("registry", str(config["registry"]), Place("npm config"))
    for key, value in config.items():
        if (match := SCOPE.match(key)) and isinstance(value, str):
            yield Source(f"registry:{match[1]}", value, Place("npm config"))


def _network(
    config: Mapping[str, Any], settings: Iterable[Setting], environ: Mapping[str, str], words: Sequence[str]
) -> dict[str, Any]:
    """Return how the gate is to reach the registries in npm's place."""
    if config.get("ca"):
        raise UsageError("npm's setting `ca` is not supported here", hint="put the certificates in a file: `cafile`")
    typed = [
        Setting(word.partition("=")[0][2:], word.partition("=")[2], 0) for word in words if word.startswith("--//")
    ]
    from_environment = [
        Setting(name[len("npm_config_") :], value, 0)
        for name, value in environ.items()
        if name.lower().startswith("npm_config_//")
    ]
    exempt = config.get("noproxy") or ""
    hosts = [source.host for source in _sources(config)] if config.get("strict-ssl") is False else []
    return {
        "logins": logins_in([*settings, *from_environment, *typed]),
        "replace_registry_host": config.get("replace-registry-host"),
        "transport": {
            "proxy": config.get("https-proxy") or config.get("proxy") or None,  # None: what the environment says
            "no_proxy": tuple(exempt if isinstance(exempt, list) else str(exempt).split(",")),
            "cert": config.get("cafile"),
            "trusted_hosts": tuple(hosts),
            "retries": int(config.get("fetch-retries") or 0),
            "keyring": "disabled",
            "netrc": Path(os.devnull),  # npm reads none
        },
    }


def _secret_variables(settings: Iterable[Setting]) -> frozenset[str]:
    """Return the names of the environment's variables that logins are made of."""
    return frozenset(name for setting in settings if setting.key.startswith(("//", "_")) for name in setting.variables)


def _writable(asked: Asked, config: Mapping[str, Any], found: Found, *, is_global: bool) -> Iterator[Path]:
    """Yield where npm has to write."""
    if is_global or asked.verb == "link":
        prefix = Path(str(config.get("prefix") or config.get("local-prefix")))
        yield from (prefix / "lib" / "node_modules", prefix / "bin", prefix / "share" / "man")
    if not is_global and not asked.runs_program:
        yield found.root
    if not asked.runs_program:
        yield from found.folders
