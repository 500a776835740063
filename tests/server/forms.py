"""Reading a multipart form as an object store does: fields first, the file last."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder
from werkzeug.wrappers import Request

from .model import Refused


@dataclass(frozen=True)
class Form:
    """A form: its fields, and the content of its part `file`."""

    fields: dict[str, str]
    file: bytes


def read_form(request: Request) -> Form:
    """Read a form whose last part is `file`, or refuse the request."""
    parts = _parts(request)
    names = [name for name, _ in parts]
    if names.count("file") != 1:
        raise Refused(400, "form: the file must be in the part `file`, once")
    if names[-1] != "file":
        raise Refused(400, "form: the part `file` must be the last one")
    fields = {name: content.decode("utf-8", "replace") for name, content in parts[:-1]}
    if len(fields) < len(parts) - 1:
        raise Refused(400, "form: a field occurs twice")
    return Form(fields, parts[-1][1])


def _parts(request: Request) -> list[tuple[str, bytes]]:
    boundary = request.mimetype_params.get("boundary", "")
    decoder = MultipartDecoder(boundary.encode())
    parts: list[tuple[str, bytes]] = []
    try:
        decoder.receive_data(request.get_data())
        decoder.receive_data(None)
        while not isinstance(event := decoder.next_event(), Epilogue):
            if isinstance(event, (Field, File)):
                parts.append((event.name, b""))
            elif isinstance(event, Data):
                name, content = parts[-1]
                parts[-1] = name, content + event.data
    except ValueError as error:
        raise Refused(400, f"form: {error}") from None
    return parts
