"""Copies of replies without the entries that a class has no field for:

known = {field.name for field in fields(cls)}
cls(**{name: value for name, value in reply.items() if name in known})
"""

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.classes.class_attributes import FIELD_ATTRIBUTES, FIELD_NAMES, FIELD_OBJECTS
from kognitos_migrate.interpret.classes.instances import constructor_parameter
from kognitos_migrate.interpret.dict_merge import is_payload
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.lattice import Class, MemberRef, Value


def names_of_fields(node: cst.CSTNode, iterable: Value) -> MemberRef | None:
    """The names of a class's fields, if a comprehension takes all of them from the `iterable`."""
    match node:
        case cst.SetComp(element, loop) | cst.ListComp(element, loop) if (
            isinstance(iterable, MemberRef) and not loop.ifs and loop.inner_for_in is None
        ):
            target = loop.target.value if isinstance(loop.target, cst.Name) else None
        case _:
            return None
    match iterable.name, element:
        case str(name), cst.Attribute(cst.Name(owner), cst.Name("name")) if name == FIELD_OBJECTS:
            return MemberRef(iterable.receiver, FIELD_NAMES) if owner == target else None
        case str(name), cst.Name(owner) if name == FIELD_NAMES:
            return iterable if owner == target else None
    return None


def fields_of_reply(interpreter: Interpreter, act: Activation, node: cst.DictComp) -> Value | None:
    """The reply that a comprehension in a call of a class copies, without the entries that the class has no
    field for. None for any other one."""
    reply = _parts_of_filtered_copy(node)
    argument = act.tree.parent(node)
    call = act.tree.parent(argument) if argument is not None else None
    if reply is None or not (isinstance(argument, cst.Arg) and argument.star == "**"):
        return None
    if not isinstance(call, cst.Call):
        return None
    owner, names = reply
    cls, value = interpreter.operand(act, call.func).value, interpreter.operand(act, owner).value
    if not isinstance(cls, Class) or not is_payload(value) or not _has_plain_fields(interpreter, cls):
        return None
    is_complete = interpreter.operand(act, names).value == MemberRef(
        cls, FIELD_NAMES
    ) and _is_constant_collection(act.tree, names)
    return value if is_complete else None


def _is_constant_collection(tree: Tree, names: cst.BaseExpression) -> bool:
    """Whether a collection of names is a new one, a member of a class, or in a variable that the module
    reads in tests for keys only."""
    if not isinstance(names, cst.Name):
        return isinstance(names, cst.SetComp | cst.ListComp) or (
            isinstance(names, cst.Attribute) and names.attr.value in FIELD_ATTRIBUTES
        )
    uses = (tree.parent(name) for name in tree.of_kind(cst.Name) if name.value == names.value)
    return all(isinstance(use, cst.AssignTarget | cst.ComparisonTarget) for use in uses)


def _parts_of_filtered_copy(node: cst.DictComp) -> tuple[cst.BaseExpression, cst.BaseExpression] | None:
    """The dict that a comprehension copies, and the collection that its keys have to be in."""
    match node:
        case cst.DictComp(
            cst.Name(key),
            cst.Name(value),
            cst.CompFor(
                cst.Tuple([cst.Element(cst.Name(first)), cst.Element(cst.Name(second))]),
                cst.Call(cst.Attribute(owner, cst.Name("items")), []),
                [cst.CompIf(cst.Comparison(cst.Name(tested), [cst.ComparisonTarget(cst.In(), names)]))],
                None,
                None,
            ),
        ) if (key, value, key) == (first, second, tested) and key != value:
            return owner, names
    return None


def _has_plain_fields(interpreter: Interpreter, cls: Class) -> bool:
    """Whether each field has the name of its parameter, so that the names select all parameters."""
    mro = mro_of(interpreter, cls)
    return mro.family is not None and all(
        constructor_parameter(field, mro.family) in (None, field.name) and "InitVar" not in field.names
        for field in mro.fields
    )
