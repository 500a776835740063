"""Tests that mock the API and migrate with the code under test: how what they say is spelled afterwards."""

import pytest

from tests.rewrites.verbs import analysed

APP = """
    import requests
    def start(facts):
        url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
        return requests.post(url, json=facts).json()["worker_id"]
"""
TEST = """
    import app
    from unittest.mock import patch
    BASE = {{"a": 1}}
    @patch("app.requests.post")
    def test_start(post):
        post.return_value.json.return_value = {{"worker_id": "w1"}}
        assert app.start({{"a": 1}}) == "w1"
        assert post.call_args.kwargs["json"] == {expected}
"""


@pytest.mark.parametrize(
    ("expected", "listed"),
    [
        ("BASE", "BASE.items()"),
        ('BASE | {"a": 1}', '(BASE | {"a": 1}).items()'),
        ('(BASE or {"a": 1})', '(BASE or {"a": 1}).items()'),
    ],
)
def test_an_expected_body_becomes_a_list_of_entries(expected: str, listed: str) -> None:
    files = {"app.py": APP, "test_app.py": TEST.format(expected=expected)}
    result = analysed(files, {"v2_request": "reference"})
    changed = {change.path: change.after for change in result.changes}
    assert f"for name, value in {listed}]" in changed["test_app.py"]


UPLOADING = """
    import json, requests
    URL = "https://rest-api.app.kognitos.com/v1"
    def start(facts):
        return requests.post(f"{URL}/invoke/share1", json=facts).json()["worker_id"]
    def begin(content):
        ticket = requests.post(f"{URL}/upload", json={"file_name": "a"}).json()
        requests.put(ticket["upload_url"], data=content).raise_for_status()
        query = {"attachments_key": ticket["blob_uri"]}
        return requests.post(f"{URL}/invoke/share1", params=query, json={}).json()["worker_id"]
"""
BEGUN = """\
import app, json, requests_mock, responses
from responses import put
from responses.matchers import query_param_matcher
def test(server):
    mock = requests_mock.Mocker()
    mock.post(app.URL + "/upload", json={{"upload_url": "https://u.example", "blob_uri": "b1"}})
    {transfer}
    {start}
    app.begin(b"x")
"""
TRANSFER = 'responses.put("https://u.example")'
START = 'responses.post(app.URL + "/invoke/share1")'
ONLY = 'only = query_param_matcher({"attachments_key": "b1"}); '

TRANSFERS = {
    TRANSFER: 'responses.post("https://u.example", status=204)',
    'responses.put("https://u.example", status=200)': 'responses.post("https://u.example", status=204)',
    'responses.put("https://u.example", status=500)': 'responses.post("https://u.example", status=500)',
    'responses.add(responses.PUT, "https://u.example")': (
        'responses.add(responses.POST, "https://u.example", status=204)'
    ),
    'responses.add("PUT", "https://u.example")': 'responses.add("POST", "https://u.example", status=204)',
    'responses.add("put", "https://u.example")': 'responses.add("post", "https://u.example", status=204)',
    'responses.add(method="PUT", url="https://u.example")': (
        'responses.add(method="POST", url="https://u.example", status=204)'
    ),
    'responses.add(responses.Response("PUT", "https://u.example"))': (
        'responses.add(responses.Response("POST", "https://u.example", status=204))'
    ),
    'mock.put("https://u.example")': 'mock.post("https://u.example", status_code=204)',
    'mock.put("https://u.example", text="")': 'mock.post("https://u.example", text="", status_code=204)',
    'mock.register_uri("PUT", "https://u.example")': (
        'mock.register_uri("POST", "https://u.example", status_code=204)'
    ),
    'mock.put("https://u.example", [{"status_code": 200}, {"status_code": 500}])': (
        'mock.post("https://u.example", [{"status_code": 204}, {"status_code": 500}])'
    ),
}
STARTS = {
    START: 'responses.post(app.URL + "/runs")',
    'responses.post(app.URL + "/invoke/share1?attachments_key=b1")': 'responses.post(app.URL + "/runs")',
    'responses.post(app.URL + "/invoke/share1", match=[query_param_matcher({"attachments_key": "b1"})])': (
        'responses.post(app.URL + "/runs", match=[])'
    ),
    'responses.post(app.URL + "/invoke/share1", json={"worker_id": "7"})': (
        'responses.post(app.URL + "/runs", json={"id": "7"})'
    ),
    """responses.post(app.URL + "/invoke/share1", body='{"worker_id": "7"}')""": (
        """responses.post(app.URL + "/runs", body='{"id": "7"}')"""
    ),
    'responses.post(app.URL + "/invoke/share1", body=json.dumps({"worker_id": "7"}))': (
        'responses.post(app.URL + "/runs", body=json.dumps({"id": "7"}))'
    ),
    'responses.post(app.URL + "/invoke/share1", body="oops", status=500)': (
        'responses.post(app.URL + "/runs", body="oops", status=500)'
    ),
    'responses.add_callback("POST", app.URL + "/invoke/share1", lambda _: (201, {}, "{}"))': (
        'responses.add_callback("POST", app.URL + "/runs", lambda _: (201, {}, "{}"))'
    ),
}


