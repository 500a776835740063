"""Checks across rule files: references, signatures, clients and mock libraries."""

import ast
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.api_schema import ApiFile, OperationFile, SignatureShape
from kognitos_migrate.rulebook.client_schema import ClientFile, MultipartShape, VerbShape
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.layout_checks import layout_faults, layout_members, request_members
from kognitos_migrate.rulebook.mock_schema import MockFile, StubbingShape
from kognitos_migrate.rulebook.model import Role, StubRole, View
from kognitos_migrate.rulebook.read import Sources, YamlSource
from kognitos_migrate.rulebook.schema import OWN_KEYS
from kognitos_migrate.rulebook.transform_checks import slot_faults, transform_faults

_CLIENT_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_CLIENT_MEMBER = re.compile(r"[A-Za-z_]\w*(\(\))?")
_REPLY_MEMBER = re.compile(rf"({View.HEADERS.value}\.)?{_CLIENT_MEMBER.pattern}")
"""A member of the reply, or one of its headers' object."""


def client_faults(source: YamlSource[ClientFile], clients: Mapping[str, ClientFile]) -> Iterator[Fault]:
    """The faults of a client file beyond its schema. `clients` are all client files, by id."""
    file, document = source.file, source.document
    if file.like is not None or file.module is not None:
        yield from _like_faults(document, file, clients)
    else:
        if not file.functions and file.sessions is None:
            yield document.fault(("functions",), "is missing", "expected functions, or sessions, or both")
        if Role.URL not in file.keywords.values():
            yield document.fault(("keywords",), "none of them is the URL", "expected one that is url")
    like = clients.get(file.like or "")
    keywords = {*file.keywords, *(like.keywords if like is not None else ())}
    yield from _verb_faults(document, ("functions",), file.functions, _CLIENT_NAME, keywords)
    if file.sessions is not None:
        methods = file.sessions.methods
        yield from _verb_faults(document, ("sessions", "methods"), methods, _CLIENT_MEMBER, keywords)
        for key, name in (("through", file.sessions.through), ("sends", file.sessions.sends)):
            if name is not None and name not in file.sessions.methods:
                wrong = f"{name} is not one of the methods"
                yield document.fault(("sessions", key), wrong, suggestion(name, file.sessions.methods))
    for part, names, pattern in (
        ("request", file.request, _CLIENT_MEMBER),
        ("reply", file.reply, _REPLY_MEMBER),
    ):
        for name in names:
            if not pattern.fullmatch(name):
                yield document.fault((part, name), "isn't a member", "expected an attribute, or method()")
    if file.multipart is not None:
        yield from _multipart_faults(source, file.multipart)
    if file.rebuilt is not None:
        yield from _helper_faults(source, ("rebuilt", "helper"), file.rebuilt.helper, file.rebuilt.make)


def _like_faults(document: Document, file: ClientFile, clients: Mapping[str, ClientFile]) -> Iterator[Fault]:
    """The client that `like` names must exist and must not have a `like` of its own."""
    if file.like is None:
        yield document.fault(("like",), "is missing", "expected a client, as module is given")
    elif file.like not in clients or clients[file.like].like is not None:
        candidates = [name for name, other in clients.items() if other.like is None]
        wrong = f"no client file {file.like} exists"
        yield document.fault(("like",), wrong, suggestion(file.like, candidates))


def _multipart_faults(source: YamlSource[ClientFile], shape: MultipartShape) -> Iterator[Fault]:
    """A form must have either the fields and files, or the form and its maker, each of them a keyword."""
    document, file = source.document, source.file
    required = ("form", "make", "helper") if shape.form is not None else ("fields", "files")
    for part in required:
        if getattr(shape, part) is None:
            yield document.fault(("multipart", part), "is missing", f"expected {' and '.join(required)}")
    for part in ("fields", "files", "form"):
        keyword = getattr(shape, part)
        if keyword is not None and part not in required:
            yield document.fault(
                ("multipart", part), "is given with form", f"expected {' and '.join(required)}"
            )
        elif keyword is not None and keyword not in file.keywords:
            wrong = f"{keyword} is not one of the keywords"
            yield document.fault(("multipart", part), wrong, suggestion(keyword, file.keywords))
    if shape.helper is not None:
        yield from _helper_faults(source, ("multipart", "helper"), shape.helper, shape.make or "")
    if shape.content_type is not None and not _is_value(shape.content_type):
        expected = "expected a text in quotes, or a name that the helper binds"
        yield document.fault(("multipart", "content_type"), "isn't a value", expected)


