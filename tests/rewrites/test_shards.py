"""The slice of a large program is split into shards: findings and changes are those of the whole."""

import pickle
from collections.abc import Mapping

import pytest

from benchmarks.generate import Imports, generate
from benchmarks.linear import settings_of_generated
from kognitos_migrate.discover.prefilter import anchors
from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.modules import slicing
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run import engine, shards
from kognitos_migrate.run.engine import analyse, components_to_analyse
from kognitos_migrate.run.shards import SliceSequence
from tests.rewrites.comparable import without_numbers
from tests.rewrites.verbs import settings, sources

RULES = load_rulebook()
STARTS = """\
import requests


def start_{n}(facts):
    url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
    return requests.post(url, json=facts).json()["worker_id"]


def is_over_{n}(run):
    url = f"https://rest-api.app.kognitos.com/v1/run/{{run}}"
    return requests.get(url).json()["state"] == "done"
"""
HUB = "import one\nimport two\n"
APART = {"hub.py": HUB, "one.py": STARTS.format(n=1), "two.py": STARTS.format(n=2)}
KEPT = "KEPT = {}\n\n\ndef keep(value):\n    KEPT[1] = value\n"

TIED: Mapping[str, Mapping[str, str]] = {
    "a name of one is said in the other": {
        "two.py": "import one\n" + STARTS.format(n=2) + "\n\nOTHER = 'start_1'\n"
    },
    "both use a module's variable": {
        "kept.py": KEPT,
        "one.py": "from kept import KEPT\n" + STARTS.format(n=1) + "\n\nKEPT[1] = is_over_1\n",
        "two.py": "from kept import KEPT\n" + STARTS.format(n=2) + "\n\nKEPT[2] = is_over_2\n",
    },
}


@pytest.fixture(autouse=True)
def sliced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every program is large."""
    monkeypatch.setattr(shards, "LARGE", 0)
    monkeypatch.setattr(shards, "VERY_LARGE", 0)
    monkeypatch.setattr(slicing, "MOST", 1)
    monkeypatch.setattr(engine, "WORTH_PROCESSES", 0)


def shard_count(texts: Mapping[str, str]) -> int:
    (component,) = components_to_analyse(sources(texts), RULES, settings())
    return len(SliceSequence(component, anchors(RULES, settings())).shards())


def test_a_shard_that_is_sent_to_another_process_is_cut_out() -> None:
    (component,) = components_to_analyse(sources(APART), RULES, settings())
    lazy_shard, *_ = SliceSequence(component, anchors(RULES, settings())).shards()
    assert pickle.loads(pickle.dumps(lazy_shard)) == lazy_shard.shard


@pytest.mark.parametrize("level", [None, Applicability.SAFE])
def test_a_program_in_shards_becomes_what_the_whole_becomes(
    level: Applicability | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A shard leaves an import that others may take from the module: here all are used in any case.
    texts = {
        path: f"{text}\n\njson.dumps({{}})\n" if "import json\n" in text else text
        for path, text in generate(18, Imports.RING).modules.items()
    }
    known = settings_of_generated(RULES)
    assert shard_count(texts) == 4
    alone = analyse(sources(texts), RULES, known, level, workers=1)
    assert analyse(sources(texts), RULES, known, level, workers=3) == alone
    assert bool(alone.changes) == (level is not None)
    monkeypatch.setattr(shards, "LARGE", 10**9)
    assert without_numbers(analyse(sources(texts), RULES, known, level)) == without_numbers(alone)


def test_what_has_nothing_to_do_with_each_other_falls_apart() -> None:
    assert shard_count(APART) == 2


@pytest.mark.parametrize("case", TIED)
def test_what_belongs_together_stays_together(case: str) -> None:
    assert shard_count({**APART, **TIED[case]}) == 0


@pytest.mark.parametrize("level", [None, Applicability.SAFE, Applicability.ADAPT])
@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("one.py", 'json()["worker_id"]', 'json()["unheard"]'),  # held back: so is what may go on with it
        ("one.py", 'json()["state"] == "done"', "json()"),  # both need the same module of adapters
        ("hub.py", HUB, "import one\nimport two\n\n\ndef both():\n    return one, two\n"),
    ],
)
def test_what_turns_out_to_belong_together_is_looked_at_together(
    file: str, old: str, new: str, level: Applicability | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {**APART, file: APART[file].replace(old, new)}
    found = analyse(sources(texts), RULES, settings(), level)
    monkeypatch.setattr(shards, "LARGE", 10**9)
    assert without_numbers(found) == without_numbers(analyse(sources(texts), RULES, settings(), level))
