"""Bodies, and the process that the old path named, become the new version's body."""

import re

import pytest

from tests.rewrites.verbs import FILE, analysed, check_code, check_transformed

TRANSFORMED = {
    "a literal URL and a literal body": (
        """
        import requests
        reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={"a": 1})
        print(reply.json()["worker_id"])
        """,
        """
        import requests
        reply = requests.post(
            "https://rest-api.app.kognitos.com/v2/runs",
            json={
                "process_id": "proc1",
                "agent_id": "agent1",
                "stage": "Published",
                "inputs": {"a": 1},
            },
        )
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
        print(
            requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={
                    "process_id": "proc2",
                    "agent_id": "agent1",
                    "stage": "Draft",
                    "inputs": {},
                },
            ).json()["id"]
        )
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
        print(
            requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                data=json.dumps(
                    {
                        "process_id": "proc1",
                        "agent_id": "agent1",
                        "stage": "Published",
                        "inputs": facts,
                    }
                ),
            ).ok
        )
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
        reply = requests.post(
            "https://rest-api.app.kognitos.com/v2/runs",
            json={
                "process_id": "proc1",
                "agent_id": "agent1",
                "stage": "Published",
                "inputs": facts,
            },
        )
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
            options = {
                "json": {
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": facts,
                },
                "timeout": 3,
            }
            return requests.post("https://rest-api.app.kognitos.com/v2/runs", **options).ok
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
        print(
            requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
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
    "a share_id that is known at run time only": (
        """
        import requests

        def start(share_id, facts):
            reply = requests.post("https://rest-api.app.kognitos.com/v1/invoke/" + share_id, json=facts)
            return reply.json()["worker_id"]
        """,
        """
        import requests

        # The v2 ids of each process, by v1 share_id.
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


        def kognitos_process(share_id):
            \"\"\"Return the v2 ids for a v1 share_id. v2 answers an unknown one with 404.\"\"\"
            if share_id in KOGNITOS_PROCESSES:
                return KOGNITOS_PROCESSES[share_id]
            return {
                "process_id": str(share_id),
                "agent_id": "agent1",
                "stage": "Published",
            }


        def start(share_id, facts):
            reply = requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={**kognitos_process(share_id), "inputs": facts},
            )
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
            reply = requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "inputs": facts,
                },
            )
            if reply.status_code == 404:
                raise KeyError("share1")
            if reply.status_code != 201:
                raise ValueError(reply.text)
            return reply.json()["id"]
        """,
    ),
}


@pytest.mark.parametrize(("before", "after"), TRANSFORMED.values(), ids=TRANSFORMED)
def test_a_body_becomes_that_of_the_new_version(before: str, after: str) -> None:
    check_transformed(before, after)


def test_the_reference_dialect_wants_entries_and_a_name() -> None:
    check_transformed(
        """
        import requests
        print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={"a": 1}).ok)
        """,
        """
        import requests
        print(
            requests.post(
                "https://rest-api.app.kognitos.com/v2/runs",
                json={
                    "process_id": "proc1",
                    "agent_id": "agent1",
                    "stage": "Published",
                    "name": "One",
                    "inputs": [{"name": "a", "value": 1}],
                },
            ).ok
        )
        """,
        {"v2_request": "reference"},
    )


STARTED = """
    import requests
    HOST = "https://rest-api.app.kognitos.com"
    SHARES = {{"a": "share1", "b": "share2"}}
    REGION = input()
    def url({parameters}):
        {share}
        return f"{{HOST}}/v1/invoke/{{share}}"
    def start({start}, facts):
        return requests.post({call}, json=facts).json()["worker_id"]
    """
SAID = {
    ("share", "pass", "share", "url(share)"): "share",
    ("*, share", "pass", "share", "url(share=share)"): "share",
    ("share, facts", "pass", "ident", "url(ident, facts)"): "ident",
    ("region", "share = SHARES[region]", "region", "url(region)"): "SHARES[region]",
    ("region", "share = SHARES[region]", "place", 'url(place["name"])'): 'SHARES[place["name"]]',
    ("place", "share = SHARES[place.region]", "place", "url(place)"): "SHARES[place.region]",
    ("", "share = SHARES[REGION]", "place", "url()"): "SHARES[REGION]",
    # What can't be said at the call, so that all stays as it is.
    ("region", "share = SHARES[region]; share = share.strip()", "region", "url(region)"): None,
    ("share", "share = share.lower()", "share", "url(share)"): None,
    ("", "share = SHARES[REGION]", "REGION", "url()"): None,
    ("region", "share = look(region)", "region", "url(region)"): None,
    ("share", "pass", "share", "url(input())"): None,
}


@pytest.mark.parametrize(("parameters", "share", "start", "call"), SAID)
def test_the_process_is_said_again_where_the_body_is(
    parameters: str, share: str, start: str, call: str
) -> None:
    program = STARTED.format(parameters=parameters, share=share, start=start, call=call)
    changes = analysed({FILE: program}).changes
    looked_up = re.search(r"\*\*\w+[(\[](.*)[)\]], \"inputs\"", changes[0].after) if changes else None
    assert (looked_up[1] if looked_up else None) == SAID[parameters, share, start, call]


NO_ENTRIES = {
    "a list": '["a"]',
    "a list, perhaps": '{"a": 1} if input() else ["a"]',
    "a name that is bound among facts": '{"a": 1, "a": (many := 2)}',
    "a name that is bound in what is merged": '{**{"a": (many := 2)}, "b": 1}',
}


@pytest.mark.parametrize("facts", NO_ENTRIES.values(), ids=NO_ENTRIES)
def test_facts_that_cannot_be_entries_stay(facts: str) -> None:
    program = f"""
        import requests
        requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={facts})
        """
    assert not analysed({FILE: program}, {"v2_request": "reference"}).changes


OTHER_KEYS = {
    "a number": '{1: "one", "n": 2}',
    "numbers that are merged": '{"a": 1, **dict.fromkeys([1, 2])}',
    "a difference": "{count - 1: count for count in COUNTS}",
    "a negative number": "{-count: 1 for count in COUNTS}",
    "what is counted": "collections.Counter(COUNTS)",
    "a year": "{datetime.date.today().year: 1}",
    "what a library reads": "ast.literal_eval(input())",
    "an element of JSON": "{row['id']: row for row in COUNTS}",
    "the first of pairs": "dict([(1, 2), (3, 4)])",
    "groups": "{key: list(group) for key, group in itertools.groupby(COUNTS)}",
}


@pytest.mark.parametrize("facts", OTHER_KEYS.values(), ids=OTHER_KEYS)
@pytest.mark.parametrize("module", ["json", "json as codec", "os"])
def test_keys_that_may_be_no_text_get_their_names_from_json(facts: str, module: str) -> None:
    program = f"""
        import ast, collections, datetime, itertools
        import {module}
        import requests
        COUNTS = eval(input())
        requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={facts})
        """
    (change,) = analysed({FILE: program}, {"v2_request": "reference"}).changes
    name = "codec" if "codec" in module else "json"
    sent = f"{facts} or {{}}" if "literal_eval" in facts else facts  # which may be None
    assert f"in {name}.loads({name}.dumps({sent})).items()" in " ".join(change.after.split()).replace(
        "( ", "("
    ).replace(" )", ")")
    assert "import json" in change.after


SENT_LATER = {
    "a function that sends": ("functools.partial(requests.post, URL, json=facts)", "sent()"),
    "a coroutine": ("asyncio.ensure_future(client.post(URL, json=facts))", "await sent"),
    "a request that is prepared": (
        "requests.Request('POST', URL, json=facts).prepare()",
        "requests.Session().send(sent)",
    ),
    "a dict of arguments": ("{'json': facts}", "requests.post(URL, **sent)"),
    "a function for a pool": (
        "pool.submit(lambda body: requests.post(URL, json=body), facts)",
        "sent.result()",
    ),
}
MADE = {
    "a dict": "{}",
    "what JSON holds": "json.loads(input())",
    "what a function is given": "given",
    "a dict of another module": "settings.FACTS",
}
FILLED = ("facts['b'] = 2", "facts.update(b=2)", "facts |= {'b': 2}", "fill(facts)", "alias['b'] = 2")


@pytest.mark.parametrize(("make", "send"), SENT_LATER.values(), ids=SENT_LATER)
@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
@pytest.mark.parametrize("filled", ["", *FILLED])
def test_facts_that_are_filled_before_they_are_sent_are_not_copied(
    make: str, send: str, made: str, filled: str
) -> None:
    program = f"""
        import asyncio, concurrent.futures, functools, httpx, json, requests
        import settings
        pool = concurrent.futures.ThreadPoolExecutor()
        URL = "https://rest-api.app.kognitos.com/v1/invoke/share1"
        client = httpx.AsyncClient()
        def fill(body):
            body["b"] = 2
        async def start(given):
            facts = alias = {made}
            facts["a"] = 1
            sent = {make}
            {filled or "pass"}
            return ({send}).status_code
        """
    changes = analysed({FILE: program}, {"v2_request": "reference"}).changes
    is_read_as_sent = any('in sent["json"].items()' in change.after for change in changes)
    assert bool(changes) is (not filled or is_read_as_sent)
    assert analysed({FILE: program}, {"v2_request": "guide"}).changes


CHANGED_LATER = {
    "a key by a loop": "facts[extra] = 1",
    "an entry taken out": "facts.pop(extra, None)",
    "an entry deleted": "del facts[extra]",
    "any entry taken out": "facts.popitem()",
    "all entries taken out": "facts.clear()",
    "an entry set by the method": "facts.__setitem__(extra, 1)",
    "a function that fills": "grow(facts, extra)",
}


@pytest.mark.parametrize("change", CHANGED_LATER.values(), ids=CHANGED_LATER)
@pytest.mark.parametrize(
    ("made", "sent"),
    [
        ("functools.partial(requests.post, URL, json=facts)", "body()"),
        ('{"json": facts}', "requests.post(URL, **body)"),
    ],
)
def test_facts_that_are_changed_between_two_requests_are_not_copied(
    change: str, made: str, sent: str
) -> None:
    program = f"""
        import functools, requests
        URL = "https://rest-api.app.kognitos.com/v1/invoke/share1"
        def grow(facts, name):
            facts[name] = 1
        facts = {{"a": 1, "b": 2}}
        body = {made}
        for extra in list(facts):
            {change}
            print(({sent}).ok)
        """
    assert not analysed({FILE: program}, {"v2_request": "reference"}).changes
    assert analysed({FILE: program}, {"v2_request": "guide"}).changes


@pytest.mark.parametrize(("above", "below"), [("", "import json"), ("if facts: import json", ""), ("", "")])
def test_json_is_that_of_an_import_above_in_its_function(above: str, below: str) -> None:
    program = f"""
        import json, requests
        def submit(facts):
            {above}
            print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json=facts).ok)
            {below}
        submit({{key: len(key) for key in json.loads(input())}})
        """
    result = analysed({FILE: program}, {"v2_request": "reference"})
    assert [finding.reason for finding in result.remaining] == ["name-taken"] * bool(above or below)


@pytest.mark.parametrize("text", ["", "[1]", '{"a": 1'])
@pytest.mark.parametrize("dialect", ["guide", "reference"])
def test_a_text_that_may_be_no_json_is_not_decoded(text: str, dialect: str) -> None:
    program = """
        import json
        import requests
        for text in ('{"a": 1}', TEXT):
            print(requests.post("https://rest-api.app.kognitos.com/v1/invoke/share1", data=text).ok)
        """
    for other, changes in ((text, 0), ('{"b": 2}', 1)):
        result = analysed({FILE: program.replace("TEXT", repr(other))}, {"v2_request": dialect})
        assert len(result.changes) == changes


@pytest.mark.parametrize(
    "asked",
    [
        'print(params["attachments_key"])',
        'print("attachments_key" in params, params.get("attachments_key"))',
        "print(len(params), bool(params))",
        "assert not params",
        'print("with files") if params else print("none")',
        "for name in params: print(name)",
        'assert params == {"attachments_key": uri}',
        "key = input(); print(params[key])",
    ],
)
def test_parameters_that_the_program_sees_stay_as_they_are(asked: str) -> None:
    check_code(
        f"""{UPLOAD.format(path="v1/upload", owner="", put="put", content="data=b'x'", uri="blob_uri")}
