"""Loads a configuration: read, override by options, normalize, check against the rules.

Two steps, because a configuration may name folders of rules, and the rules say what its other keys are:
`read_config`, then `load_rulebook(raw.rules)`, then `settings_of`.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kognitos_migrate.config.discovery import PROJECT_FILE, PROJECT_TABLE
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import ConfigError, Fault
from kognitos_migrate.rulebook.document import Document, Key, kind_of, parse_yaml
from kognitos_migrate.rulebook.model import Rulebook, Vocabulary
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.structs import Struct, replace

if TYPE_CHECKING:
    from kognitos_migrate.config.schema import ToolKeys


class RawConfig(Struct, frozen=True):
    """A configuration as it was read: only where its rules are is known yet."""

    source: Path
    document: Document
    rules: tuple[Path, ...]

    @property
    def root(self) -> Path:
        """The folder that its paths are relative to."""
        return Path(os.path.abspath(self.source)).parent


def load_settings(path: Path | None, rulebook: Rulebook, root: Path) -> Settings:
    """The settings of the configuration `path`; the defaults, relative to `root`, where there is none."""
    if path is None:
        return default_settings(rulebook, root)
    return settings_of(read_config(path), rulebook)


def read_config(path: Path) -> RawConfig:
    """The configuration file `path`. Raises ConfigError if it can't be read, or its rules aren't there."""
    document = _read(path)
    if not isinstance(document.value, dict):
        wrong = f"is {kind_of(document.value)}"
        raise ConfigError.of([document.fault((), wrong, "expected a mapping of keys")])
    named = document.value.get("rules")
    folders = [] if named is None else named
    faults = list(_folder_faults(document, path, folders))
    if faults:
        raise ConfigError.of(faults)
    return RawConfig(path, document, tuple(_beside(path, folder) for folder in folders))


def _folder_faults(document: Document, path: Path, folders: object) -> Iterator[Fault]:
    """Why the folders of rules can't be read."""
    if not isinstance(folders, list):
        wrong = f"is {kind_of(folders)}"
        yield document.fault(("rules",), wrong, "expected a list of folders, as in [rules/]")
        return
    for index, folder in enumerate(folders):
        if not isinstance(folder, str) or not folder:
            yield document.fault(("rules", index), f"is {kind_of(folder)}", "expected a folder of rule files")
        elif not _beside(path, folder).is_dir():
            wrong = f"{shown_path(_beside(path, folder))} is not a folder"
            yield document.fault(("rules", index), wrong, "expected a folder of rule files")


def _beside(path: Path, folder: str) -> Path:
    """The folder that the configuration file `path` calls `folder`."""
    return Path(os.path.abspath(path)).parent / folder


def settings_of(raw: RawConfig, rulebook: Rulebook) -> Settings:
    """The settings that `raw` says, by `rulebook`. Raises ConfigError with all that is wrong with it."""
    from kognitos_migrate.config import placeholders, schema
    from kognitos_migrate.rulebook.schema import OWN_KEYS
    from kognitos_migrate.rulebook.validation import validate

    names = (*OWN_KEYS, *schema.rule_keys(rulebook))
    document = drop_unfilled(normalize_keys(raw.document, names), rulebook)
    faults = [
        *vocabulary_faults(document, rulebook),
        *placeholders.unusable_values(document, rulebook),
    ]
    dialects = chosen_dialects(document, rulebook)
    try:
        config: ToolKeys = validate(document, schema.config_shape(rulebook, dialects), ConfigError)
    except ConfigError as error:
        faults += error.faults
    if faults:
        raise ConfigError.of(faults)
    return _settings(raw, rulebook, config, dialects)


def default_settings(rulebook: Rulebook, root: Path) -> Settings:
    """The settings where there is no configuration."""
    apis = rulebook.apis.values()
    return Settings(
        root=root,
        tables={name: {} for api in apis for name in api.tables},
        vocabularies={name: words.words for api in apis for name, words in api.vocabularies.items()},
        dialects={api.id: api.dialects.default for api in apis if api.dialects is not None},
    )


def _read(path: Path) -> Document:
    """What the file says: YAML, or the tool's table of a TOML file."""
    if path.suffix == ".toml":
        from kognitos_migrate.config.toml import read_toml

        return read_toml(path, PROJECT_TABLE if path.name == PROJECT_FILE else ())
    from kognitos_migrate.rulebook.document import read_yaml

    document = read_yaml(path, ConfigError)
    return document if document.value is not None else Document(document.path, {}, {})


