"""Whether the parts of a client file fit together."""

import re
from collections.abc import Iterator, Mapping

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.rulebook.read import Source
from kognitos_migrate.rulebook.schema import ClientFile, MultipartShape, VerbShape

_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_MEMBER = re.compile(r"[A-Za-z_]\w*(\(\))?")


def client_faults(source: Source[ClientFile], clients: Mapping[str, ClientFile]) -> Iterator[Fault]:
    """All that is wrong with a client file beyond its shape; `clients` are all of them."""
    file, document = source.file, source.document
    if file.like is not None or file.module is not None:
        yield from _like_faults(document, file, clients)
    else:
        if not file.functions and file.sessions is None:
            yield document.fault(("functions",), "is missing", "expected functions, or sessions, or both")
        if Role.URL not in file.keywords.values():
            yield document.fault(("keywords",), "none of them says the URL", "expected one that is url")
    yield from _verb_faults(document, ("functions",), file.functions, _NAME)
    if file.sessions is not None:
        yield from _verb_faults(document, ("sessions", "methods"), file.sessions.methods, _MEMBER)
        for key, name in (("through", file.sessions.through), ("sends", file.sessions.sends)):
            if name is not None and name not in file.sessions.methods:
                wrong = f"{name} is not one of the methods"
                yield document.fault(("sessions", key), wrong, suggestion(name, file.sessions.methods))
    for part, names in (("request", file.request), ("reply", file.reply)):
        for name in names:
            if not _MEMBER.fullmatch(name):
                yield document.fault((part, name), "is no member", "expected an attribute, or method()")
    if file.multipart is not None:
        yield from _multipart_faults(document, file, file.multipart)


def _like_faults(document: Document, file: ClientFile, clients: Mapping[str, ClientFile]) -> Iterator[Fault]:
    """A client that is like another names it."""
    if file.like is None:
        yield document.fault(("like",), "is missing", "expected a client, as module is given")
    elif file.like not in clients or clients[file.like].like is not None:
        known = [name for name, other in clients.items() if other.like is None]
        wrong = f"there is no client {file.like} with a file of its own"
        yield document.fault(("like",), wrong, suggestion(file.like, known))


def _multipart_faults(document: Document, file: ClientFile, said: MultipartShape) -> Iterator[Fault]:
    """Either the fields and the files, or the form and what makes it; and each is a keyword."""
    wanted = ("form", "make", "helper") if said.form is not None else ("fields", "files")
    for part in wanted:
        if getattr(said, part) is None:
            yield document.fault(("multipart", part), "is missing", f"expected {' and '.join(wanted)}")
    for part in ("fields", "files", "form"):
        keyword = getattr(said, part)
        if keyword is not None and part not in wanted:
            yield document.fault(
                ("multipart", part), "is given with form", f"expected {' and '.join(wanted)}"
            )
        elif keyword is not None and keyword not in file.keywords:
            wrong = f"{keyword} is not one of the keywords"
            yield document.fault(("multipart", part), wrong, suggestion(keyword, file.keywords))
    if said.helper is not None and f"def {said.make}(" not in said.helper:
        yield document.fault(("multipart", "helper"), f"does not define {said.make}", "expected its source")


def _verb_faults(
    document: Document, key: Key, verbs: Mapping[str, VerbShape], form: re.Pattern[str]
) -> Iterator[Fault]:
    """Each callable has a name that Python could have, says its method once, and no argument twice."""
    for name, verb in verbs.items():
        if not form.fullmatch(name):
            yield document.fault((*key, name), "is no name", "expected one of Python")
        said = len([role for role in verb.arguments if role is Role.METHOD])
        made = Role.REQUEST in verb.arguments
        if (verb.method is None) != (said == 1) and not (made and not said):
            wrong = "has no method" if verb.method is None else "has a method and an argument that is one"
            yield document.fault((*key, name), wrong, "expected either a method or method in arguments")
        if len(set(verb.arguments)) < len(verb.arguments):
            yield document.fault((*key, name, "arguments"), "say the same twice", "expected each once")
