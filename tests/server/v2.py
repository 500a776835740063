"""The endpoints of version 2."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from .blobs import form_fields, form_headers, form_upload_url
from .bodies import json_body, query
from .model import Phase, Process, Refused, Run, Stage
from .replies import json_reply
from .state import State, run_outputs


class _FileBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file_name: Annotated[str, msgspec.Meta(min_length=1)]
    agent_id: str


class _GuideRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v2/runs` in the migration guide."""

    process_id: str
    agent_id: str
    stage: Stage
    inputs: dict[str, Any] = {}
    file_ids: list[str] = []


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    value: Any


class _ReferenceRun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /v2/runs` in the API reference."""

    process_id: str
    agent_id: str
    stage: Stage
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    inputs: list[_Entry] = []
    file_ids: list[str] = []


def rules() -> list[Rule]:
    """Return the routes of version 2 that a migrated program uses."""
    return [
        Rule("/v2/runs", methods=["POST"], endpoint=start),
        Rule("/v2/runs/<run_id>", methods=["GET"], endpoint=run),
        Rule("/v2/files", methods=["POST"], endpoint=file),
    ]


def start(state: State, request: Request) -> Response:
    """Start a run: `POST /v2/runs`."""
    query(request)
    if state.dialect == "guide":
        guide = json_body(request, _GuideRun)
        process = _process(state, guide.process_id, guide.agent_id, guide.stage)
        inputs, file_ids, name = guide.inputs, guide.file_ids, process.name
    else:
        reference = json_body(request, _ReferenceRun)
        process = _process(state, reference.process_id, reference.agent_id, reference.stage)
        inputs, file_ids, name = _inputs(reference.inputs), reference.file_ids, reference.name
    for file_id in file_ids:
        _check_file(state, file_id, process)
    return json_reply(_describe(state.start(process, inputs, file_ids, name), Phase.CREATED), 201)


def run(state: State, request: Request, run_id: str) -> Response:
    """Read a run: `GET /v2/runs/{id}`."""
    query(request)
    return json_reply(_describe(*state.read(run_id)))


def file(state: State, request: Request) -> Response:
    """Announce a file: `POST /v2/files`."""
    query(request)
    body = json_body(request, _FileBody)
    if body.agent_id not in {process.agent_id for process in state.processes}:
        raise Refused(404, f"no agent {body.agent_id!r}")
    upload = state.announce(body.file_name, body.agent_id)
    return json_reply(
        {
            "id": upload.id,
            "file_name": upload.file_name,
            "upload_url": form_upload_url(upload),
            "upload_http_method": "POST",
            "upload_http_headers": form_headers(upload),
            "upload_fields": form_fields(upload),
        },
        201,
    )


def _process(state: State, process_id: str, agent_id: str, stage: str) -> Process:
    named = [process for process in state.processes if process.process_id == process_id]
    if not named:
        raise Refused(404, f"no process {process_id!r}")
    for process in named:
        if (process.agent_id, process.stage) == (agent_id, stage):
            return process
    raise Refused(400, f"process {process_id!r} has no agent {agent_id!r} in stage {stage!r}")


def _inputs(entries: list[_Entry]) -> dict[str, Any]:
    inputs = {entry.name: entry.value for entry in entries}
    if len(inputs) < len(entries):
        raise Refused(400, "body: two entries of `inputs` have the same name")
    return inputs


def _check_file(state: State, file_id: str, process: Process) -> None:
    upload = state.arrived(file_id)
    if upload is None:
        raise Refused(400, f"file_ids: {file_id!r} is not an uploaded file")
    if upload.agent_id != process.agent_id:
        raise Refused(400, f"file_ids: {file_id!r} belongs to another agent")


def _describe(run: Run, phase: Phase) -> dict[str, Any]:
    outputs = None
    if phase is Phase.SUCCEEDED and (named := run_outputs(run)) is not None:
        outputs = [{"name": name, "value": value} for name, value in named.items()]
    return {
        "agent_id": run.process.agent_id,
        "created_at": "2021-01-01T12:00:00",
        "file_ids": list(run.file_ids) or None,
        "id": run.id,
        "name": run.name,
        "outputs": outputs,
        "process_id": run.process.process_id,
        "stage": run.process.stage,
        "status": phase.value,
    }
