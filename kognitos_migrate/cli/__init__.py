"""The commands, loaded when they are called; they parse options, call `run/`, and show what comes out."""
