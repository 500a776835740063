"""Modules of Python 2 that no supported Python has, and the names under which `six` imports their successors.

try:
    from Queue import Empty          # raises ImportError
except ImportError:
    from queue import Empty
"""

import libcst as cst

from kognitos_migrate.interpret.state.frames import Activation

_GONE = frozenset(
    (
        *("BaseHTTPServer", "ConfigParser", "Cookie", "HTMLParser", "Queue", "SimpleHTTPServer", "StringIO"),
        *("__builtin__", "anydbm", "cPickle", "cStringIO", "commands", "cookielib", "dummy_thread"),
        *("exceptions", "htmlentitydefs", "httplib", "md5", "robotparser", "sets", "sha", "thread"),
        *("urllib2", "urlparse", "xmlrpclib"),
    )
)
_SUCCESSORS = {
    "six.moves.configparser": "configparser",
    "six.moves.http_client": "http.client",
    "six.moves.http_cookiejar": "http.cookiejar",
    "six.moves.queue": "queue",
    "six.moves.urllib": "urllib",
    "six.moves.urllib_error": "urllib.error",
    "six.moves.urllib_parse": "urllib.parse",
    "requests.packages.urllib3": "urllib3",
}


def fails_to_import(act: Activation, node: cst.CSTNode, dotted: str) -> bool:
    """Whether the import of a module outside of the program raises ImportError, in code that has an
    alternative: a handler around it, or a test."""
    if dotted.partition(".")[0] not in _GONE:
        return False
    return act.handlers > 0 or act.tree.enclosing(node, cst.If) is not None


def current_name(dotted: str) -> str:
    """The name of a library's module or object without the alias of a compatibility package."""
    for alias, name in _SUCCESSORS.items():
        if dotted == alias or dotted.startswith(f"{alias}."):
            return name + dotted.removeprefix(alias)
    return dotted
