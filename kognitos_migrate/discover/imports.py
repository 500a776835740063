"""Which files belong with those that matter, by their imports, as far as text tells.

A reply that one module returns is read in those that import it, and a wrapper that one module calls may
stand in a module that names nothing of the API. Both have to be understood for an edit to be safe.
"""

import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

_GAP = rb"(?:[ \t]|\\\r?\n)"
_IMPORT = re.compile(
    rb"""[ \t\f]*(?:
        from{gap}+(?P<origin>[\w.]+){gap}+import\b{gap}*(?P<names>\((?:[^)\#]|\#[^\n]*)*\)|[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)
      | import{gap}+(?P<modules>[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)
    )""".replace(b"{gap}", _GAP),
    re.VERBOSE,
)
_WORD = b"import"
_SERVES = "conftest.py"
_TEST = re.compile(r"test.*\.py$|.*_tests?\.py$")
"""The names of modules with tests, as pytest and unittest have them."""
_CUT = re.compile(rb"[;:]")
_CUT_OR_LINE = re.compile(rb"[;:\n]")
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(rb"\w[\w.]*")


def related(imports: Mapping[str, Iterable[str]], seeds: Iterable[str]) -> frozenset[str]:
    """The files that belong with `seeds`, seeds included. `imports` are, by file, the names of `modules`.

    These are all that import a seed, directly or not; all that a seed imports, directly or not; and what
    those that import a seed import themselves. What pytest reads for the tests among them comes along, and
    what that imports itself.
    """
    graph = _Graph(imports)
    seeds = frozenset(seeds)
    above = _closure(seeds, graph.importers)
    below = _closure(seeds, graph.imported)
    beside = (imported for file in above for imported in graph.imported(file))
    found = above | below | set(beside)
    served = serving(imports, found)
    return frozenset(found | served | {one for file in served for one in graph.imported(file)})


def serving(files: Iterable[str], found: Iterable[str]) -> frozenset[str]:
    """The files that pytest reads for the tests among `found`, though nothing imports them."""
    folders = {file.removesuffix(_SERVES): file for file in files if file.endswith(("/" + _SERVES, _SERVES))}
    tests = [file for file in found if _TEST.match(os.path.basename(file))]
    return frozenset(
        file
        for folder, file in folders.items()
        if folder[-1:] in ("", "/") and any(test.startswith(folder) for test in tests)
    )


def leads_to(
    file: str, read: Callable[[str], bytes], folders: "Folders", wanted: Callable[[bytes], bool]
) -> bool:
    """Whether `file`, an absolute path, imports, directly or not, a file in `folders` that is `wanted`."""
    seen, waiting = {file}, [file]
    while waiting:
        importer = waiting.pop()
        for found in sorted(_imported_files(read(importer), importer, folders) - seen):
            if wanted(read(found)):
                return True
            seen.add(found)
            waiting.append(found)
    return False


class Folders:
    """Folders in which modules are looked for, as far as they lie in a project: no project has to be listed,
    and hardly a file asked for that isn't there."""

    def __init__(self, around: Iterable[str]) -> None:
        """The folders in and below those of `around`, and those of the files in it."""
        self._roots = {path if os.path.isdir(path) else os.path.dirname(path) for path in around}
        self._names: dict[str, frozenset[str]] = {}

    def above(self, folder: str) -> Iterator[str]:
        """Where a module in `folder` may import from: there and folders around it, each with its `src`."""
        inside = [folder]
        while inside[-1] not in self._roots and inside[-1] != os.path.dirname(inside[-1]):
            inside.append(os.path.dirname(inside[-1]))
        for one in inside:
            yield one
            if "src" in self.names(one):
                yield f"{one}/src"

    def module(self, folder: str, name: str) -> str | None:
        """The file of the module with this dotted name, looked for in `folder`."""
        first, _, rest = name.partition(".")
        names = self.names(folder)
        for suffix in (".py", ".ipynb"):  # a notebook may run another
            if not rest and f"{first}{suffix}" in names:
                return f"{folder}/{first}{suffix}"
        if first not in names:
            return None
        ahead = f"{folder}/{name.replace('.', '/')}"
        paths = (f"{ahead}.py", f"{ahead}/__init__.py", f"{ahead}.ipynb")
        return next((path for path in paths if os.path.isfile(path)), None)

    def names(self, folder: str) -> frozenset[str]:
        """What lies in `folder`."""
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]


def _imported_files(data: bytes, importer: str, folders: Folders) -> set[str]:
    folder = os.path.dirname(importer)
    bases = list(folders.above(folder))
    found: set[str] = set()
    for name in _names(data):
        rest = name.lstrip(".")
        if rest != name:
            beside = folder
            for _ in range(len(name) - len(rest) - 1):
                beside = os.path.dirname(beside)
            hit = folders.module(beside, rest or "__init__")
        else:
            hit = next(filter(None, (folders.module(base, rest) for base in bases)), None)
        if hit is not None:
            found.add(hit)
    return found


