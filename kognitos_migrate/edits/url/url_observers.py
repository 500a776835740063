"""Observers of a URL's text: keys of dicts, tests of its ends, and prefixes of a session's adapters."""

from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.path_fit import PathMatch
from kognitos_migrate.conversations.url import Url, flatten, urls
from kognitos_migrate.edits.context import HARMLESS, PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.url.path import written_span
from kognitos_migrate.edits.url.segment_changes import segment_changes
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.syntax.roles import subscript_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, UNKNOWN, Const, Lit, MemberRef, Text, Value
from kognitos_migrate.values.texts import may_be_key


def tests_other_part(context: PlanContext, use: Use, site: Site, edit: PendingEdit) -> bool:
    """Whether `startswith` or `endswith` is decided by the characters in front of an edit of a literal, or
    behind it: `base.startswith("https://host/")`."""
    match context.node(use.site):
        case cst.Call(cst.Attribute(owner, cst.Name("startswith" | "endswith" as name)), [cst.Arg(affix)]):
            tree = context.tree(use.site)
        case _:
            return False
    affixes = list(alternatives(context.value(tree.site(affix), use.frame)))
    texts = list(alternatives(context.value(tree.site(owner), use.frame)))
    return all(
        isinstance(text, Text)
        and isinstance(choice, Text)
        and choice.literal is not None
        and _is_decided(context, text, choice.literal, site, edit, starts=name == "startswith")
        for text in texts
        for choice in affixes
    )


def _is_decided(
    context: PlanContext, text: Text, affix: str, site: Site, edit: PendingEdit, *, starts: bool
) -> bool:
    """Whether the characters on one side of an edit decide if a text has an affix at that end. A hole behind
    it may be removed."""
    characters = ""
    for piece in flatten(text, ()) if starts else reversed(flatten(text, ())):
        content = piece.text
        if content is None or piece.lit is None or (piece.via and not starts):
            break
        is_edited = piece.site == site
        if is_edited:
            span = written_span(context, piece)
            if span is None:
                return False
            own = context.trees[span.path].utf8_text[span.start : span.end]
            cut = edit.span.start - span.start if starts else edit.span.end - span.start
            if own != content.encode() or not 0 <= cut <= len(own):
                return False
            content = (own[:cut] if starts else own[cut:]).decode()
        characters = characters + content if starts else content + characters
        if is_edited:
            break
    else:
        return False  # the edit is in none of its literals
    is_match = affix.startswith(characters) if starts else affix.endswith(characters)
    return len(affix) <= len(characters) or not is_match


def is_absent_key(context: PlanContext, use: Use) -> bool:
    """Whether a use reads, stores or looks for a text as the key of a dict in which no other text of the
    program can be an equal key. Such a dict has the new text as a key wherever it had the old one."""
    is_membership = use.kind is UseKind.COMPARE and use.detail in ("In", "NotIn")
    if use.kind is UseKind.KEY and use.other is None:
        return True  # an entry is stored
    if use.kind is not UseKind.KEY and not is_membership:
        return False
    dicts = [_dict_of(context, choice) for choice in alternatives(use.other or UNKNOWN)]
    return all(record is not None and not _may_have_key(context, record, use.value) for record in dicts)


def _dict_of(context: PlanContext, value: Value) -> DictObject | None:
    heap_object = context.facts.heap.get(value)
    return heap_object if isinstance(heap_object, DictObject) else None


def _may_have_key(context: PlanContext, record: DictObject, text: Value) -> bool:
    """Whether a dict may have a key that is equal to a text, or contains a part of it, and isn't made of
    literals of URLs."""
    if not isinstance(text, Text):
        return True
    fragments = [part.text for part in text.parts if isinstance(part, Lit)]
    return any(
        any(fragment in key for fragment in fragments for key in part.entries)
        or any(_may_be_other_text(context, name, text) for name in _unknown_keys(context, part))
        for part in context.facts.heap.with_merged_dicts(record)
    )


