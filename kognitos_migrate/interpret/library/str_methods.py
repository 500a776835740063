"""Models of the methods of strings, and of pattern comparison."""

from functools import partial
from typing import cast

from kognitos_migrate.interpret.comparisons import note_comparison
from kognitos_migrate.interpret.containers import item_of
from kognitos_migrate.interpret.format_specifications import note_cut_texts
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import element_of, note_iteration
from kognitos_migrate.interpret.sequence_choices import known_choices
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import IN_TEXTS, PLACEHOLDER
from kognitos_migrate.interpret.strings import (
    WORD,
    changed_text,
    cut_literal,
    join_texts,
    known_end,
    strip_text,
)
from kognitos_migrate.interpret.text_templates import (
    BRACES,
    DOLLARS,
    converted_operand,
    fill_template,
    format_method,
    replace_in_text,
    template_values,
)
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.interpret.url_values import join_url, known_slice
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    UNKNOWN,
    Const,
    Hole,
    Lit,
    MemberRef,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)
from kognitos_migrate.values.texts import known_text


def _receiver_text(member: MemberRef) -> Text:
    return cast(Text, member.receiver)


def join_method(call: CallPoint, member: MemberRef) -> Value:
    """The result of `separator.join(items)`. If the argument is a text, it is `base.join(link)` of a URL."""
    argument = call.arguments.first()
    if argument is not None and all(isinstance(choice, Text) for choice in alternatives(argument.value)):
        return join_url(_receiver_text(member), argument)
    choices = known_choices(call.interpreter, argument.value) if argument is not None else None
    if choices is not None:
        return join(*(join_texts(_receiver_text(member), choice) for choice in choices))
    if argument is not None:
        sequences = [
            heap_object
            for heap_object in call.interpreter.heap.objects_of(argument.value)
            if isinstance(heap_object, SequenceObject)
        ]
        element = element_of(call.interpreter, argument.value)
        if _is_path(_receiver_text(member)) and not any(
            isinstance(choice, Reply) for choice in alternatives(element)
        ):
            items = sequences[0].items if len(sequences) == 1 else []
            first = items or [Operand(element, argument.site, argument.frame)]
            return join_texts(
                _receiver_text(member), [*first, Operand(UNKNOWN, argument.site, argument.frame)]
            )
        if call.interpreter.tracked(element):
            call.note_use(UseKind.FORMAT, element, argument.site, detail="joined")
            item = Operand(element, argument.site, argument.frame)
            return join_texts(_receiver_text(member), [item, item._replace(value=UNKNOWN)])
    return UNKNOWN


def _is_path(separator: Text) -> bool:
    return separator.literal == "/"


def format_(call: CallPoint, member: MemberRef) -> Value:
    """The result of `template.format(...)`."""
    keywords = dict(call.arguments.keywords)
    for spread in [*call.arguments.keyword_spread, *call.arguments.spread]:
        note_iteration(call, spread, "format")
    for spread in call.arguments.spread:  # it isn't known which placeholders its elements fill
        call.note_use(
            UseKind.ESCAPE,
            element_of(call.interpreter, spread.value),
            spread.site,
            detail="arguments of a format",
        )
    for mapping in call.arguments.keyword_spread:
        keywords = {
            **template_values(call.interpreter, call.act, call.node, _receiver_text(member), mapping),
            **keywords,
        }

    result = format_method(
        call, _receiver_text(member), call.arguments.positional, keywords, partial(_read_path, call)
    )
    note_cut_texts(call, result, BRACES)
    return result


def _read_path(call: CallPoint, operand: Operand, path: str, literal: Lit) -> Value:
    """The value of `{value.name}` or `{value[name]}` in a format."""
    interpreter, act = call.interpreter, call.act
    values: list[Value] = []
    for choice in alternatives(operand.value):
        is_object = _has_attributes(call, choice)
        if isinstance(choice, Reply | Ref) and not is_object:
            values.append(item_of(interpreter, act, call.node, choice, operand.site, Text((literal,))))
            continue
        value: Value = choice
        for name in path.partition("[")[0].split(".")[1:]:
            value = interpreter.attribute(act, call.node, value, name)
        if "[" in path:
            for owner in alternatives(value):
                interpreter.note_replies_escaped(owner, act, call.node, operand.site, PLACEHOLDER)
            is_item = path.startswith("[") and not is_object
            value = interpreter.attribute(act, call.node, value, literal.text) if is_item else UNKNOWN
        values.append(value)
    return join(*values)


def format_map_(call: CallPoint, member: MemberRef) -> Value:
    """The result of `template.format_map(mapping)`."""
    mapping = call.arguments.first("mapping")
    if mapping is None:
        return UNKNOWN
    keywords = template_values(call.interpreter, call.act, call.node, _receiver_text(member), mapping)
    result = format_method(call, _receiver_text(member), [], keywords)
    note_cut_texts(call, result, BRACES)
    return result


