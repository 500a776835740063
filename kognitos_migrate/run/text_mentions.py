"""Mentions of the old version in comments and in files that are not Python, and blind spots for the files
that a run doesn't search."""

import posixpath
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.call_signs import has_old_path, names_url_parts, path_text
from kognitos_migrate.discover.ignore_rules import is_like_python
from kognitos_migrate.discover.other_files import OtherFiles, read_texts
from kognitos_migrate.discover.prefilter import Anchors, names_api
from kognitos_migrate.discover.signature import has_signature
from kognitos_migrate.discover.walk import is_archive, is_settings_file
from kognitos_migrate.findings.manual_findings import oversized_file_problem, unread_archive
from kognitos_migrate.findings.result import (
    BlindSpot,
    BlindSpotKind,
    Finding,
    Missing,
    Place,
    Result,
    SearchedFiles,
    distinct_edits,
)
from kognitos_migrate.findings.suppressions import suppress_findings
from kognitos_migrate.findings.text_findings import (
    MentioningFile,
    TextKind,
    lacks_key,
    message_of_base,
    text_findings,
)
from kognitos_migrate.rulebook.codes import IN_FILE
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.finding_filter import OFF_WHERE_TEXTS_ARE_SEARCHED, Selection, select_findings
from kognitos_migrate.run.table_keys_outside_code import LookedUpKeys
from kognitos_migrate.source.positions import CharacterIndex, LineIndex
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tokens import lines_alone, logical_statements
from kognitos_migrate.text_search.search import searcher
from kognitos_migrate.text_search.search_terms import Mention, MentionKind

Mentions = Mapping[str, Sequence[Mention]]
"""The mentions of the old version in a text, by path."""

MOST = 100
"""The limit on reported findings per file. Generated files may contain thousands."""
_IN_CODE = (MentionKind.PATH, MentionKind.BASE)
"""The mentions that are reported in strings of Python code. Keys and fields there are followed by the
interpreter, or mean something else."""
_FOR_PEOPLE = (".md", ".markdown", ".mdx", ".rst", ".txt", ".adoc", ".asciidoc", ".org", ".textile", ".tex")
_FOR_PEOPLE_BY_NAME = ("readme", "changelog", "changes", "history", "news", "todo")


def mentions_in(texts: Mapping[str, str], rulebook: Rulebook, settings: Settings) -> Mentions:
    """The mentions in texts, by path. Texts without mentions are left out."""
    search = searcher(rulebook, settings)
    pairs = ((path, search.search(text)) for path, text in texts.items())
    return {path: mentions for path, mentions in pairs if mentions}


def with_comments(
    result: Result, texts: Mapping[str, str], mentions: Mentions, rulebook: Rulebook, settings: Settings
) -> Result:
    """`result` with findings for comments and strings of Python files, unless another finding covers the row.
    `texts` and `mentions` are by path."""
    rows = _covered_rows(result.findings, texts)
    new_findings = [
        finding
        for path, file_mentions in mentions.items()
        for finding in _python_findings(
            MentioningFile(path, texts[path], file_mentions), rulebook, settings, rows
        )
    ]
    if not new_findings:
        return result
    return replace(
        result,
        findings=_sort_findings((*result.findings, *new_findings)),
        remaining=_sort_findings((*result.remaining, *new_findings)),
    )


def text_results(
    texts: OtherFiles, rulebook: Rulebook, settings: Settings, looked_up: Callable[[], LookedUpKeys]
) -> Result:
    """The findings in files that are not Python, except the keys that code looks up.

    `looked_up` is called only for files with keys."""
    search = searcher(rulebook, settings)
    findings: list[Finding] = []
    missing: list[Missing] = []
    keys: dict[str, dict[str, None]] = {}
    for source in texts.sources:
        kind = TextKind.DOCUMENT if _is_for_people(source.path) else TextKind.FILE
        named = search.search(source.text)
        mentions = [
            mention
            for mention in named
            if mention.kind is not MentionKind.KEY or not looked_up().has(mention)
        ]
        file = MentioningFile(source.path, source.text, mentions)
        findings += text_findings(file, kind, rulebook, settings, limit=MOST)
        if kind is TextKind.FILE:
            missing += _missing(file, settings)
            for mention in named:
                if mention.table is not None and mention.key is not None:
                    keys.setdefault(mention.table.setting, {})[mention.key] = None
    ordered_findings = _sort_findings(findings)
    result = Result(
        findings=ordered_findings,
        remaining=ordered_findings,
        blind_spots=tuple(map(oversized_file_problem, texts.too_large)),
        keys={setting: tuple(names) for setting, names in keys.items()},
        missing=tuple(missing),
        files=len(texts.files),
        searched=SearchedFiles(
            len(texts.files) - texts.binary - len(texts.too_large), texts.binary, len(texts.too_large)
        ),
    )
    by_path = {source.path: source.text for source in texts.sources}
    return suppress_findings(result, by_path, rulebook, settings, lines_alone)


