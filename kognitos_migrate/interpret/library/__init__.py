"""What Python and its standard library do with values, one file a subject, by qualified name: each has
`SYMBOLS` and `METHODS`, which `models.py` puts together."""
