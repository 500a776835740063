"""Data files of tests, JSON and YAML, as Python modules."""
