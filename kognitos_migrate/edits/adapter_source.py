"""Source text of adapters, which rebuild the old reply from the new one.

Users read this code: a module of adapters says what it is for and when to delete it, and has doctests as
examples."""

import re
from collections.abc import Iterable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.edits.literals import docstring, identifier, string_literal
from kognitos_migrate.rulebook.model import (
    Api,
    Encoding,
    EntryKeys,
    JsonReplacement,
    LayoutMember,
    Operation,
    View,
)
from kognitos_migrate.syntax.tree import Tree

MARK = "# kognitos-migrate: adapter"
"""The first line of a module of adapters, and the comment above an adapter in another module."""


_IMPORTS = {"json": "import json", "Any": "from typing import Any"}


Words = Mapping[str, tuple[str, ...]]


VocabularyWords = Mapping[str, Words]
"""By vocabulary: old words and the new words that mean them."""


def is_adapter(tree: Tree) -> bool:
    """Whether a module is a generated module of adapters."""
    return is_adapter_text(tree.text)


def is_adapter_text(text: str) -> bool:
    """Whether a text is that of a generated module of adapters."""
    return text.startswith(MARK)


def is_marked(node: cst.CSTNode) -> bool:
    """Whether a function is marked as an adapter."""
    return isinstance(node, cst.FunctionDef) and any(
        line.comment is not None and line.comment.value == MARK for line in node.leading_lines
    )


def marked_adapters(tree: Tree) -> frozenset[str]:
    """The names of the adapters in a module that is no module of adapters."""
    if MARK not in tree.text:
        return frozenset()
    return frozenset(node.name.value for node in tree.of_kind(cst.FunctionDef) if is_marked(node))


def module_name(api: Api) -> str:
    """The name of the module of an API's adapters."""
    return f"{api.id}_{api.old_identifier}"


def function_name(
    operation: Operation, api: Api, view: View, json_replacement: JsonReplacement | None = None
) -> str:
    """The name of the function that adapts a view of an operation's reply: its JSON, its text, or the
    response object, whose JSON `json_replacement` replaces."""
    whole = f"_{json_replacement.make}" if json_replacement is not None else ""
    return f"{api.old_identifier}_{operation.id}{'_text' if view is View.TEXT else whole}"


def can_adapt(operation: Operation, takers: Iterable[Operation]) -> bool:
    """Whether a reply can be adapted: each field is converted from one of the new reply, and no other request
    is sent to a URL in it, because it would be sent in the old way."""
    if any(taker.old.target is not None and taker.old.target.operation == operation.id for taker in takers):
        return False
    return bool(operation.old.reply) and all(_pair(operation, old) is not None for old in _members(operation))


def adapter_module_text(api: Api, sources: Iterable[str]) -> str:
    """A new module that contains these functions."""
    about = (
        f"Convert responses of the {api.title} {api.new} to the shape of {api.old}.",
        "",
        f"Callers of these functions still expect {api.old} responses; "
        "`kognitos-migrate check --select KOG5` lists",
        "the calls. Delete this module when none is left.",
        "",
    )
    sources = list(sources)
    lines = [MARK, docstring(*about), "", *imports_of(sources)]
    return "\n".join([*lines, "".join(f"\n\n{source}\n" for source in sources)])


def imports_of(sources: Iterable[str]) -> list[str]:
    """The imports that functions need."""
    text = "\n".join(sources)
    return [line for name, line in _IMPORTS.items() if re.search(rf"\b{name}\b", text)]


def local_source(source: str) -> str:
    """An adapter for another module: marked, and without annotations, so that it needs no import for them."""
    head, _, body = source.partition("\n")
    return f"{MARK}\n{head.replace(': Any', '').replace(' -> Any', '')}\n{body}"


def function_sources(
    operation: Operation,
    api: Api,
    words: VocabularyWords,
    view: View,
    json_replacement: JsonReplacement | None,
) -> dict[str, str]:
    """The functions that adapt a view of an operation's reply, by name."""
    name = function_name(operation, api, View.JSON)
    sources = {name: _function(operation, words, name)}
    if view is View.TEXT:
        sources[function_name(operation, api, view)] = _text_function(name)
    if json_replacement is not None:
        sources[json_replacement.make] = json_replacement.helper
        sources[function_name(operation, api, view, json_replacement)] = _reply_function(
            name, json_replacement
        )
    return sources


def _function(operation: Operation, words: VocabularyWords, name: str) -> str:
    pairs = [(old, pair) for old in _members(operation) if (pair := _pair(operation, old)) is not None]
    first = pairs[0][1].name
    before = [line for old, new in pairs for line in _preparation_lines(old, new, words)]
    about = [
        f"Convert a response of `{operation.new.call}` to that of `{operation.old.call}`.",
        "",
        "    Anything else, such as an error, is returned unchanged.",
        *(
            f"    `{old.name}` is missing while there are no {new.name}."
            for old, new in pairs
            if _becomes_entry_list(old, new)
        ),
        "",
        "    ",
    ]
    examples = (
        f"    >>> {name}({_sample(pairs, words)!r})",
        f"    {_sample_reply(pairs, words)!r}",
    )
    return "\n".join(
        [
            f"def {name}(reply: Any) -> Any:",
            "    " + docstring(*about, examples=examples),
            f"    if not isinstance(reply, dict) or {string_literal(first)} not in reply:",
            "        return reply",
            *before,
            *_return_lines(pairs),
        ]
    )


