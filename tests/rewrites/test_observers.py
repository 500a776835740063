"""Observers of requests and replies below the call: adapters, transports, a session's own `send`, hooks,
handlers. If they read a part that changes, the conversation is refused."""

from __future__ import annotations

import textwrap

import pytest

from tests.rewrites.verbs import FILE, analysed

SENT = """
import collections, httpx, json, requests, urllib.request
from requests.adapters import HTTPAdapter
HOST = "https://rest-api.app.kognitos.com"
CODES = []
{observer}
def upload(name):
    slot = session.post(f"{{HOST}}/v1/upload", json={{"file_name": name}}).json()
    session.put(slot["upload_url"], {keyword}=open(name, "rb"))
    return slot["blob_uri"]
url = f"{{HOST}}/v1/invoke/share1"
params = {{"attachments_key": "docs"}}
print(session.post(url, params=params, json={{"docs": [upload("a.pdf")]}}).json()["worker_id"])
"""
OF_REQUESTS = {
    "a session counts methods": """
        class Session(requests.Session):
            def send(self, request, **kwargs):
                CODES.append(1 if request.method == "PUT" else 0)
                return super().send(request, **kwargs)
        session = Session()
        """,
    "a session compares the status of each reply": """
        class Session(requests.Session):
            def send(self, request, **kwargs):
                reply = super().send(request, **kwargs)
                if reply.status_code == 200:
                    CODES.append(reply)
                return reply
        session = Session()
        """,
    "a session branches on the path": """
        class Session(requests.Session):
            def send(self, request, **kwargs):
                if request.path_url.startswith("/v1/invoke/"):
                    kwargs["timeout"] = 60
                return super().send(request, **kwargs)
        session = Session()
        """,
    "a session reads the body": """
        class Session(requests.Session):
            def send(self, request, **kwargs):
                CODES.append(json.loads(request.body)["docs"])
                return super().send(request, **kwargs)
        session = Session()
        """,
    "a session gives a reply of its own": """
        class Session(requests.Session):
            def send(self, request, **kwargs):
                if CODES:
                    return CODES[0]
                return super().send(request, **kwargs)
        session = Session()
        """,
    "an adapter has a table by method": """
        class Adapter(HTTPAdapter):
            seen = collections.Counter()
            def send(self, request, **kwargs):
                self.seen[request.method] += 1
                return super().send(request, **kwargs)
        session = requests.Session()
        session.mount("https://", Adapter())
        """,
    "an adapter looks at the status": """
        class Adapter(HTTPAdapter):
            def send(self, request, **kwargs):
                reply = super().send(request, **kwargs)
                if reply.status_code == 200:
                    CODES.append(1)
                return reply
        session = requests.Session()
        session.mount("https://", Adapter())
        """,
    "an adapter looks at the status as it builds the reply": """
        class Adapter(HTTPAdapter):
            def build_response(self, request, raw):
                reply = super().build_response(request, raw)
                if reply.status_code == 200:
                    CODES.append(1)
                return reply
        session = requests.Session()
        session.mount("https://", Adapter())
        """,
    "a session prepares requests by itself": """
        class Session(requests.Session):
            def prepare_request(self, request):
                made = super().prepare_request(request)
                CODES.append("/invoke/" in made.url)
                return made
        session = Session()
        """,
    "an adapter is mounted for one path": """
        session = requests.Session()
        session.mount(HOST + "/v1/invoke/", HTTPAdapter())
        """,
    "an adapter is put into the table for one path": """
        session = requests.Session()
        session.adapters[HOST + "/v1/invoke/"] = HTTPAdapter()
        session.adapters.move_to_end("https://")
        """,
    "an adapter is mounted for a path that is used otherwise": """
        OLD = "https://rest-api.app.kognitos.com/v1"
        json.dump(OLD, open("prefix.json", "w"))
        session = requests.Session()
        session.mount(OLD, HTTPAdapter())
        """,
    "an adapter is mounted for the new version": """
        session = requests.Session()
        session.mount("https://rest-api.app.kognitos.com/v2/", HTTPAdapter())
        """,
}
OF_HTTPX = {
    "a hook of requests counts methods": """
        def begun(request):
            CODES.append(request.method == "PUT")
        session = httpx.Client(event_hooks={"request": [begun]})
        """,
    "a client compares the method": """
        class Client(httpx.Client):
            def send(self, request, **kwargs):
                if request.method != "PUT":
                    CODES.append(1)
                return super().send(request, **kwargs)
        session = Client()
        """,
    "a transport looks at method and status": """
        class Transport(httpx.BaseTransport):
            def __init__(self):
                self.inner = httpx.HTTPTransport()
            def handle_request(self, request):
                reply = self.inner.handle_request(request)
                if reply.status_code == 200:
                    CODES.append(1)
                return reply
        session = httpx.Client(transport=Transport())
        """,
    "an auth flow looks at the status": """
        class Auth(httpx.Auth):
            def auth_flow(self, request):
                reply = yield request
                if reply.status_code == 200:
                    CODES.append(1)
        session = httpx.Client(auth=Auth())
        """,
}
OF_URLLIB = {
    "a handler asks for the path": (
        "def https_request(self, request): CODES.append(request.selector[:8] == '/v1/invo'); return request",
        "urllib.request.build_opener(Handler()).open",
    ),
    "a handler asks for the status and the path": (
        "def https_response(self, request, reply): CODES.append('/v1/' in reply.url); return reply",
        "urllib.request.build_opener(Handler()).open",
    ),
    "a handler gives something else": (
        "def https_response(self, request, reply): return CODES[0]",
        "urllib.request.build_opener(Handler()).open",
    ),
    "the library makes the handler": (
        "def https_request(self, request): CODES.append(request.selector[:8] == '/v1/invo'); return request",
        "urllib.request.build_opener(Handler).open",
    ),
    "an opener is installed": (
        "def https_request(self, request): CODES.append(request.selector[:8] == '/v1/invo'); return request",
        "urllib.request.install_opener(urllib.request.build_opener(Handler())) or urllib.request.urlopen",
    ),
}


