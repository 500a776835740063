"""Requests that are like calls of the old version as far as their URLs are known: those without a version in
sight, and those of which nothing is."""

from collections.abc import Collection, Iterator, Sequence

from kognitos_migrate.conversations.match import Laid, Match, goes_anywhere, match_path, method_fits
from kognitos_migrate.conversations.program import Program
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.interpret.state.events import Request
from kognitos_migrate.record import replace
from kognitos_migrate.rulebook.model import Role


def unversioned_matches(program: Program, known: Sequence[Match]) -> list[Match]:
    """The requests whose URL begins with something unknown, in which the old version may be, and goes on
    exactly as the old one does behind it. None of the matches that are `known`."""
    matched = {match.request.id for match in known}
    laid = list(_behind_version(program))
    found: list[Match] = []
    for request in program.facts.requests:
        if request.id in matched or request.stub is not None:
            continue
        readings = [url for url in program.readings(request) if _begins_openly(url)]
        if len(readings) == len(program.readings(request)):
            fitting = (match_path(request, readings, one) for one in laid)
            found.extend(match for match in fitting if match is not None)
    return list({match.request.id: match for match in found}.values())


def unaddressed_matches(program: Program, known: Collection[int]) -> Iterator[Match]:
    """Requests of whose URL nothing is known, as calls of each operation whose method fits. None of those
    that are `known`, by number."""
    for request in program.facts.requests:
        if request.id in known or request.stub is not None or not _is_unaddressed(program, request):
            continue
        for operation in program.rules.operations:
            if operation.old.path and method_fits(request.method, operation.old.method):
                yield Match(request, operation, operation.old, (), (), (), ())


def _is_unaddressed(program: Program, request: Request) -> bool:
    return bool(request.value(Role.URL)) and goes_anywhere(program, request)


def _behind_version(program: Program) -> Iterator[Laid]:
    """The old layouts without the version at their beginning."""
    for operation in program.rules.operations:
        version, *rest = operation.old.path or (None,)
        if version is not None and version.text == program.api(operation).old and rest:
            layout = replace(operation.old, path=tuple(rest))
            yield replace(Laid.of(program, operation, layout), gateways=())


def _begins_openly(url: Url) -> bool:
    return bool(url.base) and url.base[-1].text is None
