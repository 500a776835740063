"""The endpoints of version 1."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from .blobs import blob_upload_url, blob_uri, parse_blob_uri
from .bodies import json_body, query
from .model import Phase, Process, Refused
from .replies import json_reply, json_text
from .state import State, run_outputs


class _UploadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file_name: Annotated[str, msgspec.Meta(min_length=1)]


def rules() -> list[Rule]:
    """Return the routes of version 1."""
    return [
        Rule("/v1/invoke/<share_id>", methods=["POST"], endpoint=invoke),
        Rule("/v1/run/<worker_id>", methods=["GET"], endpoint=run),
        Rule("/v1/upload", methods=["POST"], endpoint=upload),
    ]


def invoke(state: State, request: Request, share_id: str) -> Response:
    """Start a run: `POST /v1/invoke/{share_id}`."""
    key = query(request, {"attachments_key"}).get("attachments_key")
    process = _process(state, share_id)
    facts = json_body(request, dict[str, Any]) if request.get_data() else {}
    blobs = [] if key is None else _take_attachments(facts, key)
    file_ids = [_arrived(state, blob) for blob in blobs]
    started = state.start(process, facts, file_ids, process.name)
    return json_reply({"worker_id": started.id}, 201)


def run(state: State, request: Request, worker_id: str) -> Response:
    """Read a run's state: `GET /v1/run/{worker_id}`."""
    query(request)
    found, phase = state.read(worker_id)
    if phase is Phase.CREATED:
        return json_reply({"state": "running"})
    if phase is Phase.EXECUTING:
        return json_reply({"state": "running", "answer": None})
    if phase is Phase.FAILED:
        return json_reply({"state": "failed"})
    outputs = run_outputs(found)
    return json_reply({"state": "done", "answer": None if outputs is None else json_text(outputs)})


def upload(state: State, request: Request) -> Response:
    """Announce a file: `POST /v1/upload`."""
    query(request)
    announced = state.announce(json_body(request, _UploadBody).file_name)
    return json_reply(
        {
            "upload_url": blob_upload_url(announced),
            "upload_http_method": "PUT",
            "upload_http_headers": {"x-ms-blob-type": "BlockBlob"},
            "blob_uri": blob_uri(announced),
            "blob_url": blob_uri(announced),
        },
        201,
    )


def _process(state: State, share_id: str) -> Process:
    for process in state.processes:
        if process.share_id == share_id:
            return process
    raise Refused(404, f"no share_id {share_id!r}")


def _take_attachments(facts: dict[str, Any], key: str) -> list[Any]:
    """Return the blobs that `attachments_key` means, and take them out of the facts.

    Two readings are accepted: the name of a body key that holds the blobs, or the blobs themselves.
    """
    if key not in facts:
        return list(key.split(","))
    blobs = facts.pop(key)
    if not isinstance(blobs, list):
        raise Refused(400, f"body: {key!r} must be a list of blob_uris")
    return blobs


def _arrived(state: State, blob: object) -> str:
    """Return the id of the file that an uploaded blob_uri names."""
    file_id = parse_blob_uri(blob)
    if file_id is None or state.arrived(file_id) is None:
        raise Refused(400, f"attachments_key: {blob!r} is neither a body key nor an uploaded blob")
    return file_id
