"""Rules: read from YAML, validated with all faults of a file, and built into a frozen model."""
