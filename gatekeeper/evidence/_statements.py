"""Reading statements, in the order in which they would run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable  # noqa: TC003 - used in a table
from typing import Any

from gatekeeper.evidence._apis import canonical, words
from gatekeeper.evidence._base import NOT_CALLED, BudgetError
from gatekeeper.evidence._calling import Call
from gatekeeper.evidence._effects import Effects
from gatekeeper.evidence._implicit import acts
from gatekeeper.evidence._scopes import Class, Function, Scope
from gatekeeper.evidence._values import Value, element_of, exactly, joined, listed, opaque
from gatekeeper.model import When

# Words on setup.py's command line when pip builds or installs; under any other word its code runs only for its author.
BUILD_WORDS = words(
    """
    install develop egg_info bdist_wheel dist_info editable_wheel build build_py build_ext build_clib
    build_scripts sdist install_lib install_egg_info bdist_egg easy_install
    """
)
MOST_ROUNDS = 24  # of a loop over known items, and of all loops around it together
MOST_SMALL_ROUNDS = 4096  # of a loop whose body is short, as decoding loops are, in code that runs unasked
SMALL_BODY = 3


class Statements(Effects):
    """Reads statements."""

    def run(self, body: Iterable[ast.stmt]) -> None:
        """Read statements one after the other."""
        for statement in body:
            self.step()
            runner = RUNNERS.get(type(statement))
            if runner is not None:
                runner(self, statement)

    def perhaps(self, body: Iterable[ast.stmt]) -> None:
        """Read statements that run only perhaps: what they assign is an alternative."""
        self.branch += 1
        try:
            self.run(body)
        finally:
            self.branch -= 1

    def expression(self, node: ast.Expr) -> None:
        """Read an expression statement."""
        self.last = self.evaluate(node.value)

    def assignment(self, node: ast.Assign) -> None:
        """Read `a = b = value`."""
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def annotated(self, node: ast.AnnAssign) -> None:
        """Read `a: type = value`."""
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def augmented(self, node: ast.AugAssign) -> None:
        """Read `a += value`."""
        old = self.evaluate(node.target)
        self.assign(node.target, self.combined(type(node.op), old, self.evaluate(node.value)))

    def returned(self, node: ast.Return) -> None:
        """Read `return value`; of several returns each is an alternative."""
        value = exactly(None) if node.value is None else self.evaluate(node.value)
        self.scope.names["return"] = joined(self.scope.names.get("return"), value)

    def branched(self, node: ast.If) -> None:
        """Read `if`, with its `elif`s one after the other rather than nested."""
        branch: ast.If | None = node
        while branch is not None:
            self.evaluate(branch.test)
            self._guarded(branch.test, branch.body)
            rest = branch.orelse
            branch = rest[0] if len(rest) == 1 and isinstance(rest[0], ast.If) else None
            if branch is None:
                self.perhaps(rest)

    def _guarded(self, test: ast.expr, body: list[ast.stmt]) -> None:
        moment = self._moment_under(test)
        if moment is None:
            self.perhaps(body)
            return
        before, self.at = self.at, self.moved(moment)
        state = self.steps_in_file, self.branch, self.rounds
        try:
            self.perhaps(body)
        except BudgetError:
            self.unread(self.at.source.path, f"{NOT_CALLED}: takes too long to follow")
            self.steps_in_file, self.branch, self.rounds = state
        finally:
            self.at = before

    def _moment_under(self, test: ast.expr) -> When | None:
        """Return when code under a test runs, if the test itself says: as a program, or for the author only."""
        if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], (ast.Eq, ast.In)):
            return None
        sides = ast.unparse(test.left), ast.unparse(test.comparators[0])
        words = {
            node.value for node in ast.walk(test) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        if "__name__" in sides and words == {"__main__"}:
            return None if self.is_main() else When.COMMAND
        mentions_words = any("sys.argv" in side or side.startswith("argv") for side in sides)
        if self.at.when is When.INSTALL and mentions_words and words and not words & BUILD_WORDS:
            return When.COMMAND
        return None

    def loop(self, node: ast.For | ast.AsyncFor) -> None:
        """Read `for`: round by round over known items within bounds, otherwise once."""
        walked = self.evaluate(node.iter)
        for name in ("__iter__", "__next__"):
            self.special(walked, name, [])
        items = listed(walked)
        if items is None or len(items) * self.rounds > self._most_rounds(node):
            self.assign(node.target, items[0] if items else element_of(walked))
            self.perhaps(node.body)
        else:
            outer, self.rounds = self.rounds, self.rounds * max(1, len(items))
            for item in items:
                self.assign(node.target, item)
                self.run(node.body)
            self.rounds = outer
        self.perhaps(node.orelse)

    def _most_rounds(self, node: ast.For | ast.AsyncFor) -> int:
        small = len(node.body) <= SMALL_BODY and self.at.when not in {When.CALL, When.COMMAND}
        return MOST_SMALL_ROUNDS if small else MOST_ROUNDS

    def repeated(self, node: ast.While) -> None:
        """Read `while` once."""
        self.evaluate(node.test)
        self.perhaps([*node.body, *node.orelse])

    def attempted(self, node: Any) -> None:  # noqa: ANN401 - ast.Try, or ast.TryStar where it exists
        """Read `try`: the body surely, the rest perhaps."""
        self.run(node.body)
        for clause in node.handlers:
            self.perhaps(clause.body)
        self.perhaps(node.orelse)
        self.run(node.finalbody)

    def within(self, node: ast.With | ast.AsyncWith) -> None:
        """Read `with`."""
        for item in node.items:
            value = self.evaluate(item.context_expr)
            entered = self.special(value, "__enter__", [])
            self.special(value, "__exit__", [])
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value if entered is None else entered)
        self.run(node.body)

    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Read a function's definition: defaults and decorators run now, the body when it is called."""
        function = Function(node, self.scope, self.at.source, line=self.at.line, layer=self.at.layer)
        self.at.source.functions.append(function)
        for default in [*node.args.defaults, *[one for one in node.args.kw_defaults if one is not None]]:
            self.evaluate(default)
        for said in (*[one.annotation for one in node.args.args], node.returns):
            if isinstance(said, ast.Call):
                self.evaluate(said)
        value = Value(target=function)
        for decorator in reversed(node.decorator_list):
            value = self._decorated(decorator, value)
        self.scope.bind(node.name, value)

    def _decorated(self, decorator: ast.expr, value: Value) -> Value:
        made = self.evaluate(decorator)
        if isinstance(made.target, Function):
            result = self.follow(made.target, [value], {})
            return result if isinstance(result.target, (Function, Class)) else joined(value, result)
        if made.ref in {"property", "functools.cached_property"} and isinstance(value.target, Function):
            value.target.is_property = True
        if made.ref is not None and (made.ref.startswith("atexit.") or acts(made.ref)):
            node = ast.copy_location(ast.Call(func=decorator, args=[], keywords=[]), decorator)
            for one in value.every():
                self.called(Call(node, made, None, [one], {}))
        return value

    def define_class(self, node: ast.ClassDef) -> Class:
        """Read a class: its body runs now."""
        bases = tuple(self.evaluate(base) for base in node.bases)
        makers = [*bases, *[self.evaluate(keyword.value) for keyword in node.keywords]]
        outer, self.scope = self.scope, Scope(parent=self.scope, is_class=True)
        made = Class(node.name, self.scope, bases)
        first = len(self.at.source.functions)
        try:
            self.run(node.body)
        finally:
            self.scope = outer
        for function in self.at.source.functions[first:]:
            if function.owner is None:
                function.owner = made
        self.at.source.classes.append(made)
        value = Value(target=made)
        for decorator in node.decorator_list:
            self._decorated(decorator, value)
        self.scope.bind(node.name, value)
        for attribute in list(made.scope.names.values()):
            self.special(attribute, "__set_name__", [value])
        self._run_makers(makers)
        return made

    def _run_makers(self, makers: list[Value]) -> None:
        """Follow what runs when a class is made: its metaclass, and hooks of its bases."""
        for maker in makers:
            for name in ("__new__", "__init__", "__init_subclass__"):
                found = maker.target.find(name) if isinstance(maker.target, Class) else None
                is_metaclass = isinstance(maker.target, Class) and "type" in maker.target.outside_bases()
                if (
                    found is not None
                    and isinstance(found.target, Function)
                    and (is_metaclass or name == "__init_subclass__")
                ):
                    self.follow(found.target, [maker], {})

    def imported(self, node: ast.Import) -> None:
        """Read `import a.b as c`."""
        for alias in node.names:
            value = self.enter_import(alias.name, 0)
            root = alias.name.partition(".")[0]
            if alias.asname is not None:
                self.scope.bind(alias.asname, value or Value(ref=canonical(alias.name)))
            else:
                own = self.enter_import(root, 0) if "." in alias.name else value
                self.scope.bind(root, own or Value(ref=canonical(root)))

    def imported_from(self, node: ast.ImportFrom) -> None:
        """Read `from a import b as c`."""
        module = self.enter_import(node.module or "", node.level)
        for alias in node.names:
            name = alias.asname or alias.name
            if alias.name == "*":
                self._everything(module)
            elif module is not None:
                self.scope.bind(name, self.attribute_of(module, alias.name) or opaque())
            elif node.level == 0:
                inside = self.enter_import(f"{node.module}.{alias.name}", 0)  # of a package without __init__.py
                self.scope.bind(name, inside or self.attribute_of(Value(ref=node.module), alias.name))

    def _everything(self, module: Value | None) -> None:
        scope = getattr(module.target, "scope", None) if module is not None else None
        if isinstance(scope, Scope):
            for name, value in list(scope.names.items()):
                self.scope.bind(name, value)

    def declared(self, node: ast.Global | ast.Nonlocal) -> None:
        """Read `global name`."""
        self.scope.outer.update(node.names)

    def raised(self, node: ast.Raise) -> None:
        """Read `raise`."""
        if node.exc is not None:
            self.evaluate(node.exc)

    def asserted(self, node: ast.Assert) -> None:
        """Read `assert`."""
        self.evaluate(node.test)

    def matched(self, node: ast.Match) -> None:
        """Read `match`: any of its cases."""
        self.evaluate(node.subject)
        for case in node.cases:
            self.perhaps(case.body)


RUNNERS: dict[type[ast.stmt], Callable[[Any, Any], object]] = {
    ast.Expr: Statements.expression,
    ast.Assign: Statements.assignment,
    ast.AnnAssign: Statements.annotated,
    ast.AugAssign: Statements.augmented,
    ast.Return: Statements.returned,
    ast.If: Statements.branched,
    ast.For: Statements.loop,
    ast.AsyncFor: Statements.loop,
    ast.While: Statements.repeated,
    ast.Try: Statements.attempted,
    ast.With: Statements.within,
    ast.AsyncWith: Statements.within,
    ast.FunctionDef: Statements.define,
    ast.AsyncFunctionDef: Statements.define,
    ast.ClassDef: Statements.define_class,
    ast.Import: Statements.imported,
    ast.ImportFrom: Statements.imported_from,
    ast.Global: Statements.declared,
    ast.Nonlocal: Statements.declared,
    ast.Raise: Statements.raised,
    ast.Assert: Statements.asserted,
    ast.Match: Statements.matched,
}
if hasattr(ast, "TryStar"):
    RUNNERS[ast.TryStar] = Statements.attempted
