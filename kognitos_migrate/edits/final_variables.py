"""Final variables and fields, which are bound exactly once, and decoded data that nothing else reaches.

CONFIG = tomllib.load(file)["service"]   # no other name has this object,
url = CONFIG["hosts"]["eu"]              # and reads of single entries hand no part of it on
"""

from functools import partial

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import FieldKind, FieldLocation, LocationSet, may_alias
from kognitos_migrate.edits.written_locations import (
    initializes_receiver,
    namespace_path,
    own_locations_written,
)
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import LOOPS
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.roles import assignment_to, is_assigned, is_keyword
from kognitos_migrate.syntax.scopes import (
    COMPREHENSIONS,
    FUNCTIONS,
    Scopes,
    Variable,
    function_around,
    is_bound,
)
from kognitos_migrate.syntax.shapes import index_of, string_value
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.lattice import Class, Ref, Symbol, Unknown


def is_unshared_data(context: PlanContext, field: FieldLocation) -> bool:
    """Whether a field is an item of decoded data in a module's variable, and neither the object with the
    field nor one around it is read as a whole."""
    if (
        field.kind is not FieldKind.ITEM
        or field.root is None
        or not _is_bound_to_new_data(context, field.root)
    ):
        return False
    tree = context.tree(field.owner)
    keys = _keys_of(tree.node(field.owner))
    values = field.values(context)
    is_data = bool(values) and all(isinstance(value, Unknown) and value.is_data for value in values)
    return is_data and keys is not None and not _is_read_as_whole(context, field.root.name, keys)


def _is_bound_to_new_data(context: PlanContext, variable: Variable) -> bool:
    """Whether a module's variable is bound once, to what a library returns, or an item of that."""
    tree = context.trees[variable.path]
    bindings = tree.memoize(Scopes).bindings(variable)
    if len(bindings) != 1 or not isinstance(tree.nodes[variable.scope], cst.Module):
        return False
    assignment = assignment_to(tree, bindings[0])
    value: cst.CSTNode | None = assignment.value if assignment is not None else None
    while isinstance(value, cst.Subscript):
        value = value.value
    if not isinstance(value, cst.Call):
        return False
    callees = context.alternatives_at(tree.site(value.func))
    return bool(callees) and all(isinstance(callee, Symbol) for callee in callees)


def _keys_of(node: cst.CSTNode, start: cst.CSTNode | None = None) -> tuple[str, ...] | None:
    """The keys from a variable (or `start`) to an item of it. None if one isn't a literal."""
    keys: list[str] = []
    while isinstance(node, cst.Subscript) and node is not start:
        key = string_value(index_of(node))
        if key is None:
            return None
        keys.insert(0, key)
        node = node.value
    return tuple(keys)


def _is_read_as_whole(context: PlanContext, name: str, keys: tuple[str, ...]) -> bool:
    """Whether code reads the object at `keys`, or one around it, other than for an item with a literal key.
    Raises NeedsFullParseError if a function that isn't parsed mentions the variable."""
    for tree in context.trees.values():
        if tree.gaps.mentions(name):
            raise NeedsFullParseError(tree.path)
        for node in tree.names_spelled(name):
            parent = tree.parent(node)
            if is_keyword(tree, node) or (isinstance(parent, cst.ImportAlias) and parent.asname is None):
                continue
            if is_bound(tree, node):
                continue
            read: cst.CSTNode = node
            if isinstance(parent, cst.Attribute) and parent.attr is node:
                read = parent
            item = _item_read(tree, read)
            own = _keys_of(item, read) or ()
            if own == keys[: len(own)] or is_assigned(tree, item):
                return True
    return False


