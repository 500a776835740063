"""Parsed modules: nodes, parents, spans, scopes. Judges nothing."""
