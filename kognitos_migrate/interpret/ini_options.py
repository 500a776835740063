"""Parsers of INI files: their options, and the defaults of options in the code.

parser = ConfigParser({"host": "localhost"})
parser.read(path)
parser.get("mail", "host")       # an option of the file, or the default

All parsers of a program are taken for one: it has read each file that is read.
"""

from configparser import DEFAULTSECT

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Ref, Text, Unknown, Value
from kognitos_migrate.values.texts import known_text

_MODULES = ("configparser.", "ConfigParser.")
"""The module of parsers, in Python 3 and 2."""
_WITHOUT_OTHER_VALUES = frozenset(
    (
        *("get", "getint", "getfloat", "getboolean", "has_option", "has_section", "sections", "options"),
        *("read", "read_file", "read_string", "readfp", "read_dict", "optionxform", "add_section"),
    )
)
"""Methods of parsers that show the values of no other options than the one that they name."""


def is_parser(value: Value) -> bool:
    """Whether a value is a new parser. Its defaults are compared where options are read."""
    return isinstance(value, Unknown) and value.maker.startswith(_MODULES) and value.source.endswith("()")


def is_read_without_default(callee: str, arguments: Arguments) -> bool:
    """Whether a call reads an option of a section and has no default: `parser.get("mail", "host")`.

    The second argument of a section's own method is a default: `parser["mail"].get("host", "localhost")`.
    """
    is_parser_method = callee.startswith(_MODULES) and callee.endswith(".get") and "[" not in callee
    return is_parser_method and len(arguments.positional) == 2 and not arguments.keywords


def parser_method(callee: Value) -> str:
    """The name of the method of a parser that a value is; empty if it is none."""
    owner, name = callee.member if isinstance(callee, Unknown) else ("", "")
    return name if owner.startswith(_MODULES) and owner.endswith("()") and "." in owner else ""


def sections_named(interpreter: Interpreter, name: Value) -> Value:
    """The sections of settings files that a name may mean; Never if there are none.

    A section has the defaults of its own file. A file without the section adds its defaults as a section.
    """
    records = [
        record
        for ref in interpreter.options.sections
        if isinstance(record := interpreter.heap[ref], DictObject)
    ]
    own = [_entry_value(record, name) for record in records]
    if all(section is NEVER for section in own):
        return NEVER
    return join(
        *(
            record.get(DEFAULTSECT) if section is NEVER else section
            for record, section in zip(records, own, strict=True)
        )
    )


def option_values(interpreter: Interpreter, section: Value, name: Value) -> Value:
    """The values that settings files have for an option; Never if there are none."""
    records = interpreter.heap.objects_of(sections_named(interpreter, section))
    return join(*(_entry_value(record, name) for record in records if isinstance(record, DictObject)))


def section_names(point: EvalPoint) -> Ref | None:
    """A dict whose keys are the names of the sections in settings files, but for that of the defaults. None
    if there are none."""
    records = point.interpreter.heap.objects_of(join(*point.interpreter.options.sections))
    ref, names = point.interpreter.allocate_dict(point.act, point.node)
    for record in records:
        for name, entries in record.entries.items() if isinstance(record, DictObject) else ():
            for entry in entries if name != DEFAULTSECT else ():
                point.interpreter.stores += names.put(name, entry)
    return ref if names.entries else None


def _entry_value(record: DictObject, name: Value) -> Value:
    words = [known_text(choice) for choice in alternatives(name)]
    known = [word for word in words if word is not None]
    return join(*map(record.get, known)) if known and len(known) == len(words) else record.any_entry()


def note_defaults_shown(point: EvalPoint, source: str, what: str) -> None:
    """Record that the defaults of all parsers escape if a call of `source`, or the read of an item of it, may
    show options with their defaults: `parser.items("mail")`, `parser["mail"]`."""
    if source.startswith(_MODULES) and source.rpartition(".")[2] not in _WITHOUT_OTHER_VALUES:
        for defaults in point.interpreter.options.defaults:
            point.note_use(UseKind.ESCAPE, defaults, point.site, detail=what)


def default_of_option(interpreter: Interpreter, option: Value) -> Value:
    """The defaults that the program's parsers have for an option; Never if there are none."""
    records = [interpreter.heap[ref] for ref in interpreter.options.defaults]
    return join(
        *(
            record.get(choice.literal)
            for record in records
            for choice in alternatives(option)
            if isinstance(record, DictObject) and isinstance(choice, Text) and choice.literal is not None
        )
    )
