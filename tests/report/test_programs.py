"""A fix of several programs says how far each is, and what holds back most."""

import json
from pathlib import Path

from kognitos_migrate.findings.result import Applicability, DeployStep, Place, SettingKind, ValueFlow
from kognitos_migrate.report.deployment import deployment_lines
from kognitos_migrate.report.json_report import fix_report
from kognitos_migrate.report.markdown import markdown_report
from kognitos_migrate.report.programs import AFTER_FIX, ProgramProgress, Programs, program_lines
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
    return list(program_lines(result.findings, result.remaining, DisplayLocations(), AFTER_FIX))


def test_a_run_of_one_program_says_nothing_more() -> None:
    assert lines({"a.py": START}) == []


def test_programs_are_counted_and_blockers_listed() -> None:
    twice = UNKNOWN.replace("def start", "def again") + UNKNOWN.removeprefix("import requests\n")
    texts = {"a.py": START, "b.py": UNKNOWN, "c.py": twice, "d.py": START + UNKNOWN.partition("\n")[2]}
    assert lines(texts) == [
        "Programs: 1 migrated, 1 partly migrated, 2 blocked.",
        "1 blocker affects 4 calls:",
        "  4 calls in 3 programs: share_id 'nowhere' isn't in the configuration",
        "    b.py:5:5 and 3 more: fill in the configuration",
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


def test_what_can_not_be_followed_is_one_blocker_with_what_it_holds_back() -> None:
    begin = START.replace("    requests", "    return requests").replace(
        "facts)\n", 'facts).json()["worker_id"]\n'
    )
    url = "def url():\n    return 'https://rest-api.app.kognitos.com/v1/run/7'\n"
    texts = {"a.py": START, "b.py": f"{begin}\n\n{url}", "c.py": f"{begin}\n\n{url}"}
    message = "the API's URL is passed to callers outside this project: it may call v1"
    assert lines(texts) == [
        "Programs: 1 migrated, 2 blocked.",
        "1 blocker affects 4 calls:",
        f"  4 calls in 2 programs: {message}",
        "    b.py:9:5 and 1 more: check whether this sends a v1 request",
    ]


def test_places_of_one_program_that_can_not_be_followed_are_one_blocker() -> None:
    calls = (
        "def {name}(kind):\n    return requests.{verb}('https://rest-api.app.kognitos.com/' + kind).text\n"
    )
    other = calls.format(name="one", verb="get") + "\n\n" + calls.format(name="two", verb="post")
    url = "def url():\n    return 'https://rest-api.app.kognitos.com/v1/run/7'\n"
    texts = {"a.py": START, "b.py": f"import requests\n\n\n{other}\n\n{url}"}
    head, count, uses, place = lines(texts)
    assert (head, count) == ("Programs: 1 migrated, 1 blocked.", "1 blocker affects 3 calls:")
    assert uses.startswith("  3 calls in 1 program: ")
    assert place == "    b.py:5:12 and 2 more: check whether this sends a v1 request"


def test_replies_that_fix_adapts_are_one_blocker() -> None:
    escaping = START.replace("    requests", "    return requests")
    texts = {"a.py": START, "b.py": escaping, "c.py": escaping}
    assert lines(texts) == [
        "Programs: 1 migrated, 2 blocked.",
        "1 blocker affects 2 calls:",
        "  2 calls in 2 programs: responses are passed to code that can't be followed",
        "    b.py:5:12 and 1 more: fix --adapt, or read the response where it is decoded",
    ]


def test_the_json_of_a_fix_and_of_a_report_have_the_blockers() -> None:
    texts = {"a.py": START, "b.py": UNKNOWN, "c.py": UNKNOWN}
    result = analyse(sources(texts), load_rulebook(), settings(), Applicability.SAFE)
    files = {source.path: source for source in sources(texts)}
    fixed = json.loads(fix_report(result, files, Path()))
    assert fixed["summary"]["programs"] == {"migrated": 1, "migrated_in_part": 0, "held_back": 2}
    (blocker,) = fixed["blockers"]
    assert blocker["message"] == "share_id 'nowhere' isn't in the configuration"
    assert (blocker["uses"], blocker["programs"]) == (2, ["b.py", "c.py"])
    assert [place["filename"] for place in blocker["places"]] == ["b.py", "c.py"]


def test_the_page_in_markdown_has_a_row_for_each_blocker() -> None:
    texts = {"a.py": START, "b.py": UNKNOWN, "c.py": UNKNOWN}
    page = markdown_report(analyse(sources(texts), load_rulebook(), settings(), None))
    assert "`kognitos-migrate fix` migrates 1 of 3 programs.\n" in page
    row = "| 2 | 2 | share\\_id 'nowhere' isn't in the configuration | `b.py:5:5 and 1 more` |"
    assert f"{row} fill in the configuration |" in page


def test_many_keys_of_a_table_are_one_step_before_deployment() -> None:
    steps = [
        DeployStep(
            SettingKind.TABLE, "TABLE", Place(f"{name}.py", 1, 1, 1, 2), f"each key from {name}", "fails"
        )
        for name in "abcde"
    ]
    assert list(deployment_lines(steps[:2], DisplayLocations()))[1:] == [
        "  a.py:1:1: TABLE must list each key from a; a missing one fails",
        "  b.py:1:1: TABLE must list each key from b; a missing one fails",
    ]
    assert list(deployment_lines(steps, DisplayLocations()))[1:] == [
        "  TABLE must list each key that is only known at run time:",
        "    a.py:1:1: each key from a",
        "    b.py:1:1: each key from b",
        "    c.py:1:1: each key from c",
        "    and 2 more; a missing one fails",
    ]


def test_many_stored_ids_are_one_step_before_deployment() -> None:
    steps = [
        DeployStep(
            SettingKind.STORED,
            "",
            Place(f"{name}.py", 1, 1, 1, 2),
            "let runs finish",
            flows=(ValueFlow(f"an id comes from {name}", Place(f"{name}.py", 7, 1, 7, 2)),),
        )
        for name in "abcde"
    ]
    assert list(deployment_lines(steps[:1], DisplayLocations()))[1:] == [
        "  a.py:1:1: let runs finish (an id comes from a, a.py:7)"
    ]
    assert list(deployment_lines(steps, DisplayLocations()))[1:] == [
        "  let runs finish:",
        "    a.py:1:1: an id comes from a, a.py:7",
        "    b.py:1:1: an id comes from b, b.py:7",
        "    c.py:1:1: an id comes from c, c.py:7",
        "    and 2 more",
    ]