def changed(program: str) -> bool:
    result = analysed({FILE: program})
    assert any(finding.code.startswith("KOG1") for finding in result.findings)
    return bool(result.changes)


@pytest.mark.parametrize("observer", OF_REQUESTS.values(), ids=OF_REQUESTS)
def test_requests_shows_what_is_sent(observer: str) -> None:
    assert not changed(SENT.format(observer=textwrap.dedent(observer), keyword="data"))
    assert changed(SENT.format(observer="session = requests.Session()", keyword="data"))


@pytest.mark.parametrize("observer", OF_HTTPX.values(), ids=OF_HTTPX)
def test_httpx_shows_what_is_sent(observer: str) -> None:
    assert not changed(SENT.format(observer=textwrap.dedent(observer), keyword="content"))
    assert changed(SENT.format(observer="session = httpx.Client()", keyword="content"))


@pytest.mark.parametrize(("method", "send"), OF_URLLIB.values(), ids=OF_URLLIB)
def test_urllib_shows_what_is_sent(method: str, send: str) -> None:
    program = f"""
import json, urllib.request
CODES = []
class Handler(urllib.request.BaseHandler):
    {method}
send = {send}
url = "https://rest-api.app.kognitos.com/v1/invoke/share1"
print(json.load(send(urllib.request.Request(url, data=b"{{}}", method="POST")))["worker_id"])
"""
    assert not changed(program)


def test_aiohttp_shows_what_is_sent_out_of_sight() -> None:
    program = """
import aiohttp
async def begun(session, context, request):
    print(len(request.url.path))
async def start(traces):
    async with aiohttp.ClientSession(trace_configs=traces) as session:
        async with session.post("https://rest-api.app.kognitos.com/v1/invoke/share1", json={}) as reply:
            return (await reply.json())["worker_id"]
async def main():
    trace = aiohttp.TraceConfig()
    trace.on_request_start.append(begun)
    print(await start([trace]))
"""
    assert not changed(program)
    assert changed(program.replace("start([trace])", "start(None)"))
