"""The language server: open documents in, diagnostics and edits out."""
