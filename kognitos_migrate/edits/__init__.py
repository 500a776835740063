"""Plans the edits of a conversation, all or nothing. Writes no files."""
