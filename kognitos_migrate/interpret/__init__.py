"""The abstract interpreter: trees in, facts out (requests, what is done with replies and texts, values).
Knows no API."""
