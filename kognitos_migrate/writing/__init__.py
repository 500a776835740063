"""Writes changed files atomically, with plan files and a journal for `undo`. Analyses nothing."""
