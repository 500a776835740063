"""The struct base class of all records, and field-checked `replace`.

To a type checker `replace(record, name=value)` is the one of dataclasses: it checks names and types.
"""

from typing import TYPE_CHECKING

from msgspec import Struct as Struct
from msgspec import field as field

if TYPE_CHECKING:
    from dataclasses import replace as replace
else:
    from msgspec.structs import replace as replace
