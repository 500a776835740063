"""Tests that mock the API and migrate with the code under test: how what they say is spelled afterwards."""

import re

import pytest

from tests.rewrites.verbs import analysed, has_code

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
    sent = f'[{{"name": name, "value": value}} for name, value in {listed}]'
    named = '"process_id": "proc1", "agent_id": "agent1", "stage": "Published", "name": "One"'
    body = f'{{{named}, "inputs": {sent}}}'
    assert has_code(changed["test_app.py"], f'assert post.call_args.kwargs["json"] == {body}')


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
        ('status = max(200, 0); responses.put("https://u.example", status=status)', START),
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


FACTS = '{fact["name"]: fact["value"] for fact in ' + BODY + '["inputs"]}'
LISTED = {
    f"{BODY}['a'] == 1": f"{FACTS}['a'] == 1",
    f"{BODY}.get('a') == 1": f"{FACTS}.get('a') == 1",
    f"'a' in {BODY}": f"'a' in {FACTS}",
    f"set({BODY}) == {{'a'}}": f"set({FACTS}) == {{'a'}}",
    f"f\"{{{BODY}['a']}}\" == '1'": 'f"{ ' + FACTS.replace('"', "'") + "['a']}\" == '1'",
}


@pytest.mark.parametrize("said", LISTED)
def test_what_is_said_of_facts_that_are_sent_as_a_list(said: str) -> None:
    files = {"app.py": UPLOADING, "test_app.py": STARTED.format(said=said)}
    result = analysed(files, {"v2_request": "reference"})
    changed = {change.path: change.after for change in result.changes}
    assert has_code(changed["test_app.py"], f"assert {LISTED[said]}")


PATCHED = """\
import app, unittest
from unittest.mock import ANY, Mock, call, patch
class Tests(unittest.TestCase):
    @patch("app.requests.post")
    def test(self, post):
        post.return_value.json.return_value = {{"worker_id": "7"}}
        app.start({{"a": 1}})
        {said}
"""
CALLS = {
    "assert '/invoke/' in post.call_args.args[0]": "assert '/runs' in post.call_args.args[0]",
    "assert '/invoke/' in post.call_args[0][0]": "assert '/runs' in post.call_args[0][0]",
    "self.assertIn('/invoke/', post.call_args.args[0])": "self.assertIn('/runs', post.call_args.args[0])",
    "self.assertEqual(post.mock_calls[0].args[0], app.URL + '/invoke/share1')": (
        "self.assertEqual(post.mock_calls[0].args[0], app.URL + '/runs')"
    ),
    "assert post.call_args.kwargs['json']['a'] == 1": (
        "assert post.call_args.kwargs['json'][\"inputs\"]['a'] == 1"
    ),
    "self.assertIn('a', post.call_args[1]['json'])": (
        "self.assertIn('a', post.call_args[1]['json'][\"inputs\"])"
    ),
    "assert post.called and post.call_count == 1": "assert post.called and post.call_count == 1",
}
COMPARED = """{
    "process_id": "proc1", "agent_id": "agent1", "stage": "Published", "inputs": {'a': 1},
}"""
WITH_BODIES = {
    "post.assert_called_once_with(ANY, json={'a': 1})": (
        f"post.assert_called_once_with(ANY, json={COMPARED})"
    ),
    "post.assert_called_with(app.URL + '/invoke/share1', json={'a': 1})": (
        f"post.assert_called_with(app.URL + '/runs', json={COMPARED})"
    ),
    "assert post.call_args == call(app.URL + '/invoke/share1', json={'a': 1})": (
        f"assert post.call_args == call(app.URL + '/runs', json={COMPARED})"
    ),
    "assert post.call_args.args[0].endswith('/invoke/share1')": (
        "assert post.call_args.args[0].endswith('/runs')"
    ),
    "assert post.call_args.args[0].startswith('https://rest-api.app.kognitos.com/v1/invoke')": (
        "assert post.call_args.args[0].startswith('https://rest-api.app.kognitos.com/v2/runs')"
    ),
    "self.assertEqual(post.call_args.kwargs['json'], {'a': 1})": (
        f"self.assertEqual(post.call_args.kwargs['json'], {COMPARED})"
    ),
    "self.assertDictEqual(post.call_args[1]['json'], {'a': 1})": (
        f"self.assertDictEqual(post.call_args[1]['json'], {COMPARED})"
    ),
}


@pytest.mark.parametrize(("said", "after"), [*CALLS.items(), *WITH_BODIES.items()])
def test_what_is_said_of_the_calls_of_a_patch(said: str, after: str) -> None:
    result = analysed({"app.py": UPLOADING, "test_app.py": PATCHED.format(said=said)})
    changed = {change.path: change.after for change in result.changes}
    assert has_code(changed["test_app.py"], after)
    assert 'return_value = {"id": "7"}' in changed["test_app.py"]


def test_a_url_that_is_asked_for_what_others_have_now_holds_back() -> None:
    said = "assert not post.call_args.args[0].endswith('/invoke/share2')"
    assert not analysed({"app.py": UPLOADING, "test_app.py": PATCHED.format(said=said)}).changes


