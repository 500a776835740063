"""The model of HTTP clients and mock libraries."""

from collections.abc import Mapping
from enum import Enum

from kognitos_migrate.rulebook.model.operations import Example
from kognitos_migrate.structs import Struct


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
    VERB = "verb"
    """The method that the request had."""
    OTHER = "other"
    REQUEST = "request"
    """The request itself: it is sent later."""
    FUTURE = "future"
    """A future, which gives the reply."""


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


class Verb(Struct, frozen=True):
    """A callable that sends a request: its fixed method, if any, and its positional arguments.

    `with_body` is the method where there is a body and no other method is said; `gives` is what the call
    gives, by default the reply.
    """

    method: str | None
    arguments: tuple[Role, ...]
    with_body: str | None = None
    gives: View = View.SELF


class FormArguments(Struct, frozen=True):
    """A multipart form that the library makes out of two arguments: the fields and the files."""

    fields: str
    files: str


class WholeForm(Struct, frozen=True):
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

    @property
    def code(self) -> str:
        """All that is written into a module as it stands."""
        return "\n".join((*self.imports, self.helper, *filter(None, (self.content_type,))))


class Rebuilt(Struct, frozen=True):
    """A function, `make`, that gives a reply other JSON; `helper` is its source."""

    make: str
    helper: str

    @property
    def code(self) -> str:
        """All that is written into a module as it stands."""
        return self.helper


class HookSpelling(Struct, frozen=True):
    """What a library shows requests on their way, where it is given such things: functions, and things with
    one of these `methods`, or of those that are `answered`, which get the reply, too. What is `asked` of a
    request says what is sent, the `verbs` its HTTP method; a name that ends in `()` is a method. The `hidden`
    types call functions with requests and replies out of sight."""

    methods: tuple[str, ...] = ()
    answered: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    """The kinds of hooks that get the request, not the reply."""
    hidden: tuple[str, ...] = ()


class Client(Struct, frozen=True):
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
    session_sends: str | None
    """The method that sends what the others make: it gets a request."""
    session_mounts: str | None
    """The method that gives an adapter to the URLs which its first argument begins."""
    session_installs: tuple[str, ...]
    """The functions that put a session behind those which send without one."""
    session_encodes: str | None
    """The attribute with the function that makes JSON text of a body."""
    session_receive: str | None
    """The method that gives the reply to what was sent last, where sending gives nothing."""
    session_joins: Joining
    own_headers: OwnHeaders
    request: Mapping[str, Role]
    """Of a request that is sent later, by member; a name that ends in `()` is a method."""
    carriers: HookSpelling
    reply: Mapping[str, View]
    """By member; a name that ends in `()` is a method."""
    multipart: FormArguments | WholeForm | None
    rebuilt: Rebuilt | None
    examples: tuple[Example, ...] = ()

    def keyword(self, role: Role) -> str:
        """The keyword argument that says `role`."""
        return next(name for name, said in self.keywords.items() if said is role)

    def is_body(self, name: str) -> bool:
        """Whether an attribute of a request that is sent later says what its body is."""
        role = self.request.get(name, self.keywords.get(name))
        return role in (Role.JSON, Role.DATA) or (role is None and name in self.carriers.asked)

    def body(self) -> Role:
        """What a JSON body is given as: JSON, or bytes."""
        return Role.JSON if Role.JSON in self.keywords.values() else Role.DATA


class StubArgument(Enum):
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


class Stubbing(Struct, frozen=True):
    """A callable that makes a stub, or says more of one: the method where no argument says one, and what its
    arguments say."""

    method: str | None
    arguments: tuple[StubArgument, ...]
    keywords: Mapping[str, StubArgument]


class MockObjectSpelling(Struct, frozen=True):
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


class Mock(Struct, frozen=True):
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
    modules: Mapping[str, str]
    """By the name of such a fixture: the library's module that it is."""
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
    puppets: MockObjectSpelling | None = None
    """Its objects have any attribute, and give what is set on them."""
    examples: tuple[Example, ...] = ()

    def names(self) -> list[str]:
        """The qualified names that mean something here."""
        makers = (*self.functions, *self.types, *self.replies, *self.matchers)
        return [*makers, *self.constants, *self.recorded]
