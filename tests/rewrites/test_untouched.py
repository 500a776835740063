"""What must stay as it is, and is no finding: look-alikes, own names, the new version, mere words."""

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
            return requests.get(f"{base}/v1/run/{ident}", headers={"x-api-key": "k"}).json()["state"]
        """,
    "an empty module": "",
    "a module of comments": "# Kognitos\n",
}


@pytest.mark.parametrize("before", QUIET.values(), ids=QUIET)
def test_nothing_is_found(before: str) -> None:
    check_noop(before)


FOUND = {
    "a share_id that the configuration lacks": (
        """
        import requests
        requests.post("https://rest-api.app.kognitos.com/v1/invoke/nobody", json={})
        """,
        ("KOG101",),
    ),
    "one of several share_ids that the configuration lacks": (
        """
        import requests
        for share in ("share1", "nobody"):
            requests.post(f"https://rest-api.app.kognitos.com/v1/invoke/{share}", json={})
        """,
        ("KOG101",),
    ),
    "the whole conversation, where one reply goes to code that can't be followed": (
        """
        import archive
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        worker_id = requests.post(HOST + "/v1/invoke/share1", json={}).json()["worker_id"]
        archive.store(requests.get(HOST + "/v1/run/" + worker_id).json())
        """,
        ("KOG101", "KOG201"),
    ),
    "a reply that a public function gives away": (
        """
        import requests
        def start(facts):
            return requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts).json()
        """,
        ("KOG101",),
    ),
    "a response that a public function gives away": (
        """
        import requests
        def start(facts):
            return requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts)
        """,
        ("KOG101",),
    ),
    "a reply of which a key is read that isn't known": (
        """
        import requests
        def show(ident, key):
            print(requests.get(f"https://rest-api.app.kognitos.com/v1/run/{ident}").json()[key])
        """,
        ("KOG201",),
    ),
    "a reply that is walked over": (
        """
        import requests
        for key, value in requests.get("https://rest-api.app.kognitos.com/v1/run/7").json().items():
            print(key, value)
        """,
        ("KOG201",),
    ),
    "a reply that is printed whole": (
        """
        import requests
        print(requests.get("https://rest-api.app.kognitos.com/v1/run/7").json())
        """,
        ("KOG201",),
    ),
    "a reply that is changed": (
        """
        import requests
        run = requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()
        run["state"] = "seen"
        """,
        ("KOG201",),
    ),
    "a reply out of which something is deleted": (
        """
        import requests
        run = requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()
        del run["state"]
        """,
        ("KOG201",),
    ),
    "a reply's text that is searched": (
        """
        import re
        import requests
        print(re.search('"state": "(.*?)"', requests.get("https://rest-api.app.kognitos.com/v1/run/7").text))
        """,
        ("KOG201",),
    ),
    "a reply whose text is asked for an old word": (
        """
        import requests
        print("done" in requests.get("https://rest-api.app.kognitos.com/v1/run/7").text)
        """,
        ("KOG201",),
    ),
    "a reply that is asked for a key that the new one always has": (
        """
        import requests
        print("answer" in requests.get("https://rest-api.app.kognitos.com/v1/run/7").json())
        """,
        ("KOG201",),
    ),
    "a state that meets a word of which the configuration knows nothing": (
        """
        import requests
        print(requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()["state"] == "cancelled")
        """,
        ("KOG201",),
    ),
    "a field that is read where replies of another service are read as well": (
        """
        import requests
        def finished(reply):
            return reply["state"] == "done"
        print(finished(requests.get("https://jobs.example.com/7").json()))
        print(finished(requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()))
        """,
        ("KOG201",),
    ),
    "a URL whose old part another service shares": (
        """
        import requests
        def finished(base):
            return requests.get(base + "/v1/run/7").json()["state"] == "done"
        print(finished("https://jobs.example.com"), finished("https://rest-api.app.kognitos.com"))
        """,
        ("KOG201",),
    ),
    "an upload of which nobody knows the agent": (
        """
        import requests
        def upload(data):
            got = requests.post("https://rest-api.app.kognitos.com/v1/upload", json={"file_name": "a"}).json()
            requests.put(got["upload_url"], data=data)
            return got["blob_uri"]
        """,
        ("KOG301", "KOG302"),
    ),
    "another verb on an old path": (
        """
        import requests
        requests.put("https://rest-api.app.kognitos.com/v1/invoke/share1", json={})
        """,
        ("KOG902",),
    ),
    "an old path that no rule knows": (
        """
        import requests
        requests.get("https://rest-api.app.kognitos.com/v1/health")
        """,
        ("KOG902",),
    ),
    "a request by a library that no rule knows": (
        """
        import unknown_http
        unknown_http.post("https://rest-api.app.kognitos.com/v1/invoke/share1", {})
        """,
        ("KOG903",),
    ),
    "text of a command line": (
        """
        import subprocess
        subprocess.run(["curl", "https://rest-api.app.kognitos.com/v1/run/7"], check=True)
        """,
        ("KOG902",),
    ),
    "a module that can't be parsed": (
        """
        import requests
        requests.get("https://rest-api.app.kognitos.com/v1/run/7"
        """,
        ("KOG901",),
    ),
}


@pytest.mark.parametrize(("before", "found"), FOUND.values(), ids=FOUND)
def test_nothing_is_changed_but_it_is_found(before: str, found: tuple[str, ...]) -> None:
    check_noop(before, found)


def test_a_configured_host_makes_it_the_api() -> None:
    program = """
        import requests
        requests.post("https://gateway.example.com/v1/invoke/nobody", json={})
        """
    check_noop(program)
    check_noop(program, ("KOG101",), {"hosts": ["gateway.example.com"]})
