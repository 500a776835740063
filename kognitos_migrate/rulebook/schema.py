"""The schema of rule files: clients and mock libraries, and the union of all kinds.

These structs validate the shape of a file and yield the JSON Schema for editors. `cross_checks.py` checks its
references, and `build.py` makes the model that the engine uses.
"""

from typing import Annotated, Any

from msgspec import Meta

from kognitos_migrate.rulebook.api_schema import ApiFile, ExampleShape, OperationFile, Shape
from kognitos_migrate.rulebook.model import (
    Joining,
    OwnHeaders,
    Role,
    StubArgument,
    View,
)
from kognitos_migrate.rulebook.validation import (
    Identifier,
    ImportLine,
    Method,
    Name,
    Text,
    Url,
)

OWN_KEYS = (
    "hosts",
    "rules",
    "src",
    "include",
    "exclude",
    "select",
    "ignore",
    "per-file-ignores",
    "severity",
    "baseline",
    "adapter",
)
"""The tool's own configuration keys. No rule may declare a setting with one of these names."""


class VerbShape(Shape):
    """A callable that sends a request."""

    method: Annotated[Method, Meta(description="The HTTP method, where the callable fixes it.")] | None = None
    with_body: (
        Annotated[Method, Meta(description="The HTTP method where a body is given and no method.")] | None
    ) = None
    arguments: Annotated[tuple[Role, ...], Meta(description="What its positional arguments say.")] = ()
    gives: Annotated[View, Meta(description="What the call gives: the reply, or a part of it.")] = View.SELF


class SessionsShape(Shape, kw_only=True):
    """Objects that send requests."""

    types: Annotated[tuple[Text, ...], Meta(min_length=1)]
    arguments: Annotated[tuple[Role, ...], Meta(description="What the types' positional arguments say.")] = ()
    attributes: Annotated[
        dict[Text, Role], Meta(description="Attributes, and keyword arguments of the types.")
    ] = {}
    joins: Annotated[Joining, Meta(description="What becomes of a relative URL.")] = Joining.APPEND
    own_headers: Annotated[
        OwnHeaders, Meta(description="Where a request has headers: whether the session's are sent, too.")
    ] = OwnHeaders.ADDED
    through: Annotated[str, Meta(description="The method that every other one calls.")] | None = None
    sends: (
        Annotated[str, Meta(description="The method that sends what the others make; gets a request.")] | None
    ) = None
    mounts: (
        Annotated[str, Meta(description="Gives what sends to the URLs that its first argument begins.")]
        | None
    ) = None
    stages: Annotated[
        tuple[Identifier, ...],
        Meta(description="Methods of the library that a request passes; an override sees each request."),
    ] = ()
    interceptors: Annotated[
        tuple[Identifier, ...],
        Meta(description="Arguments, of the types or methods, whose code sees each request."),
    ] = ()
    installs: Annotated[
        tuple[Text, ...],
        Meta(description="Functions that put a session behind those which send without one."),
    ] = ()
    encodes: (
        Annotated[Identifier, Meta(description="The keyword argument that makes JSON text of a body.")] | None
    ) = None
    receive: (
        Annotated[Identifier, Meta(description="Gives the reply to what was sent last; sending gives none.")]
        | None
    ) = None
    methods: dict[Text, VerbShape]


class MultipartShape(Shape, kw_only=True):
    """The keyword arguments of a multipart form: its fields and files, or the result of a function."""

    fields: Identifier | None = None
    files: Identifier | None = None
    form: Annotated[Identifier, Meta(description="The keyword argument that takes a form whole.")] | None = (
        None
    )
    make: (
        Annotated[
            Identifier,
            Meta(description="Called with the fields, the name of the file's field, the content."),
        ]
        | None
    ) = None
    helper: Annotated[Text, Meta(description="Its source, written where it is needed.")] | None = None
    imports: tuple[ImportLine, ...] = ()
    content_type: (
        Annotated[Text, Meta(description="The Content-Type, where the library does not send it.")] | None
    ) = None


class CarriersShape(Shape, kw_only=True):
    """How the library passes requests to hooks."""

    methods: Annotated[
        tuple[Text, ...], Meta(description="Those of what it is given that get a request first.")
    ] = ()
    answered: Annotated[tuple[Text, ...], Meta(description="Those that get a request, then the reply.")] = ()
    asked: Annotated[
        tuple[Text, ...],
        Meta(description="Attributes of such a request that say what is sent; `name()` is a method."),
    ] = ()
    verbs: Annotated[
        tuple[Text, ...],
        Meta(description="Attributes of such a request that say its method; `name()` is a method."),
    ] = ()
    hooks: Annotated[
        tuple[Text, ...], Meta(description="Kinds of hooks that get the request, not the reply.")
    ] = ()
    hidden: Annotated[
        tuple[Text, ...],
        Meta(description="Types of the library that call functions with what is sent, out of sight."),
    ] = ()


