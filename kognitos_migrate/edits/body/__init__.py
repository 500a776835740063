"""What the new body of a request holds, where it is put together, and where what it needs is taken from."""
