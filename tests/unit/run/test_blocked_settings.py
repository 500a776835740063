"""Programs whose settings files can't change with them, and the programs beside them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from kognitos_migrate.findings.reasons import next_step, unlock_text
from kognitos_migrate.findings.result import Applicability, Result, SettingKind
from kognitos_migrate.report.fix_text import preview_lines
from kognitos_migrate.report.programs import AFTER_FIX, Programs, exclude_safe, program_lines
from kognitos_migrate.report.summary import preview_command
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.display_locations import DisplayLocations
from kognitos_migrate.text_search.key_paths import KeyPath, key_paths_of
from tests.unit.discover.trees import plant

V1 = "https://rest-api.app.kognitos.com/v1"
CONFIG = "processes:\n  abcd3fg9ijk5mn1pqr3tu2wxy: {process_id: p1, agent_id: a1, stage: Draft}\n"
HEAD = "import json\nimport os\nimport requests\n"
START = (
    'print(requests.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"n": 1}).json()["worker_id"])\n'
)
LITERAL = f'{HEAD}BASE = "{V1}"\n{START}'
OVERRIDDEN = f'{HEAD}BASE = os.environ.get("KOGNITOS_URL", "{V1}")\n{START}'
FROM_FILE = f'{HEAD}BASE = json.load(open("conf.json"))["base"]\n{START}'
OF_CLASS = f"""{HEAD}
class Settings:
    base = os.getenv("KOGNITOS_URL") or "{V1}"


BASE = Settings().base
{START}"""
PARSER = "import argparse\nP = argparse.ArgumentParser()\n"
WITH_CONSTANTS = f"from common import FACTS\n{OVERRIDDEN}"
WITH_THEM_TOO = f"from common import FACTS\n{LITERAL}"
IN_ENV = {".env": f"KOGNITOS_URL={V1}\n", ".env.example": f"KOGNITOS_URL={V1}\n"}


def run(
    files: Mapping[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    paths: Sequence[str] = (".",),
    level: Applicability | None = Applicability.SAFE,
) -> Result:
    plant(tmp_path, {"kognitos-migrate.yaml": CONFIG, **files})
    monkeypatch.chdir(tmp_path)
    return run_check(paths, Options(level=level)).result


@pytest.mark.parametrize(
    "files",
    [
        {"job.py": OVERRIDDEN, "other.py": LITERAL, **IN_ENV},
        {"job.py": OF_CLASS, "other.py": LITERAL, **IN_ENV},
        {"job.py": FROM_FILE, "other.py": LITERAL, "conf.json": f'{{"base": "{V1}"}}\n'},
        {"job.py": WITH_CONSTANTS, "other.py": WITH_THEM_TOO, "common.py": "FACTS = 1\n", **IN_ENV},
    ],
    ids=["a default", "a class", "a file", "a shared module"],
)
def test_only_the_program_of_an_unnamed_settings_file_is_withheld(
    files: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [name for name in files if name.endswith(".py")]
    result = run(files, tmp_path, monkeypatch, named)
    assert [change.path for change in result.changes] == ["other.py"]
    assert {(finding.place.path, finding.reason) for finding in result.remaining} == {("job.py", "not-given")}
    checked = run(files, tmp_path, monkeypatch, named, None)
    fixes = {finding.place.path: finding.fix.applicability for finding in checked.findings}
    assert fixes == {"job.py": Applicability.MANUAL, "other.py": Applicability.SAFE}


def test_programs_of_different_files_name_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    second = OVERRIDDEN.replace("KOGNITOS_URL", "CLAIMS_URL")
    files = {"job.py": OVERRIDDEN, "other.py": second, "a.env": f"KOGNITOS_URL={V1}\n"}
    result = run({**files, "b.env": f"CLAIMS_URL={V1}\n"}, tmp_path, monkeypatch, ["job.py", "other.py"])
    assert not result.changes
    messages = {finding.place.path: finding.fix.message for finding in result.remaining}
    assert messages == {
        "job.py": "the conversation includes a.env, which isn't in PATHS",
        "other.py": "the conversation includes b.env, which isn't in PATHS",
    }


@pytest.mark.parametrize(
    ("base", "row"),
    [
        (f'BASE = os.environ.get("KOGNITOS_URL", "{V1}").rstrip("/")', 4),
        (f'def base(name):\n    return os.getenv(name) or "{V1}"\n\n\nBASE = base("KOGNITOS_URL")', 5),
        (f'class Conf:\n    url = os.environ.get("KOGNITOS_URL", "{V1}")\n\n\nBASE = Conf().url', 5),
        (f'{PARSER}P.add_argument("--url", default="{V1}")\nBASE = P.parse_args().url', 7),
    ],
    ids=["a call", "a function", "a class", "an option"],
)
def test_a_setting_is_listed_where_it_is_read(
    base: str, row: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"{HEAD}{base}\n{START}"
    for level in (None, Applicability.SAFE):
        (step,) = run({"job.py": code}, tmp_path, monkeypatch, level=level).deployment
        assert (step.place.path, step.place.row, step.read_at) == ("job.py", row, None)


def test_each_program_that_stores_ids_is_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LITERAL.replace("print(", 'open("ids", "a").write(')
    files = {f"{name}/job.py": store.replace('"ids"', f'"{name}"') for name in ("claims", "payroll")}
    result = run({**files, "pyproject.toml": "[project]\nname = 'a'\n"}, tmp_path, monkeypatch)
    stored = [step for step in result.deployment if step.kind is SettingKind.STORED]
    assert [step.place.path for step in stored] == ["claims/job.py", "payroll/job.py"]


def test_a_setting_of_several_requests_is_listed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"job.py": OVERRIDDEN, "other.py": OVERRIDDEN + START}
    (step,) = (step for step in run(files, tmp_path, monkeypatch).deployment if step.name)
    assert (step.kind, step.place.path) == (SettingKind.ENVIRONMENT, "job.py")


NEEDS_VARIABLE = f'{HEAD}BASE = os.environ["KOGNITOS_URL"]\n{START}'.replace(
    'json={"n": 1})', 'json={"n": 1}, headers={"x-api-key": "k"})'
)
ADAPTED = f"""{HEAD}from pathlib import Path
import pickle

