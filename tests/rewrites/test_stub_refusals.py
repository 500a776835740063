"""Tests that mock the API in a way that can't be put into the new layout: nothing is changed, the code under
test included, and the place in the test is named."""

import pytest

from kognitos_migrate.findings.result import SettingKind
from tests.rewrites.verbs import analysed

APP = """
    import json, requests
    URL = "https://rest-api.app.kognitos.com/v1"
    def start(facts):
        return requests.post(f"{URL}/invoke/share1", json=facts).json()["worker_id"]
    def outputs(ident):
        run = requests.get(f"{URL}/run/{ident}").json()
        return json.loads(run["answer"]) if run["state"] == "done" else None
    def upload(content):
        ticket = requests.post(f"{URL}/upload", json={"file_name": "a"}).json()
        requests.put(ticket["upload_url"], data=content).raise_for_status()
        return ticket["blob_uri"]
    start({"file": upload(b"x")})
"""
RUNS = APP[: APP.index("    def upload")]
"""The part of the program that starts and polls runs."""

HELD = {
    "the response of a double, compared with one of the old version": """
        import app
        from unittest.mock import Mock, patch
        @patch("app.requests.post")
        def test(post):
            post.return_value = Mock(json=Mock(return_value={"worker_id": "7"}))
            app.start({})
            assert post.return_value.json() == {"worker_id": "7"}
        """,
    "a response that is compared with a copy of it": """
        import app
        from unittest.mock import patch
        @patch("app.requests.post")
        def test(post):
            body = {"worker_id": "7"}
            post.return_value.json.return_value = body
            app.start({})
            assert body == {"worker_id": "7"}
        """,
    "the requests with the method of an upload, counted": """
        import app, responses
        def test():
            responses.post(app.URL + "/upload", json={"upload_url": "https://b/1", "blob_uri": "b"})
            responses.put("https://b/1")
            app.upload(b"x")
            assert sum(call.request.method == "PUT" for call in responses.calls) == 1
        """,
    "a handler that takes every request with the method of an upload": """
        import app, httpx, json
        KEPT = []
        def handle(request):
            if request.method == "PUT":
                KEPT.append(request.content)
                return httpx.Response(200)
            if request.url.path == "/v1/upload":
                return httpx.Response(201, json={"upload_url": "https://b/1", "blob_uri": "b"})
            return httpx.Response(201, json={"worker_id": "7"})
        class Client:
            http = httpx.Client(transport=httpx.MockTransport(handle))
            def upload(self, content):
                ticket = self.http.post(app.URL + "/upload", json={"file_name": "a"}).json()
                self.http.put(ticket["upload_url"], content=content).raise_for_status()
                return ticket["blob_uri"]
        def test():
            Client().upload(b"x")
            assert KEPT == [b"x"]
        """,
    "a body that a handler keeps before it knows the request": """
        import app, httpx, json
        KEPT = []
        def handle(request):
            KEPT.append(request.content)
            if request.url.path == "/v1/upload":
                return httpx.Response(201, json={"upload_url": "https://b/1", "blob_uri": "b"})
            return httpx.Response(200)
        class Client:
            http = httpx.Client(transport=httpx.MockTransport(handle))
            def upload(self, content):
                ticket = self.http.post(app.URL + "/upload", json={"file_name": "a"}).json()
                self.http.put(ticket["upload_url"], content=content).raise_for_status()
                return ticket["blob_uri"]
        def test():
            Client().upload(b"x")
            assert b"x" == KEPT[-1]
        """,
    "an upload at a URL that can't be determined": """
        import app, responses
        def test(blob):
            responses.post(app.URL + "/upload", json={"upload_url": "https://b/1", "blob_uri": "b"})
            responses.put(blob.url)
            app.upload(b"x")
        """,
    "a reply of a cassette, read by the test": """
        import app, vcr
        def test():
            with vcr.use_cassette("run.yaml") as cassette:
                app.outputs("7")
            assert cassette.responses[0]["body"]["string"] == b'{"state": "done"}'
        """,
    "the content of an upload in a cassette whose bodies are compared": """
        import app, vcr
        def test():
            vcr.recorded(
                url=app.URL + "/upload",
                method="POST",
                response={"upload_url": "https://b.example/1", "upload_http_method": "PUT", "blob_uri": "b"},
            )
            vcr.recorded(url="https://b.example/1", method="PUT", json="x", status=200, response="")
            with vcr.VCR(match_on=["method", "uri", "body"]).use_cassette("upload.yaml"):
                app.upload(b"x")
        """,
    "the content of an upload whose compared parts are in a dict": """
        import app, vcr
        OPTIONS = {"match_on": "method uri body".split()}
        def test():
            vcr.recorded(
                url=app.URL + "/upload",
                method="POST",
                response={"upload_url": "https://b.example/1", "upload_http_method": "PUT", "blob_uri": "b"},
            )
            vcr.recorded(url="https://b.example/1", method="PUT", json="x", status=200, response="")
            with vcr.use_cassette("upload.yaml", **OPTIONS):
                app.upload(b"x")
        """,
    "the content of an upload whose compared parts are read from a file": """
        import app, vcr
        import json
        OPTIONS = json.load(open("vcr.json"))
        def test():
            vcr.recorded(
                url=app.URL + "/upload",
                method="POST",
                response={"upload_url": "https://b.example/1", "upload_http_method": "PUT", "blob_uri": "b"},
            )
            vcr.recorded(url="https://b.example/1", method="PUT", json="x", status=200, response="")
            with vcr.use_cassette("upload.yaml", **OPTIONS):
                app.upload(b"x")
        """,
    "the content of an upload whose compared parts are set by name": """
        import app, vcr
        setattr(vcr.default_vcr, "match_on", ["method", "body"])
        def test():
            vcr.recorded(
                url=app.URL + "/upload",
                method="POST",
                response={"upload_url": "https://b.example/1", "upload_http_method": "PUT", "blob_uri": "b"},
            )
            vcr.recorded(url="https://b.example/1", method="PUT", json="x", status=200, response="")
            with vcr.use_cassette("upload.yaml"):
                app.upload(b"x")
        """,
    "a reply of which nothing is known": """
        import app, responses
        def test(payload):
            responses.get(app.URL + "/run/7", json=payload)
            app.outputs("7")
        """,
    "a word that the configuration lacks": """
        import app, responses
        def test():
            responses.get(app.URL + "/run/7", json={"state": "odd"})
            app.outputs("7")
        """,
    "an answer that is no JSON": """
        import app, responses
        def test():
            responses.get(app.URL + "/run/7", json={"state": "done", "answer": "oops"})
            app.outputs("7")
        """,
    "a word of a reply in upper case": """
        import app, responses
        def reply(state):
            return {"state": state, "answer": "{}" if state.upper() == "DONE" else None}
        def test():
            responses.get(app.URL + "/run/7", json=reply("done"))
            app.outputs("7")
        """,
    "a word of a reply as a key": """
        import app, responses
        ANSWERS = {"done": "{}", "running": None}
        def reply(state):
            return {"state": state, "answer": ANSWERS[state]}
        def test():
            responses.get(app.URL + "/run/7", json=reply("done"))
            app.outputs("7")
        """,
    "a made-up reply that the test reads": """
        import app, responses
        DONE = {"state": "done", "answer": "{}"}
        def test():
            responses.get(app.URL + "/run/7", json=DONE)
            assert str(app.outputs("7")) == DONE["answer"]
        """,
    "what was sent, as a part of something else": """
        import app, json, responses
        def test():
            responses.post(app.URL + "/invoke/share1", json={"worker_id": "7"})
            app.start({"a": 1})
            assert [json.loads(call.request.body) for call in responses.calls] == [{"a": 1}]
        """,
    "what was sent, handed to code that can't be followed": """
        import app, checks, responses
        def test():
            responses.post(app.URL + "/invoke/share1", json={"worker_id": "7"})
            app.start({"a": 1})
            checks.validate(responses.calls[0].request.body)
        """,
    "a URL that was sent, taken apart": """
        import app, responses
        def test():
            responses.get(app.URL + "/run/7", json={"state": "running"})
            app.outputs("7")
            assert responses.calls[0].request.url.split("/")[3] == "v1"
        """,
    "what a pattern matches in a URL, as a whole": """
        import app, httpx, json, re
        SEEN = []
        def handle(request):
            found = re.search(r"/v1/run/\\w+", request.url.path)
            SEEN.append(found[0] if found else "")
            return httpx.Response(200, json={"state": "done", "answer": "{}"})
        def outputs(ident):
            client = httpx.Client(transport=httpx.MockTransport(handle))
            run = client.get(f"{app.URL}/run/{ident}").json()
            return json.loads(run["answer"]) if run["state"] == "done" else None
        def test():
            assert outputs("7") == {}
            assert SEEN == ["/v" + "1/run/7"]
        """,
    "a group of a pattern for the paths of two operations": """
        import app, json, re, responses
        PATH = re.compile(r"/v1/(invoke|run)/(\\w+)")
        def answer(request):
            kind, ident = PATH.search(request.url).groups()
            if kind == "run":
                return 200, {}, json.dumps({"state": "done", "answer": "{}"})
            return 201, {}, json.dumps({"worker_id": ident})
        @responses.activate
        def test():
            responses.add_callback("POST", re.compile(".*/v1/invoke/.*"), answer)
            responses.add_callback("GET", re.compile(".*/v1/run/.*"), answer)
            assert app.outputs(app.start({})) == {}
        """,
    "a part of a URL that the new one lacks": """
        import app, responses
        def test():
            responses.post(app.URL + "/invoke/share1", json={"worker_id": "7"})
            app.start({"a": 1})
            assert responses.calls[0].request.url.split("/invoke/")[1] == "share1"
        """,
    "the text before a part of a URL": """
        import app, responses
        def test():
            responses.get(app.URL + "/run/7", json={"state": "running"})
            app.outputs("7")
            assert responses.calls[0].request.url.partition("/run/")[0].endswith("1")
        """,
    "a function that is replaced, and not called any more": """
        import app
        from unittest.mock import patch
        @patch("app.requests.put")
        def test(put):
            app.upload(b"content")
            put.assert_called_once()
        """,
    "a library of stubs that nobody knows": """
        import app, httpretty
        def test():
            httpretty.register_uri(httpretty.GET, "https://rest-api.app.kognitos.com/v1/run/7", body="{}")
            app.outputs("7")
        """,
    "a reply that is given nobody knows how": """
        import app, odd
        def test():
            odd.replies({"state": "done", "answer": "{}"})
            app.outputs("7")
        """,
    "a stub whose URL is put together at run time": """
        import app, re, responses
        def test(base):
            responses.get(re.compile(base), json={"state": "running"})
            app.outputs("7")
        """,
}


