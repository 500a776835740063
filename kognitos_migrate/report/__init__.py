"""Renders results for users, programs and CI. Analyses nothing."""
