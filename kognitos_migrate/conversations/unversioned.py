"""Requests that are like calls of the old version as far as their URLs are known: those without a version in
sight, and those of which nothing is."""

from collections.abc import Collection, Iterator, Sequence

from kognitos_migrate.conversations.match import Laid, Match, match_path, method_fits
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.interpret.state.events import Request
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import Operation, Role, Rulebook


def unversioned_matches(program: Program, known: Sequence[Match]) -> list[Match]:
    """The requests whose URL begins with something unknown, in which the old version may be, and goes on
    exactly as the old one does behind it. None of the matches that are `known`."""
    matched = {match.request.id for match in known}
    laid = list(behind_version(program))
    found: list[Match] = []
    for request in program.facts.requests:
        if request.id in matched or request.stub is not None:
            continue
        # a URL without any base is sent nowhere: it is what an empty default gives
        readings = [url for url in program.readings(request) if url.base]
        if readings and all(map(begins_openly, readings)):
            fitting = (match_path(request, readings, one) for one in laid)
            found.extend(match for match in fitting if match is not None)
    return list({match.request.id: match for match in found}.values())


def unaddressed_matches(program: Program, known: Collection[int]) -> Iterator[Match]:
    """Requests of whose URL nothing is known but words of an operation's path, as calls of each operation
    whose method fits. None of those that are `known`, by number."""
    for request in program.facts.requests:
        if request.id in known or request.stub is not None or not request.value(Role.URL):
            continue
        for operation in program.rules.operations:
            if _may_be_addressed(program, request, operation):
                yield Match(request, operation, operation.old, (), (), (), ())


def goes_on_otherwise(url: Url, rules: Rulebook) -> bool:
    """Whether a path has the word of an operation, and more or less behind it than any that has it."""
    texts = [segment.text for segment in url.segments]
    behind: dict[str, set[int]] = {}
    for operation in rules.operations:
        version = rules.apis[operation.api].old
        path = [part.text for part in operation.old.path if part.text != version]
        if path and path[0] is not None:
            behind.setdefault(path[0], set()).add(len(path) - 1)
    return any(
        text is not None
        and text in behind
        and all(
            rest > count or (rest < count and None not in texts[at:])
            for count in behind[text]
            for rest in (len(texts) - at - 1,)
        )
        for at, text in enumerate(texts)
    )


def _may_be_addressed(program: Program, request: Request, operation: Operation) -> bool:
    """Whether a URL may be that of an operation: a part of it isn't known, and all others are words of the
    operation's path, in whatever order they were put together."""
    if not operation.old.path or not method_fits(request.method, operation.old.method):
        return False
    texts = [piece.text for url in program.readings(request) for piece in url.pieces()]
    words = {part.text for part in operation.old.path}
    known = (word for text in texts if text is not None for word in text.split("/") if word)
    return (not texts or None in texts) and all(word in words for word in known)


def behind_version(program: Program) -> Iterator[Laid]:
    """The old layouts without the version at their beginning."""
    for operation in program.rules.operations:
        version, *rest = operation.old.path or (None,)
        if version is not None and version.text == program.api(operation).old and rest:
            layout = replace(operation.old, path=tuple(rest))
            yield replace(Laid.of(program, operation, layout), gateways=())


def begins_openly(url: Url) -> bool:
    """Whether nothing is known of what stands in front of a URL's path."""
    return bool(url.base) and url.base[-1].text is None
