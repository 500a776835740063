"""The upload host takes v1's raw bytes and v2's forms, and neither for the other."""

from __future__ import annotations

from typing import Any

import pytest

from .scenario import CONTENT, IDS, INVOKE, Api, form_body, refused, start


@pytest.mark.parametrize(
    ("status", "change"),
    [
        pytest.param(400, {"headers": {}}, id="without the headers"),
        pytest.param(400, form_body([("file", CONTENT)]), id="a form"),
        pytest.param(405, {"method": "POST"}, id="wrong method"),
        pytest.param(403, {"url": "?sig=wrong"}, id="wrong signature"),
        pytest.param(404, {"url": "unknown"}, id="unknown upload"),
    ],
)
def test_v1_refuses_content(status: int, change: dict[str, Any]) -> None:
    api = Api("v1")
    ticket = api.created("/v1/upload", {"file_name": "a.pdf"})
    url = ticket["upload_url"]
    if "url" in change:
        url = url.partition("?")[0] + change["url"]
    options = {"headers": ticket["upload_http_headers"], "data": CONTENT, **change, "url": url}
    refused(api, status, api.call(options.pop("method", "PUT"), **options))
    query = {"attachments_key": ticket["blob_uri"]}
    refused(api, 400, api.call("POST", INVOKE, query_string=query))


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_v2_refuses_raw_content(method: str) -> None:
    api = Api("v2")
    ticket = api.created("/v2/files", {"file_name": "a.pdf", "agent_id": "agent1"})
    refused(api, 400, api.call(method, ticket["upload_url"], data=CONTENT))
    refused(api, 400, api.call("POST", "/v2/runs", json={**IDS, "file_ids": [ticket["id"]]}))


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        pytest.param("kpf", "", id="as it was announced"),
        pytest.param("pkf", "", id="fields in another order"),
        pytest.param("kp", "the part `file`", id="no file"),
        pytest.param("kpff", "the part `file`", id="two files"),
        pytest.param("kfp", "the last one", id="a field behind the file"),
        pytest.param("kf", "fields", id="a field is missing"),
        pytest.param("f", "fields", id="no fields"),
        pytest.param("kpxf", "fields", id="an unknown field"),
        pytest.param("kPf", "fields", id="a field was changed"),
        pytest.param("kkpf", "twice", id="a field twice"),
    ],
)
def test_v2_takes_the_whole_form(parts: str, why: str) -> None:
    api = Api("v2")
    ticket = api.created("/v2/files", {"file_name": "a.pdf", "agent_id": "agent1"})
    fields = ticket["upload_fields"]
    known = {
        "k": ("key", fields["key"]),
        "p": ("policy", fields["policy"]),
        "P": ("policy", "other"),
        "x": ("acl", "public"),
        "f": ("file", CONTENT),
    }
    reply = api.call("POST", ticket["upload_url"], **form_body([known[part] for part in parts]))
    if why:
        refused(api, 400, reply)
        assert why in api.state.refusals[-1].why
    else:
        assert (reply.status_code, reply.data) == (204, b"")


@pytest.mark.parametrize(("token", "status"), [(None, 204), ("announced", 204), ("other", 403)])
def test_v2_upload_token_is_optional_but_checked(token: str | None, status: int) -> None:
    api = Api("v2")
    ticket = api.created("/v2/files", {"file_name": "a.pdf", "agent_id": "agent1"})
    headers = ticket["upload_http_headers"] if token == "announced" else {"x-upload-token": token}
    form = form_body([*ticket["upload_fields"].items(), ("file", CONTENT)])
    reply = api.call("POST", ticket["upload_url"], headers=headers if token else {}, **form)
    assert reply.status_code == status


def test_v2_file_of_another_agent_is_refused() -> None:
    api = Api("v2")
    refused(api, 400, api.call("POST", "/v2/runs", json={**IDS, "file_ids": [api.file("agent2")]}))


def test_the_same_file_is_the_same_effect_in_both_versions() -> None:
    v1, v2 = Api("v1"), Api("v2")
    v1.created(INVOKE, {"docs": [v1.blob()], "a": 1}, query_string={"attachments_key": "docs"})
    v2.created("/v2/runs", {**IDS, "inputs": {"a": 1}, "file_ids": [v2.file()]})
    assert v1.state.journal == v2.state.journal == (start({"a": 1}, files=1),)
