"""Tests that compose the text of an answer, assert the query of an upload's start, or expect composed errors:
they migrate if all texts are known. Unknown ones hold the program back."""

import pytest

from tests.rewrites.verbs import analysed

APP = """
    import json, requests
    URL = "https://rest-api.app.kognitos.com/v1"
    class Failure(Exception):
        pass
    def start(blob, name):
        url = f"{URL}/invoke/share1"
        reply = requests.post(url, params={"attachments_key": blob}, json={"name": name})
        return reply.json()["worker_id"]
    def call(path):
        reply = requests.get(URL + path)
        if not reply.ok:
            raise Failure(f"{path} failed with {reply.status_code}")
        return reply.json()
    def outputs(ident):
        run = call(f"/run/{ident}")
        return json.loads(run["answer"]) if run["state"] == "done" else None
    ticket = requests.post(f"{URL}/upload", json={"file_name": "a"}).json()
    requests.put(ticket["upload_url"], data=b"x")
    start(ticket["blob_uri"], "a")
    outputs(input())
"""

COMPOSED = "is composed, and may not be a JSON object"

HELD = {
    "an answer of an unknown part": (
        """
        def test(requests_mock, amount):
            answer = '{"amount": %s}' % amount
            requests_mock.get(app.URL + "/run/1", json={"state": "done", "answer": answer})
            assert app.outputs("1") == {"amount": 7}
        """,
        COMPOSED,
    ),
    "an answer that is no JSON in one of the cases": (
        """
        @pytest.mark.parametrize("amount", ["3", "oops"])
        def test(requests_mock, amount):
            requests_mock.get(app.URL + "/run/1", json={"state": "done", "answer": '{"amount": %s}' % amount})
            app.outputs("1")
        """,
        COMPOSED,
    ),
    "an answer whose text is in Python's notation": (
        """
        @pytest.mark.parametrize("name", ["kim", "lee"])
        def test(requests_mock, name):
            requests_mock.get(app.URL + "/run/1", json={"state": "done", "answer": f'{{"name": {name!r}}}'})
            with pytest.raises(ValueError):
                app.outputs("1")
        """,
        COMPOSED,
    ),
    "an answer that the test reads": (
        """
        @pytest.mark.parametrize("amount", [3, 5])
        def test(requests_mock, amount):
            reply = {"state": "done", "answer": '{"amount": %s}' % amount}
            requests_mock.get(app.URL + "/run/1", json=reply)
            assert app.outputs("1") == app.json.loads(reply["answer"])
        """,
        "read",
    ),
    "a query that the library writes in another case": (
        """
        def test(requests_mock):
            route = requests_mock.post(app.URL + "/invoke/share1", json={"worker_id": "1"})
            app.start("https://store/A", "a")
            assert route.last_request.json() == {"name": "a"}
            assert route.last_request.qs == {"attachments_key": ["https://store/a"]}
        """,
        "the expected files aren't a literal here",
    ),
    "queries of two requests": (
        """
        def test(requests_mock):
            route = requests_mock.post(app.URL + "/invoke/share1", json={"worker_id": "1"})
            app.start("https://store/a", "a")
            app.start("https://store/b", "b")
            assert route.request_history[0].json() == {"name": "a"}
            assert route.request_history[0].qs == {"attachments_key": ["https://store/a"]}
            assert route.request_history[1].json() == {"name": "b"}
            assert route.request_history[1].qs == {"attachments_key": ["https://store/b"]}
        """,
        "the expected files aren't a literal here",
    ),
}


@pytest.mark.parametrize("about", HELD)
def test_a_test_of_unknown_texts_is_held(about: str) -> None:
    test, message = HELD[about]
    result = analysed({"app.py": APP, "test_app.py": f"\n        import app, pytest{test}"})
    assert any(message in finding.fix.message for finding in result.findings), result.findings
    assert result.changes == ()


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("str(code)", "would still expect the old version ('run')"),
        ("f'with {code}'", "would still expect the old version ('run')"),
        ("message", ""),
        ("'ru' + 'n/1'", "text that other code uses"),
        ("make()", "text that other code uses"),
    ],
)
def test_a_composed_text_that_may_expect_an_error_holds_the_conversation(pattern: str, message: str) -> None:
    test = f"""
        import app, pytest
        from helpers import make
        @pytest.mark.parametrize("code, message", [(403, "run/1 failed"), (500, "500")])
        def test(requests_mock, code, message):
            requests_mock.get(app.URL + "/run/1", status_code=code)
            with pytest.raises(app.Failure, match={pattern}):
                app.outputs("1")
        """
    result = analysed({"app.py": APP, "test_app.py": test})
    if message:
        assert result.changes == ()
        assert any(message in finding.fix.message for finding in result.findings)
    else:
        after = {change.path: change.after for change in result.changes}
        assert '[(403, "runs/1 failed"), (500, "500")]' in after["test_app.py"]
