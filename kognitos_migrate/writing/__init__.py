"""Writes changed files atomically, plan files, and the journal for `undo`. Analyses nothing."""
