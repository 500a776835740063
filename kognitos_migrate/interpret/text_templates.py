"""Templates of texts, and the values that fill their placeholders: `%`, `format`, `replace`."""

import re
from collections.abc import Callable, Sequence
from functools import partial

import libcst as cst

from kognitos_migrate.interpret.classes.text_conversions import (
    FORMAT,
    TO_TEXT,
    is_of_library_type,
    methods_of_conversion,
    text_conversion,
)
from kognitos_migrate.interpret.containers import item_of
from kognitos_migrate.interpret.format_specifications import apply_placeholder, note_cut_texts
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.interpret.mocking import recorded_calls, stubs
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import OPERATOR, PLACEHOLDER
from kognitos_migrate.interpret.strings import cut_literal, text_pieces, texts_of
from kognitos_migrate.rulebook.model import StubRole
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, concat, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Hole,
    Lit,
    Text,
    Unknown,
    Value,
)

PERCENT = re.compile(r"%(?:\((?P<name>[^()]*)\))?(?P<spec>[-#0 +]*\d*(?:\.\d+)?(?P<kind>[a-zA-Z%]))")


BRACES = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:]*)(?:!(?P<conversion>[rsa]))?(?::(?P<spec>[^{}]*))?\}")


DOLLARS = re.compile(r"\$\$|\$(?P<braced>\{)?(?P<name>[A-Za-z_]\w*)(?(braced)\})", re.ASCII)


def percent_format(interpreter: Interpreter, act: Activation, node: cst.BinaryOperation) -> Value:
    """The result of `template % values`."""
    template, values = interpreter.evaluate(act, node.left), interpreter.operand(act, node.right)
    if recorded_calls.is_stub(interpreter, template):
        stubs.update_stubs(EvalPoint(interpreter, act, node), template, {StubRole.REPLY: [values]})
        return template
    if not texts_of(template):
        interpreter.note_use(UseKind.METHOD, template, act, node, act.site(node.left), detail=OPERATOR)
        interpreter.note_use(
            UseKind.ESCAPE, values.value, act, node, values.site, detail="an unknown format string"
        )
        return UNKNOWN
    results: list[Value] = []
    for text in texts_of(template):
        keywords = template_values(interpreter, act, node, text, values, PERCENT)
        results.append(
            fill_template(
                text,
                PERCENT,
                _positional_operands(interpreter, node, text, values),
                keywords,
                convert=partial(converted_operand, EvalPoint(interpreter, act, node)),
            )
        )
        if results[-1] == UNKNOWN:
            for value in (text, *interpreter.tracked_leaves(values.value)):
                interpreter.note_use(
                    UseKind.ESCAPE, value, act, node, values.site, detail="a partly filled format string"
                )
    note_cut_texts(EvalPoint(interpreter, act, node), join(*results), PERCENT)
    is_known = all(isinstance(choice, Text) for choice in alternatives(template))
    return join(*results) if is_known else join(*results, UNKNOWN)


def _positional_operands(
    interpreter: Interpreter, node: cst.BinaryOperation, template: Text, values: Operand
) -> Sequence[Operand]:
    """The operands of a `%` template without names: the items of a tuple, or the value itself."""
    sequence = interpreter.heap.get(values.value)
    if not isinstance(sequence, SequenceObject):
        return [values]
    literals = [part.text for part in template.parts if isinstance(part, Lit)]
    places = [match for text in literals for match in PERCENT.finditer(text) if match.group("kind") != "%"]
    is_tuple = isinstance(node.right, cst.Tuple) or len(places) > 1
    return (sequence.items if sequence.rest is NEVER else []) if is_tuple else [values]


def template_keys(template: Text, pattern: re.Pattern[str]) -> list[Lit]:
    """The names of a template's places, with their provenance."""
    return [
        cut_literal(part, match.start("name"), match.end("name"))
        for part in template.parts
        if isinstance(part, Lit)
        for match in pattern.finditer(part.text)
        if match.group("name")
    ]


def template_values(
    interpreter: Interpreter,
    act: Activation,
    node: cst.CSTNode,
    template: Text,
    values: Operand,
    pattern: re.Pattern[str] = BRACES,
) -> dict[str, Operand]:
    """The values of a template's names, read from a mapping; reads of replies are recorded."""
    record = interpreter.heap.get(values.value)
    operands: dict[str, Operand] = {}
    for key in template_keys(template, pattern):
        entries = record.entries.get(key.text, ()) if isinstance(record, DictObject) else ()
        if (
            isinstance(record, DictObject)
            and len(entries) == 1
            and not record.spreads
            and record.others is NEVER
        ):
            operands[key.text] = entries[0].operand
            continue
        for choice in alternatives(values.value):
            note_object_read(EvalPoint(interpreter, act, node), choice, values.site)
        reads = [
            item_of(interpreter, act, node, choice, values.site, Text((key,)))
            for choice in alternatives(values.value)
        ]
        value = join(*reads)
        operands[key.text] = Operand(
            Unknown(key.text) if value == UNKNOWN else value, values.site, values.frame
        )
    return operands


def note_object_read(point: EvalPoint, value: Value, site: Site) -> None:
    """Record that a placeholder reads an item of an object. A plan can't edit both the placeholder and the
    keys in the object's method, so the replies of the object escape."""
    if isinstance(point.interpreter.heap.get(value), Instance):
        point.interpreter.note_replies_escaped(value, point.act, point.node, site, PLACEHOLDER)


