"""Settings files that modules of a program name, as sources of values."""

import posixpath
from collections.abc import Iterable, Sequence

from kognitos_migrate.discover.name_mentions import names_file
from kognitos_migrate.run.data_modules import data_module
from kognitos_migrate.source.data_file.conversion import DataFile
from kognitos_migrate.source.file import SourceFile, decode_other_file


def settings_sources(
    sources: Sequence[SourceFile], contents: Iterable[tuple[str, bytes]]
) -> tuple[SourceFile, ...]:
    """The modules for those settings files that modules among `sources` name. `contents` are files with their
    paths."""
    texts = {source.path: source.text for source in sources if source.fault is None}
    modules: list[SourceFile] = []
    for path, content in contents:
        users = tuple(sorted(user for user, text in texts.items() if names_file(text, path)))
        if not users:
            continue
        source = decode_other_file(content, path)
        suffix = posixpath.splitext(path)[1]
        data = DataFile(source.text, users, is_settings=True, suffix=suffix)
        module = data_module(source, data, sources[0] if sources else None, content)
        modules += [module] if module is not None else []
    return tuple(modules)
