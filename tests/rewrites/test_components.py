"""Connected components of the import graph are analysed separately, with the same result."""

import pytest

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run import engine
from kognitos_migrate.run.components import connected_components
from kognitos_migrate.run.engine import analyse, components_to_analyse
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import replace
from tests.rewrites.verbs import settings, sources

RULES = load_rulebook()
START = """\
import requests

URL = "https://rest-api.app.kognitos.com/v1"


def start(facts):
    reply = requests.post(f"{URL}/invoke/share1", json=facts).json()
    return requests.get(f"{URL}/run/{reply['worker_id']}").json()["state"] == "done"
"""
ESCAPING = """\
import requests


def poll(run):
    return requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}").json()
"""
NEW = """\
import requests


def old(run):
    return requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}").json()


def new(run):
    url = f"https://rest-api.app.kognitos.com/api/v2/runs/{run}"
    return requests.get(url).json()["worker_id"]
"""
ALONE = {
    "one/a.py": START,
    "one/b.py": START.replace("share1", "share2"),
    "two/a.py": NEW,
    "two/unknown.py": START.replace("share1", "share7"),
    "two/again.py": START.replace("share1", "share7"),
    "loader.py": "import pkgutil\n\nFOUND = list(pkgutil.iter_modules(['plugins']))\n",
    "broken.py": 'post("https://rest-api.app.kognitos.com/v1/invoke/"\n',
}


def result(texts: dict[str, str], level: Applicability | None = None, workers: int = 1) -> Result:
    return analyse(sources(texts), RULES, settings(), level, workers=workers)


def paths(texts: dict[str, str], configured: Settings) -> list[tuple[str, ...]]:
    return [part.paths for part in components_to_analyse(sources(texts), RULES, configured)]


def test_what_cannot_matter_is_not_analysed() -> None:
    assert paths(ALONE, settings()) == [(path,) for path in ALONE if path != "loader.py"]


def test_the_result_is_in_the_order_of_place_and_numbered_through() -> None:
    found = result(dict(reversed(ALONE.items())))
    places = [finding.place for finding in found.findings]
    assert places == sorted(places)
    numbers = {finding.conversation for finding in found.findings if finding.conversation}
    assert {name for name in numbers if name[0] == "c"} == {f"c{number}" for number in range(1, 6)}
    assert [(one.key, [place.path for place in one.places]) for one in found.missing] == [
        ("share7", ["two/again.py", "two/unknown.py"])
    ]
    assert set(found.keys["processes"]) == {"share1", "share2", "share7"}
    assert found.remaining == found.findings


@pytest.mark.parametrize("level", [None, Applicability.SAFE, Applicability.ADAPT])
def test_the_number_of_processes_changes_nothing(
    level: Applicability | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "WORTH_PROCESSES", 1)
    texts = {**ALONE, "three/poll.py": ESCAPING, "three/look.py": ESCAPING}
    alone = result(texts, level)
    assert bool(alone.changes) == (level is not None)
    assert [result(texts, level, workers) for workers in (2, 4)] == [alone, alone]


def test_the_order_of_the_files_changes_nothing_but_the_numbers() -> None:
    found, other = result(ALONE), result(dict(reversed(ALONE.items())))
    assert [(one.place, one.fix) for one in found.findings] == [
        (one.place, one.fix) for one in other.findings
    ]


def test_a_check_finds_what_a_fix_changes() -> None:
    checked, fixed = result(ALONE), result(ALONE, Applicability.SAFE)
    assert checked.findings == fixed.findings
    assert not checked.changes
    assert [change.path for change in fixed.changes] == ["one/a.py", "one/b.py"]
    assert {finding.place.path for finding in fixed.remaining} == {
        "broken.py",
        "two/a.py",
        "two/again.py",
        "two/unknown.py",
    }


def test_two_programs_share_the_module_of_adapters_beside_them() -> None:
    texts = {"a.py": ESCAPING, "b.py": START.replace(').json()["state"] == "done"', ").json()")}
    changes = {change.path: change.after for change in result(texts, Applicability.ADAPT).changes}
    assert set(changes) == {"a.py", "b.py", "kognitos_v1.py"}
    assert changes["kognitos_v1.py"].count("def v1_poll_run(") == 1


def test_a_module_of_adapters_that_is_there_is_added_to() -> None:
    first = result({"a.py": ESCAPING}, Applicability.ADAPT)
    texts = {change.path: change.after for change in first.changes}
    starting = """\
import requests


def start(facts):
    return requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts).json()
"""
    changes = {
        change.path: change for change in result({**texts, "b.py": starting}, Applicability.ADAPT).changes
    }
    assert set(changes) == {"b.py", "kognitos_v1.py"}
    module = changes["kognitos_v1.py"]
    assert module.before == texts["kognitos_v1.py"]
    assert "def v1_poll_run(" in module.after
    assert "def v1_start_run(" in module.after


