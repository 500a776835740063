"""Settings files that must change before a migrated program is deployed."""

import os
import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.environment_files import environment_files, read_environment_files
from kognitos_migrate.discover.ignore_rules import DEFAULT_SUFFIXES
from kognitos_migrate.discover.prefilter import FileSelection
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
from kognitos_migrate.modules.definition_links import connected_files, definition_links
from kognitos_migrate.rulebook.codes import HALF_SETTING, POSSIBLE
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.project import is_inside
from kognitos_migrate.run.settings_search import SettingsSearch
from kognitos_migrate.run.text_mentions import covered_files
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignments import bare_name

OldCallers: TypeAlias = Sequence[tuple[SourceFile, Place]]
"""The modules of programs that call the old version, each with the first call in it or in its program."""


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
    """The changes of the files that only changed code reads, if code depends on the version in them. In a
    check, the changes that a fix makes."""
    out_of_reach: tuple[str, ...] = ()
    """The files that would have to change with the code, and that the user's paths don't contain."""


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
    reach = [os.path.abspath(path) for path in surroundings.paths]
    texts = [source.text for source in (*changed, *deployed)]
    scope, targets = surroundings.scope, surroundings.target_paths
    files = environment_files(folders, scope, targets, within, texts)
    kept = {*environment_files(folders, scope, targets, within, texts, respect_gitignore=True)}
    overrides = [*result.deployment, *_overrides_of_migrated_calls(result)]
    search = SettingsSearch.of(overrides, rulebook, settings, changed or deployed)
    callers = _old_callers(result, sources, files) if changed else []
    readers = [*deployed, *_programs_of(deployed, result, sources)]
    steps = list(_sharing_variables(result.deployment, callers))
    findings: list[Finding] = []
    read: dict[str, SourceFile] = {}
    changes: list[Change] = []
    out_of_reach: list[str] = []
    depends = surroundings.may_change and bool(changed) and _depends_on_settings(result)
    covered = {file for file in covered_files(result) if is_data_file(file)}  # its findings say more
    for source in read_environment_files(file for file in files if file not in covered):
        own = list(search.steps(source))
        is_read = bool(own and deployed) and search.is_read(source, readers, scope)
        sharing = list(_sharing(search, source, own, callers, scope)) if own else []
        steps += sharing
        may_change = depends and not sharing and source.path in kept
        may_change = may_change and not source.path.endswith(DEFAULT_SUFFIXES)
        if own and may_change and (is_read or search.is_read(source, changed, scope)):
            if (change := search.change(source)) is not None:
                if not any(is_inside(os.path.abspath(source.path), path) for path in reach):
                    out_of_reach.append(source.path)
                else:
                    changes.append(change)
                    read[source.path] = source
                    continue
        steps += own if changed else []
        if is_read:
            findings += map(_step_finding, own)
            read[source.path] = source
    in_order = sorted(dict.fromkeys(steps), key=lambda step: step.place)
    findings.sort(key=lambda finding: finding.place)
    return SettingsSteps(tuple(in_order), tuple(findings), read, tuple(changes), tuple(out_of_reach))


def _overrides_of_migrated_calls(result: Result) -> Iterator[DeployStep]:
    """The settings that can override the version in calls of the new version."""
    for call in result.migrated:
        for source in call.overridden:
            yield DeployStep(*setting_named(source), call.place)


def _depends_on_settings(result: Result) -> bool:
    """Whether changed or fixable code takes the version from settings, which may override a default."""
    return any(step.kind in _OF_VERSION for step in result.deployment)


def _programs_of(
    modules: Sequence[SourceFile], result: Result, sources: Mapping[str, SourceFile]
) -> Iterator[SourceFile]:
    """The other modules of the programs of `modules`, which may read settings for them. None of a program in
    which a call of the old version remains."""
    own = {source.path for source in modules}
    findings = result.remaining if result.changes else result.findings
    remaining = {finding.place.path for finding in findings if finding.code != POSSIBLE.code}
    for group in connected_files(definition_links(_texts_of_modules(sources))) if own else ():
        if not own.isdisjoint(group) and remaining.isdisjoint(group):
            yield from (sources[path] for path in group if path not in own)


def _texts_of_modules(sources: Mapping[str, SourceFile]) -> Mapping[str, bytes]:
    return {
        path: source.text.encode("utf-8", "surrogatepass")
        for path, source in sources.items()
        if not is_data_file(path)
    }


def _old_callers(
    result: Result, sources: Mapping[str, SourceFile], settings_files: Collection[str]
) -> OldCallers:
    """The callers of the old version that remain after the changes, or after a fix. A settings file calls
    nothing."""
    first: dict[str, Place] = {}
    manual = [item for item in result.findings if item.fix.applicability is Applicability.MANUAL]
    findings = result.remaining if result.changes else manual
    for place in sorted(finding.place for finding in findings):
        if place.path not in settings_files:
            first.setdefault(place.path, place)
    if not first.keys() & sources.keys():
        return []
    texts = _texts_of_modules(sources)
    callers: list[tuple[SourceFile, Place]] = []
    for group in connected_files(definition_links(texts)):
        places = [first[path] for path in group if path in first]
        callers += [(sources[path], first.get(path, places[0])) for path in group if places]
    return callers


def _sharing(
    search: SettingsSearch,
    file: SourceFile,
    own: Iterable[DeployStep],
    callers: OldCallers,
    scope: FileSelection,
) -> Iterator[DeployStep]:
    """The callers of the old version that may read a settings file, too."""
    name = posixpath.basename(file.path)
    variables = {bare_name(step.name) for step in own} & search.names
    readers = {source.path for source in search.readers(file, [source for source, _ in callers], scope)}
    for source, place in callers:
        if source.path in readers or any(_is_named(variable, source) for variable in variables):
            yield DeployStep(SettingKind.SHARED, name, place)


def _sharing_variables(steps: Iterable[DeployStep], callers: OldCallers) -> Iterator[DeployStep]:
    """The callers of the old version that may read an environment variable which changed code reads, too."""
    for step in steps:
        for source, place in callers if step.kind is SettingKind.ENVIRONMENT else ():
            if _is_named(step.name, source):
                yield DeployStep(SettingKind.SHARED, step.name, place)


def _is_named(variable: str, source: SourceFile) -> bool:
    return re.search(rf"(?<!\w){re.escape(variable)}(?!\w)", source.text) is not None


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


_OF_VERSION = (
    SettingKind.ENVIRONMENT,
    SettingKind.OPTION,
    SettingKind.ARGUMENT,
    SettingKind.SETTING,
    SettingKind.OTHER,
)
"""The settings that contain the version, or can override it."""
