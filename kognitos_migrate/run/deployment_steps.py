"""Settings files that must change before a migrated program is deployed."""

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.context_files import ContextFiles, read_context_files
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
    BlockedFile,
    NearbyCallers,
    Programs,
    last_key,
    old_callers,
    programs_of_readers,
    sharing_of_file,
    sharing_of_variables,
    texts_of_modules,
)
from kognitos_migrate.run.text_mentions import covered_files
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import Struct, field, replace


class Surroundings(Struct, frozen=True):
    """The search area for settings files: the user's paths, the exclusions, and the analysed modules."""

    paths: Sequence[str]
    scope: FileSelection
    target_paths: Collection[str]
    files: ContextFiles
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
    blocked: tuple[BlockedFile, ...] = ()
    """The files that would have to change with the code, and may not: the user's paths don't contain them,
    or code of the old version reads them."""
    changed_lines: tuple[DeployStep, ...] = ()
    """The lines of settings files that the changes replace."""

    def note_changed_lines(self, deployment: Sequence[DeployStep]) -> Iterator[DeployStep]:
        """The steps of a deployment, each setting once. A setting that the changes set in one line of a file
        names the line."""
        deployment = sorted(_merge_steps(deployment), key=lambda step: step.place)
        lines: dict[str, list[DeployStep]] = {}
        for line in self.changed_lines:
            lines.setdefault(last_key(line.name), []).append(line)
        names = [last_key(step.name) for step in deployment if step.kind in _OF_VERSION]
        for step in deployment:
            own = lines.get(last_key(step.name), ())
            if step.kind in _OF_VERSION and len(own) == 1 and names.count(last_key(step.name)) == 1:
                step = replace(step, flows=(*step.flows, ValueFlow("changed by this fix", own[0].place)))
            yield step

    @property
    def needs_changes(self) -> bool:
        """Whether settings files would have to change."""
        return bool(self.changes or self.blocked)


class _FileSurvey(Struct):
    """The settings files around changed or migrated code, one after the other, and what is to be done about
    them."""

    search: SettingsSearch
    surroundings: Surroundings
    run: Result
    programs: Programs
    nearby: NearbyCallers
    folders: Sequence[str]
    changed: Sequence[SourceFile]
    whole: Sequence[SourceFile]
    """The changed modules and the others of their programs."""
    deployed: Sequence[SourceFile]
    """The modules of the new version."""
    readers: Sequence[SourceFile]
    """These modules and those that may read settings for them."""
    edited: Collection[str]
    """The settings files that are changed with the code, as a part of the program."""
    analysed: Collection[str]
    """The settings files that were analysed with the code, and those that are changed with it."""
    steps: list[DeployStep]
    findings: list[Finding] = field(default_factory=list)
    read: dict[str, SourceFile] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    changed_lines: list[DeployStep] = field(default_factory=list)
    blocked: list[BlockedFile] = field(default_factory=list)

    def add(self, source: SourceFile) -> None:
        """Add a settings file, with its steps, findings or changes."""
        own = list(self.search.steps(source))
        if not own:
            return
        scope = self.surroundings.scope
        is_read = bool(self.deployed) and self.search.is_read(source, self.readers, scope)
        near = self.nearby.callers_of(source.path)
        sharing = list(sharing_of_file(self.search, source, own, near or (), scope))
        is_own = bool(self.changed) and near is not None and _depends_on_settings(self.run)
        is_override = is_own and self.search.sets_override(source)
        is_named = is_override or (is_own and any(self.search.openers(source, self.whole)))
        is_needed = is_override or (
            is_own and source.path not in self.analysed and (is_named or self._may_be_opened(source))
        )
        if is_needed and not is_named:
            sharing += self._uses_left(source)
        must_change = is_needed or source.path in self.edited
        if sharing and must_change:
            self._block(source, own, sharing[0].place)
            self.steps += sharing
        if source.path in self.edited or (
            is_needed and not sharing and self._may_change(source) and self._change(source, own)
        ):
            return
        self.steps += own if self.changed and (must_change or not sharing) else []
        if is_read:
            changes = self.search.other_changes(source)
            notes = (_IGNORED,) if self._is_ignored(source) else ()
            self.findings += (_step_finding(step, changes.get(step.place), notes) for step in own)
            self.read[source.path] = source

    def _may_be_opened(self, source: SourceFile) -> bool:
        """Whether changed code reads a key of a settings file that it may read by another name, such as one
        that its caller passes."""
        readers = self.search.readers(source, self.whole, self.surroundings.scope)
        return self.search.sets_read_key(source) and any(readers)

    def _uses_left(self, source: SourceFile) -> Iterator[DeployStep]:
        """The uses of the old version that are left in other modules, which may read a settings file under
        the name that they share."""
        left = self.run.remaining if self.run.changes else self.run.findings
        own = {module.path for module in self.changed}
        for finding in left:
            if finding.fix.applicability is Applicability.MANUAL and finding.place.path not in own:
                yield DeployStep(SettingKind.SHARED, source.path, finding.place)

    def _may_change(self, source: SourceFile) -> bool:
        if not self.surroundings.may_change or source.path.endswith(DEFAULT_SUFFIXES):
            return False
        return not self._is_ignored(source)

    def _is_ignored(self, source: SourceFile) -> bool:
        return self.surroundings.files.is_ignored(source.path, self.folders)

    def _change(self, source: SourceFile, own: Sequence[DeployStep]) -> bool:
        """Plan the change of a file, and return whether the tool can and may change it."""
        change = self.search.change(source)
        if change is None:
            return False
        reach = map(os.path.abspath, self.surroundings.paths)
        if not any(is_inside(os.path.abspath(source.path), path) for path in reach):
            if any(_is_in_project(source.path, module, self.surroundings.scope) for module in self.whole):
                self._block(source, own)
            return False
        self.changes.append(change)
        self.changed_lines += (step for step in own if step.name)
        self.read[source.path] = source
        return True

    def _block(self, source: SourceFile, own: Sequence[DeployStep], caller: Place | None = None) -> None:
        scope = self.surroundings.scope
        steps = [step for step in self.run.deployment if step.kind in _OF_VERSION]
        programs = programs_of_readers(self.search, source, own, steps, self.whole, self.programs, scope)
        self.blocked.append(BlockedFile(source.path, programs, caller))

    def result(self) -> SettingsSteps:
        """The steps, findings and changes of all files, in the order of their places."""
        return SettingsSteps(
            tuple(sorted(dict.fromkeys(self.steps), key=lambda step: step.place)),
            tuple(sorted(self.findings, key=lambda finding: finding.place)),
            self.read,
            tuple(self.changes),
            tuple(self.blocked),
            tuple(self.changed_lines),
        )


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
    homes = {_project_folder(source, surroundings.scope) for source in (*changed, *deployed)}
    folders = sorted(map(os.path.relpath, homes))
    texts = {source.path: source.text for source in (*whole, *deployed)}
    files = surroundings.files.around(folders, surroundings.target_paths, within, texts)
    overrides = [*result.deployment, *_overrides_of_migrated_calls(result)]
    search = SettingsSearch.of(overrides, rulebook, settings, whole or deployed, result.settings_of_others)
    callers = old_callers(result, sources, files, programs) if changed else []
    survey = _FileSurvey(
        search,
        surroundings,
        result,
        programs,
        NearbyCallers(callers, changed, files),
        folders=folders,
        changed=changed,
        whole=whole,
        deployed=deployed,
        readers=[*deployed, *_programs_of(deployed, result, programs, sources)],
        edited={
            path for path in _changed_files(result) if path in sources and sources[path].data is not None
        },
        analysed={path for path, source in sources.items() if source.data is not None},
        steps=list(sharing_of_variables(result.deployment, callers)),
    )
    data = {path: source.data for path, source in sources.items() if source.data is not None}
    of_tests = {path for path, file in data.items() if not file.is_settings}
    covered = of_tests.intersection(covered_files(result))  # its findings say more
    for source in read_context_files(file for file in files if file not in covered):
        survey.add(source)
    return survey.result()


