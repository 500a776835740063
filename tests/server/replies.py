"""Writing replies."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from werkzeug.wrappers import Response

from .model import Mode


def json_reply(content: object, status: int = 200) -> Response:
    """Return a JSON reply."""
    return Response(json_text(content), status, mimetype="application/json")


def json_text(content: object) -> str:
    """Encode content as JSON text. Decimals are numbers with all of their digits."""
    return _DECIMAL.sub(r"\1", json.dumps(content, default=_encode))


_DECIMAL = re.compile(r'"<decimal ([-+.0-9E]+)>"')


def _encode(value: object) -> str:
    assert isinstance(value, Decimal)
    return f"<decimal {value}>"


def error_reply(mode: Mode, status: int, why: str) -> Response:
    """Return the reply to a request that is refused, in the shape of the version."""
    if mode == "v1":
        return json_reply({"message": why}, status)
    return json_reply({"message": why, "status_code": status, "details": None}, status)
