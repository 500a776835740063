"""The test server is strict: what the API would refuse is refused, what it accepts works."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server import UPLOAD_HOST, Dialect

from .scenario import IDS, INVOKE, NAMED, ORDERS, VENDORS, Api, read, refused, start


@pytest.mark.parametrize(
    ("status", "method", "url", "options"),
    [
        pytest.param(403, "POST", INVOKE, {"headers": {"x-api-key": "no"}}, id="wrong key"),
        pytest.param(404, "POST", "/v1/invoke/unknown", {"json": {}}, id="unknown share_id"),
        pytest.param(404, "POST", "//v1/upload", {"json": {}}, id="double slash"),
        pytest.param(404, "POST", INVOKE + "/", {"json": {}}, id="slash at the end"),
        pytest.param(405, "GET", INVOKE, {}, id="wrong method"),
        pytest.param(404, "POST", "/v2/runs", {"json": IDS}, id="v2 is not served"),
        pytest.param(421, "POST", "https://example.com" + INVOKE, {}, id="another host"),
        pytest.param(400, "POST", INVOKE, {"data": "a=1"}, id="body is not JSON"),
        pytest.param(400, "POST", INVOKE, {"json": [1]}, id="body is a list"),
        pytest.param(400, "POST", INVOKE, {"data": "null"}, id="body is null"),
        pytest.param(400, "POST", INVOKE + "?stage=Draft", {"json": {}}, id="unknown parameter"),
        pytest.param(400, "POST", INVOKE + "?attachments_key=docs", {"json": {}}, id="no such key"),
        pytest.param(400, "POST", INVOKE + "?attachments_key=", {"json": {}}, id="empty key"),
        pytest.param(400, "POST", INVOKE + "?attachments_key=d", {"json": {"d": "x"}}, id="blobs not a list"),
        pytest.param(400, "POST", INVOKE + "?attachments_key=d", {"json": {"d": ["x"]}}, id="unknown blob"),
        pytest.param(404, "GET", "/v1/run/unknown", {}, id="unknown worker_id"),
        pytest.param(400, "POST", "/v1/upload", {"json": {}}, id="upload without a name"),
        pytest.param(
            400, "POST", "/v1/upload", {"json": {"file_name": "a", "x": 1}}, id="unknown upload key"
        ),
    ],
)
def test_v1_refuses(status: int, method: str, url: str, options: dict[str, Any]) -> None:
    api = Api("v1")
    refused(api, status, api.call(method, url, **options))


@pytest.mark.parametrize(
    ("query", "body", "inputs", "files"),
    [
        pytest.param({}, None, {}, 0, id="no body"),
        pytest.param({}, {"a": 1}, {"a": 1}, 0, id="facts"),
        pytest.param({"attachments_key": "d"}, {"d": ["$"], "a": 1}, {"a": 1}, 1, id="reading A"),
        pytest.param({"attachments_key": "d"}, {"d": ["$", "$"]}, {}, 2, id="reading A, two files"),
        pytest.param({"attachments_key": "$"}, {"a": 1}, {"a": 1}, 1, id="reading B"),
        pytest.param({"attachments_key": "$,$"}, None, {}, 2, id="reading B, two files"),
    ],
)
def test_v1_starts(query: dict[str, str], body: Any, inputs: dict[str, Any], files: int) -> None:
    api = Api("v1")
    blob = api.blob()
    query = {name: value.replace("$", blob) for name, value in query.items()}
    data = "" if body is None else json.dumps(body).replace("$", blob)
    reply = api.call("POST", INVOKE, query_string=query, data=data)
    assert reply.status_code == 201
    assert api.state.journal == (start(inputs, files),)
    assert api.state.journal[0].inputs == inputs


def test_v1_run_is_read_to_its_end() -> None:
    api = Api("v1")
    outputs = {"vendor": "ACME", "score": 7, "files": 0}
    assert read(api, f"/v1/invoke/{VENDORS.share_id}", {"vendor": "ACME"}) == [
        {"state": "running"},
        {"state": "running", "answer": None},
        {"state": "done", "answer": json.dumps(outputs)},
        {"state": "done", "answer": json.dumps(outputs)},
    ]
    assert read(api, INVOKE, {"fail": True})[-1] == {"state": "failed"}


@pytest.mark.parametrize(
    ("dialect", "status", "body"),
    [
        pytest.param("guide", 400, {**IDS, "facts": {}}, id="unknown key"),
        pytest.param("guide", 400, NAMED, id="guide: a name"),
        pytest.param("guide", 400, {**IDS, "inputs": []}, id="guide: inputs is a list"),
        pytest.param("guide", 400, {**IDS, "inputs": None}, id="inputs is null"),
        pytest.param("guide", 400, {**IDS, "file_ids": None}, id="file_ids is null"),
        pytest.param("guide", 400, {**IDS, "file_ids": "f"}, id="file_ids is text"),
        pytest.param("guide", 400, {**IDS, "file_ids": ["f"]}, id="unknown file"),
        pytest.param("guide", 400, {"process_id": "proc1", "stage": "Draft"}, id="no agent_id"),
        pytest.param("guide", 400, {"agent_id": "agent1", "stage": "Draft"}, id="no process_id"),
        pytest.param("guide", 400, {"process_id": "proc1", "agent_id": "agent1"}, id="no stage"),
        pytest.param("guide", 400, {**IDS, "stage": "published"}, id="no such stage"),
        pytest.param("guide", 400, {**IDS, "stage": "Draft"}, id="another stage"),
        pytest.param("guide", 400, {**IDS, "agent_id": "agent2"}, id="another agent"),
        pytest.param("guide", 404, {**IDS, "process_id": "none"}, id="unknown process"),
        pytest.param("reference", 400, IDS, id="reference: no name"),
        pytest.param("reference", 400, {**IDS, "name": ""}, id="reference: empty name"),
        pytest.param("reference", 400, {**IDS, "name": "x" * 101}, id="reference: long name"),
        pytest.param("reference", 400, {**NAMED, "inputs": {}}, id="reference: inputs an object"),
        pytest.param("reference", 400, {**NAMED, "inputs": [{"name": "a"}]}, id="no value"),
        pytest.param("reference", 400, {**NAMED, "inputs": [{"name": "a", "value": 1}] * 2}, id="name twice"),
    ],
)
def test_v2_refuses_a_start(dialect: Dialect, status: int, body: dict[str, Any]) -> None:
    api = Api("v2", dialect)
    reply = api.call("POST", "/v2/runs", json=body)
    refused(api, status, reply)
    assert reply.get_json().keys() == {"message", "status_code", "details"}
    assert reply.get_json()["status_code"] == status


@pytest.mark.parametrize(
    ("status", "method", "url", "options"),
    [
        pytest.param(403, "GET", "/v2/runs/a", {"headers": {"x-api-key": ""}}, id="no key"),
        pytest.param(404, "GET", "/v2/runs/unknown", {}, id="unknown run"),
        pytest.param(400, "GET", "/v2/runs/a?x=1", {}, id="unknown parameter"),
        pytest.param(400, "POST", "/v2/runs?attachments_key=d", {"json": IDS}, id="v1 parameter"),
        pytest.param(400, "POST", "/v2/runs", {}, id="no body"),
        pytest.param(400, "POST", "/v2/files", {"json": {"file_name": "a"}}, id="file, no agent"),
        pytest.param(404, "POST", "/v2/files", {"json": {"file_name": "a", "agent_id": "x"}}, id="no agent"),
        pytest.param(410, "POST", INVOKE, {"json": {}}, id="v1 invoke is gone"),
        pytest.param(410, "GET", "/v1/run/a", {}, id="v1 run is gone"),
        pytest.param(410, "POST", "/v1/upload", {"headers": {"x-api-key": ""}}, id="v1 is gone"),
        pytest.param(404, "PUT", f"https://{UPLOAD_HOST}/blobs/a", {}, id="v1 blobs are gone"),
    ],
)
def test_v2_refuses(status: int, method: str, url: str, options: dict[str, Any]) -> None:
    api = Api("v2")
    refused(api, status, api.call(method, url, **options))


@pytest.mark.parametrize(
    ("dialect", "body", "inputs", "files"),
    [
        pytest.param("guide", IDS, {}, 0, id="guide: the least"),
        pytest.param("guide", {**IDS, "inputs": {"a": 1}}, {"a": 1}, 0, id="guide: inputs"),
        pytest.param("guide", {**IDS, "inputs": {}, "file_ids": ["$"]}, {}, 1, id="guide: a file"),
        pytest.param("guide", {**IDS, "file_ids": []}, {}, 0, id="guide: no files"),
        pytest.param("reference", NAMED, {}, 0, id="reference: the least"),
        pytest.param("reference", {**IDS, "name": "x" * 100}, {}, 0, id="reference: longest name"),
        pytest.param(
            "reference",
            {**NAMED, "inputs": [{"name": "a", "value": None}], "file_ids": ["$"]},
            {"a": None},
            1,
            id="reference: inputs and a file",
        ),
    ],
)
def test_v2_starts(dialect: Dialect, body: Any, inputs: dict[str, Any], files: int) -> None:
    api = Api("v2", dialect)
    file_id = api.file()
    reply = api.call("POST", "/v2/runs", data=json.dumps(body).replace("$", file_id))
    assert reply.status_code == 201, reply.text
    assert reply.get_json()["file_ids"] == ([file_id] * files or None)
    assert reply.get_json()["name"] == body.get("name", "Process invoices")
    assert api.state.journal == (start(inputs, files),)


def test_v2_run_is_read_to_its_end() -> None:
    api = Api("v2")
    ids = {"process_id": ORDERS.process_id, "agent_id": ORDERS.agent_id, "stage": ORDERS.stage}
    runs = read(api, "/v2/runs", {**ids, "inputs": {"a": 1}})
    assert [run["status"] for run in runs] == ["Created", "Executing", "Succeeded", "Succeeded"]
    assert [run["outputs"] for run in runs[:2]] == [None, None]
    assert runs[2]["outputs"] == [
        {"name": "approved", "value": True},
        {"name": "reference", "value": "PO-1"},
        {"name": "files", "value": 0},
    ]
    failed = read(api, "/v2/runs", {**ids, "inputs": {"fail": True}})[-1]
    assert (failed["status"], failed["outputs"]) == ("Failed", None)


def test_one_and_true_are_different_inputs() -> None:
    assert start({"a": 1}) != start({"a": True})
    assert start({"a": 1, "b": 2}) == start({"b": 2, "a": 1})
