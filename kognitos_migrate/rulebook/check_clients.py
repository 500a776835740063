"""Whether the parts of a client file fit together."""

import ast
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
        yield from _multipart_faults(source, file.multipart)
    if file.rebuilt is not None:
        yield from _helper_faults(source, ("rebuilt", "helper"), file.rebuilt.helper, file.rebuilt.make)


def _like_faults(document: Document, file: ClientFile, clients: Mapping[str, ClientFile]) -> Iterator[Fault]:
    """A client that is like another names it."""
    if file.like is None:
        yield document.fault(("like",), "is missing", "expected a client, as module is given")
    elif file.like not in clients or clients[file.like].like is not None:
        known = [name for name, other in clients.items() if other.like is None]
        wrong = f"there is no client {file.like} with a file of its own"
        yield document.fault(("like",), wrong, suggestion(file.like, known))


def _multipart_faults(source: Source[ClientFile], said: MultipartShape) -> Iterator[Fault]:
    """Either the fields and the files, or the form and what makes it; and each is a keyword."""
    document, file = source.document, source.file
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
    if said.helper is not None:
        yield from _helper_faults(source, ("multipart", "helper"), said.helper, said.make or "")
    if said.content_type is not None and not _is_value(said.content_type):
        expected = "expected a text in quotes, or a name that the helper binds"
        yield document.fault(("multipart", "content_type"), "is no value", expected)


def _is_value(source: str) -> bool:
    try:
        return isinstance(ast.parse(source, mode="eval").body, ast.Constant | ast.Name)
    except (SyntaxError, ValueError):
        return False


def _helper_faults(source: Source[ClientFile], key: Key, helper: str, make: str) -> Iterator[Fault]:
    """A helper defines the function, and does nothing when its module is imported: it is written into the
    user's code. The built-in rules may define constants, too."""
    document = source.document
    try:
        body = ast.parse(helper).body
    except (SyntaxError, ValueError) as error:
        yield document.fault(key, f"is no Python: {error}", "expected the source of a function")
        return
    functions = [one for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    if make not in [function.name for function in functions]:
        yield document.fault(key, f"does not define {make}", "expected its source")
    if len(functions) < len(body) or not all(map(_is_inert, functions)):
        if not source.is_builtin:
            wrong = "does more than define functions, so it would run wherever the module is imported"
            yield document.fault(
                key, wrong, "expected functions without decorators, with constants as defaults"
            )


def _is_inert(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a definition runs nothing."""
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    run = [*arguments.defaults, *arguments.kw_defaults, *(one.annotation for one in every), function.returns]
    return not function.decorator_list and all(
        one is None or isinstance(one, ast.Constant | ast.Name) for one in run
    )


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
