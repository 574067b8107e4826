"""Turn what pip said about the person's words into a `Wish`. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gatekeeper.errors import UndecidedError, UsageError
from gatekeeper.model import Notice, Place
from gatekeeper.wish import Direct, Folder, Named, Source, Wish
from gatekeeper.wish.hosts import same_index, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

ODD_NAME = re.compile(r"\s*([^\s<>=!~;\[\](@,:/\\]+)\s*(?:[<>=!~;\[]|$)")  # whatever stands where a name should
ARCHIVES = (".whl", ".zip", ".gz", ".tgz", ".bz2", ".xz", ".tar")  # pip says itself that there is no such file
GATED = frozenset({"install", "download", "wheel"})
READ_ONLY = frozenset(
    {
        "list",
        "freeze",
        "show",
        "check",
        "inspect",
        "help",
        "config",
        "cache",
        "debug",
        "hash",
        "completion",
        "uninstall",
    }
)
WHY_NOT = {
    "vcs": "a version control checkout is fetched by another program, which no gate can see",
    "subdirectory": "only the top of an archive or a folder is judged, not a project inside it",
    "unknown-scheme": "its address has a scheme that no gate can see",
}


def demand_answer(question: Mapping[str, Any]) -> None:
    """Raise when the bootstrap could not ask pip, or pip could not make sense of the words."""
    problem = question.get("problem")
    if problem == "no-pip":
        raise UsageError(
            "the target environment has no pip, and there is none beside gatekeeper to bring along",
            hint="run `python -m ensurepip` in it, or make it with `uv venv --seed`",
        )
    if problem and question.get("bug"):
        raise UndecidedError(
            f"this pip could not be asked what it would do: {shown(problem)}",
            hint="please report it with the versions of pip and Python",
        )
    if problem:
        raise UsageError(f"pip: {shown(problem)}")


def wish_of(question: Mapping[str, Any]) -> Wish:
    """Read pip's answer; raise `UsageError` when pip could not make sense of the words, naming file and line."""
    demand_answer(question)
    if "left" in question:  # help, the version, or a usage error: pip has said it all
        return Wish("", gated=False)
    verb = question["verb"]
    if verb in READ_ONLY:
        return Wish(verb, gated=False)
    if verb not in GATED:
        raise UsageError(
            f"pip {verb} fetches from an index and is not gated",
            hint="gated are pip install, download and wheel; whatever only reads passes through",
        )
    items = list(enumerate(question["items"]))
    for _, item in items:
        if item["kind"] == "invalid" and not _name_beyond_ascii(item["text"]):
            raise UsageError(f"{_place(item)}: {shown(item['problem'])}")
    options = question["options"]
    if options.get("requirements_from_scripts"):
        raise UsageError("--requirements-from-script is not gated", hint="list the requirements in a file and use -r")
    own = tuple(question.get("own", ()))
    lines = [source for file in question["files"] for line in file["lines"] for source in line["sources"]]
    return Wish(
        verb=verb,
        gated=True,
        sources=sources(question["sources"], lines, own, no_index=bool(options.get("no_index"))),
        defaults=own,
        named=tuple(
            Named(_normal(i["name"]), i["specifier"], _place(i), i["constraint"])
            for _, i in items
            if i["kind"] == "name"
        )
        # pip calls these no requirement at all; judged as names they end in "it looks like ...", before pip goes on.
        + tuple(
            Named(odd, "", _place(i))
            for _, i in items
            if i["kind"] == "invalid" and (odd := _name_beyond_ascii(i["text"]))
        ),
        direct=tuple(_direct(number, item) for number, item in items if item["kind"] in ("url", "file")),
        folders=tuple(Folder(Path(i["path"]), _place(i)) for _, i in items if i["kind"] == "folder"),
        ungated=tuple(_ungated([item for _, item in items], question["remote"])),
        remarks=_remarks(lines),
        network=_network(options, lines),
        dry=bool(options.get("dry_run")),
        elsewhere=any(options.get(name) for name in ("platforms", "python_version", "abis", "implementation")),
        alone=bool(options.get("ignore_dependencies")),
        tags=tuple(question["tags"]),
        python=question["python_version"],
        writable=tuple(
            Path(each) for each in (*question["writable"], *(i["path"] for _, i in items if i["kind"] == "folder"))
        ),
        raw=question,
        client=f"pip {question['pip']} on Python {'.'.join(map(str, question['python']))}",
    )


