"""The shape of the YAML files under `rules/`: one struct for each kind of file, and its parts.

What a file says is only as good as its shape here; `check.py` looks at what it refers to, and `build.py`
makes the model that the engine relies on. The JSON Schema for editors comes from these structs.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from kognitos_migrate.rulebook.model import (
    Encoding,
    FieldForm,
    Joining,
    OwnHeaders,
    Part,
    Role,
    View,
    Weight,
)
from kognitos_migrate.rulebook.texts import (
    CallText,
    Code,
    Constant,
    Field,
    Host,
    Identifier,
    ImportLine,
    Label,
    Method,
    Name,
    Path,
    Segment,
    Text,
    Url,
    Words,
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
"""The keys of a configuration that are the tool's own: no rule may declare a setting of such a name."""


class Shape(Struct, forbid_unknown_fields=True):
    """A part of a file: only the keys that are listed, in any order."""


class ExampleShape(Shape):
    """A program before and after; `rules test` runs it through the tool."""

    about: Text
    before: Text
    after: Text


class FieldShape(Shape):
    """One field that a key of the configuration stands for."""

    required: bool = True
    choices: tuple[Text, ...] = ()
    max_length: Annotated[int, Meta(ge=1)] | None = None
    form: Annotated[FieldForm, Meta(description="Whether the value is an id, or text for people.")] = (
        FieldForm.ID
    )


class KeyFormShape(Shape):
    """The form that a key must have to be one."""

    min_length: Annotated[int, Meta(ge=1)] = 1
    characters: Annotated[
        Text,
        Meta(
            pattern=r"^[\\\w-]+$",
            description="The characters of a key, as in the brackets of a regular expression.",
        ),
    ] = r"\S"


class UnlistedShape(Shape):
    """The lookup of a key that is known at run time only, and that the table may lack."""

    field: Annotated[Name, Meta(description="The field that such a key is sent in, as it is.")]
    function: Annotated[
        Identifier, Meta(description="The function's name where it is written into the code.")
    ]
    comment: Annotated[Text, Meta(description="The function's docstring.")]


class TableShape(Shape):
    """A lookup that the configuration fills. Its name here is the configuration's key."""

    key: Annotated[Text, Meta(description="What a key of the table is, in a word of the old version.")]
    constant: Annotated[Constant, Meta(description="The table's name where it is written into the code.")]
    comment: Annotated[Text, Meta(description="Says in the code and the configuration what the table is.")]
    fields: dict[Name, FieldShape]
    key_form: Annotated[
        KeyFormShape | None, Meta(description="The form of a key; a text of another form is no key.")
    ] = None
    unlisted: Annotated[
        UnlistedShape | None,
        Meta(description="How a key that the table lacks is looked up; by default that raises KeyError."),
    ] = None


class VocabularyShape(Shape):
    """Old words and the new ones. Its name here is the configuration's key."""

    constant: Annotated[Identifier, Meta(description="The words' name where they are written into the code.")]
    comment: Annotated[Text, Meta(description="Says in the code and the configuration what the words are.")]
    words: dict[Text, Words] = {}


class DialectsShape(Shape):
    """A choice between documented readings of the new version."""

    setting: Annotated[Name, Meta(description="The configuration's key.")]
    default: Text
    choices: dict[Name, Text]


class SignatureShape(Shape, kw_only=True):
    """Parts of a request, or of the use of its reply, that only the old version has."""

    operation: Annotated[Name, Meta(description="The operation that the request is like.")]
    sends: Annotated[Name, Meta(description="A slot that it is sent.")] | None = None
    of: Annotated[Name, Meta(description="The operation whose reply gave the slot.")] | None = None
    query: Annotated[Text, Meta(description="A query parameter that it is given.")] | None = None
    reads: Annotated[tuple[Text, ...], Meta(description="Fields that are read of its reply.")] = ()
    decodes: Annotated[tuple[Text, ...], Meta(description="Fields whose text is decoded.")] = ()


class ApiFile(Shape, tag_field="kind", tag="api", kw_only=True):
    """What tells an API from others, and what its operations share."""

    id: Name
    title: Text
    url: Url
    hosts: Annotated[tuple[Host, ...], Meta(min_length=1)]
    words: Annotated[
        tuple[Text, ...], Meta(description="In a name or a source they are evidence, not proof.")
    ] = ()
    headers: tuple[Text, ...] = ()
    old: Annotated[Segment, Meta(description="The old version, as it stands in a path.")]
    new: Annotated[Segment, Meta(description="The new version, as it stands in a path.")]
    tables: dict[Name, TableShape] = {}
    vocabularies: dict[Name, VocabularyShape] = {}
    dialects: DialectsShape | None = None
    rename: Annotated[
        dict[Name, Name], Meta(description="New names of local variables that hold a slot's value.")
    ] = {}
    also: Annotated[tuple[CallText, ...], Meta(description="Calls that only the new version has.")] = ()
    signatures: Annotated[
        dict[Weight, tuple[SignatureShape, ...]],
        Meta(description="Signs of the old version where a request's host isn't known, by weight."),
    ] = {}
    errors: Annotated[tuple[Text, ...], Meta(description="Fields of a reply that says what went wrong.")] = ()
    new_errors: Annotated[
        tuple[Text, ...], Meta(description="Those of them that only the new version's replies have.")
    ] = ()
    sample: Annotated[
        dict[Text, Any], Meta(description="The configuration that the examples are run with.")
    ] = {}


