"""Readers that replies share with data that keeps the old layout, such as archives and caches."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import libcst as cst

from kognitos_migrate.edits.body.json_text import is_empty_json_text
from kognitos_migrate.edits.calling_contexts import evaluations
from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.edits.doctest_examples import docstrings_with_word
from kognitos_migrate.edits.doctest_replies import examples_of
from kognitos_migrate.edits.refusal import ReplyEscapesError, require_no_escapes
from kognitos_migrate.edits.replies.field_reads import FieldRewrite
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.rulebook.model import Encoding, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.functions import returned_expressions
from kognitos_migrate.syntax.roles import value_assigned_to
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.shapes import container_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, HeapObject, Instance, Iterated, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    Class,
    MemberRef,
    Ref,
    Reply,
    Symbol,
    Unknown,
    Value,
)

_TAKING = ("get", "pop", "popleft", "setdefault")
"""Methods that return an element of a container."""


def require_replies_alone(context: PlanContext, reading: FieldRewrite) -> None:
    """Raises ReplyEscapesError if a field is also read from data that isn't a reply."""
    require_no_escapes(_examples_with_field(context, reading))
    require_no_escapes(_reads_of_other_data(context, reading))


def _reads_of_other_data(context: PlanContext, reading: FieldRewrite) -> Iterator[ReplyEscapesError]:
    """The reads whose field may also be one of data that isn't a reply."""
    name = reading.slot.old.name
    for use in (*reading.reads, *reading.fills):
        owner = _owner(context, use)
        place = next(ForeignSources(context).places(owner), None)
        if place is None and not isinstance(context.node(use.site), cst.Attribute):
            place = foreign_object(context, reading, owner)
        if place is not None:
            message = (
                f"code that reads {name!r} of the response also gets this object, which isn't a response"
            )
            yield ReplyEscapesError(requests_of([use]), place, "stand-in", message)
        elif reading.slot.new.encodings.get(None) is Encoding.ENTRIES and use in reading.fills:
            for site in _sites_setting_field(context, owner, name):
                message = f"this {name!r} replaces the response's, and would have to be a list of entries"
                yield ReplyEscapesError(requests_of([use]), site, "stand-in", message)


def foreign_object(context: PlanContext, reading: FieldRewrite, owner: Site) -> Site | None:
    """The place of a value of an expression that may have the field in the old layout, and isn't a response
    or a dict whose key is renamed. Unknown values don't count: see `ForeignSources`."""
    for choice in context.alternatives_at(owner):
        heap_object = context.facts.heap.get(choice)
        match choice:
            case Reply():
                is_foreign = not _has_no_other_field(context, choice)
            case Ref():
                is_foreign = isinstance(heap_object, Instance) or _may_have_field(
                    context, reading, heap_object
                )
            case _:
                is_foreign = isinstance(choice, Class | Symbol)
        if is_foreign:
            return heap_object.site if heap_object is not None else owner
    return None


def _has_no_other_field(context: PlanContext, reply: Reply) -> bool:
    """Whether a position is a response or its text, or neither version documents it."""
    match = context.matches.get(reply.request)
    if match is None:
        return False
    if reply.path in ((), (View.JSON,), (View.TEXT,)):
        return True
    return reply.path[0] is View.JSON and match.operation.old.reply_field(str(reply.path[1])) is None


def _may_have_field(context: PlanContext, reading: FieldRewrite, record: HeapObject | None) -> bool:
    """Whether a dict of the program may have the field under a key that isn't renamed, or has a key with the
    field's new name."""
    old, new = reading.slot.old.name, reading.slot.new.name
    if not isinstance(record, DictObject) or record.site.path in context.facts.tests:
        return False
    for part in context.facts.heap.with_merged_dicts(record):
        if part.open or part.others is not NEVER or part.names is not NEVER:
            return True
        if (part is not record and old in part.entries) or (new != old and new in part.entries):
            return True
        for choice in (choice for spread in part.spreads for choice in alternatives(spread.value)):
            is_dict = isinstance(context.facts.heap.get(choice), DictObject)
            is_response = isinstance(choice, Reply) and _has_no_other_field(context, choice)
            if not (is_dict or is_response or choice == NONE):
                return True
    return False


