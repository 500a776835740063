"""Settings that code of the new version shares with code that stays on the old one."""

import os
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import TypeAlias

from kognitos_migrate.discover.name_mentions import contains_name
from kognitos_migrate.discover.prefilter import FileSelection
from kognitos_migrate.findings.result import Applicability, DeployStep, Place, Result, SettingKind
from kognitos_migrate.rulebook.codes import MENTIONS, OF_NEW_CALLS
from kognitos_migrate.run.settings_search import SettingsSearch
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.source.file import SourceFile
from kognitos_migrate.structs import Struct
from kognitos_migrate.text_search.assignments import bare_name

OldCallers: TypeAlias = Sequence[tuple[SourceFile, Place]]
"""The modules of programs that call the old version, each with the first call in it or in its program."""

Programs: TypeAlias = Sequence[Collection[str]]
"""The paths of the modules of each program: those that may use each other's definitions."""

_NO_CALLS = MENTIONS | OF_NEW_CALLS
"""The codes of findings that aren't calls of the old version."""


class BlockedFile(Struct, frozen=True):
    """A settings file with the old version that changed code reads, and that a fix may not change."""

    path: str
    programs: frozenset[str]
    """The modules of the changed programs that may read the file."""
    caller: Place | None = None
    """A call that stays on the old version, and whose module may read the file. None: the file is outside of
    the user's paths."""


def old_callers(
    result: Result, sources: Mapping[str, SourceFile], settings_files: Collection[str], programs: Programs
) -> OldCallers:
    """The callers of the old version that remain after the changes, or after a fix. A settings file calls
    nothing."""
    first: dict[str, Place] = {}
    manual = [item for item in result.findings if item.fix.applicability is Applicability.MANUAL]
    findings = result.remaining if result.changes else manual
    calls = (finding.place for finding in findings if finding.code not in _NO_CALLS)
    for place in sorted(calls):
        if place.path not in settings_files:
            first.setdefault(place.path, place)
    if not first.keys() & sources.keys():
        return []
    callers: list[tuple[SourceFile, Place]] = []
    for group in programs:
        places = [first[path] for path in group if path in first]
        callers += [(sources[path], first.get(path, places[0])) for path in group if places]
    return callers


def texts_of_modules(sources: Mapping[str, SourceFile]) -> Mapping[str, bytes]:
    """The texts of the modules among the sources."""
    return {
        path: source.text.encode("utf-8", "surrogatepass")
        for path, source in sources.items()
        if not is_data_file(path)
    }


def sharing_of_file(
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
        if source.path in readers or any(contains_name(source.text, variable) for variable in variables):
            yield DeployStep(SettingKind.SHARED, name, place)


def sharing_of_variables(steps: Iterable[DeployStep], callers: OldCallers) -> Iterator[DeployStep]:
    """The callers of the old version that may read an environment variable which changed code reads, too."""
    for step in steps:
        for source, place in callers if step.kind is SettingKind.ENVIRONMENT else ():
            if contains_name(source.text, step.name):
                yield DeployStep(SettingKind.SHARED, step.name, place)


def programs_of_readers(
    search: SettingsSearch,
    file: SourceFile,
    lines: Iterable[DeployStep],
    requests: Iterable[DeployStep],
    modules: Sequence[SourceFile],
    programs: Programs,
    scope: FileSelection,
) -> frozenset[str]:
    """The modules of changed code that take the version from the `lines` of a settings file.

    A line sets a variable or key, whose requests are known: `requests` are the settings of the changed code,
    each with a request. If the code names none of a line, these are the modules, among `modules`, of the
    programs that may read the file, and all of them if none shows that it does.
    """
    requests_by_name: dict[str, set[str]] = {}
    for step in requests:
        requests_by_name.setdefault(last_key(step.name), set()).add(step.place.path)
    paths: set[str] = set()
    for line in lines:
        followed = requests_by_name.get(last_key(line.name), set())
        near = search.readers(file, modules, scope) if line.name else search.openers(file, modules)
        readers = {source.path for source in near if not followed}
        paths.update(followed, *(group for group in programs if not readers.isdisjoint(group)))
    return frozenset(paths or (source.path for source in modules))


def last_key(name: str) -> str:
    """The last key of a setting's name: `start` of `endpoints.start`."""
    return bare_name(name).rpartition(".")[2]


class NearbyCallers:
    """The callers near settings files that other folders have under the same name."""

    def __init__(self, callers: OldCallers, changed: Collection[SourceFile], files: Collection[str]) -> None:
        self._callers, self._changed = callers, changed
        self._modules = {source.path: source for source in (*changed, *(source for source, _ in callers))}
        self._files: dict[str, list[str]] = {}
        for file in files:
            self._files.setdefault(posixpath.basename(file), []).append(file)
        self._folders = cache(_folders_of)
        self._names_folder = cache(self._names_folder_of)
        self._nearest = cache(self._depth_of_nearest)

    def callers_of(self, file: str) -> OldCallers | None:
        """The callers that may read `file` rather than a file of the same name nearer to them. None if the
        file is nearest to such a caller and to no changed module, so that changed code has another one.

        All callers may read the only file of its name, one that is nearest to none of these modules, and each
        if a module names the folder of one of them.
        """
        name = posixpath.basename(file)
        has_others = len(self._files[name]) > 1
        if has_others and self._names_folder(name):
            return self._callers
        own = [(source, place) for source, place in self._callers if self._is_nearest(file, source.path)]
        if any(self._is_nearest(file, source.path) for source in self._changed):
            return own
        return None if own and has_others else self._callers

    def _names_folder_of(self, name: str) -> bool:
        """Whether a module names the folder of a file called `name`."""
        folders = {posixpath.basename(posixpath.dirname(file)) for file in self._files[name]} - {""}
        texts = [module.text for module in self._modules.values()]
        return any(contains_name(text, folder) for folder in folders for text in texts)

    def _is_nearest(self, file: str, module: str) -> bool:
        """Whether no other file of the same name has more folders in common with a module."""
        return self._common_folders(file, module) >= self._nearest(posixpath.basename(file), module)

    def _depth_of_nearest(self, name: str, module: str) -> int:
        """The most folders that a file called `name` has in common with a module."""
        return max(self._common_folders(file, module) for file in self._files[name])

    def _common_folders(self, file: str, module: str) -> int:
        pairs = zip(self._folders(file), self._folders(module), strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _folders_of(file: str) -> Sequence[str]:
    return os.path.dirname(os.path.abspath(file)).split(os.sep)
