"""The files and streams that log handlers write to, and whether the program may read them.

logging.basicConfig(filename="jobs.log")
...
"failed" in open("jobs.log").read()    # the log is read
"""

from collections.abc import Iterator, Mapping

from kognitos_migrate.interpret.state.facts import OutsideNames
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE, Lit, Symbol, Text, Unknown, Value

_FOR_PEOPLE = (NONE, Symbol("sys.stderr"), Symbol("sys.__stderr__"))
"""The streams whose text is for people. The standard output is what a program produces."""


class LogSinks(Struct):
    """The destinations of log records other than the standard streams, and signs of their readers."""

    files: set[str | None] = field(default_factory=set)
    """The base names of log files; None for an unknown name."""
    has_stream: bool = False
    """Whether records go to the standard output, or to a stream or queue of the program."""
    opened: set[str | None] = field(default_factory=set)
    """The base names of files that `open` reads; None for an unknown name."""
    has_unknown_path: bool = False
    """Whether a path object has an unknown name."""
    reads_paths: bool = False
    """Whether a path object is read from."""

    def note_stream(self, stream: Value) -> None:
        """Record a stream that receives log records or the standard error."""
        self.has_stream |= not all(choice in _FOR_PEOPLE for choice in alternatives(stream))

    def note_program_stream(self) -> None:
        """Record that code of the program receives the texts of errors, warnings or its error stream."""
        self.has_stream = True

    def note_log_file(self, path: Value) -> None:
        """Record a log file."""
        self.files.update(map(_base_name, alternatives(path)))

    def note_open(self, path: Value) -> None:
        """Record a file that `open` reads."""
        self.opened.update(map(_base_name, _names_not_from_users(path)))

    def note_path_object_read(self, path: Value) -> None:
        """Record a read from a path object."""
        if isinstance(path, Text):
            self.note_open(path)
        else:
            self.reads_paths = True

    def note_path_object(self, path: Value) -> None:
        """Record the name of a path object."""
        if any(_base_name(choice) is None for choice in _names_not_from_users(path)):
            self.has_unknown_path = True

    def are_read(self, outside: Mapping[str, OutsideNames]) -> bool:
        """Whether the program may read its logs. `outside` are the names that it passes to code that isn't
        analysed, by module."""
        if self.has_stream:
            return True
        unknown_path = self.reads_paths and (self.has_unknown_path or None in self.files)
        if self.files and (None in self.opened or unknown_path or not self.files.isdisjoint(self.opened)):
            return True
        texts = (text for names in outside.values() for text in names.names)
        return not self.files.isdisjoint(map(_after_last_separator, texts))


def _names_not_from_users(path: Value) -> Iterator[Value]:
    """The names that a path may have, without those that users give: these are not taken for logs."""
    return (choice for choice in alternatives(path) if not (isinstance(choice, Unknown) and choice.public))


def _base_name(path: Value) -> str | None:
    """The last part of a path; None if it isn't known."""
    last = path.parts[-1] if isinstance(path, Text) and path.parts else None
    if not isinstance(path, Text) or not isinstance(last, Lit):
        return None
    is_whole = len(path.parts) == 1 or _after_last_separator(last.text) != last.text
    return _after_last_separator(last.text) if is_whole else None


def _after_last_separator(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
