"""An import goes only where its every use went, and nobody else takes it."""

from __future__ import annotations

import pytest

from kognitos_migrate.source.file import decode
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
    sources = [decode(text.encode(), f"{name}.py") for name, text in modules.items()]
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


def test_an_import_that_another_module_takes_stays() -> None:
    main = PROGRAM.format(import_="import json", before="", after="")
    after = rewritten(main=main, other="import main\nmain.json.dumps(1)\n")["main.py"]
    assert "import json" in after


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
