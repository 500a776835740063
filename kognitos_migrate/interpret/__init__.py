"""The abstract interpreter: from syntax trees to facts. It contains no names of any API."""
