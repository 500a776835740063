"""Settings of a session that depend on URLs: prefixes at which transport adapters are mounted, and
patterns."""

from collections.abc import Collection, Iterator, Sequence

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.url import Url, urls
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.url.path import segment_changes, written_span
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Lit, Ref, Text, Value

_DEPTH = 3
"""How many containers deep the settings of a session are searched."""
_SENDING = (*HARMLESS, UseKind.REQUEST, UseKind.FORMAT)


def migrate_mounts(context: PlanContext, matches: Sequence[Match]) -> list[PendingEdit]:
    """Pending edits that convert the URL prefixes of mounts to the new layout. Raises RefusalError if a
    prefix would match other URLs than before."""
    own = {match.request.id for match in matches}
    drafts: list[PendingEdit] = []
    for match in matches:
        _require_no_pattern(context, match)
        for mount in match.request.mounts:
            for prefix in urls(mount.value):
                edits = list(_prefix(context, match, mount, prefix))
                if edits:
                    _require_no_other(context, mount, prefix, own)
                drafts.extend(edits)
    return drafts


def _require_no_pattern(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if a text in the session's settings contains a segment of the old path that the new
    one lacks, such as a pattern of addresses that a cache expires."""
    old, new = match.operation.old.path, match.operation.new.path
    changed = {part.text for part in old if part.text} - {part.text for part in new}
    prefixes = {mount.site for mount in match.request.mounts}
    for operand in (setting for setting in match.request.settings if setting.site not in prefixes):
        for text in _texts_in(context, operand.value, 0):
            if "/" in text and not changed.isdisjoint(text.split("/")):
                message = f"{text!r} in the settings of the session is for URLs of the old version"
                raise _refusal(operand, message)


def _texts_in(context: PlanContext, value: Value, depth: int) -> Iterator[str]:
    """The literal texts in a value, and in the keys and elements of containers."""
    for choice in alternatives(value) if depth < _DEPTH else ():
        heap_object = context.facts.heap[choice] if isinstance(choice, Ref) else None
        if isinstance(choice, Text):
            yield from (part.text for part in choice.parts if isinstance(part, Lit))
        elif isinstance(heap_object, SequenceObject):
            yield from _texts_in(context, heap_object.element(), depth + 1)
        elif isinstance(heap_object, DictObject):
            yield from heap_object.entries
            contents = (heap_object.any_entry(), heap_object.others, heap_object.names)
            yield from (text for content in contents for text in _texts_in(context, content, depth + 1))


def _require_no_other(context: PlanContext, mount: Operand, prefix: Url, own: Collection[int]) -> None:
    """Raises RefusalError if an edited prefix matches the URL of another request."""
    start = [segment.text for segment in prefix.segments]
    for request in context.facts.requests:
        if request.id not in own and any(other_mount.site == mount.site for other_mount in request.mounts):
            paths = ([segment.text for segment in url.segments] for url in context.url_readings(request))
            if any(_begins(start, path, slash=_has_slash(prefix)) is not False for path in paths):
                raise _refusal(mount, "the URL of another request also starts with this prefix")


def _prefix(context: PlanContext, match: Match, mount: Operand, prefix: Url) -> Iterator[PendingEdit]:
    start, slash = [segment.text for segment in prefix.segments], _has_slash(prefix)
    for path in match.paths:
        if None not in (prefix.host, path.url.host) and prefix.host != path.url.host:
            continue
        old = [segment.text for segment in path.url.segments]
        new = list(old)
        first = path.url.segments.index(path.segments[0])
        for change in reversed(segment_changes(match)):
            new[first + change.index : first + change.index + 1] = [change.text] if change.text else []
        begun, begins = _begins(start, old, slash=slash), _begins(start, new, slash=slash)
        if begun is None or begins is None:
            raise _refusal(mount, "the URL of the request may start with this prefix")
        if begins and not begun:
            raise _refusal(
                mount, "the new URL of the request starts with this prefix, and the old one doesn't"
            )
        if begun and not begins:
            yield from _edit_prefix(context, match, mount, prefix)


def _has_slash(prefix: Url) -> bool:
    """Whether a prefix ends with a slash, which the URLs that it matches contain, too."""
    literal = prefix.value.literal if isinstance(prefix.value, Text) else None
    return bool(prefix.segments) and literal is not None and literal.endswith("/")


def _begins(start: Sequence[str | None], path: Sequence[str | None], *, slash: bool) -> bool | None:
    """Whether segments are the start of a path, the last one perhaps in part. None if that isn't known."""
    if len(start) + slash > len(path):
        return False
    for number, (ours, theirs) in enumerate(zip(start, path, strict=False)):
        if ours is None or theirs is None:
            return None
        if ours != theirs and (slash or number < len(start) - 1 or not theirs.startswith(ours)):
            return False
    return True


def _edit_prefix(context: PlanContext, match: Match, mount: Operand, prefix: Url) -> Iterator[PendingEdit]:
    """Pending edits of a prefix that ends with the version, after which all calls of the API are alike."""
    api = context.api(match.operation)
    last = prefix.segments[-1]
    piece = last.pieces[0]
    span, site = written_span(context, piece), piece.site
    if site in context.requests.by_url_part:
        return  # edited as a component of the URL itself
    if last.text != api.old or len(last.pieces) > 1 or span is None or site is None or _leaves(context, site):
        raise _refusal(
            mount, "the old URL of the request starts with this prefix, which can't be edited here"
        )
    yield PendingEdit(span, (api.new,))


def _leaves(context: PlanContext, site: Site) -> bool:
    return any(use.kind not in _SENDING for use in context.literal_uses.get(site, ()))


def _refusal(mount: Operand, message: str) -> RefusalError:
    return RefusalError(mount.site, "url", message)
