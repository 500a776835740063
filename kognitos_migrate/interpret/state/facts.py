"""The facts that the interpreter reports: requests, uses, frames, values."""

from collections.abc import Iterator, Mapping

from kognitos_migrate.interpret.state.canned_replies import Replacement, Stub
from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.interpret.state.use_details import IN_LOG
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.structs import HashedEnum, Struct, field, replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Operand, RegionKey
from kognitos_migrate.values.heap_store import Heap
from kognitos_migrate.values.lattice import FieldFact, Ref, Value


class Frame(Struct, frozen=True):
    """One activation of a function or module body: the call site, the caller's frame, and the arguments."""

    id: int
    path: str
    function: Site | None
    call: Site | None
    caller: int | None
    closure: int | None
    receiver: Operand | None
    arguments: dict[str, Operand]
    """By parameter: the argument's expression in the caller. A parameter that takes its default is absent."""
    depth: int


class Request(Struct):
    """An HTTP request: sent by the call at `site` in `frame`, or expected by a `stub`.

    The reply to a stub's request is, to the program, the request that the stub received.
    """

    id: int
    site: Site
    frame: int
    client: str
    method: Value
    operands: dict[Role, list[Operand]]
    """By role: the expressions of its value. A relative URL is prefixed with the client's base."""
    bases: list[Operand] = field(default_factory=list)
    """The base URLs that the client put in front of a relative URL, with their origins."""
    holders: dict[Role, list[Site]] = field(default_factory=dict)
    session_headers: list[Operand] = field(default_factory=list)
    hook_headers: list[Operand] = field(default_factory=list)
    """The headers as hooks see and change them, without those that the request has before."""
    stub: Stub | None = None
    mounts: list[Operand] = field(default_factory=list)
    """The URL prefixes for which the session has a transport adapter."""
    settings: list[Operand] = field(default_factory=list)
    """Further arguments of the session's constructor and of its methods, which may depend on the URL."""
    optional: frozenset[Role] = frozenset()
    """Roles that may be absent: they come from entries that are not always in the dict of keyword
    arguments."""
    regions: frozenset[RegionKey] = frozenset()
    """The regions of code around it with an exit before it."""
    lacks: tuple[str, ...] = ()
    """The keywords of the client that the function which sends it doesn't take."""
    raises: bool = False
    """Whether the client or an option surely makes it raise an error if it fails."""

    def value(self, role: Role) -> list[Operand]:
        """The expressions that may supply `role`."""
        return self.operands.get(role, [])


class UseKind(HashedEnum):
    """The kinds of operations on a tracked value."""

    READ = "read"
    """A key is read: `site` is the subscript or the call of `get`, `other` the key."""
    COMPARE = "compare"
    """Compared (`==`, `!=`, `in`, `not in`): `site` is the comparison, `other` the second operand."""
    MATCH = "match"
    """A literal pattern of a `match`: `site` is the pattern's value."""
    NONE = "none"
    """Compared with None."""
    IDENTITY = "identity"
    """Compared by identity (`is`) with a value other than None."""
    TRUTH = "truth"
    """Tested for truth, or the left operand of `or` and `and`."""
    DECODE = "decode"
    """Decoded from JSON text: `site` is the call."""
    FILL = "fill"
    """A key is read for the parameter of its name, in `f(**reply)`: `site` is the call, `operand` the reply,
    `other` the key, `detail` the parameter's default text, NULL, REQUIRED, VALIDATED or ANOTHER."""
    TYPED = "typed"
    """Stored in a field that is annotated as text: `site` is the field's name."""
    CONTAINS = "contains"
    """Tested for a key: `site` is the comparison, `other` the key."""
    KEY = "key"
    """Used as the key of one of the program's dicts."""
    ITERATE = "iterate"
    """Its elements, keys or items are iterated over or counted."""
    FORMAT = "format"
    """Formatted into a text."""
    REQUEST = "request"
    """Sent in a request: `detail` is the role of the argument, or the name of one without a role."""
    LOG = "log"
    """Shown to people: in a log or an error message."""
    ESCAPE = "escape"
    """Passed to code that isn't analysed."""
    METHOD = "method"
    """A method without a model is called on it."""


OF_CONTAINER = frozenset((UseKind.NONE, UseKind.IDENTITY, UseKind.TRUTH))
"""The kinds of uses that observe nothing of a container's contents: `if not replies`, `replies is None`."""


