"""The keys that lead to a value in decoded settings.

conf = json.load(file)["api"]
version = conf.get("version", "v1")     # the keys are ("api", "version")
"""

import re
from collections.abc import Iterator
from typing import TypeGuard

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.value_sources import Evaluation, ValueSources
from kognitos_migrate.syntax.shapes import method_name, receiver_of
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Hole, Text, Unknown, Value
from kognitos_migrate.values.origins import UNKNOWN_KEY, OriginKind, ReadKind, ValueOrigin

_SETTING = "setting "
_MOST_STEPS = 30
"""The limit on steps back from an expression."""
_PARSERS = ("configparser.", "ConfigParser.")
_READS = ("get", "getint", "getboolean", "pop", "setdefault")
"""Methods of mappings and parsers that return the value of a key."""
_TEXT_METHODS = ("strip", "rstrip", "lstrip", "lower", "removesuffix", "removeprefix")
"""Methods whose result is still the setting's text."""


def setting_name(program: ProgramFacts, evaluation: Evaluation) -> str | None:
    """A setting in the interpreter's notation, named by the keys that lead to it. None if an expression reads
    no key."""
    keys = keys_leading_to(program, evaluation)
    return f"{_SETTING}{'.'.join(keys)}" if keys else None


def setting_of_placeholder(program: ProgramFacts, hole: Hole) -> str | None:
    """The setting, in the interpreter's notation, that fills a named placeholder from a mapping:
    `"{host}/{version}".format(**section)`. None if the placeholder has no name."""
    name = _PLACEHOLDER_NAME.search(hole.mark.text) if hole.mark is not None else None
    keys = (*keys_leading_to(program, (hole.site, hole.frame)), name[0]) if name is not None else ()
    return f"{_SETTING}{'.'.join(keys)}" if keys else None


_PLACEHOLDER_NAME = re.compile(r"[A-Za-z_]\w+")


def setting_of_value(value: Unknown) -> str | None:
    """A setting in the interpreter's notation, named by the attributes and items that were read of an object
    which a library made: `structure().api.paths["begin"]`. None if it isn't such a value. The names begin
    behind the last key that isn't known."""
    origin = value.origin
    if origin is None or origin.kind is not OriginKind.RESULT or origin.has_read(ReadKind.ELEMENT):
        return None
    return setting_of_origin(origin)


def setting_of_origin(origin: ValueOrigin) -> str | None:
    """A setting in the interpreter's notation, named by the attributes and items that were read, behind the
    last key that isn't known. None if no key is behind it."""
    keys = origin.known_keys
    return f"{_SETTING}{'.'.join(keys)}" if keys else None


def data_items(value: Value) -> tuple[str, ...]:
    """The items of decoded data that a value may be, in the interpreter's notation. Empty if it may be
    anything else, or an item at a key that isn't known."""
    choices = alternatives(value)
    items = tuple(sorted(choice.source for choice in choices if _is_data_item(choice)))
    return items if len(items) == len(choices) else ()


def _is_data_item(value: Value) -> TypeGuard[Unknown]:
    origin = value.origin if isinstance(value, Unknown) and value.is_data else None
    if origin is None or origin.kind is not OriginKind.RESULT or origin.has_read(ReadKind.ELEMENT):
        return False
    return bool(origin.keys) and UNKNOWN_KEY not in origin.keys


def with_all_keys(program: ProgramFacts, match: Match, setting: str) -> str:
    """A setting that can override a part of a request's URL, named by all keys that lead to it."""
    if not setting.startswith(_SETTING):
        return setting
    own = setting.removeprefix(_SETTING).split(".")
    urls = (*(path.url for path in match.paths), *match.other_urls)
    for hole in (hole for url in urls for piece in url.pieces() for hole in piece.via):
        if any(
            isinstance(choice, Unknown) and choice.source == setting for choice in alternatives(hole.value)
        ):
            keys = keys_leading_to(program, (hole.site, hole.frame))
            if keys[-len(own) :] == tuple(own):
                return f"{_SETTING}{'.'.join(keys)}"
    return setting


def keys_leading_to(program: ProgramFacts, evaluation: Evaluation) -> tuple[str, ...]:
    """The keys that are read, one from the value of the other, to get the value of an expression, outermost
    first. Empty if the expression reads no known key."""
    keys: tuple[str, ...] = ()
    for _ in range(_MOST_STEPS):
        step = _step_back(program, evaluation)
        if step is None:
            return keys
        names, evaluation = step
        keys = (*names, *keys)
    return ()