def _name_beyond_ascii(text: str) -> str:
    """Return the name that a requirement begins with when letters are in it that no name has; "" otherwise."""
    found = ODD_NAME.match(text)
    return found[1] if found and not found[1].isascii() and not found[1].endswith(ARCHIVES) else ""


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _place(item: Mapping[str, Any]) -> Place:
    return Place(item["place"]["file"], item["place"]["line"])


def _direct(number: int, item: Mapping[str, Any]) -> Direct:
    return Direct(
        number=number,
        text=item["text"],
        name=item["name"],
        extras=tuple(item["extras"]),
        marker=item["marker"],
        url=item["url"] if item["kind"] == "url" else None,
        path=Path(item["path"]) if item["kind"] == "file" else None,
        place=_place(item),
        constraint=item["constraint"],
    )


def _ungated(items: Iterable[Mapping[str, Any]], remote: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, Notice]]:
    for item in items:
        if item["kind"] in WHY_NOT:
            name = item["name"] or shown(item["text"])
            yield name, Notice("vcs-source", f"{shown(item['text'])}: {WHY_NOT[item['kind']]}", _place(item))
    for each in remote:
        what = shown(each["value"])
        why = (
            "lock files of this kind are not gated yet"
            if each.get("pylock")
            else "a remote file can change between two looks"
        )
        yield what, Notice("remote-requirements", f"{what}: {why}", _place(each))


def sources(
    merged: Iterable[Mapping[str, Any]],
    lines: Iterable[Mapping[str, Any]],
    own: Sequence[str] = (),
    *,
    no_index: bool,
) -> tuple[Source, ...]:
    """Order every source as pip's precedence has it: find-links, then indexes.

    An address that is the client's own is so whoever wrote it down.
    Lines of requirement files come last, but an `--index-url` there replaces what the options said, as it does for pip.
    """
    indexes = [] if no_index else [_source("index", each) for each in merged if each["kind"] != "find-links"]
    links = [_source("find-links", each) for each in merged if each["kind"] == "find-links"]
    for each in lines:
        kind = each["kind"]
        if kind == "no-index":
            no_index, indexes = True, []
        elif kind == "find-links":
            links.append(_source("find-links", each))
        elif kind == "index-url" and not no_index:
            indexes = [_source("index", each)]
        elif kind == "extra-index-url" and not no_index:
            indexes.append(_source("index", each))
    unique: dict[tuple[str, str], Source] = {}
    for source in (*links, *indexes):
        unique.setdefault((source.kind, source.location.rstrip("/")), source)
    return tuple(
        replace(source, default=True) if own and same_index(source.location, own[0]) else source
        for source in unique.values()
    )


def _source(kind: str, each: Mapping[str, Any]) -> Source:
    place = _place(each)
    return Source(kind, each["value"], place, default=place.file == "pip's default")


def _remarks(lines: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(
        f"{_place(each)} names a source of its own: --{each['kind']} {shown(each['value'])}".rstrip() for each in lines
    )


def _network(options: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    wanted = ("cert", "client_cert", "proxy", "no_proxy_env", "keyring_provider", "timeout", "retries")
    trusted = [
        *(options.get("trusted_hosts") or []),
        *(each["value"] for each in lines if each["kind"] == "trusted-host"),
    ]
    return {**{name: options.get(name) for name in wanted}, "trusted_hosts": tuple(trusted)}