def _is_in_project(file: str, module: SourceFile, scope: FileSelection) -> bool:
    """Whether a settings file is in the project of a module."""
    return is_inside(os.path.abspath(file), _project_folder(module, scope))


def _project_folder(module: SourceFile, scope: FileSelection) -> str:
    """The folder of a module's project: its root, or else the folder of the configuration, or of the module.
    A module in none has the working folder as its root, which doesn't contain each such module."""
    path = os.path.abspath(module.path)
    folders = (os.path.abspath(module.project or os.curdir), *([scope.root] if scope.configured else ()))
    return next((folder for folder in folders if is_inside(path, folder)), os.path.dirname(path))


def _merge_steps(steps: Iterable[DeployStep]) -> Iterator[DeployStep]:
    """The steps, each setting once: at its first read, else at its first request, with the flows of all its
    requests."""
    groups: dict[tuple[SettingKind, str, str, Place | None], list[DeployStep]] = {}
    for step in steps:
        place = step.place if step.kind in (SettingKind.STORED, SettingKind.FILE) else None
        groups.setdefault((step.kind, step.name, step.written, place), []).append(step)
    for group in groups.values():
        flows = dict.fromkeys(flow for step in group for flow in step.flows)
        yield replace(group[0], flows=tuple(flows), place=group[0].read_at or group[0].place, read_at=None)


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


_IGNORED = "git ignores this file, so `fix` leaves it as it is"


def _step_finding(step: DeployStep, other_changes: str | None, notes: tuple[str, ...]) -> Finding:
    """The finding on a line of a settings file. `other_changes` are those of a call in it."""
    if other_changes is not None:
        message = f"calls {step.written} of v1, and code with the same settings calls v2"
    else:
        subject = f"{step.name} is {step.written}" if step.name else f"this names {step.written}"
        message = f"{subject}, but the code that reads this file calls v2"
    finding = manual_finding(HALF_SETTING, message, step.place, f"use {step.instead}", "half-migrated")
    return replace(finding, help=other_changes, notes=notes)


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
