"""Loads a configuration: read, override by options, normalize, check against the rules.

There are two steps, because a configuration may name folders of rules, and the rules declare its other keys:
`read_config`, then `load_rulebook(raw.rules)`, then `settings_of`.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kognitos_migrate.config.discovery import PROJECT_FILE, PROJECT_TABLE
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import ConfigError, Fault
from kognitos_migrate.rulebook.document import Document, Key, as_mapping, parse_yaml
from kognitos_migrate.rulebook.model import Rulebook, Vocabulary
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.structs import Struct, replace

if TYPE_CHECKING:
    from kognitos_migrate.config.schema import ToolKeys


class RawConfig(Struct, frozen=True):
    """A configuration before validation. Only its folders of rules have been checked."""

    source: Path
    document: Document
    rules: tuple[Path, ...]

    @property
    def root(self) -> Path:
        """The folder that the configuration's paths are relative to."""
        return Path(os.path.abspath(self.source)).parent


def load_settings(path: Path | None, rulebook: Rulebook, root: Path) -> Settings:
    """The settings of the configuration at `path`; if it is None, the defaults relative to `root`."""
    if path is None:
        return default_settings(rulebook, root)
    return settings_of(read_config(path), rulebook)


def read_config(path: Path) -> RawConfig:
    """Read the configuration file `path`.

    Raises ConfigError if it, or a folder of its rules, can't be read.
    """
    document = _read_document(path)
    if not isinstance(document.value, dict):
        raise ConfigError.of([document.mismatch((), document.value, "expected a mapping of keys")])
    rule_folders = document.value.get("rules")
    folders = [] if rule_folders is None else rule_folders
    faults = list(_folder_faults(document, path, folders))
    if faults:
        raise ConfigError.of(faults)
    return RawConfig(path, document, tuple(_relative_to_config(path, folder) for folder in folders))


def _folder_faults(document: Document, path: Path, folders: object) -> Iterator[Fault]:
    """The faults of the key `rules`: not a list, or not folders."""
    if not isinstance(folders, list):
        yield document.mismatch(("rules",), folders, "expected a list of folders, as in [rules/]")
        return
    for index, folder in enumerate(folders):
        if not isinstance(folder, str) or not folder:
            yield document.mismatch(("rules", index), folder, "expected a folder of rule files")
        elif not _relative_to_config(path, folder).is_dir():
            wrong = f"{shown_path(_relative_to_config(path, folder))} is not a folder"
            yield document.fault(("rules", index), wrong, "expected a folder of rule files")


def _relative_to_config(path: Path, folder: str) -> Path:
    """The path of `folder`, which is relative to the configuration file `path`."""
    return Path(os.path.abspath(path)).parent / folder


def settings_of(raw: RawConfig, rulebook: Rulebook) -> Settings:
    """The settings of `raw` under the rules. Raises ConfigError with all faults of the configuration."""
    from kognitos_migrate.config import placeholders, schema
    from kognitos_migrate.config.unfilled_keys import (
        drop_unfilled,
        unfilled_keys,
        unlisted_keys,
        without_keys,
    )
    from kognitos_migrate.rulebook.schema import OWN_KEYS
    from kognitos_migrate.rulebook.validation import validate

    names = (*OWN_KEYS, *schema.rule_keys(rulebook))
    written = normalize_keys(raw.document, names)
    unlisted = unlisted_keys(written, rulebook)
    listed = without_keys(written, unlisted)
    document = drop_unfilled(listed, rulebook)
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
    return replace(
        _settings(raw, rulebook, config, dialects),
        unfilled=unfilled_keys(listed, document),
        unlisted=unlisted,
    )


def default_settings(rulebook: Rulebook, root: Path) -> Settings:
    """The settings of a project without a configuration."""
    apis = rulebook.apis.values()
    return Settings(
        root=root,
        tables={name: {} for api in apis for name in api.tables},
        vocabularies={name: words.words for api in apis for name, words in api.vocabularies.items()},
        dialects={api.id: api.dialects.default for api in apis if api.dialects is not None},
    )


def _read_document(path: Path) -> Document:
    """The document in a configuration file: YAML, or the tool's table of a TOML file."""
    if path.suffix == ".toml":
        from kognitos_migrate.config.toml import read_toml

        return read_toml(path, PROJECT_TABLE if path.name == PROJECT_FILE else ())
    from kognitos_migrate.rulebook.document import read_yaml

    document = read_yaml(path, ConfigError)
    return document if document.value is not None else Document(document.path, {}, {})


