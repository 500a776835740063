"""The schema of rule files that describe an HTTP client."""

from typing import Annotated

from msgspec import Meta

from kognitos_migrate.rulebook.api_schema import ExampleShape, Shape
from kognitos_migrate.rulebook.model import HeaderCombination, Joining, Role, View
from kognitos_migrate.rulebook.validation import Identifier, ImportLine, Method, Name, Text, Url


class VerbShape(Shape):
    """A callable that sends a request."""

    method: Annotated[Method, Meta(description="The HTTP method, if the callable implies it.")] | None = None
    with_body: (
        Annotated[Method, Meta(description="The HTTP method for a call with a body and without a method.")]
        | None
    ) = None
    arguments: Annotated[tuple[Role, ...], Meta(description="The roles of its positional arguments.")] = ()
    gives: Annotated[View, Meta(description="The result of the call: the response, or a part of it.")] = (
        View.SELF
    )
    lacks: Annotated[
        tuple[Text, ...], Meta(description="The keywords of the client that this callable doesn't take.")
    ] = ()


class SessionsShape(Shape, kw_only=True):
    """Objects that send requests."""

    types: Annotated[tuple[Text, ...], Meta(min_length=1)]
    arguments: Annotated[
        tuple[Role, ...], Meta(description="The roles of the types' positional arguments.")
    ] = ()
    attributes: Annotated[
        dict[Text, Role], Meta(description="Attributes, and keyword arguments of the types.")
    ] = {}
    joins: Annotated[Joining, Meta(description="How the base URL and a relative URL are joined.")] = (
        Joining.APPEND
    )
    own_headers: Annotated[
        HeaderCombination,
        Meta(description="Whether the session's headers are sent with a request that has its own."),
    ] = HeaderCombination.ADDED
    through: Annotated[str, Meta(description="The method that all others call.")] | None = None
    sends: (
        Annotated[str, Meta(description="The method that sends the requests which the others create.")] | None
    ) = None
    mounts: (
        Annotated[
            str, Meta(description="The method that mounts an adapter for a URL prefix, its first argument.")
        ]
        | None
    ) = None
    mounted: (
        Annotated[str, Meta(description="The attribute with the mounted adapters, by URL prefix.")] | None
    ) = None
    stages: Annotated[
        tuple[Identifier, ...],
        Meta(
            description="Methods of the library that process each request, and that a subclass may override."
        ),
    ] = ()
    interceptors: Annotated[
        tuple[Identifier, ...],
        Meta(description="Arguments of the types or methods with code that sees each request."),
    ] = ()
    installs: Annotated[
        tuple[Text, ...],
        Meta(description="Functions that install a session for calls without one."),
    ] = ()
    encodes: Annotated[Identifier, Meta(description="The keyword argument for a JSON encoder.")] | None = None
    receive: (
        Annotated[
            Identifier,
            Meta(description="The method that returns the last response, if sending returns none."),
        ]
        | None
    ) = None
    methods: dict[Text, VerbShape]


class MultipartShape(Shape, kw_only=True):
    """The keyword arguments of a multipart form: its fields and files, or the result of a function."""

    fields: Identifier | None = None
    files: Identifier | None = None
    unset_header: (
        Annotated[
            Text, Meta(description="The value of a header that the session sets and this request doesn't.")
        ]
        | None
    ) = None
    form: Annotated[Identifier, Meta(description="The keyword argument for a whole form.")] | None = None
    make: (
        Annotated[
            Identifier,
            Meta(description="The function of the fields, the name of the file's field, and the content."),
        ]
        | None
    ) = None
    helper: (
        Annotated[Text, Meta(description="The source of the function, which is inserted where it is needed.")]
        | None
    ) = None
    imports: tuple[ImportLine, ...] = ()
    content_type: (
        Annotated[Text, Meta(description="The Content-Type, if the library doesn't set it.")] | None
    ) = None


class CarriersShape(Shape, kw_only=True):
    """How the library passes requests to hooks."""

    methods: Annotated[
        tuple[Text, ...], Meta(description="Methods of hook objects whose first argument is a request.")
    ] = ()
    answered: Annotated[
        tuple[Text, ...],
        Meta(description="Methods of hook objects whose arguments are a request and its response."),
    ] = ()
    asked: Annotated[
        tuple[Text, ...],
        Meta(description="Attributes of such a request with its content; `name()` is a method."),
    ] = ()
    urls: Annotated[
        tuple[Text, ...], Meta(description="Those of `asked` with its URL, or with the path in it.")
    ] = ()
    verbs: Annotated[
        tuple[Text, ...],
        Meta(description="Attributes of such a request with its HTTP method; `name()` is a method."),
    ] = ()
    hooks: Annotated[
        tuple[Text, ...], Meta(description="Kinds of hooks that get the request instead of the response.")
    ] = ()
    hidden: Annotated[
        tuple[Text, ...],
        Meta(description="Types of the library that pass requests to functions in code that isn't analysed."),
    ] = ()


class RebuiltShape(Shape, kw_only=True):
    """A function that replaces the JSON of a response."""

    make: Annotated[
        Identifier,
        Meta(description="The function that is called with the response and a function of its JSON."),
    ]
    helper: Annotated[
        Text, Meta(description="The source of the function, for the module of adapters, which imports json.")
    ]


class ClientFile(Shape, tag_field="kind", tag="client", kw_only=True):
    """How a library spells requests and responses."""

    id: Name
    title: Text
    url: Url
    like: Annotated[str, Meta(description="The client that this file extends.")] | None = None
    module: Annotated[Text, Meta(description="A module with all names of that client's module.")] | None = (
        None
    )
    base: Annotated[Url, Meta(description="The base URL of relative URLs.")] | None = None
    keywords: dict[Text, Role] = {}
    functions: dict[Text, VerbShape] = {}
    transparent: Annotated[
        tuple[Text, ...], Meta(description="Types that only contain their argument: a URL, headers.")
    ] = ()
    sessions: SessionsShape | None = None
    request: Annotated[
        dict[Text, Role],
        Meta(description="The members of a request that is sent later; `name()` is a method."),
    ] = {}
    carriers: CarriersShape | None = None
    reply: Annotated[
        dict[Text, View],
        Meta(description="Members of a response; `name()` is a method, `headers.name()` one of the headers."),
    ] = {}
    errors: Annotated[
        dict[Text, View],
        Meta(
            description="The members of an error that the library raises for a request; `name()` is a method."
        ),
    ] = {}
    errors_with_url: Annotated[
        tuple[Text, ...],
        Meta(description="Types of errors whose text contains the URL of the request, with built-in bases."),
    ] = ()
    checks: Annotated[
        tuple[Text, ...],
        Meta(description="The methods of a response that raise an error for a failed request."),
    ] = ()
    raises: Annotated[bool, Meta(description="Whether sending raises an error for a failed request.")] = False
    raising_option: Annotated[
        Text | None,
        Meta(
            description="The argument, of a session or a call, that makes sending raise an error for a "
            "failed request if it is true."
        ),
    ] = None
    multipart: MultipartShape | None = None
    rebuilt: RebuiltShape | None = None
    examples: tuple[ExampleShape, ...] = ()
