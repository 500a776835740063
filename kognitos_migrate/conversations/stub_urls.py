"""The URLs that a stub answers, and the URLs in canned replies."""

from collections.abc import Iterator, Sequence

from kognitos_migrate.conversations.bounded_regex import has_match
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.values.heap import DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Text, Value
from kognitos_migrate.values.texts import text_with_digits


def may_answer(text: str, url: str) -> bool:
    """Whether a stub for a URL, with or without its query, or for a regular expression may answer `url`."""
    if text in (url, url.partition("?")[0]):
        return True
    return has_match(text, url) is not False


def entry_values(facts: Facts, value: Value, name: str) -> Sequence[Value]:
    """The values that the dicts of `value` have under a key."""
    records = [facts.heap[choice] for choice in alternatives(value) if isinstance(choice, Ref)]
    values: list[Value] = []
    for record in records:
        if isinstance(record, DictObject):
            values.append(record.get(name))
            for spread in record.spreads:
                values.extend(entry_values(facts, spread.value, name))
    return values


def known_texts(values: Value | Sequence[Value]) -> Iterator[str]:
    """The texts among some values, without unknown ones."""
    for value in values if isinstance(values, Sequence) else (values,):
        for choice in alternatives(value):
            if isinstance(choice, Text) and (text := text_with_digits(choice)):
                yield text
