"""Doubles that are passed to a session: those of another service stay as they are, all others may answer for
the API."""

from __future__ import annotations

import pytest

from tests.rewrites.verbs import analysed

PROGRAM = """
    import json, os, httpx
    API, OTHER = "https://rest-api.app.kognitos.com", "https://api.scans.example/v1"
    def answer(request):
        return httpx.Response(200, json={"id": "1", "state": "complete", "worker_id": "1", "answer": "{}"})
    def read_api(client, facts):
        ident = client.post("/v1/invoke/share1", json=facts).json()["worker_id"]
        run = client.get(f"/v1/run/{ident}").json()
        return json.loads(run["answer"]) if run["state"] == "done" else None
    def read_other(client, facts):
        ident = client.post("/scans", json=facts).json()["id"]
        return client.get(f"/scans/{ident}").json()["state"]
    """

OF_THE_API = {
    "one double for both services": """
    double = httpx.MockTransport(answer)
    print(read_other(httpx.Client(base_url=OTHER, transport=double), {}))
    print(read_api(httpx.Client(base_url=API, transport=double), {}))
    """,
    "two doubles with one handler": """
    print(read_other(httpx.Client(base_url=OTHER, transport=httpx.MockTransport(answer)), {}))
    print(read_api(httpx.Client(base_url=API, transport=httpx.MockTransport(answer)), {}))
    """,
    "a double in the mounts of a session": """
    double = httpx.MockTransport(answer)
    print(read_other(httpx.Client(base_url=OTHER, transport=double), {}))
    print(read_api(httpx.Client(base_url=API, mounts={"all://": double}), {}))
    """,
    "a double inside of another transport": """
    class Logged(httpx.BaseTransport):
        def __init__(self, inner):
            self.inner = inner
        def handle_request(self, request):
            return self.inner.handle_request(request)
    double = httpx.MockTransport(answer)
    print(read_other(httpx.Client(base_url=OTHER, transport=double), {}))
    print(read_api(httpx.Client(base_url=API, transport=Logged(double)), {}))
    """,
    "a double that a session gets later": """
    double = httpx.MockTransport(answer)
    print(read_other(httpx.Client(base_url=OTHER, transport=double), {}))
    client = httpx.Client(base_url=API)
    client._transport = double
    print(read_api(client, {}))
    """,
    "a session that sends to both services": """
    client = httpx.Client(base_url=OTHER, transport=httpx.MockTransport(answer))
    print(read_other(client, {}))
    client.base_url = API
    print(read_api(client, {}))
    """,
    "a session whose paths aren't known": """
    client = httpx.Client(base_url="https://api.scans.example", transport=httpx.MockTransport(answer))
    for path in json.loads(os.environ["PATHS"]):
        print(client.get(path).json()["state"])
    print(read_api(httpx.Client(base_url=API), {}))
    """,
    "a session whose host isn't known": """
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default=OTHER)
    client = httpx.Client(base_url=str(parser.parse_args().host), transport=httpx.MockTransport(answer))
    print(read_other(client, {}))
    print(read_api(httpx.Client(base_url=API), {}))
    """,
}


@pytest.mark.parametrize("name", OF_THE_API)
def test_a_double_that_may_answer_for_the_api_holds_back(name: str) -> None:
    assert not analysed({"app.py": PROGRAM + OF_THE_API[name]}).changes


@pytest.mark.parametrize("base", ["OTHER", 'os.environ.get("SCANS_URL", OTHER)'])
def test_a_double_of_another_service_stays(base: str) -> None:
    (change,) = analysed(
        {
            "app.py": f"""{PROGRAM}
    print(read_other(httpx.Client(base_url={base}, transport=httpx.MockTransport(answer)), {{}}))
    print(read_api(httpx.Client(base_url=API), {{}}))
    """
        }
    ).changes
    assert '"worker_id": "1", "answer": "{}"' in change.after
    assert '"/v2/runs"' in change.after