class _Graph:
    """Which files import which, as far as somebody asks: a name means the file that `Files.find` of the
    interpreter finds, beside the importer or in the folders above it."""

    def __init__(self, imports: Mapping[str, Iterable[str]]) -> None:
        self._imports = imports
        self._importers: defaultdict[str, list[str]] = defaultdict(list)
        for file, names in imports.items():
            for name in names:
                self._importers[name].append(file)
        self._whole = {file: _whole(file) for file in imports}
        self._by_path = {path: file for file, path in self._whole.items()}
        self._found: dict[tuple[str, str], str | None] = {}

    def importers(self, file: str) -> Iterator[str]:
        """The files that import this one."""
        parts = _module_parts(file)
        yield from self._importers.get(".".join(parts), ())  # with dots in front, as in `modules`
        for start in range(1, len(parts)):
            name = ".".join(parts[start:])
            yield from (one for one in self._importers.get(name, ()) if self._meant(one, name) == file)

    def imported(self, file: str) -> Iterator[str]:
        """The files that this one imports."""
        for name in self._imports.get(file, ()):
            found = self._meant(file, name)
            if found is not None:
                yield found

    def _meant(self, importer: str, name: str) -> str | None:
        folder = self._whole[importer].rpartition("/")[0]
        if (folder, name) not in self._found:
            bases = [""] if name.startswith(".") else _bases(folder)
            if name.partition(".")[0] in sys.stdlib_module_names:  # which nothing in a package hides
                bases = [base for base in bases if f"{base}/__init__.py" not in self._by_path]
            tail = "/".join(("", *name.removeprefix(".").split(".")))
            paths = (f"{base}{tail}{end}" for base in bases for end in (".py", "/__init__.py"))
            found = next((path for path in paths if path in self._by_path), None)
            self._found[folder, name] = None if found is None else self._by_path[found]
        return self._found[folder, name]


@cache
def _bases(folder: str) -> Sequence[str]:
    """Where a module in `folder` may import from."""
    parts = folder.split("/")
    around = ["/".join(parts[:end]) for end in range(len(parts), 0, -1)]
    return [*around, *(f"{base}/src" for base in around)]


def _module_parts(file: str) -> list[str]:
    """The parts of the name of a module from the root on, the first of which is empty."""
    parts = _whole(file).removesuffix(".py").removesuffix(".pyi").removesuffix(".ipynb").split("/")
    return parts[:-1] if parts[-1] == "__init__" else parts


def _whole(file: str) -> str:
    """`file` from the root on: the working folder may lie in a package."""
    return (file if os.path.isabs(file) else os.path.abspath(file)).replace(os.sep, "/")


def modules(data: bytes, file: str) -> set[str]:
    """Each dotted name that could be a module which `data`, the text of `file`, imports. Those that were said
    relatively begin with a dot, and are said from the root on."""
    folder = _whole(file).split("/")[:-1]
    return {_absolute(name, folder) for name in _names(data)}


def _names(data: bytes) -> set[str]:
    """Each dotted name that could be a module which `data` imports, with its leading dots."""
    found: set[str] = set()
    for statement in _statements(data):
        if statement["modules"] is not None:
            for name in _plain_names(statement["modules"]):
                found.update(_prefixes(name))
            continue
        origin = statement["origin"].decode("utf-8", "replace")
        found.add(origin)
        stem = origin if origin.endswith(".") else f"{origin}."
        found.update(f"{stem}{name}" for name in _plain_names(statement["names"]))
    return found


def _statements(data: bytes) -> Iterator[re.Match[bytes]]:
    """The imports in `data`. The word is found first: a search for it is many times as fast as a pattern."""
    at = data.find(_WORD)
    while at >= 0:
        tried = (_IMPORT.match(data, start) for start in _starts(data, at))
        statement = next((one for one in tried if one is not None and one.end() > at), None)
        if statement is not None:
            yield statement
        at = data.find(_WORD, at + len(_WORD) if statement is None else statement.end())


def _starts(data: bytes, at: int) -> Iterator[int]:
    """Where the statement that has a word at this offset may begin: its line, lines that go on in it, and
    what follows a `;` or `:`."""
    line = data.rfind(b"\n", 0, at) + 1
    begin = line
    while data[max(0, begin - 3) : begin].endswith((b"\\\n", b"\\\r\n")):
        begin = data.rfind(b"\n", 0, begin - 1) + 1
    yield begin
    yield from (cut.end() for cut in (_CUT if begin == line else _CUT_OR_LINE).finditer(data, begin, at))


def _plain_names(text: bytes) -> list[str]:
    return [name.decode("utf-8", "replace") for name in _NAME.findall(_COMMENT.sub(b"", text))]


def _absolute(name: str, folder: Sequence[str]) -> str:
    """`name` with its leading dots resolved against a folder, whose first part is empty."""
    rest = name.lstrip(".")
    dots = len(name) - len(rest)
    if not dots:
        return name
    return ".".join([*folder[: len(folder) - (dots - 1)], *([rest] if rest else [])])


def _prefixes(name: str) -> list[str]:
    """`a.b.c` as `a.b.c`, `a.b` and `a`: all of them can be reached after `import a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _closure(seeds: frozenset[str], neighbours: Callable[[str], Iterable[str]]) -> set[str]:
    reached = set(seeds)
    waiting = list(seeds)
    while waiting:
        for neighbour in neighbours(waiting.pop()):
            if neighbour not in reached:
                reached.add(neighbour)
                waiting.append(neighbour)
    return reached
