"""Named files without signs of the API that can't be parsed."""

from pathlib import Path

import pytest

from kognitos_migrate.discover.parse_check import unparsable_files


def fault_lines(file: Path) -> list[int | None]:
    return [fault.line for fault in unparsable_files([str(file)])]


@pytest.mark.parametrize(
    "text",
    [
        "print('hi')\n",
        "type Row = dict[str, str]\n",
        "def first[T](rows: list[T]) -> T: ...\n",
        'print(f"{row["name"]}")\n',
        "try:\n    pass\nexcept* ValueError:\n    pass\n",
    ],
)
def test_code_of_any_python_is_parsed(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    assert fault_lines(tmp_path / "a.py") == []


@pytest.mark.parametrize("text", ["x = 1\ndef f(:\n", "x = 1\nprint 'hi'\n"])
def test_the_row_of_a_fault_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(text)
    assert fault_lines(tmp_path / "a.py") == [2]


def test_a_notebook_is_json(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text("{")
    (tmp_path / "b.ipynb").write_text("{}")
    assert fault_lines(tmp_path / "a.ipynb") == [None]
    assert fault_lines(tmp_path / "b.ipynb") == []
