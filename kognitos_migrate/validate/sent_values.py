"""The contents of requests as terms: bodies, segments of paths, lists."""

from collections.abc import Iterator

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import UrlPiece
from kognitos_migrate.interpret.library.json_ import DECODERS, ENCODER_METHODS, ENCODERS
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.validate.dict_contents import records_of
from kognitos_migrate.validate.places import NEW
from kognitos_migrate.validate.symbolic_terms import (
    Term,
    TermKind,
    is_text,
    literal_term,
    literal_value,
    text_of,
    text_value,
)
from kognitos_migrate.validate.term_builder import TermBuilder
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Json, Ref, Value

_DEPTH = 8


def choices_of(builder: TermBuilder, term: Term, depth: int = 0) -> Iterator[Term]:
    """The alternatives of a conditional expression, an `or`, or a merge that only the result has."""
    if depth > _DEPTH:
        yield term
    elif term.kind is TermKind.OPERATION and term.detail == "IfExp":
        for part in _possible_sides(term):
            yield from choices_of(builder, part, depth + 1)
    elif term.kind is TermKind.MERGE and NEW in term.detail:
        for lazy in builder.alternative_definitions.get(term, ()):
            yield from choices_of(builder, lazy(), depth + 1)
    elif term.kind is TermKind.OPERATION and term.detail == "BooleanOperation" and len(term.operands) == 3:
        yield from choices_of(builder, term.operands[0], depth + 1)
        yield from choices_of(builder, term.operands[2], depth + 1)
    else:
        yield term


def sides_of(term: Term) -> Iterator[Term]:
    """The alternatives of a conditional expression, or the last operand of an `and` or `or`."""
    if term.kind is TermKind.OPERATION and term.detail == "IfExp":
        for part in _possible_sides(term):
            yield from sides_of(part)
    elif term.kind is TermKind.OPERATION and term.detail == "BooleanOperation":
        yield from sides_of(term.operands[-1])
    else:
        yield term


def _possible_sides(conditional: Term) -> tuple[Term, ...]:
    """The alternatives of a conditional expression. Only one of them if its test is a constant."""
    value, test, other = conditional.operands
    if test.kind is TermKind.LITERAL:
        return (value,) if literal_value(test) else (other,)
    return value, other


def without_anchor(term: Term) -> Term:
    """A call of `get` without its default and its anchor. Any other term is returned unchanged."""
    if term.kind is TermKind.CALL and term.operands[0].kind is TermKind.ATTRIBUTE and len(term.operands) > 1:
        if term.operands[0].detail == "get":
            return Term(TermKind.CALL, "", term.operands[:2])
    return term


def unless_none(builder: TermBuilder, body: Term) -> Term:
    """The only other definition of a variable that may be None, as in `body = None` before `if facts is not
    None: body = dumps(facts)`. Any other term is returned unchanged."""
    definitions = [lazy() for lazy in builder.alternative_definitions.get(body, ())]
    others = [term for term in definitions if term != literal_term(None) and term.kind is not TermKind.MERGE]
    return others[0] if len(others) == 1 else body


def payload_of(term: Term) -> Term:
    """The value that a term encodes or decodes as JSON text, or by `dumps(x) if x is not None else None`
    and `dumps(x) if x else None`."""
    if term.kind is TermKind.OPERATION and term.detail == "IfExp":
        return _payload_unless_none(term)
    if term.kind is not TermKind.CALL or not term.operands:
        return term
    called, *arguments = term.operands
    name = _qualified_name(called)
    if called.kind is TermKind.ATTRIBUTE and called.detail in _CODED and name not in _ENCODING_FUNCTIONS:
        is_utf_8 = all(argument in _UTF_8 for argument in arguments)
        return payload_of(called.operands[0]) if is_utf_8 else term
    if arguments and (name in DECODERS or (name in _ENCODING_FUNCTIONS and len(arguments) == 1)):
        return payload_of(arguments[0])
    if arguments and name in _ENCODING_FUNCTIONS:
        return Term(TermKind.CALL, term.detail, (called, payload_of(arguments[0]), *arguments[1:]))
    return term


def payload_entry(term: Term) -> Term:
    """An item of a value, or its `get`, as one of the payload that the value encodes or decodes."""
    if term.kind is TermKind.CALL and term.operands[0].kind is TermKind.ATTRIBUTE:
        called, *arguments = term.operands
        if called.detail == "get":
            owner = Term(called.kind, called.detail, (payload_of(called.operands[0]),), called.anchor)
            return Term(term.kind, term.detail, (owner, *arguments), term.anchor)
    if term.kind is TermKind.ITEM:
        return Term(term.kind, term.detail, (payload_of(term.operands[0]), *term.operands[1:]), term.anchor)
    return term


def _payload_unless_none(conditional: Term) -> Term:
    """The value that a conditional expression encodes unless it is None, or false. Any other one stays as it
    is."""
    chosen, test, other = conditional.operands
    operator = "IsNot"
    if other == literal_term(None) and payload_of(test) == payload_of(chosen):
        return payload_of(test)
    if chosen == literal_term(None):
        chosen, other, operator = other, chosen, "Is"
    if other != literal_term(None) or len(test.operands) != 2:
        return conditional
    subject = test.operands[1 if test.detail == "UnaryOperation" else 0]
    target = Term(
        TermKind.OPERATION, "ComparisonTarget", (Term(TermKind.OPERATION, operator), literal_term(None))
    )
    tests = (
        Term(TermKind.OPERATION, "UnaryOperation", (Term(TermKind.OPERATION, "Not"), subject)),
        Term(TermKind.OPERATION, "Comparison", (subject, target)),
    )
    payload = payload_of(chosen)
    return payload if test in tests and payload_of(subject) == payload else conditional


