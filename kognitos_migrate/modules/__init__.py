"""The modules of a program by their names: import graph, definitions and uses, slices.

Never imports LibCST.
"""
