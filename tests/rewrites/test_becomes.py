"""Short programs, and what becomes of them. Each part of becomes.txt is a program, below its name; below `#>`
stands what it becomes. `python -m tests.rewrites.test_becomes` writes that anew: read the difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rewrites.verbs import FILE, analysed, check_transformed

HEAD = """\
import requests
HOST = "https://rest-api.app.kognitos.com"
"""
_FILE = Path(__file__).with_name("becomes.txt")


def _programs() -> dict[str, tuple[str, str]]:
    """The programs and what they become, by name."""
    found: dict[str, tuple[str, str]] = {}
    for part in _FILE.read_text("utf-8").removesuffix("\n").split("\n\n"):
        name, _, both = part.partition("\n")
        before, _, after = both.partition("\n#>\n")
        assert name.startswith("# "), name
        found[name[2:]] = before, after
    return found


PROGRAMS = _programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_becomes(name: str) -> None:
    before, after = PROGRAMS[name]
    check_transformed(f"{HEAD}{before}\n", f"{HEAD}{after}\n")


def main() -> None:
    """Write what the programs become now."""
    parts: list[str] = []
    for name, (before, _) in PROGRAMS.items():
        changes = analysed({FILE: f"{HEAD}{before}\n"}).changes
        after = changes[0].after.removeprefix(HEAD).removesuffix("\n") if changes else "not changed"
        parts.append(f"# {name}\n{before}\n#>\n{after}")
    _FILE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
