"""Single keys of the configuration as the command line says them: `ignore=[KOG302]`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from kognitos_migrate.config.load import RawConfig, settings_of
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.document import Document, parse_yaml
from kognitos_migrate.rulebook.model import Rulebook

OPTION = "--config"


def without_file() -> RawConfig:
    """The configuration where there is none, of the working folder."""
    return RawConfig(Path(OPTION), Document(OPTION, {}, {}), ())


def overridden(raw: RawConfig, said: Sequence[str], rulebook: Rulebook) -> RawConfig:
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
