"""A program's text, from what its author chose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import dedent, indent

from .grammar import (
    Answer,
    Base,
    Carrying,
    Checking,
    Choices,
    Facts,
    Polling,
    Reading,
    Sending,
    Share,
    Structure,
    Test,
    Transport,
    Upload,
    Url,
)

HOST = "https://rest-api.app.kognitos.com"
INVOICES, ORDERS = "abcd3fg9ijk5mn1pqr3tu2wxy", "k2mnp8qrs4tuv6wxy1zab3cde"
ENVIRONMENT = {"KOGNITOS_SHARE": INVOICES}
ARGUMENTS = (INVOICES,)
FILES = {"note.pdf": "a note"}


def render(chosen: Choices) -> dict[str, str]:
    """The modules of the program, by path."""
    settings, client, main = _settings(chosen), _client(chosen), _main(chosen)
    if chosen.structure is Structure.PACKAGE:
        names = "BASE, HEADERS"
        return {
            "main.py": _module(_IMPORTS, "from desk import client", main),
            "desk/__init__.py": "",
            "desk/settings.py": _module(_IMPORTS, settings),
            "desk/client.py": _module(_IMPORTS, _requests(chosen), f"from .settings import {names}", client),
        }
    return {"main.py": _module(_IMPORTS, _requests(chosen), settings, client, main)}


_IMPORTS = """\
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from functools import partial
from http import HTTPStatus
from urllib.parse import urljoin
"""


def _module(*parts: str) -> str:
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def _requests(chosen: Choices) -> str:
    return {
        Transport.ALIAS: "import requests as http",
        Transport.IMPORTED: "import requests\nfrom requests import get, post, put",
        Transport.HTTPX: "import httpx",
        Transport.HTTPX_CLIENT: "import httpx",
        Transport.NIQUESTS: "import niquests as requests",
    }.get(chosen.transport, "import requests")


def _settings(chosen: Choices) -> str:
    base = {
        Base.CONSTANT: f'BASE = "{HOST}/v1"',
        Base.HOST: f'HOST = "{HOST}"\nBASE = HOST + "/v1"',
        Base.VERSION: f'HOST = "{HOST}"\nVERSION = "v1"\nBASE = f"{{HOST}}/{{VERSION}}"',
        Base.ENVIRONMENT: f'BASE = os.environ.get("KOGNITOS_URL", "{HOST}/v1")',
        Base.SETTINGS: f'SETTINGS = {{"url": "{HOST}/v1", "retries": 3}}\nBASE = SETTINGS["url"]',
        Base.FUNCTION: f'def base(host="{HOST}"):\n    return host + "/v1"\n\n\nBASE = base()',
        Base.DATACLASS: f'@dataclass\nclass Config:\n    url: str = "{HOST}/v1"\n\n\nBASE = Config().url',
    }[chosen.base]
    return f'{base}\nHEADERS = {{"x-api-key": "secret-key"}}'


@dataclass(frozen=True)
class _Scope:
    """Where functions of the client live: in the module, or in a class."""

    own: str

    def call(self, name: str, *arguments: str) -> str:
        return f"{self.own}{name}({', '.join(arguments)})"

    def define(self, name: str, *parameters: str) -> str:
        first = ("self",) if self.own else ()
        return f"def {name}({', '.join((*first, *parameters))}):"


def _client(chosen: Choices) -> str:
    scope = _Scope("self." if chosen.structure is Structure.CLASS else "")
    functions = [_start(chosen, scope), _fetch(chosen, scope), *_waiting(chosen, scope)]
    if chosen.upload is not Upload.NONE:
        functions.insert(0, _upload(chosen, scope))
    body = "\n\n".join(functions)
    if chosen.structure is Structure.CLASS:
        body = "class Desk:\n" + indent(body, "    ")
    return "\n\n".join([*_constants(chosen), *_transport(chosen), body])


def _constants(chosen: Choices) -> Iterable[str]:
    if chosen.reading is Reading.CONSTANT:
        yield 'KEY = "worker_id"'
    if chosen.test is Test.CONSTANT:
        yield 'DONE = "done"'
    if chosen.test is Test.ENUM:
        yield 'class State(Enum):\n    RUNNING = "running"\n    DONE = "done"\n'
    if chosen.test is Test.STR_ENUM:
        yield 'class State(str, Enum):\n    RUNNING = "running"\n    DONE = "done"\n'
    if chosen.polling is Polling.FINAL:
        yield 'FINAL = {"done", "failed"}'
    knows_base = chosen.transport in (Transport.WRAPPER, Transport.JSON_WRAPPER, Transport.SUBCLASS)
    if chosen.url is Url.TEMPLATES and not knows_base:
        yield 'PATHS = {"start": "{base}/invoke/{id}", "state": "{base}/run/{id}", "file": "{base}/upload"}'
    if chosen.url is Url.BUILDER and not knows_base:
        yield 'def url(*parts):\n    return "/".join((BASE, *parts))\n'


def _transport(chosen: Choices) -> Iterable[str]:
    if chosen.transport is Transport.SESSION:
        yield "session = requests.Session()\nsession.headers.update(HEADERS)"
    if chosen.transport is Transport.HTTPX_CLIENT:
        yield "session = httpx.Client(headers=HEADERS, timeout=30)"
    if chosen.transport is Transport.PARTIAL:
        yield "call = partial(requests.request, headers=HEADERS)"
    if chosen.transport is Transport.WRAPPER:
        yield (
            "def call(verb, path, **options):\n"
            "    return requests.request(verb, BASE + path, headers=HEADERS, **options)\n"
        )
    if chosen.transport is Transport.JSON_WRAPPER:
        yield dedent(
            """\
            def api(verb, path, **options):
                reply = requests.request(verb, BASE + path, headers=HEADERS, timeout=30, **options)
                reply.raise_for_status()
                return reply.json()
            """
        )
    if chosen.transport is Transport.SUBCLASS:
        yield dedent(
            """\
            class Api(requests.Session):
                def request(self, method, url, *args, **options):
                    return super().request(method, BASE + url, *args, **options)


            session = Api()
            session.headers.update(HEADERS)
            """
        )


def _url(chosen: Choices, endpoint: str, value: str | None) -> str:
    """The expression of the URL, or of the path where the transport knows the base."""
    if chosen.transport in (Transport.WRAPPER, Transport.JSON_WRAPPER, Transport.SUBCLASS):
        return _path(chosen, endpoint, value)
    tail = f"/{endpoint}/{{{value}}}" if value else f"/{endpoint}"
    template = {"invoke": "start", "run": "state", "upload": "file"}[endpoint]
    parts = f'"{endpoint}"' + (f", {value}" if value else "")
    added = f' + "/" + {value}' if value else ""
    return {
        Url.FSTRING: f'f"{{BASE}}{tail}"',
        Url.PLUS: f'BASE + "/{endpoint}{"/" if value else ""}"' + (f" + {value}" if value else ""),
        Url.PERCENT: f'"%s/{endpoint}/%s" % (BASE, {value})' if value else f'"%s/{endpoint}" % BASE',
        Url.FORMAT: f'"{{}}/{endpoint}/{{}}".format(BASE, {value})'
        if value
        else f'"{{}}/{endpoint}".format(BASE)',
        Url.JOIN: f'"/".join([BASE, {parts}])',
        Url.URLJOIN: f'urljoin(BASE + "/", "{endpoint}"{added})',
        Url.BUILDER: f"url({parts})",
        Url.TEMPLATES: f'PATHS["{template}"].format(base=BASE{f", id={value}" if value else ""})',
    }[chosen.url]


def _path(chosen: Choices, endpoint: str, value: str | None) -> str:
    if value is None:
        return f'"/{endpoint}"'
    return {
        Url.PLUS: f'"/{endpoint}/" + {value}',
        Url.PERCENT: f'"/{endpoint}/%s" % {value}',
        Url.FORMAT: f'"/{endpoint}/{{}}".format({value})',
        Url.JOIN: f'"/".join(["", "{endpoint}", {value}])',
    }.get(chosen.url, f'f"/{endpoint}/{{{value}}}"')


def _send(chosen: Choices, verb: str, url: str, *more: str) -> str:
    """The call that sends a request."""
    low, arguments = verb.lower(), ", ".join((url, *more))
    headed = ", ".join((url, "headers=HEADERS", *more))
    return {
        Transport.VERBS: f"requests.{low}({headed})",
        Transport.REQUEST: f'requests.request("{verb}", {headed})',
        Transport.IMPORTED: f"{low}({headed})",
        Transport.ALIAS: f"http.{low}({headed})",
        Transport.SESSION: f"session.{low}({arguments})",
        Transport.SUBCLASS: f"session.{low}({arguments})",
        Transport.PARTIAL: f'call("{verb}", {arguments})',
        Transport.HTTPX: f"httpx.{low}({headed})",
        Transport.HTTPX_CLIENT: f"session.{low}({arguments})",
        Transport.NIQUESTS: f"requests.{low}({headed})",
        Transport.WRAPPER: f'call("{verb}", {arguments})',
        Transport.JSON_WRAPPER: f'api("{verb}", {arguments})',
    }[chosen.transport]


def _checked(chosen: Choices, status: int) -> list[str]:
    if chosen.transport is Transport.JSON_WRAPPER:
        return []
    return {
        Checking.NOTHING: [],
        Checking.RAISE: ["reply.raise_for_status()"],
        Checking.OK: [f"if not reply.{_ok(chosen)}:", "    raise SystemExit('it was refused')"],
        Checking.STATUS: [
            f"if reply.status_code != {status}:",
            "    raise RuntimeError(f'it was refused: {reply.status_code}')",
        ],
        Checking.HTTPSTATUS: [
            f"if reply.status_code != HTTPStatus.{'CREATED' if status == 201 else 'OK'}:",
            "    raise RuntimeError('it was refused')",
        ],
        Checking.ASSERT: ["assert reply.status_code in (200, 201), reply.text"],
    }[chosen.checking]


def _is_httpx(chosen: Choices) -> bool:
    return chosen.transport in (Transport.HTTPX, Transport.HTTPX_CLIENT)


def _ok(chosen: Choices) -> str:
    return "is_success" if _is_httpx(chosen) else "ok"


def _raw(chosen: Choices) -> str:
    """The keyword of a raw body."""
    return "content" if _is_httpx(chosen) else "data"


def _decoded(chosen: Choices) -> str:
    return "reply" if chosen.transport is Transport.JSON_WRAPPER else "reply.json()"


def _start(chosen: Choices, scope: _Scope) -> str:
    attached = chosen.upload is not Upload.NONE
    lines = [scope.define("start", "share", "facts", *(("blob",) if attached else ()))]
    body, dumped = "facts", chosen.facts is Facts.DUMPED
    more: list[str] = []
    if chosen.upload is Upload.KEY:
        lines.append('    body = {**facts, "papers": [blob]}')
        body = "body"
        more.append('params={"attachments_key": "papers"}')
    elif chosen.upload is Upload.VALUE:
        more.append('params={"attachments_key": blob}')
    elif chosen.upload is Upload.OPTIONAL:
        lines += ["    params = {}", "    if blob:", '        params["attachments_key"] = blob']
        more.append("params=params")
    said = f"{_raw(chosen)}=json.dumps({body})" if dumped else f"json={body}"
    sent = _send(chosen, "POST", _url(chosen, "invoke", "share"), said, *more)
    lines += [f"    reply = {sent}", *(f"    {line}" for line in _checked(chosen, 201))]
    lines += [f"    {line}" for line in _read_id(chosen)]
    return "\n".join(lines) + "\n"


def _read_id(chosen: Choices) -> list[str]:
    decoded = _decoded(chosen)
    plain = chosen.transport is Transport.JSON_WRAPPER
    return {
        Reading.INDEX: [f'return {decoded}["worker_id"]'],
        Reading.GET: [f'return {decoded}.get("worker_id")'],
        Reading.VARIABLE: [f"data = {decoded}", 'worker_id = data["worker_id"]', "return worker_id"],
        Reading.LOADS: [f'return {decoded if plain else "json.loads(reply.text)"}["worker_id"]'],
        Reading.CONTENT: [f'return {decoded if plain else "json.loads(reply.content)"}["worker_id"]'],
        Reading.WALRUS: [
            f'if not (data := {decoded})["worker_id"]:',
            "    return None",
            'return data["worker_id"]',
        ],
        Reading.CONSTANT: [f"return {decoded}[KEY]"],
        Reading.POP: [f"data = {decoded}", 'return data.pop("worker_id")'],
        Reading.TUPLE: [f'when, worker_id = 1, {decoded}["worker_id"]', "return worker_id"],
    }[chosen.reading]


def _fetch(chosen: Choices, scope: _Scope) -> str:
    sent = _send(chosen, "GET", _url(chosen, "run", "worker_id"))
    lines = [scope.define("fetch", "worker_id"), f"    reply = {sent}"]
    lines += [f"    {line}" for line in _checked(chosen, 200)]
    lines.append(f"    return {_decoded(chosen)}")
    return "\n".join(lines) + "\n"


def _test(chosen: Choices, run: str = "run") -> str:
    state = f'{run}["state"]'
    return {
        Test.EQUAL: f'{state} == "done"',
        Test.REVERSED: f'"done" == {state}',
        Test.IN: f'{state} in ("done", "failed")',
        Test.SET: f'{state} in {{"done"}}',
        Test.CONSTANT: f"{state} == DONE",
        Test.ENUM: f"{state} == State.DONE.value",
        Test.STR_ENUM: f"{state} == State.DONE",
        Test.GET: f'{run}.get("state") == "done"',
        Test.NOT: f'not {state} != "done"',
        Test.MATCH: f'{state} == "done"',
        Test.RUNNING: f'{state} != "running"',
        Test.LOWER: f'{state}.lower() == "done"',
    }[chosen.test]


def _waiting(chosen: Choices, scope: _Scope) -> Iterable[str]:
    fetch = scope.call("fetch", "worker_id")
    if chosen.answer is Answer.HELPER:
        yield scope.define("outputs_of", "run") + '\n    return json.loads(run["answer"])\n'
    if chosen.polling is Polling.PREDICATE:
        yield scope.define("finished", "run") + f"\n    return {_test(chosen)}\n"
    if chosen.polling is Polling.GENERATOR:
        yield (
            scope.define("states", "worker_id")
            + f"\n    while True:\n        yield {fetch}\n        time.sleep(1)\n"
        )
    lines = [scope.define("wait", "worker_id"), *(f"    {line}" for line in _loop(chosen, scope, fetch))]
    if chosen.polling is not Polling.RECURSION:
        lines += [f"    {line}" for line in _outputs(chosen, scope)]
    yield "\n".join(lines) + "\n"


def _loop(chosen: Choices, scope: _Scope, fetch: str) -> list[str]:
    test = _test(chosen)
    if chosen.polling is Polling.FOREVER and chosen.test is Test.MATCH:
        return [
            "while True:",
            f"    run = {fetch}",
            '    match run["state"]:',
            '        case "done" | "failed":',
            "            break",
            '        case "running":',
            "            time.sleep(1)",
        ]
    return {
        Polling.FOREVER: [
            "while True:",
            f"    run = {fetch}",
            f"    if {test}:",
            "        break",
            "    time.sleep(1)",
        ],
        Polling.WHILE: [f"run = {fetch}", f"while not ({test}):", "    time.sleep(1)", f"    run = {fetch}"],
        Polling.RANGE: [
            "for attempt in range(20):",
            f"    run = {fetch}",
            f"    if {test}:",
            "        break",
            "    time.sleep(attempt)",
            "else:",
            "    raise TimeoutError(worker_id)",
        ],
        Polling.RECURSION: [
            f"run = {fetch}",
            f"if {test}:",
            *(f"    {line}" for line in _outputs(chosen, scope)),
            "time.sleep(1)",
            f"return {scope.call('wait', 'worker_id')}",
        ],
        Polling.GENERATOR: [
            f"for run in {scope.call('states', 'worker_id')}:",
            f"    if {test}:",
            "        break",
        ],
        Polling.ITER: [f"for run in iter(lambda: {fetch}, None):", f"    if {test}:", "        break"],
        Polling.FINAL: [
            f"run = {fetch}",
            'while run["state"] not in FINAL:',
            "    time.sleep(1)",
            f"    run = {fetch}",
        ],
        Polling.PREDICATE: [
            f"run = {fetch}",
            f"while not {scope.call('finished', 'run')}:",
            "    time.sleep(1)",
            f"    run = {fetch}",
        ],
        Polling.WALRUS: [f"while not ({_test(chosen, f'(run := {fetch})')}):", "    time.sleep(1)"],
    }[chosen.polling]


def _outputs(chosen: Choices, scope: _Scope) -> list[str]:
    return {
        Answer.LOADS: ['return json.loads(run["answer"])'],
        Answer.GET: ['return json.loads(run.get("answer") or "{}")'],
        Answer.VARIABLE: ['text = run["answer"]', "outputs = json.loads(text)", "return outputs"],
        Answer.HELPER: [f"return {scope.call('outputs_of', 'run')}"],
        Answer.FIELD: ['return {"items": sorted(json.loads(run["answer"]))[0]}'],
        Answer.ITEMS: [
            "found = {}",
            'for name, value in json.loads(run["answer"]).items():',
            "    found[name.upper()] = value",
            "return found",
        ],
        Answer.GUARDED: ['return json.loads(run["answer"]) if run["answer"] else {}'],
        Answer.TEXT: ['return {"text": run["answer"]}'],
    }[chosen.answer]


def _upload(chosen: Choices, scope: _Scope) -> str:
    sent = _send(chosen, "POST", _url(chosen, "upload", None), 'json={"file_name": name}')
    lines = [scope.define("upload", "name"), f"    reply = {sent}"]
    lines += [f"    {line}" for line in _checked(chosen, 201)]
    lines.append(f"    ticket = {_decoded(chosen)}")
    module = "http" if chosen.transport is Transport.ALIAS else "httpx" if _is_httpx(chosen) else "requests"
    raw = _raw(chosen)
    headers = 'headers=ticket["upload_http_headers"]'
    if chosen.sending is Sending.OPEN:
        lines += [
            '    with open(name, "rb") as file:',
            f'        {module}.put(ticket["upload_url"], {raw}=file, {headers})',
        ]
    else:
        lines += ['    with open(name, "rb") as file:', "        content = file.read()"]
        call = f'{module}.put(ticket["upload_url"], {raw}=content, {headers})'
        if chosen.sending is Sending.REQUEST:
            method = 'ticket["upload_http_method"], ticket["upload_url"]'
            call = f"{module}.request({method}, {raw}=content, {headers})"
        lines.append(
            f"    sent = {call}" if chosen.sending is Sending.CHECKED else f"    {call}.raise_for_status()"
        )
        if chosen.sending is Sending.CHECKED:
            lines += ["    if sent.status_code != 200:", "        raise RuntimeError(sent.status_code)"]
    lines.append('    return ticket["blob_uri"]')
    return "\n".join(lines) + "\n"


def _main(chosen: Choices) -> str:
    owner = {Structure.CLASS: "desk.", Structure.PACKAGE: "client."}.get(chosen.structure, "")
    lines = ["desk = Desk()"] if chosen.structure is Structure.CLASS else []
    before, shares = _shares(chosen)
    facts = _facts(chosen)
    if chosen.upload is not Upload.NONE:
        facts.append(f'blob = {owner}upload("note.pdf")')
    given = "share, facts" + (", blob" if chosen.upload is not Upload.NONE else "")
    if chosen.facts is Facts.LITERAL:
        given = given.replace("facts", '{"invoice": 7, "vendor": "Nordwind"}')
    if chosen.facts is Facts.FUNCTION:
        given = given.replace("facts", "facts_of(7)")
    last = _followed(chosen, f"{owner}start({given})", f"{owner}wait")
    if chosen.upload is Upload.OPTIONAL:
        other = f"{owner}start({given.replace('blob', 'None')})"
        last += [f"other = {other}", f"print(sorted({owner}wait(other).items()))"]
    if shares.startswith("for "):
        lines += [*facts, shares, *(f"    {line}" for line in last)]
    else:
        lines += [*facts, shares, *last]
    top = "\n".join(before)
    if chosen.structure is Structure.SCRIPT:
        return _module(top, "\n".join(lines))
    main = "def main():\n" + indent("\n".join(lines), "    ")
    return _module(top, main, 'if __name__ == "__main__":\n    main()')


def _followed(chosen: Choices, start: str, wait: str) -> list[str]:
    """A run is started, followed to its end, and its outputs are printed."""
    return {
        Carrying.VARIABLE: [f"worker_id = {start}", f"print(sorted({wait}(worker_id).items()))"],
        Carrying.NESTED: [f"print(sorted({wait}({start}).items()))"],
        Carrying.LIST: [
            "jobs = []",
            f"jobs.append({start})",
            "for worker_id in jobs:",
            f"    print(sorted({wait}(worker_id).items()))",
        ],
        Carrying.DICT: [
            "jobs = {}",
            f'jobs["first"] = {start}',
            "for name, worker_id in jobs.items():",
            f"    print(name, sorted({wait}(worker_id).items()))",
        ],
        Carrying.TUPLE: [
            f'pairs = [("first", {start})]',
            "for name, worker_id in pairs:",
            f"    print(name, sorted({wait}(worker_id).items()))",
        ],
        Carrying.DATACLASS: [
            "@dataclass",
            "class Job:",
            "    id: str",
            "",
            "",
            f"job = Job({start})",
            f"print(sorted({wait}(job.id).items()))",
        ],
        Carrying.FUNCTION: [
            "def run():",
            f"    return {wait}({start})",
            "",
            "",
            "print(sorted(run().items()))",
        ],
        Carrying.THREADS: [
            "with ThreadPoolExecutor(2) as pool:",
            f"    outputs = pool.submit({wait}, {start})",
            "    print(sorted(outputs.result().items()))",
        ],
    }[chosen.carrying]


def _shares(chosen: Choices) -> tuple[list[str], str]:
    return {
        Share.LITERAL: ([], f'share = "{INVOICES}"'),
        Share.CONSTANT: ([f'INVOICES = "{INVOICES}"'], "share = INVOICES"),
        Share.DICT: (
            [f'PROCESSES = {{"invoices": "{INVOICES}", "orders": "{ORDERS}"}}'],
            'share = PROCESSES["invoices"]',
        ),
        Share.ENUM: (
            [f'class Process(Enum):\n    INVOICES = "{INVOICES}"\n'],
            "share = Process.INVOICES.value",
        ),
        Share.ENVIRONMENT: ([], 'share = os.environ["KOGNITOS_SHARE"]'),
        Share.ARGUMENT: ([], "share = sys.argv[1]"),
        Share.LOOP: ([], f'for share in ("{INVOICES}", "{ORDERS}"):'),
        Share.CONDITION: ([], f'share = "{ORDERS}" if len(sys.argv) > 5 else "{INVOICES}"'),
    }[chosen.share]


def _facts(chosen: Choices) -> list[str]:
    return {
        Facts.LITERAL: [],
        Facts.VARIABLE: ['facts = {"invoice": 7, "vendor": "Nordwind"}'],
        Facts.ITEMS: ["facts = {}", 'facts["invoice"] = 7', 'facts["vendor"] = "Nordwind"'],
        Facts.CALL: ['facts = dict(invoice=7, vendor="Nordwind")'],
        Facts.MERGED: ['common = {"vendor": "Nordwind"}', 'facts = {**common, "invoice": 7}'],
        Facts.UNION: ['common = {"vendor": "Nordwind"}', 'facts = common | {"invoice": 7}'],
        Facts.COMPREHENSION: ['facts = {name: name.upper() for name in ("vendor", "city")}'],
        Facts.DUMPED: ['facts = {"invoice": 7, "vendor": "Nordwind"}'],
        Facts.FUNCTION: ['def facts_of(number):\n    return {"invoice": number, "vendor": "Nordwind"}\n'],
        Facts.OPTIONAL: ['facts = {"invoice": 7} if sys.platform else None', "facts = facts or {}"],
    }[chosen.facts]
