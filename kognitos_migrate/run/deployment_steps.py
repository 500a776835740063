"""Settings files that must change before a migrated program is deployed."""

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from kognitos_migrate.config.settings import Settings
from kognitos_migrate.discover.environment_files import read_settings, settings_files
from kognitos_migrate.discover.prefilter import FileSelection
from kognitos_migrate.findings.finding import (
    Applicability,
    DeployStep,
    Place,
    Result,
    SettingKind,
    distinct_edits,
)
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.source.positions import CharacterIndex
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignments import assigned_versions, bare_name
from kognitos_migrate.text_search.search import Searcher, searcher
from kognitos_migrate.text_search.terms import MentionKind
from kognitos_migrate.text_search.url_prefix import name_given

_OF_SETTINGS = (MentionKind.PATH, MentionKind.BASE, MentionKind.VERSION)
MOST = 20
"""Lines that are listed of one file."""


class Surroundings(Struct, frozen=True):
    """Where settings files are looked for: the user's paths, what is excluded, the modules that are
    analysed."""

    paths: Sequence[str]
    scope: FileSelection
    given: Collection[str]


def steps_of_files(
    result: Result,
    sources: Mapping[str, SourceFile],
    rulebook: Rulebook,
    settings: Settings,
    around: Surroundings,
) -> tuple[DeployStep, ...]:
    """The lines of settings files to change before the changes of a result, or those that its findings offer,
    are deployed."""
    changed = [sources[path] for path in _changed(result) if path in sources]
    if not changed:
        return ()
    folders = sorted({os.path.relpath(source.project or os.curdir) for source in changed})
    within = [path for path in around.paths if os.path.isdir(path)]
    files = settings_files(folders, around.scope, around.given, within)
    search = _SettingsSearch.of(result.deployment, rulebook, settings, changed)
    steps = [step for source in read_settings(files) for step in search.steps(source)]
    return tuple(sorted(steps, key=lambda step: step.place))


def _changed(result: Result) -> Collection[str]:
    """The files that are changed, or would be."""
    if result.changes:
        return {change.path for change in result.changes}
    fixes = (one.fix for one in result.findings if one.fix.applicability is not Applicability.MANUAL)
    return {edit.span.path for edit in distinct_edits(fixes)}


class _SettingsSearch(Struct, frozen=True):
    """What is looked for in settings files: the API's old version, and the names that override code."""

    rulebook: Rulebook
    searcher: Searcher
    names: frozenset[str]
    """The environment variables and options, which any file may set."""
    keys: frozenset[str]
    """The keys that settings files are asked for."""
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
        """The search for what overrides the changed sources."""
        overrides = tuple(overrides)
        names = {bare_name(step.name) for step in overrides if step.kind in _ANYWHERE}
        keys = {step.name for step in overrides if step.kind is SettingKind.SETTING}
        return cls(
            rulebook,
            searcher(rulebook, settings),
            frozenset(names),
            frozenset(bare_name(key.rpartition(".")[2]) for key in keys),
            [source.text for source in changed],
        )

    def steps(self, source: SourceFile) -> Iterator[DeployStep]:
        """The lines of a settings file that hold the old version, the first of them."""
        found = {step.place: step for step in (*self._assigned(source), *self._mentioned(source))}
        rows: dict[int, DeployStep] = {}
        for place in sorted(found):
            rows.setdefault(place.row, found[place])
        yield from list(rows.values())[:MOST]

    def _mentioned(self, source: SourceFile) -> Iterator[DeployStep]:
        """The places that name the old version of the API."""
        places = CharacterIndex(source.text)
        for one in self.searcher.search(source.text):
            if one.kind in _OF_SETTINGS:
                place = Place(*places.place(source.path, one.start, one.end))
                name = name_given(source.text, one.start) or ""
                yield DeployStep(SettingKind.FILE, name, place, one.written, one.instead)

    def _assigned(self, source: SourceFile) -> Iterator[DeployStep]:
        """The values with the old version in them of what the code is overridden by."""
        name = posixpath.basename(source.path)
        wanted = self.names | (self.keys if any(name in text for text in self.texts) else frozenset())
        places = CharacterIndex(source.text)
        for api in self.rulebook.apis.values() if wanted else ():
            for one in assigned_versions(source.text, api):
                if bare_name(one.name) in wanted:
                    place = Place(*places.place(source.path, one.start, one.end))
                    yield DeployStep(SettingKind.FILE, one.name, place, one.written, one.instead)


_ANYWHERE = (SettingKind.ENVIRONMENT, SettingKind.OPTION, SettingKind.ARGUMENT)
