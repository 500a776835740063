"""Files that are Python by their names only, and files that are too large: passed over and counted, unless
they name the API."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kognitos_migrate.cache import Store
from kognitos_migrate.findings.result import Result, SkippedFiles
from kognitos_migrate.run import byte_scan, file_marks, source_loading
from kognitos_migrate.run.scan import Stdin
from kognitos_migrate.run.session import Options, run_check

URL = "https://rest-api.app.kognitos.com/v1/run/7"
LARGE = f"import os\n# {'-' * 9000}\n"
CALL = f"import requests\nrequests.get('{URL}').json()['worker_id']\n"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (file_marks, source_loading):
        monkeypatch.setattr(module, "LARGEST", 5_000)
    monkeypatch.setattr(file_marks, "_PIECE", 100)
    monkeypatch.setattr(byte_scan, "MANY", 1)
    (tmp_path / "setup.cfg").touch()
    monkeypatch.chdir(tmp_path)


def looked(paths: Sequence[str] = (".",)) -> Result:
    return run_check(paths, Options(store=Store("cache"))).result


@pytest.mark.parametrize("paths", [["."], ["data.py", "rows.py", "own.py"]])
def test_they_are_counted(paths: Sequence[str]) -> None:
    Path("data.py").write_bytes(b"\x7fELF\0\0" + b"/v1/run/" * 10)
    Path("rows.py").write_text(LARGE)
    Path("own.py").write_text(CALL)
    for _ in range(2):  # the second time, they are known
        result = looked(paths)
        assert result.skipped == SkippedFiles(binary=1, too_large=1)
        assert [spot.place.path for spot in result.blind_spots] == ["rows.py"]
        assert {finding.place.path for finding in result.findings} == {"own.py"}
        assert result.problems == ()


@pytest.mark.parametrize("paths", [["."], ["data.py", "rows.py"]])
def test_what_names_the_api_is_never_passed_over(paths: Sequence[str]) -> None:
    Path("data.py").write_bytes(b"\0" + CALL.encode())
    Path("rows.py").write_text(LARGE + CALL)
    result = looked(paths)
    assert result.skipped == SkippedFiles()
    codes = {(finding.place.path, finding.code) for finding in result.findings}
    assert codes == {("data.py", "KOG901"), ("rows.py", "KOG201")}


@pytest.mark.parametrize("paths", [["."], ["rows.py", "study.ipynb", "own.py"]])
def test_what_is_too_large_to_be_read_is_an_error(
    paths: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kognitos_migrate.source.content.SOURCE", 6_000)
    Path("rows.py").write_text(LARGE + CALL)
    Path("study.ipynb").write_text(LARGE + CALL)
    Path("own.py").write_text(CALL)
    result = looked(paths)
    assert [fault.path for fault in result.problems] == ["rows.py", "study.ipynb"]
    assert {fault.message.split(":")[0] for fault in result.problems} == {"the file is larger than 0 MiB"}
    assert {finding.place.path for finding in result.findings} == {"own.py"}


def test_a_name_that_lies_across_two_pieces_is_found() -> None:
    for shift in range(0, 100, 7):
        Path("rows.py").write_text(LARGE + "#" * shift + CALL)
        assert looked().skipped == SkippedFiles()


def test_generated_files_are_counted() -> None:
    Path("own.py").write_text("# @generated\n" + CALL)
    assert looked().skipped == SkippedFiles(generated=1)


def test_the_standard_input_may_be_binary() -> None:
    result = run_check(["-"], Options(stdin=Stdin("a.py", b"\0\1"))).result
    assert result.skipped == SkippedFiles(binary=1)
