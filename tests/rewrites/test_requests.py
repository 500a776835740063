"""URLs and bodies of requests become those of the new version."""

import pytest

from tests.rewrites.verbs import check_transformed

TRANSFORMED = {
    "a literal URL and a literal body": (
        """
        import requests
        reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={"a": 1})
        print(reply.json()["worker_id"])
        """,
        """
        import requests
        reply = requests.post("https://rest-api.app.kognitos.com/v2/runs", json={
            "process_id": "proc1",
            "agent_id": "agent1",
            "stage": "Published",
            "inputs": {"a": 1},
        })
        print(reply.json()["id"])
        """,
    ),
    "no body": (
        """
        import requests
        print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/share2").json()["worker_id"])
        """,
        """
        import requests
        print(requests.post("https://rest-api.app.kognitos.com/v2/runs", json={
            "process_id": "proc2",
            "agent_id": "agent1",
            "stage": "Draft",
            "inputs": {},
        }).json()["id"])
        """,
    ),
    "a body that is JSON text already": (
        """
        import json
        import requests
        facts = {"a": 1}
        print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", data=json.dumps(facts)).ok)
        """,
        """
        import json
        import requests
        facts = {"a": 1}
        print(requests.post("https://rest-api.app.kognitos.com/v2/runs", data=json.dumps({
            "process_id": "proc1",
            "agent_id": "agent1",
            "stage": "Published",
            "inputs": facts,
        })).ok)
        """,
    ),
    "facts that other code goes on using": (
        """
        import requests
        facts = {"worker_id": 7, "state": "done"}
        reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts)
        facts["more"] = 1
        print(facts["worker_id"], facts["state"], reply.json()["worker_id"])
        """,
        """
        import requests
        facts = {"worker_id": 7, "state": "done"}
        reply = requests.post("https://rest-api.app.kognitos.com/v2/runs", json={
            "process_id": "proc1",
            "agent_id": "agent1",
            "stage": "Published",
            "inputs": facts,
        })
        facts["more"] = 1
        print(facts["worker_id"], facts["state"], reply.json()["id"])
        """,
    ),
    "a body among arguments that are prepared": (
        """
        import requests
        def start(facts):
            options = {"json": facts, "timeout": 3}
            return requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", **options).ok
        """,
        """
        import requests
        def start(facts):
            options = {"json": {
                "process_id": "proc1",
                "agent_id": "agent1",
                "stage": "Published",
                "inputs": facts,
            }, "timeout": 3}
            return requests.post("https://rest-api.app.kognitos.com/v2/runs", **options).ok
        """,
    ),
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
        print(requests.post("https://rest-api.app.kognitos.com/v2/runs", json={
            "process_id": "proc1",
            "agent_id": "agent1",
            "stage": "Published",
            "inputs": {},
        }).json()["id"])
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
        print(First().go({
            "process_id": "proc1",
            "agent_id": "agent1",
            "stage": "Published",
            "inputs": {},
        }), Second().go({
            "process_id": "proc2",
            "agent_id": "agent1",
            "stage": "Draft",
            "inputs": {},
        }))
        """,
    ),
    "a share_id that is printed as well": (
        """
        import requests
        SHARE = "share1"
        print("starting", SHARE)
        print(requests.post(f"https://rest-api.app.kognitos.com/v1/invoke/{SHARE}", json={}).ok)
        """,
        """
        import requests
        SHARE = "share1"
        print("starting", SHARE)
        print(requests.post(f"https://rest-api.app.kognitos.com/v2/runs", json={
            "process_id": "proc1",
            "agent_id": "agent1",
            "stage": "Published",
            "inputs": {},
        }).ok)
        """,
    ),
    "a share_id that is known at run time only": (
        """
        import requests

        def start(share_id, facts):
            reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/" + share_id, json=facts)
            return reply.json()["worker_id"]
        """,
        """
        import requests


        # What each v1 share_id stands for on v2.
        KOGNITOS_PROCESSES = {
            "share1": {
                "process_id": "proc1",
                "agent_id": "agent1",
                "stage": "Published",
            },
            "share2": {
                "process_id": "proc2",
                "agent_id": "agent1",
                "stage": "Draft",
            },
            "share9": {
                "process_id": "proc9",
                "agent_id": "agent9",
                "stage": "Draft",
            },
        }

        def start(share_id, facts):
            reply = requests.post("https://rest-api.app.kognitos.com/v2/runs", json={
                **KOGNITOS_PROCESSES[share_id],
                "inputs": facts,
            })
            return reply.json()["id"]
        """,
    ),
    "error handling, which stays": (
        """
        import requests
        def start(facts):
            reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts)
            if reply.status_code == 404:
                raise KeyError("share1")
            if reply.status_code != 201:
                raise ValueError(reply.text)
            return reply.json()["worker_id"]
        """,
        """
        import requests
        def start(facts):
            reply = requests.post("https://rest-api.app.kognitos.com/v2/runs", json={
                "process_id": "proc1",
                "agent_id": "agent1",
                "stage": "Published",
                "inputs": facts,
            })
            if reply.status_code == 404:
                raise KeyError("share1")
            if reply.status_code != 201:
                raise ValueError(reply.text)
            return reply.json()["id"]
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
}


@pytest.mark.parametrize(("before", "after"), TRANSFORMED.values(), ids=TRANSFORMED)
def test_a_request_becomes_one_of_the_new_version(before: str, after: str) -> None:
    check_transformed(before, after)


def test_the_reference_dialect_wants_entries_and_a_name() -> None:
    check_transformed(
        """
        import requests
        print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={"a": 1}).ok)
        """,
        """
        import requests
        print(requests.post("https://rest-api.app.kognitos.com/v2/runs", json={
            "process_id": "proc1",
            "agent_id": "agent1",
            "stage": "Published",
            "name": "One",
            "inputs": [{"name": "a", "value": 1}],
        }).ok)
        """,
        {"v2_request": "reference"},
    )
