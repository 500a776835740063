"""The tests of a program: what their stubs reply, wait for and were sent, put into the new layout."""