def _examples_with_field(context: PlanContext, reading: FieldRewrite) -> Iterator[ReplyEscapesError]:
    """The examples in docstrings that contain the field, which the replies read in the same file must
    have."""
    name = reading.slot.old.name
    uses: defaultdict[str, list[Use]] = defaultdict(list)
    for use in (*reading.reads, *reading.fills) if not context.settings.leaves_examples else ():
        uses[use.site.path].append(use)
    for path, of_file in uses.items():
        for site in docstrings_with_word(context.trees[path], name):
            if examples_of(context, site) is not None:
                continue  # see `migrate_examples`
            message = f"an example in this docstring contains a response with {name!r}"
            yield ReplyEscapesError(requests_of(of_file), site, "stand-in", message)


def _owner(context: PlanContext, use: Use) -> Site:
    """The expression from which a use reads."""
    node = context.node(use.site)
    owner = container_of(node) if use.site == use.operand or isinstance(node, cst.Subscript) else None
    return context.tree(use.site).site(owner) if owner is not None else use.operand


def _sites_setting_field(context: PlanContext, owner: Site, name: str) -> Iterator[Site]:
    """The expressions that put a field with a value into a dict of the program, outside of tests."""
    for choice in (choice for choice in context.alternatives_at(owner)):
        record = context.facts.heap.get(choice)
        entries = record.entries.get(name, ()) if isinstance(record, DictObject) else ()
        for entry in entries:
            if entry.holder.path not in context.facts.tests and not all(
                entry_value == NONE or is_empty_json_text(entry_value)
                for entry_value in alternatives(entry.operand.value)
            ):
                yield entry.holder


class ContainerSource(Struct, frozen=True):
    """The source of an unknown value whose expression evaluates to something else: the value is an element,
    or a component."""

    site: Site


