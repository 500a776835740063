"""Validates a document against a msgspec struct, and reports every fault with its line.

msgspec stops at the first error, and its path lacks the keys of mappings. If its conversion fails, the value
is therefore compared with the struct's type here, fault by fault.
"""

import re
from collections.abc import Iterator
from keyword import kwlist
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import Meta

from kognitos_migrate.errors import Fault, UserError
from kognitos_migrate.rulebook.document import Document, Key, join_with_or, suggestion

if TYPE_CHECKING:
    from msgspec import inspect


_SEGMENT = r"[\w.~!$&()*+,;=:@%-]+"
"""A literal segment of a URL path."""

Text = Annotated[str, Meta(min_length=1)]
Line = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]+$(?!\n)",
        extra={"expected": "a text of one line, without control characters"},
    ),
]
"""A text that stands in a comment or a docstring."""
Segment = Annotated[
    str,
    Meta(pattern=rf"^{_SEGMENT}$(?!\n)", extra={"expected": "a segment of a path, as in v2 or 2024-06-30"}),
]
Field = Annotated[
    str,
    Meta(
        pattern=r"^[\w.$@:-]+$(?!\n)",
        extra={"expected": "a key of JSON of letters, digits and any of _.$@:-, as in run_id"},
    ),
]
ImportLine = Annotated[
    str,
    Meta(
        pattern=r"^(import \w+(\.\w+)*|from \w+(\.\w+)* import \w+)( as \w+)?$(?!\n)",
        extra={"expected": "one import, as in import aiohttp"},
    ),
]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9_]*$(?!\n)",
        extra={"expected": "a name of small letters, digits and underscores, as in start_run"},
    ),
]
Constant = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z][A-Z0-9_]*$(?!\n)",
        extra={"expected": "a name of capital letters, digits and underscores, as in API_STATES"},
    ),
]
Identifier = Annotated[
    str,
    Meta(
        pattern=rf"^(?!(?:{'|'.join(kwlist)})$)[A-Za-z_][A-Za-z0-9_]*$(?!\n)",
        extra={"expected": "a name that Python could have, as in old_state"},
    ),
]
Code = Annotated[
    str,
    Meta(
        pattern=r"^[A-Z]{2,8}[0-9]{3}$(?!\n)",
        extra={"expected": "two to eight capital letters and three digits, as in KOG101"},
    ),
]
Label = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$(?!\n)",
        extra={"expected": "small letters, digits and hyphens, as in v1-start-run"},
    ),
]
Url = Annotated[
    str,
    Meta(
        pattern=r"^https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+$(?!\n)",
        extra={"expected": "a URL, as in https://example.com/"},
    ),
]
Host = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:[0-9]+)?$(?!\n)",
        extra={"expected": "a host name without scheme and path, as in api.example.com"},
    ),
]
PythonFile = Annotated[
    str,
    Meta(
        pattern=r"^((?!\.\./)[^/]+/)*[A-Za-z_][A-Za-z0-9_]*\.py$(?!\n)",
        extra={"expected": "the path of a Python module in the project, as in src/acme/adapters.py"},
    ),
]
Method = Annotated[
    str, Meta(pattern=r"^[A-Z]+$(?!\n)", extra={"expected": "an HTTP method in capital letters, as in POST"})
]
Path = Annotated[
    str,
    Meta(
        pattern=rf"^(/({_SEGMENT}|\{{[a-z][a-z0-9_]*\}}))+/?$(?!\n)",
        extra={"expected": "a path whose segments are text or a slot, as in /old/things/{thing}"},
    ),
]
CallText = Annotated[
    str,
    Meta(
        pattern=rf"^[A-Z]+ (/({_SEGMENT}|\{{[a-z][a-z0-9_]*\}}))+/?$(?!\n)",
        extra={"expected": "a method and a path, as in GET /new/things/{thing}"},
    ),
]
Words = Line | Annotated[tuple[Line, ...], Meta(min_length=1)]
"""One word, or several with one meaning."""
SomeWords = Text | tuple[Text, ...]
"""One word, several, or none."""


def validate(document: Document, shape: Any, error: type[UserError]) -> Any:
    """The document's value as `shape`, a struct or a union of tagged structs.

    Raises `error` with all faults of the document.
    """
    import msgspec

    faults = list(document.faults)
    try:
        converted = msgspec.convert(document.value, shape)
    except msgspec.ValidationError as mismatch:
        from msgspec import inspect

        mismatches = list(_faults(document, document.value, inspect.type_info(shape), ()))
        faults += mismatches or [document.fault((), str(mismatch))]
    if faults:
        raise error.of(faults)
    return converted


def _faults(document: Document, value: object, expected_type: "inspect.Type", key: Key) -> Iterator[Fault]:
    """The faults of `value` at `key`, which should have the type `expected_type`."""
    from msgspec import inspect

    match expected_type:
        case inspect.Metadata():
            faults = list(_faults(document, value, expected_type.type, key))
            if faults and expected_type.extra and isinstance(value, str):
                yield _mismatch(document, value, expected_type.type, key, expectation(expected_type))
            else:
                yield from faults
        case inspect.UnionType():
            yield from _union_faults(document, value, expected_type, key)
        case inspect.StructType() if isinstance(value, dict):
            yield from _struct_faults(document, value, expected_type, key)
        case inspect.DictType() if isinstance(value, dict):
            for name, item in value.items():
                yield from _faults(document, name, expected_type.key_type, (*key, name))
                yield from _faults(document, item, expected_type.value_type, (*key, name))
        case inspect.VarTupleType() if isinstance(value, list) and len(value) >= (
            expected_type.min_length or 0
        ):
            for index, item in enumerate(value):
                yield from _faults(document, item, expected_type.item_type, (*key, index))
        case _ if not _has_type(value, expected_type):
            yield _mismatch(document, value, expected_type, key, expectation(expected_type))


