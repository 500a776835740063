"""Entry point of `python -m kognitos_migrate`."""

import os
import sys


def run() -> None:
    """Run the command line without the working folder in `sys.path`.

    `python -m` puts it first, and the folder may contain the code under analysis, which must never run.
    """
    if sys.path and sys.path[0] in ("", os.getcwd()):
        del sys.path[0]
    from kognitos_migrate.cli.main import main

    main()


if __name__ == "__main__":
    run()
