"""The schema of rule files that describe a mock library."""

from typing import Annotated

from msgspec import Meta

from kognitos_migrate.rulebook.api_schema import ExampleShape, Shape
from kognitos_migrate.rulebook.model import StubRole, View
from kognitos_migrate.rulebook.validation import Method, Name, Text, Url


class StubbingShape(Shape):
    """A callable that registers or configures a stub."""

    method: Annotated[Method, Meta(description="The HTTP method, if no argument sets it.")] | None = None
    arguments: Annotated[
        tuple[StubRole, ...], Meta(description="The roles of its positional arguments.")
    ] = ()
    keywords: Annotated[dict[Text, StubRole], Meta(description="Keywords with another meaning here.")] = {}


class ObjectsShape(Shape, kw_only=True):
    """Objects that register stubs."""

    types: Annotated[tuple[Text, ...], Meta(description="Their types; decorators pass them to a test.")] = ()
    fixtures: Annotated[tuple[Text, ...], Meta(description="Test parameters that are such objects.")] = ()
    modules: Annotated[
        dict[Text, Text], Meta(description="Test parameters that are modules with such objects.")
    ] = {}
    methods: dict[Text, StubbingShape] = {}


class PuppetsShape(Shape, kw_only=True):
    """Mock objects, which have any attribute."""

    gives: Annotated[
        tuple[Text, ...], Meta(min_length=1, description="Attributes that set the result of a call.")
    ]
    states: Annotated[tuple[Text, ...], Meta(description="Methods that assert the arguments of calls.")] = ()
    lists: Annotated[tuple[Text, ...], Meta(description="Methods that assert a list of calls.")] = ()
    expects: Annotated[
        tuple[Text, ...],
        Meta(description="Objects whose calls make what recorded calls are equal to."),
    ] = ()
    starts: Annotated[tuple[Text, ...], Meta(description="Methods that return the object itself.")] = ()
    calls: Annotated[tuple[Text, ...], Meta(description="Attributes with the arguments of calls.")] = ()
    last_call: Annotated[
        dict[Text, Text],
        Meta(
            description="Methods that assert the last call, each with the attribute that has its arguments."
        ),
    ] = {}
    options: Annotated[
        tuple[Text, ...], Meta(description="Keywords of the constructor that set no attribute.")
    ] = ()


class ComparisonShape(Shape, kw_only=True):
    """How tests select the parts in which a request must equal the recorded one. By default it isn't the
    body."""

    option: Annotated[Text, Meta(description="The keyword argument, or key of a dict, with the parts.")]
    parts: Annotated[tuple[Text, ...], Meta(description="The parts that have nothing to do with the body.")]
    functions: Annotated[tuple[Text, ...], Meta(description="Names that define further parts.")] = ()


class RecordingShape(Shape, kw_only=True):
    """Files with the requests and responses of a test, in JSON or YAML."""

    function: Annotated[Text, Meta(description="The function that each entry becomes a call of.")]
    entries: Annotated[Text, Meta(description="The key of the list of entries.")]
    parts: Annotated[
        dict[Text, tuple[Text, ...]],
        Meta(description="Paths in an entry, by the function's keyword. The first one that is there counts."),
    ]
    headers: Annotated[
        dict[Text, Text], Meta(description="The path of the headers of a text, by the text's keyword.")
    ] = {}
    comparison: Annotated[
        ComparisonShape | None,
        Meta(description="How tests select what is compared. Without it, bodies count as compared."),
    ] = None


class NarrowingShape(Shape, kw_only=True):
    """The argument that limits a stub to requests with a field in their JSON body."""

    functions: Annotated[tuple[Text, ...], Meta(description="The functions that take it, by short name.")]
    argument: Annotated[Text, Meta(description="Its keyword. FIELD is the field's name.")]
    value: Annotated[
        Text, Meta(description="Its source. FIELD and VALUE are literals, MODULE is the library's name.")
    ]


class MockFile(Shape, tag_field="kind", tag="mock", kw_only=True):
    """How a library that answers in place of a service, in tests, spells stubs."""

    id: Name
    title: Text
    url: Url
    client: Annotated[str, Meta(description="The client of the requests that it answers.")]
    keywords: dict[Text, StubRole] = {}
    functions: dict[Text, StubbingShape] = {}
    objects: ObjectsShape | None = None
    route: Annotated[dict[Text, StubbingShape], Meta(description="Methods that configure a stub.")] = {}
    replies: Annotated[dict[Text, StubbingShape], Meta(description="Functions that create a response.")] = {}
    matchers: Annotated[dict[Text, StubbingShape], Meta(description="Functions that create a matcher.")] = {}
    constants: Annotated[dict[Text, Method], Meta(description="Constants for HTTP methods.")] = {}
    wildcards: Annotated[
        tuple[Text, ...], Meta(description="Constants that match any method, and any URL.")
    ] = ()
    in_turn: Annotated[
        tuple[Text, ...],
        Meta(
            description="The functions and methods, without their modules, whose stubs with equal URLs "
            "answer one request each, in the order of their calls. Only with the keywords of this file."
        ),
    ] = ()
    recorded: Annotated[
        tuple[Text, ...], Meta(description="Names in its modules with the received requests.")
    ] = ()
    sent: Annotated[
        dict[Text, View], Meta(description="The members of a received request; `name()` is a method.")
    ] = {}
    status: Annotated[int, Meta(ge=100, description="The default status code of a response.")] = 200
    puppets: Annotated[PuppetsShape | None, Meta(description="Mock objects, which have any attribute.")] = (
        None
    )
    narrowing: Annotated[
        NarrowingShape | None, Meta(description="How a stub is limited to requests with a field.")
    ] = None
    recordings: Annotated[
        tuple[RecordingShape, ...], Meta(description="Files with recorded requests and responses.")
    ] = ()
    examples: tuple[ExampleShape, ...] = ()
