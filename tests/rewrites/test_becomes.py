"""Short programs, and what becomes of them. Each part of becomes.txt is a program, below its name; below `#>`
stands what it becomes. `python -m tests.rewrites.test_becomes` writes that anew: read the difference."""

from __future__ import annotations

import pytest

from tests.rewrites.tables import path_of, programs
from tests.rewrites.verbs import FILE, analysed, check_transformed

HEAD = """\
import requests
HOST = "https://rest-api.app.kognitos.com"
"""
PROGRAMS = programs("becomes.txt")


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_becomes(name: str) -> None:
    before, _, after = PROGRAMS[name].partition("\n#>\n")
    check_transformed(f"{HEAD}{before}\n", f"{HEAD}{after}\n")


def main() -> None:
    """Write what the programs become now."""
    parts: list[str] = []
    for name, body in PROGRAMS.items():
        before = body.partition("\n#>\n")[0]
        changes = analysed({FILE: f"{HEAD}{before}\n"}).changes
        after = changes[0].after.removeprefix(HEAD).removesuffix("\n") if changes else "not changed"
        parts.append(f"# {name}\n{before}\n#>\n{after}")
    path_of("becomes.txt").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
