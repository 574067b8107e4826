"""Let pip itself say what it would use: options, settings, sources, and every requirement with its place.

Loaded by `_pip_bootstrap.py` inside the target interpreter; pip's own parsers are used throughout, so that abbreviated
options, configuration files, environment variables and nested requirement files mean exactly what they mean to pip.
"""

from __future__ import annotations

import os
import shlex
import sys

from pip._internal.commands import create_command
from pip._internal.exceptions import PipError
from pip._internal.models.link import Link
from pip._internal.req import constructors, req_file
from pip._internal.utils.urls import url_to_path

GATED = ("install", "download", "wheel")

# What the gate decides from here on: where things come from, and how they are fetched and cached.
SOURCES = ("index_url", "extra_index_urls", "no_index", "find_links", "trusted_hosts")
NETWORK = ("cert", "client_cert", "proxy", "no_proxy_env", "keyring_provider", "timeout", "retries", "resume_retries")
OURS = (*SOURCES, *NETWORK, "cache_dir", "isolated_mode", "python", "no_input", "refresh_package")
FILES = ("requirements", "constraints", "build_constraints")
TOLD = (
    *SOURCES, *NETWORK, *FILES, "isolated_mode", "target_dir", "prefix_path", "root_path", "use_user_site", "src_dir",
    "download_dir", "wheel_dir", "json_report_file", "log", "dry_run", "pre", "platforms", "python_version", "no_clean",
    "requirements_from_scripts", "ignore_dependencies", "require_hashes", "editables",
)  # fmt: skip


def recorded(parser, words):
    """Parse words and remember, in order, each option that was met with its value."""
    seen = []
    for option in getattr(parser, "option_list_all", None) or parser.option_list:

        def process(opt, value, values, parser, option=option, original=option.process):
            seen.append((option, value))
            return original(opt, value, values, parser)

        option.process = process
    values, args = parser.parse_args(words)
    return values, seen, args


def plain(value):
    """Return a value that JSON can carry."""
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, (list, tuple, set)):
        return [plain(each) for each in value]
    return str(value)


class Origin:
    """Find where a value was written: the command line, a requirements file, the environment, a configuration file."""

    def __init__(self, seen, config):
        self.typed = {(option.dest, value) for option, value in seen if isinstance(value, str)}
        self.files = [name for _, names in config.iter_config_files() for name in names if os.path.isfile(name)]

    def of(self, dest, key, value):
        """Return {"file", "line"} for a value of an option."""
        variable = "PIP_" + key.upper().replace("-", "_")
        if (dest, value) in self.typed:
            return {"file": "command line", "line": None}
        if value in os.environ.get(variable, "").split() or value == os.environ.get(variable):
            return {"file": "environment variable " + variable, "line": None}
        for name in reversed(self.files):
            with open(name, encoding="utf-8", errors="replace") as lines:
                for number, line in enumerate(lines, 1):
                    if value in line:
                        return {"file": name, "line": number}
        return {"file": "pip's default", "line": None}


def sources_of(options, origin):
    """List the indexes and find-links that the merged options name, each with its place."""
    found = []
    for dest, key in (
        ("index_url", "index-url"),
        ("extra_index_urls", "extra-index-url"),
        ("find_links", "find-links"),
    ):
        values = getattr(options, dest, None) or []
        for value in [values] if isinstance(values, str) else values:
            found.append({"kind": key, "value": value, "place": origin.of(dest, key, value)})
    return found


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
        if link.scheme == "file":
            item["path"] = os.path.abspath(url_to_path(link.url_without_fragment))
            return "folder" if os.path.isdir(item["path"]) else "file"
        return "url" if link.scheme in ("http", "https") else "unknown-scheme"


def is_remote(name):
    """Return whether pip would fetch a requirements file from elsewhere."""
    return "://" in name and not name.lower().startswith("file:")


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


def settings_of(parser):
    """Collect what configuration files and the environment set, the strongest last, minus what the gate decides."""
    carried = {}
    for key, value in parser._get_ordered_configuration_items():
        option = parser.get_option("--" + key)
        if option is not None and option.dest not in OURS:
            carried[key] = value
    return carried


def schemes(options):
    """List the folders that an install writes to: those of the environment, and those that the words name."""
    import site

    from pip._internal.locations import get_scheme

    found = set()
    for user in (False, True):
        try:
            scheme = get_scheme("gatekeeper", user=user)
        except Exception:  # noqa: BLE001, S112 - an environment without a user scheme has nothing to write there
            continue
        found |= {scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, os.path.dirname(scheme.headers)}
    places = ("target_dir", "prefix_path", "root_path", "download_dir", "wheel_dir")
    named = {getattr(options, name, None) for name in places}
    named |= {os.path.dirname(os.path.abspath(p)) for p in (getattr(options, "json_report_file", None), options.log) if p and p != "-"}
    if getattr(options, "use_user_site", False):
        named.add(site.getuserbase())
    full = sorted({os.path.abspath(os.path.expanduser(each)) for each in named if each})
    return sorted({os.path.abspath(each) for each in found if os.path.isdir(each)} | set(full)), full


