"""Which requests are API calls, which of them belong together, and which can't be resolved. Plans
no edits."""
