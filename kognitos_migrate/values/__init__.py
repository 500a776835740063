"""The abstract domain: lattice, join, and heap. Knows no syntax."""
