"""The new body of a request: where it is built, and where its values come from."""