def test_a_module_is_not_put_where_a_search_of_another_program_would_find_it() -> None:
    texts = {
        "app/plugins/poll.py": ESCAPING,
        "app/loader.py": "import pkgutil\n\nFOUND = list(pkgutil.iter_modules(['app/plugins']))\n",
    }
    assert "app/plugins/kognitos_v1.py" not in {
        change.path for change in result(texts, Applicability.ADAPT).changes
    }


def test_a_large_program_elsewhere_takes_nothing_from_a_small_one() -> None:
    many = "".join(f"def step{n}(x):\n    return step{n - 1 if n else 0}(x + {n})\n\n\n" for n in range(300))
    walk = "def walk(x, path=()):\n    return [walk(y, (*path, y.name)) for y in x.children]\n\n\n"
    big = f'"""kognitos"""\n\n{walk}{many}' + "".join(f"step299({n})\n" for n in range(300))
    found = result({"big.py": big, "small.py": START}, Applicability.SAFE)
    assert [change.path for change in found.changes] == ["small.py"]


@pytest.mark.parametrize("level", [None, Applicability.SAFE])
def test_a_module_that_is_not_given_back_as_it_is_stays(level: Applicability | None) -> None:
    odd = f"{START}\n\ntry:\n    start({{}})\nexcept OSError :\n    pass\n"  # LibCST loses the blank
    found = result({"a.py": odd, "b.py": START}, level)
    (broken,) = (one for one in found.findings if one.place.path == "a.py")
    assert (broken.code, broken.reason) == ("KOG901", "not-read-back")
    assert "can't be read back unchanged" in broken.message
    assert [change.path for change in found.changes] == (["b.py"] if level else [])


def test_a_module_of_which_nothing_is_said_need_not_be_given_back() -> None:
    texts = {"a.py": "import b\n" + START, "b.py": "def f():\n    pass\n\x0c\n\n\x0cX = 1\n"}
    assert [change.path for change in result(texts, Applicability.SAFE).changes] == ["a.py"]


STARTS = """\
import requests


def start(facts):
    url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
    run = requests.post(url, json=facts).json()["worker_id"]
    with open("runs.txt", "a") as file:
        file.write(run)
"""
POLLS = """\
import requests


def state():
    run = open("runs.txt").read()
    return requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}").json()["state"] == "done"
"""
SHOWING = POLLS.replace('["state"] == "done"', "")
RETURNING = STARTS.replace("    with open", "    return run\n    with open")
ELSEWHERE = POLLS.replace('f"https://rest-api.app.kognitos.com/v1', 'BASE + f"/v1').replace(
    "import requests\n", "import os\n\nimport requests\n\nBASE = os.environ['BASE']\n"
)


def in_projects(texts: dict[str, str]) -> list[SourceFile]:
    """Each top folder is a project."""
    return [replace(source, project=f"/repo/{source.path.partition('/')[0]}") for source in sources(texts)]


def changed(texts: dict[str, str]) -> list[str]:
    found = analyse(in_projects(texts), RULES, settings(), Applicability.SAFE)
    return [change.path for change in found.changes]


def test_who_stores_an_id_and_who_asks_for_it_are_fixed_together() -> None:
    assert changed({"a/start.py": STARTS, "a/poll.py": POLLS}) == ["a/poll.py", "a/start.py"]


def test_who_gives_an_id_to_callers_that_are_not_in_sight_is_fixed_alone() -> None:
    assert changed({"a/start.py": RETURNING, "a/poll.py": SHOWING}) == ["a/start.py"]


def test_who_stores_an_id_under_another_name_is_fixed_alone() -> None:
    others = SHOWING.replace("runs.txt", "leads.txt")
    assert changed({"a/start.py": STARTS, "a/poll.py": others}) == ["a/start.py"]


def test_where_who_asks_for_it_stays_who_stores_it_stays() -> None:
    texts = {"a/start.py": STARTS, "a/poll.py": SHOWING, "b/start.py": STARTS}
    assert changed(texts) == ["b/start.py"]
    found = analyse(in_projects(texts), RULES, settings(), Applicability.SAFE)
    (start,) = (one for one in found.findings if one.place.path == "a/start.py")
    assert "a/poll.py:6" in start.notes[0]


def test_who_asks_for_a_stored_id_is_known_by_who_stores_it() -> None:
    assert changed({"a/poll.py": ELSEWHERE}) == []
    assert changed({"a/poll.py": ELSEWHERE, "a/start.py": STARTS}) == ["a/poll.py", "a/start.py"]


def test_a_project_within_another_may_share_ids_with_it() -> None:
    nested = [
        replace(source, project=project)
        for source, project in zip(
            sources({"a/poll.py": SHOWING, "a/in/start.py": STARTS}), ("/a", "/a/in"), strict=True
        )
    ]
    assert analyse(nested, RULES, settings(), Applicability.SAFE).changes == ()


def test_the_parts_of_a_run_share_what_is_told_of_all_paths() -> None:
    sources = [SourceFile(f"p{number}/a.py", "x = 1\n", "utf-8", False, "") for number in range(3)]
    first, *others = connected_components(sources)
    assert len(others) == 2
    assert all(part.surroundings.taken_paths is first.surroundings.taken_paths for part in others)
