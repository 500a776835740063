"""Entry point of the console script and of `python -m kognitos_migrate`."""

import os
import sys


def run() -> None:
    """Run the command line without folders of the code under analysis in `sys.path`, which must never run.

    `python -m` puts the working folder first. Relative and empty entries of PYTHONPATH lead there, too.
    """
    package = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    entries = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    untrusted = {os.path.realpath(entry) for entry in ("", *entries) if not os.path.isabs(entry)} - {package}
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) not in untrusted]
    from kognitos_migrate.cli.main import main

    main()


if __name__ == "__main__":
    run()
