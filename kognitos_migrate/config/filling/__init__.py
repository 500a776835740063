"""What is to be filled in, added to a configuration in the language that it is written in."""
