"""Stand-ins for parts of the tool, in plain words."""
