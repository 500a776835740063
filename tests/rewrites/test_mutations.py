"""Objects that change between where a value is made and where it is sent: by methods under other names, by
functions of the standard library, by namespaces."""

import pytest

from tests.rewrites.verbs import check_noop

REFERENCE: dict[str, object] = {"v2_request": "reference"}
FACTS = """
import json, operator, random, requests
from unittest import mock
class Own(dict):
    pass
facts = json.loads(input())
own, made = Own(a=1), {"a": 1}
arguments = dict(json=FACTS)
CHANGE
print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", **arguments).status_code)
"""
SHARES = """
import heapq, json, os, random, requests
from types import SimpleNamespace
share = os.environ.get("SHARE", "share1")
conf = json.loads(input())
shares = [share, "share2"]
url = f"https://rest-api.app.kognitos.com/v1/invoke/{VALUE}"
CHANGE
print(requests.post(url, json={"a": 1}).status_code)
"""


@pytest.mark.parametrize(
    ("facts", "change"),
    [
        ("facts", 'operator.setitem(facts, "b", 2)'),
        ("facts", 'operator.delitem(facts, "a")'),
        ("facts", 'facts.__setitem__("b", 2)'),
        ("facts", 'put = facts.__setitem__\nput("b", 2)'),
        ("facts", "dict.update(facts, b=2)"),
        ("facts", 'getattr(facts, "update")(b=2)'),
        ("facts", 'list(map(facts.pop, ["a"]))'),
        ("facts", "for more in (facts,):\n    more.clear()"),
        ("facts", 'random.Random(1).shuffle(facts["a"])'),
        ("own", 'own.setdefault("b", 2)'),
        ("made", "json.loads('{\"b\": 2}', object_hook=made.update)"),
        ("made", "mock.patch.dict(made, b=2).start()"),
    ],
)
def test_changed_facts_are_no_list_of_entries_made_before(facts: str, change: str) -> None:
    check_noop(FACTS.replace("FACTS", facts).replace("CHANGE", change), ("KOG101",), REFERENCE)


@pytest.mark.parametrize(
    ("value", "change"),
    [
        ("conf['share']", 'conf.__setitem__("share", "share2")'),
        ("conf['share']", 'put = conf.update\nput(share="share2")'),
        ("conf['share']", "for one in [conf]:\n    one.clear()"),
        ("shares[0]", 'shares.__setitem__(0, "share2")'),
        ("shares[0]", "random.shuffle(shares)"),
        ("shares[0]", 'heapq.heapreplace(shares, "share2")'),
        ("share", 'globals()["share"] = "share2"'),
    ],
)
def test_a_share_id_is_not_read_again_after_its_place_has_changed(value: str, change: str) -> None:
    check_noop(SHARES.replace("VALUE", value).replace("CHANGE", change), ("KOG101",))
