"""Settings files that modules of a program name, as sources of values."""

import posixpath
from collections.abc import Collection, Iterable, Sequence

from kognitos_migrate.discover.name_mentions import contains_name, names_file
from kognitos_migrate.run.data_modules import data_module
from kognitos_migrate.source.content import ENVIRONMENT, is_environment_file
from kognitos_migrate.source.data_file.conversion import DataFile
from kognitos_migrate.source.data_file.sections import variables_in
from kognitos_migrate.source.file import SourceFile, decode_text


def settings_sources(
    sources: Sequence[SourceFile], contents: Iterable[tuple[str, bytes]], kept: Collection[str]
) -> tuple[SourceFile, ...]:
    """The modules for those settings files that modules among `sources` name, and for environment files with
    a variable that one of them names. `contents` are files with their paths; a fix leaves the files
    `kept` as they are."""
    texts = {source.path: source.text for source in sources if source.fault is None}
    modules: list[SourceFile] = []
    for path, content in contents:
        source = decode_text(content, path)
        suffix = ENVIRONMENT if is_environment_file(path) else posixpath.splitext(path)[1]
        variables = variables_in(source.text) if suffix == ENVIRONMENT else ()
        users = tuple(
            sorted(
                user
                for user, text in texts.items()
                if names_file(text, path) or any(contains_name(text, name) for name in variables)
            )
        )
        if not users:
            continue
        data = DataFile(source.text, users, is_settings=True, is_kept=path in kept, suffix=suffix)
        module = data_module(source, data, sources[0] if sources else None, content)
        modules += [module] if module is not None else []
    return tuple(modules)
