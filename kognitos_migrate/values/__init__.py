"""The lattice: what can be known of an expression, the only join, and the heap. Knows no syntax."""
