"""What is found and yet stays as it is, as a whole: nothing is migrated by halves."""

import pytest

from tests.rewrites.verbs import check_noop

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
    "an address that a public function gives away: nobody knows what is sent there": (
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        def address():
            return BASE
        print(requests.get(BASE + "/run/7").json()["state"] == "done")
        """,
        ("KOG201", "KOG903"),
    ),
    "an address that a loop puts parts to, until none is left": (
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        def url(*parts):
            out, rest = BASE, list(parts)
            while rest:
                out += "/" + rest.pop(0)
            return out
        print(requests.get(url("run", "7")).json()["state"] == "done")
        print(requests.get(BASE + "/run/7").json()["state"] == "done")
        """,
        ("KOG201", "KOG903"),
    ),
    "an address that a loop puts those parts to that are there": (
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        def url(parts):
            out = BASE
            for part in filter(None, parts):
                out = f"{out}/{part}"
            return out
        print(requests.get(url(["run", "", "7"])).json()["state"] == "done")
        print(requests.get(BASE + "/run/7").json()["state"] == "done")
        """,
        ("KOG201", "KOG903"),
    ),
    "an address that is joined with parts of which the number isn't known": (
        """
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        def url(*parts):
            return "/".join(str(part) for part in (BASE, *parts))
        print(requests.get(url("run", 7)).json()["state"] == "done")
        print(requests.get(BASE + "/run/7").json()["state"] == "done")
        """,
        ("KOG201", "KOG903"),
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
    "a version that is in an environment variable": (
        """
        import os, requests
        BASE = os.environ["KOGNITOS_URL"]
        run = requests.post(f"{BASE}/invoke/{os.environ['SHARE']}", json={}).json()["worker_id"]
        print(requests.get(f"{BASE}/run/{run}").json()["state"] == "done")
        print(requests.get(f"{BASE}/jobs/{run}").json()["state"] == "done")
        """,
        ("KOG903", "KOG903"),
    ),
    "a version that is in an environment variable of any name": (
        """
        import os, requests
        print(requests.post(os.environ["URL"] + "/invoke/share1", json={}).ok)
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
    "an upload under an optional parameter belongs to the run": (
        """
        import requests
        def start(facts, data=None):
            params = {}
            if data:
                url = "https://rest-api.app.kognitos.com/v1/upload"
                slot = requests.post(url, json={"file_name": "a"}).json()
                requests.put(slot["upload_url"], data=data)
                params["attachments_key"] = slot["blob_uri"]
            url = "https://rest-api.app.kognitos.com/v1/invoke/nobody"
            return requests.post(url, params=params, json=facts).json()["worker_id"]
        """,
        ("KOG301", "KOG302", "KOG101"),
    ),
    "a URL that a loop changes is known in all its forms": (
        """
        import requests
        url = "https://rest-api.app.kognitos.com/v1/invoke/nobody"
        while True:
            print(requests.post(url, json={}).json()["worker_id"])
            url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
        """,
        ("KOG101",),
    ),
    "a base that may be another service's": (
        """
        import requests
        BASES = {"us": "https://rest-api.app.kognitos.com/v1", "own": "https://jobs.example.com/v1"}
        def finished(name, ident):
            return requests.get(f"{BASES[name]}/run/{ident}").json()["state"] == "done"
        """,
        ("KOG201",),
    ),
    "a name that the table would take is taken": (
        """
        import requests
        KOGNITOS_PROCESSES = ["share1", "share2"]
        for share in KOGNITOS_PROCESSES:
            print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/" + share).ok)
        """,
        ("KOG101",),
    ),
    "a name that the translation of words would take is taken": (
        """
        import requests
        v1_state = "not known yet"
        print(v1_state, requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()["state"])
        """,
        ("KOG201",),
    ),
    "a model or a function, as it comes, that a reply fills": (
        """
        import dataclasses
        import requests
        @dataclasses.dataclass
        class Run:
            state: str
        def shown(state):
            return state
        def ask(make):
            return make(**requests.get("https://rest-api.app.kognitos.com/v1/run/7").json())
        print(ask(Run).state == "done", ask(shown) == "done")
        """,
        ("KOG201",),
    ),
    "a model that a reply fills where it can't be given a name": (
        """
        import dataclasses
        import requests
        @dataclasses.dataclass
        class Run:
            state: str
            answer: list
        class Runs:
            only = Run(**requests.get("https://rest-api.app.kognitos.com/v1/run/7").json()).state == "done"
        """,
        ("KOG201",),
    ),
    "a query of more than the files": (
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        uri = requests.post(HOST + "/v1/upload", json={"file_name": "a"}).json()["blob_uri"]
        requests.post(f"{HOST}/v1/invoke/share1?attachments_key={uri}&trace=1", json={})
        """,
        ("KOG101", "KOG301"),
    ),
    "a verb by name": (
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        VERB = "put"
        slot = requests.post(HOST + "/v1/upload", json={"file_name": "a"}).json()
        getattr(requests, VERB)(slot["upload_url"], data=b"x")
        requests.post(HOST + "/v1/invoke/share1", params={"attachments_key": slot["blob_uri"]}, json={})
        """,
        ("KOG101", "KOG301", "KOG302"),
    ),
    "a verb that a function is given": (
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={"file_name": "a"}).json()
        def send(method, url, content):
            if method == "PUT":
                print("sent")
            return requests.request(method, url, data=content)
        send("PUT", slot["upload_url"], b"x")
        requests.post(HOST + "/v1/invoke/share1", params={"attachments_key": slot["blob_uri"]}, json={})
        """,
        ("KOG101", "KOG301", "KOG302"),
    ),
    "an upload's URL in a pattern": (
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        match requests.post(HOST + "/v1/upload", json={"file_name": "a"}).json():
            case {"upload_url": url, "blob_uri": uri}:
                requests.put(url, data=b"x")
                requests.post(HOST + "/v1/invoke/share1", params={"attachments_key": uri}, json={})
        """,
        ("KOG101", "KOG301", "KOG302"),
    ),
    "an upload's URL that goes elsewhere": (
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={"file_name": "a"}).json()
        url = slot["upload_url"]
        open("url.txt", "w").write(url)
        def send(url):
            requests.put(url, data=b"x")
        send(url)
        requests.post(HOST + "/v1/invoke/share1", params={"attachments_key": slot["blob_uri"]}, json={})
        """,
        ("KOG101", "KOG301", "KOG302"),
    ),
    "an upload that fills a model": (
        """
        import requests
        HOST = "https://rest-api.app.kognitos.com"
        from dataclasses import dataclass
        @dataclass
        class Slot:
            upload_url: str
            blob_uri: str
        slot = Slot(**requests.post(HOST + "/v1/upload", json={"file_name": "a"}).json())
        requests.put(slot.upload_url, data=b"x")
        requests.post(HOST + "/v1/invoke/share1", params={"attachments_key": slot.blob_uri}, json={})
        """,
        ("KOG101", "KOG301", "KOG302"),
    ),
}


@pytest.mark.parametrize(("before", "found"), FOUND.values(), ids=FOUND)
def test_nothing_is_changed_but_it_is_found(before: str, found: tuple[str, ...]) -> None:
    check_noop(before, found)


@pytest.mark.parametrize(
    "test",
    [
        "200 <= status <= 202",
        "status < 201",
        "201 > status",
        "status < LIMIT",
        "status == GOOD",
        "status in range(200, 203)",
        "status not in range(201, 210)",
        "str(status) == '200'",
        "not status - 200",
        "status % 100 == 0",
        "status <= int(input())",
        "str(status).startswith('200')",
        "f'{status}'.endswith('00')",
        "f'{status}'.startswith(input())",
        "http.HTTPStatus(status) is http.HTTPStatus.OK",
        "http.HTTPStatus(status).phrase == 'OK'",
        "{200: True}.get(status)",
        "Counter([status])[200]",
        "reply.reason == 'OK'",
    ],
)
def test_a_status_that_others_share_or_that_comes_out_otherwise(test: str) -> None:
    check_noop(
        f"""
        import http
        from collections import Counter
        import requests
        LIMIT = 202
        GOOD = 200
        HOST = "https://rest-api.app.kognitos.com"
        slot = requests.post(HOST + "/v1/upload", json={{"file_name": "a"}}).json()
        reply = requests.put(slot["upload_url"], data=b"x")
        status = reply.status_code
        assert {test}
        print(GOOD)
        requests.post(HOST + "/v1/invoke/share1", params={{"attachments_key": slot["blob_uri"]}}, json={{}})
        """,
        ("KOG101", "KOG301", "KOG302"),
    )


@pytest.mark.parametrize(
    "test",
    [
        "path.startswith('/invoke')",
        "path.startswith(('/invoke', '/start'))",
        "'/invoke/' in path",
        "path.split('/')[1] == 'invoke'",
        "path[:7] == '/invoke'",
        "path.find('invoke') > 0",
        "path.removeprefix('/invoke') != path",
        "{'/invoke/share1': True}.get(path)",
    ],
)
def test_a_wrapper_that_looks_into_the_path(test: str) -> None:
    check_noop(
        f"""
        import requests
        BASE = "https://rest-api.app.kognitos.com/v1"
        def send(path, body=None):
            return (requests.post(BASE + path, json=body) if {test} else requests.get(BASE + path)).json()
        worker_id = send("/invoke/share1", {{"a": 1}})["worker_id"]
        print(send("/run/" + worker_id)["state"] == "done")
        """,
        ("KOG101", "KOG201"),
    )


def test_a_configured_host_makes_it_the_api() -> None:
    program = """
        import requests
        requests.post("https://gateway.example.com/v1/invoke/nobody", json={})
        """
    check_noop(program)
    check_noop(program, ("KOG101",), {"hosts": ["gateway.example.com"]})
