"""The state of a run of the interpreter, as plain data."""
