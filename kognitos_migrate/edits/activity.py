"""The code that is active in a conversation: from where its requests are sent, and what is done with their
replies."""

from collections.abc import Iterator

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.edits.scene import Scene
from kognitos_migrate.source.span import Span


def active_code(scene: Scene, conversation: Conversation) -> Iterator[Span]:
    """The requests and uses of replies, and the functions around them: calls at the top of modules in the
    place of whole modules."""
    frames = set[int]()
    for match in conversation.matches:
        uses = scene.uses.get(match.request.id, ())
        waiting = [match.request.frame, *(use.frame for use in uses)]
        yield scene.span(match.request.site)
        yield from (scene.span(use.site) for use in uses)
        while waiting:
            frame = scene.facts.frames[waiting.pop()]
            if frame.id in frames:
                continue
            frames.add(frame.id)
            if frame.caller is not None:
                waiting.append(frame.caller)
            if frame.function is not None:
                yield scene.span(frame.function)
            if frame.call is not None:
                yield scene.span(frame.call)


def meets(span: Span, other: Span) -> bool:
    """Whether two spans overlap or touch."""
    return span.path == other.path and span.start <= other.end and other.start <= span.end
