"""The test server as a WSGI application: hosts, routes, the API key, and the refusals."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from . import blobs, v1, v2
from .model import API_HOSTS, API_KEY, UPLOAD_HOST, Mode, Refusal, Refused
from .replies import error_reply
from .state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Application:
    """Speaks one version of the API, and nothing else."""

    def __init__(self, state: State, hosts: Iterable[str] = API_HOSTS) -> None:
        self._state = state
        self._hosts = frozenset(hosts)
        self._api, self._uploads = _route_maps(state.mode)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        return self._answer(request)(environ, start_response)

    def _answer(self, request: Request) -> Response:
        try:
            return self._dispatch(request)
        except Refused as refused:
            return self._refuse(request, refused.status, refused.why)
        except HTTPException as error:
            return self._refuse(request, error.code or 500, error.name)

    def _dispatch(self, request: Request) -> Response:
        host = request.host.partition(":")[0]
        if host == UPLOAD_HOST:
            routes = self._uploads
        elif host in self._hosts:
            routes = self._api
            self._check(request)
        else:
            raise Refused(421, f"host {host!r} is not served here")
        endpoint, arguments = routes.bind_to_environ(request.environ).match()
        response: Response = endpoint(self._state, request, **arguments)
        return response

    def _check(self, request: Request) -> None:
        """Refuse a version that is gone, and a caller without the key."""
        if self._state.mode == "v2" and f"{request.path}/".startswith("/v1/"):
            raise Refused(410, "v1 is gone")
        if request.headers.get("x-api-key") != API_KEY:
            raise Refused(403, "header x-api-key is missing or wrong")

    def _refuse(self, request: Request, status: int, why: str) -> Response:
        self._state.refuse(Refusal(request.method, request.path, status, why))
        return error_reply(self._state.mode, status, why)


@functools.cache
def _route_maps(mode: Mode) -> tuple[Map, Map]:
    """The routes of the API and those of uploads, in one version: to compile them takes long."""
    rules = v1.rules() if mode == "v1" else v2.rules()
    return Map(rules, merge_slashes=False), Map(blobs.rules(mode), merge_slashes=False)
