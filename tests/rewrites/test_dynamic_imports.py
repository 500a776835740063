"""Settings in modules that an environment variable names, or a default of it."""

from __future__ import annotations

import pytest

from kognitos_migrate.findings.result import Applicability, Finding
from kognitos_migrate.run.engine import analyse
from tests.rewrites.test_flow_channels import RULES
from tests.rewrites.verbs import settings, sources

CLIENT = """\
import importlib
import os
import requests

{before}
SETTINGS = importlib.import_module({name})


def start(facts):
    url = "%s/%s/invoke/share1" % (SETTINGS.API["HOST"], SETTINGS.API["VERSION"])
    return requests.post(url, json=facts).json()["worker_id"]
{after}
"""
SETTINGS = 'API = {"HOST": "https://rest-api.app.kognitos.com", "VERSION": "v1"}\n'
VARIABLE = 'os.environ["APP_SETTINGS"]'
SETS = ('os.environ.setdefault("APP_SETTINGS", "conf.base")', 'os.environ["APP_SETTINGS"] = "conf.base"')


def fixed(
    files: dict[str, str], level: Applicability = Applicability.SAFE
) -> tuple[dict[str, str], list[Finding]]:
    """The files after a fix, and the remaining findings."""
    result = analyse(sources(files), RULES, settings(), level)
    return {**files, **{change.path: change.after for change in result.changes}}, list(result.remaining)


def files(
    before: str = SETS[0], name: str = VARIABLE, after: str = "", others: dict[str, str] | None = None
) -> dict[str, str]:
    client = CLIENT.format(before=before, name=name, after=after)
    return {"app.py": client, "conf/__init__.py": "", "conf/base.py": SETTINGS, **(others or {})}


@pytest.mark.parametrize(
    ("before", "name"),
    [
        *((before, VARIABLE) for before in SETS),
        ("", 'os.environ.get("APP_SETTINGS", "conf.base")'),
        ("", 'os.getenv("APP_SETTINGS") or "conf.base"'),
        (SETS[0].replace("base", "prod"), VARIABLE),
    ],
)
def test_the_module_is_changed(before: str, name: str) -> None:
    others = {"conf/prod.py": "from .base import *\n"} if "prod" in before else {}
    texts, remaining = fixed(files(before, name, others=others))
    assert remaining == []
    assert texts["conf/base.py"] == SETTINGS.replace("v1", "v2")


@pytest.mark.parametrize("after", ['print(SETTINGS.API["VERSION"])', "print(SETTINGS.API)"])
def test_a_version_that_other_code_reads_stays(after: str) -> None:
    before = files(after=after)
    texts, remaining = fixed(before, Applicability.UNSAFE)
    assert texts == before
    assert [finding.code for finding in remaining] == ["KOG101"]


def test_another_module_beside_it_may_be_the_one() -> None:
    """The host of a module that only users name belongs to the calls, and needs no look of its own."""
    before = files(others={"conf/prod.py": SETTINGS.replace("app", "eu")})
    texts, remaining = fixed(before)
    assert texts == before
    assert [finding.code for finding in remaining if finding.place.path != "conf/prod.py"] == ["KOG101"]
    texts, remaining = fixed(before, Applicability.UNSAFE)
    assert texts["app.py"] != before["app.py"]
    assert texts["conf/base.py"] == before["conf/base.py"]
    assert {finding.place.path for finding in remaining} <= {"conf/prod.py"}


UPDATE = SETS[0] + '\nos.environ.update(APP_SETTINGS="other.place")'


@pytest.mark.parametrize(
    ("before", "others"),
    [
        (SETS[0], {"deploy/prod.py": SETTINGS}),
        (SETS[0], {"deploy/prod.py": f"if True:\n    {SETTINGS}"}),
        (SETS[0], {"deploy/prod.py": 'globals()["API"] = {"HOST": HOSTS[0], "VERSION": "v1"}\n'}),
        (SETS[0], {"deploy/prod.py": "def __getattr__(name):\n    return settings[name]\n"}),
    ],
)
def test_a_module_of_any_folder_may_be_the_one(before: str, others: dict[str, str]) -> None:
    texts, remaining = fixed(given := files(before, others=others))
    assert texts == given
    assert "KOG101" in {finding.code for finding in remaining}


@pytest.mark.parametrize(
    ("before", "others"),
    [
        (SETS[0], {"conf/base.py": f"from .rest import *\n{SETTINGS}", "conf/rest.py": SETTINGS}),
        (UPDATE, {"other/__init__.py": "", "other/place.py": SETTINGS}),
    ],
)
def test_all_modules_in_sight_that_may_be_the_one_are_changed(before: str, others: dict[str, str]) -> None:
    texts, remaining = fixed(given := files(before, others=others))
    assert remaining == []
    assert {path for path in given if texts[path] != given[path]} == {"app.py", "conf/base.py", *others} - {
        "other/__init__.py"
    }
    assert all(texts[path] == given[path].replace("v1", "v2") for path in given if path != "app.py")


LISTING = "SHOWN = {name: value for name, value in vars(SETTINGS).items() if name.isupper()}"


def test_only_modules_that_may_be_the_one_have_their_names_listed() -> None:
    """The new table of processes is in none of them."""
    client = files(SETS[0].replace("base", "prod"), after=f"{LISTING}\nstart({{}})")
    client["app.py"] = (
        client["app.py"]
        .replace("invoke/share1", "invoke/%s")
        .replace('SETTINGS.API["VERSION"])', 'SETTINGS.API["VERSION"], os.environ["SHARE"])')
    )
    _, remaining = fixed({**client, "conf/prod.py": f"from .base import *\n{SETTINGS}"})
    assert {finding.reason for finding in remaining} == {"url"}


@pytest.mark.parametrize(
    ("before", "others"),
    [
        (SETS[0], {"conf/lists.py": "SIZES = [1, 2]\n", "deploy/tool.py": "import os\nprint(os.name)\n"}),
        (SETS[0], {"deploy/prod.py": "from conf.base import API\n"}),
        (UPDATE, {"other/__init__.py": "", "other/place.py": "from conf.base import *\n"}),
    ],
)
def test_modules_without_the_names_are_no_rivals(before: str, others: dict[str, str]) -> None:
    texts, remaining = fixed(files(before, others=others))
    assert remaining == []
    assert texts["conf/base.py"] == SETTINGS.replace("v1", "v2")
