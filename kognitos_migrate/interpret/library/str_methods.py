"""Models of the methods of strings, of path joins, and of pattern comparison."""

from functools import partial
from typing import cast

from kognitos_migrate.interpret.containers import element_of, heap_objects, item_of, iterated_uses, known_text
from kognitos_migrate.interpret.expressions import compare
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.strings import (
    DOLLARS,
    WORD,
    cut_literal,
    fill_template,
    format_method,
    join_texts,
    strip_text,
    template_values,
    text_pieces,
)
from kognitos_migrate.interpret.unknown_code import unknown_call
from kognitos_migrate.interpret.url_values import join_url, known_slice
from kognitos_migrate.values.heap import Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, concat, join
from kognitos_migrate.values.lattice import (
    NEVER,
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


def _text(member: Value) -> Text:
    return cast(Text, cast(MemberRef, member).receiver)


def join_method(call: CallPoint, member: Value) -> Value:
    """The result of `separator.join(items)`. If the argument is a text, it is `base.join(link)` of a URL."""
    given = call.arguments.first()
    if given is not None and all(isinstance(choice, Text) for choice in alternatives(given.value)):
        return join_url(_text(member), given)
    held = (
        [thing for thing in heap_objects(call.machine, given.value) if isinstance(thing, SequenceObject)]
        if given
        else []
    )
    if len(held) == 1 and held[0].rest is NEVER:
        return join_texts(_text(member), held[0].items)
    if given is not None:
        element = element_of(call.machine, given.value)
        if _is_path(_text(member)) and not any(isinstance(one, Reply) for one in alternatives(element)):
            known = held[0].items if len(held) == 1 else []
            first = known or [Operand(element, given.site, given.frame)]
            return join_texts(_text(member), [*first, Operand(UNKNOWN, given.site, given.frame)])
        if call.machine.tracked(element):
            call.use(UseKind.FORMAT, element, given.site, detail="joined")
            return element
    return UNKNOWN


def _is_path(separator: Text) -> bool:
    """Whether a separator is that of a path."""
    return separator.literal == "/"


def path_joined(call: CallPoint) -> Value:
    """The result of `os.path.join(base, ...)`, if the base begins with a URL."""
    parts = call.arguments.positional
    urls = [one for one in alternatives(parts[0].value) if "://" in _end(one, first=True)] if parts else []
    if not urls:
        for one in call.arguments.everything():
            call.use(UseKind.ESCAPE, one.value, one.site, detail="the name of a file")
        return UNKNOWN
    rest = [Operand(UNKNOWN, one.site, one.frame) for one in call.arguments.spread]
    words = [known_text(one.value) or "" for one in parts]
    if any(word.startswith("/") for word in words[1:]) or any(word.endswith("/") for word in words[:-1]):
        return concat([text_pieces(parts[0]), text_pieces(Operand(UNKNOWN, call.site, call.act.frame.id))])
    return join_texts(Text((Lit("/"),)), [*parts, *rest])


def format_(call: CallPoint, member: Value) -> Value:
    """The result of `template.format(...)`."""
    named = dict(call.arguments.keywords)
    for given in [*call.arguments.keyword_spread, *call.arguments.spread]:
        iterated_uses(call.machine, call.act, call.node, given, "format")
    for given in call.arguments.keyword_spread:
        named = {**template_values(call.machine, call.act, call.node, _text(member), given), **named}

    def look(given: Operand, name: str, written: Lit) -> Value:
        machine, act = call.machine, call.act
        found: list[Value] = []
        for choice in alternatives(given.value):
            if isinstance(choice, Reply | Ref) and not _has_attributes(call, choice):
                found.append(item_of(machine, act, call.node, choice, given.site, Text((written,))))
            else:
                found.append(machine.attribute(act, call.node, choice, name))
        return join(*found)

    return format_method(_text(member), call.arguments.positional, named, look)


def format_map_(call: CallPoint, member: Value) -> Value:
    """The result of `template.format_map(mapping)`."""
    given = call.arguments.first("mapping")
    if given is None:
        return UNKNOWN
    named = template_values(call.machine, call.act, call.node, _text(member), given)
    return format_method(_text(member), [], named)


def substitute(call: CallPoint, member: Value) -> Value:
    """The result of `substitute(mapping, **more)` and `safe_substitute` of a `string.Template`."""
    given = call.arguments.first("mapping")
    text, named = _text(member), dict(call.arguments.keywords)
    for mapping in [*([given] if given else []), *call.arguments.keyword_spread]:
        named = {**template_values(call.machine, call.act, call.node, text, mapping, DOLLARS), **named}
    return fill_template(text, DOLLARS, [], named)


def _has_attributes(call: CallPoint, value: Value) -> bool:
    return isinstance(value, Ref) and isinstance(call.machine.heap[value], Instance)


def strip(call: CallPoint, member: Value) -> Value:
    """The result of `strip`, `lstrip` and `rstrip`, by the name of the method."""
    name = cast(MemberRef, member).name
    given = call.arguments.first()
    characters = known_text(given.value) if given else None
    return strip_text(
        _text(member), characters, left=name in ("strip", "lstrip"), right=name in ("strip", "rstrip")
    )


def remove_affix(call: CallPoint, member: Value) -> Value:
    """The result of `removesuffix` and `removeprefix`."""
    text, given = _text(member), call.arguments.first()
    affix = known_text(given.value) if given else None
    if not affix:
        return _asked(call, member)
    suffix = cast(MemberRef, member).name == "removesuffix"
    if any(watched in affix for watched in call.machine.notes.watch):
        call.use(UseKind.METHOD, text, call.site, detail=cast(MemberRef, member).name)
    known = text.literal
    if known is not None:
        kept = known.removesuffix(affix) if suffix else known.removeprefix(affix)
        return (
            known_slice(text, 0, len(kept))
            if suffix
            else known_slice(text, len(known) - len(kept), len(known))
        )
    end = text.parts[-1 if suffix else 0]
    if not isinstance(end, Lit):
        return text
    if suffix:
        return Text((*text.parts[:-1], cut_literal(end, 0, len(end.text.removesuffix(affix)))))
    gone = len(end.text) - len(end.text.removeprefix(affix))
    return Text((cut_literal(end, gone, len(end.text)), *text.parts[1:]))


def change_case(call: CallPoint, member: Value) -> Value:
    """The result of `upper`, `lower`, `title` and the like: known text without provenance."""
    text = _text(member)
    known = text.literal
    name = cast(MemberRef, member).name
    call.use(UseKind.METHOD, text, call.site, detail=name)
    return Text((Lit(getattr(known, name)()),)) if known is not None else UNKNOWN


def same(_call: CallPoint, member: Value) -> Value:
    """The receiver: the result of `encode`, `decode` and the like."""
    return _text(member)


def affix(call: CallPoint, member: Value) -> Value:
    """The result of `startswith` and `endswith`, if that end of the text is known."""
    text, given = _text(member), call.arguments.first()
    starts = cast(MemberRef, member).name == "startswith"
    known = _end(text, first=starts)
    listed = (
        [thing for thing in heap_objects(call.machine, given.value) if isinstance(thing, SequenceObject)]
        if given
        else []
    )
    wanted = [known_text(item.value) for thing in listed for item in thing.items] or [
        known_text(given.value) if given else None
    ]
    if (not known and text.literal is None) or None in wanted:
        held = [leaf for leaf in call.machine.leaves(text) if isinstance(leaf, Reply)]
        call.use(UseKind.METHOD, join(*held), call.site, detail=cast(MemberRef, member).name)
        _asked(call, member)
        return UNKNOWN
    words = [word for word in wanted if word is not None]
    is_watched = any(watched in word for word in words for watched in call.machine.notes.watch)
    if is_watched or (not starts and any(WORD.search(word) for word in words)):
        call.use(UseKind.METHOD, text, call.site, detail=cast(MemberRef, member).name)
    if any(known.startswith(word) if starts else known.endswith(word) for word in words):
        return Const(value=True)
    return (
        Const(value=False) if text.literal is not None or not _could(known, words, starts=starts) else UNKNOWN
    )


def _end(text: Value, *, first: bool) -> str:
    """The known characters at the start (`first`) or the end of a text."""
    known = ""
    if not isinstance(text, Text):
        return known
    for part in text.parts if first else reversed(text.parts):
        held = (
            _end(part.value, first=first) if isinstance(part, Hole) and isinstance(part.value, Text) else ""
        )
        more = part.text if isinstance(part, Lit) else held
        known = known + more if first else more + known
        if isinstance(part, Hole) and getattr(part.value, "literal", None) is None:
            break
    return known


def _could(known: str, words: list[str], *, starts: bool) -> bool:
    """Whether a text with one known end may still have one of the affixes."""
    return any(word.startswith(known) if starts else word.endswith(known) for word in words)


def ask(call: CallPoint, member: Value) -> Value:
    """The result of any other method of a text. A method that str doesn't have is one of a path or URL, and
    its arguments escape."""
    text = _asked(call, member)
    call.use(UseKind.METHOD, text, call.site, detail=cast(MemberRef, member).name)
    call.machine.notes.name(call.act, text)  # the name of a file, if the text is a path
    name = cast(MemberRef, member).name
    return UNKNOWN if hasattr(str, name) else unknown_call(call, f"the method {name} of an unknown object")


def _asked(call: CallPoint, member: Value) -> Text:
    """The text. Replies among the arguments of its method get a METHOD use with the text as the other
    value."""
    text, name = _text(member), cast(MemberRef, member).name
    for given in call.arguments.everything():
        if any(isinstance(choice, Reply) for choice in alternatives(given.value)):
            call.use(UseKind.METHOD, given.value, given.site, text, name)
    return text


def compared(call: CallPoint, member: Value) -> Value:
    """The result of `text.__eq__(other)` and `text.__ne__(other)`."""
    given = call.arguments.first()
    if given is not None:
        operator = _OPERATORS[cast(MemberRef, member).name]
        compare(call.machine, call.act, call.node, call.given(_text(member)), given, operator)
    return UNKNOWN


_OPERATORS = {"__eq__": "Equal", "__ne__": "NotEqual"}


def dedent(call: CallPoint) -> Value:
    """The result of `textwrap.dedent(text)` and of other functions that return a text argument. A field of a
    reply escapes."""
    given = call.arguments.first()
    found = next(iter(alternatives(given.value)), UNKNOWN) if given is not None else UNKNOWN
    if given is not None and isinstance(found, Reply) and len(found.path) > 1:
        call.use(UseKind.ESCAPE, found, given.site, detail="what takes a text")
        return UNKNOWN
    return found


_NAMES = ("fnmatch.fnmatch", "fnmatch.fnmatchcase")


def _matched(name: str, call: CallPoint) -> Value:
    """The result of `fnmatch.fnmatch(name, pattern)`. If a part of a reply is among the arguments, all of
    them escape."""
    leaves = (leaf for given in call.arguments.everything() for leaf in call.machine.leaves(given.value))
    if all(isinstance(leaf, Text | Unknown) for leaf in leaves):
        return UNKNOWN
    return unknown_call(call, name)


SYMBOLS: dict[str, Model] = {
    **dict.fromkeys(("os.path.join", "posixpath.join"), path_joined),
    "textwrap.dedent": dedent,
    "string.Template": dedent,
    "builtins.bytes": dedent,
    **{name: partial(_matched, name) for name in _NAMES},
}


METHODS: dict[str, Method] = {
    "str.join": join_method,
    "str.format": format_,
    "str.format_map": format_map_,
    **dict.fromkeys(("str.substitute", "str.safe_substitute"), substitute),
    **{f"str.{name}": strip for name in ("strip", "lstrip", "rstrip")},
    **{f"str.{name}": remove_affix for name in ("removesuffix", "removeprefix")},
    **{f"str.{name}": change_case for name in ("upper", "lower", "title", "capitalize", "casefold")},
    **{f"str.{name}": same for name in ("encode", "decode", "expandtabs", "__str__")},
    "str.startswith": affix,
    "str.endswith": affix,
    **dict.fromkeys((f"str.{name}" for name in _OPERATORS), compared),
    "str.*": ask,
}