OF_RUNS = (
    "a reply of a cassette, read by the test",
    "a reply that is given nobody knows how",
    "the response of a double, compared with one of the old version",
    "a response that is compared with a copy of it",
)


@pytest.mark.parametrize("about", HELD)
def test_nothing_is_changed_and_the_place_is_named(about: str) -> None:
    app = RUNS if about in OF_RUNS else APP
    result = analysed({"app.py": app, "test_app.py": HELD[about]})
    assert result.changes == ()
    traced = {step.place.path for finding in result.findings for step in finding.trace}
    places = traced | {finding.place.path for finding in result.findings}
    assert "test_app.py" in places or any("(test_app.py:" in item.fix.message for item in result.findings)


@pytest.mark.parametrize(
    "read",
    [
        "json.loads(post.call_args_list[0][0][1]) == {'a': 1}",
        "json.loads(post.mock_calls[0][1][1])['a'] == 1",
        "post.call_args == ((app.URL, json.dumps({'a': 1})), {})",
    ],
)
def test_a_body_in_an_unknown_part_of_a_call_is_held(read: str) -> None:
    app = """
        import json, requests
        URL = "https://rest-api.app.kognitos.com/v1/invoke/share1"
        def start(facts):
            return requests.post(URL, json.dumps(facts)).json()["worker_id"]
        """
    test = f"""
        import app, json
        from unittest.mock import patch
        @patch("app.requests.post")
        def test(post):
            post.return_value.json.return_value = {{"worker_id": "7"}}
            app.start({{"a": 1}})
            assert {read}
        """
    result = analysed({"app.py": app, "test_app.py": test})
    assert result.changes == ()
    assert any("which part of the sent request" in finding.fix.message for finding in result.findings)


