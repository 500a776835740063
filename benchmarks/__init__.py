"""Measurements of the tool's speed, on programs that are made for it."""
