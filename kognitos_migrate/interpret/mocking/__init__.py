"""Test doubles: stubs of mock libraries, mock objects, and the program's own doubles."""