def test_the_content_of_a_file_as_an_argument_of_the_call_is_held() -> None:
    app = """
        import requests
        URL = "https://rest-api.app.kognitos.com/v1"
        def upload(content):
            ticket = requests.request("POST", f"{URL}/upload", json={"file_name": "a"}).json()
            requests.request("PUT", ticket["upload_url"], data=content).raise_for_status()
            return ticket["blob_uri"]
        """
    test = """
        import app
        from unittest.mock import Mock, patch
        TICKET = {"upload_url": "https://b/1", "blob_uri": "b"}
        @patch("app.requests.request")
        def test(request):
            request.side_effect = [Mock(json=Mock(return_value=TICKET)), Mock()]
            assert app.upload(b"x") == "b"
            assert request.call_args.kwargs["data"] == b"x"
        """
    result = analysed({"app.py": app, "test_app.py": test}, {"upload_agent": "agent1"})
    assert result.changes == ()
    assert any("is an argument of the call here" in finding.fix.message for finding in result.findings)


def test_a_stub_without_the_code_under_test_is_a_finding() -> None:
    test = """
        import responses
        from elsewhere import start
        def test():
            responses.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={"worker_id": "7"})
            start({"a": 1})
        """
    result = analysed({"test_app.py": test})
    assert [(one.code, one.reason) for one in result.findings] == [("KOG101", "stub-alone")]
    assert result.changes == ()


