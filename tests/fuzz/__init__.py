"""Hostile input: no source, configuration or rule makes the tool fail, or think for long."""
