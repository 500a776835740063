"""Comments that suppress, at the command line."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from kognitos_migrate.config.settings import Settings
from tests.cli.conftest import Run

CALL = 'requests.post(KOGNITOS + "/v1/invoke/abc")'


def codes(run: Run, *arguments: str) -> Sequence[str]:
    """The places and codes that a check finds."""
    lines = run("check", "-q", "--output-format", "concise", *arguments).stdout.splitlines()
    return [" ".join(line.split()[:2]).replace("a.py:", "") for line in lines]


@pytest.mark.parametrize(
    "text",
    [
        f"{CALL}  # kognitos-migrate: ignore[KOG101] a double\n",
        f"# kognitos-migrate: ignore[KOG101]\n\n{CALL}\n",
        f"print(\n    {CALL},\n    1,  # kognitos-migrate: keep[KOG101] slow vendor\n)\n",
        f"x = {CALL}  # noqa: KOG101\n",
        f"# kognitos-migrate: file-ignore[KOG101] generated\nif x:\n    {CALL}\n{CALL}\n",
    ],
)
def test_what_is_suppressed_is_not_found(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    result = run("check")
    assert result.exit_code == 0
    assert "Suppressed by comments: " in result.stdout
    assert codes(run) == []


def test_one_that_suppresses_nothing_is_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        f"{CALL}  # kognitos-migrate: ignore[KOG101, KOG201]\nx = 1  # noqa: KOG101\n"
    )
    assert codes(run) == ["1:45: KOG911", "2:8: KOG911"]
    assert "KOG201 is not found in this statement: nothing is suppressed" in run("check").stdout
    assert "Found 2 invalid or unused suppressions in 1 file: 2 to change by hand." in run("check").stdout
    assert codes(run, "--ignore", "KOG911") == []


def test_a_code_that_is_not_selected_is_suppressed_all_the_same(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{CALL}  # kognitos-migrate: ignore[KOG101]\n")
    assert codes(run, "--select", "KOG2,KOG9") == []
    assert codes(run, "--ignore", "KOG101") == []


def test_only_files_that_are_given_are_complained_of(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("KOGNITOS = 1  # kognitos-migrate: ignore[KOG101]\n")
    assert codes(run, "a.py") == ["1:15: KOG911"]


def test_one_that_has_expired(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{CALL}  # kognitos-migrate: keep[KOG101] slow until=2001-01-31\n")
    assert codes(run) == ["1:28: KOG101", "1:45: KOG912"]
    assert "this suppression of KOG101 expired on 2001-01-31" in run("check").stdout


def test_it_holds_on_its_last_day(run: Run, tmp_path: Path) -> None:
    today = Settings(tmp_path).today.isoformat()
    (tmp_path / "a.py").write_text(f"{CALL}  # kognitos-migrate: keep[KOG101] slow until={today}\n")
    assert codes(run) == []


def test_one_that_is_wrong(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{CALL}  # kognitos-migrate: ignore\n")
    assert codes(run) == ["1:28: KOG101", "1:45: KOG913"]


def test_after_a_fix_it_is_where_it_is_now(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(f"{CALL}\n{CALL}  # noqa: KOG101\n")
    (one,) = json.loads(run("fix", "--output-format", "json").stdout)["suppressed"]
    assert (one["location"]["row"], one["suppression"]["location"]["row"]) == (2, 2)


def test_the_report_lists_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        f"{CALL}  # kognitos-migrate: keep[KOG101] slow | vendor until=2901-01-31\n"
    )
    page = run("report").stdout
    assert "| `a.py:1:28` | KOG101 | keep | slow \\| vendor | 2901-01-31 |" in page
    (one,) = json.loads(run("report", "--format", "json").stdout)["suppressed"]
    assert (one["code"], one["suppression"]["by"]) == ("KOG101", "keep")


def test_one_without_a_colon_is_invalid(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import requests\n\n"
        'requests.post(KOGNITOS + "/v1/invoke/abc")  # kognitos-migrate ignore[KOG101] old\n'
        "# kognitos-migrate ignores this\n"
    )
    result = run("check", "--output-format", "concise")
    complaints = [line for line in result.stdout.splitlines() if "KOG913" in line]
    assert len(complaints) == 1
    assert "missing colon" in complaints[0]
    assert "KOG101" in result.stdout
