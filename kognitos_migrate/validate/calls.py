"""Traces results of calls, with attributes of objects and items of containers."""

from collections.abc import Callable, Sequence
from functools import partial

import libcst as cst

from kognitos_migrate.interpret.function_definitions import is_transparent
from kognitos_migrate.interpret.ini_options import is_parser
from kognitos_migrate.interpret.state.facts import Frame
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.scopes import Scopes, Variable
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.validate.bindings import BindingTermBuilder
from kognitos_migrate.validate.node_patterns import (
    function_of,
)
from kognitos_migrate.validate.symbolic_terms import (
    Term,
    TermKind,
    is_text,
    literal_term,
    text_of,
    text_value,
)
from kognitos_migrate.values.heap import DictObject, Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    Const,
    ModuleRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Unknown,
    Value,
)

_MADE = (TermKind.DISPLAY, TermKind.PARAMETER)


class CallTermBuilder(BindingTermBuilder):
    """Computes the terms of one program's calls, attributes and items."""

    def operation_term(self, tree: Tree, node: cst.CSTNode, frame: int) -> Term:
        """The term of an expression from its subexpressions."""
        raise NotImplementedError

    def _call(self, tree: Tree, node: cst.Call, frame: int) -> Term:
        site = tree.site(node)
        result = self._result(site, tree.site(node.func), frame)
        if result is not None:
            return result
        if self._makes_client(site, frame):
            return Term(TermKind.CALL, "a client", (), self.anchor(site, frame))
        choices = list(alternatives(self.value(site, frame)))
        if choices and all(map(is_parser, choices)):
            return Term(TermKind.CALL, "a parser", (), self.anchor(site, frame))
        func = node.func
        if (
            isinstance(func, cst.Attribute)
            and (text := self._filled_template(tree, node, func, frame)) is not None
        ):
            return text
        if isinstance(func, cst.Attribute):
            owner = self.term_at(tree.site(func.value), frame)
            called = Term(TermKind.ATTRIBUTE, func.attr.value, (owner,))
            key = self._field_key(tree, func.value, node.args[0].value if node.args else None, frame)
        elif self._makes_instance(site, frame):
            return Term(
                TermKind.CALL, "a class", (self.term_at(tree.site(func), frame),), self.anchor(site, frame)
            )
        else:
            called, key = self.term_at(tree.site(func), frame), None
        arguments = [self.term_at(tree.site(arg.value), frame) for arg in node.args]
        if key is not None:
            arguments[0] = key
        how = ",".join(
            f"{arg.star}{arg.keyword.value if arg.keyword is not None else ''}" for arg in node.args
        )
        return Term(TermKind.CALL, how, (called, *arguments), self.anchor(site, frame))

    def _makes_client(self, site: Site, frame: int) -> bool:
        """Whether a call creates an HTTP client, whose base URL differs between the versions."""
        instance = self._new_instance(site, frame)
        return instance is not None and instance.client is not None

    def _makes_instance(self, site: Site, frame: int) -> bool:
        """Whether a call creates an instance of the program's own class. Attributes are compared at their
        reads."""
        instance = self._new_instance(site, frame)
        return instance is not None and instance.cls is not None

    def _new_instance(self, site: Site, frame: int) -> Instance | None:
        """The instance that a call creates. None for any other call."""
        choices = list(alternatives(self.value(site, frame)))
        instance = (
            self.facts.heap.objects[choices[0].id]
            if len(choices) == 1 and isinstance(choices[0], Ref)
            else None
        )
        if not isinstance(instance, Instance) or (instance.site, instance.frame) != (site, frame):
            return None
        return instance

    def _filled_template(self, tree: Tree, node: cst.Call, func: cst.Attribute, frame: int) -> Term | None:
        """The text of a literal template's `format` call with positional arguments. None for any other
        call."""
        template = self.term_at(tree.site(func.value), frame)
        if (
            func.attr.value != "format"
            or not is_text(template)
            or any(arg.keyword or arg.star for arg in node.args)
        ):
            return None
        pieces = text_value(template).split("{}")
        if len(pieces) != len(node.args) + 1 or any("{" in piece or "}" in piece for piece in pieces):
            return None
        parts = [literal_term(pieces[0])]
        for arg, piece in zip(node.args, pieces[1:], strict=True):
            parts += [self.term_at(tree.site(arg.value), frame), literal_term(piece)]
        return text_of(parts)

    def _result(self, site: Site, called: Site, frame: int) -> Term | None:
        """The term of a called function's result. None unless one function is called in its own frame. The
        functions that its decorators call, such as a predicate of its result, have other frames."""
        choices = [function_of(choice) for choice in alternatives(self.value(called, frame))]
        only = choices[0] if len(choices) == 1 else None
        frames = [
            callee
            for callee in self.sources.callees((site, frame))
            if only is not None and callee.function == only.site
        ]
        if len(frames) != 1 or frames[0].id in self.facts.merged:
            return None
        return self._return_term(frames[0])

    def _return_term(self, frame: Frame) -> Term | None:
        assert frame.function is not None
        tree = self._tree(frame.function.path)
        definition = tree.node(frame.function)
        is_plain = isinstance(definition, cst.Lambda) or (
            isinstance(definition, cst.FunctionDef)
            and not tree.is_elided(definition)
            and self._returns_own_result(tree, definition, frame)
        )
        if not is_plain or is_generator(tree, definition):
            return None
        results = list(self.sources.results(frame))
        if len(results) == 1:
            return self.term_at(*results[0])
        return self._with_definitions(
            Term(TermKind.MERGE, "returns", (), self.anchor(frame.function, frame.id)),
            [partial(self.term_at, *result) for result in results],
        )

    def _returns_own_result(self, tree: Tree, definition: cst.FunctionDef, frame: Frame) -> bool:
        """Whether an activation's function returns the result of its own run: its decorators pass it on,
        and don't store it for other calls."""
        if definition.decorators and (frame.closure is None or frame.function in self.facts.memoized):
            return False
        values = (self.value(tree.site(each.decorator), frame.closure or 0) for each in definition.decorators)
        return all(value is not NEVER and is_transparent(value) for value in values)

    def _property(self, frame: Frame) -> Term | None:
        results = list(self.sources.results(frame))
        return self.term_at(*results[0]) if len(results) == 1 else None

    def _attribute(self, tree: Tree, node: cst.Attribute, frame: int) -> Term:
        site, owner = tree.site(node), tree.site(node.value)
        properties = self.sources.callees((site, frame))
        if len(properties) == 1 and (property_term := self._property(properties[0])) is not None:
            return property_term
        choices = list(alternatives(self.value(owner, frame)))
        (only,) = choices if len(choices) == 1 else (None,)
        if isinstance(only, Symbol):
            return Term(TermKind.SYMBOL, f"{only.name}.{node.attr.value}")
        if isinstance(only, ModuleRef) and only.path in self.program.trees:
            module = self._tree(only.path)
            bindings = module.memoize(Scopes).bindings(Variable(only.path, 0, node.attr.value))
            body = self.sources.module_frame(only.path)
            if len(bindings) == 1:
                return self._binding_term(module, bindings[0], body.id if body is not None else frame)
        term = Term(TermKind.ATTRIBUTE, node.attr.value, (self.term_at(owner, frame),))
        heap_object = self.facts.heap.objects[only.id] if isinstance(only, Ref) else None
        if isinstance(heap_object, Instance):
            origins = heap_object.origins.get(node.attr.value, [])
            made = self.anchor(heap_object.site, heap_object.frame)
            if (
                term.operands[0].kind is TermKind.CALL
                and len(origins) == 1
                and origins[0].site != heap_object.site
            ):
                if term.operands[0].anchor == made or self._reply(self.value(site, frame)) is not None:
                    return self.argument_term(origins[0], node.attr.value)
            filled = self._field_of_instance(self.value(site, frame), heap_object)
            if filled is not None:
                return filled
            return self._with_definitions(term, [partial(self.of, origin) for origin in origins])
        stored = self._stored_in_instances(choices, node.attr.value)
        if stored:
            self.entry_terms.add(term)
            return self._with_definitions(term, stored)
        return term

    def _stored_in_instances(self, choices: Sequence[Value], name: str) -> list[Callable[[], Term]]:
        """The values that an attribute may have in one of several objects: instances, and parts of data that
        isn't known, by their source. Empty if there are only instances, or other objects."""
        stored: list[Callable[[], Term]] = []
        unknown: list[Callable[[], Term]] = []
        for choice in choices:
            heap_object = self.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
            origins = heap_object.origins.get(name) if isinstance(heap_object, Instance) else None
            if origins:
                stored += [partial(self.of, origin) for origin in origins]
            elif isinstance(choice, Unknown) and choice.is_data:
                unknown.append(partial(Term, TermKind.SYMBOL, choice.source))
            else:
                return []
        return [*stored, *unknown] if stored and unknown else []

    def _field_of_instance(self, value: Value, made: Instance) -> Term | None:
        """The reply field in an attribute of an instance that was created from the reply, apart from a
        constant that is its default. None if it isn't unique."""
        choices = [choice for choice in alternatives(value) if not isinstance(choice, Text | Const)]
        only = choices[0] if len(choices) == 1 else None
        match = self.matches.get(only.request) if isinstance(only, Reply) else None
        if (
            match is None
            or not isinstance(only, Reply)
            or only.path[:1] != (View.JSON,)
            or len(only.path) != 2
        ):
            return None
        key = self.slot_key(Reply(only.request, (View.JSON,)), str(only.path[1]))
        name = f"{match.operation.id} {View.JSON.value}"
        tree = self._tree(made.site.path)
        node = tree.node(made.site)
        args = [arg.value for arg in node.args] if isinstance(node, cst.Call) else []
        terms = [self._decoded_term(tree, arg, made.frame, name) for arg in args]
        replies = {
            part
            for term in terms
            for part in term.parts()
            if part.kind is TermKind.REPLY and part.detail == name
        }
        return (
            Term(TermKind.FIELD, key.detail, (replies.pop(),))
            if key is not None and len(replies) == 1
            else None
        )

    def _decoded_term(self, tree: Tree, node: cst.BaseExpression, frame: int, name: str) -> Term:
        """The term of an argument. The text of a response, which a model decodes, is its JSON, `name`."""
        term = self.term_at(tree.site(node), frame)
        response = self._response_with_text(term, self.value(tree.site(node), frame))
        return Term(TermKind.REPLY, name, (), response.anchor) if response is not None else term

    def _response_with_text(self, term: Term, value: Value) -> Term | None:
        """The response that a text is a member of, as in a variable. None for any other value."""
        member = term.operands[0] if term.kind is TermKind.CALL and len(term.operands) == 1 else term
        is_text = isinstance(value, Reply) and value.path == (View.TEXT,)
        owner = member.operands[0] if is_text and member.kind is TermKind.ATTRIBUTE else None
        return owner if owner is not None and (owner.kind, owner.detail) == (TermKind.REPLY, "") else None

    def _response(self, tree: Tree, node: cst.BaseExpression, frame: int) -> Term | None:
        """The response that a member belongs to, `response.text` or `response.json()`. None if the request
        isn't in sight."""
        member = node.func if isinstance(node, cst.Call) else node
        owner = self.term_at(tree.site(member.value), frame) if isinstance(member, cst.Attribute) else None
        return owner if owner is not None and (owner.kind, owner.detail) == (TermKind.REPLY, "") else None

    def _item(self, tree: Tree, node: cst.Subscript, frame: int) -> Term:
        owner = self.term_at(tree.site(node.value), frame)
        index = node.slice[0].slice
        if len(node.slice) != 1 or not isinstance(index, cst.Index):
            return self.operation_term(tree, node, frame)
        key = self._field_key(tree, node.value, index.value, frame) or self.term_at(
            tree.site(index.value), frame
        )
        if owner.kind is TermKind.TUPLE and key.detail.startswith("int "):
            return self._unpack(owner, [key.detail.removeprefix("int ")])
        if key.kind is TermKind.FIELD:
            return Term(TermKind.FIELD, key.detail, (owner,))
        key = (
            self._merged_key(self.value(tree.site(node), frame), key)
            or self._spread_key(tree, node, key, frame)
            or key
        )
        term = Term(TermKind.ITEM, "", (owner, key))
        owners = list(alternatives(self.value(tree.site(node.value), frame)))
        contents = [self.facts.heap.objects[choice.id] for choice in owners if isinstance(choice, Ref)]
        records = [content for content in contents if isinstance(content, DictObject)]
        if records and len(records) == len(owners) and key.detail.startswith("str "):
            return self._entry_term(term, records, key.detail.removeprefix("str ")[1:-1])
        return term

    def _entry_term(self, term: Term, records: Sequence[DictObject], name: str) -> Term:
        """The term of an item of one of several dicts, with the values that it may have."""
        owner = term.operands[0]
        entries = [entry for record in records for entry in record.entries.get(name, [])]
        if len(records) == 1:
            record = records[0]
            is_plain = (
                len(entries) == 1 and not entries[0].optional and not (record.has_removals or record.spreads)
            )
            if owner.kind in _MADE and is_plain and owner.anchor == self.anchor(record.site, record.frame):
                return self.argument_term(entries[0].operand, name)
        if all(
            name in record.entries and not record.spreads and record.others is NEVER for record in records
        ):
            self.entry_terms.add(term)
        return self._with_definitions(term, [partial(self.of, entry.operand) for entry in entries])
