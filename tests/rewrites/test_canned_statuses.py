"""Statuses that doubles return for an upload, whose status changes from 200 to 204."""

import pytest

from tests.rewrites.verbs import analysed

APP = """
    import requests
    URL = "https://rest-api.app.kognitos.com/v1"
    def upload(content):
        ticket = requests.request("POST", f"{URL}/upload", json={"file_name": "a"}).json()
        response = requests.request("PUT", ticket["upload_url"], data=content)
        if response.status_code != 200:
            raise RuntimeError(response.status_code)
        return ticket["blob_uri"]
    def state(ident):
        response = requests.request("GET", f"{URL}/run/{ident}")
        return response.json()["state"] if response.status_code == 200 else None
    def tell(ident):
        response = requests.request("POST", "https://chat.example.com/x", json={"text": ident})
        return response.status_code == 200
    """
TEST = """
    import app, requests
    from http import HTTPStatus
    from types import SimpleNamespace
    from unittest.mock import MagicMock, Mock, patch
    TICKET = {"upload_url": "https://b.example.com/1", "blob_uri": "b"}
    class Reply:
        def __init__(self, status_code, body=None):
            self.status_code = status_code
            self.body = body
        def json(self):
            return self.body
    def made(status, body=None):
        return Mock(status_code=status, json=Mock(return_value=body))
    """
PATCHED = """
    @patch("app.requests.request")
    def test(request):
        request.side_effect = [%s]
        assert app.upload(b"x") == "b"
    """
REFUSED = """
    import responses
    @responses.activate
    def test_refused():
        responses.post(app.URL + "/upload", json=%s)
        app.upload(b"x")
    """
MIGRATED = {
    "a keyword": PATCHED % "Mock(json=lambda: TICKET), Mock(status_code=200)",
    "a dict of keywords": PATCHED % "Mock(json=lambda: TICKET), MagicMock(**{'status_code': 200})",
    "an object of the test": PATCHED % "Reply(201, TICKET), Reply(200)",
    "a namespace": PATCHED
    % "SimpleNamespace(status_code=201, json=lambda: TICKET), SimpleNamespace(status_code=200)",
    "a function of the test": PATCHED % "made(201, TICKET), made(200)",
    "another status before it": PATCHED % "made(200, TICKET), made(200)",
    "an attribute of a client's response": """
    def test():
        done = requests.Response()
        done.status_code = 200
        with patch.object(app.requests, "request", side_effect=[Mock(json=lambda: TICKET), done]):
            assert app.upload(b"x") == "b"
    """,
    "a function that takes the next response": """
    def test(monkeypatch):
        replies = iter([Reply(201, TICKET), Reply(200)])
        monkeypatch.setattr(requests, "request", lambda method, url, **kwargs: next(replies))
        assert app.upload(b"x") == "b"
    """,
    "another request whose response has content": """
    @patch("app.requests.request")
    def test(request):
        request.side_effect = [made(201, TICKET), made(200), made(200, {"state": "done"})]
        assert app.upload(b"x") == "b"
        assert app.state("7") == "done"
    """,
    "a test whose ticket is refused": PATCHED % "made(201, TICKET), made(200)"
    + REFUSED % '{"message": "no"}, status=500',
    "a test whose ticket is refused without content": PATCHED % "made(201, TICKET), made(200)"
    + REFUSED % "None, status=HTTPStatus.FORBIDDEN",
}
HELD = {
    "an error that has a ticket": REFUSED % "TICKET, status=500",
    "an unknown status": REFUSED % "{}, status=int(TICKET['blob_uri'])",
    "a ticket in the next response": REFUSED
    % "{}, status=500)\n        responses.post(app.URL + '/upload', json=TICKET",
    "one response for both requests": """
    @patch("app.requests.request")
    def test(request):
        request.return_value = Mock(status_code=200, json=Mock(return_value=TICKET))
        assert app.upload(b"x") == "b"
    """,
    "a request of another service": """
    @patch("app.requests.request")
    def test(request):
        request.side_effect = [made(201, TICKET), made(200), made(200)]
        assert app.tell(app.upload(b"x"))
    """,
    "a name of the status": PATCHED % "Mock(json=lambda: TICKET), Mock(status_code=HTTPStatus.OK)",
    "a table of statuses": """
    def test():
        for status in (200, 500):
            with patch("app.requests.request", side_effect=[made(201, TICKET), made(status)]):
                assert app.upload(b"x") == "b"
    """,
}
SETTINGS: dict[str, object] = {"upload_agent": "agent1"}


@pytest.mark.parametrize("about", MIGRATED)
def test_the_status_of_the_upload_is_changed_alone(about: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": TEST + MIGRATED[about]}, SETTINGS)
    after = {change.path: change.after for change in result.changes}
    before = (TEST + MIGRATED[about]).count("200")
    assert (after["test_app.py"].count("204"), after["test_app.py"].count("200")) == (1, before - 1)


@pytest.mark.parametrize("about", HELD)
def test_a_status_that_may_be_anothers_is_held(about: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": TEST + HELD[about]}, SETTINGS)
    assert not [change for change in result.changes if change.path == "test_app.py"]
    assert any("status" in finding.fix.message for finding in result.findings)
