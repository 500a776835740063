"""Flow channels: an id that leaves one module, and one that comes from outside in another.

They are tied if a channel leads from the one to the other, and then fixed together or not at all; else each
is fixed alone.
"""

import pytest

from kognitos_migrate.findings.result import Applicability, Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from tests.rewrites.verbs import settings, sources

RULES = load_rulebook()
START = """\
import requests
{imports}

def start(facts):
    url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
    run = requests.post(url, json=facts).json()["worker_id"]
{ends}
"""
POLL = """\
import requests
{imports}

def poll({parameters}):
{begins}
    return requests.get(f"https://rest-api.app.kognitos.com/v1/run/{run}").json()
"""


def start(*ends: str, imports: str = "") -> str:
    """A module that starts a run; `ends` are the lines that do something with its id."""
    return START.replace("{imports}", imports).replace("{ends}", "\n".join(f"    {line}" for line in ends))


def poll(*begins: str, imports: str = "", parameters: str = "") -> str:
    """A module that can't be migrated as it is: it returns a whole reply to callers that are not in sight."""
    lines = "\n".join(f"    {line}" for line in begins)
    return POLL.replace("{imports}", imports).replace("{parameters}", parameters).replace("{begins}", lines)


TIED = {
    "a table": (
        start('db.execute("INSERT INTO runs (worker_id) VALUES (?)", (run,))', imports="from app import db"),
        poll('run = db.execute("SELECT worker_id FROM runs").fetchone()[0]', imports="from app import db"),
    ),
    "a table of two connections": (
        start(
            'sqlite3.connect("a.db").execute("insert into runs values (?, 0)", (run,))',
            imports="import sqlite3",
        ),
        poll(
            'run = sqlite3.connect("b.db").execute("select id from runs limit 1").fetchone()[0]',
            imports="import sqlite3",
        ),
    ),
    "a database file": (
        start(
            'with sqlite3.connect("jobs.db") as db:',
            "    db.execute(INSERT, (run,))",
            imports="import sqlite3\nfrom queries import INSERT",
        ),
        poll(
            'db = sqlite3.connect("jobs.db")',
            "for (run,) in db.execute(PENDING):",
            "    break",
            imports="import sqlite3\nfrom queries import PENDING",
        ),
    ),
    "a text file": (
        start('with open("run.txt", "w") as file:', "    file.write(run)"),
        poll('run = open("run.txt").read()'),
    ),
    "a JSON file by a constant": (
        start(
            'json.dump({"run": run}, open(STATE, "w"))',
            imports='import json\n\nSTATE = "state/last.json"\n',
        ),
        poll(
            'run = json.load(open(FILE))["run"]',
            imports='import json\n\nFILE = "/srv/app/state/last.json"\n',
        ),
    ),
    "a file by pathlib": (
        start('Path("last_run").write_text(run)', imports="from pathlib import Path"),
        poll('run = Path("last_run").read_text()', imports="from pathlib import Path"),
    ),
    "a file in a folder": (
        start('open(FOLDER / "last.txt", "w").write(run)', imports="from settings import FOLDER"),
        poll('run = (FOLDER / "last.txt").read_text()', imports="from settings import FOLDER"),
    ),
    "a CSV file": (
        start(
            'with open("runs.csv", "a", newline="") as file:',
            "    csv.writer(file).writerow([run, facts])",
            imports="import csv",
        ),
        poll(
            'with open("runs.csv") as file:',
            "    for run, _ in csv.reader(file):",
            "        pass",
            imports="import csv",
        ),
    ),
    "a shelf": (
        start('with shelve.open("jobs") as shelf:', '    shelf["last"] = run', imports="import shelve"),
        poll('run = shelve.open("jobs")["last"]', imports="import shelve"),
    ),
    "a key of a shelf that isn't named": (
        start('shelf["last_run"] = run', imports="from app import shelf"),
        poll('run = shelf["last_run"]', imports="from other import shelf"),
    ),
    "a pickle": (
        start('pickle.dump(run, open("job.pkl", "wb"))', imports="import pickle"),
        poll('run = pickle.load(open("job.pkl", "rb"))', imports="import pickle"),
    ),
    "a cache key": (
        start('redis.Redis().set("last_run", run)', imports="import redis"),
        poll('run = redis.Redis().get("last_run").decode()', imports="import redis"),
    ),
    "a prefix of cache keys": (
        start('redis.Redis().set(f"run:{facts}", run)', imports="import redis"),
        poll('run = redis.Redis().get(f"run:{name}")', imports="import redis", parameters="name"),
    ),
    "a hash in a cache": (
        start('CACHE.hset("runs", "last", run)', imports="import redis\n\nCACHE = redis.Redis()\n"),
        poll(
            "for run in CACHE.hgetall(KEY).values():",
            "    break",
            imports='import redis\n\nCACHE = redis.Redis()\nKEY = "runs"\n',
        ),
    ),
    "a Django cache": (
        start('cache.set("run", run)', imports="from django.core.cache import cache"),
        poll('run = cache.get("run")', imports="from django.core.cache import cache"),
    ),
    "a queue by its name": (
        start(
            'boto3.client("sqs").send_message(QueueUrl="https://sqs/runs", MessageBody=run)',
            imports="import boto3",
        ),
        poll(
            'run = boto3.client("sqs").receive_message(QueueUrl="https://sqs/runs")["Messages"][0]["Body"]',
            imports="import boto3",
        ),
    ),
    "a routing key": (
        start(
            'channel.basic_publish("", routing_key="runs", body=run)', imports="from broker import channel"
        ),
        poll('run = next(channel.consume("runs"))', imports="from broker import channel"),
    ),
    "a topic": (
        start('producer.send("runs", run)', imports="from kafka_app import producer"),
        poll(
            'for message in KafkaConsumer("runs"):',
            "    run = message.value",
            imports="from kafka import KafkaConsumer",
        ),
    ),
    "a task by its name": (
        start('app.send_task("tasks.poll", args=[run])', imports="from celery_app import app"),
        poll("pass", parameters="run"),
    ),
    "a task by a name of its own": (
        start('app.send_task("watch-run", args=[run])', imports="from celery_app import app"),
        poll("pass", parameters="run")
        .replace("def poll", '@app.task(name="watch-run")\ndef poll')
        .replace("import requests", "import requests\nfrom celery_app import app"),
    ),
    "a script that is started": (
        start('subprocess.run(["python", "other.py", run])', imports="import subprocess"),
        poll("run = sys.argv[1]", imports="import sys"),
    ),
    "an environment variable": (
        start('os.environ["RUN_ID"] = run', imports="import os"),
        poll('run = os.environ["RUN_ID"]', imports="import os"),
    ),
    "an environment variable that is asked for": (
        start('os.environ["RUN_ID"] = run', imports="import os"),
        poll('run = os.getenv("RUN_ID")', imports="import os"),
    ),
    "a bucket": (
        start('boto3.resource("s3").Object("kog-runs", facts["id"]).put(Body=run)', imports="import boto3"),
        poll(
            'run = boto3.resource("s3").Object("kog-runs", key).get()["Body"].read()',
            imports="import boto3",
            parameters="key",
        ),
    ),
    "a document store": (
        start('db["jobs"].insert_one({"_id": run})', imports="from m import db"),
        poll('run = db["jobs"].find_one()["_id"]', imports="from m import db"),
    ),
    "a package without names": (
        start("jobstore.save(run)", imports="import jobstore"),
        poll("run = jobstore.pending()[0]", imports="import jobstore"),
    ),
    "an object of a package without names": (
        start("Jobs().add(run)", imports="from jobstore import Jobs"),
        poll("run = Jobs().next()", imports="from jobstore import Jobs"),
    ),
    "a package to which one gives a name": (
        start('jobstore.save("invoice", run)', imports="import jobstore"),
        poll("run = jobstore.pending()[0]", imports="import jobstore"),
    ),
    "a cookie that is called as the field is": (
        start('response.set_cookie("worker_id", run)', imports="from flask import response"),
        poll('run = request.cookies["worker_id"]', imports="from flask import request"),
    ),
    "a key that is the share_id": (
        start('cache.set("share1", run)', imports="from django.core.cache import cache"),
        poll('run = cache.get("share1")', imports="from django.core.cache import cache"),
    ),
    "an item, and a method that asks for it": (
        start('st.session_state["run"] = run', imports="import streamlit as st"),
        poll('run = st.session_state.get("run")', imports="import streamlit as st"),
    ),
    "a method, and an item": (
        start('session.put("run", run)', imports="from web import session"),
        poll('run = session["run"]', imports="from web import session"),
    ),
    "a table in small letters": (
        start('db.execute("insert into runs (run) values (%s)", [run])', imports="from app import db"),
        poll('run = db.scalar("select max(r.run)\\nfrom app.runs as r")', imports="from app import db"),
    ),
    "a command for a server": (
        start('server.execute_command("SET last_run " + run)', imports="from app import server"),
        poll('run = server.execute_command("GET last_run")', imports="from app import server"),
    ),
    "a script that a shell starts": (
        start('shell(f"python /srv/other.py {run} >> log")', imports="from fabric import shell"),
        poll("run = sys.argv[1]", imports="import sys"),
    ),
    "a signature of a task": (
        start('celery.signature("poll").delay(run)', imports="import celery"),
        poll("pass", imports="import celery", parameters="run"),
    ),
    "the poll imports the start": (
        start("return run"),
        poll("pass", imports="import start", parameters="run"),
    ),
    "the start imports the poll": (
        start("return run", imports="import other"),
        poll("pass", parameters="run"),
    ),
}
ALONE = {
    "callers that are not in sight": (start("return run"), poll("pass", parameters="run")),
    "it is printed": (start("print(run)"), poll("run = input()")),
    "another table": (
        start('db.execute("INSERT INTO runs (worker_id) VALUES (?)", (run,))', imports="from app import db"),
        poll('run = db.execute("SELECT worker_id FROM leads").fetchone()[0]', imports="from app import db"),
    ),
    "another file": (
        start('with open("a.txt", "w", encoding="utf-8") as file:', "    file.write(run)"),
        poll('with open("b.txt", "r", encoding="utf-8") as file:', "    run = file.read()"),
    ),
    "another key": (
        start('redis.Redis().set("last_run", run)', imports="import redis"),
        poll('run = redis.Redis().get("next_lead").decode()', imports="import redis"),
    ),
    "a column of a table, and a key of something else": (
        start(
            "frame = pd.DataFrame(facts)",
            'frame["run"] = run',
            'frame.to_csv("out.csv")',
            imports="import pandas as pd",
        ),
        poll('run = json.loads(body)["run"]', imports="import json\nimport fastapi", parameters="body"),
    ),
    "a column that is called as the field is": (
        start(
            'statement = Statement.objects.get(worker_id="")',
            "statement.key = run",
            'statement.save(update_fields=["worker_id"])',
            imports="from billing.models import Statement",
        ),
        poll('run = inbox.next()["worker_id"]', imports="from billing import inbox"),
    ),
    "the same columns of other tables": (
        start(
            'db.execute("insert into runs (number, owner) values (?, ?)", (run,))', imports="import app.db"
        ),
        poll('run = db.scalar("select number, owner from leads")', imports="import app.db"),
    ),
    "the words of messages": (
        start('notify.send(f"Started a run for the invoice: {run}")', imports="import notify"),
        poll('run = forms.ask("Which run for the invoice? ")', imports="import forms"),
    ),
    "options of the same name": (
        start("click.secho(run)", imports="import click").replace(
            "def start", '@click.command()\n@click.option("--number", "number", help="of a run")\ndef start'
        ),
        poll("pass", imports="import click", parameters="run").replace(
            "def poll",
            '@click.command()\n@click.argument("run")\n@click.option("--number", "number")\ndef poll',
        ),
    ),
    "the same share_id": (
        start('queue.put(Process("share1"), run)', imports="from app.models import Process, queue"),
        poll('run = Last("share1").value', imports="from shop.models import Last"),
    ),
    "types of content, and the ends of names": (
        start('store.save(f"{facts}.json", "application/json", run)', imports="import store"),
        poll(
            'run = load(f"{facts}.json", "application/json")',
            imports="from fs import load",
            parameters="facts",
        ),
    ),
    "a variable that both read": (
        start('open(os.environ["DATA"], "w").write(run)', imports="import os"),
        poll('run = open(os.environ["INBOX"]).read()', "os.environ['DATA']", imports="import os"),
    ),
}
IMPORTER = "from app.start import start\nfrom app import other\n"


