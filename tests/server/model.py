"""The data of the test server: what it knows, what it was asked, and what it refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal

Mode = Literal["v1", "v2"]
Dialect = Literal["guide", "reference"]
Stage = Literal["Draft", "Published"]

API_KEY = "secret-key"
API_HOSTS = (
    "rest-api.app.kognitos.com",
    "rest-api.eu.kognitos.com",
    "rest-api.uk.kognitos.com",
    "rest-api-main.kognitos-test.net",
)
UPLOAD_HOST = "uploads.kognitos-test.net"


@dataclass(frozen=True)
class Process:
    """A process in one stage: what v1 names by a share_id and v2 by three fields."""

    share_id: str
    process_id: str
    agent_id: str
    stage: Stage
    name: str = ""


@dataclass(frozen=True)
class Upload:
    """A file that was announced; its content arrives later, at the upload host."""

    id: str
    file_name: str
    secret: str
    agent_id: str | None = None


class Phase(Enum):
    """How far a run has come. It takes one step with each status read."""

    CREATED = "Created"
    EXECUTING = "Executing"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"


@dataclass(frozen=True)
class Run:
    """A run that was started."""

    id: str
    name: str
    process: Process
    inputs: dict[str, Any]
    file_ids: tuple[str, ...]


@dataclass(frozen=True, order=True)
class Start:
    """The effect of starting a run, in a form that is the same for v1 and v2.

    `inputs_json` has sorted keys: as text, `1`, `1.0` and `true` are three different inputs.
    `files` are the SHA-256 sums of the attached contents, sorted.
    """

    process_id: str
    agent_id: str
    stage: Stage
    inputs_json: str
    files: tuple[str, ...] = ()

    @property
    def inputs(self) -> dict[str, Any]:
        """The facts that the run was started with."""
        inputs: dict[str, Any] = json.loads(self.inputs_json)
        return inputs


@dataclass(frozen=True)
class Refusal:
    """A request that the server did not accept, and why."""

    method: str
    path: str
    status: int
    why: str


class Refused(Exception):
    """Raised by an endpoint that doesn't accept a request."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