KeyReader = Callable[[Operand, str, Lit], Value]
"""Reads the `.name` or `[name]` of a placeholder from a value. The text is the whole path, such as
`.runs[name]`, and the literal is the path without its first and last mark."""
Converter = Callable[[Operand, re.Match[str]], Operand]
"""Converts a value to the text that the placeholder of a match shows."""


def format_method(
    point: EvalPoint,
    template: Value,
    positional: Sequence[Operand],
    keywords: dict[str, Operand],
    read_key: KeyReader | None = None,
) -> Value:
    """The result of `template.format(...)`."""
    convert = partial(converted_operand, point)
    texts = texts_of(template)
    return join(*(fill_template(text, BRACES, positional, keywords, read_key, convert) for text in texts))


def fill_template(
    template: Text,
    pattern: re.Pattern[str],
    positional: Sequence[Operand],
    keywords: dict[str, Operand],
    read_key: KeyReader | None = None,
    convert: Converter = lambda operand, _match: operand,
) -> Value:
    """The texts of a template with its places filled; unknown if a place has no value."""
    choices: list[list[Text]] = []
    place = 0
    for part in template.parts:
        if isinstance(part, Hole):
            choices.append([Text((part,))])
            continue
        last = 0
        for match in pattern.finditer(part.text):
            choices.append(
                [Text((cut_literal(part, last, match.start()),))] if match.start() > last else [Text(())]
            )
            last = match.end()
            if match.group(0) in ("%%", "{{", "}}", "$$"):
                choices.append([Text((Lit(match.group(0)[0]),))])
                continue
            whole_name = match.group("name") or ""
            name = re.split(r"[.\[]", whole_name, maxsplit=1)[0]
            if name and not name.isdecimal():
                replacement = keywords.get(name)
            else:
                number = int(name) if name else place
                replacement = positional[number] if number < len(positional) else None
                place += 1
            if replacement is None:
                return UNKNOWN
            if read_key is not None and len(whole_name) > len(name):
                inner = whole_name[len(name) + 1 :].rstrip("]")
                start = match.start("name") + len(name) + 1
                literal = cut_literal(part, start, start + len(inner))
                value = read_key(replacement, whole_name[len(name) :], literal)
                attribute_operand = convert(replacement._replace(value=value), match)
                mark = cut_literal(part, match.start(), match.end())
                choices.append(_lookup_texts(attribute_operand, mark))
                continue
            choices.append(
                [
                    mark_text(
                        apply_placeholder(text, _placeholder(match)),
                        cut_literal(part, match.start(), match.end()),
                    )
                    for text in text_pieces(convert(replacement, match))
                ]
            )
        if last < len(part.text):
            choices.append([Text((cut_literal(part, last, len(part.text)),))])
    return concat(choices)


def converted_operand(point: EvalPoint, operand: Operand, match: re.Match[str]) -> Operand:
    """The text of an object that fills a placeholder; any other value as it is.

    A plan can name an instance of a library's type, such as a text with a format of its own, but not the
    result of its method.
    """
    if any(is_of_library_type(point.interpreter, choice) for choice in alternatives(operand.value)):
        return operand
    groups = match.groupdict(default="")
    if match.re is PERCENT:
        methods = methods_of_conversion(groups["kind"])
        return text_conversion(point, operand, methods) if methods is not FORMAT else operand
    if match.re is not BRACES:
        return text_conversion(point, operand, TO_TEXT)
    specification = Text((Lit(groups["spec"]),) if groups["spec"] else ())
    return text_conversion(point, operand, methods_of_conversion(groups["conversion"]), specification)


def _placeholder(match: re.Match[str]) -> str:
    """The placeholder of a match, without the name of its value. One in braces for the `repr` of a text is
    taken for one that writes the text."""
    groups = match.groupdict(default="")
    if match.re is PERCENT:
        return f"%{groups['spec']}"
    if groups.get("conversion") in ("r", "a"):
        return "{}"
    return f"{{:{groups['spec']}}}" if "spec" in groups else "{}"


def _lookup_texts(operand: Operand, mark: Lit) -> list[Text]:
    """The texts of a placeholder with `.name` or `[name]`: known text is inserted as it is."""
    texts = texts_of(operand.value)
    rest = [choice for choice in alternatives(operand.value) if not isinstance(choice, Text)]
    if texts and not rest:
        return texts
    return [
        *texts,
        *(mark_text(text, mark) for text in text_pieces(operand._replace(value=join(*rest)))),
    ]


def mark_text(text: Text, mark: Lit) -> Text:
    """A text that fills a placeholder: its holes have the placeholder's literal as their mark."""
    return Text(tuple(replace(part, mark=mark) if isinstance(part, Hole) else part for part in text.parts))


def replace_in_text(text: Text, old: str, new: Operand) -> Value | None:
    """The result of `text.replace(old, new)`. None if unknown text may contain `old`: values that are filled
    in contain no placeholders."""
    if text.literal is None:
        if not any(pattern.fullmatch(old) for pattern in (BRACES, DOLLARS)):
            return None
    elif text.literal.count(old) > sum(part.text.count(old) for part in text.parts if isinstance(part, Lit)):
        return None
    choices: list[list[Text]] = []
    for part in text.parts:
        if isinstance(part, Hole):
            choices.append([Text((part,))])
            continue
        start = 0
        while (end := part.text.find(old, start)) >= 0:
            choices.append([Text((cut_literal(part, start, end),) if end > start else ())])
            mark = cut_literal(part, end, end + len(old))
            choices.append([mark_text(filled, mark) for filled in text_pieces(new)])
            start = end + len(old)
        choices.append([Text((cut_literal(part, start, len(part.text)),) if start < len(part.text) else ())])
    return concat(choices)
