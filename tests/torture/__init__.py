"""Programs drawn from the grammar of what real authors write: each is run on v1, migrated, and run on v2."""
