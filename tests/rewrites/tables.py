"""Tables of short programs: text files in which each part is a program, below a line with its name."""

from pathlib import Path


def programs(file: str) -> dict[str, str]:
    """The programs of a text file beside this one, by name."""
    found: dict[str, str] = {}
    for part in path_of(file).read_text("utf-8").removesuffix("\n").split("\n\n"):
        name, _, body = part.partition("\n")
        assert name.startswith("# "), name
        assert name[2:] not in found, name
        found[name[2:]] = body
    return found


def path_of(file: str) -> Path:
    """Where a table is."""
    return Path(__file__).parent / file


def tables_in(folder: str) -> list[str]:
    """The tables in a folder beside this module, as `programs` takes them."""
    return sorted(f"{folder}/{file.name}" for file in path_of(folder).glob("*.txt"))


def files_of(text: str) -> dict[str, str]:
    """The files that are written one below the other, by name."""
    found: dict[str, str] = {}
    for part in text.removeprefix("## ").split("\n## "):
        name, _, body = part.partition("\n")
        found[name] = f"{body}\n" if body else ""
    return found
