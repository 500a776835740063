"""Which files belong with those that matter, by their imports, as far as text tells.

A reply that one module returns is read in those that import it, and a wrapper that one module calls may
stand in a module that names nothing of the API. Both have to be understood for an edit to be safe.
"""

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

_GAP = rb"(?:[ \t]|\\\r?\n)"
_IMPORT = re.compile(
    rb"""(?:^|[;:])[ \t\f]*(?:
        from{gap}+(?P<origin>[\w.]+){gap}+import\b{gap}*(?P<names>\((?:[^)\#]|\#[^\n]*)*\)|[^\\\n]*(?:\\\r?\n[^\\\n]*)*)
      | import{gap}+(?P<modules>[^\\\n]*(?:\\\r?\n[^\\\n]*)*)
    )""".replace(b"{gap}", _GAP),
    re.MULTILINE | re.VERBOSE,
)
_COMMENT = re.compile(rb"#[^\n]*")
_DOT = "\0"
"""Stands for a dot in a folder's name."""
_NAME = re.compile(rb"[\w.]+")


def related(files: Sequence[str], seeds: Iterable[str], read: Callable[[str], bytes]) -> frozenset[str]:
    """The files (among `files`) that belong with `seeds`, seeds included.

    These are all that import a seed, directly or not; all that a seed imports, directly or not; and what
    those that import a seed import themselves. `read` gives a file's bytes.
    """
    graph = _graph(files, read)
    seeds = frozenset(seeds)
    above = _closure(seeds, graph.importers)
    below = _closure(seeds, graph.imports)
    beside = (imported for file in above for imported in graph.imports.get(file, ()))
    return frozenset(above | below | set(beside))


def leads_to(
    file: str, read: Callable[[str], bytes], exists: Callable[[str], bool], wanted: Callable[[bytes], bool]
) -> bool:
    """Whether `file`, an absolute path, imports, directly or not, a file whose bytes are `wanted`.

    The files are looked for beside the importer and in the folders above it, so that no project has to be
    listed.
    """
    seen, waiting = {file}, [file]
    while waiting:
        importer = waiting.pop()
        for found in sorted(_imported_files(read(importer), importer, exists) - seen):
            if wanted(read(found)):
                return True
            seen.add(found)
            waiting.append(found)
    return False


def _imported_files(data: bytes, importer: str, exists: Callable[[str], bool]) -> set[str]:
    parts = importer.split("/")[:-1]
    folders = ["/".join(parts[:end]) for end in range(len(parts), -1, -1)]
    bases = [*folders, *(f"{folder}/src" if folder else "src" for folder in folders)]
    found: set[str] = set()
    for module in _modules(data, importer.replace(".", _DOT)):
        tail = module.replace(".", "/").replace(_DOT, ".")
        for base in bases:
            ahead = f"{base}/{tail}" if base else tail
            hit = next((path for path in (f"{ahead}.py", f"{ahead}/__init__.py") if exists(path)), None)
            if hit is not None:
                found.add(hit)
                break
    return found


@dataclass(frozen=True, slots=True)
class _Graph:
    imports: Mapping[str, frozenset[str]]
    importers: Mapping[str, frozenset[str]]


def _graph(files: Sequence[str], read: Callable[[str], bytes]) -> _Graph:
    by_tail = _by_tail(files)
    imports: dict[str, frozenset[str]] = {}
    importers: defaultdict[str, set[str]] = defaultdict(set)
    for file in files:
        named = {candidate for module in _modules(read(file), file) for candidate in by_tail.get(module, ())}
        imports[file] = frozenset(named - {file})
        for candidate in imports[file]:
            importers[candidate].add(file)
    return _Graph(imports, {file: frozenset(found) for file, found in importers.items()})


def _by_tail(files: Sequence[str]) -> Mapping[str, list[str]]:
    """The files by each dotted name that could mean them: `a/b/c.py` is `c`, `b.c` and `a.b.c`."""
    by_tail: defaultdict[str, list[str]] = defaultdict(list)
    for file in files:
        parts = _module_parts(file)
        for start in range(len(parts)):
            by_tail[".".join(parts[start:])].append(file)
    return by_tail


def _module_parts(file: str) -> list[str]:
    parts = _whole(file).removesuffix(".py").removesuffix(".pyi").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts


def _whole(file: str) -> str:
    """`file` from the root on: the working folder may lie in a package."""
    return (file if os.path.isabs(file) else os.path.abspath(file)).replace(os.sep, "/")


def _modules(data: bytes, file: str) -> set[str]:
    """Each dotted name that could be a module which `data`, the text of `file`, imports."""
    found: set[str] = set()
    for statement in _IMPORT.finditer(data):
        if statement["modules"] is not None:
            for name in _plain_names(statement["modules"]):
                found.update(_prefixes(name))
            continue
        origin = _absolute(statement["origin"].decode("utf-8", "replace"), file)
        found.add(origin)
        found.update(f"{origin}.{name}".lstrip(".") for name in _plain_names(statement["names"]))
    return found


def _plain_names(text: bytes) -> list[str]:
    return [name.decode("utf-8", "replace") for name in _NAME.findall(_COMMENT.sub(b"", text))]


def _absolute(origin: str, file: str) -> str:
    """`origin` with its leading dots resolved against the folder of `file`."""
    dots = len(origin) - len(origin.lstrip("."))
    if not dots:
        return origin
    folder = _whole(file).split("/")[:-1]
    above = folder[: len(folder) - (dots - 1)]
    return ".".join([*above, *([origin[dots:]] if origin[dots:] else [])])


def _prefixes(name: str) -> list[str]:
    """`a.b.c` as `a.b.c`, `a.b` and `a`: all of them can be reached after `import a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _closure(seeds: frozenset[str], neighbours: Mapping[str, frozenset[str]]) -> set[str]:
    reached = set(seeds)
    waiting = list(seeds)
    while waiting:
        for neighbour in neighbours.get(waiting.pop(), ()):
            if neighbour not in reached:
                reached.add(neighbour)
                waiting.append(neighbour)
    return reached
