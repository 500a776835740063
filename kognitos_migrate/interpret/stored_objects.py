"""Objects that code out of sight gets: by a call that isn't analysed, or in an object that isn't known."""

from collections.abc import Iterator

from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind, is_leafless
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Value


def note_storage(point: EvalPoint, operand: Operand, detail: str) -> None:
    """Record that a value is stored in an object that isn't known."""
    point.interpreter.mark_escaped(operand.value)
    for value in (operand.value, *class_attributes(point.interpreter, operand.value)):
        point.note_use(UseKind.ESCAPE, value, operand.site, detail=detail)


def class_attributes(interpreter: Interpreter, value: Value) -> Iterator[Value]:
    """The public attributes in the classes of the objects in a value. Code out of sight that gets the objects
    may read them, as templates do."""
    instances = heap_objects_behind(alternatives(value), interpreter.heap) if not is_leafless(value) else ()
    classes = dict.fromkeys(instance.cls for instance in instances if isinstance(instance, Instance))
    for cls in filter(None, classes):
        for info in interpreter.classes.mro(cls).infos:
            yield from (part for name, part in info.attributes.items() if not name.startswith("_"))
