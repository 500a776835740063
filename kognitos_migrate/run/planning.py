"""Plans of conversations: of a conversation as a whole, or of the parts into which it falls where only places
that its requests share tie them, and no edit stands there."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from kognitos_migrate.conversations.link import Conversation, part
from kognitos_migrate.edits.activity import active_code, meets
from kognitos_migrate.edits.plan import Plan
from kognitos_migrate.findings.classify import Planned
from kognitos_migrate.run.seen import Seen, ties_of_texts
from kognitos_migrate.unions import Unions

Planner = Callable[[Conversation], Planned]


def plans_of(seen: Seen, conversations: Iterable[Conversation], planner: Planner) -> Iterator[Planned]:
    """The plan of each conversation; of its parts, where one of these can be changed and the whole can't."""
    for conversation in conversations:
        whole = planner(conversation)
        parts = [] if _is_whole(whole) else _parts(seen, conversation, planner)
        yield from parts if any(map(_is_whole, parts)) else [whole]


def _is_whole(planned: Planned) -> bool:
    """Whether a conversation is changed without adapting."""
    return isinstance(planned.outcome, Plan) and planned.outcome.adapting is None


def _parts(seen: Seen, conversation: Conversation, planner: Planner) -> list[Planned]:
    """The plans of the parts of a conversation: no plan edits code that is active in another part. Tests are
    not taken apart."""
    scene = seen.scene
    if any(match.request.stub is not None for match in conversation.matches):
        return []
    parts = part(conversation, scene.facts, lambda match: ties_of_texts(scene, match), seen.ways)
    while len(parts) > 1:
        plans = [planner(one) for one in parts]
        joined = _joined(seen, plans)
        if len(joined) == len(parts):
            return plans
        parts = joined
    return []


def _joined(seen: Seen, plans: Sequence[Planned]) -> list[Conversation]:
    """The conversations, as one those of which one's edits stand in code that is active in the other."""
    tied = Unions(range(len(plans)))
    active = [list(active_code(seen.scene, one.conversation)) for one in plans]
    for number, one in enumerate(plans):
        for other, spans in enumerate(active):
            if other != number and any(meets(edit.span, span) for edit in one.edits for span in spans):
                tied.join(number, other)
    return [_as_one([plans[number].conversation for number in group]) for group in tied.groups()]


def _as_one(conversations: Sequence[Conversation]) -> Conversation:
    return Conversation(
        tuple(match for one in conversations for match in one.matches),
        conversations[0].signs,
        tuple(passage for one in conversations for passage in one.passages),
    )
