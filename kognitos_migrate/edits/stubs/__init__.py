"""The stubs of a program's tests: canned replies, expected requests and recorded requests."""
