"""Fields of dicts that replace a reply: JSON text in the original, and a list of entries in the result."""

import json
from collections.abc import Callable, Collection

from kognitos_migrate.validate.node_patterns import GATHERED
from kognitos_migrate.validate.symbolic_terms import Term, TermKind, is_text, literal_value, text_value

Differ = Callable[[Term, Term], bool]
Keys = Collection[tuple[Term, Term]]
_ELEMENT = "DictElement"


def decoded_text(term: Term) -> Term | None:
    """The JSON text that a call decodes. None for any other term."""
    return _argument_of(term, "loads")


def gathered_list(term: Term) -> Term | None:
    """The list of entries that a comprehension makes a dict of. None for any other term."""
    is_gathered = term.kind is TermKind.OPERATION and term.detail == GATHERED
    return term.operands[0] if is_gathered else None


def is_encoded_object(term: Term) -> bool:
    """Whether a value is the JSON text of an object of the program."""
    return _argument_of(term, "dumps") is not None or (is_text(term) and _object_in(term) is not None)


def have_other_entries(before: Term, after: Term, keys: Keys, differ: Differ) -> bool:
    """Whether a list of entries isn't made of the object that a JSON text encodes. `keys` are those under
    which an entry may have its name and its value."""
    if is_text(before):
        written, entries = _object_in(before), _entries_in(after, keys)
        return written is None or entries is None or not _is_same_json(list(written.items()), entries)
    gathered = _decoded_items(after, keys)
    if gathered is not None:
        return differ(before, gathered)
    encoded, pairs = _argument_of(before, "dumps"), _written_entries(after, keys)
    if encoded is None or pairs is None or encoded.detail != "Dict":
        return True
    elements = [element.operands for element in encoded.operands if element.detail == _ELEMENT]
    return len(elements) != len(pairs) or any(
        left[0] != right[0] or differ(left[1], right[1]) for left, right in zip(elements, pairs, strict=True)
    )


def _argument_of(term: Term, function: str) -> Term | None:
    """The only argument of a call of a function of `json`."""
    match term:
        case Term(
            TermKind.CALL, _, (Term(TermKind.ATTRIBUTE, name, (Term(TermKind.SYMBOL, "json"),)), argument)
        ):
            return argument if name == function else None
        case Term(TermKind.CALL, _, (Term(TermKind.SYMBOL, name), argument)):
            return argument if name == f"json.{function}" else None
    return None


def _decoded_items(term: Term, keys: Keys) -> Term | None:
    """The JSON text in `[{"name": name, "value": value} for name, value in json.loads(text).items()]`."""
    if term.kind is not TermKind.OPERATION or term.detail != "ListComp" or len(term.operands) != 2:
        return None
    pair = _pair(term.operands[0], keys)
    match pair:
        case (
            Term(TermKind.ITEM, _, (Term(TermKind.ELEMENT, _, (items,)), first)),
            Term(TermKind.ITEM, _, (Term(TermKind.ELEMENT, _, (others,)), second)),
        ) if items == others and (literal_value(first), literal_value(second)) == (0, 1):
            pass
        case _:
            return None
    match items:
        case Term(TermKind.CALL, _, (Term(TermKind.ATTRIBUTE, "items", (loaded,)),)):
            return decoded_text(loaded)
    return None


def _written_entries(term: Term, keys: Keys) -> list[tuple[Term, Term]] | None:
    """The names and values in a list of entries that is written out."""
    if term.kind is not TermKind.DISPLAY or term.detail != "List":
        return None
    pairs = [_pair(operand, keys) for operand in term.operands]
    return [pair for pair in pairs if pair is not None] if None not in pairs else None


def _pair(term: Term, keys: Keys) -> tuple[Term, Term] | None:
    """The name and the value in an entry."""
    if term.kind is not TermKind.DISPLAY or term.detail != "Dict" or len(term.operands) != 2:
        return None
    name, value = (element.operands for element in term.operands)
    has_keys = len(name) == len(value) == 2 and (name[0], value[0]) in keys
    return (name[1], value[1]) if has_keys else None


def _object_in(term: Term) -> dict[str, object] | None:
    try:
        value = json.loads(text_value(term))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _entries_in(term: Term, keys: Keys) -> list[tuple[object, object]] | None:
    """The names and values of constants in a list of entries. None if it isn't written out."""
    entries = _written_entries(term, keys)
    return None if entries is None else [(_constant(name), _constant(value)) for name, value in entries]


def _is_same_json(left: object, right: object) -> bool:
    """Whether two values have one JSON text: True and 1 are equal, but not the same there."""
    try:
        return json.dumps(left) == json.dumps(right)
    except TypeError:  # a term that is no constant
        return False


def _constant(term: Term) -> object:
    """The value of a display of constants. The term itself for any other one."""
    if term.kind is TermKind.LITERAL:
        return literal_value(term)
    if term.kind is TermKind.DISPLAY and term.detail == "List":
        return [_constant(operand) for operand in term.operands]
    if term.kind is TermKind.DISPLAY and all(element.detail == _ELEMENT for element in term.operands):
        return {_constant(element.operands[0]): _constant(element.operands[1]) for element in term.operands}
    return term