def _unknown_keys(context: PlanContext, record: DictObject) -> Iterator[Value]:
    """The keys of a dict that aren't known texts, those in a merged mapping that is no dict included."""
    yield from alternatives(record.names)
    if record.others is not NEVER and record.names is NEVER:
        yield UNKNOWN
    for choice in (choice for spread in record.spreads for choice in alternatives(spread.value)):
        if _dict_of(context, choice) is None and choice != NONE:
            yield UNKNOWN


def _may_be_other_text(context: PlanContext, name: Value, text: Text) -> bool:
    """Whether a key may be equal to a text without being made of the same literals, or of literals of other
    URLs, which change as well."""
    if isinstance(name, Text):
        own = {part.site for part in text.parts if isinstance(part, Lit)}
        sites = {part.site for part in name.parts if isinstance(part, Lit)}
        if sites and all(site in own or site in context.requests.by_url_part for site in sites):
            return False
    literal = text.literal
    return may_be_key(name, literal) if literal is not None else not isinstance(name, Const)


_DEPTH = 3
"""How many containers deep the settings of a session are searched."""
_SENDING = (*HARMLESS, UseKind.REQUEST, UseKind.FORMAT)


def migrate_mounts(
    context: PlanContext, matches: Sequence[Match], of_urls: Sequence[PendingEdit]
) -> list[PendingEdit]:
    """Pending edits that convert the URL prefixes of mounts to the new layout, as `of_urls` do with the URLs.
    Raises RefusalError if a prefix would match other URLs than before."""
    own = {match.request.id for match in matches}
    edits: list[PendingEdit] = []
    for match in matches:
        _require_no_pattern(context, match)
        for mount in match.request.mounts:
            for prefix in urls(mount.value):
                converted = list(_prefix(context, match, mount, prefix, of_urls))
                if converted:
                    _require_no_other(context, mount, prefix, own)
                if prefix.segments:
                    _require_unread(context, match, mount)
                _require_distinct(context, match, mount, prefix, matches)
                edits.extend(converted)
    return edits


def _require_no_pattern(context: PlanContext, match: Match) -> None:
    """Raises RefusalError if a text in the session's settings contains a segment of the old path that the new
    one lacks, such as a pattern of addresses that a cache expires, or is a parameter of the old query."""
    old, new = match.operation.old.path, match.operation.new.path
    changed = {part.text for part in old if part.text} - {part.text for part in new}
    parameters = {part.name for part in match.operation.old.query} - {
        part.name for part in match.operation.new.query
    }
    prefixes = {mount.site for mount in match.request.mounts}
    for operand in (setting for setting in match.request.settings if setting.site not in prefixes):
        for text in _texts_in(context, operand.value, 0):
            if "/" in text and not changed.isdisjoint(text.split("/")):
                message = f"{text!r} in the settings of the session is for URLs of the old version"
                raise _refusal(operand, message)
            if text in parameters:
                raise _refusal(
                    operand, f"the session adds {text!r} to its requests, which is a field of the old version"
                )


def _texts_in(context: PlanContext, value: Value, depth: int) -> Iterator[str]:
    """The literal texts in a value, and in the keys and elements of containers."""
    for choice in alternatives(value) if depth < _DEPTH else ():
        heap_object = context.facts.heap.get(choice)
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
            if any(_starts_path(start, path, slash=_has_slash(prefix)) is not False for path in paths):
                raise _refusal(mount, "the URL of another request also starts with this prefix")


def _require_unread(context: PlanContext, match: Match, mount: Operand) -> None:
    """Raises RefusalError if the program reads the prefixes of the adapters of sessions."""
    name = context.client(match.request).session_mounted
    for (site, _), value in context.facts.values.items():
        for choice in alternatives(value):
            member = choice if isinstance(choice, MemberRef) and choice.name == name else None
            session = context.facts.heap.get(member.receiver) if member is not None else None
            if not isinstance(session, Instance) or session.client is None:
                continue
            tree = context.trees[site.path]
            if subscript_of(tree, tree.node(site)) is None:  # an item is not a prefix
                raise _refusal(mount, f"the code reads the session's `{name}`, whose keys are the prefixes")


