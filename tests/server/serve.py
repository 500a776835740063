"""Runs the test server: real HTTPS on loopback, in a thread of this process."""

from __future__ import annotations

import contextlib
import ssl
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from .app import Application
from .certificates import authority, server_context
from .model import API_HOSTS, UPLOAD_HOST, Dialect, Mode, Process, Refusal, Start
from .state import State

_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Server:
    """A server that is running."""

    port: int
    ca_file: Path
    hosts: tuple[str, ...]
    state: State

    @property
    def journal(self) -> tuple[Start, ...]:
        """The runs that were started so far."""
        return self.state.journal

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """The requests that were refused so far."""
        return self.state.refusals


@contextlib.contextmanager
def serve(
    mode: Mode, dialect: Dialect, processes: Sequence[Process], hosts: Iterable[str] = ()
) -> Iterator[Server]:
    """Serve one version of the API for as long as the context lasts.

    Args:
        mode: The version that is served.
        dialect: The form of the body of `POST /v2/runs`.
        processes: The processes that can be started.
        hosts: Host names that serve the API in addition to the public ones.
    """
    api_hosts = tuple(dict.fromkeys([*API_HOSTS, *hosts]))
    all_hosts = (*api_hosts, UPLOAD_HOST)
    state = State(mode, dialect, processes)
    http = make_server(
        "127.0.0.1",
        0,
        Application(state, api_hosts),
        threaded=True,
        request_handler=_QuietHandler,
        passthrough_errors=True,
        ssl_context=server_context(all_hosts),
    )
    thread = threading.Thread(target=http.serve_forever, args=(_POLL_SECONDS,), daemon=True)
    with tempfile.TemporaryDirectory(prefix="kognitos-ca-") as folder:
        ca_file = Path(folder, "ca.pem")
        authority().cert_pem.write_to_path(str(ca_file))
        thread.start()
        try:
            yield Server(http.port, ca_file, all_hosts, state)
        finally:
            http.shutdown()
            http.server_close()


class _QuietHandler(WSGIRequestHandler):
    """Is silent about requests, and about clients that close their end without a goodbye."""

    def run_wsgi(self) -> None:
        """Answer a request. Reads after the answer only drain the connection."""
        with contextlib.suppress(ssl.SSLError):
            super().run_wsgi()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""
