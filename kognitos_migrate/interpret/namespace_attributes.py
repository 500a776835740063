"""Attributes that an instance gets from mappings which are merged into its `__dict__`."""

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import is_descriptor, methods_in, mro_of
from kognitos_migrate.interpret.dict_entries import (
    note_merged_read,
    possible_overrides,
    record_item,
    stored_values,
)
from kognitos_migrate.interpret.dynamic_attributes import has_closed_names
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.overwrites import may_be_data
from kognitos_migrate.interpret.state.use_details import MERGED, OF_CLASS
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import NEVER, Lit, Text, Unknown, Value

_CACHED = ("functools.cached_property", "cached_property")
"""Decorators of methods whose result an entry of the instance's namespace replaces."""


def note_namespace_read(point: EvalPoint, instance: Instance, name: str, of_class: Value) -> None:
    """Record that an attribute may be read from replies that were merged into the instance's namespace."""
    if instance.namespace is None or not instance.namespace.spreads:
        return
    instance.namespace.of_class = _names_of_class(point.interpreter, instance)
    detail = MERGED if of_class is NEVER else OF_CLASS
    node = point.node if isinstance(point.node, cst.Attribute) and point.node.attr.value == name else None
    if node is None:
        note_merged_read(point, instance.namespace, plain_text(name), point.site, detail)
    else:
        key = Text((Lit(name, point.act.site(node.attr), 0),))
        note_merged_read(point, instance.namespace, key, point.act.site(node.value), detail)


def _names_of_class(interpreter: Interpreter, instance: Instance) -> frozenset[str] | None:
    """The attribute names of an instance's class; None if some are unknown."""
    if instance.cls is None:
        return frozenset()
    infos = mro_of(interpreter, instance.cls).infos
    return (
        frozenset(name for info in infos for name in info.attributes)
        if has_closed_names(interpreter, instance.cls)
        else None
    )


def attribute_with_merged_values(
    interpreter: Interpreter, instance: Instance, name: str, of_class: Value
) -> Value:
    """Return an instance's own attribute, joined with the values that mappings merged into it may supply.

    An unknown key of a mapping isn't expected to be the name of a method.
    """
    names, own = instance.namespace, instance.attributes.get(name, NEVER)
    if names is None or not (names.spreads or names.others is not NEVER):
        return own
    merged = alternatives(record_item(interpreter, names, plain_text(name)))
    values: list[Value] = [choice for choice in merged if not isinstance(choice, Unknown)]
    alone = of_class is NEVER and instance.client is None
    if alone and len(values) < len(merged):
        values.append(Unknown(name))
    values.append(stored_values(interpreter, names, name))
    cached = [method for method in methods_in(of_class) if is_descriptor(interpreter, method, *_CACHED)]
    if may_be_data(own) or may_be_data(of_class) or cached:
        values.append(possible_overrides(interpreter, names, name))
    return join(own, *values)
