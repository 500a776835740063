"""The work of a run, counted and not timed: opened files, listed folders, loaded and parsed modules. The
numbers don't depend on the machine, so growth shows."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from kognitos_migrate.cache import NO_STORE
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run import shards
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.run.session import Options, run_check
from kognitos_migrate.source.file import SourceFile
from tests.rewrites.verbs import settings
from tests.unit.discover.trees import plant

ROOT = Path(__file__).parents[1]
DEMO = (ROOT / "fixtures" / "demo" / "invoices.py").read_text("utf-8")
SETTINGS = (ROOT / "fixtures" / "demo" / "kognitos-migrate.yaml").read_text("utf-8")
PROGRAM = {
    "app/client.py": DEMO,
    "app/user.py": "from app.client import main\n",
    "app/loader.py": "import pkgutil\nFOUND = list(pkgutil.iter_modules())\n",
}
OTHERS = {f"lib{number % 20}/part{number}.py": "import os\nfrom . import part\n" for number in range(600)}
"""So many that they are remembered."""

GIT, GIT_CONFIG = ".git/info/exclude", ".git/config"

KNOWN, NEW = 134, 590
"""The number of our own modules that a check of a known and of a new program loads. They may go down.
The reason for a higher number belongs in the commit."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The work of a run in its folder, by path."""

    opened: Mapping[str, int]
    listed: Mapping[str, int]
    modules: int


_COUNTING = """
import json, os, sys
from collections import Counter
here = os.getcwd() + os.sep
counts = {"open": Counter(), "os.scandir": Counter()}
def note(event, arguments):
    if event in counts and isinstance(arguments[0], str):
        path = os.path.abspath(arguments[0])
        if (path + os.sep).startswith(here):
            counts[event][os.path.relpath(path)] += 1
sys.addaudithook(note)
from kognitos_migrate.run import scan_cache
scan_cache.REST = -10**18  # what was just written counts as at rest
from kognitos_migrate.cli.main import cli
cli.main(sys.argv[1:], standalone_mode=False)
ours = sum(name.partition(".")[0] == "kognitos_migrate" for name in sys.modules)
print(json.dumps([counts["open"], counts["os.scandir"], ours]))
"""


def ran(folder: Path, *paths: str) -> Counts:
    """A check of `folder`, or of these files in it."""
    command = [sys.executable, "-c", _COUNTING, "check", "--cache-dir=../cache", *paths]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return Counts(*json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    plant(folder, {**PROGRAM, **OTHERS, GIT: "# nothing\n"})
    return folder


def test_a_run_after_which_nothing_has_changed_opens_what_it_shows(project: Path) -> None:
    new = ran(project)
    known = ran(project)
    assert dict(known.opened) == dict.fromkeys([*PROGRAM, GIT, GIT_CONFIG], 1)
    folders = Counter(os.path.dirname(path) for path in {**PROGRAM, **OTHERS})
    assert dict(known.listed) == dict.fromkeys([".", *folders], 1)
    assert new.modules <= NEW
    assert known.modules <= KNOWN


def test_a_first_run_opens_each_file_once(project: Path) -> None:
    """For what it holds and what it imports; those that belong to the program, to be analysed, too."""
    opened = ran(project).opened
    assert {opened[path] for path in OTHERS} == {1}
    assert max(opened.values()) <= 3


def test_what_was_read_before_anything_names_the_api_is_opened_twice(project: Path) -> None:
    """For what it holds, and then for what it imports."""
    (project / "app").rename(project / "main")
    opened = ran(project).opened
    assert {opened[path] for path in OTHERS} == {2}
    assert max(opened.values()) <= 4


CHAIN = {
    f"lib/part{number}.py": f"import json\nfrom lib import part{number - 1}, part{number // 2}\n"
    for number in range(1, 40)
}
"""Modules that lead to the first by many ways."""


def test_files_that_are_named_share_one_search_of_imports(project: Path) -> None:
    """Each is opened for what it holds, and for what it imports; those that they import, once."""
    plant(project, {**CHAIN, "lib/part0.py": "import json\n"})
    named = list(CHAIN)[::2]
    opened = ran(project, *named).opened
    own = Counter({**dict.fromkeys(CHAIN, 1), "lib/part0.py": 1})
    own.update(named)
    assert {path: count for path, count in opened.items() if path.startswith("lib/")} == own
    assert not [path for path in opened if path in OTHERS or path in PROGRAM]


def test_files_that_are_named_and_belong_to_the_program_are_read_as_a_folder_is(project: Path) -> None:
    plant(project, {**CHAIN, "lib/part0.py": "import app.client\n"})
    opened = ran(project, *CHAIN).opened
    assert max(opened[path] for path in CHAIN) <= 5
    assert {opened[path] for path in OTHERS} <= {1, 2}


def test_after_a_change_elsewhere_only_that_is_opened(project: Path) -> None:
    ran(project)
    (project / "lib7" / "part7.py").write_text("import sys\n")
    opened = ran(project).opened
    assert {path for path in opened if path in OTHERS} == {"lib7/part7.py"}


def test_each_file_of_the_program_is_parsed_once(
    project: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.chdir(project)
    run_check(["."], Options(store=NO_STORE))
    assert sorted(parsed) == sorted([PROGRAM["app/client.py"], PROGRAM["app/user.py"]])


def test_of_a_large_module_what_matters_is_parsed(parsed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a file that is nine tenths of functions that have nothing to do with it, the bodies are left out."""
    monkeypatch.setattr(shards, "LARGE", 0)
    monkeypatch.setattr(shards, "VERY_LARGE", 0)
    body = "".join(f"    row = rows.get({n}, row.total)  # {n}\n" for n in range(20))
    beside = "".join(f"\n\ndef beside_{n}(rows, row):\n{body}" for n in range(20))
    text = DEMO.replace("\n\nif __name__", f"{beside}\n\nif __name__")
    source = SourceFile("invoices.py", text, "utf-8", False, "")
    assert analyse([source], load_rulebook(), settings(), None).findings
    assert sum(len("".join(one.split())) for one in parsed) < 0.2 * len("".join(text.split()))


def test_a_fix_parses_the_statements_that_it_changes_once_more(
    project: Path, monkeypatch: pytest.MonkeyPatch, parsed: list[str]
) -> None:
    monkeypatch.chdir(project)
    (project / "kognitos-migrate.yaml").write_text(SETTINGS)
    result = run_check(["."], Options(store=NO_STORE, level=Applicability.SAFE)).result
    (change,) = result.changes
    files, pieces = parsed[:2], parsed[2:]
    assert sorted(files) == sorted([PROGRAM["app/client.py"], PROGRAM["app/user.py"]])
    assert all(re.sub(r"\A(?: *if _:\n)+", "", piece) in change.after for piece in pieces)
    assert change.after not in pieces