def changed(texts: dict[str, str]) -> list[str]:
    """The files that `fix` changes."""
    found = analyse(sources(texts), RULES, settings(), Applicability.SAFE)
    return [change.path for change in found.changes]


@pytest.mark.parametrize(("begin", "end"), TIED.values(), ids=TIED)
def test_what_is_tied_stays_where_one_of_it_stays(begin: str, end: str) -> None:
    assert changed({"start.py": begin, "other.py": end}) == []
    followed = end.replace(".json()\n", '.json()["state"] == "done"\n')
    assert changed({"start.py": begin, "other.py": followed}) == ["other.py", "start.py"]


@pytest.mark.parametrize(("begin", "end"), ALONE.values(), ids=ALONE)
def test_what_nothing_ties_is_fixed_alone(begin: str, end: str) -> None:
    assert changed({"start.py": begin, "other.py": end}) == ["start.py"]


def test_a_module_that_has_both_ties_them() -> None:
    begin, end = ALONE["callers that are not in sight"]
    texts = {"app/__init__.py": "", "app/start.py": begin, "app/other.py": end}
    assert changed(texts) == ["app/start.py"]
    assert changed({**texts, "main.py": IMPORTER}) == []


def test_a_module_that_both_use_does_not_tie_them() -> None:
    begin, end = (
        text.replace("import requests", "import requests\nimport common") for text in ALONE["it is printed"]
    )
    common = "import os\n\nDEBUG = os.environ['DEBUG']\n"
    assert changed({"common.py": common, "start.py": begin, "other.py": end}) == ["start.py"]


