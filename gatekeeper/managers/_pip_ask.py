"""Let pip itself say what it would use: options, settings, sources, and every requirement with its place.

Loaded by `_pip_bootstrap.py` inside the target interpreter; pip's own parsers are used throughout, so that abbreviated
options, configuration files, environment variables and nested requirement files mean exactly what they mean to pip.
"""

from __future__ import annotations

import os
import sys

from _gatekeeper_pip_requirements import Files, Items, recorded
from _gatekeeper_pip_rewrite import FILES, NETWORK, OURS, SOURCES
from pip._internal.commands import create_command
from pip._internal.exceptions import PipError

GATED = ("install", "download", "wheel")

TOLD = (
    *SOURCES, *NETWORK, *FILES, "isolated_mode", "target_dir", "prefix_path", "root_path", "use_user_site", "src_dir",
    "download_dir", "wheel_dir", "json_report_file", "log", "dry_run", "pre", "platforms", "abis", "implementation",
    "python_version", "no_clean", "requirements_from_scripts", "ignore_dependencies", "require_hashes", "editables",
)  # fmt: skip


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
        values = [values] if isinstance(values, str) else values
        found += [{"kind": key, "value": value, "place": origin.of(dest, key, value)} for value in values]
    return found


def own_index():
    """List what pip asks when nobody configured another index: its address, and the host of its files."""
    from pip._internal.models.index import PyPI

    return [PyPI.simple_url, "https://" + PyPI.file_storage_domain + "/"]


def settings_of(parser):
    """Collect what configuration files and the environment set, the strongest last, minus what the gate decides."""
    carried = {}
    for key, value in parser._get_ordered_configuration_items():
        option = parser.get_option("--" + key)
        if option is not None and option.dest not in OURS:
            carried[key] = value
    return carried


def schemes(options):
    """List where an install writes: folders of the environment, folders that the words name, and files they name."""
    import site

    from pip._internal.locations import get_scheme

    scheme = get_scheme("gatekeeper", user=False)
    found = {scheme.purelib, scheme.platlib, scheme.scripts, scheme.data, os.path.dirname(scheme.headers)}
    places = ("target_dir", "prefix_path", "root_path", "download_dir", "wheel_dir")
    named = {getattr(options, name, None) for name in places}
    if getattr(options, "use_user_site", False) or not os.access(scheme.purelib, os.W_OK):  # pip falls back to it
        named.add(site.getuserbase())
    files = full([getattr(options, "json_report_file", None), options.log])
    folders = full(sorted(filter(None, named)))
    return sorted({os.path.abspath(each) for each in found if os.path.isdir(each)} | set(folders)), folders, files


def full(paths):
    """Return absolute paths of those that are given; "-" is standard output."""
    return [os.path.abspath(os.path.expanduser(path)) for path in paths if path and path != "-"]


def tags_of(options):
    """List the wheel tags that pip would accept, the best first."""
    from pip._internal.cli.cmdoptions import make_target_python

    for name in ("platforms", "abis", "implementation", "abis", "python_version", "implementation"):
        options.ensure_value(name, None)  # `pip wheel` builds for its own interpreter only, and has no such options
    target = make_target_python(options)
    tags = target.get_sorted_tags() if hasattr(target, "get_sorted_tags") else target.get_tags()
    version = target.py_version or ".".join(str(part) for part in sys.version_info[:3])
    return [str(tag) for tag in tags], version


def ask(words):
    """Return everything about these words that the gate has to know, as JSON-ready values."""
    # Or pip would start another interpreter right here, with no gate around it, when a setting names one.
    os.environ["_PIP_RUNNING_IN_SUBPROCESS"] = "1"
    try:
        return question_of(words)
    except SystemExit as leaving:  # help, the version, or words that pip refused and has said so
        return {"left": leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)}
    except PipError as problem:
        return {"problem": str(problem)}
    except Exception as problem:  # noqa: BLE001 - a pip that we do not understand is refused, not guessed at
        return {"problem": f"{type(problem).__name__}: {problem}", "bug": True}


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
    if getattr(options, "python", None):
        return {
            "problem": f"its settings or an abbreviated option name an interpreter: write --python {options.python}"
        }
    origin = Origin(seen, command.parser.config)
    items = Items()
    here = {"file": "command line", "line": None}
    question["args"] = [items.add(text, here) for text in args if text.strip()]
    question["editables"] = {text: items.add(text, here, editable=True) for text in getattr(options, "editables", ())}
    groups = groups_of(options)
    question["groups"] = [items.add(text, {"file": where, "line": None}) for text, where in groups]
    files = Files(items)
    for dest in FILES:
        for name in getattr(options, dest, None) or []:
            files.read(name, dest != "requirements", origin.of(dest, dest.rstrip("s"), name))
    tags, version = tags_of(options)
    writable, folders, named_files = schemes(options)
    question.update(
        items=items.all,
        files=list(files.found.values()),
        remote=files.remote,
        options={name: plain(getattr(options, name, None)) for name in TOLD},
        sources=sources_of(options, origin),
        own=own_index(),
        settings=settings_of(command.parser),
        recorded=[[o.dest, o.get_opt_string(), value if o.takes_value() else None] for o, value in seen],
        writable=[*writable, *named_files],
        named_folders=folders,
        named_files=named_files,
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
