"""An error of the tool's own stays within the component that is being analysed, whatever call of the engine
raises it."""

import inspect
import json
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner, Result

import kognitos_migrate
from kognitos_migrate.cli.main import cli
from kognitos_migrate.run import engine
from kognitos_migrate.run.components import Component, ComponentOutcome
from kognitos_migrate.run.engine import AnalysisTask

ENGINE = os.path.dirname(kognitos_migrate.__file__)
PACKAGES = (
    "interpret",
    "conversations",
    "edits",
    "half_migrated",
    "findings",
    "values",
    "syntax",
    "validate",
)
CONFIG = Path("fixtures/kognitos-migrate.yaml").read_text("utf-8")
COMPONENT = {
    "orders/auth.py": 'def sign(session):\n    session.headers["x-api-key"] = "k"\n',
    "orders/main.py": """
import json

import requests
from auth import sign

BASE = "https://rest-api.app.kognitos.com/v1"
session = requests.Session()
sign(session)
worker = session.post(f"{BASE}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={"a": 1}).json()["worker_id"]
run = session.get(f"{BASE}/run/{worker}").json()
if run["state"] == "done":
    print(json.loads(run["answer"])["total"])
""",
}
OTHER = {
    "stock/start.py": """
import requests

reply = requests.post(
    "https://rest-api.app.kognitos.com/v1/invoke/k2mnp8qrs4tuv6wxy1zab3cde",
    json={"b": 2},
    headers={"x-api-key": "k"},
)
worker = reply.json()["worker_id"]
run = requests.get(f"https://rest-api.app.kognitos.com/v1/run/{worker}", headers={"x-api-key": "k"}).json()
print(run["state"] == "done")
""",
}


class InjectedError(Exception):
    """Raised by none but this test."""


ERRORS = (InjectedError, TypeError, MemoryError, KeyError, AssertionError, AttributeError)


class Injection:
    """Raises an error at one of the calls of the engine that a block makes."""

    def __init__(self, at: int, error: type[Exception] = InjectedError) -> None:
        self.at, self.error, self.calls, self.raised = at, error, 0, False

    def profile(self, frame: FrameType, event: str, argument: object) -> None:
        """Count the calls of the engine: not those of generators, which may be called to be closed."""
        is_generator = frame.f_code.co_flags & inspect.CO_GENERATOR
        if event == "call" and not is_generator and _package(frame.f_code.co_filename) in PACKAGES:
            self.calls += 1
            if self.calls == self.at:
                self.raised = True
                raise self.error("injected")

    @contextmanager
    def active(self) -> Iterator[None]:
        """Count in a block, and raise there."""
        before = sys.getprofile()
        sys.setprofile(self.profile)
        try:
            yield
        finally:
            sys.setprofile(before)


def _package(file: str) -> str:
    return file[len(ENGINE) + 1 :].partition(os.sep)[0] if file.startswith(ENGINE) else ""


@pytest.fixture
def fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Fixes a project of two components. An injection raises while the first is analysed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_state_path", lambda name: tmp_path.parent / "state")
    monkeypatch.setattr("kognitos_migrate.run.session.core_count", lambda: 1)
    runs = count()

    def run(injection: Injection, *arguments: str) -> Result:
        _write(tmp_path)
        original = AnalysisTask._outcome

        def outcome(task: AnalysisTask, slices: Any) -> ComponentOutcome:
            part: Component = slices.component
            if not any(path in COMPONENT for path in part.paths):
                return original(task, slices)
            with injection.active():
                return original(task, slices)

        with monkeypatch.context() as patch:
            patch.setattr(engine.AnalysisTask, "_outcome", outcome)
            command = arguments or ("fix", "--allow-dirty", "--cache-dir", str(next(runs)))
            return CliRunner().invoke(cli, command, prog_name="kognitos-migrate")

    return run


def _write(folder: Path) -> None:
    for path, text in {**COMPONENT, **OTHER, "kognitos-migrate.yaml": CONFIG}.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, "utf-8")


@pytest.fixture
def calls(fix: Callable[..., Result]) -> int:
    """How many calls of the engine the first component takes."""
    injection = Injection(-1)
    assert fix(injection).exit_code == 0
    return injection.calls


def test_what_is_not_hit_migrates(fix: Callable[..., Result], tmp_path: Path) -> None:
    assert fix(Injection(-1)).exit_code == 0
    assert "/v2" in (tmp_path / "orders/main.py").read_text("utf-8")
    assert "/v2/runs" in (tmp_path / "stock/start.py").read_text("utf-8")


