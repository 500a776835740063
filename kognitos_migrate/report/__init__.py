"""A result in a format: for people, for programs, for CI. Analyses nothing."""
