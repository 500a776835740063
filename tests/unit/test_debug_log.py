"""The debug log of the engine: which events it has, and that there is none without the variable."""

import json
from pathlib import Path

import pytest

from kognitos_migrate import debug_log
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.modules import slicing
from kognitos_migrate.run import shards
from tests.rewrites.comparable import CLIENT, analysed

CALLERS = "".join(f"\n\ndef job{number}(facts):\n    return start('share1', facts)\n" for number in range(3))
PROGRAM = {"app.py": f"{CLIENT}{CALLERS}", "other.py": "import json\n"}
WRAPPED = """

def show(process, facts):
    reply = requests.post(f"{BASE}/invoke/{process}", json=facts).json()
    return {"reply": reply}
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The requested log file."""
    file = tmp_path / "events.jsonl"
    monkeypatch.setenv(debug_log.VARIABLE, str(file))
    return file


def events(log: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def test_without_the_variable_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(debug_log.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    analysed(PROGRAM, Applicability.SAFE)
    assert list(tmp_path.iterdir()) == []


def test_components_slices_and_summaries_are_logged(log: Path) -> None:
    analysed(PROGRAM, Applicability.SAFE)
    component, first, *_ = events(log)
    assert (component["event"], component["cause"], component["files"]) == (
        "component",
        "names the API",
        ["app.py"],
    )
    assert (first["event"], first["whole"]) == ("slice", True)
    interpreted = next(event for event in events(log) if event["event"] == "interpreted")
    assert interpreted["requests"] == 4
    assert isinstance(interpreted["summary_hits"], int)


def test_a_wider_slice_is_logged_with_the_names_that_widen_it(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "LARGE", 0)
    monkeypatch.setattr(slicing, "MOST", 1)
    user = "from app import start\n\n\ndef begin(facts):\n    return start('share1', facts)\n"
    more = "import user\n\n\ndef again(facts):\n    return user.begin(facts)\n"
    analysed(
        {"app.py": CLIENT, "user.py": user, "more.py": more, "noise.py": "import app\n"}, Applicability.SAFE
    )
    kinds = [event["event"] for event in events(log)]
    assert kinds.count("slice") == kinds.count("slice widened") + 1


def test_a_plan_that_is_made_again_is_logged_with_its_cause(log: Path) -> None:
    analysed({"app.py": f"{CLIENT}{WRAPPED}"}, Applicability.ADAPT)
    retries = [event for event in events(log) if event["event"] == "plan retry"]
    assert [(event["cause"], event["path"]) for event in retries] == [("reply-escapes", "app.py")]
