"""The configuration: found, read, and checked against the rules.

Two steps, because a configuration may name folders of rules, and the rules say what its other keys are:
`read_config`, then `load_rulebook(raw.rules)`, then `settings_of`.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kognitos_migrate.config.find import PROJECT_FILE, PROJECT_TABLE
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import ConfigError, Fault
from kognitos_migrate.record import Struct
from kognitos_migrate.rulebook.document import Document, kind_of
from kognitos_migrate.rulebook.model import Rulebook, Vocabulary
from kognitos_migrate.source.content import shown_path

if TYPE_CHECKING:
    from kognitos_migrate.config.schema import Own


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
    from kognitos_migrate.config import check, placeholders, schema
    from kognitos_migrate.rulebook.schema import OWN_KEYS
    from kognitos_migrate.rulebook.shape import shaped

    names = (*OWN_KEYS, *schema.rule_keys(rulebook))
    document = check.without_unfilled(check.respelled(raw.document, names), rulebook)
    faults = [
        *check.contradicted_words(document, rulebook),
        *placeholders.unusable_values(document, rulebook),
    ]
    dialects = check.chosen_dialects(document, rulebook)
    try:
        config: Own = shaped(document, schema.config_shape(rulebook, dialects), ConfigError)
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


def _settings(raw: RawConfig, rulebook: Rulebook, config: "Own", dialects: Mapping[str, str]) -> Settings:
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
