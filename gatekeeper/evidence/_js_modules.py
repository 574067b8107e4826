"""Following require and import: to the files of the package, as Node finds them."""

from __future__ import annotations

import json
from posixpath import normpath
from typing import TYPE_CHECKING

from gatekeeper.evidence._js_apis import folder_of, module_named
from gatekeeper.evidence._js_constants import from_python
from gatekeeper.evidence._js_loops import Loops
from gatekeeper.evidence._js_statements import RUNNERS
from gatekeeper.evidence._js_syntax import Syntax, unescaped
from gatekeeper.evidence._js_values import FUNCTION_KINDS, JsSource, Object, Scope
from gatekeeper.evidence._values import Value, opaque

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from gatekeeper.evidence._base import Ledger
    from gatekeeper.evidence._js_base import Commands

SUFFIXES = ("", ".js", ".json", ".cjs", ".mjs", ".node", ".ts", ".mts", ".cts", ".tsx")
SCRIPTS = (".js", ".cjs", ".mjs", ".ts", ".mts", ".cts", ".jsx", ".tsx")
MOST_JSON = 1 << 20


class Modules(Loops):
    """Follows require and import."""

    def __init__(
        self,
        ledger: Ledger,
        members: Collection[str],
        read: Callable[[str], bytes | None],
        commands: Commands | None = None,
    ) -> None:
        """Read through `read` (None: not there or not readable) what `members` names."""
        super().__init__(ledger, commands)
        self.members = members if isinstance(members, (set, frozenset, dict)) else frozenset(members)
        self.read = read
        self.sources: dict[str, JsSource | None] = {}
        self.bundles = any("node_modules/" in path for path in self.members)

    enter_path: Callable[[str, str], Value | None]

    def resolve(self, path: str) -> str | None:
        """Return the member that a path means, with the suffixes and index files that Node tries."""
        path = normpath(path)
        if path.startswith("../") or path == "..":
            return None
        path = "" if path == "." else path
        for suffix in SUFFIXES:
            if path and path + suffix in self.members:
                return path + suffix
        folder = f"{path}/" if path else ""
        return self._main_of(folder) or next(
            (f"{folder}index{suffix}" for suffix in SUFFIXES[1:] if f"{folder}index{suffix}" in self.members), None
        )

    def _main_of(self, folder: str) -> str | None:
        if f"{folder}package.json" not in self.members:
            return None
        made = self.parsed_json(f"{folder}package.json")
        main = made.get("main") if isinstance(made, dict) else None
        if not isinstance(main, str) or not main:
            return None
        path = normpath(folder + main)
        tried = [path + suffix for suffix in SUFFIXES] + [f"{path}/index{suffix}" for suffix in SUFFIXES[1:]]
        return next((one for one in tried if one in self.members), None)

    def parsed_json(self, path: str) -> object:
        """Return a packaged JSON file, or None."""
        content = self.read(path)
        if content is None or len(content) > MOST_JSON:
            return None
        try:
            made: object = json.loads(content.decode("utf-8-sig", "replace"))
        except (ValueError, RecursionError):
            return None
        return made

    def located(self, name: str) -> str | None:
        """Return the member that a module's name means where the reader is, or None when it lies outside."""
        here = folder_of(self.at.source.path)
        if name.startswith((".", "/")):
            path = name.removeprefix("file://")
            return self.resolve(f"{here}/{path}" if not path.startswith("/") else path.lstrip("/"))
        if "/" in name and normpath(name) in self.members:  # a path made of __dirname
            return normpath(name)
        if not self.bundles:
            return None
        while True:
            found = self.resolve(f"{here}/node_modules/{name}")
            if found is not None or here == ".":
                return found
            here = folder_of(here)

    def enter_module(self, name: str, node: Syntax) -> Value | None:  # noqa: ARG002 - the place may matter one day
        """Read a module of the artifact that code asks for; None when it lies outside."""
        path = self.located(name)
        if path is None:
            return opaque() if name.startswith(".") else None
        return self.enter_path(path, f"required by {self.at.source.path}")

    def enter_file(self, path: str, why: str) -> Value | None:
        """Read a packaged file that code runs by its path."""
        found = self.resolve(path.removeprefix("file://"))
        if found is None:
            found = self.resolve(f"{folder_of(self.at.source.path)}/{path}")
        return None if found is None else self.enter_path(found, why)

    def local_file(self, path: str) -> bytes | None:
        """Return the content of a packaged file named by a path, or None."""
        plain = normpath(path.removeprefix("file://")) if path else ""
        for one in (plain, normpath(f"{folder_of(self.at.source.path)}/{plain}")):
            if one in self.members:
                return self.read(one)
        return None

    def json_value(self, path: str) -> Value:
        """Return what requiring a JSON file yields."""
        return from_python(self.parsed_json(path))

    def _of(self, node: Syntax) -> Value | None:
        """Return the module that an import or export statement names."""
        source = node.get("source")
        if source is None:
            return None
        name = unescaped(source.text[1:-1])
        found = self.enter_module(name, node)
        return found if found is not None else Value(ref=module_named(name))

    def imported(self, node: Syntax) -> None:
        """Read an import statement."""
        module = self._of(node)
        if module is None:
            return
        for clause in node.inner:
            if clause.type == "import_clause":
                for part in clause.inner:
                    self._bind_import(part, module)

    def _bind_import(self, part: Syntax, module: Value) -> None:
        if part.type == "identifier":
            self.scope.declare(part.text, self._default_of(module))
        elif part.type == "namespace_import" and part.inner:
            self.scope.declare(part.inner[0].text, module)
        elif part.type == "named_imports":
            for one in part.inner:
                name, alias = one.get("name"), one.get("alias")
                if name is not None:
                    value = self._default_of(module) if name.text == "default" else self.attribute_of(module, name.text)
                    self.scope.declare((alias or name).text, value)

    def _default_of(self, module: Value) -> Value:
        if isinstance(module.target, Object) and "default" in module.target.props:
            return module.target.props["default"]
        return module

    def exported(self, node: Syntax) -> str | None:
        """Read an export statement."""
        exports = self.at.source.module.props.get("exports")
        holder = exports.target if exports is not None else None
        if not isinstance(holder, Object):
            return None
        declaration, value = node.get("declaration"), node.get("value")
        if value is not None:
            holder.put("default", self.evaluate(value))
        elif declaration is not None:
            self._export_declared(declaration, holder, is_default=node.has("default"))
        else:
            self._export_names(node, holder)
        return None

    def _export_declared(self, declaration: Syntax, holder: Object, *, is_default: bool) -> None:
        if declaration.type not in FUNCTION_KINDS:
            self.run_one(declaration)
        own = declaration.get("name")
        for name in [own] if own is not None else [child.get("name") for child in declaration.inner]:
            value = None if name is None else self.scope.names.get(name.text)
            if name is not None and value is not None:
                holder.put("default" if is_default else name.text, value)

    def _export_names(self, node: Syntax, holder: Object) -> None:
        module = self._of(node)
        for clause in node.inner:
            if clause.type == "export_clause":
                for one in clause.inner:
                    name, alias = one.get("name"), one.get("alias")
                    if name is not None:
                        value = self.attribute_of(module, name.text) if module is not None else self.named(name.text)
                        holder.put((alias or name).text, value)
        if module is not None and isinstance(module.target, Object) and node.has("*"):
            for word, value in list(module.target.props.items()):
                holder.props.setdefault(word, value)

    def klass_statement(self, node: Syntax) -> str | None:
        """Read a class declaration."""
        self.klass(node)
        return None


def module_scope(source: JsSource) -> Scope:
    """Return the names that Node gives to every file."""
    exports = Value(target=Object())
    source.module.props["exports"] = exports
    names = {
        "module": Value(target=source.module, ref="module"),
        "exports": exports,
        "this": exports,
        "__filename": Value(const=source.path),
        "__dirname": Value(const=folder_of(source.path)),
        "require": Value(ref="require"),
    }
    return Scope(names)


RUNNERS["export_statement"] = Modules.exported
RUNNERS["class_declaration"] = Modules.klass_statement
RUNNERS["abstract_class_declaration"] = Modules.klass_statement
