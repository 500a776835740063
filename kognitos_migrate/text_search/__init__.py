"""Searches in text of any language, above all for mentions of the old version. Reads no files."""
