"""A run in parts that know nothing of each other: what of them is analysed, and their results as one."""