def _places_of(finding: Finding) -> Iterator[Place]:
    yield finding.place
    yield from (step.place for step in finding.trace)


_READERS = (
    "if code of the project reads this line, `kognitos-migrate fix` or `fix --unsafe` in the project's "
    "folder changes both together, unless git ignores this file"
)


def with_notes_on_readers(result: Result, rulebook: Rulebook) -> Result:
    """The result of a run without code, with a note on each base URL in a settings file: code may read it."""
    messages = {message_of_base(api) for api in rulebook.apis.values()}

    def with_note(finding: Finding) -> Finding:
        if finding.message not in messages or not is_settings_file(posixpath.basename(finding.place.path)):
            return finding
        return replace(finding, notes=(*finding.notes, _READERS))

    return replace(
        result,
        findings=tuple(map(with_note, result.findings)),
        remaining=tuple(map(with_note, result.remaining)),
    )


def join_text_results(first: Result, second: Result) -> Result:
    """The two results joined."""
    return replace(
        first,
        findings=_sort_findings((*first.findings, *second.findings)),
        remaining=_sort_findings((*first.remaining, *second.remaining)),
        blind_spots=(*first.blind_spots, *second.blind_spots),
        suppressed=(*first.suppressed, *second.suppressed),
        keys={
            setting: tuple(dict.fromkeys((*first.keys.get(setting, ()), *second.keys.get(setting, ()))))
            for setting in (*first.keys, *second.keys)
        },
        missing=(*first.missing, *second.missing),
        files=first.files + second.files,
        searched=second.searched,
    )


def _is_for_people(path: str) -> bool:
    name = posixpath.basename(path).lower()
    return name.endswith(_FOR_PEOPLE) or name in _FOR_PEOPLE_BY_NAME


def _python_findings(
    file: MentioningFile,
    rulebook: Rulebook,
    settings: Settings,
    rows: Collection[tuple[str, int]],
) -> list[Finding]:
    """The findings in a Python file, except in `rows`. The file is tokenized only if it has mentions
    elsewhere."""
    columns = cache(lambda: _columns(file.text))

    def counts(mention: Mention, place: Place) -> bool:
        if (file.path, place.row) in rows:
            return False
        return (mention.is_self_evident and mention.kind in _IN_CODE) or _is_in_comment(place, columns())

    return text_findings(file, TextKind.COMMENT, rulebook, settings, counts, MOST)


def _columns(text: str) -> Mapping[int, int]:
    """The column where a comment or a docstring begins, by row."""
    read = logical_statements(text)
    columns = {comment.row: comment.column for comment in read.comments}
    return columns | {row: 1 for rows in read.texts for row in range(rows.first, rows.last + 1)}


def _is_in_comment(place: Place, columns: Mapping[int, int]) -> bool:
    """Whether a place lies in a comment or a docstring. `columns` are their first columns by row. Mentions in
    code are left to the findings of requests."""
    return place.row in columns and place.column >= columns[place.row]