def _settings(
    raw: RawConfig, rulebook: Rulebook, config: "ToolKeys", dialects: Mapping[str, str]
) -> Settings:
    """The checked configuration as settings. The names of most keys are known to the rules only."""
    import msgspec

    from kognitos_migrate.config.schema import single_values

    said = {name: getattr(config, name) for name in config.__struct_fields__}
    apis = rulebook.apis.values()
    return Settings(
        root=raw.root,
        source=raw.source,
        tables={
            name: {key: _filled(msgspec.structs.asdict(entry)) for key, entry in said[name].items()}
            for api in apis
            for name in api.tables
        },
        vocabularies={
            name: _together(words, said[name]) for api in apis for name, words in api.vocabularies.items()
        },
        own_words={
            name: own
            for api in apis
            for name in api.vocabularies
            if (own := frozenset(word for word, means in said[name].items() if not means))
        },
        dialects=dialects,
        values=_filled({name: said[name] for name in single_values(rulebook)}),
        hosts=tuple(host.lower() for host in config.hosts),
        rules=raw.rules,
        src=tuple(os.path.abspath(raw.root / folder).replace(os.sep, "/") for folder in config.src),
        include=config.include,
        exclude=config.exclude,
        select=said["select"],
        ignore=said["ignore"],
        per_file_ignores=said["per_file_ignores"],
        severity=said["severity"],
        baseline=_inside(raw, "baseline", config.baseline),
        adapter=shown_path(adapter) if (adapter := _inside(raw, "adapter", config.adapter)) else None,
    )


def _inside(raw: RawConfig, key: str, name: str | None) -> Path | None:
    """The file that a key names, which lies in the folder of the configuration. Raises ConfigError."""
    if name is None:
        return None
    root = os.path.realpath(raw.root)
    real = os.path.realpath(raw.root / name)
    if os.path.isabs(name) or not real.startswith(root.rstrip(os.sep) + os.sep):
        raise ConfigError(
            f"{name!r} lies outside of the configuration's folder",
            path=shown_path(raw.source or raw.root),
            key=key,
            expected="expected a relative path within it",
        )
    return raw.root / name


def _filled(values: Mapping[str, str | None]) -> Mapping[str, str]:
    """Those of `values` that are there."""
    return {name: value for name, value in values.items() if value is not None}


def _together(
    vocabulary: Vocabulary, said: Mapping[str, str | tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """The words of the rule and of the configuration."""
    words = dict(vocabulary.words)
    for old, new in said.items():
        added = (new,) if isinstance(new, str) else new
        if added:
            words[old] = tuple(dict.fromkeys((*words.get(old, ()), *added)))
    return words


_NOTHING = (None, "")
"""What stands where nothing is filled in: in YAML nothing, in TOML an empty text."""


def normalize_keys(document: Document, names: Sequence[str]) -> Document:
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


def drop_unfilled(document: Document, rulebook: Rulebook) -> Document:
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


def vocabulary_faults(document: Document, rulebook: Rulebook) -> Iterator[Fault]:
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


OPTION = "--config"


def default_config() -> RawConfig:
    """The configuration where there is none, of the working folder."""
    return RawConfig(Path(OPTION), Document(OPTION, {}, {}), ())


def with_overrides(raw: RawConfig, said: Sequence[str], rulebook: Rulebook) -> RawConfig:
    """The configuration with the keys of `said`, each KEY=VALUE with a value in YAML; dots in a KEY lead into
    a mapping. Raises ConfigError."""
    keys: dict[str, object] = {}
    for one in said:
        _put(keys, one)
    whole = {one.partition("=")[0].strip() for one in said} & {*keys}
    alone = {name: value for name, value in keys.items() if name in whole}
    settings_of(
        RawConfig(Path(OPTION), Document(OPTION, alone, {}), ()), rulebook
    )  # its errors name the option
    document = raw.document
    value = document.value if isinstance(document.value, dict) else {}
    return replace(raw, document=replace(document, value=_merged(value, keys)))


def _put(keys: dict[str, object], said: str) -> None:
    name, _, text = said.partition("=")
    *outer, last = [part.strip() for part in name.split(".")]
    if [*outer, last][0] == "rules":
        raise ConfigError("can't be given here", path=OPTION, key="rules", expected="name them in the file")
    document = _value(text)
    here = keys
    for part in outer:
        inner = here.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError("is given twice", path=OPTION, key=part)
        here = inner
    here[last] = document.value


def _value(text: str) -> Document:
    """What a value says. There are no lines on a command line."""
    try:
        document = parse_yaml(text, OPTION, ConfigError)
    except ConfigError as error:
        raise ConfigError.of(fault._replace(line=None) for fault in error.faults) from error
    if document.faults:
        raise ConfigError.of(fault._replace(line=None) for fault in document.faults)
    return document


def _merged(value: Mapping[object, object], keys: Mapping[str, object]) -> dict[object, object]:
    found = dict(value)
    for key, said in keys.items():
        old = found.get(key)
        found[key] = _merged(old, said) if isinstance(old, dict) and isinstance(said, dict) else said
    return found
