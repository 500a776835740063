"""The developer's views: facts and plans at a line, and the tests that a change affects."""

import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.harness import FIXTURES
from tests.mutation import reach, suite
from tests.unit.test_mutation import seen
from tests.views import affected, selection
from tests.views.facts import FactsView
from tests.views.plan import PlanView, recorded_origins
from tests.views.program import Target, program_around, target_of

CONFIG = (FIXTURES / "kognitos-migrate.yaml").read_text("utf-8")
JOBS = """\
import requests

BASE = "https://rest-api.app.kognitos.com/v1"


def start(share, facts):
    url = f"{BASE}/invoke/{share}"
    reply = requests.post(url, headers={"x-api-key": "k"}, json=facts)
    return reply.json()["worker_id"]


def state(run):
    reply = requests.get(f"{BASE}/run/{run}", headers={"x-api-key": "k"})
    return reply.json()["state"] == "done"


def main(share):
    print(start("abcd3fg9ijk5mn1pqr3tu2wxy", {"a": 1}))
    print(start("k2mnp8qrs4tuv6wxy1zab3cde", {"a": 2}))
"""


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "kognitos-migrate.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "pyproject.toml").write_text("", "utf-8")
    (tmp_path / "jobs.py").write_text(JOBS, "utf-8")
    monkeypatch.chdir(tmp_path)
    return "jobs.py"


def facts_at(place: str) -> list[str]:
    target = target_of(place)
    return list(FactsView(program_around(target.path), target).lines())


def plan_at(place: str) -> list[str]:
    target = target_of(place)
    with recorded_origins() as refused:
        program = program_around(target.path)
    return list(PlanView(program, target, refused).lines())


def test_facts_name_the_context_of_each_value(jobs: str) -> None:
    lines = facts_at(f"{jobs}:7")
    (first, second) = [line for line in lines if "abcd3fg" in line or "k2mnp8" in line][:2]
    assert first.split("   ")[-2].strip().startswith("'https://rest-api.app.kognitos.com/v1/invoke/abcd3fg")
    assert first.endswith("in start() < :18 main()")
    assert second.endswith("in start() < :19 main()")


def test_facts_show_requests_with_the_places_of_their_literals(jobs: str) -> None:
    lines = facts_at(f"{jobs}:13")
    request = lines.index("requests")
    assert lines[request + 1 : request + 5] == [
        "    0: 'GET' by requests, poll_run, in state()",
        "        url      'https://rest-api.app.kognitos.com/v1/run/{?run}'",
        "            'https://rest-api.app.kognitos.com/v1' at jobs.py:3:9",
        "            '/run/' at jobs.py:13:34",
    ]


def test_facts_show_uses_of_replies(jobs: str) -> None:
    uses = facts_at(f"{jobs}:14")
    assert """    compare   reply 0.json["state"] 'done' (Equal)   in state()""" in uses


def test_facts_of_a_file_that_names_no_api_are_those_of_the_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("other.py").write_text("HOST = 'a.example'\nURL = f'https://{HOST}/x'\n", "utf-8")
    assert any(line.endswith("'https://a.example/x'") for line in facts_at("other.py:2"))
    assert plan_at("other.py") == []


def test_plan_names_the_function_that_made_an_edit(jobs: str) -> None:
    lines = plan_at(f"{jobs}:14")
    assert lines[0].startswith("conversation ")
    edit = lines.index('        - "done"')
    assert lines[edit + 1] == '        + "Succeeded"'
    assert re.fullmatch(
        r"        by edits/replies/vocabulary\.py:\d+ _edit_literal < .*migrate_replies", lines[edit + 2]
    )


def test_plan_names_the_function_that_refused(jobs: str) -> None:
    Path(jobs).write_text(JOBS.replace("k2mnp8qrs4tuv6wxy1zab3cde", "unknown"), "utf-8")
    lines = plan_at(jobs)
    refusal = next(
        number for number, line in enumerate(lines) if line.startswith("    refused: not-configured")
    )
    assert re.match(r"        by edits/\w+\.py:\d+ ", lines[refusal + 2])


def test_samples_in_contributing_are_what_the_views_print(monkeypatch: pytest.MonkeyPatch) -> None:
    """`…` in a sample stands for lines left out; row numbers of the engine may move."""
    monkeypatch.chdir(suite.ROOT)
    text = Path("CONTRIBUTING.md").read_text("utf-8")
    samples = re.findall(r"\$ python3 dev\.py (facts|plan) (\S+)\n(.*?)\n```", text, re.DOTALL)
    assert [name for name, _, _ in samples] == ["facts", "plan"]
    for name, place, sample in samples:
        printed = iter(map(_without_rows, {"facts": facts_at, "plan": plan_at}[name](place)))
        for line in sample.splitlines():
            assert line == "…" or _without_rows(line) in printed, line


