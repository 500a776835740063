"""Settings files that must change before a migrated program is deployed."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence

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
    Result,
    SettingKind,
    ValueFlow,
    distinct_edits,
    setting_named,
)
from kognitos_migrate.modules.definition_links import connected_files, definition_links
from kognitos_migrate.rulebook.codes import HALF_SETTING, POSSIBLE
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.project import is_inside
from kognitos_migrate.run.settings_search import SettingsSearch
from kognitos_migrate.run.shared_settings import (
    Programs,
    SharedFile,
    callers_beside,
    old_callers,
    programs_of_readers,
    sharing_of_file,
    sharing_of_variables,
    texts_of_modules,
)
from kognitos_migrate.run.text_mentions import covered_files
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.text_search.assignments import bare_name


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
    shared: tuple[SharedFile, ...] = ()
    """The files that would have to change with the code, and that code of the old version reads."""
    changed_lines: tuple[DeployStep, ...] = ()
    """The lines of settings files that the changes replace."""

    def note_changed_lines(self, deployment: Sequence[DeployStep]) -> Iterator[DeployStep]:
        """The steps of a deployment. A setting that the changes set in one line of a file names the line."""
        lines: dict[str, list[DeployStep]] = {}
        for line in self.changed_lines:
            lines.setdefault(_last_key(line.name), []).append(line)
        names = [_last_key(step.name) for step in deployment if step.kind in _OF_VERSION]
        for step in deployment:
            own = lines.get(_last_key(step.name), ())
            if step.kind in _OF_VERSION and len(own) == 1 and names.count(_last_key(step.name)) == 1:
                step = replace(step, flows=(*step.flows, ValueFlow("changed by this fix", own[0].place)))
            yield step

    @property
    def needs_changes(self) -> bool:
        """Whether settings files would have to change."""
        return bool(self.changes or self.out_of_reach or self.shared)


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
    changed = [sources[path] for path in _changed_files(result) if path in sources and not is_data_file(path)]
    migrated = {call.place.path for call in result.migrated if call.is_overridable}
    deployed = [sources[path] for path in sorted(migrated) if path in sources]
    deployed += changed if result.changes else []
    if not changed and not deployed:
        return SettingsSteps()
    programs = connected_files(definition_links(texts_of_modules(sources)))
    whole = _modules_with(changed, programs, sources)
    within = [path for path in surroundings.paths if os.path.isdir(path)]
    reach = [os.path.abspath(path) for path in surroundings.paths]
    folders = sorted({os.path.relpath(source.project or os.curdir) for source in (*changed, *deployed)})
    texts = [source.text for source in (*whole, *deployed)]
    scope, targets = surroundings.scope, surroundings.target_paths
    files = environment_files(folders, scope, targets, within, texts)
    kept = {*environment_files(folders, scope, targets, within, texts, respect_gitignore=True)}
    overrides = [*result.deployment, *_overrides_of_migrated_calls(result)]
    search = SettingsSearch.of(overrides, rulebook, settings, whole or deployed)
    callers = old_callers(result, sources, files, programs) if changed else []
    readers = [*deployed, *_programs_of(deployed, result, programs, sources)]
    steps = list(sharing_of_variables(result.deployment, callers))
    findings: list[Finding] = []
    read: dict[str, SourceFile] = {}
    changes: list[Change] = []
    changed_lines: list[DeployStep] = []
    out_of_reach: list[str] = []
    shared: list[SharedFile] = []
    depends = bool(changed) and _depends_on_settings(result)
    data = {path: source.data for path, source in sources.items() if source.data is not None}
    of_tests = {path for path, file in data.items() if not file.is_settings}
    covered = of_tests.intersection(covered_files(result))  # its findings say more
    edited = data.keys() & _changed_files(result)
    for source in read_environment_files(file for file in files if file not in covered):
        own = list(search.steps(source))
        is_read = bool(own and deployed) and search.is_read(source, readers, scope)
        near = callers_beside(source.path, callers, changed, files) if own else ()
        sharing = list(sharing_of_file(search, source, own, near or (), scope)) if own else []
        is_own = depends and bool(own) and near is not None
        is_needed = is_own and (is_read or search.is_read(source, whole, scope))
        if sharing and (is_needed or source.path in edited):
            reading = programs_of_readers(search, source, own, whole, programs, scope)
            shared.append(SharedFile(source.path, sharing[0].place, reading))
        steps += sharing
        if source.path in edited:  # with the code, as a part of the program
            continue
        may_change = surroundings.may_change and not sharing and source.path in kept
        may_change = may_change and not source.path.endswith(DEFAULT_SUFFIXES)
        if is_needed and may_change:
            if (change := search.change(source)) is not None:
                if not any(is_inside(os.path.abspath(source.path), path) for path in reach):
                    out_of_reach.append(source.path)
                else:
                    changes.append(change)
                    changed_lines += (step for step in own if step.name)
                    read[source.path] = source
                    continue
        steps += own if changed else []
        if is_read:
            findings += map(_step_finding, own)
            read[source.path] = source
    in_order = sorted(dict.fromkeys(steps), key=lambda step: step.place)
    findings.sort(key=lambda finding: finding.place)
    return SettingsSteps(
        tuple(in_order),
        tuple(findings),
        read,
        tuple(changes),
        tuple(out_of_reach),
        tuple(shared),
        tuple(changed_lines),
    )


def _overrides_of_migrated_calls(result: Result) -> Iterator[DeployStep]:
    """The settings that can override the version in calls of the new version."""
    for call in result.migrated:
        for source in call.overridden:
            yield DeployStep(*setting_named(source), call.place)


def _depends_on_settings(result: Result) -> bool:
    """Whether changed or fixable code takes the version from settings, which may override a default."""
    return any(step.kind in _OF_VERSION for step in result.deployment)


def _modules_with(
    modules: Sequence[SourceFile], programs: Programs, sources: Mapping[str, SourceFile]
) -> Sequence[SourceFile]:
    """The modules, followed by the others of their programs."""
    own = {source.path: source for source in modules}
    for group in programs:
        if not own.keys().isdisjoint(group):
            own.update((path, sources[path]) for path in group)
    return list(own.values())


def _programs_of(
    modules: Sequence[SourceFile], result: Result, programs: Programs, sources: Mapping[str, SourceFile]
) -> Iterator[SourceFile]:
    """The other modules of the programs of `modules`, which may read settings for them. None of a program in
    which a call of the old version remains."""
    own = {source.path for source in modules}
    findings = result.remaining if result.changes else result.findings
    remaining = {finding.place.path for finding in findings if finding.code != POSSIBLE.code}
    for group in programs:
        if not own.isdisjoint(group) and remaining.isdisjoint(group):
            yield from (sources[path] for path in group if path not in own)


def _last_key(name: str) -> str:
    """The last key of a setting's name: `start` of `endpoints.start`."""
    return bare_name(name).rpartition(".")[2]


def _step_finding(step: DeployStep) -> Finding:
    subject = f"{step.name} is {step.written}" if step.name else f"this names {step.written}"
    message = f"{subject}, but the code that reads this file calls v2"
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
