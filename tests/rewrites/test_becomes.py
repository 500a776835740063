"""Short programs before and after `fix`, in a file of `becomes/` for each subject.

Each part of a file is a program below its name; what it becomes follows below `#>`. `python -m
tests.rewrites.test_becomes` writes the second halves from what `fix` does now: read the diff.
"""

from __future__ import annotations

import pytest

from tests.rewrites.tables import path_of, programs, tables_in
from tests.rewrites.verbs import FILE, analysed, check_transformed

HEAD = """\
import requests
HOST = "https://rest-api.app.kognitos.com"
"""
PROGRAMS = {table: programs(table) for table in tables_in("becomes")}


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table, some in PROGRAMS.items() for name in some]
)
def test_program_becomes(table: str, name: str) -> None:
    before, _, after = PROGRAMS[table][name].partition("\n#>\n")
    check_transformed(f"{HEAD}{before}\n", f"{HEAD}{after}\n")


def main() -> None:
    """Write what the programs become now."""
    for table, some in PROGRAMS.items():
        parts: list[str] = []
        for name, body in some.items():
            before = body.partition("\n#>\n")[0]
            changes = analysed({FILE: f"{HEAD}{before}\n"}).changes
            after = changes[0].after.removeprefix(HEAD).removesuffix("\n") if changes else "not changed"
            parts.append(f"# {name}\n{before}\n#>\n{after}")
        path_of(table).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
