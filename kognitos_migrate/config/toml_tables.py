"""Tables of a TOML file. Imports next to nothing, because every run needs it."""

from kognitos_migrate.source.toml_text import parse_toml


def has_table(data: bytes, table: tuple[str, ...]) -> bool:
    """Whether TOML with these bytes has `table`.

    A text that isn't valid TOML has the table if a header or key names it.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    try:
        return table_value(parse_toml(text), table) is not None
    except (ValueError, RecursionError):
        from kognitos_migrate.config.toml_keys import key_lines

        return any(key[: len(table)] == table for key, _ in key_lines(text))


def table_value(value: object, table: tuple[str, ...]) -> object:
    """The value at `table`, a path of keys, in a TOML document; None if there is none."""
    for name in table:
        value = value.get(name) if isinstance(value, dict) else None
    return value
