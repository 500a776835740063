"""The memory locations that code writes, itself and in the functions that it runs.

A call writes what its functions write. A method that isn't known to leave its receiver as it is may write any
item of it, and code that isn't analysed may write any field of the objects that it gets, and of those that
they hold.
"""

import sys
from ast import literal_eval
from collections.abc import Collection, Iterable, Iterator

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import (
    ENVIRONMENT,
    ENVIRONMENT_WRITERS,
    FieldKind,
    FieldLocation,
    LocationSet,
    executed_functions,
    field_in,
    field_of,
    functions_run_by,
    literal_key,
)
from kognitos_migrate.interpret.ini_options import is_parser
from kognitos_migrate.interpret.library_effects import leaves_arguments, leaves_objects
from kognitos_migrate.interpret.names import NAMESPACE
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind, values_in_object
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import is_assigned
from kognitos_migrate.syntax.scopes import Scopes, Variable, is_bound, is_parameter
from kognitos_migrate.syntax.shapes import last_name, receiver_of, string_value
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Namespace
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    Bound,
    Class,
    Const,
    Function,
    MemberRef,
    ModuleRef,
    Ref,
    Reply,
    Symbol,
    Text,
    Value,
)

_OWN = (Function, Bound, Class)
_CONSTRUCTORS = ("__init__", "__new__", "__post_init__", "__attrs_post_init__", "__set_name__")
_RUN_BY_SYNTAX = (*_CONSTRUCTORS, "__call__", "__enter__", "__exit__", "__aenter__", "__aexit__")
"""Special methods that run where a call or a `with` statement shows it."""
_NAMES_OF_ALL = ("__dict__", "__class__")
"""Attributes that replace all others when they are set."""


def locations_written(context: PlanContext, tree: Tree, nodes: Iterable[cst.CSTNode]) -> LocationSet:
    """The locations that `nodes` may write, themselves and in the functions that they run. Nodes inside them
    don't count."""
    implicit = context.memoize(_implicit_writes)
    locations = LocationSet(set(implicit.variables), list(implicit.fields))
    functions: set[Site] = set()
    for node in nodes:
        _note_write(context, tree, node, locations)
        for site in functions_run_by(context, tree, node):
            functions |= {site, *executed_functions(context, context.tree(site), [context.node(site)])}
    for function in functions:
        _note_writes_of(context, function, locations)
    return locations


def _implicit_writes(context: PlanContext) -> LocationSet:
    """The writes of special methods that no call shows, such as those that run for `==`, `str()` or `del`.
    They may run anywhere."""
    locations = LocationSet(set(), [])
    for tree in context.trees.values():
        for definition in tree.of_kind(cst.FunctionDef):
            if _is_implicit(definition):
                for site in {tree.site(definition), *executed_functions(context, tree, [definition])}:
                    _note_writes_of(context, site, locations)
    return locations


def _is_implicit(definition: cst.FunctionDef) -> bool:
    name = definition.name.value
    return name.startswith("__") and name.endswith("__") and name not in _RUN_BY_SYNTAX


def _note_writes_of(context: PlanContext, function: Site, locations: LocationSet) -> None:
    """Add the locations that a function writes, but for those of a new object in its constructor."""
    tree, definition = context.tree(function), context.node(function)
    written = LocationSet(set(), [])
    for part in tree.descendants(definition):
        if not initializes_receiver(tree, part):
            _note_write(context, tree, part, written)
    first, end = function.node, tree.end(definition)
    locations.fields.extend(written.fields)
    locations.variables.update(
        variable for variable in written.variables if not first <= variable.scope < end
    )


def own_locations_written(context: PlanContext, tree: Tree, node: cst.CSTNode) -> LocationSet:
    """The locations that a node may write itself, without the nodes inside it."""
    by_node = context.memoize(_own_locations)
    site = tree.site(node)
    if site not in by_node:
        by_node[site] = _locations_of_node(context, tree, node)
    return by_node[site]