class EntryShape(Shape):
    """The keys of an object in a list of entries."""

    name: Annotated[Field, Meta(description="The key under which it has the name.")]
    value: Annotated[Field, Meta(description="The key under which it has the value.")]


class MemberShape(Shape):
    """One slot at one place."""

    slot: Name
    encoding: Annotated[
        Encoding | dict[Name, Encoding],
        Meta(description="How the value is written: one way, or one for each dialect."),
    ] = field(default=Encoding.OPAQUE, name="as")
    optional: bool = False
    when: Annotated[str, Meta(description="The only dialect that has it.")] | None = None
    table: Annotated[str, Meta(description="The table that the slot's value is a key of.")] | None = None
    field: Annotated[str, Meta(description="The table's field.")] | None = None
    vocabulary: Annotated[str, Meta(description="The words that the slot's value is one of.")] | None = None
    setting: (
        Annotated[Name, Meta(description="The configuration's key that gives it if no lookup can.")] | None
    ) = None
    entry: Annotated[EntryShape, Meta(description="What the objects of a list of entries are.")] | None = None
    present: Annotated[
        dict[Name, Text],
        Meta(description="The word of another field of the reply with which alone it is there."),
    ] = {}
    note: (
        Annotated[
            Text,
            Meta(description="Said where a value of the old version is kept beyond the program's run."),
        ]
        | None
    ) = None


class TargetShape(Shape):
    """A slot of another operation's reply."""

    operation: Name
    slot: Name


class RawShape(Shape):
    """A body that is a slot's bytes."""

    slot: Name


class FileShape(Shape):
    """The file of a form."""

    name: Field
    slot: Name


class FormShape(Shape):
    """A multipart form: fields out of a slot, then one file."""

    fields: TargetShape
    file: FileShape


class BodyShape(Shape):
    """A JSON body: a slot as a whole, or one for each member."""

    whole: MemberShape | None = None
    members: dict[Field, MemberShape] = {}


class LayoutShape(Shape):
    """Where one version of the API puts an operation's slots."""

    method: Method
    method_slot: Name | None = None
    path: Path | None = None
    target: TargetShape | None = None
    query: dict[Field, MemberShape] = {}
    body: BodyShape | None = None
    raw: RawShape | None = None
    form: FormShape | None = None
    headers_slot: Name | None = None
    status: Annotated[int, Meta(ge=100)] | None = None
    reply: dict[Field, MemberShape] = {}
    reply_more: Annotated[tuple[Text, ...], Meta(description="Members of the reply that hold no slot.")] = ()


class OperationFile(Shape, tag_field="kind", tag="operation"):
    """One call of the API, in its old and its new layout."""

    id: Name
    api: Name
    code: Code
    name: Label
    message: Text
    explain: Text
    url: Url
    old: LayoutShape
    new: LayoutShape
    examples: tuple[ExampleShape, ...] = ()


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
    """The keyword arguments that make a multipart form; or a function that makes it, and what takes it."""

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
    """What the library shows requests on their way."""

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
    """How a reply gets other JSON, for whoever reads it later."""

    make: Annotated[Identifier, Meta(description="Called with the reply and a function of its JSON.")]
    helper: Annotated[Text, Meta(description="Its source, for the module of adapters, which imports json.")]


class ClientFile(Shape, tag_field="kind", tag="client", kw_only=True):
    """How a library spells requests and replies."""

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
    reply: Annotated[dict[Text, View], Meta(description="By member; `name()` is a method.")] = {}
    multipart: MultipartShape | None = None
    rebuilt: RebuiltShape | None = None
    examples: tuple[ExampleShape, ...] = ()


class StubbingShape(Shape):
    """A callable that makes a stub, or says more of one."""

    method: Annotated[Method, Meta(description="The HTTP method where no argument says one.")] | None = None
    arguments: Annotated[tuple[Part, ...], Meta(description="What its positional arguments say.")] = ()
    keywords: Annotated[dict[Text, Part], Meta(description="Those that mean something else here.")] = {}


class ObjectsShape(Shape, kw_only=True):
    """Objects that make stubs."""

    types: Annotated[
        tuple[Text, ...], Meta(description="What makes them; decorators of a test are given to it.")
    ] = ()
    fixtures: Annotated[tuple[Text, ...], Meta(description="Parameters of tests that are such objects.")] = ()
    modules: Annotated[
        dict[Text, Text], Meta(description="Parameters of tests that are modules which have such objects.")
    ] = {}
    methods: dict[Text, StubbingShape] = {}


class PuppetsShape(Shape, kw_only=True):
    """Objects that have any attribute."""

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
    """How a library that answers in the place of a service, in tests, spells a stub."""

    id: Name
    title: Text
    url: Url
    client: Annotated[str, Meta(description="The client whose requests it answers.")]
    keywords: dict[Text, Part] = {}
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
    """The JSON Schema of a rule file, for editors."""
    import msgspec

    return msgspec.json.schema(RuleFile)
