"""Memory locations that code reads and writes: variables, and fields of objects (mod/ref).

Two accesses of a field may meet if their names may be equal and their owners may be one object. The analysis
follows the functions of the program that the code runs."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.interpret.library_effects import leaves_receiver
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.syntax.roles import call_of
from kognitos_migrate.syntax.scopes import Scopes, Variable, is_bound
from kognitos_migrate.syntax.shapes import (
    index_of,
    last_name,
    literal_text,
    method_name,
    receiver_of,
)
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Iterated, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    Bound,
    Class,
    Function,
    ModuleRef,
    Ref,
    Symbol,
    Unknown,
    Value,
)

_KEYED = ("get", "getenv", "pop", "setdefault", "getlist", "__getitem__")
"""Methods whose first argument is a key."""
ENVIRONMENT_WRITERS = ("load_dotenv", "putenv", "unsetenv", "reload")
"""Library functions that change the process environment, or a module."""
ENVIRONMENT = Symbol("os.environ")


class FieldKind(Enum):
    """The two kinds of fields."""

    ITEM = "item"
    ATTRIBUTE = "attribute"


class FieldLocation(Struct, frozen=True):
    """A field of an object. `name` is None if it may be any field. `owner` is the object's expression, and
    `root` the variable from which it is reached. `value` is the object itself if `owner` doesn't evaluate to
    it."""

    kind: FieldKind
    name: str | None
    owner: Site
    root: Variable | None
    value: Value | None = None

    def values(self, context: ProgramFacts) -> list[Value]:
        """The values that the object may be."""
        return list(alternatives(self.value)) if self.value is not None else _choices(context, self.owner)


def _choices(context: ProgramFacts, site: Site) -> list[Value]:
    return context.alternatives_at(site)


class LocationSet(Struct):
    """A set of memory locations."""

    variables: set[Variable]
    fields: list[FieldLocation]


def locations_read(context: ProgramFacts, site: Site) -> LocationSet:
    """The locations that an expression reads, itself and in the functions that it runs."""
    locations = LocationSet(set(), [])
    tree, node = context.tree(site), context.node(site)
    for part in tree.descendants(node):
        _note_read(context, tree, part, locations)
    for function in executed_functions(context, tree, [node]):
        inner, read = context.tree(function), LocationSet(set(), [])
        first, end = function.node, inner.end(context.node(function))
        for part in inner.descendants(context.node(function)):
            _note_read(context, inner, part, read)
        locations.fields.extend(read.fields)
        locations.variables.update(
            variable for variable in read.variables if not first <= variable.scope < end
        )
    return locations


def variables_in(tree: Tree, node: cst.CSTNode) -> list[cst.Name]:
    """The names inside an expression that read variables."""
    return [name for name in tree.descendants_of_kind(node, cst.Name) if _is_read(tree, name)]


def _note_read(context: ProgramFacts, tree: Tree, node: cst.CSTNode, locations: LocationSet) -> None:
    if isinstance(node, cst.Name | cst.Attribute | cst.Subscript) and _reads_whole_container(
        context, tree, node
    ):
        locations.fields.append(field_in(tree, FieldKind.ITEM, None, node))
    match node:
        case cst.Name() if _is_read(tree, node):
            locations.variables.add(tree.memoize(Scopes).variable(node))
        case cst.Attribute() | cst.Subscript() if not _is_pure_method(tree, node):
            locations.fields.append(field_of(tree, node))
        case cst.Call(func, [cst.Arg(key), *_]) if last_name(func) in _KEYED:
            owner = receiver_of(node) or func
            location = field_in(tree, FieldKind.ITEM, literal_key(key), owner)
            is_environment = Symbol("os.getenv") in _choices(context, tree.site(func))
            locations.fields.append(replace(location, value=ENVIRONMENT) if is_environment else location)


def _reads_whole_container(context: ProgramFacts, tree: Tree, node: cst.BaseExpression) -> bool:
    """Whether an expression reads a container as a whole, as in `len(rows)`, and not one item of it."""
    parent = tree.parent(node)
    if isinstance(parent, cst.AssignTarget) or (isinstance(parent, cst.Subscript) and parent.value is node):
        return False
    values = _choices(context, tree.site(node))
    return _are_objects(values) and any(
        isinstance(context.facts.heap[ref], DictObject | SequenceObject | Iterated)
        for ref in values
        if isinstance(ref, Ref)
    )


def _is_pure_method(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an attribute is a method that is called here and only reads its receiver."""
    return leaves_receiver(method_name(call_of(tree, node)))


def _is_read(tree: Tree, node: cst.Name) -> bool:
    match tree.parent(node):
        case cst.Attribute(owner) | cst.Arg(owner):
            return owner is node
        case cst.ImportAlias() | cst.Param() | cst.NameItem():
            return False
    return not is_bound(tree, node)