def _item_read(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The item with literal keys that is read from an expression, or the expression itself."""
    while isinstance(parent := tree.parent(node), cst.Subscript) and parent.value is node:
        if string_value(index_of(parent)) is None:
            break
        node = parent
    return node


def are_constant_locations(context: PlanContext, read: LocationSet) -> bool:
    """Whether each of the locations has the same value at all times."""
    return all(
        is_final(context, variable) and is_module_variable(context, variable) for variable in read.variables
    ) and all(
        is_final_field(context, field) and field.root is not None and is_module_variable(context, field.root)
        for field in read.fields
    )


def is_module_variable(context: ProgramTrees, variable: Variable) -> bool:
    """Whether a variable belongs to a module, and so exists once."""
    return isinstance(context.trees[variable.path].nodes[variable.scope], cst.Module)


def is_final(context: PlanContext, variable: Variable) -> bool:
    """Whether a variable gets one value in each activation of its scope, outside of loops."""
    tree = context.trees[variable.path]
    bindings = tree.memoize(Scopes).bindings(variable)
    if not bindings:
        return True  # a builtin
    if is_module_variable(context, variable):
        if tree.gaps.mentions(variable.name):
            raise NeedsFullParseError(tree.path)
        if is_set_from_outside(context, variable):
            return False
    owner = tree.nodes[variable.scope]
    if len(bindings) > 1 or isinstance(owner, COMPREHENSIONS):
        return False
    loops = [ancestor for ancestor in tree.ancestors(bindings[0]) if isinstance(ancestor, LOOPS)]
    loops_in_scope = [loop for loop in loops if owner in tree.ancestors(loop)]
    return function_around(tree, bindings[0]) is _home_of(tree, owner) and not loops_in_scope


def _home_of(tree: Tree, owner: cst.CSTNode) -> cst.CSTNode:
    return owner if isinstance(owner, (cst.Module, *FUNCTIONS)) else function_around(tree, owner)


def is_set_from_outside(context: PlanContext, variable: Variable) -> bool:
    """Whether code binds a module's variable by its name, or assigns to an attribute or an item of a
    namespace that may be the variable."""
    if (variable.path, variable.name) in context.facts.rebound:
        return True
    attributes = _stores_of(context, FieldKind.ATTRIBUTE, variable.name)
    items = _stores_of(context, FieldKind.ITEM, repr(variable.name))
    return any(
        not _is_of_instance(context, store.field) for store in attributes if store.field.name is not None
    ) or any(
        namespace_path(value) == variable.path for store in items for value in store.field.values(context)
    )


def _is_of_instance(context: ProgramFacts, field: FieldLocation) -> bool:
    choices = context.alternatives_at(field.owner)
    return bool(choices) and all(isinstance(choice, Ref) for choice in choices)


def is_final_field(context: PlanContext, field: FieldLocation) -> bool:
    """Whether a field keeps the value that it gets when its object is created."""
    if field.name is None or is_computed(context, field):
        return False
    for tree in context.trees.values():
        if tree.gaps.may_set(field.name.strip("'\"")):
            raise NeedsFullParseError(tree.path)
    stores = [
        store
        for store in _stores_of(context, field.kind, field.name)
        if may_alias(context, field, store.field)
    ]
    is_kept = len(stores) <= 1 and all(store.constructs for store in stores)
    return is_kept or is_unshared_data(context, field)


def is_computed(context: PlanContext, field: FieldLocation) -> bool:
    """Whether an attribute of one of the program's instances is computed, as by `__getattr__`: nothing stores
    it, and no class defines it."""
    if field.kind is not FieldKind.ATTRIBUTE or field.name is None or field.value is not None:
        return False
    owners = [choice for choice in context.alternatives_at(field.owner) if isinstance(choice, Ref)]
    instances = [context.facts.heap[owner] for owner in owners]
    return any(
        isinstance(instance, Instance)
        and isinstance(instance.cls, Class)
        and not _defines(context, instance.cls, field.name)
        for instance in instances
    ) and not any(
        may_alias(context, field, store.field) for store in _stores_of(context, field.kind, field.name)
    )


def _defines(context: PlanContext, cls: Class, name: str) -> bool:
    """Whether a class binds a name in its body. If it has bases, whether any class of the program does."""
    definition = context.node(cls.site)
    names = context.memoize(_names_by_class)
    if isinstance(definition, cst.ClassDef) and not definition.bases:
        return name in names.get(cls.site, ())
    return any(name in own_names for own_names in names.values())


def _names_by_class(context: PlanContext) -> dict[Site, set[str]]:
    names: dict[Site, set[str]] = {}
    for tree in context.trees.values():
        for name in filter(partial(is_bound, tree), tree.of_kind(cst.Name)):
            scope = tree.nodes[tree.memoize(Scopes).variable(name).scope]
            if isinstance(scope, cst.ClassDef):
                names.setdefault(tree.site(scope), set()).add(name.value)
        for declared in tree.of_kind(cst.AnnAssign):  # a field, whose value a constructor stores
            owner = tree.enclosing(declared, cst.ClassDef, cst.FunctionDef)
            if isinstance(owner, cst.ClassDef) and isinstance(declared.target, cst.Name):
                names.setdefault(tree.site(owner), set()).add(declared.target.value)
    return names


class _FieldStore(Struct, frozen=True):
    """A write of a field. It `constructs` if it is part of the object's creation."""

    field: FieldLocation
    constructs: bool


def _stores_of(context: PlanContext, kind: FieldKind, name: str) -> list[_FieldStore]:
    """The writes that may be to a field with this name."""
    stores = context.memoize(_stores)
    return [*stores.get((kind, name), ()), *stores.get((kind, None), ())]


def _stores(context: PlanContext) -> dict[tuple[FieldKind, str | None], list[_FieldStore]]:
    stores: dict[tuple[FieldKind, str | None], list[_FieldStore]] = {}
    for tree in context.trees.values():
        for node in tree.of_kind(cst.Attribute, cst.Subscript, cst.AugAssign, cst.Call):
            if isinstance(node, cst.AugAssign | cst.Call) or is_assigned(tree, node):
                for field in own_locations_written(context, tree, node).fields:
                    constructs = field.kind is FieldKind.ATTRIBUTE and initializes_receiver(tree, node)
                    stores.setdefault((field.kind, field.name), []).append(_FieldStore(field, constructs))
    return stores
