"""Calls of the new version that still use the old layout. Plans no edits."""
