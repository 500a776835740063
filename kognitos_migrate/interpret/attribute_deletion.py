"""Deletion of attributes, which uncovers what the class or a base class has under the name."""

from collections.abc import Iterable

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.overwrites import join_class_attribute
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, plain_text
from kognitos_migrate.values.lattice import NEVER, Bound, Class, Function, Ref


def delete_attribute(point: EvalPoint, owner: Operand, name: str | None) -> None:
    """Delete an attribute at this point: any attribute if its name isn't known."""
    m = point.machine
    point.access(AccessKind.WRITE, owner)
    for choice in alternatives(owner.value):
        if isinstance(choice, Ref) and isinstance(instance := m.heap[choice], Instance):
            for deleted in _names(instance.attributes, name):
                _delete_of_instance(point, choice, instance, deleted)
        elif isinstance(choice, Class) and (info := m.class_info(choice.site)) is not None:
            for deleted in _names(info.attributes, name):
                _delete_of_class(m, choice, info, deleted)


def _names(attributes: Iterable[str], name: str | None) -> list[str]:
    return [name] if name is not None else list(attributes)


def _delete_of_instance(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> None:
    m = point.machine
    for method, arguments in (("__delattr__", [plain_text(name)]), (f"{name}.deleter", [])):
        function = class_attribute(m, instance.cls, method)
        is_running = isinstance(function, Function) and any(
            frame.function == function.site for frame in m.running.frames
        )
        if isinstance(function, Function) and not is_running:
            point.call(Bound(function, ref), Arguments([point.operand(argument) for argument in arguments]))
    uncovered = class_attribute(m, instance.cls, name)
    if name in instance.attributes and uncovered is not NEVER:
        own = Bound(uncovered, ref) if isinstance(uncovered, Function) else uncovered
        m.stores += instance.put(name, point.operand(own))


def _delete_of_class(m: Interpreter, cls: Class, info: ClassInfo, name: str) -> None:
    for base in m.classes.mro(cls).infos[1:]:
        if name in base.attributes:
            join_class_attribute(m, info, name, base.attributes[name])
            return
