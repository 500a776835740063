"""What the cells of a notebook are, kept between runs: LibCST tells it, and takes long to load."""

from kognitos_migrate.cache.code import code_state
from kognitos_migrate.cache.store import Entry, Store, name_of
from kognitos_migrate.source.file import SourceFile, as_notebook
from kognitos_migrate.source.notebook import Kinds, Notebook

_KIND = "notebooks"


def only_python(source: SourceFile, store: Store) -> SourceFile:
    """The same as that of `syntax/notebook.py`."""
    notebook = source.notebook
    if notebook is None:
        return source
    origin = code_state() + source.digest.encode()
    name = name_of(source.digest.encode())
    kinds = _kept(store, name, origin)
    if kinds is None:
        kinds = _judged(notebook)
        _keep(store, name, origin, kinds)
    return as_notebook(source, notebook.of_kinds(kinds))


def _judged(notebook: Notebook) -> Kinds:
    from kognitos_migrate.syntax.notebook import kinds

    return kinds(notebook)


def _kept(store: Store, name: str, origin: bytes) -> Kinds | None:
    entry = store.read(_KIND, name)
    if entry is None or entry.origin != origin:
        return None
    import msgspec

    try:
        return msgspec.msgpack.decode(entry.content, type=Kinds)
    except msgspec.MsgspecError:  # of another form
        return None


def _keep(store: Store, name: str, origin: bytes, kinds: Kinds) -> None:
    if store.folder is None:
        return
    import msgspec

    store.write(_KIND, name, Entry(origin, msgspec.msgpack.encode(kinds)))
