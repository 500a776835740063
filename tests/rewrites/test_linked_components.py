"""Components that don't name the API: which are analysed, and which are changed together with one that names
it, because they share an id by a file, say."""

from collections.abc import Collection

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run import engine
from kognitos_migrate.run.components import Component
from kognitos_migrate.run.pipeline import plan_program
from kognitos_migrate.run.program_result import PlannedProgram
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import replace
from tests.rewrites.verbs import settings, sources

RULES = load_rulebook()
HOST = "https://rest-api.app.kognitos.com"
UPLOAD = """\
import pathlib

import requests

BASE = {base}


def upload(path):
    ticket = requests.post(BASE + "/v1/upload", json={{"file_name": path.name}}).json()
    requests.put(ticket["upload_url"], data=path.read_bytes(), headers=ticket["upload_http_headers"])
    pathlib.Path("file.txt").write_text(ticket["blob_uri"])
"""
START = """\
import pathlib

import requests

BASE = {base}


def start(facts):
    reply = requests.post(BASE + "/v1/invoke/share2", json=facts)
    pathlib.Path("run.txt").write_text(reply.json()["worker_id"])
"""
START_WITH_FILE = """\
import pathlib

import requests

BASE = {base}


def start(facts):
    held = {{"attachments_key": "files"}}
    facts = {{**facts, "files": [pathlib.Path("file.txt").read_text()]}}
    reply = requests.post(BASE + "/v1/invoke/share2", json=facts, params=held)
    pathlib.Path("run.txt").write_text(reply.json()["worker_id"])
"""
POLL = """\
import pathlib

import requests

BASE = {base}


def is_done():
    run = pathlib.Path("run.txt").read_text()
    return requests.get(BASE + f"/v1/run/{{run}}").json()["state"] == "done"
"""
ENV = "__import__('os').environ['BASE']"


def named(text: str) -> str:
    return text.format(base=repr(HOST))


def nameless(text: str) -> str:
    return text.format(base=ENV).replace("share2", "other9")  # which no configuration names


def in_projects(texts: dict[str, str]) -> list[SourceFile]:
    """Each top folder is a project."""
    return [replace(one, project=f"/repo/{one.path.rpartition('/')[0]}") for one in sources(texts)]


@pytest.fixture
def analysed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that are analysed."""
    paths: list[str] = []

    def noted(
        component: Component, rulebook: Rulebook, settings: Settings, given: Collection[str] | None
    ) -> PlannedProgram:
        paths.extend(component.paths)
        return plan_program(component, rulebook, settings, given)

    monkeypatch.setattr(engine, "plan_program", noted)
    return paths


def result(texts: dict[str, str]) -> Result:
    return engine.analyse(in_projects(texts), RULES, settings(), Applicability.SAFE)


TOGETHER = {
    "the one that asks is nameless": {"a/start.py": named(START), "a/poll.py": nameless(POLL)},
    "the one that stores is nameless": {"a/start.py": nameless(START), "a/poll.py": named(POLL)},
    "in a project within it": {"a/start.py": named(START), "a/in/poll.py": nameless(POLL)},
    "in a project around it": {"a/in/start.py": named(START), "a/poll.py": nameless(POLL)},
    "by way of another nameless one": {
        "a/poll.py": named(POLL),
        "a/start.py": nameless(START_WITH_FILE),
        "a/upload.py": nameless(UPLOAD),
    },
    "the other way round": {
        "a/upload.py": named(UPLOAD),
        "a/start.py": nameless(START_WITH_FILE),
        "a/poll.py": nameless(POLL),
    },
}


@pytest.mark.parametrize("texts", TOGETHER.values(), ids=TOGETHER)
def test_who_goes_on_with_a_conversation_is_found_and_shown_by_it(
    texts: dict[str, str], analysed: list[str]
) -> None:
    found = result(texts)
    assert {*analysed} == {*texts}
    assert {finding.place.path for finding in found.findings} == {*texts}


SPLIT = {"a/start.py": named(START), "a/poll.py": nameless(POLL)}


def test_both_are_changed() -> None:
    assert [change.path for change in result(SPLIT).changes] == ["a/poll.py", "a/start.py"]


BEARING = {
    "it gives what the other gives": {"a/start.py": named(START), "a/again.py": nameless(START)},
    "it gives what nobody asks for": {"a/start.py": named(START), "a/upload.py": nameless(UPLOAD)},
}


@pytest.mark.parametrize("texts", BEARING.values(), ids=BEARING)
def test_what_bears_the_signature_is_analysed_for_itself(texts: dict[str, str], analysed: list[str]) -> None:
    found = result(texts)
    assert {*analysed} == {*texts}
    assert {finding.place.path for finding in found.findings} == {*texts}


NOT_MET = {
    "it asks for what the other asks for": {"a/poll.py": named(POLL), "a/again.py": nameless(POLL)},
    "its project is another": {"a/start.py": named(START), "b/poll.py": nameless(POLL)},
    "it lies beside, not within": {"a/start.py": named(START), "ab/poll.py": nameless(POLL)},
    "it imports no client": {
        "a/start.py": named(START),
        "a/poll.py": nameless(POLL).replace("import requests", "from vendored import requests"),
    },
    "it can't be parsed, and imports no client": {
        "a/start.py": named(START),
        "a/poll.py": 'print "/v1/run/"\n',
    },
}


@pytest.mark.parametrize("texts", NOT_MET.values(), ids=NOT_MET)
def test_what_cannot_go_on_with_it_is_not_analysed(texts: dict[str, str], analysed: list[str]) -> None:
    first, _ = texts
    found = result(texts)
    assert {*analysed} == {first}
    assert {finding.place.path for finding in found.findings} == {first}


def test_one_that_cannot_be_parsed_and_may_go_on_with_it_is_told() -> None:
    found = result({**SPLIT, "a/poll.py": nameless(POLL) + "print 1\n"})
    assert ("a/poll.py", "KOG901") in {(one.place.path, one.code) for one in found.findings}


def test_where_nothing_names_the_api_nothing_is_analysed(analysed: list[str]) -> None:
    found = result({"a/again.py": nameless(POLL), "a/poll.py": nameless(POLL)})
    assert (found.findings, analysed) == ((), [])
    assert [spot.place.path for spot in found.blind_spots] == ["a/again.py", "a/poll.py"]


def test_a_part_that_is_asked_about_is_understood_whatever_it_holds() -> None:
    texts = in_projects({"a/start.py": named(START), "b/poll.py": nameless(POLL)})
    seen = [one.component for one in engine.plan_components(texts, RULES, settings(), None, "b/poll.py")]
    assert [[source.path for source in one.sources] for one in seen] == [["a/start.py"], ["b/poll.py"]]
