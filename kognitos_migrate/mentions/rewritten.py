"""What the new version has in the place of a path: its own path, with the slots' texts as they were."""

import re

from kognitos_migrate.mentions.spelling import Spelling
from kognitos_migrate.rulebook.model import Api, Segment


def new_path(spelling: Spelling, found: re.Match[str]) -> str:
    """The new path for one that was found, as far as its slots are known; without its version, where the
    old one was found without."""
    return "".join(f"/{part}" for part in _parts(spelling, found))


def new_version(api: Api, written: str) -> str:
    """What was written of the old version, with the new one in its place."""
    return re.sub(rf"{re.escape(api.old)}(?=\W*$)", api.new, written, flags=re.IGNORECASE)


def new_list(spelling: Spelling, found: re.Match[str]) -> str:
    """The same as a list of segments, without the quotes around it."""
    return '", "'.join(_parts(spelling, found))


def _parts(spelling: Spelling, found: re.Match[str]) -> list[str]:
    groups = found.groupdict()
    path = spelling.operation.new.path
    if not found["head"]:
        path = _without_head(spelling, path)
    parts: list[str] = []
    for part in path:
        said = part.text if part.slot is None else groups.get(part.slot)
        if said is None:
            break  # what follows is put behind it elsewhere
        parts.append(said)
    return parts


def _without_head(spelling: Spelling, path: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """The new path without as many segments as the old one's head has."""
    return path[len(spelling.head) :]
