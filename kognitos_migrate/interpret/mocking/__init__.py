"""What tests put in the place of a client: mocks, functions, classes; what they reply, and were sent."""
