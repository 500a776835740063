"""File discovery, and the prefilter that keeps most files from being parsed. Never imports LibCST."""
