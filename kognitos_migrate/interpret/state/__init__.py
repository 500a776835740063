"""What is known while a program is run, as plain data that the machine holds."""
