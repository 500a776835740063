"""Parsed modules: nodes, parents, spans, scopes. Makes no judgement about the program."""
