"""The files and streams that log handlers write to, and whether the program may read them.

logging.basicConfig(filename="jobs.log")
...
"failed" in open("jobs.log").read()    # the log is read
"""

from collections.abc import Iterable, Iterator, Mapping

from kognitos_migrate.interpret.state.facts import Mutation, OutsideNames, Use, UseKind, escape_of_log
from kognitos_migrate.interpret.state.log_uses import LIBRARY, SETTABLE, is_harmless, is_of_logging
from kognitos_migrate.interpret.state.use_details import IN_PRINTER, IN_RECORD
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.values.heap import DictObject, SequenceObject
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Lit, Ref, Symbol, Text, Unknown, Value
from kognitos_migrate.values.texts import known_text

_OBJECTS_OF_RECORDS = ("args", "msg")
"""The fields of a log record that contain the objects that are logged."""
_COLLECTED_RECORDS = "records"
"""The attribute of the helpers of tests that contains log records."""
_COLLECTOR = "assertLogs"
"""The method of test cases that collects them."""
_CAPTURED_LOGS = ("get_records", "handler")
"""The attributes of these helpers through which a test may read records and their texts."""
_END = "terminator"
"""The attribute of a handler that it adds to each text of a record."""
_PRINTERS = ("print", "echo", "secho", "write")
"""The names of functions that print their arguments."""
_FOR_PEOPLE = (NONE, Symbol("sys.stderr"), Symbol("sys.__stderr__"))
"""The streams whose text is for people. The standard output is what a program produces."""
_OF_ERROR_STREAM = ("sys.stderr.", "sys.__stderr__.")
"""How the names of the attributes of these streams begin."""


class LogSinks(Struct):
    """The destinations of log records other than the standard streams, and signs that code reads the records
    or what is printed."""

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

    containers: dict[Ref, None] = field(default_factory=dict)
    """The lists of handlers and filters, and the tables of loggers, that the program gets."""
    reads_records: bool = False
    """Whether code may read the objects in log records, and not their texts alone."""
    may_replace_printer: bool = False
    """Whether the program may put another function in the place of one that prints."""

    def note_attribute_read(self, owner: Value, name: str) -> None:
        """Record that an attribute of an object is read: it may contain log records that a test collected, or
        be a part of the logging library that gives records to code."""
        is_unknown = isinstance(owner, Unknown)
        self.reads_records |= name == _COLLECTOR or (is_unknown and name == _COLLECTED_RECORDS)
        if is_unknown and name in _CAPTURED_LOGS:
            self.note_reader()
        elif isinstance(owner, Symbol | Unknown) and is_of_logging(owner):
            self._note_name(f"{owner.name if isinstance(owner, Symbol) else owner.source}.{name}")

    def note_attribute_set(self, owner: Value, name: str, value: Value) -> None:
        """Record that an attribute is set, which may be one of a logger, a handler or a formatter."""
        if name == "stream":
            self.note_stream(value)
        elif is_of_logging(owner):
            if name == _END and not _is_text(value):
                self.note_reader()
            self.note_replacement(f"{LIBRARY}.{name}")

    def note_unknown_attribute_set(self, owner: Value) -> None:
        """Record that an attribute with a computed name is set."""
        if is_of_logging(owner):
            self.note_reader()

    def _note_name(self, dotted: str) -> None:
        """Record a use of a dotted name of the logging library."""
        if not is_harmless(dotted):
            self.note_reader()

    def note_reader(self) -> None:
        """Record that code may get log records, and with them their objects and texts."""
        self.reads_records = self.has_stream = True

    def note_receiver(self, receiver: Value) -> None:
        """Record a handler, formatter or filter. One of the program or of another library than the logging
        library may read the records."""
        if not all(choice == NONE or is_of_logging(choice) for choice in alternatives(receiver)):
            self.note_reader()

    def note_format(self, template: Value) -> None:
        """Record the template of log records, which may read the objects in them."""
        for choice in alternatives(template):
            text = known_text(choice)
            if choice != NONE and not (isinstance(choice, Unknown) and choice.public):
                self.reads_records |= text is None or any(name in text for name in _OBJECTS_OF_RECORDS)

    def note_library_module(self, name: str) -> None:
        """Record that the program takes a module of a library, whose names it may rebind, or a name in it."""
        self.may_replace_printer |= name == "builtins"
        if is_of_logging(Symbol(name)):
            self._note_name(name)

    def note_bases(self, names: frozenset[str]) -> None:
        """Record the names of the library's classes that a class of the program derives from."""
        if any(name.startswith(f"{LIBRARY}.") for name in names):
            self.note_reader()

    def note_replacement(self, name: str, replaced: Value = NONE) -> None:
        """Record that code puts another object in the place of `name`, whose value is `replaced`."""
        self.may_replace_printer |= _last_name(name) in _PRINTERS
        symbols = [choice.name for choice in alternatives(replaced) if isinstance(choice, Symbol)]
        if any(text.startswith(_OF_ERROR_STREAM) for text in (name, *symbols)):
            self.note_program_stream()
        is_of_library = any(LIBRARY in text.split(".") for text in (name, *symbols))
        is_of_library |= any(map(is_of_logging, alternatives(replaced)))
        if is_of_library and _last_name(name) not in SETTABLE:
            self.note_reader()

    def note_containers(self, heap: Heap, mutations: Iterable[Iterable[Mutation]]) -> None:
        """Record what the program put into lists of handlers and filters, and tables of loggers. Code that
        isn't analysed may have put anything into those that it got."""
        for ref in self.containers:
            self.note_receiver(_content(heap, ref))
            if ref in heap.escaped or ref in heap.exposed:
                self.note_reader()
        if self.containers and any(each.value in self.containers for call in mutations for each in call):
            self.note_reader()

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

    def as_read(self, uses: Iterable[Use], outside: Mapping[str, OutsideNames]) -> list[Use]:
        """The uses, with those in logs as escapes if the program may read its logs, and those of the objects
        that are shown if it may read these, too."""
        are_logs_read = self.are_read(outside)
        seen = dict[Use, None]()
        for use in uses:
            if use.detail in (IN_RECORD, IN_PRINTER):
                if self.reads_records if use.detail == IN_RECORD else self.may_replace_printer:
                    seen[replace(use, kind=UseKind.ESCAPE)] = None
            else:
                seen[escape_of_log(use) if are_logs_read else use] = None
        return list(seen)


def _is_text(value: Value) -> bool:
    return all(isinstance(choice, Text) for choice in alternatives(value))


def _content(heap: Heap, ref: Ref) -> Value:
    """The elements of a list, or the values of a dict."""
    container = heap[ref]
    if isinstance(container, DictObject):
        return join(container.others, container.any_entry(), *(spread.value for spread in container.spreads))
    return container.element() if isinstance(container, SequenceObject) else UNKNOWN


def _last_name(name: str) -> str:
    return name.rpartition(".")[2]


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
