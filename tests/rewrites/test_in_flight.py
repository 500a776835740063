"""Ids of runs that outlive the program: a note says where they are kept, and where they come from."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.findings.result import Finding
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module

FIXTURES = Path(__file__).parents[2] / "fixtures"

CLIENT = """
    import json, os, pickle, queue, shelve, sqlite3, sys
    import requests

    HOST = "https://rest-api.app.kognitos.com"
    KEY = {"x-api-key": "k"}

    def start(facts):
        url = f"{HOST}/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
        return requests.post(url, json=facts, headers=KEY).json()["worker_id"]

    def state(ident):
        return requests.get(f"{HOST}/v1/run/{ident}", headers=KEY).json()["state"]

"""
LINES = CLIENT.count("\n") - 1


def notes(files: dict[str, str]) -> list[tuple[Finding, str]]:
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    sources = [decode_module(dedent(text).lstrip("\n").encode(), path) for path, text in files.items()]
    found = analyse(sources, rules, settings).findings
    return [(finding, note) for finding in found for note in finding.notes]


def where(note: str) -> str:
    """The text of a note in parentheses."""
    text, _, place = note.partition(" (")
    assert text.startswith("v1 worker_ids aren't valid v2 run ids")
    return place.removesuffix(")")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (
            "with open('ids', 'w') as f:\n    f.write(start({}))",
            "'worker_id' is passed to a file, main.py:{2}",
        ),
        ("open('ids', 'a').write(f'{start({})}\\n')", "'worker_id' is passed to a file, main.py:{1}"),
        (
            "json.dump({'run': start({})}, open('run.json', 'w'))",
            "'worker_id' is passed to a file, main.py:{1}",
        ),
        ("pickle.dump([start({})], open('runs', 'wb'))", "'worker_id' is passed to a file, main.py:{1}"),
        (
            "import csv\ncsv.writer(open('r', 'w')).writerow([1, start({})])",
            "'worker_id' is passed to a file, main.py:{2}",
        ),
        (
            "db = sqlite3.connect('runs.db')\ndb.execute('insert into run values (?)', (start({}),))",
            "'worker_id' is passed to a database, main.py:{2}",
        ),
        ("shelve.open('runs')['last'] = start({})", "'worker_id' is passed to a store, main.py:{1}"),
        (
            "import redis\nredis.Redis().set('run', start({}))",
            "'worker_id' is passed to a store, main.py:{2}",
        ),
        (
            "import boto3\nboto3.client('sqs').send_message(MessageBody=start({}))",
            "'worker_id' is passed to a queue, main.py:{2}",
        ),
        (
            "import acme\nacme.remember(start({}))",
            "'worker_id' is passed to `remember`, which can't be followed, main.py:{2}",
        ),
        ("print(state(sys.argv[1]))", "an id comes from an argument of the program, main.py:12"),
        ("print(state(os.environ['RUN']))", "an id comes from environment variable RUN, main.py:12"),
        ("print(state(open('id').read()))", "an id comes from code that can't be followed, main.py:12"),
        ("print(state('6moof09d'))", "'6moof09d' is in the code, main.py:{1}"),
        ("", "an id comes from the callers of `state`, main.py:12"),
    ],
)
def test_where_an_id_goes_and_comes_from(code: str, said: str) -> None:
    for number in (1, 2):
        said = said.replace(f"{{{number}}}", str(LINES + number))
    found = notes({"main.py": dedent(CLIENT) + code + "\n"})
    assert said in [one for _, note in found for one in where(note).split("; ")]


def test_an_id_that_stays_within_the_program_has_no_note() -> None:
    code = """
        todo = queue.Queue()
        todo.put(start({}))
        runs = {"last": todo.get()}
        print("started", runs["last"])
        print(state(runs["last"]))
    """
    assert notes({"main.py": dedent(CLIENT) + dedent(code)}) == []


def test_a_conversation_has_the_note_once_with_the_places_of_all_its_files() -> None:
    store = """
        import sqlite3

        db = sqlite3.connect("runs.db")

        def keep(number, ident):
            with db:
                db.execute("insert into runs values (?, ?)", (number, ident))

        def kept():
            return [row[0] for row in db.execute("select id from runs")]
    """
    main = """
        from client import start, state
        from store import keep, kept

        for number in range(3):
            keep(number, start({"number": number}))
        for ident in kept():
            print(state(ident))
    """
    found = notes({"client.py": CLIENT, "store.py": store, "main.py": main})
    assert len(found) == 1
    finding, note = found[0]
    assert finding.code == "KOG101"
    assert where(note) == (
        "'worker_id' is passed to a database, store.py:7; "
        "an id comes from code that can't be followed, client.py:12"
    )


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (
            "def start(facts):\n    return requests.post(URL, json=facts).json()['worker_id']",
            "'worker_id' is returned to callers outside this project, main.py:4",
        ),
        (
            "def start(facts):\n    for fact in facts:\n"
            "        yield requests.post(URL, json=fact).json()['worker_id']",
            "'worker_id' is returned to code outside this project that iterates over it, main.py:3",
        ),
        (
            "class Client:\n    async def start(self, facts):\n"
            "        reply = requests.post(URL, json=facts)\n"
            "        return reply.json()['worker_id']",
            "'worker_id' is returned to callers outside this project, main.py:6",
        ),
    ],
    ids=["a function", "a generator", "a coroutine of a class"],
)
def test_an_id_that_only_callers_get_is_noted(function: str, said: str) -> None:
    url = "https://rest-api.app.kognitos.com/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
    ((_, note),) = notes({"main.py": f'import requests\nURL = "{url}"\n{function}\n'})
    assert where(note) == said
