"""The base classes of all records and of kinds that are often hashed, and field-checked `replace`.

To a type checker `replace(record, name=value)` is the one of dataclasses: it checks names and types.
"""

from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct as Struct
from msgspec import field as field

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:
    from msgspec.structs import replace as replace


class HashedEnum(Enum):
    """An enum whose members are parts of keys. `Enum` hashes the name of a member, in Python code."""

    __hash__ = object.__hash__
