"""Project pages of the Simple API, in JSON (PEP 691) and HTML (PEP 503). Pure."""

from __future__ import annotations

import html
import json


def json_page(name: str, entries: list[dict[str, object]]) -> bytes:
    """Write a page for clients that read JSON."""
    return json.dumps({"meta": {"api-version": "1.0"}, "name": name, "files": entries}).encode()


def html_page(name: str, entries: list[dict[str, object]]) -> bytes:
    """Write a page for clients that read HTML."""
    lines = [f"<!DOCTYPE html><html><head><title>Links for {html.escape(name)}</title></head><body>"]
    for entry in entries:
        hashes = entry["hashes"]
        assert isinstance(hashes, dict)
        fragment = next((f"#{kind}={hashes[kind]}" for kind in ("sha256", "sha512", "sha384") if kind in hashes), "")
        parts = [f'href="{html.escape(str(entry["url"]) + fragment)}"']
        if requires := entry.get("requires-python"):
            parts.append(f'data-requires-python="{html.escape(str(requires))}"')
        if (yanked := entry["yanked"]) is not False:
            parts.append(f'data-yanked="{html.escape("" if yanked is True else str(yanked))}"')
        if core := entry.get("core-metadata"):
            value = f"sha256={core['sha256']}" if isinstance(core, dict) else "true"
            parts.append(f'data-core-metadata="{html.escape(value)}" data-dist-info-metadata="{html.escape(value)}"')
        lines.append(f"<a {' '.join(parts)}>{html.escape(str(entry['filename']))}</a><br>")
    return "\n".join([*lines, "</body></html>"]).encode()
