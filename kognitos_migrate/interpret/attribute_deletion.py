"""Deletion of attributes, which uncovers what the class or a base class has under the name."""

from collections.abc import Iterable

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, metaclasses
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.overwrites import join_class_attribute, overwrite_names
from kognitos_migrate.interpret.state.declarations import IMPLICIT_METHODS, INHERITED, ClassInfo
from kognitos_migrate.interpret.state.facts import AccessKind
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import NEVER, UNKNOWN, Bound, Class, Function, ModuleRef, Ref, Value


def delete_attribute(point: EvalPoint, owner: Operand, name: str | None) -> None:
    """Delete an attribute at this point: any attribute if its name isn't known."""
    interpreter = point.interpreter
    point.note_access(AccessKind.WRITE, owner)
    for choice in alternatives(owner.value):
        if isinstance(choice, Ref) and isinstance(instance := interpreter.heap[choice], Instance):
            for deleted in _deleted_names(instance.attributes, name):
                _delete_of_instance(point, choice, instance, deleted)
        elif isinstance(choice, ModuleRef):
            if name is None:
                overwrite_names(interpreter, choice)
            else:  # a `__getattr__` of the module may find something else
                interpreter.transfer.set_attribute(
                    point, owner._replace(value=choice), name, point.operand(UNKNOWN)
                )
        elif isinstance(choice, Class) and (info := interpreter.class_info(choice.site)) is not None:
            for deleted in _deleted_names(info.attributes, name):
                _delete_of_class(interpreter, choice, info, deleted)


def _deleted_names(attributes: Iterable[str], name: str | None) -> list[str]:
    return [name] if name is not None else list(attributes)


def _delete_of_instance(point: EvalPoint, ref: Ref, instance: Instance, name: str) -> None:
    interpreter = point.interpreter
    for method, arguments in (("__delattr__", [plain_text(name)]), (f"{name}.deleter", [])):
        function = class_attribute(interpreter, instance.cls, method)
        is_running = isinstance(function, Function) and any(
            frame.function == function.site for frame in interpreter.running.frames
        )
        if isinstance(function, Function) and not is_running:
            point.call(Bound(function, ref), Arguments([point.operand(argument) for argument in arguments]))
    uncovered = _value_after_deletion(
        interpreter, instance.cls, class_attribute(interpreter, instance.cls, name)
    )
    if name in instance.attributes and uncovered is not NEVER:
        own = Bound(uncovered, ref) if isinstance(uncovered, Function) else uncovered
        interpreter.stores += instance.put(name, point.operand(own))


def _delete_of_class(interpreter: Interpreter, cls: Class, info: ClassInfo, name: str) -> None:
    for site in interpreter.classes.with_subclasses(cls.site):
        below = interpreter.class_info(site)
        mro = interpreter.classes.mro(Class(site, below.frame)).infos if below is not None else []
        for later in mro[mro.index(info) + 1 :] if info in mro else ():
            if name in later.attributes:
                join_class_attribute(interpreter, info, name, later.attributes[name])
    uncovered = _value_after_deletion(interpreter, cls, INHERITED if name in IMPLICIT_METHODS else NEVER)
    if uncovered is not NEVER:
        join_class_attribute(interpreter, info, name, uncovered)


def _value_after_deletion(interpreter: Interpreter, cls: Class | None, value: Value) -> Value:
    """The value that a name has without the deleted one: unknown too if a `__getattr__` finds it."""
    metas = metaclasses(interpreter, cls) if cls is not None else []
    finders = [class_attribute(interpreter, owner, "__getattr__") for owner in (cls, *metas)]
    return value if all(finder is NEVER for finder in finders) else join(value, UNKNOWN)