class ForeignSources(Struct):
    """A search for the expressions from which an unknown value comes."""

    context: PlanContext
    visited: set[Site] | None = None

    def places(self, site: Site) -> Iterator[Site]:
        """The sources of the unknown values of an expression. Elements that a container lacks don't count."""
        self.visited = self.visited if self.visited is not None else set()
        if site in self.visited or not _has_unknown(self.context.values_at(site)):
            return
        self.visited.add(site)
        tree, node = self.context.tree(site), self.context.node(site)
        sources = list(self._sources(tree, node))
        if not any(map(self._explains, sources)):
            yield site
        for source in sources:
            if isinstance(source, ContainerSource):
                yield source.site
            elif source is not None:
                yield from self.places(source)

    def _explains(self, source: Site | ContainerSource | None) -> bool:
        """Whether an unknown value can come from a source."""
        return not isinstance(source, Site) or _has_unknown(self.context.values_at(source))

    def _sources(self, tree: Tree, node: cst.CSTNode) -> Iterator[Site | ContainerSource | None]:
        """The expressions that an expression gets its value from; None for an element that is missing. Empty
        if the expression is itself the source."""
        match node:
            case cst.Name():
                yield from self._name_sources(tree, node)
            case cst.Await():
                yield tree.site(node.expression)
            case cst.IfExp():
                yield from (tree.site(node.body), tree.site(node.orelse))
            case cst.BooleanOperation():
                yield from (tree.site(node.left), tree.site(node.right))
            case cst.NamedExpr():
                yield tree.site(node.value)
            case cst.Comparison():
                yield tree.site(node.left)
                yield from (tree.site(target.comparator) for target in node.comparisons)
            case cst.Attribute():
                yield tree.site(node.value)
            case cst.Subscript():
                yield from self._container_sources(tree.site(node.value))
            case cst.Call() if self.context.callees(tree.site(node)):
                yield from self._returned_sites(tree.site(node))
                if _has_unknown(self.context.values_at(tree.site(node.func))):
                    yield tree.site(node.func)
            case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(method))) if method in _TAKING:
                yield from self._container_sources(tree.site(owner))
            case _:
                return

    def _container_sources(self, owner: Site) -> Iterator[Site | ContainerSource | None]:
        """The sources of a container's elements; None if only a missing element is unknown."""
        values = self.context.values_at(owner)
        if _has_unknown(values):
            yield owner
        else:
            yield ContainerSource(owner) if _has_unknown(self._contained_values(values)) else None

    def _contained_values(self, values: Iterable[Value]) -> Iterator[Value]:
        for choice in (choice for value in values for choice in alternatives(value)):
            heap_object = self.context.facts.heap.get(choice)
            if isinstance(heap_object, SequenceObject):
                yield heap_object.element()
            elif isinstance(heap_object, Iterated):
                yield heap_object.element
            elif isinstance(heap_object, DictObject):
                yield from (heap_object.any_entry(), heap_object.others)

    def _returned_sites(self, call: Site) -> Iterator[Site]:
        """The return values of the functions of the program that a call runs."""
        for function in self.context.callees(call):
            tree, definition = self.context.tree(function), self.context.node(function)
            yield from map(tree.site, returned_expressions(tree, definition))

    def _name_sources(self, tree: Tree, name: cst.Name) -> Iterator[Site | ContainerSource | None]:
        """The sources of a variable's bindings and a parameter's arguments."""
        variables, scope = tree.memoize(Variables), self._inner(tree, name)
        while True:
            bound = list(variables.bindings(scope, name.value))
            arguments = [] if isinstance(scope, cst.Module) else self._arguments(tree.site(scope), name.value)
            if bound or arguments or isinstance(scope, cst.Module):
                break
            scope = self._inner(tree, scope)
        for argument in arguments:
            yield from self._argument_source(argument)
        for target in bound:
            yield from self._target_sources(tree, target)

    def _inner(self, tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost function around a node, or else the module."""
        function = tree.enclosing(node, cst.FunctionDef, cst.Lambda)
        return function if function is not None else tree.module

    def _arguments(self, function: Site, parameter: str) -> list[Operand]:
        frames = (frame for frame in self.context.facts.frames if frame.function == function)
        return [frame.arguments[parameter] for frame in frames if parameter in frame.arguments]

    def _argument_source(self, argument: Operand) -> Iterator[Site | ContainerSource]:
        """The expression of an argument, or an origin if the argument is an element of it."""
        if _has_unknown([argument.value]) and not _has_unknown(self.context.values_at(argument.site)):
            yield ContainerSource(argument.site)
        else:
            yield argument.site

    def _target_sources(self, tree: Tree, target: cst.Name) -> Iterator[Site | ContainerSource | None]:
        value = value_assigned_to(tree, target)
        if value is not None:
            yield tree.site(value)
            return
        match tree.parent(target):
            case cst.For(loop_target, iterable) | cst.CompFor(loop_target, iterable) if loop_target is target:
                yield from self._container_sources(tree.site(iterable))
            case cst.AsName() as name if isinstance(item := tree.parent(name), cst.WithItem):
                is_same = self._is_unknown_where(tree.site(target), tree.site(item.item))
                yield tree.site(item.item) if is_same else ContainerSource(tree.site(target))
            case _:
                yield ContainerSource(tree.site(target))

    def _is_unknown_where(self, entered: Site, manager: Site) -> bool:
        """Whether a context manager is unknown in each frame in which the object that it returns is."""
        return all(
            _has_unknown([self.context.value(manager, frame)])
            for frame in self.context.memoize(evaluations).get(entered, ())
            if _has_unknown([self.context.value(entered, frame)])
        )


def _has_unknown(values: Iterable[Value]) -> bool:
    choices = (choice for value in values for choice in alternatives(value))
    return any(
        isinstance(choice, Unknown) or (isinstance(choice, MemberRef) and _has_unknown([choice.receiver]))
        for choice in choices
    )