def test_the_finding_names_the_other_module_and_the_way() -> None:
    begin, end = TIED["a cache key"]
    found = analyse(sources({"start.py": begin, "other.py": end}), RULES, settings(), Applicability.SAFE)
    notes = {finding.place.path: finding.notes for finding in found.findings}
    way = "ids may be passed through 'last_run', which both use"
    assert f"changed together with other.py:6 or not at all: {way}" in notes["start.py"]
    assert f"changed together with start.py:6 or not at all: {way}" in notes["other.py"]


BLOCKER = """
def example():
    requests.post("https://rest-api.app.kognitos.com/v1/invoke/share", json={"x": 1})
"""
UNREAD = """
EXAMPLE = "GET https://rest-api.app.kognitos.com/v1/run/7"
"""


@pytest.mark.parametrize("blocker", [BLOCKER, UNREAD])
@pytest.mark.parametrize("client", [START, POLL])
def test_what_takes_no_part_holds_nothing_back(client: str, blocker: str) -> None:
    text = (
        start("return run") if client is START else poll("pass", parameters="run")[:-8] + '.json()["state"]\n'
    )
    (change,) = analyse(sources({"a.py": text + blocker}), RULES, settings(), Applicability.SAFE).changes
    assert "/v2/runs" in change.after
    assert blocker in change.after