params = {{"attachments_key": uri}}
{asked}
requests.post(HOST + "/v1/invoke/share1", params=params, json={{}})
""",
        f"""{UPLOAD.format(path="v2/files", owner=OWNER, put="post", content=FORM, uri="id")}
params = {{"attachments_key": uri}}
{asked}
requests.post(
    HOST + "/v2/runs",
    json={{
        "process_id": "proc1",
        "agent_id": "agent1",
        "stage": "Published",
        "inputs": {{}},
        "file_ids": [uri],
    }},
)
""",
    )


UPLOAD = """
import requests
HOST = "https://rest-api.app.kognitos.com"
slot = requests.post(HOST + "/{path}", json={{"file_name": "a"{owner}}}).json()
requests.{put}(slot["upload_url"], {content}).raise_for_status()
uri = slot["{uri}"]
"""
OWNER = ', "agent_id": "agent1"'
FORM = 'data=slot["upload_fields"], files={"file": b"x"}'


def test_a_body_that_may_be_none_and_decides_the_method_stays() -> None:
    program = """
        import json, sys, urllib.request
        def send(path, data=None):
            request = urllib.request.Request(
                "https://rest-api.app.kognitos.com/v1" + path,
                data=None if data is None else json.dumps(data).encode(),
            )
            return json.load(urllib.request.urlopen(request))
        def start():
            return send("/invoke/share1", FACTS)["worker_id"]
        print(send("/run/" + start())["state"])
        """
    result = analysed({FILE: program.replace("FACTS", "json.load(sys.stdin)")})
    assert not result.changes
    assert any("the request has another method then" in finding.fix.message for finding in result.findings)
    assert analysed({FILE: program.replace("FACTS", "dict(json.load(sys.stdin))")}).changes
