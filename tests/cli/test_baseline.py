"""Findings that are known pass, new ones don't."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

BASELINE = "kognitos-migrate-baseline.json"
CALL = 'requests.post(KOGNITOS + "/v1/invoke/abc")\n'


@pytest.fixture
def known(run: Run, project: Path) -> Path:
    """The project, with a baseline that its configuration names."""
    assert run("baseline", "create").exit_code == 0
    (project / "kognitos-migrate.yaml").write_text(f"baseline: {BASELINE}\n")
    return project


def test_create(run: Run, project: Path) -> None:
    result = run("baseline", "create")
    assert result.stdout == (
        f"Wrote {BASELINE}: 2 known findings.\n"
        f"Next: add `baseline: {BASELINE}` to the configuration, and commit both.\n"
    )
    written = (project / BASELINE).read_text()
    entries = json.loads(written)["findings"]
    assert [(one["path"], one["code"]) for one in entries] == [
        ("fixable.py", "KOG101"),
        ("manual.py", "KOG101"),
    ]
    assert entries[0]["statement"] == 'requests.post(KOGNITOS + "/v1/invoke/abc")'
    assert written.count("\n    {") == 2
    assert str(project) not in written
    again = run("baseline", "create")
    assert (again.exit_code, "already exists" in again.stderr) == (2, True)


def test_what_is_known_passes(run: Run, known: Path) -> None:
    result = run("check")
    assert result.exit_code == 0
    assert result.stdout.startswith("Nothing to report in 3 files.\nIn the baseline: 2 findings.\n")


def test_it_passes_where_lines_have_moved_and_been_formatted(run: Run, known: Path) -> None:
    (known / "fixable.py").write_text(
        "import requests\nimport os\n\n\nrequests.post(\n    KOGNITOS + '/v1/invoke/abc',\n)  # here\n"
    )
    assert run("check").exit_code == 0


def test_it_passes_from_another_folder(run: Run, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (known / "app").mkdir()
    monkeypatch.chdir(known / "app")
    result = run("check", "..")
    assert (result.exit_code, "In the baseline: 2" in result.stdout) == (0, True)


def test_a_baseline_that_nothing_names_is_noted(run: Run, project: Path) -> None:
    run("baseline", "create")
    note = f"note: {BASELINE} isn't used: pass `--baseline {BASELINE}`, or add `baseline: {BASELINE}` to the"
    assert note in run("check").stderr
    assert "isn't used" not in run("check", "-q").stderr
    assert "isn't used" not in run("check", "--baseline", BASELINE).stderr
    (project / "kognitos-migrate.yaml").write_text(f"baseline: {BASELINE}\n")
    assert "isn't used" not in run("check").stderr


def test_what_is_new_fails(run: Run, known: Path) -> None:
    with (known / "fixable.py").open("a") as file:
        file.write(CALL)
    result = run("check", "-q", "--output-format", "concise")
    assert result.exit_code == 1
    assert result.stdout == "fixable.py:4:28: KOG101 [*] starts a v1 run\n"


def test_what_is_gone_is_told_and_taken_out(run: Run, known: Path) -> None:
    (known / "fixable.py").write_text("import requests\n")
    (known / "manual.py").unlink()
    said = run("check")
    assert said.exit_code == 0
    assert "2 baseline entries no longer occur; run `kognitos-migrate baseline update`:\n" in said.stdout
    assert '  fixable.py: KOG101 requests.post(KOGNITOS + "/v1/invoke/abc")\n' in said.stdout
    assert len(json.loads(run("check", "--output-format", "json").stdout)["baseline"]["gone"]) == 2
    assert run("baseline", "update").stdout.splitlines()[-1] == f"Updated {BASELINE}: 0 known findings."
    assert json.loads((known / BASELINE).read_text())["findings"] == []
    assert "Gone" not in run("check").stdout
    assert run("baseline", "update").stdout == f"Nothing to change in {BASELINE}: 0 known findings.\n"


def test_what_was_not_looked_at_is_not_gone(run: Run, known: Path) -> None:
    assert "Gone" not in run("check", "other.py").stdout
    assert "Gone" not in run("check", "--select", "KOG2").stdout
    assert run("baseline", "update", "other.py").stdout.startswith("Nothing to change")


def test_new_findings_are_put_in_only_if_asked_for(run: Run, known: Path) -> None:
    with (known / "other.py").open("a") as file:
        file.write(CALL)
    assert run("baseline", "update").stdout.startswith("Nothing to change")
    assert run("check").exit_code == 1
    assert run("baseline", "update", "--add").stdout.startswith("added other.py: KOG101 ")
    assert run("check").exit_code == 0


def test_a_fix_does_not_care(run: Run, known: Path) -> None:
    run("fix", "--allow-dirty")
    assert "v2/runs" in (known / "fixable.py").read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "b.json:1: isn't valid JSON"),
        ("[" * 100_000, "b.json: the baseline can't be read"),
        ('{"version": ' + "1" * 5_000 + "}", "b.json: "),
        ("[]", "b.json: is not a baseline of this version"),
        ('{"version": 2}', 'expected "version": 1'),
        ('{"version": 1}', "b.json: findings: is not a baseline"),
        ('{"version": 1, "findings": [{"code": 1}]}', "entries with path, code, fingerprint, statement"),
    ],
)
def test_what_is_no_baseline_is_an_error(run: Run, project: Path, text: str, said: str) -> None:
    (project / "b.json").write_text(text)
    result = run("check", "--baseline", "b.json")
    assert result.exit_code == 2
    assert said in result.stderr
    assert "internal error" not in result.stderr


def test_a_baseline_that_is_not_there_is_an_error(run: Run, project: Path) -> None:
    result = run("check", "--baseline", "gone.json")
    assert result.exit_code == 2
    assert "gone.json: no such file; run `kognitos-migrate baseline create`" in result.stderr


def test_secrets_are_masked_and_entries_still_match(run: Run, tmp_path: Path) -> None:
    call = (
        'requests.get("https://rest-api.app.kognitos.com/v1/run/1", headers={"x-api-key": k}).json()["state"]'
    )
    (tmp_path / "a.py").write_text(f'import requests\ndef c(k="correcthorseQ"): return {call}\nc()\n')
    assert run("baseline", "create", "--baseline", "known.json", engine=None).exit_code == 0
    file = tmp_path / "known.json"
    masked = file.read_text()
    assert "c(k=" in masked
    assert "correcthorse" not in masked
    assert run("check", "--baseline", "known.json", engine=None).exit_code == 0
    file.write_text(masked.replace("*************", "correcthorseQ"))
    result = run("baseline", "update", "--baseline", "known.json", engine=None)
    assert "correcthorse" not in result.output
    assert file.read_text() == masked