def _text_function(name: str) -> str:
    return "\n".join(
        [
            f"def {name}_text(text: Any) -> Any:",
            f'    """Like `{name}`, for JSON text or bytes."""',
            "    try:",
            f"        adapted = json.dumps({name}(json.loads(text)))",
            "    except ValueError:",
            "        return text",
            "    return adapted.encode() if isinstance(text, bytes) else adapted",
        ]
    )


def _reply_function(name: str, json_replacement: JsonReplacement) -> str:
    return "\n".join(
        [
            f"def {name}_{json_replacement.make}(response: Any) -> Any:",
            f'    """Like `{name}`, for a response object."""',
            f"    return {json_replacement.make}(response, {name})",
        ]
    )


def _return_lines(pairs: list[tuple[LayoutMember, LayoutMember]]) -> list[str]:
    """The lines that build the old reply. The old version omits a field if there are no entries for it."""
    optional = [(old, new) for old, new in pairs if _becomes_entry_list(old, new)]
    fields = [
        f"{string_literal(old.name)}: {_expression(old, new)}"
        for old, new in pairs
        if (old, new) not in optional
    ]
    begin = "    adapted = " if optional else "    return "
    lines = [f"{begin}{{{', '.join(fields)}}}"]
    if len(fields) > 1:
        lines = [f"{begin}{{", *(f"        {field}," for field in fields), "    }"]
    for old, new in optional:
        name = identifier(new.name)
        entries = f"{entries_dict_start(new.entry_keys, 'entry')}{name}}}"
        lines += [
            f"    if {name} is not None:",
            f"        adapted[{string_literal(old.name)}] = json.dumps({entries})",
        ]
    return [*lines, "    return adapted"] if optional else lines


def _members(operation: Operation) -> Iterator[LayoutMember]:
    """The old reply's members, one for each slot."""
    seen: set[str] = set()
    for member in operation.old.reply:
        if member.slot not in seen:
            seen.add(member.slot)
            yield member


def _pair(operation: Operation, old: LayoutMember) -> LayoutMember | None:
    """The new member that an old one can be converted from."""
    new = operation.new.reply_member(old.slot)
    if new is None:
        return None
    before, after = old.encodings[None], new.encodings[None]
    entries = before is Encoding.JSON_OBJECT and after is Encoding.ENTRIES
    return new if before is after or entries else None


def entries_dict_start(entry: EntryKeys, variable: str) -> str:
    """The start of a dict comprehension over the entries that follow."""
    name, value = string_literal(entry.name), string_literal(entry.value)
    return f"{{{variable}[{name}]: {variable}[{value}] for {variable} in "


def _becomes_entry_list(old: LayoutMember, new: LayoutMember) -> bool:
    """Whether a list of entries replaces the JSON text of an object."""
    return old.encodings[None] is Encoding.JSON_OBJECT and new.entry is not None


def _preparation_lines(old: LayoutMember, new: LayoutMember, words: VocabularyWords) -> list[str]:
    if old.encodings[None] is Encoding.WORD:
        pairs = [(after, before) for before, means in _words_of_field(old, words).items() for after in means]
        return [
            f"    {_variable(old)} = {{",
            *(f"        {string_literal(after)}: {string_literal(before)}," for after, before in pairs),
            "    }",
        ]
    if _becomes_entry_list(old, new):
        return [f"    {identifier(new.name)} = reply.get({string_literal(new.name)})"]
    return []


def _expression(old: LayoutMember, new: LayoutMember) -> str:
    if old.encodings[None] is Encoding.WORD:
        word = f"reply[{string_literal(new.name)}]"
        return f"{_variable(old)}.get({word}, {word})"
    return f"reply[{string_literal(new.name)}]"


def _variable(old: LayoutMember) -> str:
    return identifier(old.vocabulary or old.name)


def _words_of_field(old: LayoutMember, words: VocabularyWords) -> Words:
    return words.get(old.vocabulary or "", {})


def _sample(pairs: list[tuple[LayoutMember, LayoutMember]], words: VocabularyWords) -> dict[str, object]:
    return {new.name: _example(old, new, words)[1] for old, new in pairs}


def _sample_reply(
    pairs: list[tuple[LayoutMember, LayoutMember]], words: VocabularyWords
) -> dict[str, object]:
    return {old.name: _example(old, new, words)[0] for old, new in pairs}


def _example(old: LayoutMember, new: LayoutMember, words: VocabularyWords) -> tuple[object, object]:
    """An old and a new value with the same meaning."""
    if old.encodings[None] is Encoding.WORD:
        before, means = next(iter(_words_of_field(old, words).items()), ("", ("",)))
        return before, means[0]
    if _becomes_entry_list(old, new):
        return '{"total": 2}', [{new.entry_keys.name: "total", new.entry_keys.value: 2}]
    return f"{old.slot}-1", f"{old.slot}-1"
