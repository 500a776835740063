"""The result of an analysis: kept while the program is the same, and never longer."""

import json
import os
from pathlib import Path

import pytest

from kognitos_migrate.cache import CacheEntry, Store
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.run import result_cache as kept
from kognitos_migrate.run import session
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.run.session import Options, run_check
from tests.unit.discover.trees import plant

HOST = 'HOST = "https://rest-api.app.kognitos.com"\n'
PROGRAM = {
    "pyproject.toml": "",
    "app/__init__.py": "",
    "app/deep/__init__.py": "",
    "app/deep/far.py": 'VERSION = "v1"\n',
    "app/deep/settings.py": f"from app.deep.far import VERSION\n\n{HOST}URL = HOST + '/' + VERSION\n",
    "app/client.py": """\
import requests

from app.deep.settings import URL


def start(process, facts):
    reply = requests.post(f"{URL}/invoke/{process}", json=facts)
    return reply.json()["worker_id"]
""",
}


class Engine:
    """The engine, which counts its runs."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, *arguments: object) -> Result:
        self.runs += 1
        return analyse(*arguments)  # type: ignore[arg-type]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    plant(tmp_path / "project", PROGRAM)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setattr(session, "load_engine", lambda: engine)
    return engine


def codes(*paths: str, level: Applicability = Applicability.SAFE) -> list[str]:
    options = Options(store=Store("../cache"), level=level)
    return [finding.code for finding in run_check(paths or ["."], options).result.findings]


def test_the_same_program_is_not_analysed_again(engine: Engine) -> None:
    options = Options(store=Store("../cache"))
    first = run_check(["."], options)
    again = run_check(["."], options)
    assert engine.runs == 1
    assert first.result.findings
    assert again == first


def test_a_change_far_away_changes_the_finding(engine: Engine) -> None:
    assert codes() == ["KOG101"]
    Path("app/deep/far.py").write_text('VERSION = "v2"\n')
    assert "KOG101" not in codes()
    Path("app/deep/far.py").write_text('VERSION = "v1"\n')
    assert codes() == ["KOG101"]


@pytest.mark.parametrize(
    "change",
    [
        lambda: plant(Path(), {"kognitos-migrate.yaml": "hosts: [gate.example]\n"}),
        lambda: plant(Path(), {"app/user.py": "from app.client import start\n"}),
        lambda: Path("app/deep/__init__.py").unlink(),
    ],
)
def test_whatever_the_result_depends_on_is_looked_at(engine: Engine, change: object) -> None:
    codes()
    assert callable(change)
    change()
    codes()
    assert engine.runs == 2


def test_other_options_have_other_results(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    codes()
    codes(level=Applicability.ADAPT)
    codes("app/client.py")
    assert engine.runs == 3
    monkeypatch.setattr(kept, "tool_fingerprint", lambda: b"another code")
    codes()
    assert engine.runs == 4


def test_without_a_store_nothing_is_kept(engine: Engine) -> None:
    for _ in range(2):
        run_check(["."], Options())
    assert engine.runs == 2


def test_what_is_no_result_is_made_again(engine: Engine) -> None:
    codes()
    store = Store("../cache")
    (name,) = os.listdir("../cache/results")
    entry = store.read("results", name)
    assert entry is not None
    for content in (b"", b"\x80\x01", b"\xff", entry.content[:-1], b"\x81\xa8findings\x91\x01"):
        store.write("results", name, CacheEntry(entry.origin, content))
        assert codes() == ["KOG101"]
    assert engine.runs == 6


def test_edits_of_a_conversation_are_stored_once(engine: Engine) -> None:
    calls = (
        f"def start{number}(facts):\n"
        "    return requests.post(URL + '/invoke/abcd3fg9ijk5mn1pqr3tu2wxy', json=facts)\n"
        for number in range(50)
    )
    plant(Path(), {"app/client.py": f"import requests\n\n{HOST}URL = HOST + '/v1'\n" + "\n\n".join(calls)})
    processes = {
        "abcd3fg9ijk5mn1pqr3tu2wxy": {
            "process_id": "b4fznghynbdemslfd5k044fgd",
            "agent_id": "a7xm2kp9qwj3v5nh8t4c6r1e9z",
            "stage": "Published",
        }
    }
    plant(Path(), {"kognitos-migrate.yaml": json.dumps({"processes": processes})})
    options = Options(store=Store("../cache"))
    first = run_check(["."], options)
    edits = first.result.findings[0].fix.edits
    assert len(first.result.findings) == 50
    assert len(edits) > 50
    size = sum(file.stat().st_size for file in Path("../cache/results").iterdir())
    assert size < 400_000
    again = run_check(["."], options)
    assert engine.runs == 1
    assert again == first
    assert len({id(finding.fix.edits) for finding in again.result.findings}) == 1
