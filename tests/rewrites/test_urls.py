"""The old version and the old path are replaced in their literals, or the URL is rebuilt at the call."""

import pytest

from tests.rewrites.verbs import check_transformed

TRANSFORMED = {
    "a version that stands apart from the paths": (
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        VERSION = "v1"
        print(requests.get(f"{HOST}/{VERSION}/run/7").json()["state"] == "done")
        """,
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        VERSION = "v2"
        print(requests.get(f"{HOST}/{VERSION}/runs/7").json()["status"] == "Succeeded")
        """,
    ),
    "a version in the default of an environment variable": (
        """
        import os
        import requests
        BASE = os.environ.get("KOGNITOS_URL", "https://rest-api.app.kognitos.com/v1")
        print(requests.get(BASE + "/run/7", headers={"x-api-key": "k"}).json()["state"] == "done")
        """,
        """
        import os
        import requests
        BASE = os.environ.get("KOGNITOS_URL", "https://rest-api.app.kognitos.com/v2")
        print(requests.get(BASE + "/runs/7", headers={"x-api-key": "k"}).json()["status"] == "Succeeded")
        """,
    ),
    "a host from the environment, with evidence around it": (
        """
        import os
        import requests
        BASE = os.environ["KOGNITOS_URL"]
        print(requests.get(BASE + "/v1/run/7", headers={"x-api-key": "k"}).json()["state"] == "done")
        """,
        """
        import os
        import requests
        BASE = os.environ["KOGNITOS_URL"]
        print(requests.get(BASE + "/v2/runs/7", headers={"x-api-key": "k"}).json()["status"] == "Succeeded")
        """,
    ),
    "an address in an instance that a function hands out": (
        """
        import requests
        class Runs:
            def __init__(self, base="https://rest-api.app.kognitos.com/v1"):
                self.base = base
            def is_done(self):
                return requests.get(self.base + "/run/7").json()["state"] == "done"
        def runs():
            return Runs()
        """,
        """
        import requests
        class Runs:
            def __init__(self, base="https://rest-api.app.kognitos.com/v2"):
                self.base = base
            def is_done(self):
                return requests.get(self.base + "/runs/7").json()["status"] == "Succeeded"
        def runs():
            return Runs()
        """,
    ),
    "a client that a class method makes, and nobody calls": (
        """
        import httpx
        class Runs:
            def __init__(self, http):
                self.http = http
            @classmethod
            def create(cls):
                return cls(httpx.Client(base_url="https://rest-api.app.kognitos.com/v1"))
            def is_done(self):
                return self.http.get("/run/7").json()["state"] == "done"
        """,
        """
        import httpx
        class Runs:
            def __init__(self, http):
                self.http = http
            @classmethod
            def create(cls):
                return cls(httpx.Client(base_url="https://rest-api.app.kognitos.com/v2"))
            def is_done(self):
                return self.http.get("/runs/7").json()["status"] == "Succeeded"
        """,
    ),
    "a session that a function below a class hands to its constructor": (
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        class Runs:
            def __init__(self, session):
                self.session = session
            def is_done(self):
                return self.session.get(BASE + "/run/7").json()["state"] == "done"
        def is_done():
            with requests.Session() as session:
                return Runs(session).is_done()
        """,
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v2"
        class Runs:
            def __init__(self, session):
                self.session = session
            def is_done(self):
                return self.session.get(BASE + "/runs/7").json()["status"] == "Succeeded"
        def is_done():
            with requests.Session() as session:
                return Runs(session).is_done()
        """,
    ),
    "a template that two operations share": (
        """
        import requests
        URL = "https://rest-api.app.kognitos.com/v1/%s/%s"
        print(requests.post(URL % ("invoke", "share1"), json={}).json()["worker_id"])
        print(requests.get(URL % ("run", "7")).json()["state"] == "done")
        """,
        """
        import requests
        URL = "https://rest-api.app.kognitos.com/v2/%s/%s"
        print(
            requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": {},
                },
            ).json()["id"]
        )
        print(requests.get(URL % ("runs", "7")).json()["status"] == "Succeeded")
        """,
    ),
    "a path in a class attribute that subclasses replace": (
        """
        import requests
        class First:
            path = "/v1/invoke/share1"
            def go(self, facts):
                return requests.post("https://rest-api.app.kognitos.com" + self.path, json=facts).ok
        class Second(First):
            path = "/v1/invoke/share2"
        print(First().go({}), Second().go({}))
        """,
        """
        import requests
        class First:
            path = "/v2/runs"
            def go(self, facts):
                return requests.post("https://rest-api.app.kognitos.com" + self.path, json=facts).ok
        class Second(First):
            path = "/v2/runs"
        print(
            First().go(
                {
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": {},
                }
            ),
            Second().go(
                {
                    "process_id": "proc2",
                    "agent_id": "agent1",
                    "stage": "Draft",
                    "inputs": {},
                }
            ),
        )
        """,
    ),
    "a library that may be missing": (
        """
        try:
            import requests
        except ImportError:
            requests = None
        print(requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()["state"] == "done")
        """,
        """
        try:
            import requests
        except ImportError:
            requests = None
        print(requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()["status"] == "Succeeded")
        """,
    ),
    "a call of another service beside it": (
        """
        import requests
        print(requests.get("https://jobs.example.com/v1/run/7").json()["state"] == "done")
        print(requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()["state"] == "done")
        """,
        """
        import requests
        print(requests.get("https://jobs.example.com/v1/run/7").json()["state"] == "done")
        print(requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()["status"] == "Succeeded")
        """,
    ),
    "a tuple of two loses one": (
        """
        import requests
        START = "https://rest-api.app.kognitos.com/v1/invoke"
        print(requests.post("/".join((START, "share1")), json={}).ok)
        """,
        """
        import requests
        START = "https://rest-api.app.kognitos.com/v2/runs"
        print(
            requests.post(
                "/".join((START,)),
                json={
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": {},
                },
            ).ok
        )
        """,
    ),
    "helpers that stand before their callers": (
        """
        import requests
        class Client:
            def _call(self, method, path, **options):
                return requests.request(method, "https://rest-api.app.kognitos.com" + path, **options).json()
            def finished(self, ident):
                return self._call("GET", "/v1/run/" + ident)["state"] == "done"
        """,
        """
        import requests
        class Client:
            def _call(self, method, path, **options):
                return requests.request(method, "https://rest-api.app.kognitos.com" + path, **options).json()
            def finished(self, ident):
                return self._call("GET", "/v2/runs/" + ident)["status"] == "Succeeded"
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), TRANSFORMED.values(), ids=TRANSFORMED)
def test_a_url_becomes_that_of_the_new_version(before: str, after: str) -> None:
    check_transformed(before, after)
