"""The model of HTTP clients and mock libraries."""

from collections.abc import Collection, Mapping
from enum import Enum

from kognitos_migrate.rulebook.model.operations import Example
from kognitos_migrate.source.data_file.forms import RecordingForm
from kognitos_migrate.structs import HashedEnum, Struct, replace


class Role(HashedEnum):
    """The role of an argument in an HTTP call."""

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
    """The URL that relative URLs are resolved against."""
    HOST = "host"
    """The host of relative URLs."""
    REQUEST = "request"
    """A request object that was created before, or the URL of a new one."""


class View(HashedEnum):
    """The value of a member of an HTTP library's response."""

    JSON = "json"
    TEXT = "text"
    STATUS = "status"
    OK = "ok"
    """Whether the request has succeeded."""
    FAILED = "failed"
    """Whether the request has failed, perhaps in one way of several."""
    SELF = "self"
    NOTHING = "nothing"
    ADDRESS = "address"
    """The URL of the response."""
    HEADERS = "headers"
    """The headers of the response."""
    HEADER = "header"
    """One header of the response: a method's first argument names it. Without a name, it may be any."""
    VERB = "verb"
    """The method of the request."""
    OTHER = "other"
    REQUEST = "request"
    """The request itself, which is sent later."""
    FUTURE = "future"
    """A future whose result is the response."""
    CALL = "call"
    """A call that a double received: its positional arguments, then those by keyword."""
    ARGUMENTS = "arguments"
    """The positional arguments of a call that a double received."""


class Joining(Enum):
    """How a relative URL is combined with the base URL."""

    APPEND = "append"
    """It is appended to the base."""
    RESOLVE = "resolve"
    """It is resolved against the base as a link is (RFC 3986)."""


class HeaderCombination(Enum):
    """How a request's headers are combined with those of its session."""

    ADDED = "added"
    """They are sent in addition."""
    INSTEAD = "instead"
    """They replace the session's headers."""


class RequestCallable(Struct, frozen=True):
    """A callable that sends a request: its fixed method, if any, and the roles of its positional arguments.

    `with_body` is the method of a call with a body and without a method argument. `gives` is the call's
    result, by default the response. `lacks` are the keywords of its client that it doesn't take.
    """

    method: str | None
    arguments: tuple[Role, ...]
    with_body: str | None = None
    gives: View = View.SELF
    lacks: tuple[str, ...] = ()


class FormArguments(Struct, frozen=True):
    """A multipart form as two keyword arguments: the fields and the files.

    `unset_header` is the expression for a header of the session that this request doesn't send.
    """

    fields: str
    files: str
    unset_header: str | None


class WholeForm(Struct, frozen=True):
    """A multipart form as one argument, which a call of `make` returns.

    `make` gets the fields, the name of the file's field, and the content; `helper` is its source, and
    `imports` are the import lines it needs. `content_type` is the expression for the Content-Type header if
    the library doesn't send it by itself.
    """

    argument: str
    make: str
    helper: str
    imports: tuple[str, ...]
    content_type: str | None

    @property
    def code(self) -> str:
        """All code of the rule that is written into a module."""
        return "\n".join((*self.imports, self.helper, *filter(None, (self.content_type,))))


class JsonReplacement(Struct, frozen=True):
    """A function `make` that replaces the JSON of a response. `helper` is its source."""

    make: str
    helper: str

    @property
    def code(self) -> str:
        """All code of the rule that is written into a module."""
        return self.helper


class HookSpelling(Struct, frozen=True):
    """How a library passes requests to hooks: functions, and objects with certain methods.

    `request_methods` get a request first; `response_methods` get the request and then the response.
    `content_attributes` are the attributes of the request that determine what is sent, `url_attributes` those
    of them for its URL, and `verbs` those for its HTTP method; a name that ends in `()` is a method.
    `unanalysed_types` call hooks in code that isn't analysed.
    """

    request_methods: tuple[str, ...] = ()
    response_methods: tuple[str, ...] = ()
    content_attributes: tuple[str, ...] = ()
    url_attributes: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    """The kinds of hooks that get the request instead of the response."""
    unanalysed_types: tuple[str, ...] = ()