def text_before_strip(program: ProgramFacts, evaluation: Evaluation) -> Evaluation:
    """The expression before calls of text methods such as `strip`: `url` of `url.strip().rstrip("/")`."""
    site, frame = evaluation
    node = program.node(site)
    while (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and method_name(node) in _TEXT_METHODS
        and not _has_program_callees(program, (site, frame))
    ):
        node = node.func.value
        site = program.tree(site).site(node)
    return site, frame


def _step_back(program: ProgramFacts, evaluation: Evaluation) -> tuple[tuple[str, ...], Evaluation] | None:
    """The keys that an expression reads, and the expression that it reads them from."""
    site, frame = evaluation
    tree, node = program.tree(site), program.node(site)
    match node:
        case cst.Subscript(value=owner, slice=[cst.SubscriptElement(cst.Index(index))]):
            text = _text(program, (tree.site(index), frame))
            return ((text,), (tree.site(owner), frame)) if text is not None else None
        case cst.BooleanOperation(left=left, operator=cst.Or()):
            return (), (tree.site(left), frame)
        case cst.Call(args=[cst.Arg(value=argument, keyword=None, star="")]) if _is_same_value(
            program, evaluation, (tree.site(argument), frame)
        ):
            return (), (tree.site(argument), frame)
        case cst.Call(args=arguments) if method_name(node) in _READS and not _has_program_callees(
            program, evaluation
        ):
            receiver = receiver_of(node)
            positional = [argument.value for argument in arguments if argument.keyword is None]
            if receiver is None or not positional:
                return None
            at = (tree.site(receiver), frame)
            has_section = len(positional) == 2 and _is_parser(program, at)
            texts = [_text(program, (tree.site(part), frame)) for part in positional[: 1 + has_section]]
            return (tuple(filter(None, texts)), at) if all(texts) else None
        case cst.Call(func=cst.Attribute(value=owner)) if not _has_program_callees(program, evaluation):
            is_same_text = method_name(node) in _TEXT_METHODS
            return ((), (tree.site(owner), frame)) if is_same_text else None
    ways = list(_source_evaluations(program, evaluation))
    return ((), ways[0]) if len(ways) == 1 else None


def _source_evaluations(program: ProgramFacts, evaluation: Evaluation) -> Iterator[Evaluation]:
    """The expressions that a variable, an attribute or a call of the program may get its value from."""
    site, frame = evaluation
    tree, node = program.tree(site), program.node(site)
    sources = program.memoize(ValueSources)
    callees = sources.callees(evaluation)
    if callees:
        yield from (result for callee in callees for result in sources.results(callee))
    elif isinstance(node, cst.Name):
        bindings = (source.evaluation for source in sources.of_name(tree, node, frame))
        yield from (binding for binding in bindings if binding is not None)
    elif isinstance(node, cst.Attribute):
        owner = program.value(tree.site(node.value), frame)
        for choice in alternatives(owner):
            record = program.facts.heap.get(choice)
            if isinstance(record, Instance):
                operands = record.origins.get(node.attr.value, ())
                yield from ((operand.site, operand.frame) for operand in operands)


def _is_same_value(program: ProgramFacts, call: Evaluation, argument: Evaluation) -> bool:
    """Whether a call of a library returns its argument as it is, as `string.Template` does."""
    value = program.value(*call)
    return isinstance(value, Unknown) and bool(value.source) and value == program.value(*argument)


def _has_program_callees(program: ProgramFacts, evaluation: Evaluation) -> bool:
    return bool(program.memoize(ValueSources).callees(evaluation))


def _is_parser(program: ProgramFacts, evaluation: Evaluation) -> bool:
    """Whether an expression is a parser of settings files, and not one of its sections."""
    origins = (
        choice.origin
        for choice in alternatives(program.value(*evaluation))
        if isinstance(choice, Unknown) and choice.origin is not None
    )
    return any(
        origin.kind is OriginKind.RESULT
        and origin.names[0].startswith(_PARSERS)
        and not origin.has_read(ReadKind.ITEM)
        for origin in origins
    )


def _text(program: ProgramFacts, evaluation: Evaluation) -> str | None:
    value = program.value(*evaluation)
    return value.literal if isinstance(value, Text) else None
