"""A configuration to fill in: a new one, or the one that is there with what it lacks."""

from collections.abc import Mapping
from pathlib import Path

from kognitos_migrate.config.filling.extend import add_missing
from kognitos_migrate.config.filling.notation import notation_of
from kognitos_migrate.config.filling.template import render
from kognitos_migrate.config.find import FILE_NAME
from kognitos_migrate.errors import ConfigError, UsageError
from kognitos_migrate.findings.finding import Change
from kognitos_migrate.record import Struct
from kognitos_migrate.run.gap import missing_keys, used_keys
from kognitos_migrate.run.session import Session
from kognitos_migrate.source.content import shown_path
from kognitos_migrate.source.file import read_source
from kognitos_migrate.writing.target import require_output
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
    return _extend(source, session)


def _create(path: Path, session: Session) -> Initialised:
    keys = used_keys(session.result)
    require_output(str(path))
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(render(session.rulebook, keys))
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"the configuration can't be written: {why}", path=shown_path(path)) from error
    return Initialised(shown_path(path), True, keys, {}, {})


def _extend(path: Path, session: Session) -> Initialised:
    source = read_source(path)
    used = used_keys(session.result)
    extended = add_missing(source.text, source.path, notation_of(path), session.rulebook, used)
    if extended.added:
        change = Change(source.path, source.text, extended.text)
        problems = write_changes([change], [source], (path.parent,))
        if problems:
            raise ConfigError(problems[0].message, path=source.path)
    waiting = {
        name: tuple(key for key in keys if key not in extended.added.get(name, ()))
        for name, keys in missing_keys(session.result).items()
    }
    return Initialised(source.path, False, extended.added, waiting, extended.unused)
