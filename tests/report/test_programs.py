"""A fix of several programs says how far each is, and what holds back most."""

from kognitos_migrate.findings.finding import Applicability
from kognitos_migrate.report.summary import ProgramProgress, Programs, by_program
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.display_locations import DisplayLocations
from tests.rewrites.verbs import settings, sources

START = """\
import requests


def start(facts):
    requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts)
"""
UNKNOWN = START.replace("share1", "nowhere")


def lines(texts: dict[str, str]) -> list[str]:
    result = analyse(sources(texts), load_rulebook(), settings(), Applicability.SAFE)
    return list(by_program(result, DisplayLocations()))


def test_a_run_of_one_program_says_nothing_more() -> None:
    assert lines({"a.py": START}) == []


def test_programs_are_counted_and_blockers_listed() -> None:
    twice = UNKNOWN.replace("def start", "def again") + UNKNOWN.removeprefix("import requests\n")
    texts = {"a.py": START, "b.py": UNKNOWN, "c.py": twice, "d.py": START + UNKNOWN.partition("\n")[2]}
    assert lines(texts) == [
        "By program: 1 migrated, 1 migrated in part, 2 held back.",
        "  b.py:5:5 holds 4 uses in 3 programs: the configuration has no share_id 'nowhere'",
    ]


def test_files_that_share_a_conversation_are_one_program() -> None:
    texts = {
        "client.py": START.replace("facts):", "share, facts):").replace("share1", '" + share + "'),
        "main.py": "import client\n\nclient.start('nowhere', {})\n",
        "b.py": START,
    }
    result = analyse(sources(texts), load_rulebook(), settings(), Applicability.SAFE)
    counts = Programs(result.findings).progress(result.remaining)
    assert counts == {ProgramProgress.WHOLE: 1, ProgramProgress.PART: 0, ProgramProgress.NOTHING: 1}
