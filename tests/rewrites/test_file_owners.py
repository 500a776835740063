"""The agent that an uploaded file is for, if the process is known at run time only: that of the start that
sends the file. It isn't known if the key may change in between, or if the file may be of another round."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

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


X = '"f5ghj7klm9npq2rst4uvw6xyz"'
ITEMS = {
    "an operator on another name": f'other = conf\nother |= {{"share": {X}}}',
    "a special method called by its name": f'conf.__setitem__("share", {X})',
    "a function of the library": f'operator.setitem(conf, "share", {X})',
    "a bound method": f"update = conf.update\nupdate(share={X})",
    "a function that a loop runs": f'def change(c):\n    c["share"] = {X}\nlist(map(change, [conf]))',
    "a callback of unknown code": f"import acme\nacme.run(lambda: conf.update(share={X}))",
    "unknown code that gets a holder": "import acme\nbox = Box()\nbox.conf = conf\nacme.change(box)",
}
ATTRIBUTES = {
    "a function": f'setattr(settings, "share", {X})',
    "the method of that name": f'settings.__setattr__("share", {X})',
    "an item of the namespace": f'settings.__dict__["share"] = {X}',
    "an operator on the namespace": f'settings.__dict__ |= {{"share": {X}}}',
    "an operator on a name of the namespace": f'names = vars(settings)\nnames |= {{"share": {X}}}',
    "another namespace": f'settings.__dict__ = {{"share": {X}}}',
    "another class": "settings.__class__ = Box",
    "the constructor": "settings.__init__()",
    "the name of a method": 'getattr(settings, "turn")()',
}
SPECIAL = {
    "__repr__": "print(Box())",
    "__bool__": "print(1 if Box() else 2)",
    "__eq__": "print(Box() == 1)",
    "__lt__": "print(sorted([Box(), Box()]))",
    "__len__": "print(len(Box()))",
    "__hash__": "print({Box()})",
    "__neg__": "print(-Box())",
    "__index__": "print([1][Box()])",
    "__fspath__": "open(Box())",
    "__del__": "Box()",
}


def moved_past(change: str, key: str) -> str:
    """A program that uploads, runs `change`, and starts the process `key`."""
    body = indent(change, " " * 4)
    return f'def main():\n    blob = upload("a")\n{body}\n    print(start({key}, blob))\nmain()\n'


@pytest.mark.parametrize("change", ITEMS.values(), ids=ITEMS)
def test_an_item_may_be_written_behind_the_upload(change: str) -> None:
    head = f'{HEAD}{UPLOAD}{START}import operator\nclass Box:\n    pass\nconf = json.load(open("c.json"))\n'
    assert reasons({"main.py": head + moved_past("pass", 'conf["share"]')}) == {None}
    assert reasons({"main.py": head + moved_past(change, 'conf["share"]')}) == {"owner-unknown"}


@pytest.mark.parametrize("change", ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_an_attribute_may_be_written_behind_the_upload(change: str) -> None:
    settings = """
class Box:
    share = "f5ghj7klm9npq2rst4uvw6xyz"
class Settings:
    def __init__(self):
        self.share = os.environ["SHARE"]
    def turn(self):
        self.share = os.environ["OTHER"]
settings = Settings()
"""
    head = f"{HEAD}{UPLOAD}{START}{settings}"
    assert reasons({"main.py": head + moved_past("pass", "settings.share")}) == {None}
    assert reasons({"main.py": head + moved_past(change, "settings.share")}) == {"owner-unknown"}


@pytest.mark.parametrize(("method", "use"), SPECIAL.items(), ids=SPECIAL)
def test_a_special_method_may_write_where_no_call_shows_it(method: str, use: str) -> None:
    box = f"""
conf = json.load(open("c.json"))
class Box:
    def turn(self):
        conf["share"] = {X}
        return 0
    def {method}(self, *others):
        return self.turn()
"""
    program = {"main.py": f"{HEAD}{UPLOAD}{START}{box}" + moved_past(use, 'conf["share"]')}
    assert reasons(program) == {"owner-unknown"}


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
