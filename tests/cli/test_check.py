"""`kognitos-migrate check`."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_findings_in_full(run: Run, project: Path) -> None:
    result = run("check")
    assert result.exit_code == 1
    assert (
        result.stdout
        == """\
KOG101 [*] starts a v1 run
 --> fixable.py:3:28
  |
1 | import requests
2 |
3 | requests.post(KOGNITOS + "/v1/invoke/abc")
  |                            ^^^^^^^^^
  |
fix: moves the call to v2

KOG101 starts a v1 run
 --> manual.py:1:20
  |
1 | url = KOGNITOS + "/v1/invoke/"  # unknown share xyz
  |                    ^^^^^^^^^
  |
by hand (unknown-key): add the key to the configuration
help: xyz

Found 2 v1 calls in 2 files: 1 fixable with `kognitos-migrate fix`, 1 to change by hand.
  1  unknown-key
Missing from the configuration: processes: xyz. Run `kognitos-migrate init` to add it.
"""
    )


def test_findings_in_one_line_each(run: Run, project: Path) -> None:
    result = run("check", "--output-format", "concise", "-q")
    assert result.stdout.splitlines() == [
        "fixable.py:3:28: KOG101 [*] starts a v1 run",
        "manual.py:1:20: KOG101 starts a v1 run",
    ]


def test_statistics(run: Run, project: Path) -> None:
    assert (
        run("check", "--statistics", "-q").stdout == "2  KOG101  v1-start-run: starts a v1 run (1 fixable)\n"
    )


def test_the_trace(run: Run, project: Path) -> None:
    assert "trace:\n  1. fixable.py:3:28: the URL is put together here\n" in run("check", "--trace").stdout


def test_json(run: Run, project: Path) -> None:
    report = json.loads(run("check", "--output-format", "json").stdout)
    assert report["version"] == 1
    assert [finding["filename"] for finding in report["findings"]] == ["fixable.py", "manual.py"]
    assert report["errors"] == []


def test_nothing_found(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    result = run("check", "a.py")
    assert (result.exit_code, result.stdout) == (0, "No v1 calls found in 1 file.\n")


def test_exit_zero(run: Run, project: Path) -> None:
    assert run("check", "--exit-zero").exit_code == 0


def test_blind_spots_count_only_if_strict(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("KOGNITOS_URL = getattr(requests, verb)(url)\n")
    assert run("check").exit_code == 0
    assert run("check", "--strict").exit_code == 1
    said = run("check").stdout
    assert "1 place couldn't be resolved" in said
    assert "No v1 calls found" not in said


def test_what_nothing_shows_to_be_the_apis_is_counted_alike_everywhere(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("import requests\n\nrequests.get(BASE + '/v1/run/' + ident)\n")
    (tmp_path / "b.py").write_text("requests.get('https://api.example.org/v1/run/' + ident)\n")
    said = run("check", engine=None).stdout
    assert said.startswith(
        "Nothing to report in 2 files, but 1 place couldn't be resolved (`kognitos-migrate "
    )
    assert "`kognitos-migrate check -v` lists it, `--strict` fails on it" in said
    assert run("check", "--strict", engine=None).exit_code == 1
    assert "a.py:3:21: the path looks like one of the API's" in run("check", "-v", engine=None).stdout
    assert run("check", "b.py", "--strict", engine=None).exit_code == 0


def test_a_comment_is_found_only_if_selected(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("# KOGNITOS_URL v1/invoke comment\n")
    assert run("check").exit_code == 0
    assert run("check", "--select", "KOG4").exit_code == 1
    assert run("check", "--select", "KOG4,KOG1", "--ignore", "KOG401").exit_code == 0
    assert "KOG401" in run("report").stdout


def test_the_configuration_selects_and_ignores(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text("per-file-ignores: {manual.py: [KOG1]}\n")
    assert "manual.py" not in run("check").stdout
    (project / "kognitos-migrate.yaml").write_text("ignore: [KOG101]\n")
    assert run("check").exit_code == 0


def test_a_bad_pattern_that_ignores_codes_is_an_error_of_the_configuration(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text('per-file-ignores: {"!": [KOG1]}\n')
    result = run("check")
    assert result.exit_code == 2
    assert "error: per-file-ignores: '!' is not a pattern" in result.stderr


def test_standard_input(run: Run, tmp_path: Path) -> None:
    code = 'url = KOGNITOS + "/v1/invoke/"\n'
    result = run("check", "-", "--stdin-filename", "app/x.py", input=code)
    assert result.exit_code == 1
    assert " --> app/x.py:1:20" in result.stdout
    assert run("check", "-", "--output-format", "concise", "-q", input=code).stdout.startswith("-:1:20: ")
    excluded = run("check", "-", "--stdin-filename", "build/x.py", "--force-exclude", input=code)
    assert excluded.exit_code == 0


def test_the_output_goes_to_a_file(run: Run, project: Path) -> None:
    result = run("check", "-o", "out.txt")
    assert result.stdout == ""
    assert (project / "out.txt").read_text(encoding="utf-8").startswith("KOG101 [*]")
    assert run("check", "-o", "-").stdout == run("check").stdout
    assert not (project / "-").exists()


def test_where_nothing_could_be_looked_at_nothing_is_said_of_v1(run: Run) -> None:
    result = run("check", "nowhere.py")
    assert (result.exit_code, result.stdout) == (2, "1 error: nothing was checked.\n")
    assert result.stderr == "error: nowhere.py: no such file or folder\n"


def test_a_file_that_cannot_be_read_is_told_and_the_rest_goes_on(run: Run, project: Path) -> None:
    (project / "bad.py").write_bytes(b"# kognitos\ns = '\xe9'\n")
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: bad.py:2: byte 0xe9 at offset 16 is not utf-8")
    assert "fixable.py:3:28" in result.stdout


def test_a_bug_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("KOGNITOS_URL v1/invoke crash\n")
    result = run("check")
    assert result.exit_code == 2
    assert "error: internal error, please report: AssertionError: the engine crashed" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("check", "--verbose").stderr


def test_what_the_system_refuses_is_no_bug(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kognitos_migrate.cli.check.scan", full)
    result = run("check")
    assert (result.exit_code, result.stderr) == (2, "error: No space left on device\n")


def test_an_interruption_has_a_code_of_its_own(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kognitos_migrate.cli.check.scan", interrupted)
    result = run("check")
    assert (result.exit_code, result.stderr) == (130, "\nerror: interrupted\n")


def test_what_was_seen(run: Run, project: Path) -> None:
    (project / "venv").mkdir()
    said = run("check", "-v").stderr
    assert "skipped: venv/" in said
    assert "3 files checked, 2 analyzed" in said
    assert "binary" not in said


def test_what_was_passed_over_is_counted(run: Run, project: Path) -> None:
    (project / "data.py").write_bytes(b"\0\0\1")
    (project / "manual.py").write_text('"""DO NOT EDIT"""\nurl = KOGNITOS + "/v1/invoke/"\n')
    said = run("check", "-v").stderr
    assert "1 binary file skipped\n1 generated file never changed\n" in said
    found = json.loads(run("check", "--output-format", "json").stdout)
    assert found["summary"]["skipped"] == {"binary": 1, "too_large": 0, "generated": 1}
    run("report", "--format", "json", "-o", "state.json")
    merged = json.loads(run("report", "--merge", "state.json", "--format", "json").stdout)
    assert merged["summary"]["skipped"] == {"binary": 1, "too_large": 0, "generated": 1}
    assert "Generated, and never changed: 1 file." in run("report").stdout


def test_colour_only_if_asked_for_away_from_a_terminal(run: Run, project: Path) -> None:
    assert "\x1b[" not in run("check").stdout
    assert "\x1b[" in run("check", "--color", "always").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["gone.py"], "gone.py: no such file or folder"),
        (["--config", "gone.yaml"], "there is no file 'gone.yaml'"),
        (["--select", "KOG777"], "--select: 'KOG777' selects no rule"),
        (["--quiet", "--verbose"], "--quiet can't be combined with --verbose"),
        (["--exit-zero", "--strict"], "--exit-zero can't be combined with --strict"),
        (["--stdin-filename", "x.py"], "--stdin-filename needs the path -"),
        (["-", "x.py"], "stdin (-) can't be combined with other paths"),
        (
            ["--statistics", "--output-format", "json"],
            "--statistics can't be combined with --output-format json",
        ),
        (["--trace", "--output-format", "concise"], "--trace needs --output-format text"),
        (["--output-format", "yaml"], "--output-format: unknown value 'yaml'; expected text, full, "),
        (["-o", "no/such/folder/x"], "the output can't be written"),
    ],
)
def test_what_cannot_be_done_is_an_error(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run("check", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_bad_configuration_is_an_error_with_its_place(run: Run, project: Path) -> None:
    (project / "kognitos-migrate.yaml").write_text("hosts: []\nprocceses: {}\n")
    result = run("check")
    assert result.exit_code == 2
    assert "kognitos-migrate.yaml:2: procceses: " in result.stderr
    assert "did you mean processes" in result.stderr


def test_paths_with_different_configurations_are_refused(run: Run, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "kognitos-migrate.yaml").write_text("{}\n")
    assert "the paths belong to different configurations" in run("check", "a", "b").stderr


def test_errors_are_coloured_as_everything_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in run("check", "gone.py").stderr
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run("check", "gone.py").stderr.startswith("\x1b[31merror\x1b[0m: ")
    monkeypatch.setenv("NO_COLOR", "1")
    assert run("check", "gone.py").stderr.startswith("error: ")


def test_files_that_are_not_checked_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "binary.py").write_bytes(b"\0\0\1")
    (tmp_path / "other.py").write_text("x = 1\n")
    assert run("check", "empty").stdout == "No files to check.\n"
    assert run("check", "binary.py").stdout == "No files to check (1 binary file skipped).\n"
    assert run("check").stdout == "No v1 calls found in 1 file (1 binary file skipped).\n"
    assert run("check", "-e", "--exclude", "x").stdout == run("check").stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_what_can_not_be_read_does_not_end_the_run(run: Run, project: Path) -> None:
    os.mkfifo(project / "pipe.py")
    result = run("check", "missing", "pipe.py", "fixable.py")
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "error: missing: no such file or folder\nerror: pipe.py: the file can't be read: not a regular file\n"
    )
    assert "fixable.py:3:28" in result.stdout
    assert "\n2 errors: some files were not checked.\n" in result.stdout
