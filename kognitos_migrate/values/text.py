"""Making texts out of texts."""

import itertools
from collections.abc import Iterable, Sequence

from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Const, Hole, Join, Lit, Part, Text, Value
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
    """All the texts that come of taking one choice at each place, joined."""
    texts: list[Value] = []
    for combination in itertools.islice(itertools.product(*choices), WIDTH):
        parts: list[Part] = [part for text in combination for part in text.parts]
        texts.append(Text(tuple(parts)))
    return join(*texts)


def holes(text: Text) -> list[Hole]:
    """The holes of `text`."""
    return [part for part in text.parts if isinstance(part, Hole)]
