"""The configuration: found, read, checked against the rules, and written. Reads no code."""