def test_a_made_up_key_is_named_where_a_caller_passes_it() -> None:
    app = """
        import requests
        def start(share_id, facts):
            url = f"https://rest-api.app.kognitos.com/v1/invoke/{share_id}"
            return requests.post(url, json=facts).json()["worker_id"]
        """
    main = """
        import app
        app.start("share", {})
        """
    result = analysed({"app.py": app, "main.py": main})
    held = {finding.fix.message for finding in result.findings if finding.reason == "malformed-key"}
    assert held
    assert all(message.endswith("(main.py:2:11)") for message in held), held
    assert result.changes == ()


CHOOSING = """
    import json, requests
    URL = "https://rest-api.app.kognitos.com/v1"
    def start(share_id, facts):
        return requests.post(f"{URL}/invoke/{share_id}", json=facts).json()["worker_id"]
    def outputs(ident):
        run = requests.get(f"{URL}/run/{ident}").json()
        return json.loads(run["answer"]) if run["state"] == "done" else None
    start("share1", {})
    start("share2", {})
"""

CONFUSED = {
    "stubs for two keys, which get one URL": (
        """
        import app, responses
        def test():
            responses.post(app.URL + "/invoke/share1", json={"worker_id": "1"})
            responses.upsert("POST", app.URL + "/invoke/share2", json={"worker_id": "2"})
            assert app.start("share2", {}) == "2"
        """,
        "another stub of the test gets the same URL in the new version",
    ),
    "a double that decides by the key in a whole URL": (
        """
        import app
        class Reply:
            def __init__(self, data):
                self.data = data
            def json(self):
                return self.data
        def test(monkeypatch):
            def post(url, json):
                if url == "https://rest-api.app.kognitos.com/v1/invoke/share1":
                    return Reply({"worker_id": "1"})
                return Reply({"worker_id": "2"})
            monkeypatch.setattr(app.requests, "post", post)
            assert app.start("share2", {}) == "2"
        """,
        "the test decides by a part of the URL that the new URL lacks",
    ),
    "a double that expects another URL": (
        """
        import app
        class Reply:
            def __init__(self, data):
                self.data = data
            def json(self):
                return self.data
        def test(monkeypatch):
            def post(url, json):
                assert url != "https://rest-api.app.kognitos.com/v1/invoke/share1"
                return Reply({"worker_id": "2"})
            monkeypatch.setattr(app.requests, "post", post)
            assert app.start("share2", {}) == "2"
        """,
        "the test decides by a part of the URL that the new URL lacks",
    ),
    "a double that looks the whole URL up": (
        """
        import app
        class Reply:
            def __init__(self, data):
                self.data = data
            def json(self):
                return self.data
        REPLIES = {"https://rest-api.app.kognitos.com/v1/invoke/share1": {"worker_id": "1"}}
        def test(monkeypatch):
            monkeypatch.setattr(app.requests, "post", lambda url, json: Reply(REPLIES.get(url)))
            assert app.start("share1", {}) == "1"
        def test_another(monkeypatch):
            monkeypatch.setattr(app.requests, "post", lambda url, json: Reply(REPLIES.get(url, {})))
            assert app.start("share2", {}) is None
        """,
        "the test decides by a part of the URL that the new URL lacks",
    ),
    "a body in a response, as text": (
        """
        import app
        class Reply:
            def __init__(self, data):
                self.data = data
            def json(self):
                return self.data
        def test(monkeypatch):
            sent = []
            def post(url, json):
                sent.append(json if json else None)
                return Reply({"worker_id": "1"})
            monkeypatch.setattr(app.requests, "post", post)
            done = lambda url: Reply({"state": "done", "answer": app.json.dumps({"got": sent[0]})})
            monkeypatch.setattr(app.requests, "get", done)
            assert app.outputs(app.start("share2", {"a": 1})) == {"got": {"a": 1}}
        """,
        "the response of a stub contains the body of the request",
    ),
}


