"""Models of regular expressions in tests: as URLs of stubs, and in searches of received URLs."""

from collections.abc import Iterator
from functools import partial

import libcst as cst

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.mocking.recorded_calls import is_part_of_received_request, text_address
from kognitos_migrate.interpret.mocking.stubs import compiled_pattern
from kognitos_migrate.interpret.setting_defaults import arguments_without
from kognitos_migrate.interpret.settings_replacements import is_left_by_replacement
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.rulebook.model import StubRole, View
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Operand, StubContent
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import Decoding, MemberRef, Reply, Text, Value
from kognitos_migrate.values.texts import known_text

SEARCHES = ("match", "fullmatch", "search")


def search(name: str, call: CallPoint) -> Value:
    """The result of `re.search(pattern, text)`. It is only modelled for a received URL in a test."""
    pattern, text = call.arguments.first("pattern"), call.arguments.first("string", place=1)
    is_plain = call.arguments.first("flags", place=2) is None
    result = _search(call, name, pattern, text) if is_plain and pattern is not None else None
    return result if result is not None else call_unmodeled(call, f"re.{name}", f"re.{name}")


def search_by_compiled_pattern(call: CallPoint, member: MemberRef) -> Value:
    """The result of `pattern.search(text)`. Like `re.search(pattern, text)`, it is only modelled for a
    received URL in a test."""
    name = member.name
    text = call.arguments.first("string")
    is_plain = call.arguments.first("pos", place=1) is None
    for pattern in _expressions_of(call, member) if is_plain and name in SEARCHES else ():
        result = _search(call, name, pattern, text)
        if result is not None:
            return result
    return call_unmodeled(call, f"re.Pattern.{name}", f"re.Pattern.{name}")


def replace_matches(call: CallPoint) -> Value:
    """The result of `re.sub(pattern, new, text)`. It is only known for a text of settings."""
    pattern, text = call.arguments.first("pattern"), call.arguments.first("string", place=2)
    is_plain = call.arguments.first("flags", place=4) is None
    return _text_of_settings(call, pattern if is_plain else None, text, "re.sub")


def replace_matches_of_compiled_pattern(call: CallPoint, member: MemberRef) -> Value:
    """The result of `pattern.sub(new, text)`. It is only known for a text of settings."""
    pattern = next(_expressions_of(call, member), None)
    return _text_of_settings(call, pattern, call.arguments.first("string", place=1), "re.Pattern.sub")


def _text_of_settings(call: CallPoint, pattern: Operand | None, text: Operand | None, name: str) -> Value:
    """The text of settings in which matches are replaced; unknown for any other text."""
    expression = known_text(pattern.value) if pattern is not None else None
    if text is None or not is_left_by_replacement(call, text.value, expression):
        return call_unmodeled(call, name, name)
    call_unmodeled(replace(call, arguments=arguments_without(call.arguments, text)), name, name)
    return text.value


def _expressions_of(call: CallPoint, member: MemberRef) -> Iterator[Operand]:
    """The expression of a compiled pattern. None if it may be one of several, or has flags."""
    receiver = member.receiver
    content = call.interpreter.heap.get(receiver)
    if not isinstance(content, StubContent):
        return
    patterns = content.parts.get(StubRole.URL, [])
    compilation = call.interpreter.trees[content.site.path].node(content.site)
    if len(patterns) == 1 and isinstance(compilation, cst.Call) and len(compilation.args) == 1:
        yield patterns[0]


def _search(call: CallPoint, name: str, pattern: Operand, text: Operand | None) -> Value | None:
    """The result of a search in the URL that a stub received; None for any other text."""
    choices = list(alternatives(text.value)) if text is not None else []
    urls = [url for choice in choices if (url := _received_url(call, choice)) is not None]
    expression = pattern.value.literal if isinstance(pattern.value, Text) else None
    if text is None or not urls or len(urls) != len(choices) or expression is None:
        return None
    for url in urls:
        call.note_use(UseKind.METHOD, url, text.site, pattern.value, name)
    matched = (url.at(Decoding.MATCHED).at(name).at(expression) for url in urls)
    return join(*matched)


def _received_url(call: CallPoint, value: Value) -> Reply | None:
    """The URL that a stub received, if a test searches in it; None for any other text."""
    interpreter = call.interpreter
    if call.act.frame.path not in interpreter.testing.modules or not isinstance(value, Reply):
        return None
    is_url = value.path == (View.ADDRESS,) and is_part_of_received_request(interpreter, value)
    return value if is_url else text_address(interpreter, value)


def text_of_escape(call: CallPoint) -> Value:
    """The result of `re.escape(text)`: in a test, the text itself, as a part of a pattern."""
    argument = call.arguments.first("pattern")
    if argument is None or call.act.frame.path not in call.interpreter.testing.modules:
        return call_unmodeled(call, "re.escape", "re.escape")
    return argument.value


SYMBOLS: dict[str, Model] = {
    **{f"re.{name}": partial(search, name) for name in SEARCHES},
    "re.sub": replace_matches,
    "re.compile": compiled_pattern,
    "re.escape": text_of_escape,
}


METHODS: dict[str, Method] = {
    "saying.sub": replace_matches_of_compiled_pattern,
    "saying.*": search_by_compiled_pattern,
}
