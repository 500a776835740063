"""Making texts out of texts."""

import itertools
from collections.abc import Iterable, Sequence

from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import MANY, Const, Hole, Join, Lit, Text, Value
from kognitos_migrate.values.join import join

WIDTH = 12
"""How many texts a text with several choices may become."""


def plain(text: str) -> Text:
    """Text that stands nowhere in the source."""
    return Text((Lit(text),)) if text else Text(())


def pieces(value: Value, site: Site, frame: int) -> list[Text]:
    """The texts that `value`, formatted, may be: itself if it is text, else a hole at `site`."""
    if isinstance(value, Text):
        return [value]
    if isinstance(value, Const) and not isinstance(value.value, bytes):
        return [Text((Hole(value, site, frame),))]
    if isinstance(value, Join) and any(isinstance(choice, Text) for choice in value.values):
        return [text for choice in value.values for text in pieces(choice, site, frame)]
    return [Text((Hole(value, site, frame),))]


def concat(choices: Sequence[Iterable[Text]]) -> Value:
    """Return all the texts that come of taking one choice at each place, joined: where there are more than
    `WIDTH` of them, one of many."""
    combinations = itertools.product(*choices)
    texts = [
        Text(tuple(part for text in combination for part in text.parts))
        for combination in itertools.islice(combinations, WIDTH)
    ]
    is_whole = next(combinations, None) is None
    return join(*texts) if is_whole else join(*texts, MANY)


def holes(text: Text) -> list[Hole]:
    """The holes of `text`."""
    return [part for part in text.parts if isinstance(part, Hole)]
