"""`kognitos-migrate fix`."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run

FIXED = 'import requests\n\nrequests.post(KOGNITOS + "/v2/runs/abc")\n'


def test_what_changed_what_stays_and_what_is_next(run: Run, project: Path) -> None:
    result = run("fix")
    assert result.exit_code == 1
    assert (project / "fixable.py").read_text() == FIXED
    assert result.stdout.endswith("""\
by hand (unknown-key): add the key to the configuration
help: xyz

changed fixable.py
Fixed 1 v1 call; changed 1 file.
Remaining: 1 v1 call in 1 file: 1 to change by hand.
  1  unknown-key
Next: review the changes, run your formatter and tests; `kognitos-migrate undo` reverts them.
Then: `kognitos-migrate init` adds the missing keys to the configuration; fill them in.
""")


def test_in_an_empty_folder_one_line_is_enough(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("fix", "empty").stdout == "No files to check.\n"


def test_nothing_left(run: Run, project: Path) -> None:
    result = run("fix", "fixable.py")
    assert result.exit_code == 0
    assert "No v1 calls left in 1 file." in result.stdout
    again = run("fix", "fixable.py")
    assert (again.exit_code, again.stdout) == (0, "Nothing to change.\nNo v1 calls left in 1 file.\n")


def test_what_remains_is_shown_where_it_is_now(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("KOGNITOS_URL v1/invoke a\nv1/invoke  # unknown share x\n")
    result = run("fix")
    assert " --> a.py:2:1\n  |\n1 | KOGNITOS_URL v2/runs a\n2 | v1/invoke" in result.stdout


@pytest.mark.parametrize("flag", ["--diff", "--dry-run"])
def test_a_diff_writes_nothing(run: Run, project: Path, flag: str) -> None:
    before = (project / "fixable.py").read_text()
    result = run("fix", flag)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "--- a/fixable.py",
        "+++ b/fixable.py",
        "@@ -1,3 +1,3 @@",
        " import requests",
        " ",
        '-requests.post(KOGNITOS + "/v1/invoke/abc")',
        '+requests.post(KOGNITOS + "/v2/runs/abc")',
    ]
    said = "Would change 1 file; 1 finding would remain: `kognitos-migrate check` shows why.\n"
    assert result.stderr == said
    assert (project / "fixable.py").read_text() == before


def test_a_diff_of_nothing(run: Run, project: Path) -> None:
    result = run("fix", "--diff", "other.py")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Nothing would change. No v1 calls left in 1 file.\n"


@pytest.mark.parametrize("output", [["--diff"], ["--diff", "--allow-dirty"], ["--plan", "plan.json"]])
def test_a_preview_tells_why_nothing_would_change(run: Run, project: Path, output: list[str]) -> None:
    result = run("fix", *output, "manual.py")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Nothing would change: no fix applies to 1 finding.\n"
        "  1  unknown-key\n"
        "Next: `kognitos-migrate init` adds the missing keys to the configuration; fill them in.\n"
    )


def test_adapting(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("KOGNITOS_URL v1/invoke adapt\n")
    result = run("fix")
    assert result.exit_code == 1
    assert "fix --adapt: adapts the reply" in result.stdout
    assert run("fix", "--adapt").exit_code == 0
    assert (tmp_path / "a.py").read_text() == "KOGNITOS_URL v2/runs adapt\n"


def test_json(run: Run, project: Path) -> None:
    report = json.loads(run("fix", "--output-format", "json").stdout)
    assert [finding["filename"] for finding in report["findings"]] == ["manual.py"]
    assert report["changes"] == [{"filename": "fixable.py"}]
    assert report["summary"]["fixed"] == 1


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_uncommitted_changes_are_refused(run: Run, project: Path) -> None:
    _git(project, "init", "-q")
    refused = run("fix")
    assert refused.exit_code == 2
    assert "uncommitted changes in fixable.py" in refused.stderr
    assert "v1/invoke" in (project / "fixable.py").read_text()
    _git(project, "add", ".")
    _git(project, "commit", "-q", "-m", "before")
    (project / "manual.py").write_text("changed, but not to be fixed\n")
    assert run("fix").exit_code == 0
    (project / "fixable.py").write_text("KOGNITOS_URL v1/invoke\n")
    assert run("fix").exit_code == 2
    assert run("fix", "--allow-dirty").exit_code == 0


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-"], "fix can't read from stdin"),
        (["--diff", "--output-format", "json"], "--diff can't be combined with --output-format"),
        (["--mark", "--select", "KOG1"], "--mark can't be combined with a selection of codes"),
    ],
)
def test_what_cannot_be_done_is_an_error(run: Run, tmp_path: Path, arguments: list[str], said: str) -> None:
    result = run("fix", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_failed_write_changes_nothing(run: Run, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*staged: object) -> None:
        raise PermissionError(13, "Permission denied")

    before = (project / "fixable.py").read_text()
    monkeypatch.setattr("kognitos_migrate.writing.atomic_replace._replace", refuse)
    result = run("fix")
    assert result.exit_code == 2
    assert "fixable.py: the file can't be written: Permission denied; no file was changed" in result.stderr
    assert (project / "fixable.py").read_text() == before
    assert "Fixed" not in result.stdout
