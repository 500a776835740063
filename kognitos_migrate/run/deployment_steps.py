"""Settings files that must change before a migrated program is deployed."""

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.environment_files import environment_files, read_environment_files
from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES
from kognitos_migrate.discover.prefilter import FileSelection
from kognitos_migrate.discover.settings_files import SettingsFile, may_read, read_settings_file
from kognitos_migrate.findings.manual_findings import manual_finding
from kognitos_migrate.findings.result import (
    Applicability,
    Change,
    DeployStep,
    Finding,
    Place,
    Result,
    SettingKind,
    distinct_edits,
    setting_named,
)
from kognitos_migrate.rulebook.codes import HALF_SETTING
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.unsearched_texts import covered_files
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import CharacterIndex, LineIndex
from kognitos_migrate.source.text_edits import Edit, Span, apply_edits
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignments import assigned_versions, bare_name, section_before
from kognitos_migrate.text_search.search import Searcher, searcher
from kognitos_migrate.text_search.search_terms import MentionKind
from kognitos_migrate.text_search.url_prefix import assigned_name

_OF_SETTINGS = (MentionKind.PATH, MentionKind.BASE, MentionKind.VERSION)
MOST = 20
"""The limit on reported lines per settings file."""


class Surroundings(Struct, frozen=True):
    """The search area for settings files: the user's paths, the exclusions, and the analysed modules."""

    paths: Sequence[str]
    scope: FileSelection
    target_paths: Collection[str]
    may_change: bool
    """Whether settings files may be changed."""


class SettingsSteps(Struct, frozen=True):
    """The lines of settings files that contain the old version."""

    steps: tuple[DeployStep, ...] = ()
    """The lines to change before the changes, or the offered fixes, are deployed."""
    findings: tuple[Finding, ...] = ()
    """The lines in files that code of the new version reads, now or after the fix."""
    sources: Mapping[str, SourceFile] = {}
    """The files with findings or changes, by path."""
    changes: tuple[Change, ...] = ()
    """The changes of the files that only changed code reads, if code depends on the version in them."""


