"""Requests that are API calls, the conversations that they form, and those that can't be resolved. Plans no
edits."""