def _require_distinct(
    context: PlanContext, match: Match, mount: Operand, prefix: Url, matches: Sequence[Match]
) -> None:
    """Raises RefusalError if a prefix is a part of the request's URL, which changes with it, and the new
    prefix also starts the new URL of a request whose old URL doesn't start with the old one."""
    start, slash = [segment.text for segment in prefix.segments], _has_slash(prefix)
    if not start or prefix.segments[-1].pieces[0].site not in context.requests.by_url_part:
        return
    new_starts = [
        _new_segments(match, path)[: len(start)]
        for path in match.paths
        if _starts_path(start, [segment.text for segment in path.url.segments], slash=slash)
    ]
    for other in matches:
        if any(other_mount.site == mount.site for other_mount in other.request.mounts):
            for path in other.paths:
                begun = _starts_path(start, [segment.text for segment in path.url.segments], slash=slash)
                new = _new_segments(other, path)
                if not begun and any(
                    _starts_path(begin, new, slash=False) is not False for begin in new_starts
                ):
                    raise _refusal(mount, "in the new version, other URLs start with this prefix, too")


def _new_segments(match: Match, path: PathMatch) -> list[str | None]:
    """The segments of a request's new URL."""
    new = [segment.text for segment in path.url.segments]
    first = path.url.segments.index(path.segments[0])
    for change in reversed(segment_changes(match)):
        new[first + change.index : first + change.index + 1] = [change.text] if change.text else []
    return new


def _prefix(
    context: PlanContext, match: Match, mount: Operand, prefix: Url, of_urls: Sequence[PendingEdit]
) -> Iterator[PendingEdit]:
    start, slash = [segment.text for segment in prefix.segments], _has_slash(prefix)
    for path in match.paths:
        if None not in (prefix.host, path.url.host) and prefix.host != path.url.host:
            continue
        old = [segment.text for segment in path.url.segments]
        new = _new_segments(match, path)
        begun, begins = _starts_path(start, old, slash=slash), _starts_path(start, new, slash=slash)
        if begun is None or begins is None:
            raise _refusal(mount, "the URL of the request may start with this prefix")
        if begins and not begun:
            raise _refusal(
                mount, "the new URL of the request starts with this prefix, and the old one doesn't"
            )
        if begun and not begins:
            yield from _edit_prefix(context, match, mount, prefix, of_urls)


def _has_slash(prefix: Url) -> bool:
    """Whether a prefix ends with a slash, which the URLs that it matches contain, too."""
    literal = prefix.value.literal if isinstance(prefix.value, Text) else None
    return bool(prefix.segments) and literal is not None and literal.endswith("/")


def _starts_path(start: Sequence[str | None], path: Sequence[str | None], *, slash: bool) -> bool | None:
    """Whether segments are the start of a path, the last one perhaps in part. None if that isn't known."""
    if len(start) + slash > len(path):
        return False
    for number, (ours, theirs) in enumerate(zip(start, path, strict=False)):
        if ours is None or theirs is None:
            return None
        if ours != theirs and (slash or number < len(start) - 1 or not theirs.startswith(ours)):
            return False
    return True


def _edit_prefix(
    context: PlanContext, match: Match, mount: Operand, prefix: Url, of_urls: Sequence[PendingEdit]
) -> Iterator[PendingEdit]:
    """Pending edits of a prefix that ends with the version, after which all calls of the API are alike."""
    api = context.api(match.operation)
    last = prefix.segments[-1]
    piece = last.pieces[0]
    span, site = written_span(context, piece), piece.site
    is_of_url = site in context.requests.by_url_part
    if is_of_url and any(span is not None and span.contains(edit.span) for edit in of_urls):
        return  # edited as a component of the URL itself
    if (
        is_of_url
        or last.text != api.old
        or len(last.pieces) > 1
        or span is None
        or site is None
        or _has_other_use(context, site)
    ):
        raise _refusal(
            mount, "the old URL of the request starts with this prefix, which can't be edited here"
        )
    yield PendingEdit(span, (api.new,))


def _has_other_use(context: PlanContext, site: Site) -> bool:
    return any(use.kind not in _SENDING for use in context.literal_uses.get(site, ()))


def _refusal(mount: Operand, message: str) -> RefusalError:
    return RefusalError(mount.site, "url", message)
