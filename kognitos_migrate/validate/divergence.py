"""Divergences: the places where a result's behaviour differs from the original's."""

from enum import Enum

from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site


class Comparison(Enum):
    """The outcome of a comparison."""

    SAME = "same"
    DIFFERENT = "different or unproven"
    NOT_COMPARED = "not compared"


class Divergence(Struct, frozen=True):
    """A place in the original where the result's behaviour differs."""

    request: int
    """The id of the original's request that it concerns."""
    site: Site
    message: str
    comparison: Comparison = Comparison.DIFFERENT
