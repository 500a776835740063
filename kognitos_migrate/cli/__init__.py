"""Commands: each parses its options, calls `run/`, and prints the result. They are imported on demand."""
