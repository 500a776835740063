"""Which files can matter: a search of bytes, imports and names keep most from being parsed. Never loads
LibCST."""
