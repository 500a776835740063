"""Renders results for people, for programs and for CI. Analyses nothing."""
