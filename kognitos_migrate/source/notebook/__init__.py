"""Jupyter notebooks as Python modules."""
