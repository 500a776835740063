"""Searches text of any language for mentions of the old version. Reads no files."""
