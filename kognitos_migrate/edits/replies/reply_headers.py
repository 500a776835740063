"""Headers of a reply that say something of its content, which is another one in the new version."""

from kognitos_migrate.edits.context import HARMLESS
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.values.lattice import Decoding, Reply

_OF_CONTENT = frozenset(
    ("content-length", "content-type", "content-encoding", "content-md5", "digest", "etag", "location")
)
"""The headers of HTTP that are made for a content, or name its address (RFC 9110)."""


def require_not_of_content(use: Use) -> None:
    """Refuse where the program does something with a header that another content changes."""
    assert isinstance(use.value, Reply)
    path = use.value.path
    name = path[1] if path[:1] == (View.HEADERS,) and len(path) > 1 else None
    is_read = isinstance(name, str) and name.lower() in _OF_CONTENT
    if (is_read or name is Decoding.ANY) and use.kind not in (*HARMLESS, UseKind.FORMAT):
        header = name if isinstance(name, str) else "a header"
        message = f"{header} of the reply is read here, and the new reply has another content"
        raise RefusalError(use.site, "reply-escapes", message)