def _is_value(source: str) -> bool:
    try:
        return isinstance(ast.parse(source, mode="eval").body, ast.Constant | ast.Name)
    except (SyntaxError, ValueError):
        return False


def _helper_faults(source: YamlSource[ClientFile], key: Key, helper: str, make: str) -> Iterator[Fault]:
    """A helper must define the function `make`, and do nothing on import: it becomes part of the user's code.

    The built-in rules may define constants, too.
    """
    document = source.document
    try:
        body = ast.parse(helper).body
    except (SyntaxError, ValueError) as error:
        yield document.fault(key, f"isn't Python: {error}", "expected the source of a function")
        return
    functions = [
        statement for statement in body if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    if make not in [function.name for function in functions]:
        yield document.fault(key, f"does not define {make}", "expected its source")
    if len(functions) < len(body) or not all(map(_is_inert, functions)):
        if not source.is_builtin:
            wrong = "does more than define functions, so it would run wherever the module is imported"
            yield document.fault(
                key, wrong, "expected functions without decorators, with constants as defaults"
            )


def _is_inert(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether executing a function definition runs no other code."""
    arguments = function.args
    parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    parameters += [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
    expressions = [
        *arguments.defaults,
        *arguments.kw_defaults,
        *(argument.annotation for argument in parameters),
        function.returns,
    ]
    return not function.decorator_list and all(
        expression is None or isinstance(expression, ast.Constant | ast.Name) for expression in expressions
    )


def _verb_faults(
    document: Document,
    key: Key,
    verbs: Mapping[str, VerbShape],
    form: re.Pattern[str],
    keywords: Collection[str],
) -> Iterator[Fault]:
    """Each callable must have a valid name, exactly one method, and no role twice, and lack only keywords of
    the client."""
    for name, verb in verbs.items():
        if not form.fullmatch(name):
            yield document.fault((*key, name), "isn't a name", "expected a Python identifier")
        methods = len([role for role in verb.arguments if role is Role.METHOD])
        is_prepared = Role.REQUEST in verb.arguments
        if (verb.method is None) != (methods == 1) and not (is_prepared and not methods):
            wrong = "has no method" if verb.method is None else "has a method and an argument that is one"
            yield document.fault((*key, name), wrong, "expected either a method or method in arguments")
        if len(set(verb.arguments)) < len(verb.arguments):
            yield document.fault((*key, name, "arguments"), "say the same twice", "expected each once")
        for keyword in verb.lacks:
            if keyword not in keywords:
                wrong = f"{keyword} is not one of the keywords"
                yield document.fault((*key, name, "lacks"), wrong, suggestion(keyword, keywords))


_MOCK_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_MOCK_MEMBER = re.compile(r"[A-Za-z_]\w*(\(\))?")


def mock_faults(source: YamlSource[MockFile], clients: Mapping[str, ClientFile]) -> Iterator[Fault]:
    """The faults of a mock library's file beyond its schema. `clients` are all client files, by id."""
    file, document = source.file, source.document
    if file.client not in clients:
        yield document.fault(("client",), f"unknown client {file.client}", suggestion(file.client, clients))
    if not (file.functions or file.route or file.replies) and file.objects is None:
        yield document.fault(("functions",), "is missing", "expected functions, or objects, or both")
    yield from _stubbing_faults(document, ("functions",), file.functions)
    yield from _stubbing_faults(document, ("replies",), file.replies)
    yield from _stubbing_faults(document, ("matchers",), file.matchers)
    yield from _stubbing_faults(document, ("route",), file.route)
    if file.objects is not None:
        if not file.objects.types and not file.objects.fixtures:
            yield document.fault(("objects", "types"), "is missing", "expected types, or fixtures, or both")
        yield from _stubbing_faults(document, ("objects", "methods"), file.objects.methods)
    yield from _recording_faults(source)
    for name in file.sent:
        if not _MOCK_MEMBER.fullmatch(name):
            yield document.fault(("sent", name), "isn't a member", "expected an attribute, or method()")


def _recording_faults(source: YamlSource[MockFile]) -> Iterator[Fault]:
    """The function of a recording must be one of the file, and its parts must be keywords, one for the
    URL."""
    file, document = source.file, source.document
    for index, shape in enumerate(file.recordings):
        key = ("recordings", index)
        function = file.functions.get(shape.function)
        if function is None or "." not in shape.function:
            yield document.fault(
                (*key, "function"),
                "isn't a function of this file",
                suggestion(shape.function, file.functions),
            )
            continue
        keywords = {**file.keywords, **function.keywords}
        for name in (*shape.parts, *shape.headers):
            if name not in keywords:
                yield document.fault((*key, "parts"), f"unknown keyword {name}", suggestion(name, keywords))
        if StubRole.URL not in {keywords.get(name) for name in shape.parts}:
            yield document.fault((*key, "parts"), "no part is the URL", "expected a keyword of the URL")


def _stubbing_faults(document: Document, key: Key, callables: Mapping[str, StubbingShape]) -> Iterator[Fault]:
    """Each callable must have a valid name and no role twice."""
    for name, stubbing in callables.items():
        if not _MOCK_NAME.fullmatch(name):
            yield document.fault((*key, name), "isn't a name", "expected a Python identifier")
        if len(set(stubbing.arguments)) < len(stubbing.arguments):
            yield document.fault((*key, name, "arguments"), "say the same twice", "expected each once")


def signature_faults(source: YamlSource[ApiFile], operations: Mapping[str, OperationFile]) -> Iterator[Fault]:
    """The faults of the signatures of an API. `operations` are those of the API, by id."""
    for strength, signatures in source.file.signatures.items():
        for index, signature in enumerate(signatures):
            key = ("signatures", strength.value, index)
            yield from _signature_faults(source.document, key, signature, operations)


def _signature_faults(
    document: Document, key: Key, signature: SignatureShape, operations: Mapping[str, OperationFile]
) -> Iterator[Fault]:
    operation = operations.get(signature.operation)
    if operation is None:
        wrong = f"the API has no operation {signature.operation}"
        yield document.fault((*key, "operation"), wrong, suggestion(signature.operation, operations))
        return
    if not (signature.sends or signature.query or signature.reads or signature.decodes):
        yield document.fault(key, "names no sign", "expected sends, query, reads or decodes")
    if signature.query is not None and signature.query not in operation.old.query:
        wrong = f"the old {operation.id} has no query parameter {signature.query}"
        yield document.fault((*key, "query"), wrong, suggestion(signature.query, operation.old.query))
    for name in ("reads", "decodes"):
        for field in getattr(signature, name):
            if field not in operation.old.reply:
                wrong = f"the old reply of {operation.id} has no field {field}"
                yield document.fault((*key, name), wrong, suggestion(field, operation.old.reply))
    yield from _flow_faults(document, key, signature, operations)


def _flow_faults(
    document: Document, key: Key, signature: SignatureShape, operations: Mapping[str, OperationFile]
) -> Iterator[Fault]:
    """A signature's slot must be in the old reply of one operation and in the old request of the other."""
    if (signature.sends is None) != (signature.of is None):
        missing = "of" if signature.of is None else "sends"
        yield document.fault((*key, missing), "is missing", "expected a slot and the operation that gives it")
        return
    if signature.sends is None or signature.of is None:
        return
    source_operation = operations.get(signature.of)
    if source_operation is None:
        wrong = f"the API has no operation {signature.of}"
        yield document.fault((*key, "of"), wrong, suggestion(signature.of, operations))
        return
    reply_slots = sorted({member.slot for member in source_operation.old.reply.values()})
    if signature.sends not in reply_slots:
        wrong = f"the old reply of {source_operation.id} has no slot {signature.sends}"
        yield document.fault((*key, "sends"), wrong, suggestion(signature.sends, reply_slots))
    target_operation = operations[signature.operation]
    slots = {member.slot for _, member in request_members(target_operation.old, "old")}
    slots.update(re.findall(r"\{(\w+)\}", target_operation.old.path or ""))
    if signature.sends not in slots:
        wrong = f"the old request of {target_operation.id} has no slot {signature.sends}"
        yield document.fault((*key, "sends"), wrong, suggestion(signature.sends, sorted(slots)))


def check_rules(sources: Sources) -> Iterator[Fault]:
    """The faults of references between files, and of each file beyond its schema."""
    yield from _duplicates(sources)
    yield from _setting_faults(sources)
    for api in sources.apis:
        yield from _api_faults(api)
    apis = {source.file.id: source.file for source in sources.apis}
    operations = {source.file.id: source.file for source in sources.operations}
    for api in sources.apis:
        own = {name: file for name, file in operations.items() if file.api == api.file.id}
        yield from signature_faults(api, own)
    for operation in sources.operations:
        yield from _operation_faults(operation, apis, operations)
    clients = {source.file.id: source.file for source in sources.clients}
    for client in sources.clients:
        yield from client_faults(client, clients)
    for mock in sources.mocks:
        yield from mock_faults(mock, clients)


def _operation_faults(
    source: YamlSource[OperationFile], apis: dict[str, ApiFile], operations: dict[str, OperationFile]
) -> Iterator[Fault]:
    api = apis.get(source.file.api)
    if api is None:
        wrong = f"unknown API {source.file.api}"
        yield source.document.fault(("api",), wrong, suggestion(source.file.api, apis))
        return
    own = {name: file for name, file in operations.items() if file.api == api.id}
    yield from layout_faults(source, "old", api, own)
    yield from layout_faults(source, "new", api, own)
    yield from slot_faults(source)
    yield from transform_faults(source)


def _api_faults(source: YamlSource[ApiFile]) -> Iterator[Fault]:
    file, document = source.file, source.document
    if file.old == file.new:
        yield document.fault(("new",), f"is {file.new}, as the old version", "expected another")
    if file.dialects is not None and file.dialects.default not in file.dialects.choices:
        wrong = f"{file.dialects.default} is not one of the choices"
        hint = suggestion(file.dialects.default, file.dialects.choices)
        yield document.fault(("dialects", "default"), wrong, hint)
    for name, table in file.tables.items():
        if table.key_form is not None and not _is_character_class(table.key_form.characters):
            wrong = f"{table.key_form.characters!r} can't be in the brackets of a regular expression"
            hint = "expected characters and ranges, as in A-Za-z0-9_-"
            yield document.fault(("tables", name, "key_form", "characters"), wrong, hint)
        if table.unlisted is not None and table.unlisted.field not in table.fields:
            wrong = f"the table {name} has no field {table.unlisted.field}"
            hint = suggestion(table.unlisted.field, table.fields)
            yield document.fault(("tables", name, "unlisted", "field"), wrong, hint)
    for name, vocabulary in file.vocabularies.items():
        old_of: dict[str, str] = {}
        for old, words in vocabulary.words.items():
            for new in (words,) if isinstance(words, str) else words:
                if old_of.setdefault(new, old) != old:
                    wrong = f"{new} already means {old_of[new]}"
                    hint = "expected each new word under one old word"
                    yield document.fault(("vocabularies", name, "words", old), wrong, hint)


def _is_character_class(characters: str) -> bool:
    try:
        re.compile(f"[{characters}]")
    except (re.error, OverflowError):
        return False
    return True


def _duplicates(sources: Sources) -> Iterator[Fault]:
    """The ids, codes, names and old calls that two files have."""
    yield from _repetition_faults((source.document, ("id",), source.file.id) for source in sources.apis)
    yield from _repetition_faults((source.document, ("id",), source.file.id) for source in sources.operations)
    yield from _repetition_faults((source.document, ("id",), source.file.id) for source in sources.clients)
    yield from _repetition_faults((source.document, ("id",), source.file.id) for source in sources.mocks)
    yield from _repetition_faults(
        (source.document, ("code",), source.file.code) for source in sources.operations
    )
    yield from _repetition_faults(
        (source.document, ("name",), source.file.name) for source in sources.operations
    )
    yield from _repetition_faults(
        (source.document, ("old", "path"), _call(source.file))
        for source in sources.operations
        if source.file.old.path
    )


def _repetition_faults(values: Iterable[tuple[Document, Key, str]]) -> Iterator[Fault]:
    first: dict[str, Document] = {}
    for document, key, value in values:
        if value in first:
            yield document.fault(key, f"{value} is that of {first[value].path} too", "expected another")
        first.setdefault(value, document)


def _call(file: OperationFile) -> str:
    """The old call with the names of its slots left out."""
    return f"{file.old.method} {re.sub(r'{[^}]*}', '{}', file.old.path or '')} of {file.api}"


def _setting_faults(sources: Sources) -> Iterator[Fault]:
    """Configuration keys that are declared twice, or are the tool's own."""
    taken = {name.replace("-", "_"): "the tool's own" for name in OWN_KEYS}
    for document, key, name in _declared_settings(sources.apis):
        if name in taken:
            yield document.fault(key, f"the configuration's key {name} is {taken[name]}", "expected another")
        taken.setdefault(name, f"that of {document.path} too")
    for source in sources.operations:
        for key, member in layout_members(source.file.new, "new"):
            if member.setting in taken:
                wrong = f"the configuration's key {member.setting} is {taken[member.setting]}"
                yield source.document.fault((*key, "setting"), wrong, "expected another")


def _declared_settings(apis: Iterable[YamlSource[ApiFile]]) -> Iterator[tuple[Document, Key, str]]:
    """The configuration keys that the APIs declare, with their keys in the documents."""
    for source in apis:
        for table in source.file.tables:
            yield source.document, ("tables", table), table
        for vocabulary in source.file.vocabularies:
            yield source.document, ("vocabularies", vocabulary), vocabulary
        if source.file.dialects is not None:
            yield source.document, ("dialects", "setting"), source.file.dialects.setting
