"""Programs whose settings files can't change with them, and the programs beside them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from kognitos_migrate.findings.result import Applicability, Result, SettingKind
from kognitos_migrate.run.session import Options, run_check
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
        "job.py": "its conversation includes a.env, which isn't in PATHS",
        "other.py": "its conversation includes b.env, which isn't in PATHS",
    }


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
