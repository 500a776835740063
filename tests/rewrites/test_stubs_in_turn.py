"""Stubs for several processes, whose URLs become equal: a library may use each once, in the order of their
calls. They change if the test starts the processes in this order, or if they can expect the process in the
body."""

import re

import pytest

from tests.rewrites.verbs import analysed

APP = """
    import requests
    URL = "https://rest-api.app.kognitos.com/v1"
    def start(share):
        return requests.post(f"{URL}/invoke/{share}", json={"a": 1}).json()["worker_id"]
    def both():
        return start("share1"), start("share2")
    def back():
        return start("share2"), start("share1")
    def second(first):
        return (start("share1") if first else None), start("share2")
    def careful():
        try:
            ident = start("share1")
        except requests.HTTPError:
            ident = None
        return ident, start("share2")
    STARTED = {}
    def once(share):
        if share in STARTED:
            return STARTED[share]
        STARTED[share] = start(share)
        return STARTED[share]
    def each(shares):
        return [start(share) for share in shares]
"""
HEAD = """
    import app, json, responses
    @responses.activate
    def test():
"""
STUBS = """
        responses.post(f"{app.URL}/invoke/share1", json={"worker_id": "w1"})
        responses.post(f"{app.URL}/invoke/share2", json={"worker_id": "w2"})
"""
IN_OTHER_ORDER = {
    "in the other order": STUBS + "        assert app.back() == ('w2', 'w1')",
    "if a start may be skipped": STUBS + "        assert app.second(False) == (None, 'w2')",
    "if the program continues after an error": STUBS + "        assert app.careful() == ('w1', 'w2')",
    "if a start may not be sent": STUBS
    + "        assert (app.once('share1'), app.once('share2')) == ('w1', 'w2')",
    "in a loop of the program": STUBS + "        assert app.each(['share1', 'share2']) == ['w1', 'w2']",
    "twice": STUBS + "        assert app.both() == app.both()",
}
LEFT = {
    "if their calls are counted by URL": STUBS
    + """
        assert app.both() == ("w1", "w2")
        responses.assert_call_count(f"{app.URL}/invoke/share1", 1)
    """,
    "if one replaces another": """
        responses.post(f"{app.URL}/invoke/share1", json={"worker_id": "w1"})
        responses.post(f"{app.URL}/invoke/share2", json={"worker_id": "w3"})
        responses.replace("POST", f"{app.URL}/invoke/share2", json={"worker_id": "w2"})
        assert app.both() == ("w1", "w2")
    """,
    "with options that aren't known": """
        more = {"auto_calculate_content_length": True}
        responses.post(f"{app.URL}/invoke/share1", json={"worker_id": "w1"}, **more)
        responses.post(f"{app.URL}/invoke/share2", json={"worker_id": "w2"})
        assert app.both() == ("w1", "w2")
    """,
    "that a loop registers": """
        for share in ("share1", "share2"):
            responses.post(f"{app.URL}/invoke/{share}", json={"worker_id": share})
        assert app.back() == ("share2", "share1")
    """,
}
CHANGED = {
    "in their order": STUBS + "        assert app.both() == ('w1', 'w2')",
    "in the test's order": STUBS
    + "        assert [app.start('share1'), app.start('share2')] == ['w1', 'w2']",
    "that aren't all used": STUBS + "        assert app.start('share1') == 'w1'",
    "one by one in a loop": """
        for share in ("share1", "share2"):
            responses.post(f"{app.URL}/invoke/{share}", json={"worker_id": share})
            assert app.start(share) == share
    """,
}


