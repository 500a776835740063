"""What the engine relies on: checked rules, frozen, with every reference resolved.

An operation says the same slots twice, as the old and as the new version of an API lay them out. A
client says how a library spells a request. `load.py` makes these out of the YAML under `rules/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Encoding(Enum):
    """How a slot's value is written where it stands."""

    OPAQUE = "opaque"
    """A value that nobody looks into: an id, a name, a URL."""
    OBJECT = "object"
    """A JSON object of names and values."""
    ENTRIES = "entries"
    """A JSON list of objects with a `name` and a `value`."""
    JSON_OBJECT = "json-object"
    """Text that is the JSON of an object."""
    LIST = "list"
    """A JSON list of opaque values."""
    WORD = "word"
    """One word of a vocabulary."""
    KEY_OR_VALUE = "key-or-value"
    """Either the name of the body's key that holds the list, or the value itself (both are documented)."""


class Role(Enum):
    """What an argument of an HTTP call says."""

    METHOD = "method"
    URL = "url"
    QUERY = "query"
    JSON = "json"
    DATA = "data"
    FILES = "files"
    HEADERS = "headers"
    HEADER = "header"
    """One header: its name, then its value."""
    HOOKS = "hooks"
    BASE = "base"
    """The URL in front of those that are relative."""
    HOST = "host"
    """The host of those that are relative."""
    REQUEST = "request"
    """A request that was made before and is sent now, or the URL of a new one."""


class View(Enum):
    """What a member of an HTTP library's reply gives."""

    JSON = "json"
    TEXT = "text"
    STATUS = "status"
    OK = "ok"
    SELF = "self"
    NOTHING = "nothing"
    ADDRESS = "address"
    """The URL that the reply came from."""
    OTHER = "other"
    REQUEST = "request"
    """The request itself: it is sent later."""
    FUTURE = "future"
    """A future, which gives the reply."""


class Part(Enum):
    """What an argument of a stub says."""

    METHOD = "method"
    URL = "url"
    QUERY = "query"
    """The query that is waited for."""
    JSON = "json"
    """The JSON body that is waited for."""
    MATCHERS = "matchers"
    """Things that say the query or the body that is waited for, in a list or alone."""
    REPLY = "reply"
    """A reply, a list of them, or a function that is called with what was sent and gives one."""
    REPLY_JSON = "reply-json"
    REPLY_TEXT = "reply-text"
    STATUS = "status"
    BASE = "base"
    """The URL in front of those that are relative."""
    NAME = "name"
    """What the stub is called: the object that answers gives it as an item of that name."""


class Joining(Enum):
    """What becomes of a relative URL and the base."""

    APPEND = "append"
    """It is put behind the base."""
    RESOLVE = "resolve"
    """It is taken as a browser takes a link on the page at the base."""


class OwnHeaders(Enum):
    """What the headers of a request do to those of the session that sends it."""

    ADDED = "added"
    """They are sent besides them."""
    INSTEAD = "instead"
    """They are sent in their place."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a table: what a key of the configuration is looked up for."""

    name: str
    required: bool = True
    choices: tuple[str, ...] = ()
    max_length: int | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A lookup that the user's configuration fills: a key, and the fields it stands for."""

    setting: str
    key: str
    constant: str
    comment: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Old words and the new words that mean them; the configuration adds to it."""

    setting: str
    constant: str
    comment: str
    words: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Dialects:
    """A choice between documented readings of the new version."""

    setting: str
    default: str
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Member:
    """One slot at one place of a layout.

    `encoding` is by dialect where the dialects differ; `when` names the only dialect that has the
    member. `table` and `field` say that the value is looked up with the slot's value as the key.
    `setting` names the configuration key that gives the value where no lookup can.
    """

    name: str
    slot: str
    encodings: Mapping[str | None, Encoding]
    optional: bool = False
    when: str | None = None
    table: str | None = None
    field: str | None = None
    vocabulary: str | None = None
    setting: str | None = None
    note: str | None = None
    """What to say where a value that the old version gave lives longer than the program's run."""

    def encoding(self, dialect: str) -> Encoding:
        """The encoding in `dialect`."""
        return self.encodings.get(dialect) or self.encodings[None]


