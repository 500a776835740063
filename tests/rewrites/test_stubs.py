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
