"""The schema of API and operation files."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from kognitos_migrate.rulebook.model import Encoding, FieldForm, Weight
from kognitos_migrate.rulebook.validation import (
    CallText,
    Code,
    Constant,
    Field,
    Host,
    Identifier,
    Label,
    Method,
    Name,
    Path,
    Segment,
    Text,
    Url,
    Words,
)


class Shape(Struct, forbid_unknown_fields=True):
    """A mapping in a rule file. Only the listed keys are allowed, in any order."""


class ExampleShape(Shape):
    """A program before and after; `rules test` runs it through the tool."""

    about: Text
    before: Text
    after: Text


class FieldShape(Shape):
    """One field of a table's entries in the configuration."""

    required: bool = True
    choices: tuple[Text, ...] = ()
    max_length: Annotated[int, Meta(ge=1)] | None = None
    form: Annotated[FieldForm, Meta(description="Whether the value is an id, or text for people.")] = (
        FieldForm.ID
    )


class KeyFormShape(Shape):
    """The form of a table's keys."""

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
    comment: Annotated[Text, Meta(description="The comment in the code and in the configuration.")]
    fields: dict[Name, FieldShape]
    key_form: Annotated[
        KeyFormShape | None, Meta(description="The form of a key; a text of another form is no key.")
    ] = None
    unlisted: Annotated[
        UnlistedShape | None,
        Meta(description="How a key that the table lacks is looked up; by default that raises KeyError."),
    ] = None


class VocabularyShape(Shape):
    """Old words and their new ones. Its name here is the configuration's key."""

    constant: Annotated[Identifier, Meta(description="The words' name where they are written into the code.")]
    comment: Annotated[Text, Meta(description="The comment in the configuration.")]
    docstring: Annotated[
        Text | None,
        Meta(description="The docstring of the function that returns an old word. The comment by default."),
    ] = None
    words: dict[Text, Words] = {}


class DialectsShape(Shape):
    """A choice between documented interpretations of the new version."""

    setting: Annotated[Name, Meta(description="The configuration's key.")]
    default: Text
    choices: dict[Name, Text]


class SignatureShape(Shape, kw_only=True):
    """Properties of a request, or of uses of its reply, that only the old version has."""

    operation: Annotated[Name, Meta(description="The operation that the request is like.")]
    sends: Annotated[Name, Meta(description="A slot that it is sent.")] | None = None
    of: Annotated[Name, Meta(description="The operation whose reply gave the slot.")] | None = None
    query: Annotated[Text, Meta(description="A query parameter that it is given.")] | None = None
    reads: Annotated[tuple[Text, ...], Meta(description="Fields that are read of its reply.")] = ()
    decodes: Annotated[tuple[Text, ...], Meta(description="Fields whose text is decoded.")] = ()


class ApiFile(Shape, tag_field="kind", tag="api", kw_only=True):
    """An API: how it is recognized, and the definitions that its operations share."""

    id: Name
    title: Text
    url: Url
    hosts: Annotated[tuple[Host, ...], Meta(min_length=1)]
    words: Annotated[
        tuple[Text, ...], Meta(description="In a name or a source they are evidence, not proof.")
    ] = ()
    products: Annotated[
        tuple[Text, ...],
        Meta(description="Packages with such a word in their name that don't use the API, as imported."),
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
    same_headers: Annotated[
        tuple[Text, ...],
        Meta(description="Headers of replies that don't depend on the version, in lower case."),
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
    missing: Annotated[
        dict[Name, Text],
        Meta(description="The word of another field of the reply with which it is missing, and never null."),
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
    """A body that consists of a slot's bytes."""

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
    """A JSON body: one slot as a whole, or one slot for each member."""

    whole: MemberShape | None = None
    members: dict[Field, MemberShape] = {}


class LayoutShape(Shape):
    """The places of an operation's slots in one version of the API."""

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
