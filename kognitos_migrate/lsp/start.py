"""Starts the server on the standard input and output."""

import gc
import os

from kognitos_migrate.lsp.features import create_server
from kognitos_migrate.lsp.server import silence_logging
from kognitos_migrate.run.session import Options


def serve(options: Options) -> int:
    """Serve an editor until it ends the session. Returns the exit code that the protocol demands: 0 after a
    shutdown, else 1."""
    gc.enable()  # a session is long
    silence_logging()
    server = create_server(options)
    inbox, outbox = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)  # nothing else may write into the protocol
    try:
        server.start_io(inbox, outbox)
    finally:
        server.end()
    return 0 if server.is_shut_down else 1
