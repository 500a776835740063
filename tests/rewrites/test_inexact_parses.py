"""A file that LibCST can't reproduce exactly: it is read, but no place in it is reported or changed."""

from collections.abc import Collection

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run import engine
from kognitos_migrate.run.components import Component
from kognitos_migrate.run.engine import analyse, plan_components
from kognitos_migrate.run.pipeline import plan_program
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.source.file import SourceFile
from tests.rewrites.verbs import settings, sources

RULES = load_rulebook()
SPACED = """\


def careful(f):
    try:
        return f()
    except OSError :
        return None
"""
"""LibCST forgets the space in front of the colon."""
START = """\
import requests

import careful

URL = "https://rest-api.app.kognitos.com/v1"


def start(facts):
    reply = requests.post(f"{URL}/invoke/share1", json=facts).json()
    return careful.careful(reply["worker_id"])
"""
CONSTANT = 'URL = "https://rest-api.app.kognitos.com/v1"\n'
USER = START.replace("import careful\n", "import careful\nfrom careful import URL\n").replace(CONSTANT, "")


def result(texts: dict[str, str]) -> Result:
    return analyse(sources(texts), RULES, settings(), Applicability.SAFE)


def found(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [(one.place.path, one.code) for one in result(texts).findings]


def test_where_nothing_in_it_is_told_it_is_as_any_other() -> None:
    texts = {"a.py": START, "careful.py": SPACED}
    assert found(texts) == [("a.py", "KOG101")]
    assert [change.path for change in result(texts).changes] == ["a.py"]


def test_where_something_in_it_is_told_it_cannot_be_parsed() -> None:
    texts = {"a.py": START + SPACED}
    assert found(texts) == [("a.py", "KOG901")]
    assert not result(texts).changes


def test_what_needs_an_edit_in_it_stays_as_it_is() -> None:
    texts = {"a.py": USER, "careful.py": CONSTANT + SPACED}
    assert ("careful.py", "KOG901") in found(texts)
    assert not result(texts).changes


def test_however_many_there_are_the_rest_is_analysed_twice_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Component] = []

    def counted(
        component: Component, rulebook: Rulebook, configured: Settings, given: Collection[str] | None
    ) -> PlannedProgram:
        looks.append(component)
        return plan_program(component, rulebook, configured, given)

    monkeypatch.setattr(engine, "plan_program", counted)
    texts = {"a.py": USER, "careful.py": CONSTANT + SPACED}
    texts |= {f"part{number}.py": START + SPACED for number in range(5)}
    assert [code for _, code in found(texts)].count("KOG901") == 6
    assert len(looks) == 2


def test_whoever_asks_for_all_places_has_it_left_out() -> None:
    sources = [SourceFile("a.py", START + SPACED, "utf-8", False, "")]
    (component,) = plan_components(sources, RULES, settings(), None)
    seen = component.planned_program
    assert seen is not None
    assert [finding.code for finding in seen.unparsed] == ["KOG901"]
