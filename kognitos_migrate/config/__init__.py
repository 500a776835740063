"""The configuration, checked against what the rules declare. Reads no code."""
