"""The forms that texts of a document have. `expected` is what an error says about a text of another form."""

from typing import Annotated

from msgspec import Meta

_SEGMENT = r"[\w.~!$&()*+,;=:@%-]+"
"""A segment of a path, as it may stand in a literal of any kind."""

Text = Annotated[str, Meta(min_length=1)]
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
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$(?!\n)",
        extra={"expected": "a name that Python could have, as in old_state"},
    ),
]
Code = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{2,8}[0-9]{3}$",
        extra={"expected": "two to eight capital letters and three digits, as in KOG101"},
    ),
]
Label = Annotated[
    str,
    Meta(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        extra={"expected": "small letters, digits and hyphens, as in v1-start-run"},
    ),
]
Url = Annotated[
    str, Meta(pattern="^https?://[^ ]+$", extra={"expected": "a URL, as in https://example.com/"})
]
Host = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(:[0-9]+)?$",
        extra={"expected": "a host name without scheme and path, as in api.example.com"},
    ),
]
PythonFile = Annotated[
    str,
    Meta(
        pattern=r"^((?!\.\./)[^/]+/)*[A-Za-z_][A-Za-z0-9_]*\.py$",
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
Words = Text | Annotated[tuple[Text, ...], Meta(min_length=1)]
"""One word, or several that mean the same."""
SomeWords = Text | tuple[Text, ...]
"""The same, or none at all."""
