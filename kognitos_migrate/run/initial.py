"""A configuration to fill in: a new one, or the one that is there with what it lacks."""

from collections.abc import Mapping
from pathlib import Path

from kognitos_migrate.config.extend import add_missing
from kognitos_migrate.config.find import FILE_NAME
from kognitos_migrate.config.template import render
from kognitos_migrate.errors import ConfigError, UsageError
from kognitos_migrate.findings.finding import Change
from kognitos_migrate.record import Struct
from kognitos_migrate.run.gap import configuration_gap, missing_keys, used_keys
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.source.file import read_source
from kognitos_migrate.writing.write import write_changes


class Initialised(Struct, frozen=True):
    """What became of the configuration; `added`, `waiting` (to be filled in since before) and `unused` are
    keys by section."""

    path: str
    is_new: bool
    added: Mapping[str, tuple[str, ...]]
    waiting: Mapping[str, tuple[str, ...]]
    unused: Mapping[str, tuple[str, ...]]


def initialise(session: Session) -> Initialised:
    """Write the configuration of a run, ready to fill in. Raises UserError where that can't be done."""
    source = session.settings.source
    if source is None:
        return _create(Path(FILE_NAME), session)
    if source.suffix == ".toml":
        return _only_tell(source, session)
    return _extend(source, session)


def _create(path: Path, session: Session) -> Initialised:
    keys = used_keys(session.result)
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(render(session.rulebook, keys))
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"the configuration can't be written: {why}", path=shown_path(path)) from error
    return Initialised(shown_path(path), True, keys, {}, {})


def _extend(path: Path, session: Session) -> Initialised:
    source = read_source(path)
    extended = add_missing(source.text, source.path, session.rulebook, used_keys(session.result))
    if extended.added:
        problems = write_changes([Change(source.path, source.text, extended.text)], [source])
        if problems:
            raise ConfigError(problems[0].message, path=source.path)
    waiting = {
        name: tuple(key for key in keys if key not in extended.added.get(name, ()))
        for name, keys in missing_keys(session.result).items()
    }
    return Initialised(source.path, False, extended.added, waiting, extended.unused)


def _only_tell(path: Path, session: Session) -> Initialised:
    """A TOML file is the user's to write: nothing is inserted into it."""
    gap = configuration_gap(session)
    if gap is not None:
        raise ConfigError(
            "can't be added to by init, which writes YAML", path=gap.filename, expected=f"add:\n{gap.yaml}"
        )
    used = used_keys(session.result)
    unused = {
        name: tuple(key for key in table if key not in used.get(name, ()))
        for name, table in session.settings.tables.items()
    }
    return Initialised(shown_path(path), False, {}, {}, {name: keys for name, keys in unused.items() if keys})
