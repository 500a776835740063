"""`kognitos-migrate undo`: the last fix is taken back, byte for byte, or not at all."""

import os
from pathlib import Path

import pytest

from kognitos_migrate.writing.journal import journal_of
from tests.cli.conftest import Run
from tests.cli.test_fix import FIXED


def test_a_fix_is_taken_back_once(run: Run, project: Path) -> None:
    before = (project / "fixable.py").read_bytes()
    run("fix")
    result = run("undo")
    assert (result.exit_code, result.stdout) == (0, "put back fixable.py\nTook back 1 change.\n")
    assert (project / "fixable.py").read_bytes() == before
    again = run("undo")
    assert (again.exit_code, again.stderr) == (2, "error: there is nothing to take back in this project\n")


def test_from_a_folder_below_the_configuration(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kognitos-migrate.yaml").write_text("states: {failed: Failed}\n")
    (tmp_path / "a.py").write_bytes(b"kognitos v1/invoke\r\n")
    run("fix")
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert run("undo").stdout.startswith("put back ../a.py\n" if os.sep == "/" else "put back")
    assert (tmp_path / "a.py").read_bytes() == b"kognitos v1/invoke\r\n"


def test_what_was_changed_since_is_refused_and_so_is_the_rest(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("kognitos v1/invoke\n")
    run("fix")
    (tmp_path / "b.py").write_text("kognitos v2/runs  # mine\n")
    result = run("undo")
    assert result.exit_code == 2
    assert "nothing was taken back: changed since the fix: b.py" in result.stderr
    assert (tmp_path / "a.py").read_text() == "kognitos v2/runs\n"
    (tmp_path / "b.py").write_text("kognitos v2/runs\n")
    assert run("undo").exit_code == 0


def test_a_fix_that_was_cut_short_is_taken_back(run: Run, tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("kognitos v1/invoke\n")
    run("fix")
    (tmp_path / "b.py").write_text("kognitos v1/invoke\n")
    assert run("undo").stdout == "put back a.py\nTook back 1 change.\n"
    assert (tmp_path / "a.py").read_text() == "kognitos v1/invoke\n"


def test_a_diff_leaves_the_journal_alone(run: Run, project: Path) -> None:
    run("fix")
    run("fix", "--diff")
    run("fix")
    assert run("undo").exit_code == 0
    assert (project / "fixable.py").read_text() != FIXED


@pytest.mark.parametrize(
    "journal",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"version": 1}',
        b'{"version": 9, "files": []}',
        b'{"version": 1, "files": 3}',
        b'{"version": 1, "files": [{"path": 3, "before": null, "after": ""}]}',
        b'{"version": 1, "files": [{"path": "a.py", "before": null, "after": ""}]}',
        b'{"version": 1, "files": [{"path": "/a\\u0000.py", "before": null, "after": ""}]}',
        b'{"version": 1, "files": [{"path": "/a.py", "before": "*", "after": ""}]}',
    ],
)
def test_a_spoiled_journal_is_an_error(run: Run, project: Path, journal: bytes) -> None:
    run("fix")
    journal_of(project).write_bytes(journal)
    result = run("undo")
    assert result.exit_code == 2
    assert "the journal of the last fix can't be read" in result.stderr
    assert "internal error" not in result.stderr
    assert (project / "fixable.py").read_text() == FIXED


def test_a_fix_that_failed_leaves_the_one_before_to_be_taken_back(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (project / "fixable.py").read_bytes()
    run("fix")
    (project / "more.py").write_text("kognitos v1/invoke\n")
    with monkeypatch.context() as patch:
        patch.setattr("kognitos_migrate.writing.replace._carry_out", _refuse)
        assert run("fix").exit_code == 2
    assert run("undo").exit_code == 0
    assert (project / "fixable.py").read_bytes() == before


def _refuse(*arguments: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_fix_that_was_cut_short_is_taken_back_before_there_is_another(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("kognitos v1/invoke\n")
    run("fix")
    journal = journal_of(tmp_path)
    journal.rename(journal.with_suffix(".begun.json"))  # as it is while files are written
    (tmp_path / "b.py").write_text("kognitos v1/invoke\n")
    (tmp_path / ".b.py.x.kognitos-migrate").write_text("left behind")
    refused = run("fix")
    assert refused.exit_code == 2
    assert "the last fix of this project was cut short" in refused.stderr
    assert run("undo").exit_code == 0
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]
    assert run("fix").exit_code == 0


def test_a_link_in_the_place_of_a_file_is_refused(run: Run, project: Path) -> None:
    run("fix")
    (project / "fixable.py").rename(project / "elsewhere.py")
    try:
        (project / "fixable.py").symlink_to("elsewhere.py")
    except OSError:
        pytest.skip("no permission to make links")
    result = run("undo")
    assert result.exit_code == 2
    assert "links are not written through" in result.stderr
    assert (project / "elsewhere.py").read_text() == FIXED


def test_without_a_place_for_the_journal_the_fix_is_made_all_the_same(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "file").touch()
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: project / "file" / "below")
    result = run("fix")
    assert (project / "fixable.py").read_text() == FIXED
    assert "note: `undo` won't know of this run" in result.stderr
