"""Redacts secrets of the sources from a run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from functools import cache, partial
from typing import TypeVar, cast

from msgspec import structs

from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES
from kognitos_migrate.findings.result import Change, Fix
from kognitos_migrate.findings.secret_literals import literal_texts
from kognitos_migrate.findings.secrets import Secrets, values_in_texts
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.session import Session
from kognitos_migrate.run.worker_processes import core_count, map_in_processes
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, replace

_Shown = TypeVar("_Shown")
_LEAST_FILES = 50
"""The number of files that take longer to search for secrets than a process takes to start."""


def redact_session(session: Session, *, shows_changes: bool = True) -> Session:
    """`session` with the secrets of its sources masked; all places stay valid.

    Unless `shows_changes`, changes have no texts, since masking whole files takes long. Only for reports:
    files are written from the original session.
    """
    secrets = secrets_of(session)
    changes = session.result.changes if shows_changes else map(_without_texts, session.result.changes)
    result = replace(session.result, changes=tuple(changes))
    if not secrets.values:
        return replace(session, result=result)
    sources = _RedactedSources(session.sources, secrets)
    return replace(session, result=redact(result, secrets), sources=sources)


def _without_texts(change: Change) -> Change:
    return Change(change.path, None if change.before is None else "", "")


class _RedactedSources(Mapping[str, SourceFile]):
    """Sources that are masked on first access, since a report shows few of a large run."""

    def __init__(self, sources: Mapping[str, SourceFile], secrets: Secrets) -> None:
        self._sources = sources
        self._masked = cache(lambda path: redact(sources[path], secrets))

    def __getitem__(self, path: str) -> SourceFile:
        return self._masked(path)

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


def secrets_of(session: Session) -> Secrets:
    """The secrets in the sources of a run. Keys and ids of the configuration are not secret."""
    texts = {(source.path, _own_text(source)) for source in session.sources.values()}
    for change in session.result.changes:
        texts |= {(change.path, change.before or ""), (change.path, change.after)}
    public = {*_texts(session.settings.tables), *_texts(session.result.keys), *_texts(session.result.missing)}
    analysed = {**session.sources, **session.data_modules}
    sent = credential_texts(analysed, session.result.credentials)
    search = partial(values_in_texts, parameters=query_parameters(session.rulebook))
    values = map_in_processes(search, sorted(texts), core_count(), _LEAST_FILES)
    return Secrets.of_values(values, public, sent)


def _own_text(source: SourceFile) -> str:
    """The text of the file: a data file's isn't that of the module made of it."""
    return source.text if source.data is None else source.data.raw


def query_parameters(rules: Rulebook) -> frozenset[str]:
    """The names of the query parameters that the rules declare."""
    layouts = (layout for operation in rules.operations for layout in (operation.old, operation.new))
    return frozenset(member.name for layout in layouts for member in layout.query)


def credential_texts(sources: Mapping[str, SourceFile], spans: Iterable[Span]) -> Iterator[str]:
    """The texts of the literals that are sent in the API's key header."""
    for span in spans:
        if span.path in sources:
            written = sources[span.path].text.encode("utf-8", "surrogatepass")[span.start : span.end]
            yield from literal_texts(written.decode("utf-8", "replace"))


def redact(value: _Shown, secrets: Secrets) -> _Shown:
    """`value` with the secrets masked in all its texts.

    A fix that would write a secret loses its edits, since edits with stars would be wrong.
    """
    is_clean = cache(lambda text: secrets.mask_message(text) == text)
    return cast(
        _Shown,
        _mask_value(value, secrets, lambda text: text if is_clean(text) else secrets.mask_message(text), {}),
    )


def _mask_value(
    value: object, secrets: Secrets, mask: Callable[[str], str], clean: dict[int, bool]
) -> object:
    """`value` with secrets masked, in messages by `mask`. Values without secrets, the majority, are returned
    as they are.

    `clean` records by identity whether edits contain no secret: the fixes of a conversation share them.
    """
    if type(value) in _WITHOUT_TEXT:
        return value
    if isinstance(value, str):
        return value if isinstance(value, Enum) else mask(value)
    if isinstance(value, tuple):
        parts = [_mask_value(part, secrets, mask, clean) for part in value]
        if all(part is before for part, before in zip(parts, value, strict=True)):
            return value
        return type(value)._make(parts) if hasattr(value, "_make") else tuple(parts)
    if isinstance(value, Fix):
        message = mask(value.message)
        whole = clean.get(id(value.edits))
        if whole is None:
            whole = clean[id(value.edits)] = all(mask(edit.text) == edit.text for edit in value.edits)
        if whole and message is value.message:
            return value
        return Fix(value.applicability, message, value.edits if whole else ())
    if isinstance(value, Struct):
        texts = _TEXTS_OF_FILES.get(type(value), ())
        changed = {}
        for name in value.__struct_fields__:
            before = getattr(value, name)
            if name in texts and isinstance(before, str):
                after: object = _masked_file(value.path, before, secrets)  # type: ignore[attr-defined]
            else:
                after = _mask_value(before, secrets, mask, clean)
            if after is not before:
                changed[name] = after
        return structs.replace(value, **changed) if changed else value
    return value


_WITHOUT_TEXT = frozenset((int, bool, type(None)))


_TEXTS_OF_FILES: Mapping[type, tuple[str, ...]] = {SourceFile: ("text",), Change: ("before", "after")}
"""The fields that contain the text of a whole file."""


def _masked_file(path: str, text: str, secrets: Secrets) -> str:
    """The text of a file with secrets masked."""
    return secrets.mask_python(text) if path.endswith(DEFAULT_SUFFIXES) else secrets.mask(text)


def _texts(value: object) -> Iterator[str]:
    """All texts in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, tuple | list):
        for element in value:
            yield from _texts(element)
    elif isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
