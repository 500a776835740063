"""The abstract domain: lattice, join, and heap. Independent of syntax."""