CLIENT = """
import requests
def start(url, facts):
    return requests.post("https://rest-api.app.kognitos.com" + url, json=facts).json()["worker_id"]
def check():
    return start("/v1/invoke/share1", {"a": 2})
"""
OF_TEST = """
from app import start
def test_start(requests_mock):
    requests_mock.post("https://rest-api.app.kognitos.com/v1/invoke/made-up", json={"worker_id": "w"})
    assert start("/v1/invoke/made-up", {"a": 1}) == "w"
"""


def test_a_key_that_only_a_test_uses_is_named_there() -> None:
    def words(**files: str) -> str:
        named = {f"{name}.py": text for name, text in files.items()}
        found = analyse(sources(named), RULES, settings(), Applicability.SAFE)
        return "\n".join(f"{finding.fix.message}\n{finding.help}" for finding in found.findings)

    of_test = words(app=CLIENT, test_app=OF_TEST)
    assert "share_id 'made-up' (test_app.py:4) isn't in the configuration" in of_test
    assert "# only tests use it, so any values will do" in of_test
    used = words(app=CLIENT + "start('/v1/invoke/made-up', {})", test_app=OF_TEST)
    assert "share_id 'made-up' isn't in the configuration" in used
    assert "only tests" not in used


def test_a_key_is_unknown_if_all_stubs_of_tests_say_so() -> None:
    client = """
import requests
URL = "https://rest-api.app.kognitos.com/v1"
def start(facts, share_id="share1"):
    return requests.post(f"{URL}/invoke/{share_id}", json=facts).json()["worker_id"]
"""
    test = """
import app
def test_%s(requests_mock):
    requests_mock.post(f"{app.URL}/invoke/made-up", %s)
    app.start({"a": 1}, "made-up")
"""

    def migrated(*replies: str) -> Result:
        of_test = "".join(test % (name, reply) for name, reply in zip("abc", replies, strict=False))
        files = sources({"app.py": client, "test_app.py": of_test})
        return analyse(files, RULES, settings(), Applicability.SAFE)

    def texts(*replies: str) -> list[str]:
        return [change.after for change in migrated(*replies).changes]

    after, after_test = texts("status_code=404", "json={}, status_code=404")
    assert migrated("status_code=404").missing == ()
    assert [missing.key for missing in migrated("status_code=403").missing] == ["made-up"]
    assert '"process_id": str(share_id)' in after
    assert "{app.URL}/runs" in after_test
    assert texts("status_code=404", "json={'worker_id': 'w'}") == []
    assert texts("status_code=404", "status_code=403") == []
    assert texts("status_code=int('404')") == []
    assert texts("[{'status_code': 404}, {'json': {'worker_id': 'w'}}]") == []


def test_a_text_that_is_no_key_by_its_form_has_its_own_words() -> None:
    found = analyse(sources({"a.py": "import requests\n" + BLOCKER}), RULES, settings(), Applicability.SAFE)
    (finding,) = found.findings
    assert finding.reason == "malformed-key"
    assert "'share' can't be a share_id: it has 5 characters, fewer than 6" in finding.fix.message
    assert (found.missing, dict(found.keys)) == ((), {})
