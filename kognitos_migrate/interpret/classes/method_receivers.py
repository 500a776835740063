"""The instances that a method may be called on, merged if there are too many."""

from typing import cast

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.class_table import AnyInstance
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.heap_store import object_state
from kognitos_migrate.values.join import join
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
    ref, merged = interpreter.heap.allocate(
        Instance(cls.site, interpreter.modules[cls.site.path].frame.id, cls)
    )
    for instance in instances:
        merged.client = merged.client or instance.client
        for name, origins in list(instance.origins.items()):
            for origin in list(origins):
                merged.put(name, origin)
    return ref