def may_be_encoded(builder: TermBuilder, operand: Operand) -> bool:
    """Whether a value may be JSON text that the program encodes."""
    if any(isinstance(choice, Json) for choice in alternatives(operand.value)):
        return True
    term = builder.argument_term(operand)
    return term.kind is TermKind.CALL and _qualified_name(term.operands[0]) in _ENCODING_FUNCTIONS


def encodings_of(builder: TermBuilder, match: Match) -> set[tuple[Term, ...]]:
    """The encodings other than UTF-8 that the text of a request's body may have, as arguments of `encode`."""
    encodings: set[tuple[Term, ...]] = set()
    for term in map(builder.argument_term, body_of(match)):
        called = term.operands[0] if term.kind is TermKind.CALL else None
        is_method = called is not None and called.kind is TermKind.ATTRIBUTE and called.detail == "encode"
        if called is not None and is_method and _qualified_name(called) not in _ENCODING_FUNCTIONS:
            encodings.add(tuple(argument for argument in term.operands[1:] if argument not in _UTF_8))
    return encodings - {()}


_CODED = ("encode", "decode")
_ENCODING_FUNCTIONS = (*ENCODERS, *ENCODER_METHODS)
_UTF_8 = tuple(map(literal_term, ("utf-8", "utf8", "UTF-8", "UTF8", "utf_8")))
"""The names of the encoding in which JSON text is sent."""


def _qualified_name(called: Term) -> str:
    """The qualified name of an imported function, or of a method of an imported class's instance. Empty for
    any other one."""
    if called.kind is TermKind.SYMBOL:
        return called.detail
    owner = _qualified_name(called.operands[0]) if called.kind in (TermKind.ATTRIBUTE, TermKind.CALL) else ""
    if not owner:
        return ""
    return f"{owner}.{called.detail}" if called.kind is TermKind.ATTRIBUTE else f"{owner}()"


def path_terms(builder: TermBuilder, match: Match, slot: str) -> list[Term]:
    """The possible values of a slot in a request's path."""
    terms: dict[Term, None] = {}
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            if part.slot == slot:
                terms[text_of([piece_term(builder, piece) for piece in segment.pieces])] = None
    if len(terms) > 1:
        written = dict.fromkeys(
            term
            for operand in match.request.value(Role.URL)
            for term in _segment(builder, match, operand, slot)
        )
        return list(written) or list(terms)
    return list(terms)


def _segment(builder: TermBuilder, match: Match, operand: Operand, slot: str) -> Iterator[Term]:
    """The segment of a slot in a URL as written, before its components are replaced by their values."""
    url = builder.syntactic_term(operand)
    segments: list[list[Term]] = [[]]
    for part in url.operands if url.kind is TermKind.TEXT else (url,):
        if not is_text(part):
            segments[-1].append(part)
            continue
        path, _, query = text_value(part).partition("?")
        first, *others = path.split("/")
        segments[-1] += [literal_term(first)] if first else []
        segments += [[literal_term(text)] if text else [] for text in others]
        if query or "?" in text_value(part):
            break
    segments = [segment for segment in segments if segment]
    pairs = list(zip(reversed(match.layout.path), reversed(segments), strict=False))
    fixed_segments = [text_of(segment) for wanted, segment in pairs if wanted.text is not None]
    words = [literal_term(wanted.text) for wanted, _ in pairs if wanted.text is not None]
    if words and fixed_segments == words:
        yield from (text_of(segment) for wanted, segment in pairs if wanted.slot == slot)


def piece_term(builder: TermBuilder, piece: UrlPiece) -> Term:
    if piece.text is not None:
        return literal_term(piece.text)
    hole = piece.via[-1]
    return builder.argument_term(Operand(hole.value, hole.site, hole.frame))


def body_of(match: Match) -> list[Operand]:
    operands = [*match.request.value(Role.JSON), *match.request.value(Role.DATA)]
    return [operand for operand in operands if operand.value != NONE]


def sent_records(builder: TermBuilder, match: Match) -> list[DictObject] | None:
    """The dicts that a request's body may be. None if it may be anything else."""
    all_records: list[DictObject] = []
    for operand in body_of(match):
        records = records_of(builder, operand.value)
        if records is None:
            return None
        all_records += records
    return all_records


def entries_of(builder: TermBuilder, record: DictObject, name: str) -> Iterator[DictEntry]:
    """The entries under a key in a dict and in dicts merged into it."""
    yield from record.entries.get(name, ())
    for spread in record.spreads:
        for inner in records_of(builder, spread.value) or ():
            yield from entries_of(builder, inner, name)


def records_within(builder: TermBuilder, record: DictObject) -> Iterator[DictObject]:
    """A dict and the dicts merged into it, recursively."""
    yield record
    for spread in record.spreads:
        for inner in records_of(builder, spread.value) or ():
            yield from records_within(builder, inner)


def is_empty_list(builder: TermBuilder, value: Value) -> bool:
    """Whether a value can only be an empty list."""
    heap_objects = [
        builder.facts.heap.objects[choice.id] if isinstance(choice, Ref) else None
        for choice in alternatives(value)
    ]
    return all(
        isinstance(heap_object, SequenceObject) and not heap_object.items and heap_object.rest == NEVER
        for heap_object in heap_objects
    )
