"""Notebooks on the command line, with the engine as it is."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from kognitos_migrate.run.engine import analyse
from tests.cli.conftest import Run
from tests.unit.source.notebooks import code_cell, lines, notebook, text_cell, written

CONFIG = Path(__file__).parents[2] / "fixtures" / "kognitos-migrate.yaml"
SETUP = 'import requests\n\nBASE = "https://rest-api.app.kognitos.com/v1"'
START = """%%time
r = requests.post(
    BASE + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"é": 1}
).json()"""
PRINT = 'print(r["worker_id"])\n!echo done'
CELLS = (SETUP, START, PRINT)


@pytest.fixture
def study(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook in a project; `run` has the real engine."""
    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", lambda: analyse)
    shutil.copy(CONFIG, tmp_path)
    return made(tmp_path / "study.ipynb", *CELLS)


def made(path: Path, *codes: str) -> Path:
    """A notebook with a title and these cells."""
    path.write_bytes(written(notebook([text_cell("# Study"), *(code_cell(lines(code)) for code in codes)])))
    return path


def codes(path: Path) -> list[str]:
    """The code of the cells."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_findings_name_the_cell_and_show_its_code(run: Run, study: Path) -> None:
    shown = run("check").stdout
    assert "study.ipynb:cell 3:2:5\n" in shown
    assert "1 | %%time\n2 | r = requests.post(\n" in shown
    assert "ipython_magic" not in shown
    assert "study.ipynb:cell 3:2:5: KOG101" in run("check", "--output-format", "concise").stdout
    assert "study.ipynb:cell 2:3:8: the URL starts" in run("check", "--trace").stdout
    assert "study.ipynb:cell 3:2:5" in run("explain", "study.ipynb:cell 3:4").stdout
    assert "study.ipynb:cell 3:2:5" in run("explain", f"study.ipynb:{row_of(study, 'requests.post')}").stdout
    assert "### `study.ipynb`\n\n- cell 3:2:5 **" in run("report").stdout


def test_json_has_the_cell_as_ruff_has_it(run: Run, study: Path) -> None:
    finding = json.loads(run("check", "--output-format", "json").stdout)["findings"][0]
    assert (finding["cell"], finding["location"]) == (3, {"row": 2, "column": 5})
    assert finding["end_location"] == {"row": 4, "column": 2}
    assert {(edit["cell"], edit["location"]["row"]) for edit in finding["fix"]["edits"]} >= {(2, 3), (4, 1)}


@pytest.mark.parametrize(
    ("name", "row"),
    [("github", "line={}"), ("gitlab", '"line": {},'), ("sarif", '"startLine": {},'), ("junit", 'line="{}"')],
)
def test_other_programs_get_the_rows_of_the_file(run: Run, study: Path, name: str, row: str) -> None:
    report = run("check", "--output-format", name).stdout
    assert row.format(row_of(study, "requests.post")) in report
    assert "deletedRegion" not in report


def row_of(path: Path, text: str) -> int:
    rows = path.read_text("utf-8").split("\n")
    return next(number for number, row in enumerate(rows, 1) if text in row)


def test_only_the_lines_of_code_change(run: Run, study: Path) -> None:
    before = study.read_bytes()
    assert run("fix").exit_code == 0
    after = study.read_bytes()
    assert [code.split("\n")[0] for code in codes(study)] == [
        "import requests",
        "%%time",
        'print(r["id"])',
    ]
    kept = [line for line in before.split(b"\n") if line in after.split(b"\n")]
    assert len(kept) == len(before.split(b"\n")) - 3
    assert run("undo").exit_code == 0
    assert study.read_bytes() == before


def test_a_plan_is_applied_exactly(run: Run, study: Path) -> None:
    before = study.read_bytes()
    run("fix")
    fixed = study.read_bytes()
    study.write_bytes(before)
    run("fix", "--plan", "plan.json")
    assert study.read_bytes() == before
    assert run("apply", "plan.json").exit_code == 0
    assert study.read_bytes() == fixed


def test_the_diff_in_a_pipe_is_a_patch_of_the_file(run: Run, study: Path) -> None:
    patch = run("fix", "--diff").stdout_bytes
    before = study.read_bytes()
    run("fix")
    fixed = study.read_bytes()
    study.write_bytes(before)
    command = ["git", "apply", "--unsafe-paths", "-"]
    subprocess.run(command, cwd=study.parent, input=patch, check=True)
    assert study.read_bytes() == fixed


def test_the_diff_for_people_shows_cells(run: Run, study: Path) -> None:
    shown = run("fix", "--diff", "--color", "always").stdout
    assert "--- study.ipynb:cell 4\x1b" in shown
    assert '+print(r["id"])\x1b' in shown
    assert "No newline" not in shown


def test_the_standard_input_may_be_a_notebook(run: Run, study: Path) -> None:
    data = study.read_bytes()
    study.unlink()
    result = run("check", "-", "--stdin-filename", "other.ipynb", "--output-format", "concise", input=data)
    assert (result.exit_code, result.stdout.split(":")[:2]) == (1, ["other.ipynb", "cell 3"])


def test_comments_in_a_cell_suppress(run: Run, study: Path) -> None:
    comment = "  # kognitos-migrate: ignore[KOG101] a double"
    made(study, SETUP, START.replace("post(", "post(" + comment), PRINT)
    before = study.read_bytes()
    assert run("check").exit_code == 0
    run("fix")
    assert study.read_bytes() == before
    made(study, SETUP, "x = 1" + comment, PRINT)
    assert "study.ipynb:cell 3:1:8: KOG911" in run("check", "--output-format", "concise").stdout


OPAQUE = {
    "a shell line that names v1": ("!curl https://rest-api.app.kognitos.com/v1/run/1", "cell 5:1:"),
    "a cell of a shell": ("%%bash\ncurl https://rest-api.app.kognitos.com/v1/run/1", "cell 5:1:"),
    "a cell that is no Python": ('curl "https://rest-api.app.kognitos.com/v1/run/1"', "cell 5:1:"),
    "the address in a magic": ("%env KOGNITOS=https://rest-api.app.kognitos.com", "cell 5:1:"),
    "the address in a shell line": ("!curl {BASE}/run/1", "cell 5:1:1: KOG903"),
    "a reply in a shell line": ("!echo {r}", "cell 3:2:5: KOG101"),
}


@pytest.mark.parametrize(("code", "said"), OPAQUE.values(), ids=OPAQUE.keys())
def test_what_is_no_python_is_never_missed(run: Run, study: Path, code: str, said: str) -> None:
    made(study, *CELLS, code)
    before = study.read_bytes()
    result = run("fix", "--output-format", "concise")
    assert result.exit_code == 1
    assert f"study.ipynb:{said}" in result.stdout
    assert study.read_bytes() == before


def test_a_cell_that_is_no_python_does_not_keep_the_others(run: Run, study: Path) -> None:
    made(study, *CELLS, "and then we see:")
    assert run("fix").exit_code == 0
    assert codes(study)[-2:] == ['print(r["id"])\n!echo done', "and then we see:"]


def test_the_import_of_adapters_goes_to_the_imports(run: Run, study: Path) -> None:
    made(study, "%load_ext x", *CELLS, "import pandas\npandas.DataFrame(r)")
    assert run("fix", "--adapt").exit_code == 0
    assert codes(study)[1].startswith("import requests\n\nfrom kognitos_v1 import v1_start_run\n")


def test_a_timed_statement_stays_one_line(run: Run, study: Path) -> None:
    start = 'requests.post(BASE + "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"é": 1})'
    made(study, SETUP, f"%time r = {start}", 'r.json()["worker_id"]')
    assert run("fix").exit_code == 0
    rows = codes(study)[1].split("\n")
    assert rows[0].startswith("%time r = requests.post(")
    assert all(row.endswith("\\") for row in rows[:-1])


def test_what_remains_is_marked_where_a_comment_may_stand(run: Run, study: Path) -> None:
    bash = "%%bash\ncurl https://rest-api.app.kognitos.com/v1/run/1"
    made(study, *CELLS, bash)
    assert run("fix", "--mark").exit_code == 1
    assert codes(study)[-1] == bash
    assert codes(study)[1].startswith("%%time\n# TODO(kognitos-migrate): KOG101 ")
    assert run("fix", "--mark").exit_code == 1
    assert "".join(codes(study)).count("TODO") == 1


LEFT_ALONE = {
    "no JSON": b'{"cells": [\nhttps://rest-api.app.kognitos.com/v1/invoke',
    "null bytes": b'{"cells": [\0"https://rest-api.app.kognitos.com/v1/invoke"]}',
    "no cells": b'{"x": "https://rest-api.app.kognitos.com/v1/invoke"}',
}


@pytest.mark.parametrize("data", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_a_broken_notebook_that_names_v1_is_a_finding(run: Run, study: Path, data: bytes) -> None:
    study.write_bytes(data)
    result = run("fix", "--output-format", "concise")
    assert result.exit_code == 1
    assert "KOG901 this file can't be parsed: it is" in result.stdout
    assert study.read_bytes() == data


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b'{"cells": 1}'])
def test_a_broken_notebook_is_nothing_else(run: Run, study: Path, data: bytes) -> None:
    study.write_bytes(data)
    assert run("check").exit_code == 0


def test_a_notebook_of_another_language_is_left_alone(run: Run, study: Path) -> None:
    study.write_bytes(written(notebook([code_cell(lines(code)) for code in CELLS], "R")))
    assert run("check").exit_code == 0
