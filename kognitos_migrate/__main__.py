"""`python -m kognitos_migrate`."""

from kognitos_migrate.cli.main import main

if __name__ == "__main__":
    main()
