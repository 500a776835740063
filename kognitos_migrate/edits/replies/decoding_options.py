"""Options with which a program decodes a reply, or JSON text in one of its fields."""

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.replies.field_reads import slot_of
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.interpret.state.use_details import HOOKS, NUMBER_TYPES
from kognitos_migrate.rulebook.model import Encoding, View
from kognitos_migrate.values.lattice import Reply

_HOOKS = ("object_hook", "object_pairs_hook", "cls")
"""Options that choose the types of decoded objects."""
_NUMBERS = {"parse_float": "float", "parse_int": "int"}
"""Options that choose the types of numbers, with their defaults. Only these can be encoded again."""


def require_python_numbers(match: Match, use: Use) -> None:
    """Raises RefusalError if JSON text, whose value is a part of the new reply, is decoded with number types
    of the program: a float of the decoded reply doesn't have all digits of the text."""
    if use.detail != NUMBER_TYPES or not isinstance(use.value, Reply) or len(use.value.path) < 2:
        return
    slot = slot_of(match, str(use.value.path[1]))
    if slot is not None and slot.old.encodings[None] is Encoding.JSON_OBJECT:
        message = f"{slot.old.name!r} is decoded with number types or options of the program's own"
        raise RefusalError(use.site, "number-types", message)


def require_plain_decoding(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if a reply that is adapted is decoded into anything but dicts and plain numbers."""
    for use in context.uses.get(match.request.id, []):
        if use.detail not in (HOOKS, NUMBER_TYPES) or use.value != Reply(match.request.id, (View.JSON,)):
            continue
        call = context.call(use.site)
        arguments = call.args if call is not None else ()
        options = [arg for arg in arguments if arg.keyword is not None]
        if not options or any(arg.star == "**" for arg in arguments):
            raise RefusalError(
                use.site, "not-adaptable", "the response is decoded with options that aren't written here"
            )
        for arg in options:
            name = arg.keyword.value if arg.keyword is not None else ""
            makes = context.code(context.tree(use.site).site(arg.value)).rpartition(".")[2]
            if name in _HOOKS and makes not in ("dict", "OrderedDict"):
                raise RefusalError(
                    use.site, "not-adaptable", "the response is decoded into objects other than dicts"
                )
            if name in _NUMBERS and makes != _NUMBERS[name]:
                raise RefusalError(
                    use.site, "not-adaptable", "the response is decoded with a custom number type"
                )