def _covered_rows(findings: Iterable[Finding], texts: Mapping[str, str]) -> Collection[tuple[str, int]]:
    """The rows, by file, that findings cover or that their fixes change."""
    rows: set[tuple[str, int]] = set()
    findings = list(findings)
    for finding in findings:
        for place in _places_of(finding):
            rows.update((place.path, row) for row in range(place.row, place.end_row + 1))
    edits = distinct_edits(finding.fix for finding in findings)
    indexes: dict[str, LineIndex] = {}
    for span in (edit.span for edit in edits if edit.span.path in texts):
        if span.path not in indexes:
            indexes[span.path] = LineIndex(texts[span.path])
        first, last = map(indexes[span.path].position, (span.start, span.end))
        rows.update((span.path, row) for row in range(first.row, last.row + 1))
    return rows


def _missing(file: MentioningFile, settings: Settings) -> Sequence[Missing]:
    """The keys that occur in paths and that the configuration lacks."""
    index = CharacterIndex(file.text)
    places_by_key: dict[tuple[str, str], list[Place]] = {}
    for mention in file.mentions:
        if mention.table is not None and mention.key is not None and lacks_key(mention, settings):
            place = Place(*index.place(file.path, mention.start, mention.end))
            places_by_key.setdefault((mention.table.setting, mention.key), []).append(place)
    return [
        Missing(setting, key, tuple(places), settings.is_unfilled(setting, key))
        for (setting, key), places in places_by_key.items()
    ]


def _sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: (finding.place, finding.code)))


_CODE = "this file contains code of the old version, and isn't analyzed as Python"
_PATH = "a path of the old version is named here"
_PIECES = "a host of the API and the old version are named apart from each other"


def covered_files(result: Result) -> Collection[str]:
    """The files with a finding, a suppressed finding, a step of a trace, or an edit."""
    suppressed = (suppression.finding for suppression in result.suppressed)
    findings = (*result.findings, *result.remaining, *suppressed)
    return {
        *(place.path for finding in findings for place in _places_of(finding)),
        *(edit.span.path for edit in distinct_edits(finding.fix for finding in findings)),
        *(change.path for change in result.changes),
    }


def blind_spots_in_texts(
    files: Sequence[str],
    anchors: Anchors,
    rulebook: Rulebook,
    settings: Settings,
    modules: Iterable[str],
    looked_up: Callable[[], LookedUpKeys],
) -> Iterator[BlindSpot]:
    """A blind spot for each of the `files` that names the old version.

    `modules` are the texts of the project's modules, and `looked_up` the keys in their tables.
    """
    in_named_program = any(names_api(text.encode("utf-8", "surrogatepass"), anchors) for text in modules)
    yield from map(unread_archive, filter(is_archive, files))
    texts = read_texts([file for file in files if not is_archive(file)], None)
    selection = replace(settings, off=OFF_WHERE_TEXTS_ARE_SEARCHED)
    result = select_findings(text_results(texts, rulebook, settings, looked_up), selection)
    yield from _blind_spots_of_findings(result.findings)
    covered = covered_files(result)
    for source in texts.sources:
        if source.path not in covered and Selection(selection).selects_code(IN_FILE.code, source.path):
            data = source.text.encode("utf-8", "surrogatepass")
            words = (*anchors.hosts, *map(path_text, anchors.paths))
            place = _first_line(source.path, data, words)
            if names_url_parts(data, anchors):
                yield BlindSpot(place, _PIECES)
            elif has_old_path(data, anchors, in_named_program=in_named_program):
                yield BlindSpot(place, _PATH)
            elif is_like_python(source.path) and has_signature([data], anchors.signature, anchors.clients):
                yield BlindSpot(place, _CODE)


def _first_line(path: str, data: bytes, words: Iterable[bytes]) -> Place:
    """The first line of a file that contains one of the lower-case `words`, or line 1."""
    lowered = data.lower()
    at = min((at for word in words if (at := lowered.find(word)) >= 0), default=0)
    row = data.count(b"\n", 0, at) + 1
    return Place(path, row, 1, row, 1)


def _blind_spots_of_findings(findings: Iterable[Finding]) -> Iterator[BlindSpot]:
    """A blind spot for each file with findings in its text, at the first of them."""
    paths: set[str] = set()
    for finding in findings:
        path = finding.place.path
        if path not in paths:
            paths.add(path)
            message = f"{finding.message}; `kognitos-migrate check {path}` shows what to write"
            yield BlindSpot(finding.place, message, BlindSpotKind.UNSEARCHED)
