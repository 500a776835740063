"""A share_id that can't be read again where the body is sent gets a variable.

Each part of key_variables.txt is a program; after `#>` is the statement that binds the variable, in front of
the one that builds the URL.
"""

import pytest

from tests.rewrites.tables import programs
from tests.rewrites.verbs import FILE, analysed

PROGRAMS = programs("key_variables.txt")


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_key_is_read_where_the_url_is_built(name: str) -> None:
    before, _, binding = PROGRAMS[name].rpartition("\n#> ")
    (change,) = analysed({FILE: f"{before}\n"}).changes
    lines = [line.strip() for line in change.after.splitlines()]
    assert lines[lines.index(binding) + 1].startswith("url = ")
    assert sum(line == binding for line in lines) == 1
    assert "KOGNITOS_PROCESSES[share_id]" in change.after
