"""The URLs of a conversation: from the old path layout to the new one."""
