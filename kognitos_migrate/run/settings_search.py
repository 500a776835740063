"""The terms to search in settings files, and the lines of these files that contain the old version."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from fnmatch import fnmatchcase

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.name_mentions import names_file
from kognitos_migrate.discover.prefilter import FileSelection
from kognitos_migrate.discover.settings_files import SettingsFile, may_read, read_settings_file
from kognitos_migrate.findings.result import Change, DeployStep, Place, SettingKind
from kognitos_migrate.findings.text_findings import MentioningFile, TextKind, new_call_text, text_findings
from kognitos_migrate.rulebook.model import Api, Rulebook
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import CharacterIndex, LineIndex
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignments import (
    AssignedVersion,
    assigned_ends,
    assigned_versions,
    bare_name,
)
from kognitos_migrate.text_search.key_paths import key_paths_of, parent_keys
from kognitos_migrate.text_search.search import Searcher, searcher
from kognitos_migrate.text_search.search_terms import Mention, MentionKind
from kognitos_migrate.text_search.url_prefix import assigned_name

_OF_SETTINGS = (MentionKind.PATH, MentionKind.BASE, MentionKind.VERSION)
_ANYWHERE = (SettingKind.ENVIRONMENT, SettingKind.OPTION, SettingKind.ARGUMENT)
MOST = 20
"""The limit on reported lines per settings file."""


class SettingsSearch(Struct, frozen=True):
    """The terms to search in settings files: mentions of the old version, and names that override values in
    code."""

    rulebook: Rulebook
    settings: Settings
    searcher: Searcher
    names: frozenset[str]
    """The environment variables and options, which any settings file may set."""
    keys: Mapping[str, Sequence[tuple[str, ...]]]
    """The keys that code reads from settings files, each with the keys before it, such as its section. They
    are empty for a read from a value that isn't followed."""
    texts: Sequence[str]
    """The texts of the changed modules, which name the settings files that they read."""
    ends: Mapping[str, tuple[str, str]] = {}
    """The keys whose values are the end of the version alone, each with its old and new end."""
    others: Sequence[Place] = ()
    """Values that are read only by requests which aren't calls of the old version."""

    @classmethod
    def of(
        cls,
        overrides: Iterable[DeployStep],
        rulebook: Rulebook,
        settings: Settings,
        changed: Iterable[SourceFile],
        others: Sequence[Place],
    ) -> "SettingsSearch":
        """The search for settings that override values in the changed sources, but not `others`."""
        overrides = tuple(overrides)
        names = {bare_name(step.name) for step in overrides if step.kind in _ANYWHERE}
        keys: dict[str, list[tuple[str, ...]]] = {}
        ends: dict[str, tuple[str, str]] = {}
        for step in overrides:
            if step.kind is SettingKind.SETTING:
                *owners, key = step.name.split(".")
                keys.setdefault(bare_name(key), []).append(tuple(owners))
                if any(_is_end(step, api) for api in rulebook.apis.values()):
                    ends[key] = step.written, step.instead
        texts = [source.text for source in changed]
        terms = searcher(rulebook, settings)
        return cls(rulebook, settings, terms, frozenset(names), keys, texts, ends, others)

    def is_read(self, source: SourceFile, modules: Iterable[SourceFile], scope: FileSelection) -> bool:
        """Whether one of the modules may read the settings file, or an environment variable that it sets."""
        if any(bare_name(step.name) in self.names for step in self._assignment_steps(source)):
            return True
        return any(True for _ in self.readers(source, modules, scope))

    def readers(
        self, source: SourceFile, modules: Iterable[SourceFile], scope: FileSelection
    ) -> Iterator[SourceFile]:
        """The modules that may read the settings file."""
        settings = read_settings_file(source.path, scope.anchors)
        return _modules_that_read(settings or _named_file(source), modules)

    def sets_override(self, source: SourceFile) -> bool:
        """Whether a line of the settings file sets one of the settings that override values in code."""
        return any(True for _ in self._overriding_assignments(source))

    def sets_read_key(self, source: SourceFile) -> bool:
        """Whether a line of the settings file gives the old version to a key that code reads from a settings
        file."""
        return any(
            bare_name(assignment.name) in self.keys
            for api in self.rulebook.apis.values()
            for assignment in assigned_versions(source.text, self.rulebook, api)
        )

    def openers(self, source: SourceFile, modules: Iterable[SourceFile]) -> Iterator[SourceFile]:
        """The modules that name the settings file, or a pattern that its name matches."""
        return _modules_that_read(_named_file(source), modules)

    def steps(self, source: SourceFile) -> Iterator[DeployStep]:
        """The first `MOST` lines of a settings file that contain the old version."""
        steps_by_place = {
            step.place: step for step in (*self._assignment_steps(source), *self._mention_steps(source))
        }
        rows: dict[int, DeployStep] = {}
        for place in sorted(steps_by_place):
            rows.setdefault(place.row, steps_by_place[place])
        yield from list(rows.values())[:MOST]

    def change(self, source: SourceFile) -> Change | None:
        """The settings file with the new version in each base URL, and the new path in each path that the
        code reads. None if it has other paths of calls, which code may fill in, or several values that may be
        the one that the code reads, unless each is beside a host of the API, as in the profiles of stages."""
        if not all(assignment.is_certain for assignment in self._overriding_assignments(source)):
            return None
        if self._calls(source):
            return None
        for api in self.rulebook.apis.values():
            for group in self._read_assignments(source, api):
                owners = {keys for keys, _ in group}
                are_profiles = owners <= self._owners_of_hosts(source, api)
                if (len(owners) > 1 and not are_profiles) or self._has_other_aliases(source, api, group):
                    return None
        lines = LineIndex(source.text)
        edits: list[Edit] = []
        own = {*self._assignment_steps(source), *self._mention_steps(source)}
        for step in sorted(own, key=lambda step: step.place):
            start, end = (
                lines.offset(row, column)
                for row, column in (
                    (step.place.row, step.place.column),
                    (step.place.end_row, step.place.end_column),
                )
            )
            edit = Edit(Span(source.path, start, end), 0, step.instead)
            edits += [edit] if not edits or edits[-1].span.end <= start else []
        return Change(source.path, source.text, apply_edits(source.text, edits), tuple(edits))

    def _calls(self, source: SourceFile) -> list[Mention]:
        """The mentions that are calls, and not paths in settings that the code reads: whole values of
        settings that are named by all their keys."""
        read = {
            tuple(map(bare_name, (*owners, key)))
            for key, all_owners in self.keys.items()
            for owners in all_owners
            if owners
        }
        spans = [(value.start, value.end) for value in self._overriding_assignments(source)]
        spans += (
            (value.start, value.end)
            for value in key_paths_of(source.path, source.text)
            for keys in [tuple(map(bare_name, value.keys))]
            if any(keys[-length:] in read for length in range(1, len(keys) + 1))
        )
        return [
            mention
            for mention in self.searcher.search(source.text)
            if mention.kind is MentionKind.PATH
            and not any(start <= mention.start and mention.end <= end for start, end in spans)
        ]

    def _mention_steps(self, source: SourceFile) -> Iterator[DeployStep]:
        """The mentions of the old version."""
        places, calls = CharacterIndex(source.text), {call.start for call in self._calls(source)}
        for mention in self.searcher.search(source.text):
            if mention.kind in _OF_SETTINGS:
                place = Place(*places.place(source.path, mention.start, mention.end))
                name = assigned_name(source.text, mention.start) or ""
                is_call = mention.kind is MentionKind.PATH and mention.start in calls
                call = new_call_text(mention, self.rulebook, self.settings) if is_call else None
                yield DeployStep(SettingKind.FILE, name, place, mention.written, call or mention.replacement)

    def other_changes(self, source: SourceFile) -> Mapping[Place, str]:
        """The other changes of each call in a settings file: its body, and the fields of its response."""
        file = MentioningFile(source.path, source.text, self._calls(source))
        findings = text_findings(file, TextKind.FILE, self.rulebook, self.settings)
        return {finding.place: finding.help for finding in findings if finding.help is not None}

    def _assignment_steps(self, source: SourceFile) -> Iterator[DeployStep]:
        """The assignments of old-version values to settings that override code."""
        places = CharacterIndex(source.text)
        for assignment in self._overriding_assignments(source):
            place = Place(*places.place(source.path, assignment.start, assignment.end))
            yield DeployStep(
                SettingKind.FILE, assignment.name, place, assignment.written, assignment.replacement
            )

    def _overriding_assignments(self, source: SourceFile) -> Iterator[AssignedVersion]:
        for api in self.rulebook.apis.values():
            assignments = self._assignments(source, api)
            yield from (version for version in assignments if bare_name(version.name) in self.names)
            yield from (version for group in self._read_assignments(source, api) for _, version in group)

    def _assignments(self, source: SourceFile, api: Api) -> Iterator[AssignedVersion]:
        if self.names or self.keys:
            versions = assigned_versions(source.text, self.rulebook, api)
            yield from (version for version in versions if not self._is_of_others(source, version))
            for key, (old, new) in self.ends.items():
                yield from assigned_ends(source.text, key, old, new)

    def _is_of_others(self, source: SourceFile, version: AssignedVersion) -> bool:
        own = [place for place in self.others if place.path == source.path]
        position = CharacterIndex(source.text).position(version.start) if own else None
        return any(
            (place.row, place.column) <= position < (place.end_row, place.end_column)
            for place in own
            if position is not None
        )

    def _names_file(self, source: SourceFile) -> bool:
        name = posixpath.basename(source.path)
        return bool(self.keys) and any(
            names_file(text, name) or _matches_pattern(name, text) for text in self.texts
        )

    def _read_assignments(
        self, source: SourceFile, api: Api
    ) -> Iterator[Sequence[tuple[tuple[str, ...], AssignedVersion]]]:
        """For each key that the code reads: the assignments that may be the one, each with the keys above
        it. In a file that the code doesn't name, those beside a host of the API, if the code gets the mapping
        of the key from code out of sight."""
        is_named, hosts = self._names_file(source), self._owners_of_hosts(source, api)
        if not is_named and not hosts:
            return
        by_key: dict[str, list[tuple[Sequence[tuple[str, ...]], AssignedVersion]]] = {}
        for assignment in self._assignments(source, api):
            key = bare_name(assignment.name)
            if key in self.keys and key not in self.names:
                above = parent_keys(source.path, source.text, assignment.start)
                if is_named or (not all(self.keys[key]) and not hosts.isdisjoint(above)):
                    by_key.setdefault(key, []).append((above, assignment))
        for key, group in by_key.items():
            likely = self._likely_owners(source, api, key)
            yield [
                (above[0], assignment)
                for above, assignment in group
                if not likely or not likely.isdisjoint(above)
            ]

    def _has_other_aliases(
        self, source: SourceFile, api: Api, group: Iterable[tuple[tuple[str, ...], AssignedVersion]]
    ) -> bool:
        """Whether a value that the code reads is also the value of a key that isn't beside a host of the API,
        by an alias. The key where it is written counts if the code names one above it."""
        hosts = self._owners_of_hosts(source, api)
        for _, assignment in group:
            own, *aliases = parent_keys(source.path, source.text, assignment.start)
            likely = self._likely_owners(source, api, bare_name(assignment.name)) | hosts
            if aliases and any(map(self._is_quoted, own)):
                aliases.append(own)
            if not {*aliases} <= likely:
                return True
        return False

    def _owners_of_hosts(self, source: SourceFile, api: Api) -> Set[tuple[str, ...]]:
        """The keys above hosts of the API."""
        return {
            value.keys[:-1]
            for value in key_paths_of(source.path, source.text)
            if any(host in source.text[value.start : value.end] for host in self.settings.hosts_of(api))
        }

    def _likely_owners(self, source: SourceFile, api: Api, key: str) -> Set[tuple[str, ...]]:
        """The keys above the key that the code reads. If the code doesn't show them, those that name the API,
        or are also above a host of it, or are named by the code."""
        placed = key_paths_of(source.path, source.text)
        present = {value.keys[:-1] for value in placed if bare_name(value.keys[-1]) == key}
        owners = self.keys[key]
        fitting = {keys for keys in present if any({*owner} <= {*keys} for owner in owners)} or present
        if all(owners) or len(fitting) == 1:
            return fitting
        words = [word.lower() for word in api.words]
        hosts = self._owners_of_hosts(source, api)
        return (
            {keys for keys in fitting if any(word in part.lower() for part in keys for word in words)}
            or fitting & hosts
            or {keys for keys in fitting if any(map(self._is_quoted, keys))}
            or fitting
        )

    def _is_quoted(self, key: str) -> bool:
        return any(f"{quote}{key}{quote}" in text for text in self.texts for quote in "\"'")


def _is_end(step: DeployStep, api: Api) -> bool:
    """Whether the value of a setting is the end of the old version: the `1` of `v1`."""
    return step.written != api.old and bool(step.written) and api.old.endswith(step.written)


_PATTERN = re.compile(r"""["']([^"'\n/]*\*[^"'\n/*]*[.][^"'\n/*]+)["']""")
"""A string that may be the pattern of file names in a folder: `"*.ini"`."""


def _named_file(source: SourceFile) -> SettingsFile:
    """A settings file that only code which names it reads."""
    return SettingsFile(source.path, None, is_versioned=False, words=())


def _modules_that_read(file: SettingsFile, modules: Iterable[SourceFile]) -> Iterator[SourceFile]:
    name = posixpath.basename(file.path)
    for module in modules:
        if may_read(module.text, file) or _matches_pattern(name, module.text):
            yield module


def _matches_pattern(name: str, text: str) -> bool:
    """Whether a module's text has a pattern that a file name matches."""
    return any(fnmatchcase(name, pattern) for pattern in _PATTERN.findall(text))
