"""One try with hostile input: how it went, in a word."""

from __future__ import annotations

import tempfile
from pathlib import Path

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.finding import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.analysis import analyse
from kognitos_migrate.source.file import decode, encode
from kognitos_migrate.syntax.notebook import only_python

from .hostile import CONFIGURATION


def try_source(name: str, data: bytes) -> str:
    """Analyse a file. Whatever it raises, but for an error that tells the user, is a bug."""
    try:
        source = only_python(decode(data, name))
    except UserError:
        return "unreadable"
    assert encode(source, source.text) == data
    rulebook, settings = _known()
    result = analyse([source], rulebook, settings, Applicability.UNSAFE)
    for change in result.changes:
        if change.path == name:
            encode(source, change.after)
    if any(one.code == "KOG901" for one in result.findings):
        return "unparsed"
    return "changed" if result.changes else "left"


def try_configuration(data: bytes) -> str:
    """Load a configuration."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kognitos-migrate.yaml")
        path.write_bytes(data)
        try:
            load_settings(path, load_rulebook(), path.parent)
        except UserError as error:
            return _told(error)
    return "taken"


def try_rule(data: bytes) -> str:
    """Load a rule beside the built-in ones."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rule.yaml").write_bytes(data)
        try:
            load_rulebook([Path(folder)])
        except UserError as error:
            return _told(error)
    return "taken"


def _told(error: UserError) -> str:
    assert len(str(error)) < 100_000
    return "refused"


def _known() -> tuple[Rulebook, Settings]:
    if not _CACHE:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "kognitos-migrate.yaml")
            path.write_text(CONFIGURATION)
            rulebook = load_rulebook()
            _CACHE.append((rulebook, load_settings(path, rulebook, path.parent)))
    return _CACHE[0]


_CACHE: list[tuple[Rulebook, Settings]] = []
