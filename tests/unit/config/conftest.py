"""Rules of an API with tables and words to fill in."""

from pathlib import Path

import pytest

from kognitos_migrate.rulebook.load import rulebook_of
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.rulebook.read import read_rules
from tests.unit.rulebook.boxes import write_rules


@pytest.fixture
def boxes(tmp_path: Path) -> Rulebook:
    """The rules of the boxes."""
    (tmp_path / "rules").mkdir()
    write_rules(tmp_path / "rules")
    return rulebook_of(read_rules([tmp_path / "rules"]))