def steps_of_files(
    result: Result,
    sources: Mapping[str, SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    surroundings: Surroundings,
) -> SettingsSteps:
    """The lines of settings files that contain the old version.

    Files are searched only if code is changed or fixable, or if migrated code reads settings.
    """
    changed = [sources[path] for path in _changed_files(result) if path in sources]
    migrated = {call.place.path for call in result.migrated if call.is_overridable}
    deployed = [sources[path] for path in sorted(migrated) if path in sources]
    deployed += changed if result.changes else []
    if not changed and not deployed:
        return SettingsSteps()
    folders = sorted({os.path.relpath(source.project or os.curdir) for source in (*changed, *deployed)})
    within = [path for path in surroundings.paths if os.path.isdir(path)]
    texts = [source.text for source in (*changed, *deployed)]
    scope, targets = surroundings.scope, surroundings.target_paths
    files = environment_files(folders, scope, targets, within, texts)
    kept = {*environment_files(folders, scope, targets, within, texts, respect_gitignore=True)}
    overrides = [*result.deployment, *_overrides_of_migrated_calls(result)]
    search = _SettingsSearch.of(overrides, rulebook, settings, changed or deployed)
    steps: list[DeployStep] = []
    findings: list[Finding] = []
    read: dict[str, SourceFile] = {}
    changes: list[Change] = []
    depends = surroundings.may_change and bool(within) and _depends_on_settings(result)
    covered = {file for file in covered_files(result) if is_data_file(file)}  # its findings say more
    for source in read_environment_files(file for file in files if file not in covered):
        own = list(search.steps(source))
        is_read = bool(own) and search.is_read(source, deployed, scope)
        if is_read and depends and source.path in kept and not source.path.endswith(DEFAULT_SUFFIXES):
            if (change := search.change(source)) is not None:
                changes.append(change)
                read[source.path] = source
                continue
        steps += own if changed else []
        if is_read:
            findings += map(_step_finding, own)
            read[source.path] = source
    in_order = sorted(steps, key=lambda step: step.place)
    findings.sort(key=lambda finding: finding.place)
    return SettingsSteps(tuple(in_order), tuple(findings), read, tuple(changes))


def _overrides_of_migrated_calls(result: Result) -> Iterator[DeployStep]:
    """The settings that can override the version in calls of the new version."""
    for call in result.migrated:
        for source in call.overridden:
            yield DeployStep(*setting_named(source), call.place)


def _depends_on_settings(result: Result) -> bool:
    """Whether changed code takes the version from settings, and no call of the old version remains that may
    read it from there, too."""
    return (
        bool(result.changes)
        and not result.remaining
        and any(step.kind is not SettingKind.TABLE and step.instead for step in result.deployment)
    )


def _step_finding(step: DeployStep) -> Finding:
    subject = f"{step.name} is {step.written}" if step.name else f"this names {step.written}"
    message = f"{subject}, but the code that reads this file calls the new version"
    return manual_finding(HALF_SETTING, message, step.place, f"use {step.instead}", "half-migrated")


def _changed_files(result: Result) -> Collection[str]:
    """The files that are changed, or would be by a fix."""
    if result.changes:
        return {change.path for change in result.changes}
    fixes = (
        finding.fix for finding in result.findings if finding.fix.applicability is not Applicability.MANUAL
    )
    return {edit.span.path for edit in distinct_edits(fixes)}


class _SettingsSearch(Struct, frozen=True):
    """The terms to search in settings files: mentions of the old version, and names that override values in
    code."""

    rulebook: Rulebook
    searcher: Searcher
    names: frozenset[str]
    """The environment variables and options, which any settings file may set."""
    keys: Mapping[str, frozenset[str] | None]
    """The keys that code reads from settings files, each with the words before it, such as its section; None
    if a read has no such words."""
    texts: Sequence[str]
    """The texts of the changed modules, which name the settings files that they read."""

    @classmethod
    def of(
        cls,
        overrides: Iterable[DeployStep],
        rulebook: Rulebook,
        settings: Settings,
        changed: Iterable[SourceFile],
    ) -> "_SettingsSearch":
        """The search for settings that override values in the changed sources."""
        overrides = tuple(overrides)
        names = {bare_name(step.name) for step in overrides if step.kind in _ANYWHERE}
        keys: dict[str, frozenset[str] | None] = {}
        for step in overrides:
            if step.kind is SettingKind.SETTING:
                owner, _, key = step.name.rpartition(".")
                words = frozenset(owner.split(".")) if owner else None
                others = keys.setdefault(bare_name(key), words)
                keys[bare_name(key)] = others | words if others is not None and words is not None else None
        return cls(
            rulebook,
            searcher(rulebook, settings),
            frozenset(names),
            keys,
            [source.text for source in changed],
        )

    def is_read(self, source: SourceFile, modules: Iterable[SourceFile], scope: FileSelection) -> bool:
        """Whether one of the modules may read the settings file, or an environment variable that it sets."""
        if any(bare_name(step.name) in self.names for step in self._assignment_steps(source)):
            return True
        settings = read_settings_file(source.path, scope.anchors)
        file = settings or SettingsFile(source.path, None, is_versioned=False, words=())
        return any(may_read(module.text.encode("utf-8", "surrogatepass"), file) for module in modules)

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
        """The settings file with the new version in each base URL. None if it has paths of calls, which code
        may fill in."""
        if any(mention.kind is MentionKind.PATH for mention in self.searcher.search(source.text)):
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

    def _mention_steps(self, source: SourceFile) -> Iterator[DeployStep]:
        """The mentions of the old version."""
        places = CharacterIndex(source.text)
        for mention in self.searcher.search(source.text):
            if mention.kind in _OF_SETTINGS:
                place = Place(*places.place(source.path, mention.start, mention.end))
                name = assigned_name(source.text, mention.start) or ""
                yield DeployStep(SettingKind.FILE, name, place, mention.written, mention.replacement)

    def _assignment_steps(self, source: SourceFile) -> Iterator[DeployStep]:
        """The assignments of old-version values to settings that override code."""
        name = posixpath.basename(source.path)
        wanted = self.names | (self.keys.keys() if any(name in text for text in self.texts) else set())
        places = CharacterIndex(source.text)
        for api in self.rulebook.apis.values() if wanted else ():
            for assignment in assigned_versions(source.text, api):
                key = bare_name(assignment.name)
                if key in self.names or (
                    key in wanted and self._is_in_section(source, assignment.start, self.keys[key])
                ):
                    place = Place(*places.place(source.path, assignment.start, assignment.end))
                    yield DeployStep(
                        SettingKind.FILE, assignment.name, place, assignment.written, assignment.replacement
                    )

    def _is_in_section(self, source: SourceFile, start: int, words: frozenset[str] | None) -> bool:
        """Whether the section around an offset is the one that the code reads. True for formats without
        sections."""
        has_sections = words is not None and source.path.endswith(_WITH_SECTIONS)
        section = section_before(source.text, start) if has_sections else None
        return words is None or section is None or not words.isdisjoint((section, *section.split(".")))


_WITH_SECTIONS = (".ini", ".cfg", ".conf", ".toml")
"""Suffixes of settings files whose keys stand below a section's name in brackets."""
_ANYWHERE = (SettingKind.ENVIRONMENT, SettingKind.OPTION, SettingKind.ARGUMENT)
