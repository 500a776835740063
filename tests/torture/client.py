"""The functions of a program of the grammar that call the API: start, follow, read, upload."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from textwrap import indent

from .grammar import (
    Answer,
    Archive,
    Choices,
    Facts,
    Making,
    Polling,
    Reading,
    Sending,
    Structure,
    Test,
    Transport,
    Upload,
    Url,
)
from .hazards import address_function, body_lines
from .sending import checked, decoded_reply, is_httpx, raw_keyword, send, transport, url_of


@dataclass(frozen=True)
class _Scope:
    """Where functions of the client live: in the module, or in a class."""

    own: str

    def call(self, name: str, *arguments: str) -> str:
        return f"{self.own}{name}({', '.join(arguments)})"

    def define(self, name: str, *parameters: str) -> str:
        first = ("self",) if self.own else ()
        return f"def {name}({', '.join((*first, *parameters))}):"


def client_of(chosen: Choices) -> str:
    """All that the program has around the API: constants, what it sends with, functions or a class."""
    scope = _Scope("self." if chosen.structure is Structure.CLASS else "")
    functions = [_start(chosen, scope), _fetch(chosen, scope), *_waiting(chosen, scope)]
    if chosen.upload is not Upload.NONE:
        functions.insert(0, _upload(chosen, scope))
    body = "\n\n".join(functions)
    if chosen.structure is Structure.CLASS:
        body = "class Desk:\n" + indent(body, "    ")
    address = [] if chosen.making is Making.CALL else [address_function(chosen)]
    return "\n\n".join([*_constants(chosen), *transport(chosen), *address, body])


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


def _start(chosen: Choices, scope: _Scope) -> str:
    attached = chosen.upload is not Upload.NONE
    at_call = chosen.making is Making.CALL
    first = "share" if at_call else "target"
    lines = [scope.define("start", first, "facts", *(("blob",) if attached else ()))]
    making, body = body_lines(chosen)
    lines += [f"    {line}" for line in making]
    more: list[str] = []
    if chosen.upload is Upload.KEY:
        more.append('params={"attachments_key": "papers"}')
    elif chosen.upload is Upload.VALUE:
        more.append('params={"attachments_key": blob}')
    elif chosen.upload is Upload.OPTIONAL:
        lines += ["    params = {}", "    if blob:", '        params["attachments_key"] = blob']
        more.append("params=params")
    dumped = chosen.facts is Facts.DUMPED
    keyword = f"{raw_keyword(chosen)}=json.dumps({body})" if dumped else f"json={body}"
    url = url_of(chosen, "invoke", "share") if at_call else "target"
    sent = send(chosen, "POST", url, keyword, *more)
    lines += [f"    reply = {sent}", *(f"    {line}" for line in checked(chosen, 201))]
    lines += [f"    {line}" for line in _read_id(chosen)]
    return "\n".join(lines) + "\n"


def _read_id(chosen: Choices) -> list[str]:
    decoded = decoded_reply(chosen)
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
    sent = send(chosen, "GET", url_of(chosen, "run", "worker_id"))
    lines = [scope.define("fetch", "worker_id"), f"    reply = {sent}"]
    lines += [f"    {line}" for line in checked(chosen, 200)]
    lines.append(f"    return {decoded_reply(chosen)}")
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
    if chosen.answer is Answer.HELPER or chosen.archive is not Archive.NONE:
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
    if chosen.archive is not Archive.NONE:
        return [f"return {scope.call('outputs_of', 'run')}"]
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
    sent = send(chosen, "POST", url_of(chosen, "upload", None), 'json={"file_name": name}')
    lines = [scope.define("upload", "name"), f"    reply = {sent}"]
    lines += [f"    {line}" for line in checked(chosen, 201)]
    lines.append(f"    ticket = {decoded_reply(chosen)}")
    module = "http" if chosen.transport is Transport.ALIAS else "httpx" if is_httpx(chosen) else "requests"
    raw = raw_keyword(chosen)
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
