"""A run as the state of a migration: conversations by project, in numbers, compared with an earlier one."""
