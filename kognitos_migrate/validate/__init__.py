"""Translation validation: whether a result does what its original did, by the facts of both."""
