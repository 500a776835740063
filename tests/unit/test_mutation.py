"""Which mutants there are, in which order tests are tried, and what is kept between runs of mutants: where
nothing is kept yet, and where modules have changed since."""

import ast
import json
from pathlib import Path

import coverage
import pytest

from tests.mutation import reach, suite
from tests.mutation.kept import Kept
from tests.mutation.mutants import Mutant, changed, mutants
from tests.mutation.order import Order
from tests.mutation.trial import Trial

MODULE = suite.ROOT / "kognitos_migrate" / "interpret" / "summaries.py"
OTHER = suite.ROOT / "kognitos_migrate" / "edits" / "plan.py"


@pytest.fixture
def looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what was looked at is kept: nothing yet."""
    monkeypatch.setattr(reach, "_LOOKS", tmp_path / "looks")
    monkeypatch.setattr(suite, "KEPT", tmp_path)
    return tmp_path / "looks"


def seen(folder: Path, module: Path, texts: dict[str, str], units: list[str]) -> None:
    """Keep what a run saw: its tests reach the first line of a module."""
    folder.mkdir(parents=True)
    data = coverage.CoverageData(str(folder / "coverage"))
    for unit in units:
        data.set_context(unit)
        data.add_arcs({module.relative_to(suite.ROOT).as_posix(): [(-1, 1), (1, 2)]})
    data.write()
    found = {"texts": texts, "seconds": {}, "failing": [], "tests": {unit: [unit] for unit in units}}
    (folder / "seen.json").write_text(json.dumps(found), "utf-8")


@pytest.mark.parametrize("anew", [True, False])
def test_where_nothing_is_known_a_run_looks_first(
    anew: bool, looks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {MODULE.relative_to(suite.ROOT).as_posix(): MODULE.read_text("utf-8")}
    monkeypatch.setattr(reach, "look", lambda: seen(looks / "000", MODULE, texts, ["", "a.py::test"]))
    found = reach.reach(anew=anew)
    assert found.of(MODULE, 1, 1) == {"a.py::test"}
    assert found.at_import(MODULE, [1])


@pytest.mark.parametrize(
    ("code", "made"),
    [
        ("LIMIT = 8", ["LIMIT = 0"]),
        ("limit = 8", ["limit = 9"]),
        ("limit = 80", ["limit = 0"]),
        ("IS_SO = True", ["IS_SO = False"]),
        ("count += 1", ["count += 0"]),
        ("f(a < 1)", ["None", "f(a <= 1)", "f(a < 2)"]),
        ("if a == b: c()", ["if a != b: c()", "if a == b: None"]),
        ("if a: pass", ["if not a: pass"]),
        ("if not a: pass", ["if not not a: pass"]),
        ("a = b or c", ["a = b and c"]),
        ("a = zip(b, strict=True)", []),
        ("@frozen(True)\nclass A: b = c(True)", ["@frozen(True)\nclass A: b = c(False)"]),
        ("class A(Struct, frozen=True): b = c(True)", ["class A(Struct, frozen=True): b = c(False)"]),
        ("if TYPE_CHECKING: a = 1", []),
        ("def f(): return a", ["def f(): return None"]),
        ("def f(): return UNKNOWN", []),
        ("def f(): return True", ["def f(): return False"]),
        ("for a in b: break", ["for a in b: pass"]),
        ("a = [b for b in c if d]", ["a = [b for b in c if not d]"]),
    ],
)
def test_the_mutants_of_code(code: str, made: list[str]) -> None:
    found = [ast.unparse(changed(code, one.number)) for one in mutants(code)]
    assert sorted(found) == sorted(ast.unparse(ast.parse(one)) for one in made)


def test_what_together_reaches_all_is_tried_first_and_then_the_quickest() -> None:
    near = {1: {"most", "slow", "same", "quick"}, 2: {"most", "slow"}, 3: {"slow", "last"}}
    far = {1: {"same", "last"}, 2: {"else"}}
    seconds = {"most": 0.1, "slow": 9.0, "same": 0.3, "quick": 0.2, "last": 0.1, "else": 0.1}
    order = Order(reach.Reach(seconds, frozenset(), {MODULE: near, OTHER: far}))
    assert order.of(MODULE, {"most", "slow", "same", "quick", "last"}) == [
        *("most", "last"),  # all that is reached in the module
        *("same", "slow"),  # more that is reached elsewhere
        "quick",
    ]


def test_what_became_of_a_mutant_is_kept_in_a_new_folder(tmp_path: Path) -> None:
    trial = Trial(
        MODULE.relative_to(suite.ROOT).as_posix(), Mutant(0, 1, 1, 1, "it"), "noticed", "a.py::test", 0.1
    )
    Kept(tmp_path / "new" / "tried.jsonl").keep(trial)
    kept = Kept(tmp_path / "new" / "tried.jsonl")
    assert kept.trial(MODULE, trial.mutant) == trial
    assert kept.trial(MODULE, Mutant(0, 1, 1, 1, "another that has its number now")) is None


def test_a_module_that_has_changed_since_is_not_counted(looks: Path) -> None:
    name, other = (one.relative_to(suite.ROOT).as_posix() for one in (MODULE, OTHER))
    now = {name: MODULE.read_text("utf-8"), other: OTHER.read_text("utf-8")}
    seen(looks / "000", MODULE, {**now, other: "x = 1\n"}, ["a.py::test"])
    before = reach.table().splitlines()
    seen(looks / "001", OTHER, now, ["a.py::other"])
    after = reach.table().splitlines()
    assert before[:4] == after[:4]
    assert after[3] == "| `kognitos_migrate/edits/` | not known | not known |"
    assert any(line.startswith("by 2 tests") for line in after)
    assert other in after
    assert name not in after
