"""Cached kinds of notebook cells, since LibCST is slow to import."""

from kognitos_migrate.cache import CacheEntry, Store, short_name, tool_fingerprint
from kognitos_migrate.source.file import SourceFile, as_notebook
from kognitos_migrate.source.notebook.conversion import Kinds, Notebook

_NOTEBOOK_KIND = "notebooks"


def only_python(source: SourceFile, store: Store) -> SourceFile:
    """The notebook with the cells that are Python, from the cache if possible. Other sources are returned
    unchanged."""
    notebook = source.notebook
    if notebook is None:
        return source
    origin = tool_fingerprint() + source.digest.encode()
    name = short_name(source.digest.encode())
    kinds = _cached_kinds(store, name, origin)
    if kinds is None:
        kinds = _judge_cells(notebook)
        _write_kinds(store, name, origin, kinds)
    return as_notebook(source, notebook.of_kinds(kinds))


def _judge_cells(notebook: Notebook) -> Kinds:
    from kognitos_migrate.syntax.notebook_cells import cell_kinds

    return cell_kinds(notebook)


def _cached_kinds(store: Store, name: str, origin: bytes) -> Kinds | None:
    entry = store.read(_NOTEBOOK_KIND, name)
    if entry is None or entry.origin != origin:
        return None
    import msgspec

    try:
        return msgspec.msgpack.decode(entry.content, type=Kinds)
    except msgspec.MsgspecError:  # written in another format
        return None


def _write_kinds(store: Store, name: str, origin: bytes, kinds: Kinds) -> None:
    if store.folder is None:
        return
    import msgspec

    store.write(_NOTEBOOK_KIND, name, CacheEntry(origin, msgspec.msgpack.encode(kinds)))