@pytest.mark.parametrize("about", CONFUSED)
def test_a_test_that_would_confuse_requests_is_held(about: str) -> None:
    test, message = CONFUSED[about]
    result = analysed({"app.py": CHOOSING, "test_app.py": test})
    assert any(message in finding.fix.message for finding in result.findings), result.findings
    assert result.changes == ()


LOOKED_AT = """
    import app, re
    from unittest.mock import Mock, patch
    def sent(mock):
        return mock.call_args.args[0]
    @patch("app.notify")
    @patch("app.requests.get")
    @patch("app.requests.post")
    def test(post, get, notify):
        post.return_value = Mock(json=Mock(return_value={"worker_id": "w-7"}))
        get.return_value = Mock(json=Mock(return_value={"state": "done", "answer": "{}"}))
        assert app.outputs(app.start("share2", {})) == {}
        app.notify("a@example.com")
        assert LOOK
"""

LOSING = (
    '"share2" in sent(post)',
    'sent(post).rsplit("/", 1)[1] == "share2"',
    'post.mock_calls[0].args[0].split("/invoke/")[1] == "share2"',
    'post.call_args[0][0].rpartition("/")[2] == "share2"',
    'sent(get).removeprefix(app.URL) == "/run/w-7"',
    'sent(get).replace(app.URL, "") == "/run/w-7"',
    're.search(r"/(\\w+)/w-7$", sent(get))[1] == "run"',
    '"share2" in str(post.call_args)',
    'sent(post).count("/") == 5',
    'post.call_args[0][0].index("invoke") > 0',
)


@pytest.mark.parametrize("look", LOSING)
def test_a_look_into_the_url_of_a_mock_s_call_is_held(look: str) -> None:
    app = f'{CHOOSING}    SHARE = "share2"\n    def notify(address):\n        print(address)\n'
    result = analysed({"app.py": app, "test_app.py": LOOKED_AT.replace("LOOK", look)})
    assert {finding.reason for finding in result.findings} == {"stub"}, result.findings
    assert any("test_app.py:13" in finding.fix.message for finding in result.findings), result.findings
    assert result.changes == ()


@pytest.mark.parametrize(
    "look",
    [
        '"w-7" in sent(get)',
        'sent(get).endswith("w-7")',
        '"timeout" not in post.call_args.kwargs',
        '"json" in post.call_args.kwargs',
        'sent(notify).split("@")[1] == "example.com"',
        '"invoke" not in sent(get)',
    ],
)
def test_a_look_into_a_mock_s_call_that_sees_the_same_stays(look: str) -> None:
    app = f'{CHOOSING}    SHARE = "share2"\n    def notify(address):\n        print(address)\n'
    result = analysed({"app.py": app, "test_app.py": LOOKED_AT.replace("LOOK", look)})
    assert [change.path for change in result.changes] == ["app.py", "test_app.py"], result.findings
    assert look in result.changes[1].after


