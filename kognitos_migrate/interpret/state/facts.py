"""The facts that the interpreter reports: requests, uses, frames, values."""

from collections.abc import Mapping
from enum import Enum

from kognitos_migrate.interpret.state.declarations import ClassInfo
from kognitos_migrate.rulebook.model import Role
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Heap, Operand
from kognitos_migrate.values.lattice import Ref, Value


class Frame(Struct, frozen=True):
    """One activation of a function (or of a module): who called it from where, with which arguments."""

    id: int
    path: str
    function: Site | None
    call: Site | None
    caller: int | None
    closure: int | None
    receiver: Operand | None
    arguments: dict[str, Operand]
    """By parameter: the argument's expression in the caller; absent where the default holds."""
    depth: int


class CannedReply(Struct):
    """A reply that a stub gives: what may be its JSON, its text, its status."""

    json: list[Operand] = field(default_factory=list)
    text: list[Operand] = field(default_factory=list)
    status: list[Operand] = field(default_factory=list)


class Stub(Struct):
    """What a test says of a request: which library waits for it, and what it replies, by the place that says
    so. Nothing is replied where it is only said afterwards what was sent."""

    mock: str
    replies: dict[Site, CannedReply] = field(default_factory=dict)
    function: Site | None = None
    """The program's own function in whose place it gives something."""
    name: str | None = None
    """What the test calls it."""


class Request(Struct):
    """One HTTP request, as sent by the call at `site` in `frame`; or as a `stub` waits for it. What a stub
    was sent is, to the program, the reply to this request."""

    id: int
    site: Site
    frame: int
    client: str
    method: Value
    given: dict[Role, list[Operand]]
    """What each argument says; a URL has the client's base in front."""
    bases: list[Operand] = field(default_factory=list)
    """What the client put in front of a relative URL, and where it got that from."""
    holders: dict[Role, list[Site]] = field(default_factory=dict)
    session_headers: list[Operand] = field(default_factory=list)
    stub: Stub | None = None
    mounts: list[Operand] = field(default_factory=list)
    """What begins the URLs for which the session has something that sends them."""
    optional: frozenset[Role] = frozenset()
    """What may not be said after all: it is an entry of a dict of arguments which is not always there."""

    def value(self, role: Role) -> list[Operand]:
        """The expressions that may give `role`."""
        return self.given.get(role, [])


class UseKind(Enum):
    """What is done with a tracked value."""

    READ = "read"
    """A key is read: `site` is the subscript or the call of `get`, `other` the key."""
    COMPARE = "compare"
    """Compared (`==`, `!=`, `in`, `not in`): `site` is the comparison, `other` what it is compared with."""
    MATCH = "match"
    """A literal pattern of a `match`: `site` is the pattern's value."""
    NONE = "none"
    """Compared with None."""
    IDENTITY = "identity"
    """Asked whether it is the very same thing as another one (`is`), which is not None."""
    TRUTH = "truth"
    """Tested for truth, or the left side of `or` and `and`."""
    DECODE = "decode"
    """Decoded from JSON text: `site` is the call."""
    FILL = "fill"
    """A key is read for the parameter of its name, in `f(**reply)`: `site` is the call, `operand` the reply,
    `other` the key, `detail` the text that the parameter has otherwise, NULL, REQUIRED or ANOTHER."""
    TYPED = "typed"
    """Kept in a field that is annotated as text: `site` is the field's name."""
    CONTAINS = "contains"
    """Asked whether it has a key: `site` is the comparison, `other` the key."""
    KEY = "key"
    """Used as the key of a dict of the program."""
    ITERATE = "iterate"
    """Its elements, keys or items are walked over, or counted."""
    FORMAT = "format"
    """Made part of a text."""
    REQUEST = "request"
    """Sent in a request."""
    LOG = "log"
    """Shown to people: a log, an error message."""
    ESCAPE = "escape"
    """Handed to code that can't be followed."""
    METHOD = "method"
    """A method of it is called that the interpreter does not know."""


