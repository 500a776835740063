"""The abstract interpreter: from syntax trees to facts. Knows no API."""
