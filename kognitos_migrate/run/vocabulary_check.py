"""Cross-check of the interpreter: words of the old version that no finding explains."""

import os
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache, cached_property

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.import_scan import import_words, imported_modules, only_mentioned_modules
from kognitos_migrate.discover.prefilter import client_imports
from kognitos_migrate.discover.repository import folder_of
from kognitos_migrate.discover.settings_files import AdjacentSettings, SettingsFile, may_read, offset_of_name
from kognitos_migrate.discover.signature import (
    SignatureName,
    client_offset,
    has_name,
    has_word,
    is_segment_in,
    signature_names,
)
from kognitos_migrate.discover.vocabulary_scan import VocabularyTerms, VocabularyUses, vocabulary_uses
from kognitos_migrate.findings.explained_places import ExplainedPlaces
from kognitos_migrate.findings.manual_findings import possible_use
from kognitos_migrate.findings.result import (
    BlindSpot,
    Finding,
    Place,
    PlaceConverter,
    Result,
    merge_findings,
    setting_named,
)
from kognitos_migrate.modules.import_graph import ImportGraph
from kognitos_migrate.modules.modules_of_tests import modules_of_tests
from kognitos_migrate.rulebook.model import Api, Operation, Rulebook
from kognitos_migrate.run.old_version_signs import spans_of_old_version_fields
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import replace

_HOST = re.compile(r"//[\w.-]+[/:]")
_FIELD = "a field of the old version is named in a module that names the API"
_WHOSE = "the path looks like one of the API's, and the host is unknown"


def with_vocabulary_findings(
    result: Result,
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    within: Collection[str],
    analysed: Collection[str],
) -> Result:
    """`result` with a finding for each word of the old version in the `within` sources that nothing explains.

    A path of the old version in a source that was not `analysed` becomes a blind spot, and so does a field of
    the old version in a module that names the API, if nothing is found.
    """
    accounts = ExplainedPlaces(result, PlaceConverter({source.path: source for source in sources}))
    searches = _searches(result, sources, rulebook, settings)
    findings = [
        finding
        for search in searches
        for finding in search.findings(accounts)
        if finding.place.path in within
    ]
    rest = [path for path in within if path not in analysed]
    spots = {spot for search in searches for spot in search.blind_spots(rest, accounts)}
    if not (findings or result.findings):
        spots.update(spot for search in searches for spot in search.named_fields(within, accounts))
    spots = {spot for spot in spots if all(spot.place != finding.place for finding in findings)}
    if not (findings or spots):
        return result
    return replace(
        result,
        findings=merge_findings(result.findings, findings),
        remaining=merge_findings(result.remaining, findings),
        blind_spots=tuple(sorted((*result.blind_spots, *spots))),
    )


