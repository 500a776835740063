"""A `pyproject.toml` that Python's parser gives up on: one message, or as if it said nothing."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

HOSTILE = {"deep": "x = " + "[" * 100_000, "long number": "x = " + "9" * 10_000}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=[*HOSTILE])
def test_a_configuration_is_an_error(text: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "kognitos-migrate.yaml").unlink(missing_ok=True)
    (tmp_path / "pyproject.toml").write_text(f"[tool.kognitos-migrate]\n{text}\n")
    (tmp_path / "a.py").write_text("x = 1\n")
    for command in (("check",), ("init",)):
        result = run(*command)
        assert "internal error" not in result.stderr
        assert result.exit_code in (0, 2)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=[*HOSTILE])
def test_another_project_file_says_nothing(text: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[project]\n{text}\n")
    (tmp_path / "a.py").write_text("KOGNITOS_URL v1/invoke\n")
    result = run("check")
    assert "internal error" not in result.stderr
    assert result.exit_code == 1