def tags_of(options):
    """List the wheel tags that pip would accept, the best first."""
    from pip._internal.cli.cmdoptions import make_target_python

    target = make_target_python(options)
    tags = target.get_sorted_tags() if hasattr(target, "get_sorted_tags") else target.get_tags()
    version = target.py_version or ".".join(str(part) for part in sys.version_info[:3])
    return [str(tag) for tag in tags], version


def ask(words):
    """Return everything about these words that the gate has to know, as JSON-ready values."""
    try:
        return question_of(words)
    except PipError as problem:
        return {"problem": str(problem)}


def question_of(words):
    """Ask pip's own parsers."""
    from pip import __version__
    from pip._internal.cli.main_parser import parse_command

    verb, rest = parse_command(list(words))
    question = {"pip": __version__, "python": list(sys.version_info[:3]), "executable": sys.executable, "verb": verb}
    if verb not in GATED:
        return question
    command = create_command(verb, isolated="--isolated" in rest)
    options, seen, args = recorded(command.parser, rest)
    origin = Origin(seen, command.parser.config)
    items = Items()
    here = {"file": "command line", "line": None}
    question["args"] = [items.add(text, here) for text in args if text.strip()]
    question["editables"] = {text: items.add(text, here, editable=True) for text in options.editables}
    groups = groups_of(options)
    question["groups"] = [items.add(text, {"file": where, "line": None}) for text, where in groups]
    files = Files(items)
    for dest in FILES:
        for name in getattr(options, dest, None) or []:
            files.read(name, dest != "requirements", origin.of(dest, dest.rstrip("s"), name))
    tags, version = tags_of(options)
    writable, named = schemes(options)
    question.update(
        items=items.all,
        files=list(files.found.values()),
        remote=files.remote,
        options={name: plain(getattr(options, name, None)) for name in TOLD},
        sources=sources_of(options, origin),
        settings=settings_of(command.parser),
        recorded=[[o.dest, o.get_opt_string(), value if o.takes_value() else None] for o, value in seen],
        writable=writable,
        named_folders=named,
        tags=tags,
        python_version=version,
    )
    return question


def groups_of(options):
    """List the requirements of dependency groups (PEP 735) with the file that holds them."""
    wanted = getattr(options, "dependency_groups", None)
    if not wanted:
        return []
    from pip._internal.req.req_dependency_group import parse_dependency_groups

    return [(text, "dependency groups of pyproject.toml") for text in parse_dependency_groups(wanted)]


def rewrite(question, plan):
    """Turn the question back into words for pip: sources gone, addresses replaced by the gate's."""
    clean = Cleaned(question, plan) if plan["clean"] else None
    words = [question["verb"]]
    for dest, opt, value in question["recorded"]:
        if dest in OURS or (dest == "dependency_groups" and clean):
            continue
        if clean and dest in FILES:
            value = clean.file(os.path.abspath(value), dest != "requirements")  # noqa: PLW2901
        if clean and dest == "editables":
            value = clean.text(question["editables"][value])  # noqa: PLW2901
        words += [opt] if value is None else [opt + "=" + value if opt.startswith("--") else opt + value]
    words += plan["extra"]
    numbers = question["args"] + (question["groups"] if clean else [])
    texts = [clean.text(n) if clean else question["items"][n]["text"] for n in numbers]
    return [*words, *(["--", *texts] if any(t.startswith("-") for t in texts) else texts)]


class Cleaned:
    """Copies of requirement files in the private folder, without sources and with the gate's addresses."""

    def __init__(self, question, plan):
        self.items, self.plan = question["items"], plan
        self.files = {(each["path"], each["constraint"]): each for each in question["files"]}
        self.made = {}

    def text(self, number):
        """Return what pip is given for a requirement."""
        return self.plan["texts"].get(str(number), self.items[number]["text"])

    def file(self, path, constraint):
        """Write the cleaned copy of a file and of all it names; return its path."""
        key = (path, constraint)
        if key not in self.made:
            self.made[key] = os.path.join(self.plan["folder"], "%d-%s" % (len(self.made), os.path.basename(path)))
            lines = [self._line(entry) for entry in self.files[key]["lines"]]
            with open(self.made[key], "w", encoding="utf-8") as out:
                out.write("\n".join(line for line in lines if line) + "\n")
        return self.made[key]

    def _line(self, entry):
        if entry["item"] is not None:
            text = entry["text"]
            fresh = self.plan["texts"].get(str(entry["item"]))
            if fresh is None:
                return text
            _, options = req_file.break_args_options(text)
            return " ".join(filter(None, [fresh, options.strip()]))
        words = []
        for option, value in recorded(req_file.build_parser(), shlex.split(entry["text"]))[1]:
            if option.dest in OURS or option.dest in FILES:
                continue
            words.append(option.get_opt_string() + ("" if value is None else " " + value))
        for dest, path in entry["nested"]:
            constraint = dest == "constraints"  # pip reads `-r` as requirements even inside a constraint file
            words.append(("-c " if constraint else "-r ") + self.file(path, constraint))
        return " ".join(words)
