"""What a configuration says, before its shape is looked at: spellings, empty places, words."""

from collections.abc import Iterator, Mapping, Sequence

from kognitos_migrate.errors import Fault
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.document import Document, Key
from kognitos_migrate.rulebook.model import Rulebook, Vocabulary

_NOTHING = (None, "")
"""What stands where nothing is filled in: in YAML nothing, in TOML an empty text."""


def respelled(document: Document, names: Sequence[str]) -> Document:
    """The document with its keys spelled as in `names`: hyphen or underscore is all one to the user.

    A key that stands there in both spellings is a fault of it.
    """
    spelling = {name.replace("-", "_"): name for name in names}
    value: dict[str, object] = {}
    renamed: dict[str, str] = {}
    faults: list[Fault] = []
    for key, item in _mapping(document.value).items():
        name = spelling.get(key.replace("-", "_"), key)
        if name in value:
            other = next(said for said, meant in renamed.items() if meant == name)
            faults.append(document.fault((key,), f"is given twice, also as {other}", "expected it once"))
        value[name] = item
        renamed[key] = name
    lines = {_under(key, renamed): line for key, line in document.lines.items()}
    return Document(document.path, value, lines, (*document.faults, *faults))


def without_unfilled(document: Document, rulebook: Rulebook) -> Document:
    """The document without what isn't filled in: keys with nothing, and entries with empty fields only.

    `init` writes such entries; they are as good as absent. One that is filled in half stays, and is an
    error.
    """
    filled_in = {name for api in rulebook.apis.values() for name in (*api.tables, *api.vocabularies)}
    value: dict[str, object] = {}
    for name, item in _mapping(document.value).items():
        if name in filled_in and isinstance(item, dict):
            value[name] = {key: entry for key, entry in item.items() if not _unfilled(entry)}
        elif item is not None:
            value[name] = item
    return replace(document, value=value)


def chosen_dialects(document: Document, rulebook: Rulebook) -> Mapping[str, str]:
    """By API: the dialect that is chosen, the default where that is none of the choices."""
    said = _mapping(document.value)
    chosen: dict[str, str] = {}
    for api in rulebook.apis.values():
        if api.dialects is not None:
            choice = said.get(api.dialects.setting)
            known = isinstance(choice, str) and choice in api.dialects.choices
            chosen[api.id] = str(choice) if known else api.dialects.default
    return chosen


def contradicted_words(document: Document, rulebook: Rulebook) -> Iterator[Fault]:
    """New words that would stand for two old ones, so that they could not be put back; and old words of the
    rules that would stand for nothing."""
    for api in rulebook.apis.values():
        for vocabulary in api.vocabularies.values():
            yield from _ambiguous(document, vocabulary)


def _ambiguous(document: Document, vocabulary: Vocabulary) -> Iterator[Fault]:
    old_of = {new: old for old, words in vocabulary.words.items() for new in words}
    for old, said in _mapping(_mapping(document.value).get(vocabulary.setting)).items():
        if said == [] and old in vocabulary.words:
            means = ", ".join(vocabulary.words[old])
            yield document.fault((vocabulary.setting, old), "is empty", f"{old} means {means}")
        words = said if isinstance(said, list) else [said]
        for index, new in enumerate(words):
            if not isinstance(new, str) or old_of.setdefault(new, old) == old:
                continue
            key: Key = (vocabulary.setting, old)
            key = (*key, index) if isinstance(said, list) else key
            yield document.fault(
                key, f"{new} already stands for {old_of[new]}", "expected each new word under one old word"
            )


def _unfilled(entry: object) -> bool:
    return entry in _NOTHING or (
        isinstance(entry, dict) and bool(entry) and all(item in _NOTHING for item in entry.values())
    )


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _under(key: Key, renamed: Mapping[str, str]) -> Key:
    return (renamed.get(str(key[0]), key[0]), *key[1:]) if key else key
