"""Do the tests test? Small faults are put into the engine, one at a time, and some test must notice each."""