def _settings(
    raw: RawConfig, rulebook: Rulebook, config: "ToolKeys", dialects: Mapping[str, str]
) -> Settings:
    """The settings of a checked configuration. The rules declare most of its keys."""
    import msgspec

    from kognitos_migrate.config.schema import single_values

    values = {name: getattr(config, name) for name in config.__struct_fields__}
    apis = rulebook.apis.values()
    return Settings(
        root=raw.root,
        source=raw.source,
        tables={
            name: {key: _without_nones(msgspec.structs.asdict(entry)) for key, entry in values[name].items()}
            for api in apis
            for name in api.tables
        },
        vocabularies={
            name: _with_words(words, values[name]) for api in apis for name, words in api.vocabularies.items()
        },
        own_words={
            name: own
            for api in apis
            for name in api.vocabularies
            if (own := frozenset(word for word, means in values[name].items() if not means))
        },
        dialects=dialects,
        values=_without_nones({name: values[name] for name in single_values(rulebook)}),
        hosts=tuple(host.lower() for host in config.hosts),
        rules=raw.rules,
        src=tuple(os.path.abspath(raw.root / folder).replace(os.sep, "/") for folder in config.src),
        tests=config.tests,
        applications=config.applications,
        include=config.include,
        exclude=config.exclude,
        select=values["select"],
        ignore=values["ignore"],
        per_file_ignores=values["per_file_ignores"],
        severity=values["severity"],
        baseline=_path_inside(raw, "baseline", config.baseline),
        adapter=_adapter_path(raw, config.adapter),
    )


def _adapter_path(raw: RawConfig, name: str | None) -> str | None:
    """The path of the adapters' module, as shown to users. Raises ConfigError if it is outside of the
    configuration's folder, or would hide a module of Python."""
    path = _path_inside(raw, "adapter", name)
    if path is None:
        return None
    if path.stem in sys.stdlib_module_names:
        raise ConfigError(
            f"{name!r} may hide Python's own module {path.stem}",
            path=shown_path(raw.source or raw.root),
            key="adapter",
            expected="choose another name",
        )
    return shown_path(path)


def _path_inside(raw: RawConfig, key: str, name: str | None) -> Path | None:
    """The path of a file that a key names, which must be inside of the configuration's folder.

    Raises ConfigError.
    """
    if name is None:
        return None
    root = os.path.realpath(raw.root)
    real = os.path.realpath(raw.root / name)
    if os.path.isabs(name) or not real.startswith(root.rstrip(os.sep) + os.sep):
        raise ConfigError(
            f"{name!r} is outside of the configuration's folder",
            path=shown_path(raw.source or raw.root),
            key=key,
            expected="expected a relative path within it",
        )
    return raw.root / name


def _without_nones(values: Mapping[str, str | None]) -> Mapping[str, str]:
    """The entries of `values` that have a value."""
    return {name: value for name, value in values.items() if value is not None}


def _with_words(
    vocabulary: Vocabulary, additions: Mapping[str, str | tuple[str, ...]]
) -> Mapping[str, tuple[str, ...]]:
    """The words of a rule's vocabulary, with those of the configuration added."""
    merged = dict(vocabulary.words)
    for old, new in additions.items():
        meanings = (new,) if isinstance(new, str) else new
        if meanings:
            merged[old] = tuple(dict.fromkeys((*merged.get(old, ()), *meanings)))
    return merged


def normalize_keys(document: Document, names: Sequence[str]) -> Document:
    """The document with its keys spelled as in `names`. Hyphens and underscores are interchangeable.

    A key that occurs in both spellings is added to the document's faults.
    """
    spelling = {name.replace("-", "_"): name for name in names}
    value: dict[str, object] = {}
    renamed: dict[str, str] = {}
    faults: list[Fault] = []
    for key, item in as_mapping(document.value).items():
        name = spelling.get(key.replace("-", "_"), key)
        if name in value:
            other = next(original for original, normalized in renamed.items() if normalized == name)
            faults.append(document.fault((key,), f"is set twice, also as {other}", "expected it once"))
        value[name] = item
        renamed[key] = name
    lines = {_rename_outermost_key(key, renamed): line for key, line in document.lines.items()}
    return Document(document.path, value, lines, (*document.faults, *faults))


