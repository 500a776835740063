"""Settings merged over defaults: no reader may take the default for the only value."""

from __future__ import annotations

import pytest

from kognitos_migrate.interpret.dispatch import interpret
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.syntax.parsing import parse
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Text
from tests.flow.settings_table import TABLE, programs

CHECKED = 7
"""One program in so many is run: all take a minute."""
SOME = [one for number, one in enumerate(programs()) if number % CHECKED == 0]


@pytest.mark.parametrize("kind", TABLE)
def test_a_merged_setting_is_not_only_its_default(kind: str) -> None:
    clients = load_rulebook().clients
    wrong: list[tuple[str, str]] = []
    for held_in, merge, reader, text in SOME:
        if held_in == kind:
            facts = interpret({"main.py": parse("main.py", text)}, clients, ())
            given = [one.value for request in facts.requests for one in request.value(Role.URL)]
            urls = list(alternatives(*given))
            if urls and all(isinstance(url, Text) and url.literal is not None for url in urls):
                wrong.append((merge, reader))
    assert wrong == []
