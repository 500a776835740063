"""Doubles with a state of their own: responses by the id in the URL, and doubles of other libraries."""

import textwrap

import pytest

from tests.rewrites.verbs import analysed

APP = """
    import time, requests, httpx
    URL = "https://rest-api.app.kognitos.com/v1"
    def is_done(http, number):
        return http.get(f"{URL}/run/{number}").json()["state"] == "done"
    def wait(number):
        time.sleep(1)
        return requests.get(f"{URL}/run/{number}").json()["state"] == "done"
    print(is_done(httpx.Client(), "w-1"), wait("w-1"))
"""
BACKEND = """
    import app, httpx
    from unheard_of import fill
    def filled(runs):
        fill(runs)
        return runs
    class Backend:
        def __init__(self, runs):
            self.runs = runs
        def __call__(self, request):
            path = request.url.path
            {guard}
                return httpx.Response(200, json=self.runs[{key}])
            return httpx.Response(404)
    def check(runs):
        with httpx.Client(transport=httpx.MockTransport(Backend(runs))) as http:
            return app.is_done(http, "w-a")
    def test_done():
        assert check({{"a": {{"state": "done"}}}})
    def test_unknown():
        check({unknown})
"""
KEY = 'path.removeprefix("/v1/run/w-")'
GUARD = 'if path.startswith("/v1/run/w-"):'


def fixed(test: str) -> str:
    """The test after `fix`; empty if it is unchanged."""
    files = {"app.py": textwrap.dedent(APP), "test_app.py": textwrap.dedent(test)}
    result = analysed(files)
    changes = {change.path: change.after for change in result.changes}
    assert "app.py" in changes or not changes
    return changes.get("test_app.py", "")


@pytest.mark.parametrize(
    "guard",
    [
        GUARD,
        'if request.method == "GET" and path.startswith("/v1/run/w-"):',
        'if not (request.method != "GET" or not path.startswith("/v1/run/w-")):',
        'if not path.startswith("/v1/run/w-"):\n                raise ValueError\n            else:',
    ],
)
def test_a_part_behind_a_prefix_that_is_tested_stays(guard: str) -> None:
    changed = fixed(BACKEND.format(guard=guard, key=KEY, unknown="{}"))
    assert 'path.removeprefix("/v2/runs/w-")' in changed
    assert 'path.startswith("/v2/runs/w-")' in changed
    assert '{"a": {"status": "Succeeded"}}' in changed


@pytest.mark.parametrize(
    ("guard", "key", "unknown"),
    [
        ('if request.method == "GET":', KEY, "{}"),
        ('if path.startswith("/v1/run/"):', KEY, "{}"),
        ('if path.startswith("/v1/run/x-"):', KEY, "{}"),
        ('if path.startswith(("/v1/run/w-", "/v1/run/x-")):', KEY, "{}"),
        ('if path.startswith("/v1/run/w-") or path.startswith("/v1/run/x-"):', KEY, "{}"),
        ('if not path.startswith("/v1/run/w-"):', KEY, "{}"),
        ("if path.startswith(self.prefix):", KEY, "{}"),
        ('if "w-" in path:', KEY, "{}"),
        (GUARD, 'path.removeprefix("/v1/run/x-")', "{}"),
        (GUARD, KEY, "dict(open('runs'))"),
        (GUARD, KEY, "open('runs')"),
        (GUARD, KEY, "filled({})"),
    ],
)
def test_a_part_that_may_be_the_whole_path_holds_back(guard: str, key: str, unknown: str) -> None:
    assert fixed(BACKEND.format(guard=guard, key=key, unknown=unknown)) == ""


CLOCK = """
    import app, requests
    from unittest.mock import Mock, patch
    now = [0]
    def double(value, **options):
        {body}
    @patch("{target}", side_effect=double)
    @patch("app.requests.get")
    def test_wait(get, other):
        get.return_value.json.return_value = {{"state": "done"}}
        assert app.wait("w-1")
"""


@pytest.mark.parametrize("target", ["app.requests.get", "app.httpx.get", "app.unheard_of.sleep"])
def test_a_double_that_may_get_requests_holds_back(target: str) -> None:
    assert fixed(CLOCK.format(target=target, body="now[0] += value")) == ""
