"""Classes of the program: bases, attributes, and instances."""
