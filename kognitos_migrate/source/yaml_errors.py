"""The errors of PyYAML on hostile texts, as one type."""

from collections.abc import Iterator
from contextlib import contextmanager

_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def yaml_errors() -> Iterator[None]:
    """Raise errors of PyYAML that aren't a YAMLError as one.

    PyYAML raises KeyError for `!!bool foo`, IndexError for `!!float ""`, AttributeError for
    `!!timestamp foo`, and OverflowError for the escape `"\\UFFFFFFFF"`.
    """
    try:
        yield
    except _ERRORS as error:
        import yaml

        raise yaml.YAMLError(f"a tag or an escape doesn't fit its value: {error}") from error