class Use(Struct, frozen=True):
    """An operation on a tracked value: a position in a reply, or a watched literal."""

    kind: UseKind
    value: Value
    site: Site
    frame: int
    operand: Site
    """The expression that yields the value."""
    other: Value | None = None
    detail: str = ""
    function: str = ""
    """The qualified name of the library's function that gets an escaping value; empty for any other code."""


def escape_of_log(use: Use) -> Use:
    """A use in a log record as an escape; any other use as it is."""
    return replace(use, kind=UseKind.ESCAPE) if use.kind is UseKind.LOG and use.detail == IN_LOG else use


class AccessKind(HashedEnum):
    """The kinds of access to a heap object."""

    FLOW = "flow"
    """Passed on as the same object: bound, passed, returned, chosen, put into a container."""
    MERGE = "merge"
    """Its entries are merged into another dict."""
    ENCODE = "encode"
    """Encoded as JSON text."""
    SEND = "send"
    """Sent in a request: `place` is the call."""
    READ = "read"
    """An entry is read or removed: `key` is its key."""
    CONTAINS = "contains"
    """Tested for a key."""
    WRITE = "write"
    """An entry is set, or another mapping is merged into it."""
    TRUTH = "truth"
    """Tested for truth."""
    WALK = "walk"
    """Its keys, or the elements of a list, are iterated over or counted."""
    LOG = "log"
    """Shown to people, in a log or an error message."""
    WHOLE = "whole"
    """Any other access: it is shown, compared, or passed to code that isn't analysed."""


class Access(Struct, frozen=True):
    """An access to a heap object at `place`. `key` is the key of the entry, or None if it may be any."""

    kind: AccessKind
    place: Site
    key: str | None = None


class Mutation(Struct, frozen=True):
    """A value that a call may change: the receiver or an argument. `function` is the called function's name,
    empty if it is certain to change the value."""

    value: Value
    function: str = ""


class HeldObjects(Struct, frozen=True):
    """The objects that are reachable from a value through the heap."""

    replies: bool
    """Whether positions in replies are reachable."""
    definitions: frozenset[Site]
    """Functions of the program, and the classes of the reachable instances."""
    classes: frozenset[Site] = frozenset()
    """Classes that are reachable themselves."""


class OutsideNames(Struct):
    """The names that a module passes to code that isn't analysed, which may store values under them. In order
    of occurrence."""

    names: dict[str, None] = field(default_factory=dict)
    """Texts passed as arguments: files, tables, keys, queues, tasks."""
    labels: dict[str, None] = field(default_factory=dict)
    """Texts passed together with other arguments, which may be stored under them."""
    puts: dict[str, None] = field(default_factory=dict)
    """Keys of items that the module sets on unknown objects."""
    gets: dict[str, None] = field(default_factory=dict)
    """Keys of items that the module reads from unknown objects."""
    libraries: dict[str, None] = field(default_factory=dict)
    """Packages outside of the program and the standard library whose functions the module calls."""


class Unresolved(Struct, frozen=True):
    """An imported dotted name that wasn't found, and the modules of the program that it may mean."""

    dotted: str
    candidates: tuple[str, ...]
    name: str | None = None
    """The only name that is imported from it; None if all may be used."""


class Export(Struct, frozen=True):
    """The objects that a top-level name of a module leads to."""

    definitions: frozenset[Site]
    """Functions and classes of the program."""
    literals: frozenset[Site]
    """The literals that make up its texts."""
    is_open: bool
    """Whether it may be anything else, such as a position in a reply or a mutable object."""


class EnumMember(Struct, frozen=True):
    """The member of the Enum class at `enum` that has the value of the expression at `value`."""

    value: Site
    enum: Site


