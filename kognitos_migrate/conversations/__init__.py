"""Requests that are API calls, the conversations that they form, and unresolved ones. Plans no edits."""
