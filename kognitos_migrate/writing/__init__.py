"""Changed files put on disk, all or none; plans as files; the journal of `undo`. Analyses nothing."""