def _without_rows(line: str) -> str:
    return re.sub(r"(by \S+\.py):\d+", r"\1", line)


def test_target_of_a_missing_file_is_an_error() -> None:
    with pytest.raises(SystemExit, match=r"there is no file missing\.py"):
        target_of("missing.py:1")


def test_file_that_is_not_python_is_an_error(jobs: str) -> None:
    Path(jobs).write_text("a = 1\nb = (\n", "utf-8")
    with pytest.raises(SystemExit, match=r"^error: jobs\.py:\d+: "):
        program_around(jobs)


def test_line_of_a_target_is_its_whole_statement(jobs: str) -> None:
    Path(jobs).write_text("a = [\n    1,\n]\nb = 2\n", "utf-8")
    target = target_of(f"{jobs}:2")
    assert [target.has(row) for row in (1, 2, 3, 4)] == [True, True, True, False]
    assert Target(jobs, None).has(4)


DIFF = """\
diff --git a/kognitos_migrate/a.py b/kognitos_migrate/a.py
--- a/kognitos_migrate/a.py
+++ b/kognitos_migrate/a.py
@@ -3,2 +3,3 @@ def f():
-    a
+    b
@@ -9,1 +11,0 @@ def g():
-    c
@@ -20 +21 @@ def h():
diff --git a/gone.py b/gone.py
--- a/gone.py
+++ /dev/null
@@ -1,2 +0,0 @@
"""


def test_changed_lines_of_a_diff() -> None:
    assert affected.changed_lines(DIFF) == {
        "kognitos_migrate/a.py": [range(3, 6), range(11, 13), range(21, 22)]
    }


def test_affected_tests_reach_the_changed_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = suite.ROOT / "kognitos_migrate" / "edits" / "plan.py"
    name = module.relative_to(suite.ROOT).as_posix()
    monkeypatch.setattr(reach, "_LOOKS", tmp_path / "looks")
    seen(tmp_path / "looks" / "000", module, {name: module.read_text("utf-8")}, ["tests/a.py::test", "@demo"])
    changed = affected.affected_tests({name: [range(1, 2)]})
    assert set(changed) == {"tests/a.py::test", "@demo"}
    assert list(affected.affected_tests({name: [range(90, 91)]})) == []


def test_changed_table_of_tests_affects_the_modules_that_name_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reach, "_LOOKS", tmp_path / "looks")
    folder = tmp_path / "looks" / "000"
    seen(
        folder,
        suite.ROOT / "kognitos_migrate" / "edits" / "plan.py",
        {},
        ["t.py::test[nested_call]", "@nested_call"],
    )
    lines = [range(1, 2)]
    changes = {"tests/rewrites/slices.txt": lines, "tests/rewrites/becomes/urls.txt": lines}
    modules = ["tests/rewrites/test_slices.py", "tests/rewrites/test_becomes.py"]
    assert [test for test in affected.affected_tests(changes) if test in modules] == modules
    fixture = {"fixtures/programs/nested_call/before/main.py": lines}
    assert list(affected.affected_tests(fixture)) == ["t.py::test[nested_call]", "@nested_call"]
    assert json.loads((folder / "seen.json").read_text("utf-8"))["tests"]


class Item:
    """A collected test."""

    def __init__(self, nodeid: str) -> None:
        self.nodeid = nodeid


def test_selection_keeps_listed_tests_and_modules_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = tmp_path / "affected.txt"
    listing.write_text("b.py::two\na.py\ngone.py::test", "utf-8")
    monkeypatch.setenv(selection.VARIABLE, str(listing))
    items: list[Any] = [Item(name) for name in ("a.py::one", "b.py::one", "b.py::two", "c.py::one")]
    gone: list[Any] = []
    hook = SimpleNamespace(pytest_deselected=lambda items: gone.extend(items))
    config: Any = SimpleNamespace(hook=hook)
    selection.pytest_collection_modifyitems(config, items)
    assert [item.nodeid for item in items] == ["b.py::two", "a.py::one"]
    assert [item.nodeid for item in gone] == ["b.py::one", "c.py::one"]


def test_modules_of_a_package_are_listed_by_either_path() -> None:
    def listing(package: str) -> str:
        command = [sys.executable, "dev.py", "modules", package]
        return subprocess.run(command, cwd=suite.ROOT, capture_output=True, text=True, check=True).stdout

    assert "    search.py " in listing("text_search")
    assert listing("kognitos_migrate/text_search/") == listing("text_search")