def _own_locations(_: PlanContext) -> dict[Site, LocationSet]:
    """The locations by node, filled on demand."""
    return {}


def initializes_receiver(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a node is inside a method that builds an instance, outside of loops, and is an attribute of its
    receiver, or a call with the receiver as first argument."""
    match node, tree.enclosing(node, cst.FunctionDef, cst.Lambda):
        case (
            cst.Attribute(cst.Name(owner)) | cst.Call(args=[cst.Arg(cst.Name(owner)), *_]),
            cst.FunctionDef(params=cst.Parameters(params=[receiver, *_])) as function,
        ) if _is_constructor(function):
            loops = tree.enclosing(node, cst.For, cst.While)
            is_looped = loops is not None and function in tree.ancestors(loops)
            return not is_looped and bool(owner == receiver.name.value)
    return False


def _is_constructor(definition: cst.CSTNode) -> bool:
    return isinstance(definition, cst.FunctionDef) and definition.name.value in _CONSTRUCTORS


def _is_in_constructor(tree: Tree, node: cst.CSTNode) -> bool:
    function = tree.enclosing(node, cst.FunctionDef)
    return function is not None and _is_constructor(function)


def _note_write(context: PlanContext, tree: Tree, node: cst.CSTNode, locations: LocationSet) -> None:
    """Add the locations that a node writes, without the nodes inside it."""
    if isinstance(node, cst.Name | cst.Attribute | cst.Subscript | cst.AugAssign | cst.Call):
        own = own_locations_written(context, tree, node)
        locations.variables.update(own.variables)
        locations.fields.extend(own.fields)


def _locations_of_node(context: PlanContext, tree: Tree, node: cst.CSTNode) -> LocationSet:
    locations = LocationSet(set(), [])
    if isinstance(node, cst.Name) and is_bound(tree, node) and not is_parameter(tree, node):
        locations.variables.add(tree.memoize(Scopes).variable(node))
    for location in _fields_written(context, tree, node):
        locations.fields.extend(
            (location, *_in_namespace(context, location), *_by_other_kind(context, location))
        )
        locations.variables.update(_globals_of(context, location))
    return locations


def _fields_written(context: PlanContext, tree: Tree, node: cst.CSTNode) -> Iterator[FieldLocation]:
    sections = context.memoize(_sections_of_parsers)
    for location in _fields_named(context, tree, node):
        yield location
        # An option may be inherited, interpolated, or spelled in another case.
        if any(is_parser(choice) or choice in sections for choice in location.values(context)):
            for section in sections:
                yield FieldLocation(FieldKind.ITEM, None, location.owner, None, section)


def _sections_of_parsers(context: PlanContext) -> Collection[Value]:
    """The sections that parsers of settings files show."""
    return {value for value in _values_behind(context, context.facts.options) if isinstance(value, Ref)}


def _fields_named(context: PlanContext, tree: Tree, node: cst.CSTNode) -> Iterator[FieldLocation]:
    """The fields of the objects that a node names, or passes on. The sections that a parser of settings files
    shows are not among them."""
    match node:
        case cst.Attribute() | cst.Subscript() if is_assigned(tree, node):
            location = field_of(tree, node)
            yield replace(location, name=None) if location.name in _NAMES_OF_ALL else location
        case cst.AugAssign():
            yield from _mutated_at(context, tree.site(node))
        case cst.Call():
            yield from _written_by(context, tree, node)
            yield from _mutated_at(context, tree.site(node))


def _globals_of(context: PlanContext, location: FieldLocation) -> Iterator[Variable]:
    """The module variables that an attribute of a module may be, or an item of its `globals()`."""
    for choice in location.values(context):
        if location.kind is FieldKind.ATTRIBUTE:
            path, name = choice.path if isinstance(choice, ModuleRef) else None, location.name
        else:
            path, name = namespace_path(choice), location.name and str(literal_eval(location.name))
        if path is not None and path in context.trees:
            tree = context.trees[path]
            variables = tree.memoize(Scopes).variables_of(tree.module)
            yield from (variable for variable in variables if name in (None, variable.name))


def _in_namespace(context: ProgramFacts, location: FieldLocation) -> Iterator[FieldLocation]:
    """The attributes that an item of an instance's `__dict__` is, and those that a changed one may be."""
    for choice in location.values(context) if location.kind is FieldKind.ITEM else ():
        if (instance := namespace_instance(context, choice)) is not None:
            name = location.name and str(literal_eval(location.name))
            yield FieldLocation(FieldKind.ATTRIBUTE, name, location.owner, None, instance)


def _by_other_kind(context: ProgramFacts, location: FieldLocation) -> Iterator[FieldLocation]:
    """The field of the other kind that is one with a field of a mapping whose entries are attributes, too."""
    for choice in location.values(context):
        record = context.facts.heap.get(choice)
        if isinstance(record, DictObject) and record.has_attributes:
            is_item, name = location.kind is FieldKind.ITEM, location.name
            kind = FieldKind.ATTRIBUTE if is_item else FieldKind.ITEM
            if name is not None:
                name = str(literal_eval(name)) if is_item else repr(name)
            yield FieldLocation(kind, name, location.owner, None, choice)


def _mutated_at(context: ProgramFacts, place: Site) -> Iterator[FieldLocation]:
    """The fields of objects that an operator or a call of unknown code may write without naming them: through
    a bound method, an alias, a callback, or an object that holds them."""
    changing = [
        mutation.value
        for mutation in context.facts.mutations.get(place, ())
        if not leaves_objects(mutation.function)
    ]
    for value in (*_values_behind(context, changing), *context.memoize(_objects_written).get(place, ())):
        for kind in FieldKind:
            yield FieldLocation(kind, None, place, None, value)


def _values_behind(context: ProgramFacts, values: Collection[Value]) -> Collection[Value]:
    """The values, and those in the objects that are reachable from them."""
    contents = [
        choice
        for heap_object in heap_objects_behind(values, context.facts.heap)
        for content in values_in_object(heap_object)
        for choice in alternatives(content)
    ]
    return dict.fromkeys([*values, *contents])


def _objects_written(context: ProgramFacts) -> dict[Site, list[Value]]:
    """By site: the objects on the heap whose entries are set there."""
    objects: dict[Site, list[Value]] = {}
    for ref, by_operand in context.facts.accesses.items():
        for operand, accesses in by_operand.items():
            for access in accesses:
                if access.kind is AccessKind.WRITE and not _is_receiver(context, operand, access.place):
                    objects.setdefault(access.place, []).append(ref)
    return objects


def _is_receiver(context: ProgramTrees, operand: Site, call: Site) -> bool:
    return receiver_of(context.node(call)) is context.node(operand)


def _written_by(context: PlanContext, tree: Tree, call: cst.Call) -> Iterator[FieldLocation]:
    """The fields that a call may write of the objects that it names."""
    name, receiver = last_name(call.func), receiver_of(call)
    if name in ("setattr", "delattr", "__setattr__", "__delattr__") and call.args:
        is_method = receiver is not None and len(call.args) < (2 if name == "__delattr__" else 3)
        owner = receiver if is_method and receiver is not None else call.args[0].value
        key = string_value(call.args[0 if is_method else min(1, len(call.args) - 1)].value)
        yield field_in(tree, FieldKind.ATTRIBUTE, key, owner)
    if name in ENVIRONMENT_WRITERS:
        yield replace(field_in(tree, FieldKind.ITEM, None, call.func), value=ENVIRONMENT)
    if receiver is not None and name in _CONSTRUCTORS and not _is_in_constructor(tree, call):
        yield field_in(tree, FieldKind.ATTRIBUTE, None, receiver)
    if _may_change_receiver(context, tree, call):
        yield from _items_changed(context, tree, call)
    if _may_run_unknown_code(context, tree, call):
        for arg in call.args:
            if isinstance(arg.value, cst.Name | cst.Attribute):
                for kind in FieldKind:
                    yield field_in(tree, kind, None, arg.value)


def _items_changed(context: PlanContext, tree: Tree, call: cst.Call) -> Iterator[FieldLocation]:
    """The items that a method may change of its receiver."""
    name, receiver = last_name(call.func), receiver_of(call)
    if receiver is None:
        for callee in context.alternatives_at(tree.site(call.func)):
            if isinstance(callee, MemberRef):  # `add = rows.append; add(row)`
                yield FieldLocation(FieldKind.ITEM, None, tree.site(call), None, callee.receiver)
        return
    keywords = [arg.keyword.value for arg in call.args if arg.keyword is not None]
    if name == "update" and keywords and len(keywords) == len(call.args):
        for keyword in keywords:
            yield field_in(tree, FieldKind.ITEM, repr(keyword), receiver)
    else:
        is_keyed = name in ("pop", "setdefault", "__setitem__", "__delitem__") and bool(call.args)
        yield field_in(tree, FieldKind.ITEM, literal_key(call.args[0].value) if is_keyed else None, receiver)


def _may_change_receiver(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call may be one of a method of a library that changes its receiver."""
    if tree.site(call) in context.requests.by_call:
        return False
    callees = context.alternatives_at(tree.site(call.func))
    if receiver_of(call) is None:
        return any(isinstance(callee, MemberRef) and not leaves_objects(callee.name) for callee in callees)
    is_own = bool(callees) and all(isinstance(callee, _OWN) for callee in callees)
    is_harmless = bool(callees) and all(map(_leaves_owner, callees))
    return not is_own and not is_harmless and not leaves_objects(last_name(call.func) or "")


def _leaves_owner(callee: Value) -> bool:
    """Whether a value is a method of a text or a response, or a function of a module of the standard library,
    but for the methods of the environment and of the module's own lists (`sys.argv.clear`)."""
    if isinstance(callee, MemberRef):
        owner = callee.receiver
        return isinstance(owner, Text | Const) or (isinstance(owner, Reply) and not owner.path)
    if not isinstance(callee, Symbol) or callee.name.startswith(f"{ENVIRONMENT.name}."):
        return False
    module, *_, name = callee.name.split(".")
    is_method = callee.name.count(".") > 1 and any(hasattr(kind, name) for kind in (list, dict, set))
    return module in sys.stdlib_module_names and not is_method


def _may_run_unknown_code(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call may run code that is neither the program's nor an HTTP client's, and isn't known to
    leave its arguments as they are."""
    if tree.site(call) in context.requests.by_call:
        return False
    callees = context.alternatives_at(tree.site(call.func))
    return not callees or not all(
        isinstance(callee, _OWN) or leaves_arguments(callee, call) for callee in callees
    )


def namespace_path(value: Value) -> str | None:
    """The path of the module whose namespace dict a value is; None for any other value."""
    is_module = isinstance(value, MemberRef) and value.name == NAMESPACE
    owner = value.receiver if is_module and isinstance(value, MemberRef) else None
    return owner.path if isinstance(owner, ModuleRef) else None


def namespace_instance(context: ProgramFacts, value: Value) -> Ref | None:
    """The instance whose attributes a value is the dict of; None for any other value."""
    namespace = context.facts.heap.get(value)
    owner = namespace.owner if isinstance(namespace, Namespace) else None
    return context.memoize(_instances_by_id).get(id(owner)) if owner is not None else None


def _instances_by_id(context: ProgramFacts) -> dict[int, Ref]:
    """The instances on the heap, by `id`."""
    objects = enumerate(context.facts.heap.objects)
    return {id(each): Ref(number) for number, each in objects if isinstance(each, Instance)}
