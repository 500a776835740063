"""An invented API in both its versions, strict, as fixtures/other_api/rules has it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import requests
from requests.adapters import BaseAdapter
from werkzeug.exceptions import BadRequest, Forbidden, Gone, HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

HOST = "parcels.example.net"
TOKEN = "secret-token"
DEPOTS = {"OSLO": ("dep-0047", "north"), "ROMA": ("dep-0311", "south")}
REPORT = {"signed_by": "Ada", "days": 3}
LOOKS = 2
"""How often a shipment is looked at before it has arrived."""

ROUTES = Map(
    [
        Rule("/api/1/ship/<depot>", endpoint="ship", methods=["POST"]),
        Rule("/api/1/track/<ticket>", endpoint="track", methods=["GET"]),
        Rule("/api/2/shipments", endpoint="create", methods=["POST"]),
        Rule("/api/2/shipments/<shipment_id>", endpoint="read", methods=["GET"]),
    ]
)


@dataclass
class Parcels:
    """The service, which speaks one of its versions only. `shipped` is what was shipped from which depot."""

    version: int
    shipped: list[tuple[str, object]] = field(default_factory=list)
    looks: int = 0

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """The WSGI application."""
        request = Request(environ)
        try:
            answer: Any = self.answer(request)
        except HTTPException as error:
            answer = error
        return answer(environ, start_response)

    def answer(self, request: Request) -> Response:
        """The response to a request. A request that the version doesn't have is an error."""
        if request.headers.get("x-parcel-token") != TOKEN:
            raise Forbidden
        endpoint, values = ROUTES.bind_to_environ(request.environ).match()
        if f"/api/{self.version}/" not in request.path:
            raise Gone
        status, body = getattr(self, endpoint)(request, **values)
        return Response(json.dumps(body), status=status, content_type="application/json")

    def ship(self, request: Request, depot: str) -> tuple[int, dict[str, object]]:
        """Version 1: ship the facts in the body from a depot."""
        return 201, {"ticket": self._ship(DEPOTS[depot][0], request.get_json())}

    def create(self, request: Request) -> tuple[int, dict[str, object]]:
        """Version 2: the same, with the depot in the body."""
        body = request.get_json()
        if set(body) != {"depot_id", "region", "contents"}:
            raise BadRequest
        if (body["depot_id"], body["region"]) not in DEPOTS.values():
            raise BadRequest
        return 201, {"shipment_id": self._ship(body["depot_id"], body["contents"])}

    def track(self, request: Request, ticket: str) -> tuple[int, dict[str, object]]:
        """Version 1: where a shipment is."""
        if self._arrived(ticket):
            return 200, {"phase": "finished", "report": json.dumps(REPORT)}
        return 200, {"phase": "moving"}

    def read(self, request: Request, shipment_id: str) -> tuple[int, dict[str, object]]:
        """Version 2: where a shipment is."""
        if self._arrived(shipment_id):
            facts = [{"what": name, "is": value} for name, value in REPORT.items()]
            return 200, {"condition": "Delivered", "facts": facts}
        return 200, {"condition": "Accepted" if self.looks == 1 else "InTransit", "facts": None}

    def _ship(self, depot_id: str, contents: object) -> str:
        self.shipped.append((depot_id, contents))
        return f"parcel-{len(self.shipped)}"

    def _arrived(self, ticket: str) -> bool:
        if ticket != f"parcel-{len(self.shipped)}":
            raise BadRequest
        self.looks += 1
        return self.looks > LOOKS


class Loopback(BaseAdapter):
    """Sends what `requests` sends to the service, without a network."""

    def __init__(self, service: Parcels) -> None:
        super().__init__()
        self.client = Client(service)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """The service's answer to `request`."""
        assert request.url is not None
        assert request.url.startswith(f"https://{HOST}/")
        answer = self.client.open(
            request.path_url, method=request.method, headers=dict(request.headers), data=request.body
        )
        made = requests.Response()
        made.status_code, made.request, made.url = answer.status_code, request, request.url
        made._content = answer.get_data()
        return made

    def close(self) -> None:
        """Nothing is open."""
