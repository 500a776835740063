"""The limits of the interpreter. Reaching one loses precision and is reported."""

CALL_DEPTH = 24
"""How many calls may be followed into each other."""
CONTEXTS = 200
"""How many activations one function may have, and CONTEXTS_A_MODULE more for each module: a package's
client is called from everywhere. Further calls give an unknown value."""
CONTEXTS_A_MODULE = 8
CONTEXTS_APART = 24
"""How many activations are told apart of a function that sends nothing, uses nothing that is tracked, and
makes no text."""
RECEIVERS = 3
"""How many instances of a class are told apart that are in different states, where any of them may be meant.
One stands for all others."""
RUNS = 12
"""How often one activation is run again with the same arguments (the heap may have changed meanwhile). Behind
that not all of the function was seen."""
LOOP_ROUNDS = 16
"""How often a loop's body is run to see what it adds; a value has fewer alternatives before it is unknown."""
ENTRY_ROUNDS = 24
"""How often the functions that nobody calls are run, to see what they put on shared objects."""
STEPS = 120_000
"""How many expressions may be evaluated in one run, and STEPS_A_MODULE more for each module. A program
that calls
the API takes some hundreds or thousands."""
STEPS_A_MODULE = 1_500
SHARED = 64
"""How many values a name that functions share may get before it is of no interest that it gets one more."""
GROWTH = 6
"""How often a text is put into itself, or a list, round by round, before it is one of any length."""
PARTS = 500
"""How many literals and holes a text may have that is put into another."""
NESTING = 24
"""How deep texts and containers are looked into."""
