"""The upload host: presigned uploads of both versions."""

from __future__ import annotations

from typing import Final

from werkzeug.routing import Rule
from werkzeug.wrappers import Request, Response

from .forms import Form, read_form
from .model import UPLOAD_HOST, Mode, Refused, Upload
from .state import State

_BLOBS: Final = f"https://{UPLOAD_HOST}/blobs/"
_FORMS: Final = f"https://{UPLOAD_HOST}/forms/"


def rules(mode: Mode) -> list[Rule]:
    """Return the routes of the upload host. It takes part in no version but knows who signed."""
    if mode == "v1":
        return [Rule("/blobs/<file_id>", methods=["PUT"], endpoint=put_blob)]
    return [Rule("/forms/<file_id>", methods=["POST", "PUT"], endpoint=post_form)]


def blob_uri(upload: Upload) -> str:
    """Return the name that attaches an uploaded file in v1."""
    return _BLOBS + upload.id


def parse_blob_uri(blob: object) -> str | None:
    """Return the id of the file in a blob_uri."""
    if isinstance(blob, str) and blob.startswith(_BLOBS):
        return blob.removeprefix(_BLOBS)
    return None


def blob_upload_url(upload: Upload) -> str:
    """Return the URL to which v1 clients PUT the bytes."""
    return f"{_BLOBS}{upload.id}?sp=cw&sig={upload.secret}"


def form_upload_url(upload: Upload) -> str:
    """Return the URL to which v2 clients POST the form."""
    return _FORMS + upload.id


def form_fields(upload: Upload) -> dict[str, str]:
    """Return the required fields of the form, without the file."""
    return {"key": f"{upload.agent_id}/{upload.id}", "policy": upload.secret}


def form_headers(upload: Upload) -> dict[str, str]:
    """Return the headers that a form may be sent with."""
    return {"x-upload-token": upload.secret[::-1]}


def put_blob(state: State, request: Request, file_id: str) -> Response:
    """Take the bytes of a v1 file."""
    upload = _announced(state, file_id)
    if request.args.get("sig") != upload.secret:
        raise Refused(403, "the signature in the URL is missing or wrong")
    if request.headers.get("x-ms-blob-type") != "BlockBlob":
        raise Refused(400, "header x-ms-blob-type: BlockBlob is missing")
    if request.mimetype == "multipart/form-data":
        raise Refused(400, "the body must be the raw bytes of the file, not a form")
    state.receive(upload, request.get_data())
    return Response(status=200)


def post_form(state: State, request: Request, file_id: str) -> Response:
    """Take the form of a v2 file."""
    upload = _announced(state, file_id)
    if request.method != "POST" or request.mimetype != "multipart/form-data":
        raise Refused(400, "the body must be a POSTed multipart/form-data form, not raw bytes")
    token = request.headers.get("x-upload-token")
    if token is not None and token != form_headers(upload)["x-upload-token"]:
        raise Refused(403, "header x-upload-token is wrong")
    form = read_form(request)
    _check_fields(form, form_fields(upload))
    state.receive(upload, form.file)
    return Response(status=204)


def _announced(state: State, file_id: str) -> Upload:
    upload = state.upload(file_id)
    if upload is None:
        raise Refused(404, f"no upload {file_id!r}")
    return upload


def _check_fields(form: Form, wanted: dict[str, str]) -> None:
    if form.fields != wanted:
        given = ", ".join(sorted(form.fields)) or "none"
        raise Refused(400, f"form: the fields {', '.join(wanted)} are wanted as they were, given: {given}")
