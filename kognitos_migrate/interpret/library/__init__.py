"""Models of the standard library and of common packages; each module defines `SYMBOLS` and `METHODS`."""