BASE = "{V1}"
run = requests.get(f"{{BASE}}/run/{{os.environ['RUN']}}").json()
print(run["state"] == "done")
Path("run").write_bytes(pickle.dumps(run))
"""
TWO_VALUES = {"local.env": "KOGNITOS_URL=http://localhost:8000\n"}
"""Another value of the variable: which of them the program reads isn't certain."""
BESIDE = {"job.py": WITH_CONSTANTS, "other.py": WITH_THEM_TOO, "common.py": "FACTS = 1\n"}


def test_a_fix_that_needs_the_option_of_another_program_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**BESIDE, "archive.py": NEEDS_VARIABLE, "dump.py": ADAPTED, **IN_ENV, **TWO_VALUES}
    checked = run(files, tmp_path, monkeypatch, level=None)
    levels = {finding.place.path: finding.fix.applicability.value for finding in checked.findings}
    assert levels == {"archive.py": "unsafe", "dump.py": "adapt", "job.py": "unsafe", "other.py": "safe"}
    fixed = run(files, tmp_path, monkeypatch)
    assert [change.path for change in fixed.changes] == ["other.py"]
    assert {finding.place.path: finding.fix.applicability.value for finding in fixed.remaining} == {
        path: level for path, level in levels.items() if path != "other.py"
    }
    assert run(files, tmp_path, monkeypatch, level=Applicability.UNSAFE).remaining == ()


def test_a_file_that_git_ignores_withholds_the_same_fixes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    settings = {".env": IN_ENV[".env"], ".gitignore": ".env\n"}
    files = {**BESIDE, "archive.py": NEEDS_VARIABLE, **settings, **TWO_VALUES}
    checked = run(files, tmp_path, monkeypatch, level=None)
    levels = {finding.place.path: finding.fix.applicability.value for finding in checked.findings}
    assert levels == {"archive.py": "unsafe", "job.py": "unsafe", "other.py": "safe"}
    fixed = run(files, tmp_path, monkeypatch)
    assert [change.path for change in fixed.changes] == ["other.py"]


def test_it_is_counted_with_the_other_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {**BESIDE, "archive.py": NEEDS_VARIABLE, "dump.py": ADAPTED, **IN_ENV, **TWO_VALUES}
    result = run(files, tmp_path, monkeypatch)
    lines = [*program_lines(result.findings, result.remaining, DisplayLocations(), AFTER_FIX)]
    assert lines[:4] == [
        "Programs: 1 migrated, 3 blocked.",
        "2 blockers affect 3 calls:",
        "  2 calls in 2 programs: the version is outside the code (`fix --unsafe`)",
        "    archive.py:5:7: fix --unsafe, and change the setting",
    ]
    (job,) = (finding for finding in result.remaining if finding.place.path == "job.py")
    assert job.notes[-1] == "archive.py:5 may read .env, too: both are migrated together"
    assert job.trace[-1].place.path == "archive.py"
    assert next_step(job) == "fix --unsafe, or migrate the other reader of the setting"
    assert "fix --unsafe` migrates the other code, too. By hand" in (unlock_text(job) or "")
    (command,) = preview_command(result.remaining, DisplayLocations())
    assert "fix --unsafe --diff" in command


def test_it_is_by_hand_if_no_option_fixes_the_other_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unconfigured = NEEDS_VARIABLE.replace("abcd3fg9ijk5mn1pqr3tu2wxy", "wxyz3fg9ijk5mn1pqr3tu2wxy")
    files = {"job.py": OVERRIDDEN, "archive.py": unconfigured, "dump.py": ADAPTED, **IN_ENV}
    for level in (None, Applicability.SAFE, Applicability.UNSAFE):
        result = run(files, tmp_path, monkeypatch, level=level)
        (job,) = (finding for finding in result.remaining if finding.place.path == "job.py")
        assert (job.fix.applicability, job.reason) == (Applicability.MANUAL, "shared-setting")
        assert "job.py" not in [change.path for change in result.changes]