ANSWERS = [
    "get.side_effect = [Mock(json=lambda: {'state': 'running'}), Mock(json=lambda: {'state': 'done'})]",
    "get.side_effect = [OSError(), Mock(json=lambda: {'state': 'failed'})]",
    "get.return_value = Mock(json=Mock(return_value={'state': 'done'}))",
    "get.return_value.json.side_effect = [{'state': 'done'}]",
    "get.side_effect = lambda url: Mock(json=lambda: {'state': 'done'})",
]
NEW_WORDS = {"state": "status", "done": "Succeeded", "running": "Created", "failed": "Failed"}
POLLING = """
    import requests
    def is_done(ident):
        return requests.get(f"https://rest-api.app.kognitos.com/v1/run/{ident}").json()["state"] == "done"
"""
POLLED = """\
import app
from unittest.mock import Mock, patch
def test():
    with patch.object(app.requests, "get") as get:
        {said}
        app.is_done("7")
"""


@pytest.mark.parametrize("said", ANSWERS)
def test_what_a_patch_answers(said: str) -> None:
    result = analysed({"app.py": POLLING, "test_app.py": POLLED.format(said=said)})
    changed = {change.path: change.after for change in result.changes}
    expected = re.sub(r"'(\w+)'", lambda word: f"'{NEW_WORDS[word[1]]}'", said)
    assert f"        {expected}\n" in changed["test_app.py"]


APP_WITH_SHARES = """
    import requests
    SHARES = {{"first": "share1", "second": "{second}"}}
    def start(name, facts):
        url = f"https://rest-api.app.kognitos.com/v1/invoke/{{SHARES[name]}}"
        return requests.post(url, json=facts).json()["worker_id"]
"""
TEST_OF_SHARE = """
    import app, responses
    from responses.matchers import json_params_matcher
    @responses.activate
    def test_start():
        url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
        responses.post(url, json={{"worker_id": "w1"}}{matcher})
        assert app.start("first", {{"a": 1}}) == "w1"
"""


@pytest.mark.parametrize(
    ("second", "matcher", "noted"),
    [
        ("share2", "", True),
        ("share1", "", False),
        ("share2", ', match=[json_params_matcher({"a": 1})]', False),
    ],
)
def test_a_note_says_that_a_stub_no_longer_depends_on_the_key(second: str, matcher: str, noted: bool) -> None:
    files = {
        "app.py": APP_WITH_SHARES.format(second=second),
        "test_app.py": TEST_OF_SHARE.format(matcher=matcher),
    }
    notes = {
        finding.place.path: finding.notes for finding in analysed(files).findings if finding.code == "KOG101"
    }
    note = "the stub now matches every share_id: v2 has none in the URL"
    assert (note in notes["test_app.py"]) is noted
    assert note not in notes["app.py"]


OWN_REPLIES = """
    import app
    class Reply:
        def __init__(self, status=200, **fields):
            self.status, self.fields = status, fields
        def json(self):
            return self.fields
    def post(url, **others):
        return Reply(worker_id="w1")
    def test_start(monkeypatch):
        monkeypatch.setattr(app.requests, "post", post)
        assert app.start({"a": 1}) == "w1"
"""


def test_a_reply_of_keyword_arguments_is_found_where_they_are() -> None:
    result = analysed({"app.py": APP, "test_app.py": OWN_REPLIES})
    rows = [finding.place.row for finding in result.findings if finding.place.path == "test_app.py"]
    (change,) = (change for change in result.changes if change.path == "test_app.py")
    lines = (change.before or "").splitlines()
    assert ["Reply(worker_id=" in lines[row - 1] for row in rows] == [True]
    assert 'Reply(id="w1")' in change.after


PARSER = """
    import requests
    class Run:
        def __init__(self, data):
            self.done = data["state"] == "done"
    def run(ident):
        return Run(requests.get(f"https://rest-api.app.kognitos.com/v1/run/{ident}").json())
"""
MADE_UP = """
    import app
    def test_other_state():
        assert not app.Run({"state": "napping"}).done
"""


def test_a_word_that_only_the_code_uses_stays() -> None:
    result = analysed({"app.py": PARSER, "test_app.py": MADE_UP}, {"states": {"napping": []}})
    changed = {change.path: change.after for change in result.changes}
    assert has_code(changed["app.py"], 'self.done = data["status"] == "Succeeded"')
    assert has_code(changed["test_app.py"], 'assert not app.Run({"status": "napping"}).done')
    missing = analysed({"app.py": PARSER, "test_app.py": MADE_UP}).missing
    assert [(key.setting, key.key) for key in missing] == [("states", "napping")]


def test_an_asserted_content_of_an_upload_is_searched_in_the_form() -> None:
    app = """
        import requests
        URL = "https://rest-api.app.kognitos.com/v1"
        def upload(content):
            ticket = requests.post(f"{URL}/upload", json={"file_name": "a"}).json()
            requests.put(ticket["upload_url"], data=content).raise_for_status()
            return ticket["blob_uri"]
        """
    test = """
        import app, responses, unittest
        class UploadTest(unittest.TestCase):
            @responses.activate
            def test(self):
                responses.post(app.URL + "/upload", json={"upload_url": "https://b/1", "blob_uri": "b"})
                responses.put("https://b/1")
                app.upload(b"x;y")
                put = responses.calls[1].request
                self.assertEqual(put.body, b"x;y", "the content")
        """
    result = analysed({"app.py": app, "test_app.py": test}, {"upload_agent": "agent1"})
    after = {change.path: change.after for change in result.changes}
    assert 'self.assertIn(b"x;y", put.body, "the content")' in after["test_app.py"]
