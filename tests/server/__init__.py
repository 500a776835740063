"""A strict server that speaks v1 or v2 of the Kognitos REST API, for tests."""

from .model import API_HOSTS, API_KEY, UPLOAD_HOST, Dialect, Mode, Process, Refusal, Stage, Start
from .serve import Server, serve

__all__ = [
    "API_HOSTS",
    "API_KEY",
    "UPLOAD_HOST",
    "Dialect",
    "Mode",
    "Process",
    "Refusal",
    "Server",
    "Stage",
    "Start",
    "serve",
]
