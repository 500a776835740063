"""Results that may be texts of errors with the URL of a request, compared by tests: with values that
lack the path, they differ in both versions."""

import pytest

from tests.rewrites.verbs import analysed

APP = """
    import requests
    URL = "https://rest-api.app.kognitos.com/v1"
    def start_all(jobs):
        results = []
        for facts in jobs:
            try:
                response = requests.post(f"{URL}/invoke/share1", json=facts)
                response.raise_for_status()
                results.append(("ok", response.json()["worker_id"]))
            except requests.RequestException as error:
                results.append(("bad", str(error)))
        return results
"""
TEST = """
    import app, pytest
    @pytest.mark.parametrize("number", [1, 2])
    def test(requests_mock, number):
        requests_mock.post(app.URL + "/invoke/share1", json={{"worker_id": f"w{{number}}"}})
        assert app.start_all([{{"no": 1}}]) == {expected}
"""


@pytest.mark.parametrize("expected", ['[("ok", "w1")]', '[("ok", f"w{number}")]', "[]", '[("ok", {"a": 1})]'])
def test_values_without_the_path_are_left(expected: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": TEST.format(expected=expected)})
    assert [change.path for change in result.changes] == ["app.py", "test_app.py"], result.findings


@pytest.mark.parametrize(
    "expected",
    [
        '[("bad", "404 for url: " + app.URL + "/invoke/share1")]',
        '[("bad", f"404 for url: https://rest-api.app.kognitos.com/v{number}/invoke/share1")]',
        '[("bad", requests_mock.last_request.url)]',
        '[("bad", open("expected").read())]',
    ],
)
def test_values_that_may_have_the_path_hold_the_program_back(expected: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": TEST.format(expected=expected)})
    assert result.changes == (), result.changes[-1].after
