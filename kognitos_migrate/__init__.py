"""Migrates Python code from the Kognitos REST API v1 to v2 by static analysis."""

__version__ = "0.1.0"
