"""Cached properties of notebook cells, since LibCST is slow to import."""

from kognitos_migrate.cache import CacheEntry, Store, short_name, tool_fingerprint
from kognitos_migrate.source.file import SourceFile, as_notebook
from kognitos_migrate.source.notebook.conversion import CellProperties, Notebook

_NOTEBOOK_KIND = "notebooks"


def only_python(source: SourceFile, store: Store) -> SourceFile:
    """The notebook with the cells that are Python, from the cache if possible. Other sources are returned
    unchanged."""
    notebook = source.notebook
    if notebook is None:
        return source
    origin = tool_fingerprint() + source.digest.encode()
    name = short_name(source.digest.encode())
    properties = _cached_properties(store, name, origin)
    if properties is None:
        properties = _judge_cells(notebook)
        _write_properties(store, name, origin, properties)
    return as_notebook(source, notebook.with_properties(properties))


def _judge_cells(notebook: Notebook) -> CellProperties:
    from kognitos_migrate.syntax.notebook_cells import cell_properties

    return cell_properties(notebook)


def _cached_properties(store: Store, name: str, origin: bytes) -> CellProperties | None:
    entry = store.read(_NOTEBOOK_KIND, name)
    if entry is None or entry.origin != origin:
        return None
    import msgspec

    try:
        return msgspec.msgpack.decode(entry.content, type=CellProperties)
    except msgspec.MsgspecError:  # written in another format
        return None


def _write_properties(store: Store, name: str, origin: bytes, properties: CellProperties) -> None:
    if store.folder is None:
        return
    import msgspec

    store.write(_NOTEBOOK_KIND, name, CacheEntry(origin, msgspec.msgpack.encode(properties)))
