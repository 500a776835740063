"""Which requests are calls of the API, which belong together, and what could not be followed. Plans no
edits."""
