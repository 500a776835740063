"""The URLs of a conversation: from the old layout of a path to the new one's."""
