"""Tests that look at the URLs of requests: paths without the version, and queries that the new URLs lack."""

from textwrap import indent

import pytest

from tests.rewrites.verbs import analysed

HELPERS = """
    import json, requests
    ROOT = "https://rest-api.app.kognitos.com/v1"
    def api_post(path, body):
        return requests.post(ROOT + path, json=body).json()
    def start(name):
        return api_post("/invoke/share1", {"vendor": name})["worker_id"]
    start("Ann")
"""

PATHS = {
    "compared in a double": """
        def post(path, body):
            assert path == "/invoke/share1"
            return {"worker_id": "7"}
        """,
    "looked up by a double": """
        def post(path, body):
            return {"/invoke/share1": {"worker_id": "7"}}[path]
        """,
    "one of several": """
        def post(path, body):
            assert path in ("/invoke/share1",)
            return {"worker_id": "7"}
        """,
}


@pytest.mark.parametrize("about", PATHS)
def test_a_path_without_the_version_becomes_the_new_one(about: str) -> None:
    test = f"""
        import app{PATHS[about].rstrip()}
        def test(monkeypatch):
            monkeypatch.setattr(app, "api_post", post)
            assert app.start("Ann") == "7"
        """
    result = analysed({"app.py": HELPERS, "test_app.py": test})
    changes = {change.path: change.after for change in result.changes}
    assert '"/runs"' in changes["test_app.py"]
    assert "/invoke" not in changes["test_app.py"]


def test_the_asserted_arguments_of_a_replaced_function_become_the_new_ones() -> None:
    test = """
        import app
        from unittest.mock import patch
        @patch("app.api_post", return_value={"worker_id": "7"})
        def test(post):
            app.start("Ann")
            post.assert_called_once_with("/invoke/share1", {"vendor": "Ann"})
        """
    result = analysed({"app.py": HELPERS, "test_app.py": test})
    changes = {change.path: change.after for change in result.changes}
    assert '"/runs"' in changes["test_app.py"]
    assert '"inputs": {"vendor": "Ann"}' in changes["test_app.py"]


ATTACHING = """
    import requests
    URL = "https://rest-api.app.kognitos.com/v1"
    def start(facts, blobs):
        url = f"{URL}/invoke/share1"
        body = {**facts, "docs": blobs}
        return requests.post(url, params={"attachments_key": "docs"}, json=body).json()["worker_id"]
    start({}, [])
"""

REMOVED = (
    '"attachments_key=docs" in request.url',
    '"attachments_key" in request.url',
    '"docs" in request.url',
    '"?" in request.url',
)
QUERIES = (
    '"?" in request.url and True',
    '"key=docs" not in request.url',
    '"?" in (url := request.url)',
    '"?" in noted(request.url)',
    'request.path_url.endswith("docs")',
    'request.url.partition("?")[2]',
    '"docs" in json.loads(request.body)',
)


@pytest.mark.parametrize("assertion", [*QUERIES, *REMOVED, '"/invoke/" in request.url'])
def test_only_assertions_on_the_query_of_the_files_are_removed(assertion: str) -> None:
    test = f"""
        import app, json, responses
        URLS = []
        def noted(url):
            URLS.append(url)
            return url
        @responses.activate
        def test():
            responses.post(app.URL + "/invoke/share1", json={{"worker_id": "7"}})
            app.start({{"a": 1}}, ["b"])
            request = responses.calls[0].request
            assert {assertion}
        """
    result = analysed({"app.py": ATTACHING, "test_app.py": test})
    assert bool(result.changes) is (assertion not in QUERIES)
    if result.changes:
        (after,) = (change.after for change in result.changes if change.path == "test_app.py")
        assert (" in request.url" in after) is (assertion not in REMOVED)


EXPECTED_FAILURES = {
    "a handler": ("", "try:\n    look(request)\nexcept AssertionError:\n    return False\nreturn True"),
    "a context": ("", "with pytest.raises(AssertionError):\n    look(request)"),
    "a suppressed error": ("", "with contextlib.suppress(AssertionError):\n    look(request)"),
    "a method": ("", "with unittest.TestCase().assertRaises(AssertionError):\n    look(request)"),
    "a decorator": ("@unittest.expectedFailure", "look(request)"),
    "a mark": ("@pytest.mark.xfail(strict=True)", "look(request)"),
    "none": ("", "look(request)"),
}


@pytest.mark.parametrize("name", EXPECTED_FAILURES)
def test_an_assertion_whose_failure_is_expected_is_held(name: str) -> None:
    decorator, body = EXPECTED_FAILURES[name]
    test = f"""\
import app, contextlib, pytest, responses, unittest
def look(request):
    assert "?" in request.url
{decorator}
@responses.activate
def test():
    responses.post(app.URL + "/invoke/share1", json={{"worker_id": "7"}})
    app.start({{}}, [])
    request = responses.calls[0].request
    def check():
{indent(body, " " * 8)}
    return check()
"""
    result = analysed({"app.py": ATTACHING, "test_app.py": test})
    assert bool(result.changes) is (name == "none")


def test_a_path_in_a_pattern_is_held() -> None:
    test = """
        import app
        def post(path, body):
            match path:
                case "/invoke/share1":
                    return {"worker_id": "7"}
            raise AssertionError(path)
        def test(monkeypatch):
            monkeypatch.setattr(app, "api_post", post)
            assert app.start("Ann") == "7"
        """
    assert analysed({"app.py": HELPERS, "test_app.py": test}).changes == ()