def substitute(call: CallPoint, member: MemberRef) -> Value:
    """The result of `substitute(mapping, **more)` and `safe_substitute` of a `string.Template`."""
    argument = call.arguments.first("mapping")
    text, keywords = _receiver_text(member), dict(call.arguments.keywords)
    for mapping in [*([argument] if argument else []), *call.arguments.keyword_spread]:
        keywords = {
            **template_values(call.interpreter, call.act, call.node, text, mapping, DOLLARS),
            **keywords,
        }
    return fill_template(text, DOLLARS, [], keywords, convert=partial(converted_operand, call))


def _has_attributes(call: CallPoint, value: Value) -> bool:
    return isinstance(call.interpreter.heap.get(value), Instance)


def strip(call: CallPoint, member: MemberRef) -> Value:
    """The result of `strip`, `lstrip` and `rstrip`, by the name of the method."""
    name = member.name
    argument = call.arguments.first()
    characters = known_text(argument.value) if argument else None
    return strip_text(
        _receiver_text(member),
        characters,
        left=name in ("strip", "lstrip"),
        right=name in ("strip", "rstrip"),
    )


def remove_affix(call: CallPoint, member: MemberRef) -> Value:
    """The result of `removesuffix` and `removeprefix`."""
    text, argument = _receiver_text(member), call.arguments.first()
    affix = known_text(argument.value) if argument else None
    if not affix:
        return _note_reply_arguments(call, member)
    suffix = member.name == "removesuffix"
    if any(watched in affix for watched in call.interpreter.notes.watch):
        call.note_use(UseKind.METHOD, text, call.site, detail=member.name)
    literal = text.literal
    if literal is not None:
        remainder = literal.removesuffix(affix) if suffix else literal.removeprefix(affix)
        return (
            known_slice(text, 0, len(remainder))
            if suffix
            else known_slice(text, len(literal) - len(remainder), len(literal))
        )
    end = text.parts[-1 if suffix else 0]
    if isinstance(end, Hole) and (isinstance(end.value, Text) or not affix.strip("/")):
        return text
    if isinstance(end, Hole):
        end = replace(end, value=changed_text(end.value, "builtins.str.removesuffix"))
        return Text((*text.parts[:-1], end) if suffix else (end, *text.parts[1:]))
    if suffix:
        return Text((*text.parts[:-1], cut_literal(end, 0, len(end.text.removesuffix(affix)))))
    prefix_length = len(end.text) - len(end.text.removeprefix(affix))
    return Text((cut_literal(end, prefix_length, len(end.text)), *text.parts[1:]))


def replace_(call: CallPoint, member: MemberRef) -> Value:
    """The result of `replace(old, new)`, if each occurrence of `old` in the text is known. The version may
    not be among what is replaced, since it changes."""
    arguments = call.arguments.positional
    old = known_text(arguments[0].value) if len(arguments) == 2 else None
    is_watched = old is not None and any(watched in old for watched in call.interpreter.notes.watch)
    result = replace_in_text(_receiver_text(member), old, arguments[1]) if old and not is_watched else None
    return call_other_method(call, member) if result is None else result


def change_case(call: CallPoint, member: MemberRef) -> Value:
    """The result of `upper`, `lower`, `title` and the like: known text without provenance."""
    text = _receiver_text(member)
    literal = text.literal
    name = member.name
    call.note_use(UseKind.METHOD, text, call.site, detail=name)
    return Text((Lit(getattr(literal, name)()),)) if literal is not None else UNKNOWN


def return_receiver(_call: CallPoint, member: MemberRef) -> Value:
    """The receiver: the result of `encode()` of a text, or `with_traceback(trace)` of an error."""
    return member.receiver


def test_affix(call: CallPoint, member: MemberRef) -> Value:
    """The result of `startswith` and `endswith`, if that end of the text is known."""
    text, argument = _receiver_text(member), call.arguments.first()
    starts = member.name == "startswith"
    characters = known_end(text, first=starts)
    sequences = (
        [
            heap_object
            for heap_object in call.interpreter.heap.objects_of(argument.value)
            if isinstance(heap_object, SequenceObject)
        ]
        if argument
        else []
    )
    affixes = [known_text(item.value) for heap_object in sequences for item in heap_object.items] or [
        known_text(argument.value) if argument else None
    ]
    if (not characters and text.literal is None) or None in affixes:
        replies = [leaf for leaf in call.interpreter.tracked_leaves(text) if isinstance(leaf, Reply)]
        call.note_use(UseKind.METHOD, join(*replies), call.site, detail=member.name)
        _note_reply_arguments(call, member)
        return UNKNOWN
    words = [word for word in affixes if word is not None]
    is_watched = any(watched in word for word in words for watched in call.interpreter.notes.watch)
    if is_watched or (not starts and any(WORD.search(word) for word in words)):
        call.note_use(UseKind.METHOD, text, call.site, detail=member.name)
    if any(characters.startswith(word) if starts else characters.endswith(word) for word in words):
        return Const(value=True)
    return (
        Const(value=False)
        if text.literal is not None or not _may_have_affix(characters, words, starts=starts)
        else UNKNOWN
    )


