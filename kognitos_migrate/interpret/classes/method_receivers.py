"""The instances that a method may be called on, merged if there are too many."""

from collections.abc import Iterable
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import (
    PLAIN_BASES,
    PROTOCOLS,
    class_attribute,
    is_descriptor,
    methods_in,
    mro_of,
)
from kognitos_migrate.interpret.classes.session_classes import client_of_class
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.class_table import AnyInstance
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.heap_store import object_state
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Class, Ref, Symbol, Value


def any_instance(interpreter: Interpreter, cls: Class) -> Value:
    """An instance of the class or of a subclass: one for each distinct state.

    Instances that tests create count only for tests. If there are more than `budgets.RECEIVERS` states, one
    merged instance represents the rest. Never if there are no instances.
    """
    testing = interpreter.testing
    in_tests = testing.runs or cls.site.path in testing.modules
    instances = {
        ref: instance
        for ref in interpreter.instances_of_subclasses(cls.site)
        for instance in [cast(Instance, interpreter.heap[ref])]
        if in_tests or instance.site.path not in testing.modules
    }
    states = {ref: (instance.cls, object_state(instance)) for ref, instance in instances.items()}
    cached = interpreter.classes.any_instance.get((cls, in_tests))
    if cached is not None and cached.states == states:
        return cached.value
    first_of: dict[object, Ref] = {}
    for ref, state in states.items():
        first_of.setdefault(state, ref)
    distinct, others = _split_instances(list(first_of.values()))
    value = join(
        *distinct,
        *([_merge_instances(interpreter, cls, [instances[ref] for ref in others])] if others else ()),
    )
    interpreter.classes.any_instance[cls, in_tests] = AnyInstance(states, value)
    return value


def _split_instances(refs: list[Ref]) -> tuple[list[Ref], list[Ref]]:
    """The instances that are analysed separately, and those that are merged because there are too many."""
    room = len(refs) if len(refs) <= budgets.RECEIVERS else budgets.RECEIVERS - 1
    return refs[:room], refs[room:]


def _merge_instances(interpreter: Interpreter, cls: Class, instances: list[Instance]) -> Ref:
    """One instance that contains the attributes of all `instances`."""
    frame = interpreter.modules[cls.site.path].frame.id
    return _merge_into(interpreter, Instance(cls.site, frame, cls), instances, budgets.RECEIVER_DEPTH)


def _merge_into(interpreter: Interpreter, new: Instance, instances: Iterable[Instance], depth: int) -> Ref:
    """Add the attributes of all `instances` to one that represents them, and merge what they own, such as
    their sessions, down to `depth` instances inside each other. Each call adds what the attributes have
    since the last one."""
    ref, merged = interpreter.heap.allocate(new)
    origins: dict[str, list[Operand]] = {}
    for instance in instances:
        merged.client = merged.client or instance.client
        for name, operands in list(instance.origins.items()):
            origins.setdefault(name, []).extend(operands)
    for name, operands in origins.items():
        representatives = _merge_parts(interpreter, operands, new.frame, depth - 1) if depth else {}
        for operand in operands:
            choices = (representatives.get(choice, choice) for choice in alternatives(operand.value))
            merged.put(name, operand._replace(value=join(*choices)))
    return ref


def _merge_parts(
    interpreter: Interpreter, operands: Iterable[Operand], frame: int, depth: int
) -> dict[Value, Ref]:
    """The instances among the values of an attribute, each with the one that represents it: an expression
    that has created more than `budgets.RECEIVER_PARTS` of them gets one for all."""
    created: dict[tuple[Site, Class | None, str | None], dict[Value, Instance]] = {}
    for choice in alternatives(*(operand.value for operand in operands)):
        part = interpreter.heap.get(choice)
        if isinstance(part, Instance):
            created.setdefault((part.site, part.cls, part.client), {})[choice] = part
    return {
        choice: representative
        for (site, cls, client), parts in created.items()
        if len(parts) > budgets.RECEIVER_PARTS
        for representative in [
            _merge_into(interpreter, Instance(site, frame, cls, client), list(parts.values()), depth)
        ]
        for choice in parts
    }


