"""What is known of the program's functions while it is run, and which of them are being run."""

from kognitos_migrate.interpret.state.events import Frame
from kognitos_migrate.interpret.state.looks import Recalled
from kognitos_migrate.record import Struct, field
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Value
from kognitos_migrate.values.heap import Given


class Functions(Struct, eq=False):
    """The functions by their sites."""

    entered: set[Site] = field(default_factory=set)
    """Those that the program itself calls; tests are no callers of what they test."""
    registered: set[Site] = field(default_factory=set)
    """Those that code out of sight may call, and classes whose instances it may have."""
    wrapped: dict[Site, str] = field(default_factory=dict)
    """Those with a decorator that can't be followed."""
    remembering: set[Site] = field(default_factory=set)
    """Those that give again what they gave before, to who asks for the same."""
    judges: dict[Site, list[Given]] = field(default_factory=dict)
    """By function: those that a decorator asks what to make of its results."""
    commands: set[Site] = field(default_factory=set)
    """Those that are called by a command line."""
    lambdas: dict[Site, int] = field(default_factory=dict)
    """By lambda: the frame in which it was made last."""
    gives: dict[Site, Value] = field(default_factory=dict)
    """What each gives, in all calls together."""


class Running(Struct, eq=False):
    """The calls that are not over yet, and how often those in the midst of themselves went round."""

    frames: list[Frame] = field(default_factory=list)
    """The outermost first."""
    gives: dict[int, Value] = field(default_factory=dict)
    """By frame: what its function gives, as far as it was run."""
    rounds: int = 0
    """How often the body of a function was run once more."""


class Kept(Struct, eq=False):
    """What is kept of calls that are over. A call is known by the number of its function and arguments
    (`numbers`), which are long to compare, and by its frame."""

    numbers: dict[tuple[object, ...], int] = field(default_factory=dict)
    runs: dict[tuple[int, int], int] = field(default_factory=dict)
    results: dict[tuple[int, int], Value] = field(default_factory=dict)
    repeated: dict[tuple[int, int], Recalled] = field(default_factory=dict)
    """The last run, while it can be told that another would give the same."""
    quiet: dict[int, Recalled] = field(default_factory=dict)
    """The same by number alone, of calls that give nothing that knows where it comes from."""
