"""Whether the parts of a client file fit together."""

import re
from collections.abc import Iterator, Mapping

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.rulebook.read import Source
from kognitos_migrate.rulebook.schema import ClientFile, VerbShape

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_MEMBER = re.compile(r"[A-Za-z_]\w*(\(\))?")


def client_faults(source: Source[ClientFile]) -> Iterator[Fault]:
    """All that is wrong with a client file beyond its shape."""
    file, document = source.file, source.document
    if not file.functions and file.sessions is None:
        yield document.fault(("functions",), "is missing", "expected functions, or sessions, or both")
    if Role.URL not in file.keywords.values():
        yield document.fault(("keywords",), "none of them says the URL", "expected one that is url")
    yield from _verb_faults(document, ("functions",), file.functions, _NAME)
    if file.sessions is not None:
        yield from _verb_faults(document, ("sessions", "methods"), file.sessions.methods, _MEMBER)
        through = file.sessions.through
        if through is not None and through not in file.sessions.methods:
            wrong = f"{through} is not one of the methods"
            yield document.fault(("sessions", "through"), wrong, suggestion(through, file.sessions.methods))
    for name in file.reply:
        if not _MEMBER.fullmatch(name):
            yield document.fault(("reply", name), "is no member", "expected an attribute, or method()")
    for part in ("fields", "files"):
        keyword = getattr(file.multipart, part)
        if keyword not in file.keywords:
            wrong = f"{keyword} is not one of the keywords"
            yield document.fault(("multipart", part), wrong, suggestion(keyword, file.keywords))


def _verb_faults(
    document: Document, key: Key, verbs: Mapping[str, VerbShape], form: re.Pattern[str]
) -> Iterator[Fault]:
    """Each callable has a name that Python could have, says its method once, and no argument twice."""
    for name, verb in verbs.items():
        if not form.fullmatch(name):
            yield document.fault((*key, name), "is no name", "expected one of Python")
        said = len([role for role in verb.arguments if role is Role.METHOD])
        if (verb.method is None) != (said == 1):
            wrong = "has no method" if verb.method is None else "has a method and an argument that is one"
            yield document.fault((*key, name), wrong, "expected either a method or method in arguments")
        if len(set(verb.arguments)) < len(verb.arguments):
            yield document.fault((*key, name, "arguments"), "say the same twice", "expected each once")
