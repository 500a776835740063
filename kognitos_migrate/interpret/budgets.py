"""Every limit of the interpreter, by name. Reaching one loses precision, which is reported, never an
error."""

CALL_DEPTH = 24
"""How many calls may be followed into each other."""
CONTEXTS = 60
"""How many activations one function may have; further calls give an unknown value."""
LOOP_ROUNDS = 3
"""How often a loop's body is run to see what it adds."""
ENTRY_ROUNDS = 3
"""How often the functions that nobody calls are run, to see what they put on shared objects."""
STEPS = 3_000_000
"""How many expressions may be evaluated in one run for each module."""
NESTING = 24
"""How deep texts and containers are looked into."""
