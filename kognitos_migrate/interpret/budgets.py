"""Every limit of the interpreter, by name. Reaching one loses precision, which is reported, never an
error."""

CALL_DEPTH = 24
"""How many calls may be followed into each other."""
CONTEXTS = 60
"""How many activations one function may have, and CONTEXTS_A_MODULE more for each module: a package's
client is called from everywhere. Further calls give an unknown value."""
CONTEXTS_A_MODULE = 8
RUNS = 12
"""How often one activation is run again with the same arguments (the heap may have changed meanwhile)."""
LOOP_ROUNDS = 16
"""How often a loop's body is run to see what it adds; a value has fewer alternatives before it is unknown."""
ENTRY_ROUNDS = 12
"""How often the functions that nobody calls are run, to see what they put on shared objects."""
STEPS = 60_000
"""How many expressions may be evaluated in one run, and STEPS_A_MODULE more for each module. A program
that calls
the API takes some hundreds or thousands."""
STEPS_A_MODULE = 1_500
NESTING = 24
"""How deep texts and containers are looked into."""