def _may_have_affix(characters: str, words: list[str], *, starts: bool) -> bool:
    """Whether a text with one known end may still have one of the affixes."""
    return any(word.startswith(characters) if starts else word.endswith(characters) for word in words)


def call_other_method(call: CallPoint, member: MemberRef) -> Value:
    """The result of any other method of a text. A method that str doesn't have is one of a path or URL, and
    its arguments escape."""
    text = _note_reply_arguments(call, member)
    call.note_use(UseKind.METHOD, text, call.site, detail=member.name)
    call.interpreter.notes.note_texts_passed(call.act, text)  # the name of a file, if the text is a path
    name = member.name
    return UNKNOWN if hasattr(str, name) else call_unmodeled(call, f"the method {name} of an unknown object")


def split(call: CallPoint, member: MemberRef) -> Value:
    """The result of `split(separator)`: the parts of a known text, as of the dotted name of a setting."""
    value, separator = call_other_method(call, member), call.arguments.first("sep")
    text, mark = _receiver_text(member), known_text(separator.value) if separator is not None else None
    literal = text.literal
    if (
        not mark
        or not literal
        or len([*call.arguments.everything()]) > 1
        or literal.count(mark) > _MOST_PARTS
    ):
        return value
    parts: list[Operand] = []
    start = 0
    for word in literal.split(mark):
        parts.append(call.operand(known_slice(text, start, start + len(word))))
        start += len(word) + len(mark)
    return call.interpreter.allocate_sequence(call.act, call.node, parts)


_MOST_PARTS = 8
"""The maximum number of separators in a text whose parts are known."""


def _note_reply_arguments(call: CallPoint, member: MemberRef) -> Text:
    """The text. Replies among the arguments of its method get a METHOD use with the text as the other
    value."""
    text, name = _receiver_text(member), member.name
    for argument in call.arguments.everything():
        if any(isinstance(choice, Reply) for choice in alternatives(argument.value)):
            call.note_use(UseKind.METHOD, argument.value, argument.site, text, name)
    return text


def compare_texts(call: CallPoint, member: MemberRef) -> Value:
    """The result of `text.__eq__(other)` and `text.__ne__(other)`."""
    argument = call.arguments.first()
    if argument is not None:
        operator = _OPERATORS[member.name]
        note_comparison(
            call.interpreter, call.act, call.node, call.operand(_receiver_text(member)), argument, operator
        )
    return UNKNOWN


TEXT_RESULTS = frozenset(
    (
        *("strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "lower", "upper", "title"),
        *("capitalize", "casefold", "expandtabs", "encode", "decode", "__str__"),
    )
)
"""Methods whose result is made of the text."""
_OPERATORS = {"__eq__": "Equal", "__ne__": "NotEqual"}


def dedent(call: CallPoint) -> Value:
    """The result of `textwrap.dedent(text)` and of other functions that return a text argument. A field of a
    reply escapes."""
    argument = call.arguments.first()
    value = next(iter(alternatives(argument.value)), UNKNOWN) if argument is not None else UNKNOWN
    if argument is not None and isinstance(value, Reply) and len(value.path) > 1:
        call.note_use(UseKind.ESCAPE, value, argument.site, detail=IN_TEXTS)
        return UNKNOWN
    return value


_MATCH_FUNCTIONS = ("fnmatch.fnmatch", "fnmatch.fnmatchcase")


def _match_pattern(name: str, call: CallPoint) -> Value:
    """The result of `fnmatch.fnmatch(name, pattern)`. If a part of a reply is among the arguments, all of
    them escape."""
    leaves = (
        leaf
        for argument in call.arguments.everything()
        for leaf in call.interpreter.tracked_leaves(argument.value)
    )
    if all(isinstance(leaf, Text | Unknown) for leaf in leaves):
        return UNKNOWN
    return call_unmodeled(call, name, name)


SYMBOLS: dict[str, Model] = {
    "textwrap.dedent": dedent,
    "string.Template": dedent,
    "builtins.bytes": dedent,
    **{name: partial(_match_pattern, name) for name in _MATCH_FUNCTIONS},
}


METHODS: dict[str, Method] = {
    "str.join": join_method,
    "str.format": format_,
    "str.format_map": format_map_,
    **dict.fromkeys(("str.substitute", "str.safe_substitute"), substitute),
    **{f"str.{name}": strip for name in ("strip", "lstrip", "rstrip")},
    **{f"str.{name}": remove_affix for name in ("removesuffix", "removeprefix")},
    **{f"str.{name}": change_case for name in ("upper", "lower", "title", "capitalize", "casefold")},
    **{f"str.{name}": return_receiver for name in ("as_posix", "encode", "decode", "expandtabs", "__str__")},
    "str.replace": replace_,
    "str.startswith": test_affix,
    "str.endswith": test_affix,
    **dict.fromkeys((f"str.{name}" for name in _OPERATORS), compare_texts),
    "str.*": call_other_method,
}
