"""Reading requests strictly."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

import msgspec
from werkzeug.wrappers import Request

from .model import Refused

T = TypeVar("T")


def json_body(request: Request, shape: type[T]) -> T:
    """Decode the body as JSON of this shape, or refuse the request."""
    try:
        return msgspec.json.decode(request.get_data(), type=shape)
    except msgspec.DecodeError as error:
        raise Refused(400, f"body: {error}") from None


def query(request: Request, known: Collection[str] = ()) -> dict[str, str]:
    """Return the query parameters. Each one must be known and occur once."""
    given = dict(request.args.lists())
    for name, values in given.items():
        if name not in known:
            raise Refused(400, f"unknown query parameter {name!r}")
        if len(values) > 1:
            raise Refused(400, f"query parameter {name!r} is given {len(values)} times")
    return {name: values[0] for name, values in given.items()}
