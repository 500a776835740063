"""String literals and string building: f-strings, `+`, `join`."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import cast

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.classes import text_conversions
from kognitos_migrate.interpret.format_specifications import (
    PLAIN,
    apply_placeholder,
    cuts_text,
    specification_of,
)
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import SLICED
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.shapes import literal_text, verbatim_offset
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import (
    TEXT_SIZE,
    alternatives,
    concat,
    join,
    size_of_parts,
    without_membership,
)
from kognitos_migrate.values.lattice import (
    NONE,
    UNKNOWN,
    Const,
    Hole,
    Join,
    Lit,
    Text,
    Unknown,
    Value,
)

WORD = re.compile(r"\w+")


def simple_string(_m: Interpreter, act: Activation, node: cst.SimpleString) -> Value:
    """A string node. Bytes are text, too, because they are sent as such."""
    value = literal_text(node)
    if value is None:
        return UNKNOWN
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return Text((Lit(value, act.site(node), verbatim_offset(node)),)) if value else Text(())


def formatted_string(interpreter: Interpreter, act: Activation, node: cst.FormattedString) -> Value:
    """The text of an f-string."""
    choices: list[list[Text]] = []
    for part in node.parts:
        if type(part) is cst.FormattedStringText:
            value = _without_escapes(node, part.value.replace("{{", "{").replace("}}", "}"))
            is_verbatim = value == part.value and "\\" not in value
            choices.append([Text((Lit(value, act.site(part), 0 if is_verbatim else -1),))])
        else:
            hole = cast(cst.FormattedStringExpression, part)
            specification = UNKNOWN if hole.format_spec else text_conversions.NO_FORMAT
            hole_operand = text_conversions.text_conversion(
                EvalPoint(interpreter, act, node),
                as_element(act, interpreter.operand(act, hole.expression)),
                text_conversions.methods_of_conversion(hole.conversion),
                specification,
            )
            if (hole.format_spec or hole.conversion) and isinstance(hole_operand.value, Const):
                hole_operand = hole_operand._replace(value=UNKNOWN)  # the formatted digits differ
            specification_text = specification_of(hole.format_spec or ())
            if specification_text not in PLAIN:
                if cuts_text(specification_text):
                    interpreter.note_use(
                        UseKind.METHOD, hole_operand.value, act, node, hole_operand.site, detail=SLICED
                    )
                hole_operand = hole_operand._replace(
                    value=changed_text(hole_operand.value, "builtins.format")
                )
            pieces = text_pieces(hole_operand)
            if (
                specification_text not in PLAIN
                and hole.conversion in (None, "s")
                and all(isinstance(inner, cst.FormattedStringText) for inner in hole.format_spec or ())
            ):
                pieces = [apply_placeholder(piece, f"{{:{specification_text}}}") for piece in pieces]
            choices.append(pieces)
            for inner in hole.format_spec or ():
                if isinstance(inner, cst.FormattedStringExpression):
                    interpreter.evaluate(act, inner.expression)
    return concat(choices)


def _without_escapes(node: cst.FormattedString, text: str) -> str:
    """A text of an f-string with its escape sequences replaced by their characters."""
    if "\\" not in text or "r" in node.prefix.lower():
        return text
    value = literal_text(cst.SimpleString(f"{node.end}{text}{node.end}"))
    return value if isinstance(value, str) else text


def changed_text(value: Value, function: str) -> Value:
    """The result of a function that shortens or pads a text: another unknown text if the text is unknown."""
    return join(
        *(
            replace(choice, maker=function) if isinstance(choice, Unknown) else choice
            for choice in alternatives(value)
        )
    )


def templated_string(interpreter: Interpreter, act: Activation, node: cst.TemplatedString) -> Value:
    """A t-string, whose values escape because its receiver reads them one by one."""
    parts = list(node.parts)
    for part in parts:
        if isinstance(part, cst.TemplatedStringExpression):
            hole_operand = interpreter.operand(act, part.expression)
            interpreter.note_use(
                UseKind.ESCAPE, hole_operand.value, act, node, hole_operand.site, detail="a t-string"
            )
            parts += part.format_spec or ()
    return UNKNOWN


def concatenated_string(interpreter: Interpreter, act: Activation, node: cst.ConcatenatedString) -> Value:
    """The text of adjacent literals."""
    return concat(
        [texts_of(interpreter.evaluate(act, node.left)), texts_of(interpreter.evaluate(act, node.right))]
    )


def inserted_texts(node: cst.CSTNode, source: Operand) -> list[Text]:
    """The texts of an operand: a literal is inserted as it is, any other expression as a hole."""
    if isinstance(
        node, cst.SimpleString | cst.FormattedString | cst.ConcatenatedString | cst.BinaryOperation
    ):
        texts = texts_of(source.value)
        return texts if len(texts) == len(alternatives(source.value)) > 0 else text_pieces(source)
    return text_pieces(source)


def _is_too_large(text: Text, origin: Operand) -> bool:
    """Whether a text is too large, or contains the expression that yields it more than GROWTH times."""
    parts, rounds = 0, 0
    waiting = [(part, 1, 0) for part in text.parts]
    while waiting:
        part, depth, repetitions = waiting.pop()
        parts += 1
        if not isinstance(part, Hole):
            continue
        repetitions += (part.site, part.frame) == (origin.site, origin.frame)
        rounds = max(rounds, repetitions)
        if rounds > budgets.GROWTH or depth > budgets.NESTING or parts > budgets.PARTS:
            return True
        if isinstance(part.value, Text):
            waiting.extend((inner, depth + 1, repetitions) for inner in part.value.parts)
    return size_of_parts(text.parts) > TEXT_SIZE


def texts_of(value: Value) -> list[Text]:
    """The texts that `value` may be."""
    choices = value.values if isinstance(value, Join) else (value,)
    return [choice for choice in choices if isinstance(choice, Text)]


def words_in(values: Iterable[Value]) -> frozenset[str]:
    """The words in the literals of these texts."""
    parts = [part for value in values for text in texts_of(value) for part in text.parts]
    return frozenset(word for part in parts if isinstance(part, Lit) for word in WORD.findall(part.text))


def literals_in(value: Value) -> Iterator[str]:
    """The literals in the texts that `value` may be, including those in their holes."""
    for text in texts_of(value):
        for part in text.parts:
            if isinstance(part, Lit):
                yield part.text
            else:
                yield from literals_in(part.value)


def text_pieces(operand: Operand) -> list[Text]:
    """The texts that result from formatting a value: one hole for each text that it may be."""
    choices = operand.value.values if isinstance(operand.value, Join) else (operand.value,)
    texts = [choice for choice in choices if isinstance(choice, Text) and not _is_too_large(choice, operand)]
    others = [choice for choice in choices if not isinstance(choice, Text)]
    if len(texts) + len(others) < len(choices):
        others.append(UNKNOWN)
    holes = [Text((Hole(text, operand.site, operand.frame),)) for text in texts]
    if others or not holes:
        rest = others[0] if len(others) == 1 else Join(tuple(others)) if others else UNKNOWN
        holes.append(Text((Hole(rest, operand.site, operand.frame),)))
    return holes


def cut_literal(lit: Lit, start: int, end: int) -> Lit:
    """A slice of a literal, in characters, with its provenance."""
    if lit.offset < 0:
        return Lit(lit.text[start:end], lit.site)
    return Lit(lit.text[start:end], lit.site, lit.offset + len(lit.text[:start].encode()))


def join_texts(separator: Text, items: Sequence[Operand]) -> Value:
    """The result of `separator.join(items)`. A separator that is too large is an unknown text."""
    separators = [separator]
    if items and _is_too_large(separator, items[0]):
        separators = text_pieces(items[0]._replace(value=UNKNOWN))
    choices: list[list[Text]] = []
    for item in items:
        if choices:
            choices.append(separators)
        choices.append(text_pieces(item))
    return concat(choices)


def strip_text(text: Text, characters: str | None, *, left: bool, right: bool) -> Text:
    """The result of `strip`, `lstrip` and `rstrip`. A hole with an unknown text at an end has another one
    afterwards."""
    parts = list(text.parts)
    while right and parts:
        end = _strip_part(parts.pop(), characters, left=False, right=True)
        if not _is_empty(end):
            parts.append(end)
            break
    while left and parts:
        start = _strip_part(parts.pop(0), characters, left=True, right=False)
        if not _is_empty(start):
            parts.insert(0, start)
            break
    return Text(tuple(parts))


def _is_empty(part: Lit | Hole) -> bool:
    """Whether a part of a text has no characters."""
    return Text((part,)).literal == ""


def _strip_part(part: Lit | Hole, characters: str | None, *, left: bool, right: bool) -> Lit | Hole:
    if isinstance(part, Lit):
        end = len(part.text.rstrip(characters)) if right else len(part.text)
        return cut_literal(part, len(part.text) - len(part.text.lstrip(characters)) if left else 0, end)
    if isinstance(part.value, Text):
        inner = strip_text(part.value, characters, left=left, right=right)
        return Hole(inner, part.site, part.frame)
    is_changed = characters is None or characters.strip("/") != ""  # a segment of a path has no slash
    return replace(part, value=changed_text(part.value, "builtins.str.strip")) if is_changed else part


def slice_of_text(interpreter: Interpreter, act: Activation, node: cst.CSTNode, text: Text) -> Value:
    """The value of `text[start:stop:step]`: unknown if only the bounds are. A text that isn't known whole
    stands for its slices, too."""
    whole = text.literal
    part = node.slice[0].slice if isinstance(node, cst.Subscript) else None
    if whole is None or not isinstance(part, cst.Slice):
        return without_membership(text)
    values = interpreter.facts.values  # the bounds have been evaluated
    bounds = [
        values.get((act.site(bound), act.frame.id), UNKNOWN) if bound is not None else NONE
        for bound in (part.lower, part.upper, part.step)
    ]
    numbers = [bound.value for bound in bounds if isinstance(bound, Const)]
    if len(numbers) < len(bounds) or not all(number is None or type(number) is int for number in numbers):
        return UNKNOWN
    start, stop, step = cast(list[int | None], numbers)
    if step == 0:
        return UNKNOWN
    if step not in (None, 1):
        return Text((Lit(whole[start:stop:step]),))
    first, last, _ = slice(start, stop).indices(len(whole))
    return Text(tuple(_literals_between(text, first, last)))


def _literals_between(text: Text, first: int, last: int) -> Iterator[Lit]:
    """The characters of a known text between two indexes, as parts of its literals."""
    for part in text.parts:
        if isinstance(part, Lit):
            length = len(part.text)
            begin, end = min(max(first, 0), length), min(max(last, 0), length)
            if begin < end:
                yield cut_literal(part, begin, end)
        elif isinstance(part.value, Text):
            length = len(part.value.literal or "")
            yield from _literals_between(part.value, first, last)
        else:
            length = 0
        first, last = first - length, last - length


def known_end(text: Value, *, first: bool) -> str:
    """The known characters at the start (`first`) or the end of a text."""
    characters = ""
    if not isinstance(text, Text):
        return characters
    for part in text.parts if first else reversed(text.parts):
        inner = (
            known_end(part.value, first=first)
            if isinstance(part, Hole) and isinstance(part.value, Text)
            else ""
        )
        piece = part.text if isinstance(part, Lit) else inner
        characters = characters + piece if first else piece + characters
        if isinstance(part, Hole) and getattr(part.value, "literal", None) is None:
            break
    return characters


def distinct_element(value: Value) -> Value:
    """The value of an element, for the code that an iteration runs for it. A value of unknown origin differs
    from all others then, so that `is_text_of` recognizes it."""
    return join(*(_ELEMENT if choice == UNKNOWN else choice for choice in alternatives(value)))


_ELEMENT = Unknown("an element", is_data=True, origin=None)


def is_text_of(value: Value, source: Value) -> bool:
    """Whether a value is the text of another one: `str(part)`, `f"{part}"`, or the same text."""
    return set(map(_value_of_hole, alternatives(value))) == set(map(_value_of_hole, alternatives(source)))


def as_element(act: Activation, operand: Operand) -> Operand:
    """The element that the innermost loop of an activation runs for, if the operand is its text: its place is
    that of the element in the list. Any other operand is returned unchanged."""
    element = act.loops[-1].element if act.loops else None
    if element is None or not is_text_of(operand.value, distinct_element(element.value)):
        return operand
    return element


def _value_of_hole(value: Value) -> Value:
    """The value that fills the only hole of a text. Any other value is returned unchanged."""
    while isinstance(value, Text) and len(value.parts) == 1 and isinstance(hole := value.parts[0], Hole):
        value = hole.value
    return value
