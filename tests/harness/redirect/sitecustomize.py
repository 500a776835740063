"""Loaded by the interpreter that runs a fixture program, before the program itself.

Sends the host names of the API to the test server, knows no other host, and makes sleeping instant.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import socket
import sys
import time
from collections.abc import Sequence
from types import ModuleType
from typing import Any

_PORT: int
_HOSTS: frozenset[str]
_LOCAL = frozenset({None, "", "localhost", "127.0.0.1", "::1"})

_getaddrinfo = socket.getaddrinfo
_connect = socket.socket.connect
_sleep = time.sleep


def aim() -> None:
    """Find out in the environment where the test server is, and what it is called."""
    global _PORT, _HOSTS
    _PORT = int(os.environ["HARNESS_PORT"])
    _HOSTS = frozenset(os.environ["HARNESS_HOSTS"].split(","))


def _redirected(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode("ascii") if isinstance(host, bytes) else host
    if name in _HOSTS:
        return _getaddrinfo("127.0.0.1", _PORT, *args, **kwargs)
    if name in _LOCAL:
        return _getaddrinfo(host, port, *args, **kwargs)
    raise socket.gaierror(socket.EAI_NONAME, f"the test server has no host {name!r}")


def _connected(self: Any, address: Any) -> None:
    """Mend the port for clients that keep only the address of what was looked up (anyio)."""
    _connect(self, ("127.0.0.1", _PORT) if address == ("127.0.0.1", 443) else address)


def _instant(seconds: Any) -> None:
    _sleep(0)


class _AsyncioTasks(importlib.abc.MetaPathFinder):
    """Makes asyncio.sleep instant as soon as asyncio is imported: most programs never do that."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "asyncio.tasks":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            spec.loader = _TasksLoader(spec.loader.name, spec.loader.path)
        return spec


class _TasksLoader(importlib.machinery.SourceFileLoader):
    def exec_module(self, module: Any) -> None:
        super().exec_module(module)
        sleep = module.sleep

        async def instant(delay: float, result: Any = None) -> Any:
            return await sleep(0, result)

        module.sleep = instant


aim()
socket.getaddrinfo = _redirected
socket.socket.connect = _connected  # type: ignore[method-assign]
time.sleep = _instant
sys.meta_path.insert(0, _AsyncioTasks())
