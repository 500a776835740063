"""Any text file as text: bytes to characters, whatever their encoding."""

import codecs

from kognitos_migrate.record import replace
from kognitos_migrate.source.content import digest_of
from kognitos_migrate.source.file import Language, SourceFile, created

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode_text(data: bytes, path: str) -> SourceFile:
    """The text of a file that is not Python: by its mark, else as UTF-8, else byte by byte."""
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    body = data[len(mark) :]
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        encoding = encoding if mark else "latin-1"
        text = body.decode(encoding, "replace")
    source = replace(created(path, text), encoding=encoding, bom=bool(mark), digest=digest_of(data))
    return replace(source, language=Language.TEXT)
