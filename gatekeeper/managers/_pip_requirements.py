"""Every requirement that the person wrote anywhere, read by pip's own parsers, with its place.

Loaded by `_pip_bootstrap.py` inside the target interpreter.
"""

from __future__ import annotations

import os
import re

from pip._internal.exceptions import PipError
from pip._internal.models.link import Link
from pip._internal.req import constructors, req_file
from pip._internal.utils.urls import url_to_path

UNSET = re.compile(r"\$\{[A-Za-z0-9_]+\}")


def demand_set(path, lines):
    """Refuse variables that are not set: read again with others around them, they would mean something."""
    for number, text in lines.items():
        unset = UNSET.search(text)
        if unset:
            raise PipError(f"{path}, line {number}: {unset.group()} is not set")


def recording(option, seen):
    """Return the option's own processing, preceded by a note that it was met."""
    original = option.process

    def process(opt, value, values, parser):
        seen.append((option, value))
        return original(opt, value, values, parser)

    return process


def recorded(parser, words):
    """Parse words and remember, in order, each option that was met with its value."""
    seen = []
    for option in getattr(parser, "option_list_all", None) or parser.option_list:
        option.process = recording(option, seen)
    values, args = parser.parse_args(words)
    return values, seen, args


class Items:
    """Every requirement anywhere, classified by pip's own reading of it."""

    def __init__(self):
        self.all = []

    def add(self, text, place, editable=False, constraint=False):
        """Classify one requirement and return its number."""
        item = {"text": text, "place": place, "editable": editable, "constraint": constraint, "name": None}
        item.update({"extras": [], "specifier": "", "marker": None, "url": None, "path": None})
        try:
            link = self._read_editable(item) if editable else self._read(item)
            item["kind"] = self._kind(item, link)
        except (PipError, ValueError, AssertionError) as problem:
            item.update({"kind": "invalid", "problem": str(problem)})
        self.all.append(item)
        return len(self.all) - 1

    @staticmethod
    def _read(item):
        parts = constructors.parse_req_from_line(item["text"], None)
        wanted = parts.requirement
        if wanted is not None:
            item.update({"name": wanted.name, "specifier": str(wanted.specifier)})
        marker = parts.markers or getattr(wanted, "marker", None)
        item["marker"] = str(marker) if marker else None
        item["extras"] = sorted(set(parts.extras) | set(getattr(wanted, "extras", ())))
        return parts.link or (Link(wanted.url) if wanted is not None and wanted.url else None)

    @staticmethod
    def _read_editable(item):
        name, url, extras = constructors.parse_editable(item["text"])[:3]
        item.update({"name": name, "extras": sorted(extras)})
        return Link(url)

    @staticmethod
    def _kind(item, link):
        if link is None:
            return "name"
        item["url"] = link.url
        if link.is_vcs:
            return "vcs"
        if "subdirectory=" in link.url.partition("#")[2]:
            return "subdirectory"
        if link.scheme == "file":
            item["path"] = os.path.abspath(url_to_path(link.url_without_fragment))
            return "folder" if os.path.isdir(item["path"]) else "file"
        return "url" if link.scheme in ("http", "https") else "unknown-scheme"


def is_remote(name):
    """Return whether pip would fetch a requirements file from elsewhere."""
    return "://" in name or name.lower().startswith("file:")


class Files:
    """Read requirement and constraint files as pip does, and remember every logical line with its number."""

    def __init__(self, items):
        self.items = items
        self.found = {}
        self.remote = []
        self.lines = {}

    def read(self, name, constraint, place):
        """Read one file and all that it names."""
        if is_remote(name):
            self.remote.append({"value": name, "place": place})
            return
        if os.path.basename(name).startswith("pylock") and name.endswith(".toml"):
            self.remote.append({"value": name, "place": place, "pylock": True})
            return
        files, preprocess = self, req_file.preprocess

        def remembering(content):
            self.lines = dict(preprocess(content))
            return iter(sorted(self.lines.items()))

        class Reader(req_file.RequirementsFileParser):
            def _parse_file(self, filename, constraint):
                return files.one(filename, constraint, super()._parse_file(filename, constraint))

        req_file.preprocess = remembering
        try:
            for _ in Reader(None, req_file.get_line_parser(None)).parse(name, constraint):
                pass
        finally:
            req_file.preprocess = preprocess

    def one(self, filename, constraint, parsed):
        """Remember the lines of one file; give pip's reader only those that it may follow."""
        path = os.path.abspath(filename)
        record = self.found.setdefault((path, constraint), {"path": path, "constraint": constraint, "lines": []})
        if record["lines"]:
            return
        parsed = list(parsed)
        texts = self.lines
        demand_set(path, texts)
        for line in parsed:
            place = {"file": filename, "line": line.lineno}
            entry = {"line": line.lineno, "text": texts.get(line.lineno, ""), "item": None, "sources": [], "nested": []}
            record["lines"].append(entry)
            wanted = getattr(line, "requirement", None)
            if wanted is not None:
                entry["item"] = self.items.add(wanted, place, bool(line.opts.editables), constraint)
                continue
            entry["sources"] = self._sources(line.opts, place)
            followed = True
            for dest in ("requirements", "constraints"):
                for name in getattr(line.opts, dest, None) or []:
                    if is_remote(name):
                        self.remote.append({"value": name, "place": place})
                        followed = False
                    else:
                        entry["nested"].append([dest, os.path.abspath(os.path.join(os.path.dirname(filename), name))])
            if followed:
                yield line

    @staticmethod
    def _sources(opts, place):
        found = []
        if opts.no_index:
            found.append({"kind": "no-index", "value": "", "place": place})
        for dest, key in (("index_url", "index-url"), ("extra_index_urls", "extra-index-url")):
            values = getattr(opts, dest, None) or []
            found += [
                {"kind": key, "value": v, "place": place} for v in ([values] if isinstance(values, str) else values)
            ]
        for value in getattr(opts, "find_links", None) or []:
            beside = os.path.join(os.path.dirname(os.path.abspath(place["file"])), value)
            found.append({"kind": "find-links", "value": beside if os.path.exists(beside) else value, "place": place})
        for value in getattr(opts, "trusted_hosts", None) or []:
            found.append({"kind": "trusted-host", "value": value, "place": place})
        return found