def chosen_dialects(document: Document, rulebook: Rulebook) -> Mapping[str, str]:
    """The chosen dialect by API; the default if the configuration's choice is missing or invalid."""
    values = as_mapping(document.value)
    chosen: dict[str, str] = {}
    for api in rulebook.apis.values():
        if api.dialects is not None:
            choice = values.get(api.dialects.setting)
            is_valid = isinstance(choice, str) and choice in api.dialects.choices
            chosen[api.id] = str(choice) if is_valid else api.dialects.default
    return chosen


def vocabulary_faults(document: Document, rulebook: Rulebook) -> Iterator[Fault]:
    """The faults of vocabularies: a new word for two old ones, or an old word of the rules with no new word.

    If one new word replaced two old ones, it could not be translated back.
    """
    for api in rulebook.apis.values():
        for vocabulary in api.vocabularies.values():
            yield from _ambiguous(document, vocabulary)


def _ambiguous(document: Document, vocabulary: Vocabulary) -> Iterator[Fault]:
    old_of = {new: old for old, words in vocabulary.words.items() for new in words}
    for old, meaning in as_mapping(as_mapping(document.value).get(vocabulary.setting)).items():
        if meaning == [] and old in vocabulary.words:
            means = ", ".join(vocabulary.words[old])
            yield document.fault((vocabulary.setting, old), "is empty", f"{old} means {means}")
        words = meaning if isinstance(meaning, list) else [meaning]
        for index, new in enumerate(words):
            if not isinstance(new, str) or old_of.setdefault(new, old) == old:
                continue
            key: Key = (vocabulary.setting, old)
            key = (*key, index) if isinstance(meaning, list) else key
            yield document.fault(
                key,
                f"{new} is already the new word for {old_of[new]}",
                "expected each new word under one old word",
            )


def _rename_outermost_key(key: Key, renamed: Mapping[str, str]) -> Key:
    return (renamed.get(str(key[0]), key[0]), *key[1:]) if key else key


OPTION = "--config"


def default_config() -> RawConfig:
    """The configuration of the working folder if it has no configuration file."""
    return RawConfig(Path(OPTION), Document(OPTION, {}, {}), ())


def with_overrides(raw: RawConfig, overrides: Sequence[str], rulebook: Rulebook) -> RawConfig:
    """The configuration with `overrides` applied, each a KEY=VALUE with a value in YAML.

    Dots in a KEY lead into a mapping. Raises ConfigError.
    """
    keys: dict[str, object] = {}
    for override in overrides:
        _set_override(keys, override)
    document = raw.document
    value = document.value if isinstance(document.value, dict) else {}
    whole = {override.partition("=")[0].strip() for override in overrides}
    alone = {name: item for name, item in keys.items() if name in whole or name not in value}
    settings_of(
        RawConfig(Path(OPTION), Document(OPTION, alone, {}), ()), rulebook
    )  # its errors name the option
    return replace(raw, document=replace(document, value=_merge_keys(value, keys)))


def _set_override(keys: dict[str, object], override: str) -> None:
    name, _, text = override.partition("=")
    *outer, last = [part.strip() for part in name.split(".")]
    if [*outer, last][0] == "rules":
        raise ConfigError("can't be given here", path=OPTION, key="rules", expected="name them in the file")
    document = _parse_override(text)
    here = keys
    for part in outer:
        inner = here.setdefault(part, {})
        if not isinstance(inner, dict):
            raise ConfigError("occurs twice", path=OPTION, key=part)
        here = inner
    here[last] = document.value


def _parse_override(text: str) -> Document:
    """The document of an override's value. Its faults have no line, since there is none on a command line."""
    try:
        document = parse_yaml(text, OPTION, ConfigError)
    except ConfigError as error:
        raise ConfigError.of(fault._replace(line=None) for fault in error.faults) from error
    if document.faults:
        raise ConfigError.of(fault._replace(line=None) for fault in document.faults)
    return document


def _merge_keys(value: Mapping[object, object], keys: Mapping[str, object]) -> dict[object, object]:
    merged = dict(value)
    for key, item in keys.items():
        old = merged.get(key)
        merged[key] = _merge_keys(old, item) if isinstance(old, dict) and isinstance(item, dict) else item
    return merged
