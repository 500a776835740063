"""A run, and the world around it: reading, git, processes, the cache, the configuration. Formats no
output."""
