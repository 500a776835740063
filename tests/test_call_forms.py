"""The forms of a v1 call. Each peer finds only some; this tool finds every form, and no look-alike.

fixtures/call_forms/call_forms.py has the table of forms: a line that ends in `# v1` is a call, a line that
ends in `# not v1` is a look-alike.
"""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from kognitos_migrate.cli.main import cli
from tests.harness import FIXTURES

FORMS = FIXTURES / "call_forms"
SOURCE = (FORMS / "call_forms.py").read_text("utf-8")
_FORM = re.compile(r"^ *def (\w+)\(.*\n(?:(?! *def ).*\n)*?.*# (v1|not v1)$", re.MULTILINE)


def forms(mark: str) -> dict[str, int]:
    """By function: the row of its marked line."""
    return {
        found[1]: SOURCE.count("\n", 0, found.end()) + 1
        for found in _FORM.finditer(SOURCE)
        if found[2] == mark
    }


CALLS, LOOKALIKES = forms("v1"), forms("not v1")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[int, set[str]]:
    """By row of call_forms.py: the codes that `check` finds."""
    folder = tmp_path_factory.mktemp("forms")
    shutil.copytree(FORMS, folder, dirs_exist_ok=True)
    shutil.copy(FIXTURES / "kognitos-migrate.yaml", folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        ran = CliRunner().invoke(cli, ["check", ".", "--output-format", "json"])
    assert ran.exit_code == 1, ran.output
    codes: dict[int, set[str]] = {}
    for finding in json.loads(ran.stdout)["findings"]:
        assert Path(finding["filename"]).name == "call_forms.py"
        codes.setdefault(finding["location"]["row"], set()).add(finding["code"])
    return codes


def test_there_are_as_many_as_in_the_comparison() -> None:
    assert len(CALLS) == 18
    assert len(LOOKALIKES) == 3


@pytest.mark.parametrize("form", CALLS)
def test_a_form_of_the_call_is_found(form: str, found: dict[int, set[str]]) -> None:
    assert found.get(CALLS[form])


@pytest.mark.parametrize("form", CALLS)
def test_a_form_of_the_call_is_known_for_what_it_is(form: str, found: dict[int, set[str]]) -> None:
    assert found[CALLS[form]] == {"KOG101"}


@pytest.mark.parametrize("form", LOOKALIKES)
def test_a_lookalike_is_not_found(form: str, found: dict[int, set[str]]) -> None:
    assert LOOKALIKES[form] not in found
