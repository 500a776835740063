"""Variables and fields that are bound exactly once."""

import libcst as cst

from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.memory_locations import (
    FieldKind,
    FieldLocation,
    LocationSet,
    is_assigned,
    is_constructor,
    may_meet,
    own_locations_written,
)
from kognitos_migrate.edits.namespaces import namespace_path
from kognitos_migrate.edits.unshared_data import is_unshared_data
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.blocks import LOOPS
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.scopes import COMPREHENSIONS, FUNCTIONS, Scopes, Variable, function_around
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.lattice import Ref


def is_constant(context: PlanContext, read: LocationSet) -> bool:
    """Whether each of the locations has the same value at all times."""
    return all(
        is_final(context, variable) and is_of_module(context, variable) for variable in read.variables
    ) and all(
        is_final_field(context, field) and field.root is not None and is_of_module(context, field.root)
        for field in read.fields
    )


def is_of_module(context: ProgramTrees, variable: Variable) -> bool:
    """Whether a variable belongs to a module, and so exists once."""
    return isinstance(context.trees[variable.path].nodes[variable.scope], cst.Module)


def is_final(context: PlanContext, variable: Variable) -> bool:
    """Whether a variable gets one value in each activation of its scope, outside of loops."""
    tree = context.trees[variable.path]
    bindings = tree.memoize(Scopes).bindings(variable)
    if not bindings:
        return True  # a builtin
    if is_of_module(context, variable):
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
    if field.name is None:
        return False
    for tree in context.trees.values():
        if tree.gaps.set(field.name.strip("'\"")):
            raise NeedsFullParseError(tree.path)
    stores = [
        store
        for store in _stores_of(context, field.kind, field.name)
        if may_meet(context, field, store.field)
    ]
    is_kept = len(stores) <= 1 and all(store.constructs for store in stores)
    return is_kept or is_unshared_data(context, field)


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
        for node in tree.of_kind(cst.Attribute, cst.Subscript, cst.Call):
            if isinstance(node, cst.Call) or is_assigned(tree, node):
                for field in own_locations_written(context, tree, node).fields:
                    constructs = field.kind is FieldKind.ATTRIBUTE and is_constructor(tree, node)
                    stores.setdefault((field.kind, field.name), []).append(_FieldStore(field, constructs))
    return stores
