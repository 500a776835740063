"""The address of a reply's request, which differs between the versions."""

from collections.abc import Iterable

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.library_effects import computes_with
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.interpret.state.tracked_values import values_in_object
from kognitos_migrate.interpret.state.use_details import IN_ERROR, SENT_CONTENT
from kognitos_migrate.interpret.strings import WORD
from kognitos_migrate.rulebook.model import Role, View
from kognitos_migrate.values.heap import DictObject, Instance, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    NEVER,
    Class,
    Const,
    Hole,
    Json,
    Lit,
    Ref,
    Reply,
    Text,
    Unknown,
    Value,
)

_DEPTH = 5
"""How many objects deep an error is searched for."""

_TEXTS = 16
"""How many texts a text with alternatives is compared as."""

_COMPUTING = (UseKind.COMPARE, UseKind.CONTAINS, UseKind.METHOD, UseKind.KEY, UseKind.ITERATE, UseKind.ESCAPE)
"""Uses of an error's text that may depend on what it says."""


def require_address_unused(context: PlanContext, match: Match, use: Use) -> None:
    """Raises RefusalError if the program computes with the URL of a request, or lets it escape. The text of
    an error that contains the URL may escape: it is for people."""
    assert isinstance(use.value, Reply)
    if use.value.path == (View.ADDRESS, SENT_CONTENT) and _has_no_body(match):
        return
    values = context.values_at(use.operand)
    is_of_error = any(_is_of_error(context, value) for value in values) and not any(
        _has_plain_address(context, value) for value in values
    )
    if is_of_error:
        is_shown = use.kind not in _COMPUTING or (
            use.kind is UseKind.ESCAPE and not computes_with(use.function)
        )
    else:
        is_shown = use.kind in (*HARMLESS, UseKind.FORMAT, UseKind.READ) or use.detail == IN_ERROR
    is_always_other = is_of_error and _equals_no_url(context, match, use)
    if not is_shown and not is_always_other and not _cannot_match_path(match, use):
        message = "the code uses the URL or the body of a request, which differ in the new version"
        if is_of_error:
            message = "the code computes with the text of an error, which contains the URL of the request"
        raise RefusalError(use.site, "address", message)


def _is_of_error(context: PlanContext, value: Value, depth: int = _DEPTH) -> bool:
    """Whether a value is an error that was caught, a text made of one, or a container with one."""
    for choice in alternatives(value):
        if isinstance(choice, Unknown) and choice.messages:
            return True
        if depth and any(_is_of_error(context, part, depth - 1) for part in _inner_values(context, choice)):
            return True
    return False


def _inner_values(context: PlanContext, value: Value) -> Iterable[Value]:
    """The values in the holes of a text, in an object or JSON text of one, or the attributes of an instance,
    of its class and of the bases."""
    match value:
        case Text(parts):
            return [part.value for part in parts if isinstance(part, Hole)]
        case Json(decoded):
            return [decoded]
        case Ref():
            content = context.facts.heap[value]
            cls = content.cls if isinstance(content, Instance) else None
            return [*values_in_object(content), *([cls] if cls is not None else ())]
        case Class(site) if (info := context.facts.classes.get(site)) is not None:
            return [*info.attributes.values(), *info.bases]
    return ()


def _has_plain_address(context: PlanContext, value: Value) -> bool:
    """Whether a value contains the URL of a request other than in an error."""
    reached: dict[Value, None] = {}
    worklist = [*alternatives(value)]
    while worklist:
        inner = worklist.pop()
        if isinstance(inner, Reply) and inner.path[:1] == (View.ADDRESS,):
            return True
        if inner not in reached:
            reached[inner] = None
            worklist += [choice for part in _inner_values(context, inner) for choice in alternatives(part)]
    return False


def _paths(match: Match) -> list[str]:
    """The fixed parts of the paths of an operation in both versions."""
    return [
        "/" + "/".join(part.text or "" for part in layout.path)
        for layout in (match.operation.old, match.operation.new)
    ]


