"""An import goes only where its every use went, and nobody else takes it."""

from __future__ import annotations

import pytest

from kognitos_migrate.source.file import decode_module
from tests.harness import FIXTURES, load_case
from tests.programs.migrating import migrate

PROGRAM = """\
{import_}
import requests
{before}
run = requests.get("https://rest-api.app.kognitos.com/v1/run/7", headers={{"x-api-key": "k"}}).json()
if run["state"] == "done":
    print(json.loads(run["answer"])["total"])
{after}"""

CASE = load_case(FIXTURES / "programs" / "tiny_hack_upload")

STAYS = {
    "it is exported": PROGRAM.format(import_="import json", before='__all__ = ["json"]', after=""),
    "a comment says why": PROGRAM.format(import_="import json  # noqa: F401", before="", after=""),
    "the module's names are looked up": PROGRAM.format(
        import_="import json", before="", after='import sys\nvars(sys.modules[__name__])["js" + "on"]\n'
    ),
    "it is used elsewhere": PROGRAM.format(import_="import json", before="", after="print(json.dumps(1))\n"),
}


def rewritten(**modules: str) -> dict[str, str]:
    sources = [decode_module(text.encode(), f"{name}.py") for name, text in modules.items()]
    _, texts = migrate(CASE, sources)
    return texts


def test_an_import_without_uses_goes() -> None:
    text = rewritten(main=PROGRAM.format(import_="import json", before="", after=""))["main.py"]
    assert "/v2/runs/7" in text
    assert "import json" not in text


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_an_import_stays_where(text: str) -> None:
    after = rewritten(main=text)["main.py"]
    assert "/v2/runs/7" in after
    assert "import json" in after


EITHER = "import main, string\nfor module in (main, string):\n    "
TAKES = {
    "an attribute": "import main\nmain.json.dumps(1)\n",
    "the names of one of two modules": EITHER + "vars(module).get('json')\n",
    "an attribute of one of two modules": EITHER + "getattr(module, 'js' + 'on', 0)\n",
    "the dict of one of two modules": EITHER + "module.__dict__['json']\n",
    "a listing function passed on": "import main\nprint([names['json'] for names in map(vars, [main])])\n",
    "a reading function passed on": "import main\nprint(list(map(getattr, [main], ['json'])))\n",
    "the target of a patch": "from unittest import mock\nmock.patch('main.json').start()\n",
    "a patch through another module": "import main as m\nimport mock\nmock.patch('other.m.json').start()\n",
    "a listing function in a table": "import main\nREAD = {'names': dir}\nprint(READ['names'](main))\n",
}


@pytest.mark.parametrize("other", TAKES.values(), ids=TAKES)
def test_an_import_that_another_module_takes_stays(other: str) -> None:
    main = PROGRAM.format(import_="import json", before="", after="")
    after = rewritten(main=main, other=other, string="")["main.py"]
    assert "import json" in after


OTHERS = {
    "the names of another module": "print(vars(third))\n",
    "the name of a file": "print(open('orders.json').read(), open('third.json').read())\n",
    "a module of a library": "import flask\nprint(flask.json.dumps(1))\n",
    "the target of a patch of a library": "from unittest import mock\nmock.patch('flask.json').start()\n",
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_an_import_goes_if_another_module_reads(other: str) -> None:
    main = PROGRAM.format(import_="import json", before="", after="")
    after = rewritten(main=main, other=f"import main, third\n{other}", third="")["main.py"]
    assert "import json" not in after


TOPS = {
    "alone in its group, at the top": ("import json\n\nimport requests\n\n", "import requests\n\n"),
    "alone in its group": (
        "import os\n\nimport json\n\nimport requests\n\n",
        "import os\n\nimport requests\n\n",
    ),
    "below what documents the module": (
        '"""Doc."""\n\nimport json\n\nimport requests\n\n',
        '"""Doc."""\n\nimport requests\n\n',
    ),
    "at the end of the imports": (
        "import requests\n\nimport json\n\n\nimport_time = 1\n",
        "import requests\n\n\nimport_time = 1\n",
    ),
    "with others of its group": (
        "import os\nimport json\n\nimport requests\n\n",
        "import os\n\nimport requests\n\n",
    ),
}


@pytest.mark.parametrize(("top", "after"), TOPS.values(), ids=TOPS)
def test_a_group_without_imports_leaves_no_blank_line(top: str, after: str) -> None:
    program = PROGRAM.format(import_="", before="", after="").replace("\nimport requests\n\n", top)
    assert rewritten(main=program)["main.py"].startswith(f"{after}run = ")