def begun(transfer: str, start: str) -> str:
    result = analysed({"app.py": UPLOADING, "test_app.py": BEGUN.format(transfer=transfer, start=start)})
    return {change.path: change.after for change in result.changes}.get("test_app.py", "")


@pytest.mark.parametrize("stub", TRANSFERS)
def test_the_stub_of_an_upload_gets_the_new_method_and_status(stub: str) -> None:
    assert f"\n    {TRANSFERS[stub]}\n" in begun(stub, START)


@pytest.mark.parametrize("stub", STARTS)
def test_the_stub_of_a_start_gets_the_new_address_and_reply(stub: str) -> None:
    assert f"\n    {STARTS[stub]}\n" in begun(TRANSFER, stub)


@pytest.mark.parametrize(
    ("transfer", "start"),
    [
        ('verb = "PUT"; responses.add(verb, "https://u.example")', START),
        ('put("https://u.example")', START),
        ('status = 200; responses.put("https://u.example", status=status)', START),
        (TRANSFER, 'responses.post(app.URL + "/invoke/share1?attachments_key=b1&more=1")'),
        (TRANSFER, ONLY + 'responses.post(app.URL + "/invoke/share1", match=[only])'),
    ],
)
def test_what_a_stub_does_not_write_out_stays(transfer: str, start: str) -> None:
    assert not begun(transfer, start)


BODY = "json.loads(responses.calls[0].request.body)"
NEW_BODY = """{
        "process_id": "proc1",
        "agent_id": "agent1",
        "stage": "Published",
        "inputs": {"a": 1},
    }"""
SENT = {
    f"{BODY} == {{'a': 1}}": f"{BODY} == {NEW_BODY}".replace('{"a": 1}', "{'a': 1}"),
    f"{BODY}['a'] == 1": f'{BODY}["inputs"]["a"] == 1'.replace('["a"]', "['a']"),
    f"{BODY}.get('a') == 1": f"{BODY}[\"inputs\"].get('a') == 1",
    f"'a' in {BODY}": f"'a' in {BODY}[\"inputs\"]",
    f"set({BODY}) == {{'a'}}": f"set({BODY}[\"inputs\"]) == {{'a'}}",
    f"list({BODY}.keys()) == ['a']": f"list({BODY}[\"inputs\"].keys()) == ['a']",
    f"f\"{{{BODY}['a']}}\" == '1'": f"f\"{{{BODY}['inputs']['a']}}\" == '1'",
    "responses.calls[0].request.url == app.URL + '/invoke/share1'": (
        "responses.calls[0].request.url == app.URL + '/runs'"
    ),
    "'/invoke/' in responses.calls[0].request.url": "'/runs' in responses.calls[0].request.url",
    "responses.calls[0].request.method == 'POST'": "responses.calls[0].request.method == 'POST'",
    "responses.assert_call_count(app.URL + '/invoke/share1', 1)": (
        "responses.assert_call_count(app.URL + '/runs', 1)"
    ),
}
STARTED = """\
import app, json, responses
def test():
    responses.post(app.URL + "/invoke/share1", json={{"worker_id": "7"}})
    app.start({{"a": 1}})
    assert {said}
"""


@pytest.mark.parametrize("said", SENT)
def test_what_is_said_of_what_was_sent(said: str) -> None:
    result = analysed({"app.py": UPLOADING, "test_app.py": STARTED.format(said=said)})
    changed = {change.path: change.after for change in result.changes}
    assert f"    assert {SENT[said]}\n" in changed["test_app.py"]
