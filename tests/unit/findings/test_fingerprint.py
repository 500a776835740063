"""Fingerprints of findings."""

from pathlib import Path

import pytest

from kognitos_migrate.findings.fingerprint import fingerprints
from tests.report.examples import finding, place, source


def digests(text: str, *rows: int, path: str = "a.py", root: str = ".") -> list[str]:
    """The fingerprints of findings on these rows of a file."""
    findings = [finding(place(row, 1, 4, path)) for row in rows]
    known = fingerprints(findings, {path: source(text, path)}, Path(root).resolve())
    return [known[one].digest for one in findings]


def test_lines_that_move_change_nothing() -> None:
    assert digests("get(1)\n", 1) == digests("import x\n\n\nget( 1 )  # now here\n", 4)


def test_another_statement_is_another_finding() -> None:
    assert digests("get(1)\n", 1) != digests("get(2)\n", 1)


def test_equal_statements_are_told_apart_by_their_order() -> None:
    first, second = digests("get(1)\nget(1)\n", 1, 2)
    assert first != second
    assert [first, second] == digests("get(1)\nx = 2\nget(1)\n", 1, 3)


def test_it_does_not_depend_on_where_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path)
    above = digests("get(1)\n", 1, path="app/a.py", root=".")
    monkeypatch.chdir(tmp_path / "app")
    assert above == digests("get(1)\n", 1, path="a.py", root="..")


def test_a_digest_is_never_reckoned_in_another_way() -> None:
    """Baselines hold them."""
    assert digests("get(1)\n", 1) == ["e3d8ab8e7e555fc077149555d9442b40"]
