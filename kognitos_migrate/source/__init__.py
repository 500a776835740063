"""Source text: files, encodings, positions, edits, notebooks."""
