"""Writing replies."""

from __future__ import annotations

import json

from werkzeug.wrappers import Response

from .model import Mode


def json_reply(content: object, status: int = 200) -> Response:
    """Return a JSON reply."""
    return Response(json.dumps(content), status, mimetype="application/json")


def error_reply(mode: Mode, status: int, why: str) -> Response:
    """Return the reply to a request that is refused, in the shape of the version."""
    if mode == "v1":
        return json_reply({"message": why}, status)
    return json_reply({"message": why, "status_code": status, "details": None}, status)
