"""Several reports from one run."""

import json
from pathlib import Path

import pytest

from kognitos_migrate.cli.reports import FILE_FORMATS, TEXT_FORMATS
from tests.cli.conftest import Run


def test_further_reports_beside_the_first(run: Run, project: Path) -> None:
    result = run(
        "check", "-q", "--also", "sarif=out.sarif", "--also", "json=out.json", "--also", "concise=o.txt"
    )
    assert result.exit_code == 1
    assert result.stdout.startswith("KOG101 [*]")
    (sarif,) = json.loads((project / "out.sarif").read_text())["runs"]
    assert len(sarif["results"]) == len(json.loads((project / "out.json").read_text())["findings"]) == 2
    assert (project / "o.txt").read_text().startswith("fixable.py:3:28: KOG101 [*] ")


def test_they_are_written_where_nothing_is_found(run: Run, tmp_path: Path) -> None:
    assert run("check", "--also", "junit=out.xml").exit_code == 0
    assert "nothing found" in (tmp_path / "out.xml").read_text()


def test_they_have_no_colour(run: Run, project: Path) -> None:
    run("check", "--color", "always", "--also", "text=out.txt")
    assert "\x1b" not in (project / "out.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("output_format", [*TEXT_FORMATS, *FILE_FORMATS])
def test_each_format_is_the_same_in_both_ways_and_has_no_absolute_path(
    run: Run, project: Path, output_format: str
) -> None:
    shown = run("check", "--output-format", output_format, "--also", f"{output_format}=out").stdout
    assert shown == (project / "out").read_text(encoding="utf-8")
    assert str(project) not in shown
    assert "fixable.py" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--also", "yaml=x"], "--also: unknown format 'yaml'; expected text, full, concise, json"),
        (["--also", "sarf=x"], "--also: unknown format 'sarf'; did you mean sarif?"),
        (["--also", "sarif"], "'sarif' isn't FORMAT=FILE; expected for example sarif=kognitos.sarif"),
        (["--also", "sarif="], "isn't FORMAT=FILE"),
        (["--also", "sarif=-"], "isn't FORMAT=FILE"),
        (["--also", "sarif=x", "--also", "json=./x"], "two reports would be written to x"),
        (["-o", "x", "--also", "json=x"], "two reports would be written to x"),
        (["--also", "json=no/such/folder/x"], "the output can't be written"),
    ],
)
def test_what_cannot_be_done_is_an_error(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run("check", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr
