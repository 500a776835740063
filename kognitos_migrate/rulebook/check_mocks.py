"""Whether the parts of a file of stubs fit together."""

import re
from collections.abc import Iterator, Mapping

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.read import Source
from kognitos_migrate.rulebook.schema import ClientFile, MockFile, StubbingShape

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_MEMBER = re.compile(r"[A-Za-z_]\w*(\(\))?")


def mock_faults(source: Source[MockFile], clients: Mapping[str, ClientFile]) -> Iterator[Fault]:
    """All that is wrong with a file of stubs beyond its shape; `clients` are all that there are."""
    file, document = source.file, source.document
    if file.client not in clients:
        yield document.fault(
            ("client",), f"there is no client {file.client}", suggestion(file.client, clients)
        )
    if not file.functions and file.objects is None:
        yield document.fault(("functions",), "is missing", "expected functions, or objects, or both")
    yield from _faults(document, ("functions",), file.functions)
    yield from _faults(document, ("replies",), file.replies)
    yield from _faults(document, ("matchers",), file.matchers)
    yield from _faults(document, ("route",), file.route)
    if file.objects is not None:
        if not file.objects.types and not file.objects.fixtures:
            yield document.fault(("objects", "types"), "is missing", "expected types, or fixtures, or both")
        yield from _faults(document, ("objects", "methods"), file.objects.methods)
    for name in file.sent:
        if not _MEMBER.fullmatch(name):
            yield document.fault(("sent", name), "is no member", "expected an attribute, or method()")


def _faults(document: Document, key: Key, callables: Mapping[str, StubbingShape]) -> Iterator[Fault]:
    """Each callable has a name that Python could have, and no argument twice."""
    for name, one in callables.items():
        if not _NAME.fullmatch(name):
            yield document.fault((*key, name), "is no name", "expected one of Python")
        if len(set(one.arguments)) < len(one.arguments):
            yield document.fault((*key, name, "arguments"), "say the same twice", "expected each once")