class Facts(Struct):
    """The result of the interpreter."""

    frames: list[Frame]
    heap: Heap
    requests: list[Request]
    uses: list[Use]
    values: dict[tuple[Site, int], Value]
    """By site and frame of an expression: the join of its values."""
    parameters: set[tuple[Site, str]]
    exhausted: list[Site]
    """Functions and modules with calls or code that a budget left out."""
    replaced: dict[str, Site] = field(default_factory=dict)
    """By client id: the site that replaces a function of the client's library with code of the program."""
    patched: dict[tuple[Site, int], Value] = field(default_factory=dict)
    """By site and frame of a text that a test gives to a name of the program: the values that it replaces."""
    merged: set[int] = field(default_factory=set)
    """Frames shared by several calls, so that the caller is unknown."""
    results: dict[Site, Value] = field(default_factory=dict)
    """By function of the program: the join of its results."""
    replacements: dict[Replacement, None] = field(default_factory=dict)
    """The results of tests' doubles of functions of the program."""
    public_functions: frozenset[Site] = frozenset()
    """The functions that code out of sight may call although a caller is seen."""
    passed: frozenset[Site] = frozenset()
    """The functions and classes that code out of sight gets by themselves, and may call."""
    public_results: list[Use] = field(default_factory=list)
    """The replies that calls of these return, as escapes."""
    holdings: dict[tuple[str, str], HeldObjects] = field(default_factory=dict)
    """By module and top-level name: the objects reachable from it, if any matter."""
    unresolved: dict[Site, "Unresolved"] = field(default_factory=dict)
    """By import: a module that isn't on the import path, but may be elsewhere in the program."""
    dict_types: dict[Site, Value] = field(default_factory=dict)
    """By TypedDict of the program: the replies that annotations and casts declare to be of it."""
    rebound: set[tuple[str, str]] = field(default_factory=set)
    """The variables, by module and name, that the program binds other than by a statement of the module, as
    in `settings.name = value`, outside of tests."""
    exports: dict[tuple[str, str], Export] = field(default_factory=dict)
    """By module that an unresolved import may mean, and its top-level name."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """By module: the modules of the program that it imports."""
    tests: frozenset[str] = frozenset()
    """The modules that contain tests."""
    outside: dict[str, OutsideNames] = field(default_factory=dict)
    """By module: the names that it passes to code that isn't analysed."""
    narrowed: dict[tuple[Site, int], Mapping[str, FieldFact]] = field(default_factory=dict)
    """By site and frame of a name that is read: the facts that hold at every read of it.

    They are about the reply in the variable, or about the reply whose field the variable contains, by field.
    """
    returned: dict[tuple[Site, int], Mapping[str, FieldFact]] = field(default_factory=dict)
    """By site and frame of a call: the facts about the fields of the reply that it returns, as in
    `narrowed`."""
    truths: dict[tuple[Site, int], Mapping[str, Mapping[str, FieldFact]]] = field(default_factory=dict)
    """By site and frame of a call: the facts that hold if its result is true, by name of an argument and by
    field."""
    falsities: dict[tuple[Site, int], Mapping[str, Mapping[str, FieldFact]]] = field(default_factory=dict)
    """The facts that hold if the result is false, as in `truths`."""
    exits: dict[tuple[Site, int], Mapping[str, Mapping[str, FieldFact]]] = field(default_factory=dict)
    """The facts that hold if the call returns, as in `truths`."""
    returning: set[tuple[Site, int]] = field(default_factory=set)
    """The calls in `exits` that may return."""
    members: dict[tuple[Site, int], "EnumMember"] = field(default_factory=dict)
    """By site and frame of a call of an Enum class: the member that it yields."""
    accesses: dict[Ref, dict[Site, dict[Access, None]]] = field(default_factory=dict)
    """By object and by expression that yields it: the accesses there. An expression without an entry passes
    the object to code that isn't analysed."""
    mutations: dict[Site, dict[Mutation, None]] = field(default_factory=dict)
    """By call: the values that it passes to code that isn't analysed and may change them."""
    additions: dict[Site, bool] = field(default_factory=dict)
    """By call that adds elements to a list: whether each activation that runs it has created the list."""
    deferred: set[Site] = field(default_factory=set)
    """Calls that receive a function which runs later: in a thread, a pool, a timer."""
    memoized: set[Site] = field(default_factory=set)
    """Functions whose results are cached by their arguments."""
    retriers: dict[Site, dict[Site, None]] = field(default_factory=dict)
    """By function: the creations of library objects that retry it, other than its decorators."""
    classes: Mapping[Site, ClassInfo] = field(default_factory=dict)
    """The classes of the program, by the site of their definition."""
    errors: tuple[Value, ...] = ()
    """Values that may be read from errors: arguments, results of generators and of retried functions."""
    has_log_files: bool = False
    """Whether log records are written to files."""
    file_names: dict[str, dict[str, None]] = field(default_factory=dict)
    """By settings file: the settings of users that can name another file in its place."""
    options: list[Ref] = field(default_factory=list)
    """The dicts of sections of the settings files that parsers have read."""
    steps: int = 0
    """The number of expressions evaluated."""

    def stack(self, frame: int) -> Iterator[Frame]:
        """A frame and its callers, from the inside out."""
        current: int | None = frame
        while current is not None:
            yield self.frames[current]
            current = self.frames[current].caller