def field_of(tree: Tree, node: cst.Attribute | cst.Subscript) -> FieldLocation:
    """The field that an attribute or a subscript names."""
    if isinstance(node, cst.Attribute):
        return field_in(tree, FieldKind.ATTRIBUTE, node.attr.value, node.value)
    return field_in(tree, FieldKind.ITEM, literal_key(index_of(node)), node.value)


def field_in(tree: Tree, kind: FieldKind, name: str | None, owner: cst.CSTNode) -> FieldLocation:
    root: cst.CSTNode = owner
    while isinstance(root, cst.Attribute | cst.Subscript):
        root = root.value
    variable = tree.memoize(Scopes).variable(root) if isinstance(root, cst.Name) else None
    return FieldLocation(kind, name, tree.site(owner), variable)


def literal_key(node: cst.BaseExpression | None) -> str | None:
    """A literal key as source text; None for any other key."""
    match node:
        case cst.SimpleString():
            return repr(literal_text(node))
        case cst.Integer(value):
            return str(value)
    return None


def executed_functions(context: ProgramFacts, tree: Tree, nodes: Iterable[cst.CSTNode]) -> set[Site]:
    """The functions of the program that code runs, directly or indirectly."""
    functions: set[Site] = set()
    waiting = [
        site
        for node in nodes
        for part in tree.descendants(node)
        for site in functions_run_by(context, tree, part)
    ]
    while waiting:
        site = waiting.pop()
        if site not in functions:
            functions.add(site)
            inner = context.tree(site)
            for part in inner.descendants(context.node(site)):
                waiting.extend(functions_run_by(context, inner, part))
    return functions


def functions_run_by(context: ProgramFacts, tree: Tree, node: cst.CSTNode) -> Sequence[Site]:
    """The functions that a node runs itself: as a call, a property, an operator or another special method.
    A call may run the functions that it gets."""
    by_node = context.memoize(_functions_by_node)
    site = tree.site(node)
    if site not in by_node:
        by_node[site] = tuple(_functions_of_node(context, tree, node))
    return by_node[site]


def _functions_by_node(_: ProgramFacts) -> dict[Site, Sequence[Site]]:
    """The functions by the node that runs them, filled on demand."""
    return {}


def _functions_of_node(context: ProgramFacts, tree: Tree, node: cst.CSTNode) -> Iterator[Site]:
    yield from context.callees(tree.site(node))
    for arg in node.args if isinstance(node, cst.Call) else ():
        for value in context.alternatives_at(tree.site(arg.value)):
            function = value.function if isinstance(value, Bound) else value
            if isinstance(function, Function):
                yield function.site


def may_alias(context: PlanContext, left: FieldLocation, right: FieldLocation) -> bool:
    """Whether two fields may be one location."""
    if left.kind is not right.kind or not (left.name == right.name or None in (left.name, right.name)):
        return False
    if left.name is None or right.name is None:
        if left.root is not None and left.root == right.root:
            return True
    mine, theirs = left.values(context), right.values(context)
    if _are_objects(mine) and _are_objects(theirs):
        return not set(mine).isdisjoint(theirs)
    if left.name is None or right.name is None:
        return any(may_be_same_object(value, each) for value in mine for each in theirs)
    return not _are_of_other_classes(context, left, right)


def may_be_same_object(value: Value, other: Value) -> bool:
    """Whether two mutable values may be one object."""
    if isinstance(value, Unknown) and isinstance(other, Unknown):
        has_same_maker = bool(value.maker) and value.maker == other.maker  # one may be a part of the other
        if value.public is not other.public:
            return has_same_maker  # what users set has a name everywhere
        return has_same_maker or value.source == other.source or "" in (value.source, other.source)
    return value == other


def _are_objects(values: Collection[Value]) -> bool:
    return bool(values) and all(isinstance(value, Ref) for value in values)


def are_same_object(context: ProgramFacts, left: Site, right: Site) -> bool:
    """Whether two expressions are known to share an object."""
    mine, theirs = _choices(context, left), _choices(context, right)
    return _are_objects(mine) and _are_objects(theirs) and not set(mine).isdisjoint(theirs)


def _are_of_other_classes(context: PlanContext, left: FieldLocation, right: FieldLocation) -> bool:
    """Whether the owners of two fields surely have different classes."""
    mine, theirs = _kinds(context, left), _kinds(context, right)
    return bool(mine) and bool(theirs) and mine.isdisjoint(theirs)


def _kinds(context: PlanContext, location: FieldLocation) -> frozenset[object]:
    kinds: set[object] = set()
    for choice in location.values(context):
        if isinstance(choice, Ref):
            heap_object = context.facts.heap[choice]
            kinds.add(heap_object.cls if isinstance(heap_object, Instance) else type(heap_object))
        elif isinstance(choice, Symbol | ModuleRef | Class):
            kinds.add(choice)
        else:
            return frozenset()
    return frozenset(kinds)
