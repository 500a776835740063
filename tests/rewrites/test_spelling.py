"""Everything around an edit stays byte for byte: quotes, comments, parentheses, indentation, line endings."""

from textwrap import dedent

import pytest

from tests.rewrites.verbs import check_transformed

TRANSFORMED = {
    "single quotes": (
        """
        import requests
        print(requests.get('https://rest-api.app.kognitos.com/v1/run/7').json()['state'] == 'done')
        """,
        """
        import requests
        print(requests.get('https://rest-api.app.kognitos.com/v2/runs/7').json()['status'] == 'Succeeded')
        """,
    ),
    "tabs": (
        """
        import requests
        def start():
        \treturn requests.post(
        \t\t"https://rest-api.app.kognitos.com/v1/invoke/share1",
        \t\tjson={"a": 1},
        \t).ok
        """,
        """
        import requests
        def start():
        \treturn requests.post(
        \t\t"https://rest-api.app.kognitos.com/v2/runs",
        \t\tjson={
        \t\t\t"process_id": "proc1",
        \t\t\t"agent_id": "agent1",
        \t\t\t"stage": "Published",
        \t\t\t"inputs": {"a": 1},
        \t\t},
        \t).ok
        """,
    ),
    "comments": (
        """
        import requests  # the library
        reply = requests.post(
            "https://rest-api.app.kognitos.com/v1/invoke/share1",  # the process
            # the facts follow
            json={"a": 1},  # facts
        )  # sent
        print(reply.json()["worker_id"])  # an id
        """,
        """
        import requests  # the library
        reply = requests.post(
            "https://rest-api.app.kognitos.com/v2/runs",  # the process
            # the facts follow
            json={
                "process_id": "proc1",
                "agent_id": "agent1",
                "stage": "Published",
                "inputs": {"a": 1},
            },  # facts
        )  # sent
        print(reply.json()["id"])  # an id
        """,
    ),
    "parentheses and literals side by side": (
        """
        import requests
        run = (requests.get(("https://rest-api.app.kognitos.com" "/v1/run/7")).json())
        print((run)["state"] == ("done"))
        """,
        """
        import requests
        run = (requests.get(("https://rest-api.app.kognitos.com" "/v2/runs/7")).json())
        print((run)["status"] == ("Succeeded"))
        """,
    ),
    "several statements on a line": (
        """
        import requests; H = "https://rest-api.app.kognitos.com"
        run = requests.get(H + "/v1/run/7"); print(run.json()["state"] == "done"); run = None
        """,
        """
        import requests; H = "https://rest-api.app.kognitos.com"
        run = requests.get(H + "/v2/runs/7"); print(
            run.json()["status"] == "Succeeded"
        ); run = None
        """,
    ),
    "characters of more than one byte before it": (
        """
        import requests
        TITLE = "Prüfung ✓ 😀"
        run = requests.get("https://rest-api.app.kognitos.com/v1/run/ä").json()
        print("…", run["state"] == "done")
        """,
        """
        import requests
        TITLE = "Prüfung ✓ 😀"
        run = requests.get("https://rest-api.app.kognitos.com/v2/runs/ä").json()
        print("…", run["status"] == "Succeeded")
        """,
    ),
    "text in three quotes": (
        '''
        import requests
        run = requests.get("""https://rest-api.app.kognitos.com/v1/run/7""").json()
        print(run["""state"""] == "done")
        ''',
        '''
        import requests
        run = requests.get("""https://rest-api.app.kognitos.com/v2/runs/7""").json()
        print(run["""status"""] == "Succeeded")
        ''',
    ),
}


@pytest.mark.parametrize(("before", "after"), TRANSFORMED.values(), ids=TRANSFORMED)
def test_what_is_around_an_edit_stays(before: str, after: str) -> None:
    check_transformed(before, after)


def test_line_endings_stay_also_in_what_is_added() -> None:
    before = """
        import requests
        def start(share_id):
            return requests.post("https://rest-api.app.kognitos.com/v1/invoke/" + share_id).ok
        """
    after = """
        import requests

        # The v2 ids of each process, by v1 share_id.
        KOGNITOS_PROCESSES = {
            "s": {
                "process_id": "p",
                "agent_id": "a",
                "stage": "Draft",
            },
        }


        def kognitos_process(share_id):
            \"\"\"Return the v2 ids for a v1 share_id. v2 answers an unknown one with 404.\"\"\"
            if share_id in KOGNITOS_PROCESSES:
                return KOGNITOS_PROCESSES[share_id]
            return {
                "process_id": str(share_id),
                "agent_id": "a",
                "stage": "Draft",
            }


        def start(share_id):
            return requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={**kognitos_process(share_id), "inputs": {}},
            ).ok
        """
    config: dict[str, object] = {"processes": {"s": {"process_id": "p", "agent_id": "a", "stage": "Draft"}}}
    for end in ("\n", "\r\n"):
        old, new = (dedent(text).replace("\n", end) for text in (before, after))
        check_transformed(old, new, config)
