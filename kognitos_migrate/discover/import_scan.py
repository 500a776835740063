"""Scans the bytes of a file for its imports, and looks up modules in folders."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

GAP = b"\0"
"""The separator of words."""

_SPACE = rb"(?:[ \t]|\\\r?\n)"
_LETTER = rb"[\w\x80-\xff]"
_LIST = rb"\([\w.,*\s\\\x80-\xff]*(?:#[^\n]*\n[\w.,*\s\\\x80-\xff]*)*\)"
"""The names between parentheses.

A byte that can't occur there ends the match, so that unclosed parentheses don't each scan the whole file.
"""
_IMPORT = re.compile(
    rb"""[ \t\f]*(?:lazy{gap}+)?(?:
        from{gap}+(?P<origin>[\w.\x80-\xff]+){gap}+import\b{gap}*
        (?P<names>{list}|[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)
      | import{gap}+(?P<modules>[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)
    )""".replace(b"{gap}", _SPACE).replace(b"{list}", _LIST.replace(b"#", rb"\#")),
    re.VERBOSE,
)
_WORD = b"import"
_AFTER = frozenset(b" \t\\(*")
"""Bytes that may follow the keyword `import`."""
_CONTINUED = (b"\\\n", b"\\\r\n")
_CUT = re.compile(rb"[;:]")
_CUT_OR_LINE = re.compile(rb"[;:\n]")
_NAME = re.compile(_LETTER + rb"[\w.\x80-\xff]*")
_COMMENT_OR_ALIAS = re.compile(rb"#[^\n]*|\bas\b[ \t\f\r\n\\]+" + _LETTER + rb"+")
_ORIGIN = rb"from({gap}+{letter}+{gap}+)import\b".replace(b"{gap}", _SPACE).replace(
    b"{letter}", rb"[\w.\x80-\xff]"
)
_NAMES = (
    rb"import(?=[ \t\\(*]){gap}*"
    rb"({list}|[^\\\n;]*(?:\\\r?\n[^\\\n;]*)*)".replace(b"{gap}", _SPACE).replace(b"{list}", _LIST)
)
"""The text around the keyword, whether or not it is an import.

These are compiled by `re` on first use, since small runs don't need them.
"""
_APART = bytes(code if chr(code).isalnum() or code == ord("_") or code > 127 else 32 for code in range(256))
"""A translation table that keeps letters, digits and underscores, and turns all other bytes into spaces."""
_LOADERS = (b"import_module", b"__import__", b"\ndef __getattr__", b"\n__getattr__")
"""Text of modules that may import others by names in strings: by a call, or when an attribute is read."""
_QUOTED = rb"""["'](\.*{letter}+(?:\.{letter}+)*)[:"']""".replace(b"{letter}", _LETTER)
"""A string that may name a module, or an object in one; compiled on first use, too."""
_LOADED = rb"""(?:import_module|__import__)\(\s*""" + _QUOTED
"""A module that is imported by a call with its name; compiled on first use, too."""
_NAMED_BY_VARIABLE = rb"""environ(?:\.setdefault\(\s*|\[)["']\w+["'](?:\s*,|\]\s*=)\s*""" + _QUOTED
"""A module whose name is the value of an environment variable; compiled on first use, too."""
_NO_NAME = b" \t\r\n\\."
_KEYWORDS = frozenset((b"from", b"import", b"as"))


class ImportSearch:
    """Finds files that directly or indirectly import a wanted file. Each file is read once."""

    def __init__(
        self, read: Callable[[str], bytes], folders: "SearchFolders", is_wanted: Callable[[bytes], bool]
    ) -> None:
        """A search over the files in `folders`.

        `read` returns the text at an absolute path, and `is_wanted` decides by a file's text.
        """
        self._read, self._folders, self._is_wanted = read, folders, is_wanted
        self._imports: dict[str, Sequence[str]] = {}
        """By file, those that it imports, of the files whose imports were asked for."""
        self._texts: dict[str, bytes] = {}
        """The texts of files whose imports were not asked for yet."""
        self._wanted: dict[str, bool] = {}
        self._leading: set[str] = set()
        """Files that import one that is wanted, directly or not."""
        self._leading_nowhere: set[str] = set()

    def leads_to_wanted_file(self, file: str) -> bool:
        """Whether `file`, an absolute path, directly or indirectly imports a wanted file."""
        if file in self._leading or file in self._leading_nowhere:
            return file in self._leading
        importers: dict[str, str | None] = {file: None}
        waiting = [file]
        while waiting:
            importer = waiting.pop()
            for imported in self._imported_files(importer):
                if imported in self._leading or self._is_wanted_file(imported):
                    self._note_leading(importer, importers)
                    return True
                if imported not in importers and imported not in self._leading_nowhere:
                    importers[imported] = importer
                    waiting.append(imported)
        self._leading_nowhere.update(importers)
        return False

    def _note_leading(self, file: str | None, importers: Mapping[str, str | None]) -> None:
        """Record that a file leads to a wanted one, as do the files through which it was reached."""
        while file is not None:
            self._leading.add(file)
            file = importers[file]

    def _is_wanted_file(self, file: str) -> bool:
        if file not in self._wanted:
            text = self._texts[file] = self._read(file)
            self._wanted[file] = self._is_wanted(text)
        return self._wanted[file]

    def _imported_files(self, file: str) -> Sequence[str]:
        if file not in self._imports:
            self._is_wanted_file(file)  # reads it
            self._imports[file] = sorted(self._folders.imported_files(self._texts.pop(file), file))
        return self._imports[file]


class SearchFolders:
    """The folders of a project in which modules are searched. They are listed only as needed."""

    def __init__(self, paths: Iterable[str]) -> None:
        """Search the folders in `paths` with their subfolders, and the folders of the files among them."""
        self._roots = {path if os.path.isdir(path) else os.path.dirname(path) for path in paths}
        self._names: dict[str, frozenset[str]] = {}
        self._around: dict[str, Sequence[tuple[str, frozenset[str]]]] = {}
        """By folder: where a module in it may import from, and what lies there."""
        self._bases: dict[tuple[str, str], Sequence[str]] = {}
        """By folder and name, where a module in the folder may find the name."""
        self._imports: dict[str, frozenset[str]] = {}
        """By file, those that it imports."""

    def imported_files(self, data: bytes, importer: str) -> frozenset[str]:
        """The files that are imported by `data`, the text at the absolute path `importer`. Several searches
        share what they find; a file has one text in all of them."""
        if importer not in self._imports:
            self._imports[importer] = frozenset(self._imports_of(data, importer))
        return self._imports[importer]

    def _imports_of(self, data: bytes, importer: str) -> set[str]:
        folder = os.path.dirname(importer)
        files: set[str] = set()
        for name in _names_within(data, lambda package: bool(self._folders_with_module(folder, package))):
            rest = name.lstrip(".")
            if rest == name:
                holders = self._folders_with_module(folder, name.partition(".")[0])
                file = next(filter(None, (self.module(base, name) for base in holders)), None)
            else:
                package_folder = folder
                for _ in range(len(name) - len(rest) - 1):
                    package_folder = os.path.dirname(package_folder)
                file = self.module(package_folder, rest or "__init__")
            if file is not None:
                files.add(file)
        files.discard(importer)
        return files

    def _folders_with_module(self, folder: str, name: str) -> Sequence[str]:
        """The folders visible to a module in `folder` that have a module or package of this undotted name."""
        if folder not in self._around:
            self._around[folder] = [(base, self.names(base)) for base in self._import_folders(folder)]
        if (folder, name) not in self._bases:
            files = (name, f"{name}.py", f"{name}.ipynb")
            holders = [base for base, names in self._around[folder] if not names.isdisjoint(files)]
            self._bases[folder, name] = holders
        return self._bases[folder, name]

    def _import_folders(self, folder: str) -> Iterator[str]:
        """The folders that a module in `folder` may import from: enclosing ones, each with its `src`."""
        bases = [folder]
        while bases[-1] not in self._roots and bases[-1] != os.path.dirname(bases[-1]):
            bases.append(os.path.dirname(bases[-1]))
        for base in bases:
            yield base
            if "src" in self.names(base):
                yield f"{base}/src"

    def module(self, folder: str, name: str) -> str | None:
        """The file of the module with this dotted name in `folder`; None if there is none."""
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
        """The names of the files and folders in `folder`."""
        if folder not in self._names:
            try:
                self._names[folder] = frozenset(os.listdir(folder))
            except OSError:
                self._names[folder] = frozenset()
        return self._names[folder]


def absolute_path(file: str) -> str:
    """The absolute path of `file`, with `/` as the separator."""
    return (file if os.path.isabs(file) else os.path.abspath(file)).replace(os.sep, "/")


def import_words(data: bytes, file: str) -> bytes:
    """The words in the imports of `data`, the text of `file`, separated by GAP.

    They include all components of the names from `imported_modules`, except the folders of relative imports.
    Text that resembles an import may add others, since excluding it would take as long again.
    """
    origins = re.findall(_ORIGIN, data)
    texts = (*origins, *re.findall(_NAMES, data), *_strings_of_dynamic_imports(data))
    words = {*b" ".join(texts).translate(_APART).split()} - _KEYWORDS
    for origin in origins:
        if not origin.strip(_NO_NAME):  # an import from a package that is named by dots alone
            words.update(map(os.fsencode, absolute_path(file).split("/")[:-1][-origin.count(b".") :][:1]))
    return GAP.join(words)


def imported_modules(data: bytes, file: str) -> set[str]:
    """The dotted names of modules that `data`, the text of `file`, may import. Where it may import modules by
    names in strings, these are included.

    Relative names become absolute paths without an extension, since folder names may contain dots.
    """
    folder = absolute_path(file).split("/")[:-1]
    return {absolute_name(name, folder) for name in _imported_names(data)}


def only_mentioned_modules(data: bytes, file: str) -> set[str]:
    """The names from `imported_modules` that only occur in strings which no import has as its argument."""
    if not (strings := _strings_of_dynamic_imports(data)):
        return set()
    folder = absolute_path(file).split("/")[:-1]
    loaded = re.findall(_LOADED, data)
    names = _names_in_statements(data, lambda _package: True) | _names_in_strings(loaded)
    return {absolute_name(name, folder) for name in _names_in_strings(strings) - names}


@lru_cache(maxsize=1_000)
def _imported_names(data: bytes) -> frozenset[str]:
    """The dotted names of modules that `data` may import, with leading dots.

    Cached, since two passes need them.
    """
    return frozenset(_names_within(data, lambda _package: True))


def _names_within(data: bytes, is_wanted: Callable[[str], bool]) -> set[str]:
    """The dotted names of relative imports, and of imports from packages that `is_wanted` accepts. Names in
    strings count where modules are imported by name."""
    names = _names_in_statements(data, is_wanted)
    loaded = _names_in_strings(_strings_of_dynamic_imports(data))
    names.update(name for name in loaded if name.startswith(".") or is_wanted(name.partition(".")[0]))
    return names


def _names_in_statements(data: bytes, is_wanted: Callable[[str], bool]) -> set[str]:
    names: set[str] = set()
    for statement in _import_statements(data):
        if statement["modules"] is not None:
            for name in _plain_names(statement["modules"]):
                if is_wanted(name.partition(".")[0]):
                    names.update(name_prefixes(name))
            continue
        origin = statement["origin"].decode("utf-8", "replace")
        if origin.startswith(".") or is_wanted(origin.partition(".")[0]):
            names.add(origin)
            stem = origin if origin.endswith(".") else f"{origin}."
            names.update(f"{stem}{name}" for name in _plain_names(statement["names"]))
    return names


def _names_in_strings(strings: Iterable[bytes]) -> set[str]:
    """The names of modules that strings may be, each with the packages that it is in."""
    names = (string.decode("utf-8", "replace") for string in strings)
    return {prefix for name in names for prefix in ((name,) if name.startswith(".") else name_prefixes(name))}


def _strings_of_dynamic_imports(data: bytes) -> list[bytes]:
    """The strings that may name modules which the code imports by name, or lets other code import by a
    variable."""
    if any(loader in data for loader in _LOADERS):
        return re.findall(_QUOTED, data)
    return modules_in_variables(data)


def modules_in_variables(data: bytes) -> list[bytes]:
    """The texts with dots that environment variables are set to, which may name modules."""
    names = re.findall(_NAMED_BY_VARIABLE, data) if b"environ" in data else []
    return [name for name in names if b"." in name]


def _import_statements(data: bytes) -> Iterator[re.Match[bytes]]:
    """The imports in `data`. The keyword is searched first, which is much faster than matching a pattern."""
    at = data.find(_WORD)
    while at >= 0:
        end = at + len(_WORD)
        statement = _import_at(data, at) if end < len(data) and data[end] in _AFTER else None
        if statement is not None:
            yield statement
            end = statement.end()
        at = data.find(_WORD, end)


def _import_at(data: bytes, at: int) -> re.Match[bytes] | None:
    """The import whose keyword is at this offset; None if there is none."""
    line = data.rfind(b"\n", 0, at) + 1
    if not data.endswith(_CONTINUED, 0, line):
        statement = _IMPORT.match(data, line)
        if statement is not None and statement.end() > at:
            return statement
    matches = (_IMPORT.match(data, start) for start in _starts(data, at))
    return next((match for match in matches if match is not None and match.end() > at), None)


def _starts(data: bytes, at: int) -> Iterator[int]:
    """Offsets at which a statement that contains the offset may begin.

    These are its line, the lines continued by it, and the text behind a `;` or `:`.
    """
    line = data.rfind(b"\n", 0, at) + 1
    begin = line
    while data.endswith(_CONTINUED, 0, begin):
        begin = data.rfind(b"\n", 0, begin - 1) + 1
    yield begin
    yield from (cut.end() for cut in (_CUT if begin == line else _CUT_OR_LINE).finditer(data, begin, at))


def _plain_names(text: bytes) -> list[str]:
    return [name.decode("utf-8", "replace") for name in _NAME.findall(_COMMENT_OR_ALIAS.sub(b"", text))]


def absolute_name(name: str, folder: Sequence[str]) -> str:
    """`name` with leading dots resolved against the components of an absolute folder, as a path."""
    rest = name.lstrip(".")
    dots = len(name) - len(rest)
    if not dots:
        return name
    return "/".join([*folder[: len(folder) - (dots - 1)], *(rest.split(".") if rest else [])])


def name_prefixes(name: str) -> list[str]:
    """`a.b.c`, `a.b` and `a` for `a.b.c`: the modules that an import of it loads."""
    parts = name.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]
