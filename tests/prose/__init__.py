"""The prose lint: docstrings and names of the package, checked against the rules of CONTRIBUTING.md (Style).

`python -m tests.prose [PATH...]` lists today's offences, `--shrink` takes those that are mended out of the
baseline, `--count` counts them by package and rule.
"""
