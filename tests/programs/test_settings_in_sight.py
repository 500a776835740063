"""Programs whose base URL or version is in a settings file of the project alone: `fix` changes the file with
the code, and both run on v2."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.harness import FIXTURES
from tests.harness.trial import Verdict, try_out
from tests.server import Dialect

PROGRAMS = sorted(path for path in (FIXTURES / "settings").iterdir() if path.is_dir())


@pytest.mark.parametrize("dialect", ["guide", "reference"])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_the_program_runs_on_v2(program: Path, dialect: Dialect) -> None:
    trial = try_out(program, dialect, level="safe")
    assert trial.verdict is Verdict.MIGRATED


def test_a_merge_that_shows_the_values_is_left(tmp_path: Path) -> None:
    program = tmp_path / "program"
    shutil.copytree(FIXTURES / "settings" / "layers_merged_into_an_empty_dict", program)
    main = program / "main.py"
    text = main.read_text(encoding="utf-8")
    main.write_text(
        text.replace(
            "            target[key] = value", "            print(value)\n            target[key] = value"
        )
    )
    assert try_out(program, "guide", level="safe").verdict is Verdict.REFUSED


def test_a_merge_with_an_unknown_test_is_unsafe(tmp_path: Path) -> None:
    program = tmp_path / "program"
    shutil.copytree(FIXTURES / "settings" / "layers_merged_by_abstract_types", program)
    main = program / "main.py"
    text = main.read_text(encoding="utf-8")
    main.write_text(text.replace("isinstance(old, MutableMapping)", 'hasattr(old, "items")'))
    assert try_out(program, "guide", level="safe").verdict is Verdict.REFUSED
    assert try_out(program, "guide", level="unsafe").verdict is Verdict.MIGRATED