def test_an_error_at_any_call_stays_within_its_component(
    fix: Callable[..., Result], calls: int, tmp_path: Path
) -> None:
    chosen = random.Random(19)
    hits = 0
    for number in range(36):
        injection = Injection(chosen.randint(1, calls), ERRORS[number % len(ERRORS)])
        result = fix(injection)
        if not injection.raised:  # a later run makes fewer calls: some results are remembered
            continue
        hits += 1
        where = f"call {injection.at}, {injection.error.__name__}\n{result.output}"
        assert result.exit_code == 2, where
        assert result.output.count("KOG990") == 1, where
        assert "Traceback" not in result.output, where
        assert "internal error, please report" in result.stderr, where
        for path, text in COMPONENT.items():
            assert (tmp_path / path).read_text("utf-8") == text, where
        assert "/v2/runs" in (tmp_path / "stock/start.py").read_text("utf-8"), where
    assert hits > 24


def test_too_deep_a_recursion_holds_its_component_back(
    fix: Callable[..., Result], calls: int, tmp_path: Path
) -> None:
    chosen = random.Random(7)
    for _ in range(8):  # it is expected in some places
        injection = Injection(chosen.randint(1, calls), RecursionError)
        result = fix(injection)
        where = f"call {injection.at}\n{result.output}"
        held_back = "/v1" in (tmp_path / "orders/main.py").read_text("utf-8")
        is_reported = held_back or "KOG901" in result.output  # by the parser, of one module
        assert result.exit_code in ((1, 2) if is_reported else (0,)), where
        assert "Traceback" not in result.output, where
        assert "/v2/runs" in (tmp_path / "stock/start.py").read_text("utf-8"), where


def test_a_component_that_failed_is_analysed_again_by_the_next_run(
    fix: Callable[..., Result], calls: int
) -> None:
    check = ("check", "--output-format", "json", "--cache-dir", "cache")
    report = json.loads(fix(Injection(calls // 2), *check).stdout)
    assert [one["code"] for one in report["findings"]].count("KOG990") == 1
    (error,) = report["errors"]
    assert error["filename"] == "orders/main.py"
    assert "InjectedError: injected" in error["message"]
    again = fix(Injection(-1), *check)
    assert again.exit_code == 1
    assert json.loads(again.stdout)["errors"] == []
    assert "KOG990" not in again.stdout


def test_the_traceback_is_shown_on_demand(fix: Callable[..., Result], calls: int) -> None:
    quiet = fix(Injection(calls // 2), "check", "-n")
    assert "Run the command again with --verbose for the traceback." in quiet.stderr
    assert "Traceback" not in quiet.output
    verbose = fix(Injection(calls // 2), "check", "-n", "-v")
    assert "Traceback (most recent call last)" in verbose.stderr


def test_a_worker_process_hands_the_error_on(
    fix: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kognitos_migrate.run.session.core_count", lambda: 2)
    monkeypatch.setattr(engine, "WORTH_PROCESSES", 0)
    result = fix(Injection(50))
    assert result.exit_code == 2
    assert result.output.count("KOG990") == 1


@pytest.mark.parametrize(
    "command", [("report",), ("init",), ("explain", "orders/main.py:11"), ("fix", "--diff", "-n")]
)
def test_every_command_goes_on(fix: Callable[..., Result], calls: int, command: tuple[str, ...]) -> None:
    result = fix(Injection(calls // 3), *command)
    assert result.exit_code in (0, 2)
    assert "Traceback" not in result.output


def test_an_error_in_the_search_of_comments_keeps_what_is_found(
    fix: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise InjectedError("in comments")

    monkeypatch.setattr("kognitos_migrate.run.text_mentions.mentions_in", fails)
    result = fix(Injection(-1), "check", "-n")
    assert result.exit_code == 2
    assert "InjectedError: in comments" in result.stderr
    assert result.stdout.count("KOG101") == 2


def test_a_file_that_fails_to_be_decoded_is_named(
    fix: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    from kognitos_migrate.source import file

    original = file.decode_module

    def decode(data: bytes, path: str) -> Any:
        if path == "orders/main.py":
            raise InjectedError("in decoding")
        return original(data, path)

    monkeypatch.setattr(file, "decode_module", decode)
    result = fix(Injection(-1), "check", "-n")
    assert result.exit_code == 2
    assert "orders/main.py: internal error, please report: InjectedError: in decoding" in result.stderr
    assert result.stdout.count("KOG101") == 1


def test_a_report_that_fails_after_the_files_are_written_names_them(
    fix: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> str:
        raise InjectedError("in the report")

    monkeypatch.setattr("kognitos_migrate.cli.fix.text_after_fix", fails)
    result = fix(Injection(-1))
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    assert "changed orders/main.py" in result.stderr
    assert "InjectedError: in the report" in result.stderr
