"""The state of a migration as one HTML page."""
