"""Small functions that the tool writes into a module, where a word or an encoding must be put back."""

import re
from collections.abc import Iterable, Sequence

from kognitos_migrate.edits.adapter import VocabularyWords, function_name, function_sources, gathered
from kognitos_migrate.edits.literal import docstring, identifier, quoted
from kognitos_migrate.record import Struct, field
from kognitos_migrate.rulebook.model import Api, Member, Operation, Rebuilt, View, Vocabulary


def defined(source: str) -> list[str]:
    """The names that a helper's source defines."""
    return [
        name
        for found in re.findall(r"^(?:def (\w+)|(\w+) = )", source, re.MULTILINE)
        for name in found
        if name
    ]


class Helpers(Struct):
    """The helpers each file needs, by name."""

    sources: dict[str, dict[str, str]] = field(default_factory=dict)
    imports: dict[str, set[str]] = field(default_factory=dict)
    adapters: dict[str, dict[str, str]] = field(default_factory=dict)
    """By file: the adapters that it calls, by name, with the API that they are for."""
    adapter_sources: dict[str, dict[str, str]] = field(default_factory=dict)
    """By file: the functions that its adapters are made of, by name."""

    def written(self, path: str, name: str, source: str, imports: Iterable[str]) -> str:
        """The name of a helper whose source is given, and the imports that it needs."""
        self.sources.setdefault(path, {})[name] = source
        self.imports.setdefault(path, set()).update(imports)
        return name

    def word(self, path: str, vocabulary: Vocabulary, words: dict[str, Sequence[str]]) -> str:
        """The name of the function that gives the old word for a new one."""
        pairs = [(new, old) for old, means in words.items() for new in means]
        name = vocabulary.constant.lower()
        lines = [
            f"def {name}(word):",
            f"    {docstring(vocabulary.comment)}",
            "    return {",
            *(f"        {quoted(new)}: {quoted(old)}," for new, old in pairs),
            "    }.get(word, word)",
        ]
        self.sources.setdefault(path, {})[name] = "\n".join(lines)
        return name

    def adapt(
        self,
        path: str,
        operation: Operation,
        api: Api,
        words: VocabularyWords,
        view: View,
        rebuilt: Rebuilt | None = None,
    ) -> str:
        """The name of the function that puts a view of an operation's reply into its old shape; of the reply
        object itself, if it is `rebuilt`."""
        name = function_name(operation, api, view, rebuilt)
        self.adapters.setdefault(path, {})[name] = api.id
        sources = function_sources(operation, api, words, view, rebuilt)
        self.adapter_sources.setdefault(path, {}).update(sources)
        return name

    def json_text(self, path: str, old: Member, new: Member, module: str | None) -> str:
        """The name of the function that gives entries as the JSON text of an object. It imports `json` itself
        where the module has no sure name for it."""
        entries = identifier(new.name)
        name = f"{entries}_as_json"
        about = f"The {new.name}, as the JSON text that `{old.name}` was; None while there are none."
        lines = [
            f"def {name}({entries}):",
            f"    {docstring(about)}",
            *(["    import json", ""] if module is None else []),
            f"    if {entries} is None:",
            "        return None",
            f"    return {module or 'json'}.dumps({gathered(new.entry_keys, 'entry')}{entries}}})",
        ]
        self.sources.setdefault(path, {})[name] = "\n".join(lines)
        return name

    def present(self, path: str, old: Member, new: Member, name: str, error: str) -> str:
        """The name of the function that raises `error` for the lack of entries, as the old version's lack of
        the field did."""
        entries = identifier(new.name)
        lines = [
            f"def {name}({entries}):",
            f"    {docstring(f'The {new.name}; while there are none, `{old.name}` was missing.')}",
            f"    if {entries} is None:",
            f"        raise {error}({quoted(old.name)})",
            f"    return {entries}",
        ]
        self.sources.setdefault(path, {})[name] = "\n".join(lines)
        return name
