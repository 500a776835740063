"""One try with hostile input: how it went, in a word."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.walk import discover
from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.rulebook.load import load_rulebook, rulebook_of
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.rulebook.read import read_rules
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.run.finding_filter import Selection
from kognitos_migrate.source.file import decode_module, file_bytes
from kognitos_migrate.syntax.notebook_cells import only_python

from .hostile import CONFIGURATION, RULES_FOLDER


def try_source(name: str, data: bytes) -> str:
    """Analyse a file. Whatever it raises, but for an error that tells the user, is a bug."""
    try:
        source = only_python(decode_module(data, name))
    except UserError:
        return "unreadable"
    assert file_bytes(source, source.text) == data
    rulebook, settings = _known()
    result = analyse([source], rulebook, settings, Applicability.UNSAFE)
    for change in result.changes:
        if change.path == name:
            file_bytes(source, change.after)
    if any(one.code == "KOG901" for one in result.findings):
        return "unparsed"
    return "changed" if result.changes else "left"


def try_configuration(data: bytes) -> str:
    """Load a configuration, and use its patterns."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kognitos-migrate.yaml")
        path.write_bytes(data)
        try:
            settings = load_settings(path, load_rulebook(), path.parent)
            discover([folder], settings)
            Selection(settings).selects_code("KOG101", f"{folder}/tests/a.py")
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


def try_odd_rule(file: Path, text: str, program: Path) -> str:
    """Analyse a program with the built-in rules, one of them replaced."""
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "rules")
        shutil.copytree(RULES_FOLDER, rules)
        (rules / file.relative_to(RULES_FOLDER)).write_text(text, "utf-8")
        configured = Path(folder, "kognitos-migrate.yaml")
        configured.write_text(CONFIGURATION)
        try:
            rulebook = rulebook_of(read_rules([rules]))
            settings = load_settings(configured, rulebook, Path(folder))
        except UserError as error:
            return _told(error)
    result = analyse(
        [decode_module(program.read_bytes(), "main.py")], rulebook, settings, Applicability.UNSAFE
    )
    for change in result.changes:
        assert change.before is None or change.before != change.after
    return "changed" if result.changes else "left"


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
