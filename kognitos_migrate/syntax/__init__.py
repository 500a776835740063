"""A parsed module: nodes, parents, spans, and what is asked of them once. Judges nothing."""
