"""The agent that an uploaded file is for, if the process is known at run time only: that of the start that
sends the file. It isn't known if the key may change in between, or if the file may be of another round."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from kognitos_migrate.config.load import load_settings
from kognitos_migrate.findings.result import Result
from kognitos_migrate.rulebook.load import load_rulebook
from kognitos_migrate.run.engine import analyse
from kognitos_migrate.source.file import decode_module

FIXTURES = Path(__file__).parents[2] / "fixtures"
HEAD = """
import json, os, requests
URL = "https://rest-api.app.kognitos.com/v1"
"""
UPLOAD = """
def upload(name):
    ticket = requests.post(f"{URL}/upload", json={"file_name": name}).json()
    requests.put(ticket["upload_url"], data=b"x", headers=ticket["upload_http_headers"])
    return ticket["blob_uri"]
"""
START = """
def start(share, blob):
    query = {"attachments_key": "docs"}
    reply = requests.post(f"{URL}/invoke/{share}", params=query, json={"docs": [blob]})
    return reply.json()["worker_id"]
"""
OWNERS = {
    "a variable of the environment": 'blob = upload("a")\nprint(start(os.environ["SHARE"], blob))',
    "an item of settings": """
        conf = json.load(open("c.json"))
        def main():
            blob = upload("a")
            print(start(conf["share"], blob))
        main()
    """,
    "an attribute of an object that others get, too": """
        class Settings:
            def __init__(self):
                self.share = os.environ["SHARE"]
        def show(settings):
            return settings.share
        def main(settings):
            blob = upload("a")
            print(show(settings), start(settings.share, blob))
        main(Settings())
    """,
    "an optional file of each row": """
        for row in json.load(open("rows.json")):
            blob = None
            if row["doc"]:
                blob = upload(row["doc"])
            print(start(os.environ["SHARE"], blob))
    """,
    "the last file of a loop": """
        def main():
            for name in ("a", "b"):
                blob = upload(name)
            print(start(os.environ["SHARE"], blob))
        main()
    """,
}
CHANGED = {
    "a variable of the environment is set": """
        def main():
            blob = upload("a")
            os.environ["SHARE"] = "f5ghj7klm9npq2rst4uvw6xyz"
            print(start(os.environ["SHARE"], blob))
        main()
    """,
    "a function sets an item": """
        conf = json.load(open("c.json"))
        def change(items):
            items["share"] = "f5ghj7klm9npq2rst4uvw6xyz"
        def main():
            blob = upload("a")
            change(conf)
            print(start(conf["share"], blob))
        main()
    """,
    "a name that only the run knows may be no key": """
        shares = dict(json.load(open("c.json")))
        def main(name):
            blob = upload("a")
            print(start(shares[name], blob))
        main(os.environ["NAME"])
    """,
    "a method sets an attribute": """
        class Settings:
            def __init__(self):
                self.share = os.environ["SHARE"]
            def turn(self):
                self.share = os.environ["OTHER"]
        def main(settings):
            blob = upload("a")
            settings.turn()
            print(start(settings.share, blob))
        main(Settings())
    """,
    "a library gets the settings": """
        import acme
        conf = json.load(open("c.json"))
        def main():
            blob = upload("a")
            acme.change(conf["inner"])
            print(start(conf["inner"]["share"], blob))
        main()
    """,
    "the settings of a library are loaded again": """
        import acme
        settings = acme.settings()
        def main():
            blob = upload("a")
            settings.reload()
            print(start(settings.share, blob))
        main()
    """,
    "a global variable is bound": """
        SHARE = os.environ["SHARE"]
        def change():
            global SHARE
            SHARE = os.environ["OTHER"]
        def main():
            blob = upload("a")
            change()
            print(start(SHARE, blob))
        main()
    """,
}
STALE = {
    "a file of some rows": """
        blob = None
        for row in rows:
            if row["doc"]:
                blob = upload(row["doc"])
            print(start(row["share"], blob))
    """,
    "the last file of each row": """
        blob = None
        for row in rows:
            for name in row["docs"]:
                blob = upload(name)
            print(start(row["share"], blob))
    """,
    "a file bound in a comprehension": """
        blob = None
        for row in rows:
            [blob := upload(name) for name in row["docs"]]
            print(start(row["share"], blob))
    """,
    "a file whose upload may fail": """
        blob = None
        for row in rows:
            try:
                blob = upload(row["doc"])
            except OSError:
                pass
            print(start(row["share"], blob))
    """,
}
MODULES = {
    "settings.py": 'import json\nconf = json.load(open("c.json"))\n',
    "files.py": HEAD + UPLOAD,
}
REBOUND = {
    "a module binds the name of the settings": (
        'from settings import conf\ndef change():\n    global conf\n    conf = json.load(open("d.json"))\n',
        'conf["share"]',
        "process.change()",
    ),
    "the script binds the name in the other module": (
        "from settings import conf\n",
        'conf["share"]',
        'process.conf = {"share": "f5ghj7klm9npq2rst4uvw6xyz"}',
    ),
    "the script binds the name in the module of the settings": (
        "import settings\n",
        'settings.conf["share"]',
        'settings.conf = {"share": "f5ghj7klm9npq2rst4uvw6xyz"}',
    ),
}


def analysed(files: dict[str, str]) -> Result:
    rules = load_rulebook()
    settings = load_settings(FIXTURES / "kognitos-migrate.yaml", rules, FIXTURES)
    return analyse([decode_module(text.encode(), path) for path, text in files.items()], rules, settings)


def reasons(files: dict[str, str]) -> set[str | None]:
    return {finding.reason for finding in analysed(files).findings}


@pytest.mark.parametrize("program", OWNERS.values(), ids=OWNERS)
def test_the_owner_is_known(program: str) -> None:
    assert reasons({"main.py": f"{HEAD}{UPLOAD}{START}{dedent(program)}"}) == {None}


@pytest.mark.parametrize("program", CHANGED.values(), ids=CHANGED)
def test_a_key_that_may_change_or_be_missing_behind_the_upload_is_not_its_own(program: str) -> None:
    assert reasons({"main.py": f"{HEAD}{UPLOAD}{START}{dedent(program)}"}) == {"owner-unknown"}


@pytest.mark.parametrize("program", STALE.values(), ids=STALE)
def test_a_file_of_an_earlier_round_may_have_another_owner(program: str) -> None:
    text = f'{HEAD}{UPLOAD}{START}rows = json.load(open("rows.json"))\n{dedent(program)}'
    result = analysed({"main.py": text})
    messages = {finding.fix.message for finding in result.findings}
    assert {finding.reason for finding in result.findings} == {"owner-unknown"}
    assert all("may be stored" in message for message in messages)


WITH_CHANGES = [
    (head, key, change) for head, key, rebinding in REBOUND.values() for change in ("", rebinding)
]


@pytest.mark.parametrize(("head", "key", "change"), WITH_CHANGES)
def test_a_key_in_another_module_is_read_through_its_import(head: str, key: str, change: str) -> None:
    process = f"{HEAD}{START}{head}def go(blob):\n    return start({key}, blob)\n"
    main = (
        "import process, settings\nfrom files import upload\n"
        f'def main():\n    blob = upload("a")\n    {change or "pass"}\n    print(process.go(blob))\nmain()\n'
        "print(settings.conf)\n"
    )
    expected = {"owner-unknown"} if change else {None}
    assert reasons({**MODULES, "process.py": process, "main.py": main}) == expected
