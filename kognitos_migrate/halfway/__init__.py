"""Calls of the new version that are laid out as the old one's. Plans no edits."""
