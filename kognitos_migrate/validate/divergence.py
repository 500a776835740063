"""Divergences: the places where the stories of an original and its result part."""

from enum import Enum

from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.tree import Site


class Respect(Enum):
    """In which respect two stories are compared."""

    REQUESTS = "which requests are sent"
    SLOT = "what a request says"
    REPLY = "what is asked of a reply"
    OBJECT = "what others see of an object"
    EFFECT = "what happens besides"


class Comparison(Enum):
    """The outcome of a comparison."""

    SAME = "the same"
    DIFFERENT = "different, or not shown to be the same"
    NOT_COMPARED = "a kind of value that is not compared"


class Divergence(Struct, frozen=True):
    """A place of the original from which on the result tells another story."""

    respect: Respect
    request: int
    """The request of the original that it concerns."""
    site: Site
    message: str
    comparison: Comparison = Comparison.DIFFERENT
