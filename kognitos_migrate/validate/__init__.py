"""Translation validation: checks from the facts of both that a result behaves like its original."""
