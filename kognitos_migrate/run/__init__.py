"""Runs the engine: reads files, uses git, processes, cache and configuration. Formats no output."""