OF_CONTAINER = frozenset((UseKind.NONE, UseKind.IDENTITY, UseKind.TRUTH))
"""The kinds of uses that observe nothing of what a container holds: `if not replies`, `replies is None`."""
CALLERS = "whoever calls this function"
"""The detail of an escape: it is returned by a function without callers in sight."""
WALKERS = "whoever walks over what this yields"
"""The detail of an escape: a generator without callers in sight yields it."""
BY_CALLERS = (CALLERS, WALKERS)
PRINT = "print"
"""The detail of an escape: it is printed."""
HOOKS = "decoded by hooks"
"""The detail of a method's use: the program has a say in what a reply is decoded into."""
ORDERED = "put in order"
"""The detail of a method's use: it is compared with its like, to sort them."""
TYPE = "its type"
"""The detail of a method's use: it is asked of which type it is."""
SLICED = "a slice"
"""The detail of a method's use: some of its characters are taken."""
PARTS = "taken apart"
"""The detail of an escape: its parts are given by name, as those of a URL."""


MERGED = "merged into a dict"
"""The detail of a walk: it becomes a part of a dict, or of an object's attributes; and of a read of these."""
FIELDS = "which fields it had"
"""The detail of a walk: an instance that a reply fills is asked which of its fields were given."""
OF_CLASS = "merged into the attributes of a class"
"""The detail of a read of attributes: the class has one of that name, too."""
REQUIRED = "nothing, for it is required"
"""The detail of a fill: the parameter has no default."""
NULL = "None by default"
"""The detail of a fill: the default is None."""
ANOTHER = "another default"
"""The detail of a fill: the default is neither None nor a text, or null is not taken like it."""
TAKEN_APART = "taken out"
"""The detail of a read: the key isn't there afterwards."""


class Use(Struct, frozen=True):
    """One thing done with a value that is tracked: a position in a reply, or a literal that is watched."""

    kind: UseKind
    value: Value
    site: Site
    frame: int
    operand: Site
    """The expression whose value it is."""
    other: Value | None = None
    detail: str = ""


class AccessKind(Enum):
    """Kinds of access to an object of the heap."""

    FLOW = "flow"
    """It goes on as the same object: bound, passed, returned, chosen, put into a container."""
    MERGE = "merge"
    """Its entries become those of another dict."""
    ENCODE = "encode"
    """It becomes JSON text."""
    SEND = "send"
    """Sent in a request: `place` is the call."""
    READ = "read"
    """An entry is read, or taken out: `key` says which."""
    CONTAINS = "contains"
    """Asked whether it has a key."""
    WRITE = "write"
    """An entry is set, or more is merged into it."""
    TRUTH = "truth"
    """Tested for truth."""
    WALK = "walk"
    """Its keys, or the elements of a list, are walked over or counted."""
    WHOLE = "whole"
    """Anything else: it is shown, compared, or handed to code that can't be followed."""


class Access(Struct, frozen=True):
    """One thing done with an object of the heap, at a `place`; the `key` of an entry, None where any may be
    meant."""

    kind: AccessKind
    place: Site
    key: str | None = None


class Mutation(Struct, frozen=True):
    """A value that a call may change: the receiver or an argument of a function of this name, which is empty
    where the function surely changes it."""

    value: Value
    function: str = ""


class HeldObjects(Struct, frozen=True):
    """What things on the heap hold: who has them gets at it without naming it."""

    replies: bool
    """Positions in replies."""
    definitions: frozenset[Site]
    """Functions of the program, and the classes whose instances are held."""


