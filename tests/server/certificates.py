"""The test server's own certificate authority, made once in a process."""

from __future__ import annotations

import functools
import ssl
import threading

import trustme

_making = threading.Lock()


def authority() -> trustme.CA:
    """Return the certificate authority of this process, the same one in all of its threads."""
    with _making:
        return _authority()


@functools.cache
def _authority() -> trustme.CA:
    return trustme.CA()


@functools.cache
def server_context(hosts: tuple[str, ...]) -> ssl.SSLContext:
    """Return the TLS settings of a server that answers for these host names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*hosts).configure_cert(context)
    return context
