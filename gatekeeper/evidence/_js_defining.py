"""Reading what defines functions, classes and objects."""

from __future__ import annotations

from gatekeeper.evidence._js_assigning import key_text
from gatekeeper.evidence._js_constants import spelled
from gatekeeper.evidence._js_expressions import READERS, Expressions
from gatekeeper.evidence._js_syntax import EMPTY, Syntax
from gatekeeper.evidence._js_values import Class, Function, Object, Scope, either, origins
from gatekeeper.evidence._values import MISSING, Value, exactly

MOST_SPREAD = 512  # properties copied from one object into another


class Defining(Expressions):
    """Reads definitions."""

    def function(self, node: Syntax) -> Value:
        """Read a function: it is kept until somebody calls it."""
        return Value(target=self.made_function(node))

    def made_function(self, node: Syntax, owner: Class | None = None) -> Function:
        """Make a function of its node."""
        source = self.at.source
        name = node.get("name")
        made = Function(
            node=node,
            scope=self.scope,
            source=source,
            name=name.text[:80] if name is not None else "",
            owner=owner,
            getter=node.type == "method_definition" and node.has("get"),
            arrow=node.type == "arrow_function",
            line=self.at.line,
            layer=self.at.layer,
        )
        source.functions.setdefault(node, made)
        return made

    def named_function(self, node: Syntax) -> Value:
        """Read a function expression, whose name is known only inside it."""
        name = node.get("name")
        if name is None:
            return self.function(node)
        made = self.made_function(node)
        value = Value(target=made)
        made.scope = Scope({name.text: value}, self.scope)
        return value

    def object(self, node: Syntax) -> Value:
        """Read an object."""
        made = Object()
        value = Value(target=made)
        for child in node.inner:
            if child.type == "pair":
                self._put(made, child.need("key"), self.evaluate(child.need("value")))
            elif child.type == "method_definition":
                self._put(made, child.need("name"), Value(target=self.made_function(child)))
            elif child.type == "spread_element":
                self.copy(self.evaluate(child), value)
            elif child.type == "shorthand_property_identifier":
                made.put(child.text, self.evaluate(child))
        return value

    def _put(self, made: Object, key: Syntax, value: Value) -> None:
        name = self.key(key)
        if name is None:
            made.taints |= origins([value])
            made.put(f"?{len(made.props)}", value)
        else:
            if isinstance(value.target, Function) and not value.target.name:
                value.target.name = name[:80]
            made.put(name, value)

    def key(self, key: Syntax) -> str | None:
        """Return the name of a property, or None when it is not known."""
        if key.type == "computed_property_name":
            value = self.evaluate(key.inner[0]) if key.inner else exactly("")
            return None if value.const is MISSING else spelled(value.const)
        if key.type == "number":
            return spelled(self.evaluate(key).const)
        return key_text(key)

    def copy(self, source: Value, into: Value) -> None:
        """Copy the properties of a value into an object of ours."""
        holder = into.target
        if not isinstance(holder, Object):
            into.taints |= origins([source])
            return
        for one in source.every():
            if isinstance(one.target, Object):
                for name, value in list(one.target.props.items())[:MOST_SPREAD]:
                    known = holder.props.get(name) if one is not source else None
                    holder.put(name, value if known is None else either(known, value))
                holder.taints |= one.target.taints
            elif one.items is not None:
                for at, item in enumerate(one.items[:MOST_SPREAD]):
                    holder.put(str(at), item)
            holder.taints |= one.taints
        if source.ref is not None and into.ref is None and not holder.props:
            into.ref = source.ref

    def klass(self, node: Syntax) -> Value:
        """Read a class: its static parts run now."""
        name, heritage = node.get("name"), next((one for one in node.inner if one.type == "class_heritage"), None)
        made = Class(name=name.text[:80] if name is not None else "", scope=self.scope)
        value = Value(target=made)
        if heritage is not None and heritage.inner:
            first = heritage.inner[0]
            made.base = self.evaluate(first.inner[0] if first.type == "extends_clause" and first.inner else first)
            if isinstance(made.base.target, Class):
                made.instances.proto = made.base.target.instances
            elif isinstance(made.base.target, Function):
                made.instances.proto = made.base.target.prototype
        if name is not None:
            self.bind(name.text, value, declare=node.type != "class")
        for member in (node.get("body") or EMPTY).inner:
            self._member_of(made, value, member)
        return value

    def _member_of(self, made: Class, value: Value, member: Syntax) -> None:
        static = member.has("static")
        if member.type == "class_static_block":
            with self.inside(Scope({"this": value}, self.scope), self.at):
                self.run((member.get("body") or member).inner)
        elif member.type == "method_definition":
            name = self.key(member.need("name")) or f"?{len(made.instances.props)}"
            function = self.made_function(member, made)
            holder = made if static else made.instances
            holder.put(name, Value(target=function))
            if not static and name != "constructor":
                function.props["#of"] = value
        elif member.type in {"field_definition", "public_field_definition"}:
            self._field(made, value, member, static)

    def _field(self, made: Class, value: Value, member: Syntax, static: bool) -> None:
        given = member.get("value")
        name = self.key(member.get("property") or member.get("name") or EMPTY) or "?"
        if given is None:
            return
        if not static:
            made.fields.append((name, given))
            return
        with self.inside(Scope({"this": value}, self.scope), self.at):
            made.put(name, self.evaluate(given))


READERS.update(
    {
        "function_expression": Defining.named_function,
        "function": Defining.named_function,
        "generator_function": Defining.named_function,
        "arrow_function": Defining.function,
        "function_declaration": Defining.function,
        "object": Defining.object,
        "class": Defining.klass,
        "class_declaration": Defining.klass,
    }
)
