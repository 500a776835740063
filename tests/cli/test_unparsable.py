"""Python files that can't be parsed."""

from pathlib import Path

import pytest

from kognitos_migrate.findings.result import BlindSpotKind
from kognitos_migrate.report.redact import redact_session
from kognitos_migrate.run.session import Options, run_check
from tests.cli.conftest import Run

FILES = {
    "open.py": b"def f(:\n",
    "latin.py": b"a = '\xff'\n",
    "cut.ipynb": b'{"cells": [',
    "old.py": b'print "a"\n',
}
BASE = 'BASE = "https://rest-api.app.kognitos.com/v1"\n'
CALL = "import requests\nfrom settings import BASE\n\n"


@pytest.mark.parametrize("file", FILES)
def test_a_named_file_without_signs_is_said_to_be_unread(run: Run, tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_bytes(FILES[file])
    (tmp_path / "fine.py").write_text("a = 1\n")
    result = run("check", file, "fine.py")
    assert result.exit_code == 0
    assert "Nothing to report in 2 files, but 1 place couldn't be resolved" in result.stdout
    assert f"{file}:1:1: can't be parsed: " in run("check", "-v", file).stdout
    assert run("check", "--strict", file).exit_code == 1
    assert run("check", "--strict", "fine.py").exit_code == 0


@pytest.mark.parametrize(
    ("text", "row"), [("print 'a'\nimport b\n", 1), ("import b\ndef f(:\n    pass\n", 2)]
)
def test_the_finding_is_in_the_row_of_the_error(run: Run, tmp_path: Path, text: str, row: int) -> None:
    (tmp_path / "a.py").write_text(f"{text}{BASE}")
    result = run("check", "a.py", "--output-format", "concise", engine=None)
    assert result.stdout.startswith(f"a.py:{row}:1: KOG901 this file can't be parsed: ")
    assert "parser error" not in result.stdout


def test_a_text_that_an_unread_module_may_use_is_not_unused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.py").write_text(BASE)
    (tmp_path / "client.py").write_text(
        f'{CALL}requests.get(f"{{BASE}}/run/{{w}}").json()["state" == "done"\n'
    )
    messages = {finding.code: finding for finding in run_check(["."], Options()).result.findings}
    assert {"KOG901", "KOG902"} == messages.keys()
    assert "unused" not in messages["KOG902"].message
    assert "delete" not in messages["KOG902"].fix.message


def test_masking_secrets_keeps_the_kind_of_a_blind_spot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"KOGNITOS_URL={BASE.split()[-1][1:-1]}\n")
    (tmp_path / "a.py").write_text("import requests\n")
    session = run_check(["."], Options())
    (spot,) = redact_session(session).result.blind_spots
    assert spot.kind is BlindSpotKind.UNSEARCHED
