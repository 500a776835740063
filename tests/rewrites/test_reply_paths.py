"""The paths of a reply through a program. Each part of a table in `reply_paths/` is a program.

new_names.txt: the fields are read by their new names at the end of the path. restored_words.txt: the text
below `#>` is the result, in which the old word is restored where it escapes. unchanged.txt: nothing changes,
and `#>` has the level that would change it (`adapt` or `no`), and the message.
"""

import re

import pytest

from tests.rewrites.helpers import AS_JSON, V1_ANSWER, V1_ANSWER_ATTRIBUTE, V1_STATE
from tests.rewrites.tables import programs
from tests.rewrites.verbs import FILE, analysed, check_code

POLL = """\
import requests
{helper}
def poll(ident):
    return requests.get(f"https://rest-api.app.kognitos.com/{path}/{{ident}}").json()

"""
NEW = {"state": "status", "done": "Succeeded"}


NEW_NAMES, RESTORED_WORDS, UNCHANGED = (
    programs(f"reply_paths/{table}.txt") for table in ("new_names", "restored_words", "unchanged")
)
BEFORE = POLL.format(helper="", path="v1/run")


@pytest.mark.parametrize("body", NEW_NAMES.values(), ids=NEW_NAMES)
def test_its_fields_are_read_by_their_new_names(body: str) -> None:
    after = re.sub(r"([\"'])(state|done)\1", lambda found: f"{found[1]}{NEW[found[2]]}{found[1]}", body)
    check_code(f"{BEFORE}{body}\n", f"{POLL.format(helper='', path='v2/runs')}{after}\n")


@pytest.mark.parametrize("body", RESTORED_WORDS.values(), ids=RESTORED_WORDS)
def test_the_old_word_is_put_back(body: str) -> None:
    body, _, after = body.partition("\n#>\n")
    helper = AS_JSON if "outputs_as_json" in after else V1_STATE
    imported = "import json\n" if helper is AS_JSON and "import json" not in after else ""
    if "v1_answer(" in after:
        helper = f"{V1_ANSWER}{helper}"
    elif "v1_answer_attribute(" in after:
        helper = f"{V1_ANSWER_ATTRIBUTE}{helper}"
    now = POLL.format(helper=f"{helper}\n", path="v2/runs")
    check_code(f"{BEFORE}{body}\n", f"{imported}{now}{after}\n")


@pytest.mark.parametrize("body", UNCHANGED.values(), ids=UNCHANGED)
def test_it_stays_as_it_is(body: str) -> None:
    body, _, said = body.partition("\n#> ")
    result = analysed({FILE: f"{BEFORE}{body}\n"})
    assert result.changes == ()
    finding = result.findings[-1]
    how = {"adapt": "adapt", "manual": "no"}[finding.fix.applicability.value]
    assert f"{how}, {finding.reason}: {finding.trace[-1].text.partition(': ')[2]}" == said
