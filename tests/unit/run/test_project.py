"""Files given one by one: looked at with what belongs with them, and never half-migrated."""

from pathlib import Path

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.scan import Stdin
from kognitos_migrate.run.session import Options, Session, run_check
from tests.unit.discover.trees import plant

SETTINGS = 'HOST = "https://rest-api.app.kognitos.com"\nVERSION = "v1"\n'
CLIENT = """\
import requests

from app.settings import HOST, VERSION


def start(process, facts):
    reply = requests.post(f"{HOST}/{VERSION}/invoke/{process}", json=facts)
    return reply.json()["worker_id"]
"""
ALONE = """\
import requests

def start():
    url = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    reply = requests.post(url, json={"a": 1})
    return reply.json()["worker_id"]
"""
USER = """\
from app.client import start


def begin():
    return start("abcd3fg9ijk5mn1pqr3tu2wxy", {"a": 1})
"""
CONFIGURATION = """\
processes:
  abcd3fg9ijk5mn1pqr3tu2wxy:
    process_id: b4fznghynbdemslfd5k044fgd
    agent_id: a7xm2kp9qwj3v5nh8t4c6r1e9z
    stage: Published
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(
        tmp_path,
        {
            "kognitos-migrate.yaml": CONFIGURATION,
            "app/__init__.py": "",
            "app/settings.py": SETTINGS,
            "app/client.py": CLIENT,
            "app/user.py": USER,
            "app/alone.py": ALONE,
            "app/plain.py": "import json\n",
        },
    )
    monkeypatch.chdir(tmp_path)


def check(*paths: str) -> Session:
    return run_check(paths, Options(level=Applicability.SAFE))


def reported(session: Session) -> list[tuple[str, str | None]]:
    return [(finding.place.path, finding.reason) for finding in session.result.findings]


def changed(session: Session) -> list[str]:
    return [change.path for change in session.result.changes]


def test_the_whole_is_migrated() -> None:
    assert changed(check(".")) == ["app/alone.py", "app/client.py", "app/settings.py"]


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["app/client.py"], ["app/client.py"]),
        (["app/settings.py"], []),
        (["app/client.py", "app/user.py"], ["app/client.py"]),
    ],
)
def test_a_conversation_that_reaches_into_other_files_is_reported_and_left(
    paths: list[str], found: list[str]
) -> None:
    session = check(*paths)
    assert reported(session) == [(path, "not-given") for path in found]
    assert changed(session) == []


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        (
            "app/client.py",
            CLIENT.replace("json=facts)", "json=facts)  # kognitos-migrate: ignore[KOG101] x"),
            "ignored",
        ),
        ("app/client.py", f"# @generated\n{CLIENT}", "generated"),
    ],
)
def test_a_call_that_more_files_would_not_fix_has_its_own_reason(
    name: str, text: str, reason: str, tmp_path: Path
) -> None:
    plant(tmp_path, {name: text, "app/poll.py": POLL.replace("look", "poll")})
    for paths in (["."], ["app/client.py", "app/poll.py"]):
        found = dict(reported(check(*paths)))
        assert found.get("app/client.py", reason) == reason
        assert found["app/poll.py"] == reason


def test_with_all_its_files_it_is_migrated() -> None:
    session = check("app/client.py", "app/settings.py")
    assert reported(session) == [("app/client.py", None)]
    assert changed(session) == ["app/client.py", "app/settings.py"]


def test_a_file_that_needs_no_other_is_migrated_alone() -> None:
    session = check("app/alone.py", "app/plain.py")
    assert reported(session) == [("app/alone.py", None)]
    assert changed(session) == ["app/alone.py"]
    assert session.result.files == 2


def test_the_standard_input_is_looked_at_in_its_project() -> None:
    text = CLIENT.replace("facts", "inputs").encode()
    session = run_check(["-"], Options(stdin=Stdin("app/client.py", text)))
    assert reported(session) == [("app/client.py", "not-given")]


def test_where_nothing_given_matters_the_project_is_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> None:
        raise AssertionError("the engine is heavy")

    monkeypatch.setattr("kognitos_migrate.run.session.load_engine", load)
    assert reported(check("app/plain.py")) == []


def test_from_inside_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path / "app")
    session = check(".")
    assert not session.result.remaining
    assert changed(session) == ["alone.py", "client.py", "settings.py"]


POLL = """\
import requests

from app.settings import HOST, VERSION


def poll(run):
    return requests.get(f"{HOST}/{VERSION}/run/{run}").json()["state"]
"""


def test_a_folder_of_a_project_is_looked_at_with_what_belongs_to_it(tmp_path: Path) -> None:
    plant(tmp_path, {"tools/look.py": POLL})
    session = check("app")
    reasons = {finding.reason for finding in session.result.remaining}
    assert reasons == {"not-given"}
    assert changed(session) == ["app/alone.py"]  # nothing leads from there to the others
