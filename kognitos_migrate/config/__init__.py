"""The configuration: discovery, loading, validation against the rules, and scaffolding. Reads no code."""
