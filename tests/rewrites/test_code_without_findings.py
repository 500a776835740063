"""Code without findings that must not change: look-alikes, names of the program, the new version, unrelated
words."""

import pytest

from tests.rewrites.verbs import check_noop

QUIET = {
    "an unknown host with the same path": """
        import requests
        print(requests.get("https://jobs.example.com/v1/run/7").json()["state"] == "done")
        """,
    "an unknown host with the same path and the same header": """
        import requests
        reply = requests.post("https://flow.example.com/v1/invoke/abc", headers={"x-api-key": "k"}, json={})
        print(reply.json()["worker_id"])
        """,
    "an unknown host, though the module says Kognitos in a comment": """
        import requests
        # not Kognitos, but like it
        print(requests.get("https://jobs.example.com/v1/run/7").json()["state"])
        """,
    "a host that only begins like the API's": """
        import requests
        requests.post("https://rest-api.app.kognitos.com.example.org/v1/invoke/orders", json={})
        """,
    "the platform API of the same vendor": """
        import requests
        URL = "https://app.us-1.kognitos.com/api/v1/organizations/o1/runs/r1"
        print(requests.get(URL, headers={"Authorization": "Bearer t"}).json()["state"])
        """,
    "a version that only begins like the old one": """
        import requests
        requests.post("http://localhost:3500/v1.0/invoke/checkout/method/orders", json={})
        """,
    "the new version": """
        import requests
        run = requests.get("https://rest-api.app.kognitos.com/v2/runs/r1", headers={"x-api-key": "k"}).json()
        print(run["status"] == "Succeeded", {one["name"]: one["value"] for one in run["outputs"] or []})
        """,
    "a start on the new version": """
        import requests
        body = {"process_id": "proc1", "agent_id": "agent1", "stage": "Draft", "inputs": {"worker_id": 3}}
        print(requests.post("https://rest-api.app.kognitos.com/v2/runs", json=body).json()["id"])
        """,
    "the old paths in a documentation string": '''
        """Kognitos: POST https://rest-api.app.kognitos.com/v1/invoke/share1 starts a run."""
        ''',
    "the old paths in a comment": """
        # Kognitos: GET https://rest-api.app.kognitos.com/v1/run/7
        print("hello")
        """,
    "columns and variables that are called like fields": """
        row = {"worker_id": 1, "state": "done", "answer": "{}", "blob_uri": None, "upload_url": ""}
        worker_id = row["worker_id"]
        if row["state"] == "done":
            print(worker_id, row.get("answer"))
        """,
    "a server that offers such paths itself": """
        from flask import Flask
        app = Flask(__name__)

        @app.post("/v1/invoke/<share_id>")
        def invoke(share_id):
            return {"worker_id": share_id}

        @app.get("/v1/run/<worker_id>")
        def run(worker_id):
            return {"state": "done", "answer": "{}"}
        """,
    "an upload to a URL of somebody else's": """
        import requests
        def put(got, data):
            requests.put(got["upload_url"], data=data, headers=got["upload_http_headers"])
        """,
    "a path without a host, in a module that says nothing of the API": """
        import requests
        def get(base, ident):
            return requests.get(f"{base}/v1/run/{ident}").json()["state"]
        """,
    "an empty module": "",
    "a module of comments": "# Kognitos\n",
}


@pytest.mark.parametrize("before", QUIET.values(), ids=QUIET)
def test_nothing_is_found(before: str) -> None:
    check_noop(before)
