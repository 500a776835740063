"""The vocabulary that only an old version has, as the rules say it."""

from collections.abc import Sequence

import pytest

from kognitos_migrate.discover.signature import (
    SignatureName,
    client_offset,
    has_name,
    has_signature,
    has_word,
    is_field_in,
    signature_names,
    weak_signature,
)
from kognitos_migrate.rulebook.load import load_rulebook


@pytest.fixture(scope="module")
def found() -> Sequence[SignatureName]:
    rulebook = load_rulebook()
    return sorted(
        signature_name for api in rulebook.apis.values() for signature_name in signature_names(rulebook, api)
    )


def test_the_signature_is_what_only_the_old_version_has_and_ties_its_calls(
    found: Sequence[SignatureName],
) -> None:
    fields = (b"upload_http_headers", b"upload_http_method", b"upload_url")
    assert tuple(found) == (
        SignatureName(b"attachments_key", (b"invoke",), ()),
        SignatureName(b"blob_uri", (b"upload",), (b"invoke",), fields),
        SignatureName(b"blob_url", (b"upload",), (b"invoke",), fields),
        SignatureName(b"worker_id", (b"invoke",), (b"run",)),
    )


@pytest.mark.parametrize(
    "texts",
    [
        ('post(f"{url}/invoke/{share}").json()["worker_id"]',),
        ('PATHS = {"start": "{base}/invoke/{share}"}', "reply.worker_id"),
        ('send("post", "invoke", share)', 'WORKER = "worker_id"'),
        ('session.get(url + "/run/" + worker_id)',),
        ('client.post("/upload", json=name)', 'put(ticket["upload_url"]); ticket["blob_uri"]'),
        ('post("/invoke/" + share, params={"attachments_key": "docs"})',),
    ],
)
def test_files_that_bear_a_signature_together(found: Sequence[SignatureName], texts: tuple[str, ...]) -> None:
    assert has_signature([text.encode() for text in texts], found)


@pytest.mark.parametrize(
    "texts",
    [
        ('reply["worker_id"]', "state = run.invoke()"),
        ('post(f"{url}/invoke/{name}")', 'reply["workers_id"]'),
        ('parser.add_parser("run")', 'row["worker_id"]'),
        ('blob_url = client.upload_blob("x")',),
        ('run(["docker", "run"])', 'row["worker_id"]'),
        ('open("/var/run/app.pid")', "task.worker_id"),
        ('post("/upload")', 'reply["worker_id"]'),
        ('post("/upload")', 'reply["blob_url"]'),
    ],
)
def test_files_that_bear_none(found: Sequence[SignatureName], texts: tuple[str, ...]) -> None:
    assert not has_signature([text.encode() for text in texts], found)
    assert any(has_name(text.encode(), found) or has_word(text.encode(), found) for text in texts)


CLIENTS = (b"import httpx",)
SEND = 'import httpx\nhttpx.post(url(path), headers={"x-api-key": KEY})'
OTHER_HOST = 'import httpx\nhttpx.post("https://acme.example/", headers={"x-api-key": KEY})'


@pytest.fixture(scope="module")
def faint() -> Sequence[SignatureName]:
    rulebook = load_rulebook()
    return sorted(
        signature_name for api in rulebook.apis.values() for signature_name in weak_signature(rulebook, api)
    )


@pytest.mark.parametrize(
    "texts",
    [
        (SEND, 'PATH = f"/v1/invoke/{share}"'),
        (SEND, 'PATH = "/invoke/" + share'),
        (SEND, 'PATH = "{base}/run/%s"'),
        (SEND, 'PATH = f"https://gateway.example/v1/invoke/{share}"'),
        (f'{SEND}\nurl("invoke", share)',),
        (f'{OTHER_HOST}\nPATH = f"{{base}}/invoke/{{share}}"',),
        (SEND, 'print(reply["worker_id"])'),
        (SEND, "print(reply.worker_id)"),
        (SEND, "class Started(Model):\n    worker_id: str"),
    ],
)
def test_files_that_bear_a_signature_by_a_header(
    faint: Sequence[SignatureName], texts: tuple[str, ...]
) -> None:
    assert has_signature([text.encode() for text in texts], faint, CLIENTS)


@pytest.mark.parametrize(
    "texts",
    [
        (SEND, 'ROUTES = ["invoke"]'),
        (SEND, 'model.startswith("invoke/")'),
        (SEND, 'DIRECTORIES = ("/run/secrets",)'),
        (SEND, 'PATH = f"api/v1/run/{flow}"'),
        (SEND, 'SQL = "DELETE FROM beats WHERE worker_id = $1"'),
        (SEND, "print(self.worker_id)"),
        (SEND, "blob_url = f'{base}/{container}'"),
        (f'{OTHER_HOST}\nROUTES = ["invoke"]',),
    ],
)
def test_files_whose_header_is_none_of_a_signature(
    faint: Sequence[SignatureName], texts: tuple[str, ...]
) -> None:
    assert not has_signature([text.encode() for text in texts], faint, CLIENTS)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        (b"import requests\n", 0),
        (b"x = 1\nimport os, requests\n", 6),
        (b"import os, json as j, requests as r\n", 0),
        (b"import os\n", None),
        (b"import os, requests_of_ours\n", None),
        (b"# requests\n", None),
    ],
)
def test_where_a_client_is_imported(text: bytes, at: int | None) -> None:
    assert client_offset(text, (b"from requests", b"import requests")) == at


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        (b'run["state"]', True),
        (b"run.state == 1", True),
        (b"    state: str", True),
        (b"f(state=1)", True),
        (b"# the state of it", False),
        (b"statement = 1", False),
        (b'"restated"', False),
    ],
)
def test_a_field_is_no_word_of_prose(text: bytes, is_read: bool) -> None:
    assert is_field_in(b"state", text) == is_read
