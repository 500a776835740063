"""t-strings, which Python has from 3.14 on: whichever Python runs this, they are read."""

import pytest

from tests.rewrites.verbs import FILE, analysed

POLL = """\
import requests
def poll(ident):
    return requests.get(f"https://rest-api.app.kognitos.com/v1/run/{ident}").json()
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("print(t\"{poll('1')['state'] == 'done'}\")", "print(t\"{poll('1')['status'] == 'Succeeded'}\")"),
        ("print(t\"{poll('1')['state']}\")", "print(t\"{v1_state(poll('1')['status'])}\")"),
        (
            "print(t\"{1:{'<' if poll('1')['state'] == 'done' else '>'}}\")",
            "print(t\"{1:{'<' if poll('1')['status'] == 'Succeeded' else '>'}}\")",
        ),
    ],
)
def test_what_a_template_holds_goes_to_whoever_takes_it_apart(before: str, after: str) -> None:
    changes = analysed({FILE: f"{POLL}{before}\n"}).changes
    assert changes[0].after.endswith(f"\n{after}\n")


def test_a_whole_reply_in_a_template_is_followed_no_further() -> None:
    result = analysed({FILE: f"{POLL}print(t\"{{poll('1')}}\")\n"})
    assert result.changes == ()
    assert [(one.code, one.reason) for one in result.findings] == [("KOG201", "reply-escapes")]


@pytest.mark.parametrize(
    "url", ["t'https://rest-api.app.kognitos.com/v1/run/{ident}'", "t'{host}/v1/invoke/'"]
)
def test_a_url_that_is_a_template_is_told(url: str) -> None:
    result = analysed({FILE: f"import kognitos\nurl = {url}\n"})
    assert [(one.code, one.place.row) for one in result.findings] == [("KOG902", 2)]


def test_the_text_of_a_template_is_no_prose() -> None:
    start = 'requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={}).json()["worker_id"]'
    text = f"import requests\nprint(t'a worker_id')\nrun = {start}  # a worker_id\n"
    after = analysed({FILE: text}).changes[0].after
    assert "print(t'a worker_id')" in after
    assert after.endswith("  # a worker_id\n")
