"""Settings that are assumed to contain the version, and what else depends on them."""

from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.interpret.state.tracked_values import texts_in
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Unknown, Value


def require_own_settings(context: PlanContext, matches: Sequence[Match]) -> None:
    """Raises RefusalError if a setting that will name the new version is also the version of another service,
    or is compared with the old version."""
    settings = {source for match in matches for source in match.version_sources}
    overriding = {source for match in matches for source in match.overridden}
    if not settings and not overriding:
        return
    own = {match.request.id for match in matches}
    readings = [url for match in matches for url in (*(path.url for path in match.paths), *match.other_urls)]
    addresses = {address for url in readings for address in _addresses_before(url, settings | overriding)}
    for request in context.facts.requests if len(own) < len(context.facts.requests) else ():
        urls = context.url_readings(request) if request.id not in own else ()
        others = (address for url in urls for address in _addresses_before(url, settings | overriding))
        if any(address not in addresses for address in others):
            message = "the URL of another service contains the setting that must name the new version"
            raise RefusalError(request.site, "another-service", message)
    versions = {context.api(match.operation).old for match in matches}
    for site in _comparisons(context, settings | overriding, versions):
        message = "the setting that must name the new version is compared with the old one"
        raise RefusalError(site, "url", message)


def _addresses_before(url: Url, settings: Collection[str]) -> Iterator[tuple[str, ...]]:
    """The parts of a URL in front of each of the settings in it."""
    pieces = url.pieces()
    for number, piece in enumerate(pieces):
        if piece.text is None and _is_setting(piece.via[-1].value, settings):
            yield tuple("".join(_words(before)) for before in pieces[:number])


def _words(piece: UrlPiece) -> Iterator[str]:
    """The text of a piece, or the settings that it may be."""
    if piece.text is not None:
        yield piece.text
    else:
        yield from (str(getattr(choice, "source", "")) for choice in alternatives(piece.via[-1].value))


def _is_setting(value: Value, settings: Collection[str]) -> bool:
    return any(isinstance(choice, Unknown) and choice.source in settings for choice in alternatives(value))


def _comparisons(
    context: PlanContext, settings: Collection[str], versions: Collection[str]
) -> Iterator[Site]:
    """The comparisons of one of the settings with a text, or a list of texts, that names one of the
    versions."""
    for tree in context.trees.values():
        for node in tree.of_kind(cst.Comparison):
            operands = [node.left, *(target.comparator for target in node.comparisons)]
            values = [value for operand in operands for value in context.values_at(tree.site(operand))]
            texts = [text for value in values for text in texts_in(value, context.facts.heap)]
            if any(_is_setting(value, settings) for value in values) and any(
                version in text for version in versions for text in texts
            ):
                yield tree.site(node)
