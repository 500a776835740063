"""The prose lint: docstrings and names of the package against the rules of CONTRIBUTING.md (Style)."""
