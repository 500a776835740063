"""From a conversation to drafts of edits, all or nothing, and from drafts to edits. Writes no files."""
