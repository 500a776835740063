"""The ledger: a run as the state of a migration, by project and conversation."""
