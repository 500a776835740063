"""A function, method or class that reads replies and other data alike: data that keeps the old layout holds
its reader back, and `fix --adapt` puts the reply into that layout."""

from __future__ import annotations

import textwrap

import pytest

from kognitos_migrate.findings.result import Applicability
from tests.rewrites.verbs import FILE, analysed

POLLED = """
import json, pickle, requests, shelve, sqlite3, sys
URL = "https://rest-api.app.kognitos.com/v1/run/7"
def finished(run):
    return run["state"] == "done"
def outputs(run):
    return json.loads(run["answer"])
class Run:
    def __init__(self, data):
        self.state, self.answer = data["state"], data.get("answer")
def poll(other=None):
    {other}
    run = requests.get(URL).json()
    return len(outputs(run)) if finished(run) and Run(run).state == "done" else None
print(poll())
"""
SHARED = {
    "an archive": 'finished(json.load(open("archive.json")))',
    "each line of an archive": "[outputs(json.loads(line)) for line in sys.stdin]",
    "a pickle": 'Run(pickle.load(open("run.pickle", "rb")))',
    "rows of a database": """
        for (text,) in sqlite3.connect("runs.db").execute("select run from runs"):
            print(finished(json.loads(text)))
        """,
    "a cache": """
        with shelve.open("runs") as cache:
            print(Run(cache["7"]).state)
        """,
    "a text": """finished(json.loads('{"state": "done"}'))""",
    "a function that reads a file": """
        def load(path):
            with open(path) as file:
                return json.load(file)
        print(outputs(load("run.json")))
        """,
    "a reply or what was kept of it": """
        kept = json.load(open("run.json")) if sys.argv[1:] else requests.get(URL).json()
        print(finished(kept))
        """,
    "elements of a file in a deque": """
        import collections
        runs = collections.deque([requests.get(URL).json()])
        runs.extendleft(json.load(open("runs.json")))
        print(finished(runs[0]))
        """,
    "a dry run": """
        dry = {"state": "done", "answer": json.dumps({"total": 1})}
        print(outputs(dry if sys.argv[1:] else requests.get(URL).json()))
        """,
    "rows of the answer": """
        print([*filter(finished, outputs(requests.get(URL).json())["rows"])])
        """,
    "pairs that are zipped": """
        print(finished(dict(zip(("state", "answer"), ("done", "{}")))))
        """,
    "dicts that are merged": """
        print(finished({"kind": "local"} | {"state": "done"}))
        """,
    "a dict that a reply is merged into, or another one": """
        for run in ({"kind": "local"} | {"state": "done"}, {"kind": "remote"} | requests.get(URL).json()):
            print(finished(run))
        """,
    "a dict with the new name of the field": """
        print(finished({"status": "done"}))
        """,
    "an object with items": """
        class Local:
            def __getitem__(self, name):
                return "done"
        print(finished(Local()))
        """,
    "a layered dict": """
        import collections
        print(finished(collections.ChainMap({}, {"state": "done"})))
        """,
    "another service's reply": """
        print(finished(requests.get("https://example.com/jobs/7").json()))
        """,
    "an example in a docstring": '''
        def over(run):
            """Whether a run is over.

            >>> over({"state": "done", "answer": "{}"})
            True
            """
            return run["state"] == "done"
        print(over(requests.get(URL).json()))
        ''',
    "an example in a docstring, of JSON": '''
        def over(text):
            """Whether a run is over.

            >>> over('{"state": "done"}')
            True
            """
            return json.loads(text)["state"] == "done"
        print(over(requests.get(URL).text))
        ''',
}
ALONE = {
    "nothing else": "pass",
    "a dict that is filled with replies": """
        runs = {}
        while not runs.get("7", {}).get("state") == "done":
            runs["7"] = requests.get(URL).json()
        """,
    "a list that is empty at first": """
        runs = []
        while not runs or runs[-1]["state"] != "done":
            runs.append(requests.get(URL).json())
        """,
    "an example in a docstring that says nothing of it": '''
        def over(run):
            """Whether a run is over.

            >>> over({"status": "Succeeded"})
            True
            """
            return run["state"] == "done"
        print(over(requests.get(URL).json()))
        ''',
}


def program(other: str) -> str:
    return POLLED.format(other=textwrap.indent(textwrap.dedent(other), "    ").strip())


DECODED = ("each line of an archive", "a function that reads a file")
"""Data that json decodes: the reason is their text, which the reader decodes once more."""


@pytest.mark.parametrize("about", SHARED)
def test_a_reader_that_other_data_share_stays(about: str) -> None:
    result = analysed({FILE: program(SHARED[about])})
    assert not result.changes
    reasons = {finding.reason for finding in result.findings if finding.code.startswith("KOG2")}
    assert reasons in ([{"text-escapes"}] if about in DECODED else [{"stand-in"}, {"word-escapes"}])


@pytest.mark.parametrize("other", ALONE.values(), ids=ALONE)
def test_a_reader_of_replies_alone_is_migrated(other: str) -> None:
    result = analysed({FILE: program(other)})
    assert result.changes
    assert {finding.fix.applicability for finding in result.findings} == {Applicability.SAFE}


ENTERED = """
    import json, requests, shelve
    URL = "https://rest-api.app.kognitos.com/v1/run/7"
    class Queue:
        def __init__(self, items=()):
            self.items = list(items)
        def get(self, url):
            return self.items.pop(0) if len(self.items) > 1 else self.items[0]
    def outputs(session):
        with session.get(URL) as response:
            run = response.json()
        return json.loads(run["answer"]) if run["state"] == "done" else None
    print(outputs(requests.Session()))
    {other}
"""
ENTERED_TEST = """
    import app
    class Reply:
        def __init__(self, data):
            self.data = data
        def __enter__(self):
            return self
        def __exit__(self, *error):
            return None
        def json(self):
            return self.data
    def test_running():
        assert app.outputs(app.Queue([Reply({"state": "running"})])) is None
    def test_nothing_is_there():
        with __import__("pytest").raises(IndexError):
            app.outputs(app.Queue())
    """


@pytest.mark.parametrize(
    ("other", "is_alone"),
    [
        ("pass", True),
        ("outputs(Queue(shelve.open('runs').values()))", False),
        ("queue = Queue(); queue.items += shelve.open('runs').values(); outputs(queue)", False),
    ],
)
def test_a_reader_of_entered_objects_is_migrated_if_none_is_kept(other: str, *, is_alone: bool) -> None:
    result = analysed({"app.py": ENTERED.replace("{other}", other), "test_app.py": ENTERED_TEST})
    safe = {finding.fix.applicability is Applicability.SAFE for finding in result.findings}
    assert safe == {is_alone}
