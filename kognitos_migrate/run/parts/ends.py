"""What the conversations of a part may give to other programs, and take of them, as far as its text tells."""

from collections.abc import Iterator

from kognitos_migrate.conversations.link import Ends
from kognitos_migrate.discover.screen import is_part, path_words
from kognitos_migrate.discover.senders import Senders, may_send
from kognitos_migrate.rulebook.model import Operation, Rulebook
from kognitos_migrate.run.parts.part import Part, encoded


def ends_in_text(part: Part, rulebook: Rulebook, senders: Senders) -> Ends | None:
    """The ends of a part that isn't analysed; None where it has none."""
    texts = {source.path: encoded(source) for source in part.sources}
    operations = list(_operations(rulebook, b"\n".join(texts.values())))
    if not operations or not may_send(texts, senders):
        return None
    return Ends(
        frozenset(member.slot for one in operations for member in one.old.reply if member.slot),
        frozenset(slot for one in operations for slot in _asked(one)),
    )


def _operations(rulebook: Rulebook, text: bytes) -> Iterator[Operation]:
    """Those whose old paths may be in a text, and those that are reached from a reply of one."""
    for one in rulebook.operations:
        words = path_words(rulebook.apis[one.api], one)
        if words is None or (is_part(words.version, text) and is_part(words.word, text)):
            yield one


def _asked(operation: Operation) -> Iterator[str]:
    """The slots that a request is given in its URL."""
    slots = (*(part.slot for part in operation.old.path), *(one.slot for one in operation.old.query))
    return (slot for slot in slots if slot is not None)