@dataclass(frozen=True, slots=True)
class Target:
    """A URL (or a set of form fields) that is a slot of another operation's reply."""

    operation: str
    slot: str


@dataclass(frozen=True, slots=True)
class Form:
    """A multipart form: fields that come from a slot, then one file."""

    fields: Target
    file_field: str
    content: str


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a path: fixed text, or a slot."""

    text: str | None
    slot: str | None


@dataclass(frozen=True, slots=True)
class Call:
    """A method and a path."""

    method: str
    path: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one version of the API puts an operation's slots.

    Either `path` or `target` says where the request goes. The body is one whole slot, or members, or
    raw bytes, or a form, or nothing.
    """

    method: str
    method_slot: str | None
    path: tuple[Segment, ...]
    target: Target | None
    query: tuple[Member, ...]
    whole: Member | None
    members: tuple[Member, ...]
    raw: str | None
    form: Form | None
    headers_slot: str | None
    status: int | None
    reply: tuple[Member, ...]
    reply_more: tuple[str, ...] = ()
    """The names of members of the reply that hold no slot."""

    def replies(self, name: str) -> bool:
        """Whether the reply has a member called `name`."""
        return name in self.reply_more or self.reply_slot(name) is not None

    def reply_slot(self, name: str) -> Member | None:
        """The member of the reply called `name`."""
        return next((member for member in self.reply if member.name == name), None)

    def reply_member(self, slot: str) -> Member | None:
        """The (first) member of the reply that holds `slot`."""
        return next((member for member in self.reply if member.slot == slot), None)


@dataclass(frozen=True, slots=True)
class Example:
    """A program before and after, which `rules test` runs through the tool."""

    about: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API in its old and its new layout."""

    id: str
    api: str
    code: str
    name: str
    message: str
    explain: str
    url: str
    old: Layout
    new: Layout
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Verb:
    """A callable that sends a request: its fixed method, if any, and its positional arguments.

    `with_body` is the method where there is a body and no other method is said; `gives` is what the call
    gives, by default the reply.
    """

    method: str | None
    arguments: tuple[Role, ...]
    with_body: str | None = None
    gives: View = View.SELF


@dataclass(frozen=True, slots=True)
class FormArguments:
    """A multipart form that the library makes out of two arguments: the fields and the files."""

    fields: str
    files: str


@dataclass(frozen=True, slots=True)
class WholeForm:
    """A multipart form that goes into one argument whole, as the function `make` makes it out of the
    fields, the name of the file's field, and the content.

    `helper` is the source of that function, `imports` the lines it needs, `content_type` the expression
    of the header that goes with it, where the library doesn't send it by itself.
    """

    argument: str
    make: str
    helper: str
    imports: tuple[str, ...]
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A function, `make`, that gives a reply other JSON; `helper` is its source."""

    make: str
    helper: str


@dataclass(frozen=True, slots=True)
class Client:
    """How a library spells requests and replies."""

    id: str
    title: str
    url: str
    keywords: Mapping[str, Role]
    functions: Mapping[str, Verb]
    transparent: tuple[str, ...]
    """Types that only hold what they are given: a URL, headers."""
    base: str | None
    """The URL in front of those that are relative, where the library knows it by itself."""
    session_types: tuple[str, ...]
    session_arguments: tuple[Role, ...]
    """What the positional arguments of the types say; keyword arguments are attributes."""
    session_attributes: Mapping[str, Role]
    session_methods: Mapping[str, Verb]
    session_through: str | None
    session_receive: str | None
    """The method that gives the reply to what was sent last, where sending gives nothing."""
    session_joins: Joining
    own_headers: OwnHeaders
    request: Mapping[str, Role]
    """Of a request that is sent later, by member; a name that ends in `()` is a method."""
    reply: Mapping[str, View]
    """By member; a name that ends in `()` is a method."""
    multipart: FormArguments | WholeForm | None
    rebuilt: Rebuilt | None
    examples: tuple[Example, ...] = ()

    def keyword(self, role: Role) -> str:
        """The keyword argument that says `role`."""
        return next(name for name, said in self.keywords.items() if said is role)

    def body(self) -> Role:
        """What a JSON body is given as: JSON, or bytes."""
        return Role.JSON if Role.JSON in self.keywords.values() else Role.DATA


