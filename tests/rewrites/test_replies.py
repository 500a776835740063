"""Reads of replies: ids, states, answers."""

from textwrap import indent

import pytest

from tests.rewrites import helpers
from tests.rewrites.verbs import check_transformed

STATE_TABLE = indent(helpers.V1_STATE.removeprefix("\n"), " " * 8)
AS_JSON = indent(helpers.AS_JSON.removeprefix("\n"), " " * 8)

TRANSFORMED = {
    "a reply decoded by hand": (
        """
        import json
        import requests
        reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1")
        print(json.loads(reply.text)["worker_id"], json.loads(reply.content).get("worker_id"))
        """,
        """
        import json
        import requests
        reply = requests.post(
            "https://rest-api.app.kognitos.com/v2/runs",
            json={
                "process_id": "proc1",
                "agent_id": "agent1",
                "stage": "Published",
                "inputs": {},
            },
        )
        print(json.loads(reply.text)["id"], json.loads(reply.content).get("id"))
        """,
    ),
    "a reply that a function returns to the same module": (
        """
        import requests
        def status(ident):
            return requests.get(f"https://rest-api.app.kognitos.com/v1/run/{ident}").json()
        if __name__ == "__main__":
            print(status("7")["state"] == "done")
        """,
        """
        import requests
        def status(ident):
            return requests.get(f"https://rest-api.app.kognitos.com/v2/runs/{ident}").json()
        if __name__ == "__main__":
            print(status("7")["status"] == "Succeeded")
        """,
    ),
    "an id that goes anywhere": (
        """
        import requests
        def start(facts, row, database):
            row["worker_id"] = requests.post(
                "https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts
            ).json()["worker_id"]
            row["state"] = "done"
            database.save(row)
        """,
        """
        import requests
        def start(facts, row, database):
            row["worker_id"] = requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": facts,
                },
            ).json()["id"]
            row["state"] = "done"
            database.save(row)
        """,
    ),
    "a state compared in all ways": (
        """
        import requests
        FINAL = {"done", "failed"}
        def poll(ident):
            state = requests.get("https://rest-api.app.kognitos.com/v1/run/" + ident).json()["state"]
            if state in FINAL:
                return state != "failed"
            if state not in ("running", "done"):
                raise ValueError
            return state == "running"
        """,
        """
        import requests
        FINAL = {"Succeeded", "Failed"}
        def poll(ident):
            state = requests.get("https://rest-api.app.kognitos.com/v2/runs/" + ident).json()["status"]
            if state in FINAL:
                return state != "Failed"
            if state not in ("Created", "Executing", "Succeeded"):
                raise ValueError
            return state in ("Created", "Executing")
        """,
    ),
    "a state matched": (
        """
        import requests
        match requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()["state"]:
            case "done":
                print("ready")
            case "running" | "failed":
                print("not ready")
            case other:
                raise ValueError(other)
        """,
        """
        import requests
        match requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()["status"]:
            case "Succeeded":
                print("ready")
            case "Created" | "Executing" | "Failed":
                print("not ready")
            case other:
                raise ValueError(other)
        """,
    ),
    "a state that is shown to people": (
        """
        import logging
        import requests
        run = requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()
        logging.info("state %s", run["state"])
        """,
        """
        import logging
        import requests
        run = requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()
        logging.info("state %s", run["status"])
        """,
    ),
    "a state that goes to callers, in the old words": (
        """
        import requests

        def poll(run):
            return requests.get("https://rest-api.app.kognitos.com/v1/run/" + run).json()["state"]
        """,
        f"""
        import requests

{STATE_TABLE}

        def poll(run):
            return v1_state(
                requests.get("https://rest-api.app.kognitos.com/v2/runs/" + run).json()["status"]
            )
        """,
    ),
    "a state that meets a word which other things meet as well": (
        """
        import requests

        DONE = "done"
        def poll(job):
            return job["state"] == DONE
        print(requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()["state"] == DONE)
        """,
        f"""
        import requests

{STATE_TABLE}

        DONE = "done"
        def poll(job):
            return job["state"] == DONE
        print(
            v1_state(requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()["status"]) == DONE
        )
        """,
    ),
    "an answer decoded": (
        """
        import json
        import requests
        run = requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()
        if run["state"] == "done":
            print(json.loads(run["answer"])["total"])
        for name, value in json.loads(run.get("answer") or "{}").items():
            print(name, value)
        """,
        """
        import requests
        run = requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()
        if run["status"] == "Succeeded":
            print({output["name"]: output["value"] for output in run["outputs"] or []}["total"])
        for name, value in {
            output["name"]: output["value"] for output in run.get("outputs") or []
        }.items():
            print(name, value)
        """,
    ),
    "an answer that stays text": (
        """
        import json
        import requests

        run = requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()
        print(run.get("answer"))
        """,
        f"""
        import json
        import requests

{AS_JSON}

        run = requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()
        print(outputs_as_json(run.get("outputs")))
        """,
    ),
    "an answer that stays text, where json has another name": (
        """
        import json as j
        import requests

        run = requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()
        print(run.get("answer"), j.dumps({}))
        """,
        f"""
        import json as j
        import requests

{AS_JSON.replace("json.dumps", "j.dumps")}

        run = requests.get("https://rest-api.app.kognitos.com/v2/runs/7").json()
        print(outputs_as_json(run.get("outputs")), j.dumps({{}}))
        """,
    ),
    "a branch under an optional parameter is looked into": (
        """
        import requests
        def poll(ident, loud=False):
            run = requests.get("https://rest-api.app.kognitos.com/v1/run/" + ident).json()
            if loud:
                print(run["state"] == "failed")
            return run["state"] == "done"
        """,
        """
        import requests
        def poll(ident, loud=False):
            run = requests.get("https://rest-api.app.kognitos.com/v2/runs/" + ident).json()
            if loud:
                print(run["status"] == "Failed")
            return run["status"] == "Succeeded"
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), TRANSFORMED.values(), ids=TRANSFORMED)
def test_a_reply_is_read_as_the_new_version_has_it(before: str, after: str) -> None:
    check_transformed(before, after)