def with_settings_findings(
    result: Result,
    sources: Sequence[SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    within: Collection[str],
    adjacent_settings: Iterable[AdjacentSettings],
) -> Result:
    """`result` with findings for words that an adjacent settings file ties to an API.

    A finding is a path or a field read in a `within` module that nothing explains.
    """
    accounts = ExplainedPlaces(result, PlaceConverter({source.path: source for source in sources}))
    searches = _searches(result, sources, rulebook, settings)
    findings_by_place: dict[Place, Finding] = {}
    modules_of: dict[SettingsFile, list[str]] = {}
    for adjacent in adjacent_settings:
        modules_of.setdefault(adjacent.settings, []).append(adjacent.module)
    for file, paths in modules_of.items():
        for search in searches:
            for finding in search.findings_near(file, paths, accounts):
                if finding.place.path in within:
                    findings_by_place.setdefault(finding.place, finding)
    return replace(
        result,
        findings=merge_findings(result.findings, findings_by_place.values()),
        remaining=merge_findings(result.remaining, findings_by_place.values()),
    )


def _searches(
    result: Result, sources: Sequence[SourceFile], rulebook: Rulebook, settings: Settings
) -> list["_VocabularySearch"]:
    return [_VocabularySearch(api, rulebook, settings, sources, result) for api in rulebook.apis.values()]


class _VocabularySearch:
    """The search of a program's modules for the vocabulary of one API."""

    def __init__(
        self,
        api: Api,
        rulebook: Rulebook,
        settings: Settings,
        sources: Sequence[SourceFile],
        result: Result,
    ) -> None:
        """The search in `sources` for the vocabulary of `api`. `result` has the calls of the new version."""
        self._api, self._settings = api, settings
        codes = {operation.code for operation in rulebook.operations if operation.api == api.id}
        calls = [call for call in result.migrated if call.code in codes]
        self._migrated = {path for path, api_id in result.migrated_modules if api_id == api.id}
        self._overriding = {setting_named(source)[1] for call in calls for source in call.overridden}
        self._signature = tuple(signature_names(rulebook, api))
        self._operations = [
            operation for operation in rulebook.operations if operation.api == api.id and operation.old.path
        ]
        self._hosts = settings.hosts_of(api)
        self._clients = client_imports(rulebook)
        self._sought = VocabularyTerms.of(self._signature, self._operations, self._hosts)
        self._texts = {
            source.path: source.text.encode("utf-8", "surrogatepass")
            for source in sources
            if source.fault is None
        }
        self._by_path = {source.path: source for source in sources}
        self._vocabulary = cache(self._read)

    @cached_property
    def _graph(self) -> ImportGraph:
        imports = {path: import_words(text, path) for path, text in self._texts.items()}
        return ImportGraph(
            imports,
            lambda path: imported_modules(self._texts[path], path),
            mentions=lambda path: only_mentioned_modules(self._texts[path], path),
        )

    @cached_property
    def _tests(self) -> frozenset[str]:
        return modules_of_tests(self._texts, self._settings)

    def findings(self, accounts: ExplainedPlaces) -> Iterator[Finding]:
        """A finding for each unexplained place, once."""
        naming_paths = [path for path, text in self._texts.items() if has_name(text, self._signature)]
        if not naming_paths:
            return
        seen: set[Place] = set()
        for span, name in (
            *self._paths_near_names(naming_paths, accounts),
            *self._names_near_hosts(naming_paths, accounts),
            *(self._strong_fields() if accounts.are_empty else ()),
        ):
            place = accounts.places.of(span)
            if place not in seen and not accounts.has(place):
                seen.add(place)
                written = self._text_at(span)
                sign = f"near `{name}`" if name not in written else ""
                yield possible_use(self._api, written, sign, place)

    def blind_spots(self, paths: Iterable[str], accounts: ExplainedPlaces) -> Iterator[BlindSpot]:
        """The paths of the old version in modules that were not analysed.

        These modules neither name the API nor bear its signature. A path that follows a literal host belongs
        to another service, and is left out.
        """
        begun = f"{self._api.old}/".encode()
        for path in paths:
            text = self._texts.get(path, b"")
            uses = self._vocabulary(path) if begun in text and has_word(text, self._signature) else None
            if uses is None:
                continue
            for word, spans in (*uses.begun.items(), *uses.followed.items()):
                for span in spans if word not in uses.served else ():
                    place = accounts.places.of(span)
                    if self._has_version(span) and not _HOST.search(self._text_at(span)):
                        if not accounts.has(place):
                            yield BlindSpot(place, _WHOSE)

    def named_fields(self, paths: Iterable[str], accounts: ExplainedPlaces) -> Iterator[BlindSpot]:
        """The names that only the old version has in modules that name the API, such as aliases of fields in
        models. None in a program that names the new version."""
        if self._is_migrated(self._texts):
            return
        words = [word.lower().encode() for word in self._api.words]
        for path in paths:
            text = self._texts.get(path, b"")
            is_named = any(word in text.lower() for word in words) and has_name(text, self._signature)
            if not is_named or accounts.has_file(path):
                continue
            uses = self._vocabulary(path)
            fields = uses.fields if uses is not None else {}
            for entry in self._signature:
                if not entry.fields or any(name.decode() in fields for name in entry.fields):
                    for span in fields.get(entry.name.decode(), ()):
                        yield BlindSpot(accounts.places.of(span), _FIELD)

    def findings_near(
        self, settings: SettingsFile, paths: Iterable[str], accounts: ExplainedPlaces
    ) -> Iterator[Finding]:
        """A finding for each place that the adjacent settings file ties to the API. A bare word (`"upload"`)
        counts only if no module contains more."""
        near_by = [uses for path in paths if (uses := self._vocabulary_near(path, settings)) is not None]
        spans = [span for uses in near_by for span in self._tied_places(uses, settings)]
        spans = [span for span in spans if not self._has_other_host(span)]
        fields = {span for uses in near_by for field_spans in uses.fields.values() for span in field_spans}
        if self._is_migrated(paths) and (not settings.is_versioned or self._is_overriding(settings)):
            spans = [span for span in spans if span not in fields]
        more = [span for span in spans if span in fields or "/" in self._text_at(span)]
        is_bare = not more and not any(map(accounts.has_file, paths))
        sign = settings.host or f"/{settings.words[0]}"
        if not (spans or any(map(accounts.has_file, paths))):
            yield from self._senders(settings, paths, accounts)
        for span in spans if is_bare else more:
            place = accounts.places.of(span)
            if not accounts.has(place):
                yield possible_use(self._api, self._text_at(span), f"{settings.path} has {sign}", place)

    def _senders(
        self, settings: SettingsFile, paths: Iterable[str], accounts: ExplainedPlaces
    ) -> Iterator[Finding]:
        """A finding for each module that may send a call of the old version which a settings file names.

        The module sends requests, and it or a module near it may read the file. No module of `paths` names
        the new version. Modules that name the file take precedence, then those in its directory.
        """
        texts = {path: self._texts[path] for path in paths if path in self._texts}
        if settings.row is None or self._is_migrated(texts):
            return
        name = os.path.basename(settings.path).encode()
        client_starts = ((path, client_offset(text, tuple(self._clients))) for path, text in texts.items())
        sending = {path: start for path, start in client_starts if start is not None}
        reading = {
            path for path, text in self._texts.items() if may_read(text.decode("utf-8", "replace"), settings)
        }
        near_readers = {path for path, _ in self._graph.pairs_of_near_files(sorted(sending), reading)}
        sending = {path: start for path, start in sending.items() if path in near_readers}
        naming = {path: offset_of_name(name, texts[path]) for path in sending if name in texts[path]}
        folder = os.path.dirname(os.path.abspath(settings.path))
        near = {path: at for path, at in sending.items() if folder_of(path) == folder}
        for path, start in (naming or near or sending).items():
            length = texts[path][start:].partition(b"\n")[0]
            span = Span(path, start, start + (len(name) if naming else len(length)))
            place = accounts.places.of(span)
            if not accounts.has(place):
                sign = f"{settings.path}:{settings.row} names a call of the old version"
                yield possible_use(self._api, self._text_at(span), sign, place)

    def _vocabulary_near(self, path: str, settings: SettingsFile) -> VocabularyUses | None:
        """The vocabulary of a module beside a settings file. None if the module can't be parsed, or if it
        names the new version and the settings file doesn't name the old one."""
        text = self._texts.get(path)
        if text is None or (not settings.is_versioned and is_segment_in(self._api.new.encode(), text)):
            return None
        return self._vocabulary(path)

    def _tied_places(self, uses: VocabularyUses, settings: SettingsFile) -> Iterator[Span]:
        """The places in a module that a settings file ties to the API.

        These are the names that belong to a path in the file. If the file names a host, these are all names,
        and all paths with the old version there or in the module.
        """
        for entry in self._signature:
            words = {*map(bytes.decode, (*entry.words, *entry.follows))}
            has_fields = not entry.fields or any(name.decode() in uses.fields for name in entry.fields)
            if settings.host is not None or (has_fields and words.intersection(settings.words)):
                yield from uses.fields.get(entry.name.decode(), ())
        for word, spans in (*uses.begun.items(), *uses.followed.items()):
            if settings.host is not None and word not in uses.served:
                yield from (span for span in spans if settings.is_versioned or self._has_version(span))

    def _paths_near_names(
        self, naming_paths: Sequence[str], accounts: ExplainedPlaces
    ) -> Iterator[tuple[Span, str]]:
        """The places of paths near a name that belongs to them, each with that name.

        Modules with findings are explained, and searched only together with others. A bare word in a test of
        a migrated program is a label, such as the name of a route.
        """
        calling_paths = {path for path, text in self._texts.items() if has_word(text, self._signature)}
        if not calling_paths or all(map(accounts.has_file, (*naming_paths, *calling_paths))):
            return
        neighbors_by_module: defaultdict[str, set[str]] = defaultdict(set)
        for module, neighbor in self._graph.pairs_of_near_files(naming_paths, calling_paths):
            neighbors_by_module[module].add(neighbor)
        for module, neighbors in neighbors_by_module.items():
            if all(map(accounts.has_file, {module, *neighbors})):
                continue
            near_by = {path: self._vocabulary(path) for path in sorted({module, *neighbors})}
            served = {word for uses in near_by.values() if uses is not None for word in uses.served}
            is_bare = not any(map(accounts.has_file, near_by))
            labels = self._tests if self._is_migrated(near_by) else frozenset()
            for neighbor in sorted(neighbors):
                module_uses = [uses for path in {module, neighbor} if (uses := near_by[path]) is not None]
                for entry in self._signature:
                    for word, span in self._tied_words(entry, module_uses):
                        may_be_bare = is_bare and span.path not in labels
                        if word not in served and (may_be_bare or "/" in self._text_at(span)):
                            yield span, entry.name.decode()

    def _tied_words(
        self, entry: SignatureName, module_uses: Sequence[VocabularyUses]
    ) -> Iterator[tuple[str, Span]]:
        """The words of paths that a name ties to the API.

        They are those of its own call, if the name is read with one of its sibling fields. They are also
        those of a call that takes its value, if that call's reply is read.
        """
        fields = {name for uses in module_uses for name in uses.fields}
        has_fields = not entry.fields or fields & {*map(bytes.decode, entry.fields)}
        if entry.name.decode() in fields and has_fields:
            for word in map(bytes.decode, entry.words):
                yield from ((word, span) for uses in module_uses for span in uses.begun.get(word, ()))
        for word in map(bytes.decode, entry.follows):
            replied = {member.name for operation in self._with_word(word) for member in operation.old.reply}
            spans = [span for uses in module_uses for span in uses.followed.get(word, ())]
            is_reply_read = len(fields & replied) > 1 or (
                fields & replied and any(map(self._has_version, spans))
            )
            yield from ((word, span) for span in (spans if is_reply_read else ()))

    def _names_near_hosts(
        self, naming_paths: Sequence[str], accounts: ExplainedPlaces
    ) -> Iterator[tuple[Span, str]]:
        """The places of names that are read beside other names of the old version. The module names a host of
        the API and not its new version."""
        for path in naming_paths:
            if accounts.has_file(path):
                continue
            text = self._texts[path]
            names_host = any(host.encode() in text for host in self._hosts)
            if not names_host or is_segment_in(self._api.new.encode(), text):
                continue
            uses = self._vocabulary(path)
            if uses is not None and uses.hosts and len(uses.fields) > 1:
                for entry in self._signature:
                    name = entry.name.decode()
                    yield from ((span, name) for span in uses.fields.get(name, ()))

    def _strong_fields(self) -> Iterator[tuple[Span, str]]:
        """The reads of fields of the old version, near those of its other calls and its header."""
        texts = {path: text for path, text in self._texts.items() if path not in self._tests}
        if not self._is_migrated(texts):
            for span in spans_of_old_version_fields(self._api, texts, self._graph, self._vocabulary):
                yield span, self._api.headers[0]

    def _is_migrated(self, paths: Iterable[str]) -> bool:
        """Whether one of the modules calls the new version: a host in a settings file may be there for it."""
        new = self._api.new.encode()
        return any(path in self._migrated or is_segment_in(new, self._texts.get(path, b"")) for path in paths)

    def _is_overriding(self, settings: SettingsFile) -> bool:
        """Whether only settings that override the version in calls of the new one contain the old one there.
        They have findings of their own."""
        return bool(settings.keys) and not settings.words and self._overriding.issuperset(settings.keys)

    def _has_other_host(self, span: Span) -> bool:
        """Whether a text is an address on a host that is none of the API."""
        written = self._text_at(span)
        return _HOST.search(written) is not None and not any(host in written for host in self._hosts)

    def _with_word(self, word: str) -> Iterable[Operation]:
        return (
            operation
            for operation in self._operations
            if any(part.text == word for part in operation.old.path)
        )

    def _has_version(self, span: Span) -> bool:
        return f"{self._api.old}/" in self._text_at(span)

    def _text_at(self, span: Span) -> str:
        return self._texts[span.path][span.start : span.end].decode("utf-8", "replace")

    def _read(self, path: str) -> VocabularyUses | None:
        return vocabulary_uses(path, self._by_path[path].text, self._sought)
