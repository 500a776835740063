"""The limits of the interpreter. If one is reached, precision is lost and that is reported."""

CALL_DEPTH = 24
"""The maximum depth of nested calls."""
CONTEXTS = 200
"""The maximum number of activations of a function. Each module adds CONTEXTS_A_MODULE, because a package's
client is called from everywhere. Further calls return an unknown value."""
CONTEXTS_A_MODULE = 8
CONTEXTS_APART = 24
"""The maximum number of contexts of a function that sends no request, uses no tracked value and returns no
text of its arguments, alone or in a new object."""
CONTEXTS_IN_CYCLES = 400
"""The maximum number of activations of functions that call each other in a circle, by such functions. Each
module adds CONTEXTS_A_MODULE. The number of ways through a circle grows exponentially with its functions."""
RECEIVERS = 3
"""The maximum number of instances, in different states, that any instance of a class may mean. The last of
them represents all others."""
RECEIVER_PARTS = 4
"""The maximum number of instances that an attribute of this representative has from one expression."""
RECEIVER_DEPTH = 3
"""The maximum number of merged instances inside each other."""
RUNS = 30
"""The maximum number of runs of an activation with the same arguments, as the heap may change in between.
Calls that send requests run in each round of a loop: three loops around each other have 27 rounds. Beyond it,
the function counts as incomplete."""
LOOP_ROUNDS = 16
"""The maximum number of rounds of a loop's body. It is larger than the number of alternatives that a value
may have, so values settle first."""
ENTRY_ROUNDS = 24
"""The maximum number of rounds in which entry points run, to find their effects on shared objects."""
STEPS = 120_000
"""The maximum number of expressions evaluated in a run. Each module adds STEPS_A_MODULE. A program that calls
the API usually takes hundreds or thousands."""
STEPS_A_MODULE = 1_500
STEPS_IN_ALL = 1_000_000
"""The maximum number of steps of a run of many modules."""
MODULES = 3_000
"""The maximum number of modules of a run. A larger program is only searched for texts of the API."""
CLASSES_A_STEP = 24
"""The number of classes in a method resolution order that are looked through in a step."""
OBJECTS_A_STEP = 24
"""The number of escaped objects that are looked through in a step."""
SHARED = 64
"""Limit on the distinct values tracked per shared name."""
GROWTH = 6
"""How many times a text or a list may contain itself before it counts as one of any length."""
PARTS = 500
"""The maximum number of literals and holes of a text that is inserted into another one."""
TEST_SIZE = 1_000
"""The maximum number of nodes of an `and` or `or` that says something about the fields of a reply, or about
the values of variables. Each operand of a chain is read with all those before it."""
NESTING = 24
"""The maximum depth to which nested texts and containers are inspected."""


class ExhaustedError(Exception):
    """The run has used up its steps, so its facts are incomplete."""


def steps_of_run(modules: int) -> int:
    """The maximum number of steps of a run of so many modules."""
    return min(STEPS + STEPS_A_MODULE * modules, STEPS_IN_ALL)