def test_a_program_whose_request_and_url_are_in_other_files_is_withheld(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unconfigured = NEEDS_VARIABLE.replace("abcd3fg9ijk5mn1pqr3tu2wxy", "wxyz3fg9ijk5mn1pqr3tu2wxy")
    api = "import requests\nfrom conf import URL\n\n\ndef start(path, facts):\n"
    files = {
        "conf.py": f'import os\n\nURL = os.environ.get("KOGNITOS_URL", "{V1}")\n',
        "api.py": f'{api}    return requests.post(f"{{URL}}/{{path}}", json=facts).json()\n',
        "main.py": "from api import start\n\n"
        'print(start("invoke/abcd3fg9ijk5mn1pqr3tu2wxy", {"n": 1})["worker_id"])\n',
        "archive.py": unconfigured,
        ".env": f"KOGNITOS_URL={V1}\n",
    }
    result = run(files, tmp_path, monkeypatch)
    assert result.changes == ()
    assert {finding.reason for finding in result.remaining if finding.place.path == "api.py"} == {
        "shared-setting"
    }


def test_the_calls_in_a_settings_file_are_searched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = []

    def counted(path: str, text: str) -> Iterable[KeyPath]:
        searches.append(path)
        return key_paths_of(path, text)

    monkeypatch.setattr("kognitos_migrate.run.settings_search.key_paths_of", counted)
    counts = []
    for rows in (10, 40):
        routes = "".join(f"route_{n}: /v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy\n" for n in range(rows))
        searches.clear()
        run({"job.py": OVERRIDDEN, "settings.yaml": routes}, tmp_path / str(rows), monkeypatch)
        counts.append(len(searches))
    assert counts[0] == counts[1] > 0


def test_a_settings_file_changes_with_the_lowest_level_that_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"job.py": OVERRIDDEN, "dump.py": ADAPTED, **IN_ENV, "kognitos-migrate.yaml": CONFIG}
    plant(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    findings = run_check(["."], Options(all_files=True)).result.findings
    levels = {finding.place.path: finding.fix.applicability.value for finding in findings}
    assert levels == {".env": "safe", ".env.example": "safe", "dump.py": "adapt", "job.py": "safe"}
    blockers = Programs(findings).blockers(exclude_safe(findings))
    assert [blocker.programs for blocker in blockers] == [("dump.py",)]


@pytest.mark.parametrize("name", ["job.py", "dump.py"])
def test_nothing_is_to_be_deployed_if_nothing_is_fixed(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        name: OVERRIDDEN if name == "job.py" else ADAPTED,
        **IN_ENV,
        "Makefile": f"x:\n\tcurl {V1}/run/1\n",
    }
    result = run({**files, "kognitos-migrate.yaml": ""}, tmp_path, monkeypatch)
    assert (result.changes, result.deployment) == ((), ())


def test_a_setting_that_old_code_reads_is_not_to_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**IN_ENV, **TWO_VALUES, "app.ini": f"[other]\nurl = {V1}\n"}
    files = {**BESIDE, "archive.py": NEEDS_VARIABLE, **settings}
    result = run(files, tmp_path, monkeypatch)
    assert [change.path for change in result.changes] == ["other.py"]
    assert [step.place.path for step in result.deployment] == ["app.ini"]


def test_a_check_counts_each_other_file_that_names_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"job.py": OVERRIDDEN, **IN_ENV, "Makefile": f"x:\n\tcurl {V1}/run/1\n"}
    spots = run(files, tmp_path, monkeypatch, level=None).blind_spots
    assert [spot.place.path for spot in spots] == [".env", ".env.example", "Makefile"]
    assert run(files, tmp_path, monkeypatch).blind_spots == ()


CALL_IN_SHELL = f"""env:
  KOGNITOS_URL: {V1}
run: |
  curl -X POST "$KOGNITOS_URL/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
"""
NEW_CALL = "`POST /runs`, with `process_id`, `agent_id`, `stage` and `inputs` in the body"


def test_a_call_in_a_settings_file_becomes_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"job.py": OVERRIDDEN, ".github/workflows/smoke.yml": CALL_IN_SHELL}
    result = run(files, tmp_path, monkeypatch)
    steps = [step for step in result.deployment if step.kind is SettingKind.FILE]
    assert [step.instead for step in steps] == [V1.replace("v1", "v2"), NEW_CALL]
    setting, call = result.remaining
    assert setting.message == f"KOGNITOS_URL is {V1}, but the code that reads this file calls v2"
    assert setting.help is None
    key = "/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    assert call.message == f"calls {key} of v1, and code with the same settings calls v2"
    assert call.fix.message == f"use {NEW_CALL}"
    assert call.help is not None
    assert call.help.startswith('body: {"process_id": "p1", "agent_id": "a1", "stage": "Draft"')
    (line,) = preview_lines(result, DisplayLocations())
    assert line == "Would change 1 file. 2 v1 settings would remain, listed below."
