"""Requests that can't be followed hold back the conversations that they may take part in, and no others."""

import pytest

from kognitos_migrate.findings.result import Applicability
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES, changed, poll, start
from tests.rewrites.verbs import settings, sources

HOST = 'HOST = "https://rest-api.app.kognitos.com"\n'
SHOW = """\
import requests
{imports}
HOST = "https://rest-api.app.kognitos.com"

def show(kind{parameters}):
    run = {run}
    return requests.get(f"{HOST}/{kind}/{run}").json()
"""
BEGIN = """\
import requests

HOST = "https://rest-api.app.kognitos.com"

def begin(kind, facts):
    run = requests.post(f"{HOST}/{kind}/share1", json=facts).json()["worker_id"]
    {end}
"""


def show(run: str, imports: str = "", parameters: str = "") -> str:
    """A module with a request to the API whose operation isn't known."""
    text = SHOW.replace("{imports}", imports).replace("{parameters}", parameters)
    return text.replace("run = {run}", f"run = {run}")


def followed(text: str) -> str:
    """A module whose poll can be migrated."""
    return text.replace(".json()\n", '.json()["state"] == "done"\n')


TIED = {
    "a cache key": (
        start('redis.Redis().set("last_run", run)', imports="import redis"),
        show('redis.Redis().get("last_run").decode()', imports="import redis"),
    ),
    "a text file": (
        start('with open("run.txt", "w") as file:', "    file.write(run)"),
        show('open("/srv/run.txt").read()'),
    ),
    "a table": (
        start('db.execute("INSERT INTO runs (id) VALUES (?)", (run,))', imports="from app import db"),
        show('db.execute("SELECT id FROM runs").fetchone()[0]', imports="from app import db"),
    ),
    "an environment variable": (
        start('os.environ["RUN_ID"] = run', imports="import os"),
        show('os.environ["RUN_ID"]', imports="import os"),
    ),
    "a package": (
        start("jobstore.save(run)", imports="import jobstore"),
        show("jobstore.pending()[0]", imports="import jobstore"),
    ),
    "a module that imports the start": (start("return run"), show("run", "import start", ", run")),
    "a library is given the path": (
        start('with open("run.txt", "w") as file:', "    file.write(run)"),
        f'import fluent\n\n{HOST}PATH = "/v1/run/"\n\ndef show():\n'
        '    return fluent.get(HOST, PATH + open("run.txt").read())\n',
    ),
    "a file that the unknown request's id goes to": (
        followed(poll('run = open("run.txt").read()')),
        BEGIN.replace("{end}", 'open("run.txt", "w").write(run)'),
    ),
    "a key that the unknown request's id goes to": (
        followed(poll('run = redis.Redis().get("last_run").decode()', imports="import redis")),
        BEGIN.replace("{end}", 'redis.Redis().set("last_run", run)').replace(
            "import", "import redis\nimport"
        ),
    ),
}
ADDRESS = """\
def ask(run):
    return "https://rest-api.app.kognitos.com/v1/run/" + run

def note(db, rows):
    db.execute("INSERT INTO totals (number) VALUES (?)", rows)
"""
"""A function whose callers get an address, beside one that stores rows."""
ALONE = {
    "an address for callers, and a table that both modules name": (
        followed(poll("db.execute('UPDATE totals SET number = 1')", parameters="run, db")),
        ADDRESS,
    ),
    "another cache key": (
        start('redis.Redis().set("last_run", run)', imports="import redis"),
        show('redis.Redis().get("next_lead").decode()', imports="import redis"),
    ),
    "callers that are not in sight": (start("return run"), show("run", parameters=", run")),
    "another file": (
        start('with open("a.txt", "w") as file:', "    file.write(run)"),
        show('open("b.txt").read()'),
    ),
    "an unknown request of which nothing goes anywhere": (
        followed(poll("pass", parameters="run")),
        BEGIN.replace("{end}", "assert run"),
    ),
}
IN_ONE_MODULE = {
    "a start": """
def other(facts):
    response = requests.post(os.environ["GATEWAY"] + "/v1/invoke/abc", json=facts, headers={"x-api-key": "k"})
    print(response.status_code)
""",
    "a poll of a run in sight": """
def ping():
    reply = requests.get(os.environ["GATEWAY"] + "/v1/run/7", headers={"x-api-key": "k"})
    return reply.status_code == 200
""",
    "a start by a session": """
def warm_up(session):
    with requests.Session() as session:
        session.headers["x-api-key"] = os.environ["KEY"]
        session.post("%s/v1/invoke/warm" % os.environ["GATEWAY"], json={}).raise_for_status()
""",
}


@pytest.mark.parametrize(("module", "other"), TIED.values(), ids=TIED)
def test_a_way_to_an_unfollowed_request_holds_back(module: str, other: str) -> None:
    assert changed({"start.py": module, "other.py": other}) == []


@pytest.mark.parametrize(("module", "other"), ALONE.values(), ids=ALONE)
def test_an_unfollowed_request_without_a_way_holds_nothing_back(module: str, other: str) -> None:
    assert changed({"start.py": module, "other.py": other}) == ["start.py"]


def test_the_refusal_names_the_way() -> None:
    module, other = TIED["a cache key"]
    result = analyse(sources({"start.py": module, "other.py": other}), RULES, settings(), Applicability.SAFE)
    (finding,) = (finding for finding in result.findings if finding.code == "KOG101")
    assert "through 'last_run', which both use (other.py:7:12)" in finding.fix.message


@pytest.mark.parametrize("call", IN_ONE_MODULE.values(), ids=IN_ONE_MODULE)
@pytest.mark.parametrize(
    "client", [start("return run"), followed(poll("pass", parameters="run"))], ids=["start", "poll"]
)
def test_a_possible_call_that_shares_no_id_holds_nothing_back(client: str, call: str) -> None:
    text = f"import os\n{client}{call}"
    result = analyse(sources({"a.py": text}), RULES, settings(), Applicability.SAFE)
    (change,) = result.changes
    assert "/v2/runs" in change.after
    assert call in change.after
    assert "KOG903" in {finding.code for finding in result.remaining}


def test_a_possible_call_that_takes_the_id_holds_back() -> None:
    call = """
def ping(job):
    return requests.get(os.environ["GATEWAY"] + "/v1/run/" + job, headers={"x-api-key": "k"}).text
"""
    assert changed({"a.py": f"import os\n{start('return run')}{call}"}) == []
