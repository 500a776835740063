"""The schema of API and operation files."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from kognitos_migrate.rulebook.model import Encoding, SignStrength, ValueFormat
from kognitos_migrate.rulebook.validation import (
    CallText,
    Code,
    Constant,
    Field,
    Host,
    Identifier,
    Label,
    Line,
    Method,
    Name,
    Path,
    Segment,
    Text,
    Url,
    Words,
)

MAX_LENGTH = 1_000_000
"""Limit on the lengths of texts that a rule file requires, in characters."""


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
    max_length: Annotated[int, Meta(ge=1, le=MAX_LENGTH)] | None = None
    form: Annotated[ValueFormat, Meta(description="Whether the value is an id, or text for people.")] = (
        ValueFormat.ID
    )


class KeyFormShape(Shape):
    """The form of a table's keys."""

    min_length: Annotated[int, Meta(ge=1, le=MAX_LENGTH)] = 1
    characters: Annotated[
        Text,
        Meta(
            pattern=r"^[\\\w-]+$(?!\n)",
            description="The characters of a key, as in the brackets of a regular expression.",
        ),
    ] = r"\S"


class ReverseShape(Shape):
    """The lookup of a row's key by the field that identifies the row, for test doubles."""

    function: Annotated[Identifier, Meta(description="The name of the generated function.")]
    comment: Annotated[Line, Meta(description="The function's docstring.")]


class UnlistedShape(Shape):
    """The lookup of a key that is known at run time only, and that the table may lack."""

    field: Annotated[Name, Meta(description="The field that contains such a key, unchanged.")]
    function: Annotated[Identifier, Meta(description="The name of the generated function.")]
    comment: Annotated[Line, Meta(description="The function's docstring.")]
    status: Annotated[int | None, Meta(description="The status with which the old version answers it.")] = (
        None
    )
    reverse: ReverseShape | None = None


class TableShape(Shape):
    """A lookup that the configuration fills. Its name here is the configuration's key."""

    key: Annotated[Identifier, Meta(description="The old version's word for a key of the table.")]
    constant: Annotated[Constant, Meta(description="The name of the table in generated code.")]
    comment: Annotated[Line, Meta(description="The comment in the code and in the configuration.")]
    fields: dict[Name, FieldShape]
    key_form: Annotated[
        KeyFormShape | None, Meta(description="The form of a key. Other text isn't a key.")
    ] = None
    unlisted: Annotated[
        UnlistedShape | None,
        Meta(description="The lookup of a key that isn't in the table. By default, it raises KeyError."),
    ] = None


class VocabularyShape(Shape):
    """Old words and their new ones. Its name here is the configuration's key."""

    constant: Annotated[Identifier, Meta(description="The name of the words in generated code.")]
    comment: Annotated[Line, Meta(description="The comment in the configuration.")]
    docstring: Annotated[
        Line | None,
        Meta(description="The docstring of the function that returns an old word. The comment by default."),
    ] = None
    words: dict[Line, Words] = {}


class DialectsShape(Shape):
    """A choice between documented interpretations of the new version."""

    setting: Annotated[Name, Meta(description="The configuration's key.")]
    default: Text
    choices: dict[Name, Text]


class SignatureShape(Shape, kw_only=True):
    """Properties of a request, or of uses of its reply, that only the old version has."""

    operation: Annotated[Name, Meta(description="The operation that the request resembles.")]
    sends: Annotated[Name, Meta(description="A slot whose value the request sends.")] | None = None
    of: Annotated[Name, Meta(description="The operation whose response contains the slot.")] | None = None
    query: Annotated[Text, Meta(description="A query parameter of the request.")] | None = None
    reads: Annotated[
        tuple[Text, ...], Meta(description="Fields of the response that the program reads.")
    ] = ()
    decodes: Annotated[tuple[Text, ...], Meta(description="Fields whose text the program decodes.")] = ()


class ApiFile(Shape, tag_field="kind", tag="api", kw_only=True):
    """An API: how it is recognized, and the definitions that its operations share."""

    id: Name
    title: Line
    url: Url
    hosts: Annotated[tuple[Host, ...], Meta(min_length=1)]
    words: Annotated[
        tuple[Text, ...], Meta(description="Words in names and sources that are evidence, not proof.")
    ] = ()
    products: Annotated[
        tuple[Text, ...],
        Meta(description="Import names of packages with such a word that don't use the API."),
    ] = ()
    headers: tuple[Text, ...] = ()
    old: Annotated[Segment, Meta(description="The old version, as in a path.")]
    new: Annotated[Segment, Meta(description="The new version, as in a path.")]
    tables: dict[Name, TableShape] = {}
    vocabularies: dict[Name, VocabularyShape] = {}
    dialects: DialectsShape | None = None
    rename: Annotated[
        dict[Name, Identifier], Meta(description="New names of local variables with a slot's value.")
    ] = {}
    also: Annotated[tuple[CallText, ...], Meta(description="Calls that only the new version has.")] = ()
    signatures: Annotated[
        dict[SignStrength, tuple[SignatureShape, ...]],
        Meta(description="Signs of the old version where a request's host isn't known, by strength."),
    ] = {}
    errors: Annotated[tuple[Text, ...], Meta(description="Fields of an error response.")] = ()
    new_errors: Annotated[
        tuple[Text, ...], Meta(description="Fields of an error response that only the new version has.")
    ] = ()
    same_headers: Annotated[
        tuple[Text, ...],
        Meta(description="Response headers that don't depend on the version, in lower case."),
    ] = ()
    sample: Annotated[dict[Text, Any], Meta(description="The configuration for the examples.")] = {}


class EntryShape(Shape):
    """The keys of an object in a list of entries."""

    name: Annotated[Field, Meta(description="The key of the name in an entry.")]
    value: Annotated[Field, Meta(description="The key of the value in an entry.")]


class MemberShape(Shape):
    """One slot at one place."""

    slot: Name
    encoding: Annotated[
        Encoding | dict[Name, Encoding],
        Meta(description="The encoding of the value: one, or one for each dialect."),
    ] = field(default=Encoding.OPAQUE, name="as")
    optional: bool = False
    when: Annotated[str, Meta(description="The only dialect that has it.")] | None = None
    table: Annotated[str, Meta(description="The table with the slot's value as a key.")] | None = None
    field: Annotated[str, Meta(description="The table's field.")] | None = None
    vocabulary: Annotated[str, Meta(description="The vocabulary of the slot's value.")] | None = None
    setting: (
        Annotated[Name, Meta(description="The configuration's key with the value if no lookup has it.")]
        | None
    ) = None
    entry: Annotated[EntryShape, Meta(description="The keys of the objects in a list of entries.")] | None = (
        None
    )
    present: Annotated[
        dict[Name, Text],
        Meta(description="The word of another field that shows that this one is present."),
    ] = {}
    missing: Annotated[
        dict[Name, Text],
        Meta(description="The word of another field that shows that this one is missing, not null."),
    ] = {}
    form: Annotated[Name, Meta(description="The form of an opaque text, such as address or id.")] | None = (
        None
    )
    note: (
        Annotated[
            Text,
            Meta(description="The note for a value of the old version that outlives the program."),
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
    reply_more: Annotated[tuple[Text, ...], Meta(description="Members of the response without a slot.")] = ()


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
