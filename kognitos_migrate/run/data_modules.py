"""Data files as modules of the program, such as settings files that modules name."""

import posixpath
from collections.abc import Sequence

from kognitos_migrate.config.discovery import PROJECT_FILE, PROJECT_TABLE
from kognitos_migrate.discover.name_mentions import FileMentions
from kognitos_migrate.source.data_file.conversion import DataFile, module_text
from kognitos_migrate.source.data_file.nodes import DataFileError
from kognitos_migrate.source.file import (
    ContentKind,
    SourceFile,
    UnwritableSourceError,
    decode_other_file,
    file_bytes,
)
from kognitos_migrate.structs import replace


def data_module(
    source: SourceFile, data: DataFile, home: SourceFile | None, content: bytes
) -> SourceFile | None:
    """The module for a data file. None if its text isn't data, or if the module doesn't yield its `content`.

    `source` is the file as text, and `home` another source of its project (None: there is none).
    """
    home = home or source
    try:
        module = replace(
            source,
            content_kind=ContentKind.PYTHON,
            text=module_text(data),
            data=data,
            above=home.above,
            project=home.project,
            roots=home.roots,
            requirements=home.requirements,
        )
        return module if file_bytes(module, module.text) == content else None
    except (DataFileError, UnwritableSourceError):
        return None


def settings_sources(
    sources: Sequence[SourceFile], contents: Sequence[tuple[str, bytes]]
) -> tuple[SourceFile, ...]:
    """The modules for those settings files that modules among `sources` may name. `contents` are files with
    their paths."""
    texts = {source.path: source.text for source in sources if source.fault is None}
    mentions = FileMentions(texts, (path for path, _ in contents))
    modules: list[SourceFile] = []
    for path, content in contents:
        users = tuple(mentions.modules_naming(path))
        if not users:
            continue
        source = decode_other_file(content, path)
        suffix = posixpath.splitext(path)[1]
        own_table = PROJECT_TABLE if posixpath.basename(path) == PROJECT_FILE else ()
        data = DataFile(source.text, users, is_settings=True, suffix=suffix, own_table=own_table)
        module = data_module(source, data, sources[0] if sources else None, content)
        modules += [module] if module is not None else []
    return tuple(modules)
