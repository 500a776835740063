"""What one rule file alone can't tell: whether the files fit together. Every fault has its place."""

import re
from collections.abc import Iterable, Iterator

from kognitos_migrate.errors import Fault
from kognitos_migrate.rulebook.check_clients import client_faults
from kognitos_migrate.rulebook.check_layouts import layout_faults, members_of
from kognitos_migrate.rulebook.check_mocks import mock_faults
from kognitos_migrate.rulebook.check_signatures import signature_faults
from kognitos_migrate.rulebook.check_slots import slot_faults
from kognitos_migrate.rulebook.check_transforms import transform_faults
from kognitos_migrate.rulebook.document import Document, Key, suggestion
from kognitos_migrate.rulebook.read import Source, Sources
from kognitos_migrate.rulebook.schema import OWN_KEYS, ApiFile, OperationFile


def check(sources: Sources) -> Iterator[Fault]:
    """All that is wrong between the files, or within one beyond its shape."""
    yield from _taken_twice(sources)
    yield from _setting_faults(sources)
    for api in sources.apis:
        yield from _api_faults(api)
    apis = {source.file.id: source.file for source in sources.apis}
    operations = {source.file.id: source.file for source in sources.operations}
    for api in sources.apis:
        ours = {name: file for name, file in operations.items() if file.api == api.file.id}
        yield from signature_faults(api, ours)
    for operation in sources.operations:
        yield from _operation_faults(operation, apis, operations)
    clients = {source.file.id: source.file for source in sources.clients}
    for client in sources.clients:
        yield from client_faults(client, clients)
    for mock in sources.mocks:
        yield from mock_faults(mock, clients)


def _operation_faults(
    source: Source[OperationFile], apis: dict[str, ApiFile], operations: dict[str, OperationFile]
) -> Iterator[Fault]:
    api = apis.get(source.file.api)
    if api is None:
        wrong = f"there is no API {source.file.api}"
        yield source.document.fault(("api",), wrong, suggestion(source.file.api, apis))
        return
    ours = {name: file for name, file in operations.items() if file.api == api.id}
    yield from layout_faults(source, "old", api, ours)
    yield from layout_faults(source, "new", api, ours)
    yield from slot_faults(source)
    yield from transform_faults(source)


def _api_faults(source: Source[ApiFile]) -> Iterator[Fault]:
    file, document = source.file, source.document
    if file.old == file.new:
        yield document.fault(("new",), f"is {file.new}, as the old version", "expected another")
    if file.dialects is not None and file.dialects.default not in file.dialects.choices:
        wrong = f"{file.dialects.default} is not one of the choices"
        hint = suggestion(file.dialects.default, file.dialects.choices)
        yield document.fault(("dialects", "default"), wrong, hint)
    for name, table in file.tables.items():
        if table.unlisted is not None and table.unlisted.field not in table.fields:
            wrong = f"the table {name} has no field {table.unlisted.field}"
            hint = suggestion(table.unlisted.field, table.fields)
            yield document.fault(("tables", name, "unlisted", "field"), wrong, hint)
    for name, vocabulary in file.vocabularies.items():
        old_of: dict[str, str] = {}
        for old, said in vocabulary.words.items():
            for new in (said,) if isinstance(said, str) else said:
                if old_of.setdefault(new, old) != old:
                    wrong = f"{new} already stands for {old_of[new]}"
                    hint = "expected each new word under one old word"
                    yield document.fault(("vocabularies", name, "words", old), wrong, hint)


def _taken_twice(sources: Sources) -> Iterator[Fault]:
    """Ids, codes, names and calls that two files have."""
    yield from _repeated((source.document, ("id",), source.file.id) for source in sources.apis)
    yield from _repeated((source.document, ("id",), source.file.id) for source in sources.operations)
    yield from _repeated((source.document, ("id",), source.file.id) for source in sources.clients)
    yield from _repeated((source.document, ("id",), source.file.id) for source in sources.mocks)
    yield from _repeated((source.document, ("code",), source.file.code) for source in sources.operations)
    yield from _repeated((source.document, ("name",), source.file.name) for source in sources.operations)
    yield from _repeated(
        (source.document, ("old", "path"), _call(source.file))
        for source in sources.operations
        if source.file.old.path
    )


def _repeated(said: Iterable[tuple[Document, Key, str]]) -> Iterator[Fault]:
    first: dict[str, Document] = {}
    for document, key, value in said:
        if value in first:
            yield document.fault(key, f"{value} is that of {first[value].path} too", "expected another")
        first.setdefault(value, document)


def _call(file: OperationFile) -> str:
    """The old call, whatever its slots are called."""
    return f"{file.old.method} {re.sub(r'{[^}]*}', '{}', file.old.path or '')} of {file.api}"


def _setting_faults(sources: Sources) -> Iterator[Fault]:
    """Keys of the configuration that are declared twice, or are the tool's own."""
    taken = {name.replace("-", "_"): "the tool's own" for name in OWN_KEYS}
    for document, key, name in _declared(sources.apis):
        if name in taken:
            yield document.fault(key, f"the configuration's key {name} is {taken[name]}", "expected another")
        taken.setdefault(name, f"that of {document.path} too")
    for source in sources.operations:
        for key, member in members_of(source.file.new, "new"):
            if member.setting in taken:
                wrong = f"the configuration's key {member.setting} is {taken[member.setting]}"
                yield source.document.fault((*key, "setting"), wrong, "expected another")


def _declared(apis: Iterable[Source[ApiFile]]) -> Iterator[tuple[Document, Key, str]]:
    """The keys of the configuration that the APIs declare, and where they do."""
    for source in apis:
        for table in source.file.tables:
            yield source.document, ("tables", table), table
        for vocabulary in source.file.vocabularies:
            yield source.document, ("vocabularies", vocabulary), vocabulary
        if source.file.dialects is not None:
            yield source.document, ("dialects", "setting"), source.file.dialects.setting