class RebuiltShape(Shape, kw_only=True):
    """A function that replaces the JSON of a response."""

    make: Annotated[Identifier, Meta(description="Called with the reply and a function of its JSON.")]
    helper: Annotated[Text, Meta(description="Its source, for the module of adapters, which imports json.")]


class ClientFile(Shape, tag_field="kind", tag="client", kw_only=True):
    """How a library spells requests and responses."""

    id: Name
    title: Text
    url: Url
    like: Annotated[str, Meta(description="The client whose file this one adds to.")] | None = None
    module: (
        Annotated[Text, Meta(description="The module that has all of that client's module too.")] | None
    ) = None
    base: Annotated[Url, Meta(description="The URL in front of relative ones.")] | None = None
    keywords: dict[Text, Role] = {}
    functions: dict[Text, VerbShape] = {}
    transparent: Annotated[
        tuple[Text, ...], Meta(description="Types that only hold what they are given: a URL, headers.")
    ] = ()
    sessions: SessionsShape | None = None
    request: Annotated[
        dict[Text, Role], Meta(description="Of a request sent later: by member; `name()` is a method.")
    ] = {}
    carriers: CarriersShape | None = None
    reply: Annotated[
        dict[Text, View],
        Meta(description="By member; `name()` is a method, `headers.name()` a method of the headers."),
    ] = {}
    errors: Annotated[
        dict[Text, View],
        Meta(
            description="Of an error that the library raises for a request: by member; `name()` is a method."
        ),
    ] = {}
    checks: Annotated[
        tuple[Text, ...],
        Meta(description="The methods of a response that raise an error for a failed request."),
    ] = ()
    raises: Annotated[
        bool, Meta(description="Whether sending a request raises an error for a failed one.")
    ] = False
    multipart: MultipartShape | None = None
    rebuilt: RebuiltShape | None = None
    examples: tuple[ExampleShape, ...] = ()


class StubbingShape(Shape):
    """A callable that registers or configures a stub."""

    method: Annotated[Method, Meta(description="The HTTP method where no argument says one.")] | None = None
    arguments: Annotated[
        tuple[StubArgument, ...], Meta(description="What its positional arguments say.")
    ] = ()
    keywords: Annotated[
        dict[Text, StubArgument], Meta(description="Those that mean something else here.")
    ] = {}


class ObjectsShape(Shape, kw_only=True):
    """Objects that register stubs."""

    types: Annotated[
        tuple[Text, ...], Meta(description="What makes them; decorators of a test are given to it.")
    ] = ()
    fixtures: Annotated[tuple[Text, ...], Meta(description="Parameters of tests that are such objects.")] = ()
    modules: Annotated[
        dict[Text, Text], Meta(description="Parameters of tests that are modules which have such objects.")
    ] = {}
    methods: dict[Text, StubbingShape] = {}


class PuppetsShape(Shape, kw_only=True):
    """Mock objects, which have any attribute."""

    gives: Annotated[
        tuple[Text, ...], Meta(min_length=1, description="Attributes that say what a call gives.")
    ]
    states: Annotated[tuple[Text, ...], Meta(description="Methods that state what was sent.")] = ()
    starts: Annotated[tuple[Text, ...], Meta(description="Methods that give the object itself.")] = ()
    calls: Annotated[tuple[Text, ...], Meta(description="Attributes that give what was sent.")] = ()
    options: Annotated[
        tuple[Text, ...], Meta(description="Keywords of what makes an object that set no attribute.")
    ] = ()


class MockFile(Shape, tag_field="kind", tag="mock", kw_only=True):
    """How a library that answers in place of a service, in tests, spells stubs."""

    id: Name
    title: Text
    url: Url
    client: Annotated[str, Meta(description="The client whose requests it answers.")]
    keywords: dict[Text, StubArgument] = {}
    functions: dict[Text, StubbingShape] = {}
    objects: ObjectsShape | None = None
    route: Annotated[
        dict[Text, StubbingShape], Meta(description="Methods of a stub, which say more of it.")
    ] = {}
    replies: Annotated[dict[Text, StubbingShape], Meta(description="What makes a reply.")] = {}
    matchers: Annotated[
        dict[Text, StubbingShape], Meta(description="What makes a thing that says what is waited for.")
    ] = {}
    constants: Annotated[dict[Text, Method], Meta(description="HTTP methods that have a name.")] = {}
    recorded: Annotated[
        tuple[Text, ...], Meta(description="Names of its modules that give what was sent.")
    ] = ()
    sent: Annotated[
        dict[Text, View], Meta(description="Of what was sent, by member; `name()` is a method.")
    ] = {}
    status: Annotated[int, Meta(ge=100, description="What a reply has where none is said.")] = 200
    puppets: Annotated[
        PuppetsShape | None, Meta(description="Its objects have any attribute that is set on them.")
    ] = None
    examples: tuple[ExampleShape, ...] = ()


RuleFile = ApiFile | OperationFile | ClientFile | MockFile


def json_schema() -> dict[str, Any]:
    """The JSON Schema of rule files, for editors."""
    import msgspec

    return msgspec.json.schema(RuleFile)
