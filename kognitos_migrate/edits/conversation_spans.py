"""Spans of the code that is active in a conversation."""

from collections.abc import Iterator

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.source.text_edits import Span


def conversation_spans(context: ProgramFacts, conversation: Conversation) -> Iterator[Span]:
    """The requests, the uses of their replies, and the functions around them. In modules it is the calls at
    the top level, and not the whole module."""
    frames = set[int]()
    for match in conversation.matches:
        uses = context.uses.get(match.request.id, ())
        waiting = [match.request.frame, *(use.frame for use in uses)]
        yield context.span(match.request.site)
        yield from (context.span(use.site) for use in uses)
        while waiting:
            frame = context.facts.frames[waiting.pop()]
            if frame.id in frames:
                continue
            frames.add(frame.id)
            if frame.caller is not None:
                waiting.append(frame.caller)
            if frame.function is not None:
                yield context.span(frame.function)
            if frame.call is not None:
                yield context.span(frame.call)


def spans_touch(span: Span, other: Span) -> bool:
    """Whether two spans overlap or touch."""
    return span.path == other.path and span.start <= other.end and other.start <= span.end
