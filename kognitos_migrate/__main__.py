"""Entry point of `python -m kognitos_migrate`."""

import os
import sys


def run() -> None:
    """Run the command line, without the working folder among the places of modules.

    `python -m` looks there first, and what lies there is the code of others: it is read, and never run.
    """
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    from kognitos_migrate.cli.main import main

    main()


if __name__ == "__main__":
    run()