class Client(Struct, frozen=True):
    """How a library spells requests and responses."""

    id: str
    title: str
    url: str
    keywords: Mapping[str, Role]
    functions: Mapping[str, RequestCallable]
    transparent: tuple[str, ...]
    """Types that only wrap their argument: a URL, headers."""
    base: str | None
    """The base URL of the library's requests, if it is fixed."""
    session_types: tuple[str, ...]
    session_arguments: tuple[Role, ...]
    """The roles of the session types' positional arguments. Keyword arguments are attributes."""
    session_attributes: Mapping[str, Role]
    session_methods: Mapping[str, RequestCallable]
    session_through: str | None
    """The session method that all the others call; None if there is none."""
    session_sends: str | None
    """The session method that sends a request object."""
    session_mounts: str | None
    """The session method that assigns a transport adapter to all URLs with its first argument as a prefix."""
    session_mounted: str | None
    """The attribute of a session whose keys are these prefixes."""
    session_stages: tuple[str, ...]
    """The methods of a session's type that a request passes on its way. An override sees each request."""
    session_interceptors: tuple[str, ...]
    """The arguments, of a session's type or method, whose code sees each request."""
    session_installs: tuple[str, ...]
    """Functions that install a session for all requests sent without one."""
    session_encodes: str | None
    """The session attribute whose value, a function, encodes bodies as JSON."""
    session_receive: str | None
    """The session method that returns the response if sending returns nothing."""
    session_joins: Joining
    own_headers: HeaderCombination
    request: Mapping[str, Role]
    """The roles of a request object's members. A name that ends in `()` is a method."""
    hook_spelling: HookSpelling
    reply: Mapping[str, View]
    """The value of each member of a response. A name that ends in `()` is a method."""
    errors: Mapping[str, View]
    """The value of each member of an error that the library raises for a request."""
    errors_with_url: tuple[str, ...]
    """The types of errors whose text contains the URL of the request, with their built-in bases."""
    checks: tuple[str, ...]
    """The methods of a response that raise an error for a failed request."""
    raises: bool
    """Whether sending a request raises an error for a failed one."""
    raising_option: str | None
    """The argument, of a session or a call, that makes sending a request raise such an error if it is
    true."""
    multipart: FormArguments | WholeForm | None
    json_replacement: JsonReplacement | None
    examples: tuple[Example, ...] = ()

    def keyword(self, role: Role) -> str:
        """The keyword argument with `role`. Raises StopIteration if there is none."""
        return next(name for name, candidate in self.keywords.items() if candidate is role)

    def without(self, keywords: Collection[str]) -> "Client":
        """The client as a callable spells it that doesn't take some of its keywords."""
        form = self.multipart
        parts = (form.argument,) if isinstance(form, WholeForm) else (form.fields, form.files) if form else ()
        return replace(
            self,
            keywords={name: role for name, role in self.keywords.items() if name not in keywords},
            multipart=None if any(part in keywords for part in parts) else form,
        )

    def is_body(self, name: str) -> bool:
        """Whether an attribute of a request object determines its body."""
        role = self.request.get(name, self.keywords.get(name))
        spelling = self.hook_spelling
        return role in (Role.JSON, Role.DATA) or (
            role is None and name in spelling.content_attributes and name not in spelling.url_attributes
        )

    def body(self) -> Role:
        """The role in which a JSON body is passed: JSON if a keyword has that role, else DATA."""
        return Role.JSON if Role.JSON in self.keywords.values() else Role.DATA


class StubRole(Enum):
    """The role of an argument in a call that registers a stub."""

    METHOD = "method"
    URL = "url"
    URL_PREFIX = "url-prefix"
    """The text that the URL begins with."""
    URL_PATTERN = "url-pattern"
    """A regular expression for the URL."""
    QUERY = "query"
    """The expected query."""
    JSON = "json"
    """The expected JSON body."""
    BODY = "body"
    """A matcher for the body as it is sent: bytes, a form, files, or a function that gets the request."""
    HEADERS = "headers"
    """A matcher for all headers, or whether a matcher compares all."""
    SOME_HEADERS = "some-headers"
    """Headers that the request has, perhaps among others."""
    MATCHERS = "matchers"
    """Matchers for the expected query or body, in a list or alone."""
    REPLY = "reply"
    """A canned reply, a list of them, or a function that returns one for the request."""
    REPLY_JSON = "reply-json"
    REPLY_TEXT = "reply-text"
    STATUS = "status"
    BASE = "base"
    """The URL that relative URLs are resolved against."""
    NAME = "name"
    """The name of the stub. Subscripting the mock object with it returns the stub."""