class OutsideNames(Struct):
    """The names that a module gives to code that can't be followed: what keeps values finds them by these.
    They are in the order in which they are met."""

    names: dict[str, None] = field(default_factory=dict)
    """Arguments: files, tables, keys, queues, tasks."""
    labels: dict[str, None] = field(default_factory=dict)
    """Those that it gives together with other arguments: these may be kept under them."""
    puts: dict[str, None] = field(default_factory=dict)
    """Keys under which it sets items of objects that aren't known."""
    gets: dict[str, None] = field(default_factory=dict)
    """Keys of items that it reads of such objects."""
    libraries: dict[str, None] = field(default_factory=dict)
    """Packages out of sight whose functions it calls."""


class Unresolved(Struct, frozen=True):
    """A dotted name that is imported, and the modules of the program that it may mean."""

    dotted: str
    candidates: tuple[str, ...]
    name: str | None = None
    """The one name that is imported from it; None where all may be used."""


class Export(Struct, frozen=True):
    """What a name at the top of a module leads to."""

    definitions: frozenset[Site]
    """Functions and classes of the program."""
    literals: frozenset[Site]
    """The texts that it is put together from."""
    is_open: bool
    """Positions in replies, and things that code with the name may change, among it."""


class Facts(Struct):
    """All that the interpreter found."""

    frames: list[Frame]
    heap: Heap
    requests: list[Request]
    uses: list[Use]
    values: dict[tuple[Site, int], Value]
    """What an expression gave, by site and frame."""
    parameters: set[tuple[Site, str]]
    exhausted: list[Site]
    """What a budget cut short: functions of which not all calls were seen, modules of which not all was."""
    replaced: dict[str, Site] = field(default_factory=dict)
    """By client: where the program puts something of its own in the place of what its library has."""
    merged: set[int] = field(default_factory=set)
    """Frames that stand for several calls: who called is not known."""
    results: dict[Site, Value] = field(default_factory=dict)
    """What functions of the program give."""
    holdings: dict[tuple[str, str], HeldObjects] = field(default_factory=dict)
    """By module and name at its top: what can be got out of it, where that matters."""
    unresolved: dict[Site, "Unresolved"] = field(default_factory=dict)
    """By import: the module that is not found where imports are looked for, and lies elsewhere."""
    exports: dict[tuple[str, str], Export] = field(default_factory=dict)
    """By module that such an import may mean, and name at its top."""
    imports: dict[str, set[str]] = field(default_factory=dict)
    """By module: those of the program that it imports."""
    tests: frozenset[str] = frozenset()
    """The modules that hold tests."""
    outside: dict[str, OutsideNames] = field(default_factory=dict)
    """By module: what it names to code that can't be followed."""
    narrowed: dict[tuple[Site, int], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """By name that is read, and frame: what tests have shown of the reply that it holds, or whose field it
    holds, each time that it is read. By field: the words of which it is one, or none where it is there."""
    returned: dict[tuple[Site, int], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """The same by call, of the reply that it gives."""
    truths: dict[tuple[Site, int], Mapping[str, Mapping[str, frozenset[str]]]] = field(default_factory=dict)
    """The same by call that gives a true value, of the names that are its arguments."""
    accesses: dict[Ref, dict[Site, dict[Access, None]]] = field(default_factory=dict)
    """By object, and by expression that gives it: what is done with it there. An expression that is missing
    hands it to what nobody follows."""
    mutations: dict[Site, dict[Mutation, None]] = field(default_factory=dict)
    """By call: the values that code out of sight gets there, and may change."""
    deferred: set[Site] = field(default_factory=set)
    """Calls that are handed a function which runs at some time later: by a thread, a pool, a timer."""
    remembered: set[Site] = field(default_factory=set)
    """Functions whose results are kept by their arguments."""
    classes: Mapping[Site, ClassInfo] = field(default_factory=dict)
    """The classes of the program, where they are defined."""
    errors: tuple[Value, ...] = ()
    """Values held by errors that the program may take out of them: their arguments, the result of a
    generator, the result of the last of several tries."""
    steps: int = 0
    """How many expressions were evaluated."""
