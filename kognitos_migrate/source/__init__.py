"""A file as text and back, a notebook as a module and back; places and edits. Knows of Python only where
statements end."""
