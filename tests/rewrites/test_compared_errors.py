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


REPORT = """
    import requests
    class Report:
        def __init__(self):
            self.errors, self.log = {{}}, []
    def start_all(jobs):
        report = Report()
        for number, facts in enumerate(jobs):
            try:
                response = requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts)
                response.raise_for_status()
                report.log.append({logged})
            except requests.RequestException as error:
                report.errors[number] = str(error)
        return report
"""


@pytest.mark.parametrize(
    ("logged", "is_migrated"),
    [('response.json()["worker_id"]', True), ("response.url", False), ("(number, response.url)", False)],
)
def test_instance_with_texts_of_errors(logged: str, *, is_migrated: bool) -> None:
    """An instance with the texts of errors may be returned to code out of sight; one with the URL may not."""
    result = analysed({"app.py": REPORT.format(logged=logged)})
    assert bool(result.changes) is is_migrated, result.findings


@pytest.mark.parametrize(
    "held",
    [
        "report.urls.append(response.url)",
        "Base.last = response.url",
        "report.pages['a'].append([[[[[{'b': response.url}]]]]])",
    ],
)
def test_instance_that_leads_to_the_address(held: str) -> None:
    """The attributes of its class and of the bases are as reachable as its own, however deep."""
    source = REPORT.replace(
        "class Report:", "class Base:\n        last = None\n    class Report(Base):\n        urls = []"
    )
    source = source.replace("{{}}, []", "{{}}, []\n            self.pages = {{'a': []}}")
    source = source.replace("report.log.append({logged})", "{held}")
    result = analysed({"app.py": source.format(held=held)})
    assert not result.changes, result.changes[-1].after
    assert analysed({"app.py": source.format(held="report.log.append(1)")}).changes
