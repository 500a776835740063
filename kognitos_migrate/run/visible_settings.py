"""Values of settings in the files of a project that may be keys of the configured tables."""

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from kognitos_migrate.config.discovery import FILE_NAME, PROJECT_TABLE
from kognitos_migrate.config.pytest_options import python_files_patterns
from kognitos_migrate.config.settings import Settings, SettingValue
from kognitos_migrate.discover.ignore_rules import is_program_data
from kognitos_migrate.discover.name_mentions import FileMentions
from kognitos_migrate.discover.other_files import without_own_files
from kognitos_migrate.discover.prefilter import FileSelection, is_binary, is_own_report
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.run.source_loading import LoadedSources
from kognitos_migrate.source.content import read_bounded, shown_path
from kognitos_migrate.source.file import decode_other_file
from kognitos_migrate.structs import Struct, replace

LARGEST = 200_000
"""The largest file in bytes that is searched."""
_VARIABLE = re.compile(r"(?<![\w-])(?:--[a-z][\w-]+|[A-Z][A-Z0-9_]+)(?!\w)")
"""The name of a variable or an option. In files that no module names, others aren't searched."""
_WORD = re.compile(r"\w+")
_SAMPLE = re.compile(r"(?:^|[._/-])(?:dist|examples?|fixtures?|samples?|templates?|tests?|tpl)(?:[._/-]|$)")


def with_project_settings(
    settings: Settings, reading: LoadedSources, scope: FileSelection, rulebook: Rulebook
) -> Settings:
    """The settings with those in the files of the project: the names of its tests, and its values."""
    modules = {source.path: source.text for source in reading.sources if source.fault is None}
    is_searched = bool(modules and reading.texts)
    words = {word.lower() for text in modules.values() for word in _WORD.findall(text)} if is_searched else ()
    files = [*_searched_files(modules, words, reading, scope, settings)] if is_searched else []
    return replace(
        settings,
        tests=(*settings.tests, *python_files_patterns(settings.root)),
        visible=_visible_values(files, words, rulebook),
        old_bases=_variables_of_old_bases(files, rulebook),
        nested=_nested_configurations(reading, settings),
    )


def _nested_configurations(reading: LoadedSources, settings: Settings) -> tuple[str, ...]:
    """The configuration files among the settings files, without the one of the run."""
    own = shown_path(settings.source) if settings.source is not None else None
    files = (file for file in reading.settings if os.path.basename(file) == FILE_NAME)
    return tuple(file for file in sorted(files) if file != own)


class _SearchedFile(Struct, frozen=True):
    """A file of the project that may have settings of its modules."""

    path: str
    text: str
    names: frozenset[str]
    """The names of variables and options in its text that are in a module."""
    is_named: bool
    """Whether a module names the file."""
    is_sample: bool
    """Whether it is a sample, or for tests."""


def _searched_files(
    modules: Mapping[str, str],
    words: Collection[str],
    reading: LoadedSources,
    scope: FileSelection,
    settings: Settings,
) -> Iterator[_SearchedFile]:
    """The files that may have settings. Data files are read only if a module names them."""
    files = without_own_files(sorted(reading.texts), scope, settings, ())
    mentions = FileMentions(modules, files)
    for file in files:
        is_named = mentions.is_named(file) or mentions.has_stem(file)
        if not is_named and is_program_data(os.path.basename(file)):
            continue
        text = _readable_text(file)
        names = frozenset(name for name in {*_VARIABLE.findall(text)} if _is_mentioned(name, words))
        is_sample = _SAMPLE.search(_path_below(file, settings).lower()) is not None
        yield _SearchedFile(file, text, names, is_named, is_sample)


def _visible_values(
    files: Iterable[_SearchedFile], words: Collection[str], rulebook: Rulebook
) -> tuple[SettingValue, ...]:
    """The values that may be keys of a table and whose name is in a module, file by file."""
    from kognitos_migrate.text_search.setting_values import setting_values

    tables = [table for api in rulebook.apis.values() for table in api.tables.values()]

    def is_key(value: str) -> bool:
        return any(table.fault(value) is None for table in tables)

    values: list[SettingValue] = []
    for file in files if tables else ():
        has_any_name = file.is_named or ".env" in os.path.basename(file.path)
        if not has_any_name and not file.names:
            continue
        for named in setting_values(file.path, file.text, is_key, has_structure=file.is_named):
            is_own = named.names[: len(PROJECT_TABLE)] == PROJECT_TABLE
            if not (has_any_name or _VARIABLE.fullmatch(named.names[-1])):
                continue
            if not is_own and any(_is_mentioned(name, words) for name in named.names):
                place = (file.path, named.row, named.column)
                values.append(SettingValue(named.names, named.value, *place, file.is_named, file.is_sample))
    return tuple(sorted(values, key=lambda value: (value.path, value.row, value.column)))


def _variables_of_old_bases(
    files: Iterable[_SearchedFile], rulebook: Rulebook
) -> Mapping[str, frozenset[str]]:
    """By API: the environment variables of the modules to which files give its old base URLs and no other
    values. Samples and files for tests don't count."""
    from kognitos_migrate.text_search.assignments import assigned_versions
    from kognitos_migrate.text_search.setting_values import written_values

    old: dict[str, set[str]] = {}
    others: set[str] = set()
    for file in files:
        if not file.names or file.is_sample:
            continue
        written = written_values(file.path, file.text, has_structure=False)
        values = {start: keys[-1] for keys, start, _ in written if keys[-1] in file.names}
        for api_id, api in rulebook.apis.items():
            for version in assigned_versions(file.text, rulebook, api):
                ends_with_version = version.written.rstrip("/").rpartition("/")[2] == api.old
                if version.name in file.names and ends_with_version:
                    old.setdefault(api_id, set()).add(version.name)
                    values.pop(version.start, None)
        others.update(values.values())
    return {api_id: frozenset(names - others) for api_id, names in old.items()}


def _readable_text(file: str) -> str:
    """The text of a file. Empty if it is unreadable, too large, binary, or a report of this tool."""
    try:
        data = read_bounded(file, LARGEST)
    except OSError:
        return ""
    return "" if is_binary(data) or is_own_report(data) else decode_other_file(data, file).text


def _is_mentioned(name: str, words: Collection[str]) -> bool:
    """Whether a name, or what is behind a prefix in it, is a word of the modules."""
    return any(part in words for part in _suffixes(name.lower().lstrip("-").replace("-", "_")))


def _suffixes(name: str) -> Iterable[str]:
    parts = name.split("_")
    return ("_".join(parts[start:]) for start in range(len(parts)))


def _path_below(file: str, settings: Settings) -> str:
    """The path of a file relative to the folder of the configuration, if it is below it."""
    return os.path.relpath(file, settings.root).removeprefix(f"..{os.sep}")