def _struct_faults(
    document: Document, value: dict[str, object], expected_type: "inspect.StructType", key: Key
) -> Iterator[Fault]:
    """The faults of a mapping: missing and unknown keys, and the faults of its values."""
    fields = {field.encode_name: field for field in expected_type.fields}
    names = [*([expected_type.tag_field] if expected_type.tag_field else []), *fields]
    for name, item in value.items():
        if name in fields:
            yield from _faults(document, item, fields[name].type, (*key, name))
        elif name not in names:
            unused = [other for other in names if other not in value]
            yield document.fault((*key, name), "unknown key", suggestion(name, names, unused))
    for name, field in fields.items():
        if field.required and name not in value:
            yield document.fault((*key, name), "is missing", f"expected {expectation(field.type)}")


def _union_faults(
    document: Document, value: object, expected_type: "inspect.UnionType", key: Key
) -> Iterator[Fault]:
    """The faults of `value` against the member of the union that it resembles most."""
    from msgspec import inspect

    tagged = [
        member for member in expected_type.types if isinstance(member, inspect.StructType) and member.tag
    ]
    if len(tagged) > 1 and isinstance(value, dict):
        tag_field = str(tagged[0].tag_field)
        tags = {str(member.tag): member for member in tagged}
        member = tags.get(str(value.get(tag_field)))
        if member is None:
            expected = f"expected {join_with_or(tags)}"
            if tag_field in value:
                yield document.mismatch((*key, tag_field), value[tag_field], expected, tags)
            else:
                yield document.fault((*key, tag_field), "is missing", expected)
        else:
            yield from _struct_faults(document, value, member, key)
        return
    if any(not any(_faults(document, value, member, key)) for member in expected_type.types):
        return
    container = inspect.VarTupleType if isinstance(value, list) else (inspect.StructType, inspect.DictType)
    alike = [member for member in expected_type.types if isinstance(_plain(member), container)]
    if isinstance(value, (list, dict)) and value and len(alike) == 1:
        yield from _faults(document, value, alike[0], key)
    else:
        yield document.mismatch(key, value, f"expected {expectation(expected_type)}")


def _plain(expected_type: "inspect.Type") -> "inspect.Type":
    """The type without its metadata."""
    from msgspec import inspect

    return expected_type.type if isinstance(expected_type, inspect.Metadata) else expected_type


def _mismatch(
    document: Document, value: object, expected_type: "inspect.Type", key: Key, expected: str
) -> Fault:
    """The fault of a value that differs from the type `expected_type`, which is `expected` in words."""
    from msgspec import inspect

    most = expected_type.max_length if isinstance(expected_type, inspect.StrType) else None
    if isinstance(value, str) and most is not None and len(value) > most:
        return document.fault(key, f"has {len(value)} characters", f"expected {expected}")
    return document.mismatch(key, value, f"expected {expected}", _choices(expected_type))


def _choices(expected_type: "inspect.Type") -> list[str]:
    """The texts that a type allows, if it lists them."""
    from msgspec import inspect

    match expected_type:
        case inspect.LiteralType():
            return [str(value) for value in expected_type.values]
        case inspect.EnumType():
            return [str(member.value) for member in expected_type.cls]
    return []


def _has_type(value: object, expected_type: "inspect.Type") -> bool:
    """Whether the scalar `value` has the type `expected_type`."""
    from msgspec import inspect

    match expected_type:
        case inspect.AnyType():
            return True
        case inspect.NoneType():
            return value is None
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.IntType():
            return (
                isinstance(value, int)
                and not isinstance(value, bool)
                and value >= (expected_type.ge or value)
                and value <= (expected_type.le or value)
            )
        case inspect.LiteralType():
            return value in expected_type.values
        case inspect.EnumType():
            return value in [member.value for member in expected_type.cls]
        case inspect.StrType():
            return isinstance(value, str) and _text_fits(value, expected_type)
    return False


def _text_fits(value: str, expected_type: "inspect.StrType") -> bool:
    """Whether `value` has the length and the form of a text type."""
    if len(value) < (expected_type.min_length or 0):
        return False
    if expected_type.max_length is not None and len(value) > expected_type.max_length:
        return False
    return expected_type.pattern is None or re.search(expected_type.pattern, value) is not None


def expectation(expected_type: "inspect.Type") -> str:
    """A description of the type `expected_type`, in words."""
    from msgspec import inspect

    match expected_type:
        case inspect.Metadata() if expected_type.extra and "expected" in expected_type.extra:
            return str(expected_type.extra["expected"])
        case inspect.Metadata():
            return expectation(expected_type.type)
        case inspect.StrType():
            return (
                "text"
                if expected_type.max_length is None
                else f"text with at most {expected_type.max_length} characters"
            )
        case inspect.BoolType():
            return "true or false"
        case inspect.IntType():
            most = expected_type.le
            return "a whole number" if most is None else f"a whole number up to {most:,}"
        case inspect.LiteralType() | inspect.EnumType():
            return join_with_or(_choices(expected_type))
        case inspect.VarTupleType():
            item = expectation(expected_type.item_type)
            return f"a list of {item}" if item == "text" else f"a list (each item: {item})"
        case inspect.UnionType():
            members = [member for member in expected_type.types if not isinstance(member, inspect.NoneType)]
            return join_with_or([expectation(member) for member in members])
        case inspect.StructType():
            return f"a mapping with {', '.join(field.encode_name for field in expected_type.fields)}"
    return "a mapping"