def supplied_instance(interpreter: Interpreter, cls: Class) -> Value:
    """An instance of the class, of a subclass or, for a protocol, of a class that implements it, as code out
    of sight supplies it: one of those that the program creates or, if there are none, one that unknown
    arguments create. Never if no class in sight can be instantiated.
    """
    implementing = implementations(interpreter, cls)
    instance = join(*(any_instance(interpreter, choice) for choice in (cls, *implementing)))
    if interpreter.testing.runs:
        return instance
    infos = interpreter.classes.infos
    derived = [
        Class(site, infos[site].frame)
        for site in interpreter.classes.with_subclasses(cls.site)
        if site in infos and site.path not in interpreter.testing.modules
    ]
    classes = dict.fromkeys((*derived, *implementing))
    _note_substitutable(interpreter, cls, classes)
    if instance is not NEVER:
        return instance
    concrete = [choice for choice in classes if _is_concrete(interpreter, choice)]
    if len(concrete) > budgets.RECEIVERS:
        return NEVER
    return join(*(new_instance(interpreter, choice) for choice in concrete))


def new_instance(interpreter: Interpreter, cls: Class) -> Value:
    """An instance that unknown arguments create."""
    module = interpreter.modules[cls.site.path]
    owner = cst.ensure_type(module.tree.node(cls.site), cst.ClassDef)
    operand = Operand(UNKNOWN, cls.site, module.frame.id)
    return interpreter.call(module, owner, cls, Arguments(spread=[operand], keyword_spread=[operand]))


def implementations(interpreter: Interpreter, cls: Class) -> list[Class]:
    """The classes outside of tests that have all methods of a protocol; none for a class that is no
    protocol."""
    table = interpreter.classes
    info = table.infos.get(cls.site)
    if info is None or not is_protocol(info):
        return []
    methods = _open_methods(interpreter, cls)
    others = (
        Class(site, other.frame)
        for site, other in table.infos.items()
        if site.path not in interpreter.testing.modules and not is_protocol(other)
    )
    return [
        other
        for other in others
        if methods and all(methods_in(table.mro(other).attribute(name)) for name in methods)
    ]


def is_protocol(info: ClassInfo) -> bool:
    """Whether any class with the methods of a class implements it."""
    return any(isinstance(base, Symbol) and base.name in PROTOCOLS for base in info.bases)


def _open_methods(interpreter: Interpreter, cls: Class) -> list[str]:
    """The names of the methods that each class has to implement by itself: all of a protocol, and the
    abstract ones of another class."""
    order = mro_of(interpreter, cls)
    names = dict.fromkeys(name for info in order.infos for name in info.attributes)
    return [
        name
        for name in names
        for methods in [methods_in(class_attribute(interpreter, cls, name))]
        if methods
        and (
            is_protocol(order.infos[0])
            or any(is_descriptor(interpreter, method, "abc.abstractmethod") for method in methods)
        )
    ]


def _note_substitutable(interpreter: Interpreter, cls: Class, classes: Iterable[Class]) -> None:
    """Record that code out of sight may implement the open methods of a class as well as `classes` do."""
    for name in _open_methods(interpreter, cls):
        for choice in classes:
            methods = methods_in(class_attribute(interpreter, choice, name))
            interpreter.functions.substitutable.update(method.site for method in methods)


def _is_concrete(interpreter: Interpreter, cls: Class) -> bool:
    """Whether unknown arguments create an instance of a class: it is no protocol, none of its methods is
    abstract, and no base out of sight decides what its instances are."""
    order = mro_of(interpreter, cls)
    is_known = order.outside_names.issubset(PLAIN_BASES) or order.family is not None
    definition = interpreter.trees[cls.site.path].node(cls.site)
    if not isinstance(definition, cst.ClassDef) or is_protocol(order.infos[0]):
        return False
    if not is_known and client_of_class(interpreter, cls) is None:
        return False
    return not _open_methods(interpreter, cls)
