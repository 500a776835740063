"""Programs whose values grow in recursions and loops (paths as tuples, texts, dicts merged into themselves,
trees, parsers): the interpreter comes to an end of each soon, and the calls of the old version migrate."""

from pathlib import Path

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import SourceFile, decode_module
from tests.test_steps import facts_of

FIXTURES = Path(__file__).parent.parent / "fixtures"
RULES = load_rulebook()
SETTINGS = load_settings(FIXTURES / "kognitos-migrate.yaml", RULES, Path.cwd())

URL = Role.URL

STEPS = {
    "checks_with_key_tuples": 1_300,
    "classes_of_servers": 260,
    "generators_of_tokens": 820,
    "linked_cells_and_pages": 1_250,
    "merges_dicts_deep": 2_950,
    "objects_with_parents": 660,
    "parses_by_descent": 11_800,
    "remembers_in_dicts": 1_450,
    "state_machine_with_handlers": 2_400,
    "visits_trees": 2_300,
    "walks_json_with_paths": 600,
}
"""By program: how many expressions are evaluated at most."""


def program(name: str) -> SourceFile:
    file = FIXTURES / "growth" / f"{name}.py"
    return decode_module(file.read_bytes(), file.name)


@pytest.mark.parametrize("name", STEPS)
def test_what_grows_comes_to_an_end(name: str) -> None:
    facts = facts_of([program(name)])
    assert not facts.exhausted
    assert facts.steps <= STEPS[name]


@pytest.mark.parametrize("name", STEPS)
def test_the_calls_in_it_migrate(name: str) -> None:
    findings = analyse([program(name)], RULES, SETTINGS).findings
    assert findings
    assert {finding.fix.applicability for finding in findings} == {Applicability.SAFE}


def test_every_program_is_looked_at() -> None:
    assert {file.stem for file in (FIXTURES / "growth").iterdir()} == set(STEPS)


def circle(functions: int) -> SourceFile:
    """A module of functions that each call two others, so that all call each other."""
    definitions = "".join(
        f"def f{number}(x):\n"
        f"    if x:\n"
        f"        return f{(number + 1) % functions}(x - 1) or f{(number * 7 + 3) % functions}(x)\n"
        f'    return requests.post(f"{{BASE}}/invoke/abcd3fg9ijk5mn1pqr3tu2wxy", json={{"n": x}}).text\n'
        for number in range(functions)
    )
    base = 'BASE = "https://rest-api.app.kognitos.com/v1"\n'
    return decode_module(f"import requests\n{base}{definitions}f0(3)\n".encode(), "a.py")


@pytest.mark.parametrize("functions", [15, 30, 60, 100])
def test_the_ways_through_a_circle_are_limited(functions: int) -> None:
    facts = facts_of([circle(functions)])
    assert facts.steps <= 45_000
    assert facts.exhausted


def test_a_circle_of_many_functions_is_refused_as_too_large() -> None:
    findings = analyse([circle(30)], RULES, SETTINGS).findings
    assert {finding.reason for finding in findings} == {"too-large"}


def test_the_calls_in_a_circle_of_some_functions_migrate() -> None:
    assert not facts_of([circle(8)]).exhausted
    assert not [
        finding for finding in analyse([circle(8)], RULES, SETTINGS).findings if not finding.fix.edits
    ]


def doubled(times: int) -> Facts:
    """Facts of a module in which a text is put into the next one, twice."""
    lines = ["t0 = 'v1'", *(f"t{number + 1} = t{number} + t{number}" for number in range(times))]
    return facts_of([decode_module("\n".join(lines).encode(), "a.py")])


def test_texts_do_not_double_without_end() -> None:
    assert doubled(60).steps == 181


def test_calls_of_a_helper_that_uses_nothing_share_a_frame() -> None:
    calls = "\n".join(f"print(kept({number}))" for number in range(300))
    facts = facts_of([decode_module(f"def kept(n):\n    return [n]\n{calls}\n".encode(), "a.py")])
    assert not facts.exhausted
    assert len(facts.merged) == 1


def test_a_name_that_functions_share_is_read_again_when_it_has_changed() -> None:
    text = """
import requests
base = "https://rest-api.app.kognitos.com"
def root():
    return base
def get(path):
    return requests.get(root() + path)
get("/a")
base = "https://other.example.com"
get("/b")
"""
    facts = facts_of([decode_module(text.encode(), "a.py")])
    urls = [repr(given.value) for request in facts.requests for given in request.value(URL)]
    assert ["kognitos" in url for url in urls] == [True, False]
    assert ["other" in url for url in urls] == [False, True]


def test_names_with_many_gaps_are_soon_compared() -> None:
    gaps = "".join(f"{{x}}{letter}" for letter in "a" * 20)
    text = f"""
import requests
from elsewhere import x
class Client:
    def send_{"a" * 80}(self):
        return requests.get("https://rest-api.app.kognitos.com/v1/run/1")
getattr(Client(), f"send{gaps}")()
getattr(Client(), f"{gaps}_")()
"""
    assert facts_of([decode_module(text.encode(), "a.py")]).requests
