"""Scans the bytes of a file for its imports, and looks modules up in folders."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

GAP = b"\0"
"""Stands between words."""

_SPACE = rb"(?:[ \t]|\\\r?\n)"
_LETTER = rb"[\w\x80-\xff]"
_LIST = rb"\([\w.,*\s\\\x80-\xff]*(?:#[^\n]*\n[\w.,*\s\\\x80-\xff]*)*\)"
"""The names between parentheses. What can't stand there ends it, so that of those left open not each looks
through the whole file."""
_IMPORT = re.compile(
    rb"""[ \t\f]*(?:
        from{gap}+(?P<origin>[\w.\x80-\xff]+){gap}+import\b{gap}*
        (?P<names>{list}|[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)
      | import{gap}+(?P<modules>[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)
    )""".replace(b"{gap}", _SPACE).replace(b"{list}", _LIST.replace(b"#", rb"\#")),
    re.VERBOSE,
)
_WORD = b"import"
_AFTER = frozenset(b" \t\\(*")
"""What may follow the word."""
_CONTINUED = (b"\\\n", b"\\\r\n")
_CUT = re.compile(rb"[;:]")
_CUT_OR_LINE = re.compile(rb"[;:\n]")
_COMMENT = re.compile(rb"#[^\n]*")
_NAME = re.compile(_LETTER + rb"[\w.\x80-\xff]*")
_ORIGIN = rb"from({gap}+{letter}+{gap}+)import\b".replace(b"{gap}", _SPACE).replace(
    b"{letter}", rb"[\w.\x80-\xff]"
)
_NAMES = (
    rb"import(?=[ \t\\(*]){gap}*"
    rb"({list}|[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)".replace(b"{gap}", _SPACE).replace(b"{list}", _LIST)
)
"""What stands before and after the word, whether or not that is an import. Small runs don't ask: `re`
compiles them on first use."""
_APART = bytes(code if chr(code).isalnum() or code == ord("_") or code > 127 else 32 for code in range(256))
"""Letters as they are, and all else as spaces."""
_NO_NAME = b" \t\r\n\\."
_KEYWORDS = frozenset((b"from", b"import", b"as"))


class ImportSearch:
    """Tells which files import, directly or not, one that is wanted. A file is read once, whoever asks."""

    def __init__(
        self, read: Callable[[str], bytes], folders: "SearchFolders", is_wanted: Callable[[bytes], bool]
    ) -> None:
        """`read` gives the text at an absolute path. Imports are followed as far as `folders` hold them."""
        self._read, self._folders, self._is_wanted = read, folders, is_wanted
        self._imports: dict[str, Sequence[str]] = {}
        """By file, those that it imports, of the files whose imports were asked for."""
        self._texts: dict[str, bytes] = {}
        """The texts of files whose imports were not asked for yet."""
        self._wanted: dict[str, bool] = {}
        self._leading: set[str] = set()
        """Files that import one that is wanted, directly or not."""
        self._leading_nowhere: set[str] = set()

    def leads(self, file: str) -> bool:
        """Whether `file`, an absolute path, imports one that is wanted, directly or not."""
        if file in self._leading or file in self._leading_nowhere:
            return file in self._leading
        importers: dict[str, str | None] = {file: None}
        waiting = [file]
        while waiting:
            importer = waiting.pop()
            for imported in self._imported(importer):
                if imported in self._leading or self._wants(imported):
                    self._note_leading(importer, importers)
                    return True
                if imported not in importers and imported not in self._leading_nowhere:
                    importers[imported] = importer
                    waiting.append(imported)
        self._leading_nowhere.update(importers)
        return False

    def _note_leading(self, file: str | None, importers: Mapping[str, str | None]) -> None:
        """Note that a file leads to one that is wanted, and so do those by which it was reached."""
        while file is not None:
            self._leading.add(file)
            file = importers[file]

    def _wants(self, file: str) -> bool:
        if file not in self._wanted:
            text = self._texts[file] = self._read(file)
            self._wanted[file] = self._is_wanted(text)
        return self._wanted[file]

    def _imported(self, file: str) -> Sequence[str]:
        if file not in self._imports:
            self._wants(file)  # which reads it
            self._imports[file] = sorted(self._folders.imported_files(self._texts.pop(file), file))
        return self._imports[file]


class SearchFolders:
    """Folders in which modules are looked for, as far as they lie in a project: no project has to be listed,
    and hardly a file asked for that isn't there."""

    def __init__(self, around: Iterable[str]) -> None:
        """The folders in and below those of `around`, and those of the files in it."""
        self._roots = {path if os.path.isdir(path) else os.path.dirname(path) for path in around}
        self._names: dict[str, frozenset[str]] = {}
        self._around: dict[str, Sequence[tuple[str, frozenset[str]]]] = {}
        """By folder: where a module in it may import from, and what lies there."""
        self._bases: dict[tuple[str, str], Sequence[str]] = {}
        """By folder and name, where a module in the folder may find the name."""

    def imported_files(self, data: bytes, importer: str) -> set[str]:
        """The files that `data`, the text of the absolute path `importer`, imports."""
        folder = os.path.dirname(importer)
        found: set[str] = set()
        for name in _names_within(data, lambda package: bool(self._holders(folder, package))):
            rest = name.lstrip(".")
            if rest == name:
                holders = self._holders(folder, name.partition(".")[0])
                hit = next(filter(None, (self.module(base, name) for base in holders)), None)
            else:
                beside = folder
                for _ in range(len(name) - len(rest) - 1):
                    beside = os.path.dirname(beside)
                hit = self.module(beside, rest or "__init__")
            if hit is not None:
                found.add(hit)
        found.discard(importer)
        return found

    def _holders(self, folder: str, name: str) -> Sequence[str]:
        """The folders that have a module or package with this name, without dots, of those that a module in
        `folder` may import from."""
        if folder not in self._around:
            self._around[folder] = [(base, self.names(base)) for base in self._above(folder)]
        if (folder, name) not in self._bases:
            files = (name, f"{name}.py", f"{name}.ipynb")
            holders = [base for base, names in self._around[folder] if not names.isdisjoint(files)]
            self._bases[folder, name] = holders
        return self._bases[folder, name]

    def _above(self, folder: str) -> Iterator[str]:
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
        *packages, last = name.split(".")
        is_plain = not packages
        for package in packages:
            if package not in self.names(folder):
                return None
            folder = f"{folder}/{package}"
        names = self.names(folder)
        if f"{last}.py" in names:
            return f"{folder}/{last}.py"
        if is_plain and f"{last}.ipynb" in names:  # a notebook may run another
            return f"{folder}/{last}.ipynb"
        if last in names and "__init__.py" in self.names(f"{folder}/{last}"):
            return f"{folder}/{last}/__init__.py"
        return f"{folder}/{last}.ipynb" if f"{last}.ipynb" in names else None

    def names(self, folder: str) -> frozenset[str]:
        """What lies in `folder`."""
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]


def absolute_path(file: str) -> str:
    """`file` from the root on: the working folder may lie in a package."""
    return (file if os.path.isabs(file) else os.path.abspath(file)).replace(os.sep, "/")


def import_words(data: bytes, file: str) -> bytes:
    """The words in the imports of `data`, the text of `file`, with GAP between them: all parts of the names
    that `imported_modules` gives, but for the folders that a relative import begins at. There are some more,
    of what only looks like an import: to tell these apart takes as long again."""
    origins = re.findall(_ORIGIN, data)
    found = {*b" ".join((*origins, *re.findall(_NAMES, data))).translate(_APART).split()} - _KEYWORDS
    for origin in origins:
        if not origin.strip(_NO_NAME):  # a package of which modules are imported, by dots alone
            found.update(map(os.fsencode, absolute_path(file).split("/")[:-1][-origin.count(b".") :][:1]))
    return GAP.join(found)


def imported_modules(data: bytes, file: str) -> set[str]:
    """Each dotted name that could be a module which `data`, the text of `file`, imports. Relative ones become
    paths from the root on, without a suffix: the name of a folder may have dots in it."""
    folder = absolute_path(file).split("/")[:-1]
    return {absolute_name(name, folder) for name in _names(data)}


@lru_cache(maxsize=1_000)
def _names(data: bytes) -> frozenset[str]:
    """Each dotted name that could be a module which `data` imports, with its leading dots. That is asked of a
    file to find what belongs with it, and again for what it is connected with."""
    return frozenset(_names_within(data, lambda _package: True))


def _names_within(data: bytes, is_wanted: Callable[[str], bool]) -> set[str]:
    """The same of the packages that are wanted, by their first names, and of relative imports."""
    found: set[str] = set()
    for statement in _statements(data):
        if statement["modules"] is not None:
            for name in _plain_names(statement["modules"]):
                if is_wanted(name.partition(".")[0]):
                    found.update(name_prefixes(name))
            continue
        origin = statement["origin"].decode("utf-8", "replace")
        if origin.startswith(".") or is_wanted(origin.partition(".")[0]):
            found.add(origin)
            stem = origin if origin.endswith(".") else f"{origin}."
            found.update(f"{stem}{name}" for name in _plain_names(statement["names"]))
    return found


def _statements(data: bytes) -> Iterator[re.Match[bytes]]:
    """The imports in `data`. The word is found first: a search for it is many times as fast as a pattern."""
    at = data.find(_WORD)
    while at >= 0:
        end = at + len(_WORD)
        statement = _statement(data, at) if end < len(data) and data[end] in _AFTER else None
        if statement is not None:
            yield statement
            end = statement.end()
        at = data.find(_WORD, end)


def _statement(data: bytes, at: int) -> re.Match[bytes] | None:
    """The import whose word is at this offset. Most begin with their line."""
    line = data.rfind(b"\n", 0, at) + 1
    if not data.endswith(_CONTINUED, 0, line):
        statement = _IMPORT.match(data, line)
        if statement is not None and statement.end() > at:
            return statement
    tried = (_IMPORT.match(data, start) for start in _starts(data, at))
    return next((one for one in tried if one is not None and one.end() > at), None)


def _starts(data: bytes, at: int) -> Iterator[int]:
    """Where the statement that has a word at this offset may begin: its line, lines that go on in it, and
    what follows a `;` or `:`."""
    line = data.rfind(b"\n", 0, at) + 1
    begin = line
    while data.endswith(_CONTINUED, 0, begin):
        begin = data.rfind(b"\n", 0, begin - 1) + 1
    yield begin
    yield from (cut.end() for cut in (_CUT if begin == line else _CUT_OR_LINE).finditer(data, begin, at))


def _plain_names(text: bytes) -> list[str]:
    return [name.decode("utf-8", "replace") for name in _NAME.findall(_COMMENT.sub(b"", text))]


def absolute_name(name: str, folder: Sequence[str]) -> str:
    """`name` with its leading dots resolved against a folder, whose first part is empty: a path."""
    rest = name.lstrip(".")
    dots = len(name) - len(rest)
    if not dots:
        return name
    return "/".join([*folder[: len(folder) - (dots - 1)], *(rest.split(".") if rest else [])])


def name_prefixes(name: str) -> list[str]:
    """`a.b.c` as `a.b.c`, `a.b` and `a`: all of them can be reached after `import a.b.c`."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
