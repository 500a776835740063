"""Data files as modules of the program."""

from kognitos_migrate.source.data_file.conversion import DataFile, module_text
from kognitos_migrate.source.data_file.nodes import DataFileError
from kognitos_migrate.source.file import ContentKind, SourceFile, UnwritableSourceError, file_bytes
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