@dataclass(frozen=True, slots=True)
class Stubbing:
    """A callable that makes a stub, or says more of one: the method where no argument says one, and what its
    arguments say."""

    method: str | None
    arguments: tuple[Part, ...]
    keywords: Mapping[str, Part]


@dataclass(frozen=True, slots=True)
class Puppets:
    """How a library spells what is set on its objects, which have any attribute, and asked of them."""

    gives: tuple[str, ...]
    """Attributes that say what a call gives; the first is what a call gave."""
    states: tuple[str, ...]
    """Methods that state what was sent."""
    starts: tuple[str, ...]
    """Methods that give the object itself."""
    calls: tuple[str, ...]
    """Attributes that give what was sent."""
    options: tuple[str, ...]
    """Keywords of what makes an object that set no attribute."""


@dataclass(frozen=True, slots=True)
class Mock:
    """How a library that answers in the place of a service, in tests, spells a stub: which request it waits
    for, what it replies, and what it was sent. `client` is the library whose requests it answers."""

    id: str
    title: str
    url: str
    client: str
    functions: Mapping[str, Stubbing]
    """By qualified name: they make stubs."""
    types: tuple[str, ...]
    """Objects with `methods` that make stubs; as decorators they are given to the function."""
    fixtures: tuple[str, ...]
    """Names of the test framework's fixtures that are such objects."""
    methods: Mapping[str, Stubbing]
    route: Mapping[str, Stubbing]
    """Methods of what makes a stub: they say more of it."""
    replies: Mapping[str, Stubbing]
    """What makes a reply, by qualified name."""
    matchers: Mapping[str, Stubbing]
    """What makes a matcher, by qualified name."""
    constants: Mapping[str, str]
    """Methods that have a name, by qualified name."""
    recorded: tuple[str, ...]
    """Names of modules that give what was sent to any stub."""
    sent: Mapping[str, View]
    """Of what was sent, and of stubs, by member; a name that ends in `()` is a method."""
    status: int
    """What a reply has where none is said."""
    puppets: Puppets | None = None
    """Its objects have any attribute, and give what is set on them."""

    def names(self) -> list[str]:
        """The qualified names that mean something here."""
        makers = (*self.functions, *self.types, *self.replies, *self.matchers)
        return [*makers, *self.constants, *self.recorded]

    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Api:
    """What tells an API from others, and what its operations share."""

    id: str
    title: str
    url: str
    hosts: tuple[str, ...]
    words: tuple[str, ...]
    headers: tuple[str, ...]
    old: str
    new: str
    tables: Mapping[str, Table]
    vocabularies: Mapping[str, Vocabulary]
    dialects: Dialects | None
    rename: Mapping[str, str]
    also: tuple[Call, ...] = ()
    """Calls that only the new version has."""
    sample: Mapping[str, object] = field(default_factory=dict)
    """The configuration, as a file would say it, that the examples are run with."""


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules of one run."""

    apis: Mapping[str, Api]
    operations: tuple[Operation, ...]
    clients: tuple[Client, ...]
    mocks: tuple[Mock, ...] = ()

    def operation(self, id: str) -> Operation:
        """The operation with this id."""
        return next(operation for operation in self.operations if operation.id == id)