def _equals_no_url(context: PlanContext, match: Match, use: Use) -> bool:
    """Whether the text of an error is only compared for equality with values that lack the paths of its
    request, so that it differs from them if it contains the URL."""
    is_equality = use.kind is UseKind.COMPARE and use.detail in ("Equal", "NotEqual")
    return is_equality and use.other is not None and _lacks_paths(context, _paths(match), use.other)


def _lacks_paths(context: PlanContext, paths: list[str], value: Value, depth: int = _DEPTH) -> bool:
    """Whether a value is known, and contains none of the paths in a text, also in a list or a dict."""
    choices = [*alternatives(value)]
    for choice in choices if depth else ():
        record = context.facts.heap.get(choice)
        if isinstance(choice, Text):
            texts = _known_texts(choice)
            is_free = bool(texts) and not any(path.rstrip("/") in text for path in paths for text in texts)
        elif isinstance(record, SequenceObject):
            is_free = record.element() is NEVER or _lacks_paths(context, paths, record.element(), depth - 1)
        elif isinstance(record, DictObject):
            parts = [entry.operand.value for entry in record.all_entries]
            parts = parts if record.is_closed and not record.spreads else [NEVER]
            is_free = all(_lacks_paths(context, paths, part, depth - 1) for part in parts)
        else:
            is_free = isinstance(choice, Const)
        if not is_free:
            return False
    return bool(choices) and depth > 0


def _known_texts(text: Text) -> list[str]:
    """The texts that a text may be, filled with known texts and numbers. Empty if it isn't known, or if there
    are too many."""
    starts = [""]
    for part in text.parts:
        words: list[str] = []
        for choice in alternatives(part.value) if isinstance(part, Hole) else ():
            own = _known_texts(choice) if isinstance(choice, Text) else []
            own = [str(choice.value)] if isinstance(choice, Const) else own
            if not own:
                return []
            words += own
        words = [part.text] if isinstance(part, Lit) else words
        starts = [start + word for start in starts for word in words]
        if len(starts) > _TEXTS:
            return []
    return starts


def _has_query_that_moves(match: Match) -> bool:
    """Whether the URL may have a query, and the versions have different parameters in it."""
    names = [
        {member.name for member in layout.query} for layout in (match.operation.old, match.operation.new)
    ]
    urls = [*(path.url for path in match.paths), *match.other_urls]
    has_query = bool(match.request.value(Role.QUERY)) or any(url.query or url.question_mark for url in urls)
    return names[0] != names[1] and has_query


def _has_no_body(match: Match) -> bool:
    """Whether requests of an operation have no body in either version."""
    layouts = (match.operation.old, match.operation.new)
    return not any(layout.whole or layout.members or layout.raw or layout.form for layout in layouts)


def _cannot_match_path(match: Match, use: Use) -> bool:
    """Whether a URL is only compared with texts that occur in neither path, such as a scheme or host. The
    body that was sent is no URL."""
    assert isinstance(use.value, Reply)
    if use.value.path != (View.ADDRESS,):
        return False
    if _has_query_that_moves(match) and use.detail != "startswith":
        return False
    paths = _paths(match)
    words = {word for path in paths for word in WORD.findall(path)}
    own_texts = (
        *paths,
        *(key or "" for part in match.operation.old.path for key in match.keys(part.slot or "")),
    )
    if match.operation.old.method != match.operation.new.method:
        own_texts = (*own_texts, match.operation.old.method, match.operation.new.method)
    literals = [getattr(choice, "literal", None) for choice in alternatives(use.other or NEVER)]
    is_test = use.kind in (UseKind.COMPARE, UseKind.CONTAINS) or use.detail in ("startswith", "endswith")
    return (
        is_test
        and bool(literals)
        and all(
            text and words.isdisjoint(WORD.findall(text)) and not any(text in other for other in own_texts)
            for text in literals
        )
    )
