"""Attributes of the objects of the logging library.

logging.getLogger().handlers      # a list, whose elements are handlers of the library or of the program
"""

from kognitos_migrate.interpret.interpreter import EvalPoint
from kognitos_migrate.interpret.state import log_uses
from kognitos_migrate.interpret.state.log_uses import LOGGER
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Symbol, Value


def attribute_of_logging(point: EvalPoint, value: Value, name: str) -> Value | None:
    """An attribute of an object of the logging library that is a part of it, such as its list of handlers.
    None for any other attribute. Each read of an attribute is recorded."""
    sinks = point.interpreter.log_sinks
    sinks.note_attribute_read(value, name)
    if not isinstance(value, Symbol) or not log_uses.is_of_logging(value):
        return None
    owner = log_uses.object_name(value.name)
    content = log_uses.content_of(owner, name)
    if content is LOGGER:
        container, record = point.interpreter.allocate_dict(point.act, point.node)
        record.open, record.others, record.names = True, LOGGER, UNKNOWN
    elif content is not None:
        container = point.interpreter.allocate_sequence(point.act, point.node, rest=content)
    if content is not None:
        sinks.containers[container] = None
        return container
    part = log_uses.part_of(owner, name)
    if part is not None:
        return join(part, NONE) if name == "parent" else part
    return Symbol(f"{owner}.{name}") if owner != value.name else None
