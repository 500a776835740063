"""The HTML report, looked at in a browser."""
