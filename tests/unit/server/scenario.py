"""Talks to the test server without sockets: shorthands for its unit tests."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from werkzeug.test import Client, TestResponse

from tests.server import API_KEY, Dialect, Mode, Process, Start
from tests.server.app import Application
from tests.server.state import State

INVOICES = Process("abcd3fg9ijk5mn1pqr3tu2wxy", "proc1", "agent1", "Published", "Process invoices")
ORDERS = Process("k2mnp8qrs4tuv6wxy1zab3cde", "proc2", "agent1", "Draft", "Check orders")
VENDORS = Process("f5ghj7klm9npq2rst4uvw6xyz", "proc3", "agent2", "Published", "Onboard vendors")
INVOKE = f"/v1/invoke/{INVOICES.share_id}"
IDS: dict[str, Any] = {"process_id": "proc1", "agent_id": "agent1", "stage": "Published"}
NAMED = {**IDS, "name": "Monday's invoices"}
CONTENT = b"%PDF-1.7"
SUM = hashlib.sha256(CONTENT).hexdigest()


class Api:
    """A server without sockets, and shorthands for talking to it."""

    def __init__(self, mode: Mode, dialect: Dialect = "guide") -> None:
        self.state = State(mode, dialect, [INVOICES, ORDERS, VENDORS])
        self._client = Client(Application(self.state))

    def call(self, method: str, url: str, **options: Any) -> TestResponse:
        """Send a request to a path of the API, or to a whole URL."""
        base = "https://rest-api.app.kognitos.com"
        if url.startswith("https://"):
            host, slash, path = url.removeprefix("https://").partition("/")
            base, url = f"https://{host}", slash + path
        headers = {"x-api-key": API_KEY, **options.pop("headers", {})}
        return self._client.open(url, base, method=method, headers=headers, **options)

    def created(self, url: str, body: object, **options: Any) -> dict[str, Any]:
        """POST JSON that must be accepted, and return the reply."""
        reply = self.call("POST", url, json=body, **options)
        assert reply.status_code == 201, reply.text
        content: dict[str, Any] = reply.get_json()
        return content

    def blob(self) -> str:
        """Upload a file to v1 and return its blob_uri."""
        ticket = self.created("/v1/upload", {"file_name": "a.pdf"})
        headers = ticket["upload_http_headers"]
        reply = self.call("PUT", ticket["upload_url"], data=CONTENT, headers=headers)
        assert reply.status_code == 200, reply.text
        return str(ticket["blob_uri"])

    def file(self, agent_id: str = "agent1") -> str:
        """Upload a file to v2 and return its id."""
        ticket = self.created("/v2/files", {"file_name": "a.pdf", "agent_id": agent_id})
        form = form_body([*ticket["upload_fields"].items(), ("file", CONTENT)])
        reply = self.call("POST", ticket["upload_url"], **form)
        assert (reply.status_code, reply.data) == (204, b""), reply.text
        return str(ticket["id"])


def form_body(parts: list[tuple[str, Any]]) -> dict[str, Any]:
    """Write a multipart form with its parts in this order."""
    lines = []
    for name, value in parts:
        content = value if isinstance(value, bytes) else value.encode()
        filename = '; filename="a.pdf"' if name == "file" else ""
        head = f'--B\r\nContent-Disposition: form-data; name="{name}"{filename}\r\n\r\n'
        lines.append(head.encode() + content)
    return {
        "data": b"\r\n".join([*lines, b"--B--\r\n"]),
        "content_type": "multipart/form-data; boundary=B",
    }


def refused(api: Api, status: int, reply: TestResponse) -> None:
    """Check that the last request was refused, told so, and started nothing."""
    assert reply.status_code == status, reply.text
    assert api.state.refusals[-1].status == status
    assert api.state.refusals[-1].why == reply.get_json()["message"]
    assert not api.state.journal


def start(inputs: dict[str, Any], files: int = 0) -> Start:
    """Return the effect of starting INVOICES with this many copies of CONTENT."""
    return Start(**IDS, inputs_json=json.dumps(inputs, sort_keys=True), files=(SUM,) * files)


def read(api: Api, url: str, body: object) -> list[dict[str, Any]]:
    """Start a run and read its status four times."""
    started = api.created(url, body)
    path = f"/v1/run/{started['worker_id']}" if "worker_id" in started else f"/v2/runs/{started['id']}"
    return [api.call("GET", path).get_json() for _ in range(4)]
