"""The state of a migration as one page."""
