"""The tool over much used packages that know nothing of the API: it finds nothing and crashes nowhere."""
