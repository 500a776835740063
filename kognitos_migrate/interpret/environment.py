"""The environment variables that the program reads and sets.

os.environ["API_ROOT"] = "https://rest-api.example.com/v1"   # in the module that is run
ROOT = os.environ["API_ROOT"]                                # in another one
"""

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Hole, Symbol, Text, Unknown, Value, environment_variable
from kognitos_migrate.values.origins import OriginKind, ValueOrigin
from kognitos_migrate.values.texts import known_text

ENVIRONMENT = Symbol("os.environ")
_NO_FRAME = -1
"""The frame of objects that no activation creates."""


def variable(interpreter: Interpreter, name: str) -> Value:
    """The value of an environment variable: unknown, or a text that the program itself sets it to, outside of
    tests. The name may be empty, because it isn't known."""
    entries = _variables(interpreter).entries.get(name, ()) if name else ()
    own = (entry.operand for entry in entries if entry.operand.site.path not in interpreter.testing.modules)
    texts = (choice for operand in own for choice in alternatives(operand.value) if _is_plain(choice))
    return join(environment_variable(name), *texts)


def _is_plain(value: Value) -> bool:
    """Whether a value is a text without a part of a reply."""
    return isinstance(value, Text) and all(
        isinstance(choice, Unknown) or _is_plain(choice)
        for part in value.parts
        if isinstance(part, Hole)
        for choice in alternatives(part.value)
    )


def set_values(interpreter: Interpreter, value: Unknown) -> Value:
    """The values that the program sets an environment variable to; Never for any other unknown value."""
    match value.origin:
        case ValueOrigin(OriginKind.VARIABLE, (name,), ()):
            return _variables(interpreter).get(name)
    return NEVER


def note_variable_set(interpreter: Interpreter, name: Value, value: Operand) -> None:
    """Record that the program sets an environment variable."""
    word = known_text(name)
    if word is not None:
        interpreter.stores += _variables(interpreter).put(
            word, DictEntry(value, value.site, None, optional=True)
        )


def _variables(interpreter: Interpreter) -> DictObject:
    """The environment variables that the program sets, in all rounds of its loops."""
    heap = interpreter.heap
    rounds, heap.rounds = heap.rounds, ()
    record = interpreter.allocate_dict_at(Site(next(iter(interpreter.trees)), 0), _NO_FRAME)[1]
    heap.rounds = rounds
    return record
