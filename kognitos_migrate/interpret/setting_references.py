"""References between the values of an INI or environment file.

[api]                               HOST=rest-api.app.kognitos.com
host = rest-api.app.kognitos.com    URL=https://${HOST}/v1
url = https://%(host)s/v1
"""

import re
from collections.abc import Iterator, Mapping

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.strings import PERCENT, fill_template, literals_in, texts_of
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Ref, Text, Value

_DOLLAR = re.compile(
    r"\$(?P<braced>\{)?(?P<name>(?(braced)[^{}\n]+?|[A-Za-z_]\w*))(?(braced)(?::-[^{}\n]*)?\})"
)
_FORMS = (("%(", PERCENT), ("$", _DOLLAR))
"""The beginning of a reference, with the pattern of the whole."""


def fill_references(m: Interpreter, data: DictObject) -> None:
    """Fill the references in the values of a settings file: to its other variables, or to options of the same
    section and of the defaults. A value with a reference that isn't known becomes unknown."""
    sections = {
        name: record
        for name in data.entries
        for choice in alternatives(data.get(name))
        if isinstance(choice, Ref) and isinstance(record := m.heap[choice], DictObject)
    }
    defaults = sections.get(_DEFAULTS)
    elsewhere = {f"{name}:{key}": entry for name, record in sections.items() for key, entry in _first(record)}
    for record in (data, *sections.values()):
        for _ in range(_DEPTH):
            operands = {
                **elsewhere,
                **dict(_first(defaults) if defaults is not None else ()),
                **dict(_first(record)),
            }
            for key, entries in record.entries.items():
                for entry in list(entries):
                    value = _fill_value(entry.operand.value, {**operands, key: None})
                    if value != entry.operand.value:
                        m.facts.references += texts_of(value)
                    record.put(key, replace(entry, operand=entry.operand._replace(value=value)))


_DEFAULTS = "DEFAULT"
"""The section of an INI file whose options all sections have."""
_DEPTH = 3
"""The maximum number of references from value to value."""


def _first(record: DictObject) -> Iterator[tuple[str, Operand]]:
    """The texts in the entries of a mapping, by key."""
    for key, entries in record.entries.items():
        for entry in entries[:1]:
            yield key, entry.operand._replace(value=join(*texts_of(entry.operand.value)))


def _fill_value(value: Value, operands: Mapping[str, Operand | None]) -> Value:
    choices: list[Value] = []
    for choice in alternatives(value):
        words = "".join(literals_in(choice)) if isinstance(choice, Text) else ""
        pattern = next((pattern for beginning, pattern in _FORMS if beginning in words), None)
        if pattern is None or not isinstance(choice, Text):
            choices.append(choice)
            continue
        names = {
            match["name"]: operands.get(match["name"]) for match in pattern.finditer(words) if match["name"]
        }
        keywords = {name: operand for name, operand in names.items() if operand is not None}
        choices.append(fill_template(choice, pattern, (), keywords) if len(keywords) == len(names) else NEVER)
    return join(*choices)
