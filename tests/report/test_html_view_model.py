"""Changes within a line of a diff."""

import pytest

from kognitos_migrate.report.diff import FileDiff
from kognitos_migrate.report.html.view_model import diff_view


def shown(*hunks: str) -> list[str]:
    """The lines, with what is marked in brackets."""
    view = diff_view(FileDiff(("--- a/a.py", "+++ b/a.py"), hunks))
    assert view.header == "a.py"
    return [
        "".join(f"[{one.text}]" if one.marked else one.text for one in line.pieces) for line in view.lines
    ]


@pytest.mark.parametrize(
    ("bad", "good", "expected"),
    [
        ("-url + '/v1/run'", "+url + '/v2/run'", ["-url + '/v[1]/run'", "+url + '/v[2]/run'"]),
        ("-one", "+one two", ["-one", "+one[ two]"]),
        ("-aa", "+a", ["-a[a]", "+a"]),
        ("-  x", "+  y", ["-  x", "+  y"]),
        ("-old", "+new", ["-old", "+new"]),
        ("-", "+x", ["-", "+x"]),
    ],
)
def test_two_lines(bad: str, good: str, expected: list[str]) -> None:
    assert shown("@@ -1 +1 @@", bad, good, " z") == ["@@ -1 +1 @@", *expected, " z"]


def test_lines_are_paired_where_as_many_come_as_go() -> None:
    assert shown("-a1", "-b1", "+a2", "+b2") == ["-a[1]", "-b[1]", "+a[2]", "+b[2]"]
    assert shown("-a1", "+a2", "+b2") == ["-a1", "+a2", "+b2"]
    assert shown("+a1", " z", "-a2") == ["+a1", " z", "-a2"]
