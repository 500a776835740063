"""Helper functions in generated code, for words and encodings, with the adapters of each module."""

import re
from collections.abc import Iterable, Mapping, Sequence

from kognitos_migrate.edits.adapter_source import (
    VocabularyWords,
    entries_dict_start,
    function_name,
    function_sources,
)
from kognitos_migrate.edits.imports import in_style_of
from kognitos_migrate.edits.literals import docstring, identifier, string_literal
from kognitos_migrate.rulebook.model import (
    Api,
    JsonReplacement,
    LayoutMember,
    Operation,
    ReverseLookup,
    View,
    Vocabulary,
)
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Tree


def defined_names(source: str) -> list[str]:
    """The names that a helper's source defines."""
    return [
        name
        for groups in re.findall(r"^(?:def (\w+)|(\w+) = )", source, re.MULTILINE)
        for name in groups
        if name
    ]


def _lookup(name: str, parameter: str, about: str, pairs: Mapping[str, str]) -> str:
    """The source of a function that looks a text up, and returns it unchanged if it has no pair."""
    lines = [
        f"def {name}({parameter}: str) -> str:",
        f"    {docstring(about)}",
        "    return {",
        *(f"        {string_literal(key)}: {string_literal(value)}," for key, value in pairs.items()),
        f"    }}.get({parameter}, {parameter})",
    ]
    return "\n".join(lines)


class Helpers(Struct):
    """The helper functions that each file needs, by name."""

    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    imports: dict[str, set[str]] = field(default_factory=dict)
    adapters: dict[str, dict[str, str]] = field(default_factory=dict)
    """By file: the adapters that it calls, by name, with the id of their API."""
    adapter_sources: dict[str, dict[str, str]] = field(default_factory=dict)
    """By file: the functions that its adapters need, by name."""

    def add(self, path: str, name: str, source: str, imports: Iterable[str]) -> str:
        """Add a helper with this source and these imports, and return its name."""
        self.sources.setdefault(path, {})[name] = source
        self.imports.setdefault(path, set()).update(imports)
        return name

    def add_word_function(self, path: str, vocabulary: Vocabulary, words: dict[str, Sequence[str]]) -> str:
        """Add the function that returns the old word for a new one, and return its name."""
        pairs = {new: old for old, means in words.items() for new in means}
        name = vocabulary.constant.lower()
        self.sources.setdefault(path, {})[name] = _lookup(name, "word", vocabulary.docstring, pairs)
        return name

    def add_key_function(self, path: str, reverse: ReverseLookup, field: str, keys: Mapping[str, str]) -> str:
        """Add the function that returns the key of a table's row for the row's `field`, and return its
        name."""
        source = _lookup(reverse.function, field, reverse.comment, keys)
        return self.add(path, reverse.function, source, ())

    def has_word_function(self, vocabulary: Vocabulary) -> bool:
        """Whether a file needs the function that returns the old words of a vocabulary."""
        return any(vocabulary.constant.lower() in sources for sources in self.sources.values())

    def annotate(self, trees: Mapping[str, Tree]) -> None:
        """Give the helpers annotations where their modules have some."""
        for path, sources in self.sources.items():
            self.sources[path] = {name: in_style_of(trees[path], text) for name, text in sources.items()}

    def add_adapter(
        self,
        path: str,
        operation: Operation,
        api: Api,
        words: VocabularyWords,
        view: View,
        json_replacement: JsonReplacement | None = None,
    ) -> str:
        """Add the function that converts a view of an operation's reply to its old shape, or the response
        object if `json_replacement` is given, and return its name."""
        name = function_name(operation, api, view, json_replacement)
        self.adapters.setdefault(path, {})[name] = api.id
        sources = function_sources(operation, api, words, view, json_replacement)
        self.adapter_sources.setdefault(path, {}).update(sources)
        return name

    def json_text(self, path: str, old: LayoutMember, new: LayoutMember, module: str | None) -> str:
        """Add the function that encodes entries as the JSON text of an object, and return its name. The
        function imports `json` itself if the module has no certain name for it."""
        entries = identifier(new.name)
        name = f"{entries}_as_json"
        about = f"Return the {new.name} as JSON text, as `{old.name}` was; None if there are none."
        lines = [
            f"def {name}({entries}: Any) -> Any:",
            f"    {docstring(about)}",
            *(["    import json", ""] if module is None else []),
            f"    if {entries} is None:",
            "        return None",
            f"    return {module or 'json'}.dumps({entries_dict_start(new.entry_keys, 'entry')}{entries}}})",
        ]
        self.sources.setdefault(path, {})[name] = "\n".join(lines)
        return name

    def add_required_read(self, path: str, old: LayoutMember, new: LayoutMember) -> str:
        """Add the function that reads a field and raises the old version's error if the reply lacks it, and
        return its name."""
        name = f"require_{identifier(new.name)}"
        error = f"KeyError({string_literal(old.name)})"
        about = f"Return the `{new.name}` of a response; raise {error} if it has none."
        lines = [
            f"def {name}(reply: Any) -> Any:",
            f"    {docstring(about)}",
            f"    if isinstance(reply, dict) and {string_literal(new.name)} not in reply:",
            f"        raise KeyError({string_literal(old.name)})",
            f"    return reply[{string_literal(new.name)}]",
        ]
        self.sources.setdefault(path, {})[name] = "\n".join(lines)
        return name

    def add_presence_check(
        self, path: str, old: LayoutMember, new: LayoutMember, name: str, error: str
    ) -> str:
        """Add the function that raises `error` if there are no entries, as the old version did if the field
        was missing, and return its name."""
        entries = identifier(new.name)
        lines = [
            f"def {name}({entries}: Any) -> Any:",
            f"    {docstring(f'Return the {new.name}; raise {error} as long as there are none.')}",
            f"    if {entries} is None:",
            f"        raise {error}({string_literal(old.name)})",
            f"    return {entries}",
        ]
        self.sources.setdefault(path, {})[name] = "\n".join(lines)
        return name
