"""The test server's own certificate authority, made once in a process."""

from __future__ import annotations

import functools
import ssl

import trustme


@functools.cache
def authority() -> trustme.CA:
    """Return the certificate authority of this process."""
    return trustme.CA()


@functools.cache
def server_context(hosts: tuple[str, ...]) -> ssl.SSLContext:
    """Return the TLS settings of a server that answers for these host names."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert(*hosts).configure_cert(context)
    return context
