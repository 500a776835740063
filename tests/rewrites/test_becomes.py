"""Short programs before and after `fix`, in a file of `becomes/` for each subject.

Each part of a file is a program below its name; what it becomes follows below `#>`. `python -m
tests.rewrites.test_becomes` writes the second halves from what `fix` does now: read the diff.
"""

from __future__ import annotations

import pytest

from tests.rewrites.tables import path_of, programs
from tests.rewrites.verbs import FILE, analysed, check_transformed

HEAD = """\
import requests
HOST = "https://rest-api.app.kognitos.com"
"""
SUBJECTS = sorted(file.stem for file in path_of("becomes").glob("*.txt"))
PROGRAMS = {subject: programs(f"becomes/{subject}.txt") for subject in SUBJECTS}


@pytest.mark.parametrize(
    ("subject", "name"), [(subject, name) for subject in SUBJECTS for name in PROGRAMS[subject]]
)
def test_program_becomes(subject: str, name: str) -> None:
    before, _, after = PROGRAMS[subject][name].partition("\n#>\n")
    check_transformed(f"{HEAD}{before}\n", f"{HEAD}{after}\n")


def main() -> None:
    """Write what the programs become now."""
    for subject, programs_of_subject in PROGRAMS.items():
        parts: list[str] = []
        for name, body in programs_of_subject.items():
            before = body.partition("\n#>\n")[0]
            changes = analysed({FILE: f"{HEAD}{before}\n"}).changes
            after = changes[0].after.removeprefix(HEAD).removesuffix("\n") if changes else "not changed"
            parts.append(f"# {name}\n{before}\n#>\n{after}")
        path_of(f"becomes/{subject}.txt").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