class Stubbing(Struct, frozen=True):
    """A callable that registers or configures a stub, with the roles of its arguments.

    `method` is the HTTP method unless an argument has that role; None matches any.
    """

    method: str | None
    arguments: tuple[StubRole, ...]
    keywords: Mapping[str, StubRole]


class MockObjectSpelling(Struct, frozen=True):
    """The attributes and methods of mock objects, which have every attribute that is set on them."""

    gives: tuple[str, ...]
    """Attributes that set the result of a call; the first also reads it."""
    states: tuple[str, ...]
    """Methods that assert what was sent."""
    lists: tuple[str, ...]
    """Methods that assert a list of calls."""
    expects: tuple[str, ...]
    """Qualified names of objects whose calls, also of attributes, make objects equal to recorded calls."""
    starts: tuple[str, ...]
    """Methods that return the mock object itself."""
    calls: tuple[str, ...]
    """Attributes that hold the recorded calls."""
    last_call: Mapping[str, str]
    """The attribute with the arguments of the last call, by method that asserts it."""
    options: tuple[str, ...]
    """Keyword arguments of mock constructors that don't set an attribute."""


class Narrowing(Struct, frozen=True):
    """The argument that limits a stub to requests with a field in their JSON body, and the short names of
    the functions that take it.

    FIELD, VALUE and MODULE stand for the field, its value and the name of the library's module."""

    functions: tuple[str, ...]
    argument: str
    value: str


class Mock(Struct, frozen=True):
    """How a mock library spells stubs in tests: expected requests, canned replies, and recorded requests.

    `client` is the id of the HTTP client whose requests it answers.
    """

    id: str
    title: str
    url: str
    client: str
    functions: Mapping[str, Stubbing]
    """Functions that register stubs, by qualified name."""
    types: tuple[str, ...]
    """Types whose `methods` register stubs. As decorators, they pass an instance to the test."""
    fixtures: tuple[str, ...]
    """Names of the test framework's fixtures that are such instances."""
    modules: Mapping[str, str]
    """The library's module that a fixture returns, by the fixture's name."""
    methods: Mapping[str, Stubbing]
    route: Mapping[str, Stubbing]
    """Methods that configure a registered stub, by name."""
    replies: Mapping[str, Stubbing]
    """Callables that make a canned reply, by qualified name."""
    matchers: Mapping[str, Stubbing]
    """Callables that make a matcher, by qualified name."""
    constants: Mapping[str, str]
    """HTTP methods of the library's constants, by qualified name."""
    wildcards: tuple[str, ...]
    """Constants that match any method or URL, by qualified name."""
    in_turn: tuple[str, ...]
    """The names of functions and methods whose stubs with equal URLs answer one request each, in the order of
    their calls, if these have no other `keywords`."""
    keywords: frozenset[str]
    recorded: tuple[str, ...]
    """Attributes of its modules that hold the requests sent to any stub."""
    sent: Mapping[str, View]
    """The value of each member of a recorded request or a stub. A name that ends in `()` is a method."""
    status: int
    """The default status code of canned replies."""
    object_spelling: MockObjectSpelling | None = None
    """The spelling of its mock objects, which have any attribute; None if it has none."""
    narrowing: Narrowing | None = None
    """How a stub is limited to requests with a field in their body; None if it can't be."""
    recordings: tuple[RecordingForm, ...] = ()
    """The forms of files with the requests and responses of a test."""
    examples: tuple[Example, ...] = ()

    def names(self) -> list[str]:
        """The qualified names that this library defines for stubs."""
        makers = (*self.functions, *self.types, *self.replies, *self.matchers)
        return [*makers, *self.constants, *self.wildcards, *self.recorded]
