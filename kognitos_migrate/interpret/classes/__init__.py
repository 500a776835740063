"""Classes of the program: what they are derived from, what their instances hold, and how these are made."""
