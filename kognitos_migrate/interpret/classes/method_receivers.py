"""The instances that a method may be called on, merged if there are too many."""

from collections.abc import Iterable
from typing import cast

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.class_table import AnyInstance
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.heap_store import object_state
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Class, Ref, Value


def any_instance(interpreter: Interpreter, cls: Class) -> Value:
    """An instance of the class or of a subclass: one for each distinct state.

    If there are more than `budgets.RECEIVERS` states, one merged instance represents the rest. Never if there
    are no instances.
    """
    instances = {
        ref: cast(Instance, interpreter.heap[ref]) for ref in interpreter.instances_of_subclasses(cls.site)
    }
    states = {ref: (instance.cls, object_state(instance)) for ref, instance in instances.items()}
    cached = interpreter.classes.any_instance.get(cls)
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
    interpreter.classes.any_instance[cls] = AnyInstance(states, value)
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