@pytest.mark.parametrize("name", LEFT)
def test_stubs_that_may_answer_other_starts_are_left(name: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": HEAD + LEFT[name]})
    assert result.changes == (), result.changes[-1].after
    assert "another stub of the test gets the same URL" in str([each.fix.message for each in result.findings])


@pytest.mark.parametrize("name", IN_OTHER_ORDER)
def test_stubs_in_another_order_are_left_if_they_expect_no_body(name: str) -> None:
    stub = r'httpx_mock.add_response(method="POST", url=\1, '
    test = re.sub(r"responses\.post\((f\".*?\"), ", stub, IN_OTHER_ORDER[name])
    files = {
        "app.py": APP.replace("requests", "httpx"),
        "test_app.py": f"\n    import app\n    def test(httpx_mock):\n{test}",
    }
    result = analysed(files)
    assert result.changes == (), result.changes[-1].after
    assert "another stub of the test gets the same URL" in str([each.fix.message for each in result.findings])


@pytest.mark.parametrize("name", IN_OTHER_ORDER)
def test_stubs_in_another_order_expect_the_process(name: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": HEAD + IN_OTHER_ORDER[name]})
    assert [change.path for change in result.changes] == ["app.py", "test_app.py"], result.findings
    for process in ("proc1", "proc2"):
        assert f'{{"process_id": "{process}"}}, strict_match=False' in result.changes[1].after


@pytest.mark.parametrize("name", CHANGED)
def test_stubs_that_answer_in_turn_change(name: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": HEAD + CHANGED[name]})
    assert [change.path for change in result.changes] == ["app.py", "test_app.py"], result.findings


def test_stubs_of_a_library_that_takes_the_last_one_expect_the_process() -> None:
    test = HEAD.replace("responses.activate", "requests_mock.Mocker()").replace("test()", "test(responses)")
    test = test.replace("json, responses", "json, requests_mock").replace("responses.post,", "None,")
    result = analysed({"app.py": APP, "test_app.py": test + CHANGED["in their order"]})
    assert result.changes[1].after.count("additional_matcher=lambda request:") == 2


UPDATES = {
    """
        reply = {"worker_id": "w"}
        reply.update(worker_id="w1")
        responses.post(f"{app.URL}/invoke/share1", json=reply)
        assert app.start("share1") == "w1"
    """: 'reply.update(id="w1")',
    """
        reply = {"worker_id": "w"}
        reply.update({"worker_id": "w1"}, owner="me")
        responses.post(f"{app.URL}/invoke/share1", json=reply)
        assert app.start("share1") == "w1"
    """: 'reply.update({"id": "w1"}, owner="me")',
    """
        replies = [{"worker_id": "w1"}]
        def answer(request):
            reply = replies.pop(0)
            if isinstance(reply, Exception):
                raise reply
            return (201, {}, json.dumps(reply))
        responses.add_callback("POST", f"{app.URL}/invoke/share1", callback=answer)
        assert app.start("share1") == "w1"
    """: 'replies = [{"id": "w1"}]',
    """
        reply, other = {"worker_id": "w"}, {"a": 1}
        for part in (reply, other):
            part.update(worker_id="w1")
        responses.post(f"{app.URL}/invoke/share1", json=reply)
        assert app.start("share1") == "w1"
    """: "",
    """
        reply = {"worker_id": "w"}
        reply.update([("worker_id", "w1")])
        responses.post(f"{app.URL}/invoke/share1", json=reply)
        assert app.start("share1") == "w1"
    """: "",
}


@pytest.mark.parametrize("test", UPDATES)
def test_a_response_may_be_updated(test: str) -> None:
    result = analysed({"app.py": APP, "test_app.py": HEAD + test})
    if UPDATES[test]:
        assert UPDATES[test] in result.changes[1].after, result.findings
    else:
        assert result.changes == ()


KEYS = """
    import aiohttp
    URL = "https://rest-api.app.kognitos.com/v1"
    async def start(session: aiohttp.ClientSession, share):
        async with session.post(f"{URL}/invoke/{share}", json={"a": 1}) as response:
            return (await response.json())["worker_id"]
"""
STARTING = """
    import aiohttp, app
    from aioresponses import aioresponses
    from yarl import URL
    async def test():
        with aioresponses() as mocked:
            for share in {shares}:
                mocked.post(f"{{app.URL}}/invoke/{{share}}", payload={{"worker_id": share}})
                async with aiohttp.ClientSession() as session:
                    assert await app.start(session, share) == share
        assert list(mocked.requests) == [{keys}]
"""


@pytest.mark.parametrize(("shares", "changed"), [(["share1"], 2), (["share1", "share2"], 0)])
def test_keys_of_requests_change_for_one_process(shares: list[str], changed: int) -> None:
    keys = ", ".join(f'("POST", URL(app.URL + "/invoke/{share}"))' for share in shares)
    test = STARTING.format(shares=shares, keys=keys)
    result = analysed({"app.py": KEYS, "test_app.py": test})
    assert len(result.changes) == changed, result.findings