CHECKING_KEYS = {
    """
    def test(requests_mock):
        requests_mock.post(app.URL + "/invoke/share2", json={"worker_id": "1"})
        app.start("share2", {"a": 1})
    """: ["test_app.py:4"],
    """
    @patch("app.requests.post")
    def test(post):
        post.return_value = Mock(json=Mock(return_value={"worker_id": "w-7"}))
        app.start("share2", {"a": 1})
        (url,), _ = post.call_args
        assert url == app.URL + "/invoke/share2"
    """: ["test_app.py:8"],
    """
    def test(requests_mock):
        requests_mock.post(app.URL + "/invoke/share2", json={"worker_id": "1"})
        app.start("share2", {"a": 1})
        assert requests_mock.last_request.json() == {"a": 1}
    """: [],
}


@pytest.mark.parametrize("test", CHECKING_KEYS)
def test_a_check_of_the_key_that_the_url_loses_is_named(test: str) -> None:
    imports = "\n    import app\n    from unittest.mock import Mock, patch"
    result = analysed({"app.py": CHOOSING, "test_app.py": imports + test})
    assert [change.path for change in result.changes] == ["app.py", "test_app.py"], result.findings
    steps = [step for step in result.deployment if step.kind is SettingKind.TEST]
    assert [f"{step.place.path}:{step.place.row}" for step in steps] == CHECKING_KEYS[test]
    assert all("no longer checks the share_id" in step.written for step in steps)


@pytest.mark.parametrize(
    ("look", "steps"), [("", 1), ("assert requests_mock.last_request.json() == {'a': 1}", 0)]
)
def test_a_single_key_is_checked_by_one_comparison_of_a_body(look: str, steps: int) -> None:
    test = f"""
    import app
    def test_url(requests_mock):
        requests_mock.post(app.URL + "/invoke/share1", json={{"worker_id": "1"}})
        assert app.start({{"a": 1}}) == "1"
    def test_body(requests_mock):
        requests_mock.post(app.URL + "/invoke/share1", json={{"worker_id": "1"}})
        app.start({{"a": 1}})
        {look}
    """
    result = analysed({"app.py": RUNS, "test_app.py": test})
    assert [change.path for change in result.changes] == ["app.py", "test_app.py"], result.findings
    assert len([step for step in result.deployment if step.kind is SettingKind.TEST]) == steps


@pytest.mark.parametrize(
    ("check", "added"),
    [
        ('assert post.call_args.args[0].endswith("/invoke/share2")', "assert {} == {}"),
        ('assert post.call_args[0][0] == f"{app.URL}/invoke/share2"', "assert {} == {}"),
        ('post.assert_called_once_with(app.URL + "/invoke/share2", json=ANY)', "assert {} == {}"),
        ('self.assertEqual(post.call_args[0][0], app.URL + "/invoke/share2")', "self.assertEqual({}, {})"),
    ],
)
def test_a_check_of_the_body_takes_the_place_of_the_key_in_the_url(check: str, added: str) -> None:
    test = f"""
    import app, unittest
    from unittest.mock import ANY, Mock, patch
    class StartTest(unittest.TestCase):
        @patch("app.requests.post")
        def test(self, post):
            post.return_value = Mock(json=Mock(return_value={{"worker_id": "w-7"}}))
            app.start("share2", {{"a": 1}})
            {check}
    """
    result = analysed({"app.py": CHOOSING, "test_app.py": test})
    assert [change.path for change in result.changes] == ["app.py", "test_app.py"], result.findings
    body, value = 'post.call_args.kwargs["json"]["process_id"]', '"proc2"'
    assert result.changes[1].after.splitlines()[-1].strip() == added.format(body, value)
    assert not [step for step in result.deployment if step.kind is SettingKind.TEST]


SERVED = """
    import requests
    class Client:
        def __init__(self, host="https://rest-api.app.kognitos.com"):
            self.host = host
        def start(self, facts):
            url = f"{self.host}/v1/invoke/abcd3fg9ijk5mn1pqr3tu2wxy"
            return requests.post(url, json=facts).json()["worker_id"]
    Client().start({})
"""


def test_the_address_of_a_server_of_the_test_is_named() -> None:
    test = """
        import app
        def test(server):
            client = app.Client(f"http://127.0.0.1:{server.server_port}")
            assert client.start({}) == "w1"
        """
    result = analysed({"app.py": SERVED, "test_app.py": test})
    (finding,) = {finding.fix.message for finding in result.findings if finding.code == "KOG101"}
    assert finding.endswith("whose address is written here (test_app.py:3:27)"), finding
