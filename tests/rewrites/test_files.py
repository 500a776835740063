"""Whole programs, of one file or several, and their migrated files, in a table of `files/` for each subject.

Each part of a table is a program; a file follows its name. Below `#>` are the files that change, without
blank lines. If nothing changes, the line of `#>` has the message of the last finding. `python -m
tests.rewrites.test_files` rewrites these results: read the difference.
"""

from __future__ import annotations

import pytest

from kognitos_migrate.findings.result import Result
from tests.rewrites.tables import files_of, path_of, programs, tables_in
from tests.rewrites.verbs import analysed

PROGRAMS = {table: programs(table) for table in tables_in("files")}


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table, some in PROGRAMS.items() for name in some]
)
def test_the_files_become(table: str, name: str) -> None:
    before, _, after = PROGRAMS[table][name].partition("\n#>")
    result = analysed(files_of(before))
    assert said(result) == after.lstrip()
    if result.changes:
        changed = {change.path: change.after for change in result.changes}
        again = analysed(files_of(before) | changed)
        assert not again.changes
        assert not again.findings, [finding.message for finding in again.findings]


def said(result: Result) -> str:
    """A result in the format of the table."""
    if result.changes:
        lines = [line for one in result.changes for line in (f"## {one.path}", *one.after.splitlines())]
        return "\n".join(line for line in lines if line)
    last = result.findings[-1]
    how = {"adapt": "adapt", "manual": "no"}[last.fix.applicability.value]
    what = last.trace[-1].text.partition(": ")[2] if last.trace else last.message
    return f"{how}, {last.reason}: {what}"


def main() -> None:
    """Write what the programs become now."""
    for table, some in PROGRAMS.items():
        parts: list[str] = []
        for name, body in some.items():
            before = body.partition("\n#>")[0]
            result = analysed(files_of(before))
            parts.append(f"# {name}\n{before}\n#>{chr(10) if result.changes else ' '}{said(result)}")
        path_of(table).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
