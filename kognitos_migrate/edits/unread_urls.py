"""Rewrites URLs of the old version in texts that nothing reads, along with the calls of their module."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.literal_names import name_of_literal
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.unexplained_texts import UnexplainedText
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.rulebook.model import Operation, PathSegment
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.tree import Site


def unread_url_edits(context: ProgramFacts, texts: Sequence[UnexplainedText]) -> Mapping[Site, PendingEdit]:
    """By literal: the edits that turn those of `texts` that nothing reads into URLs of the new version."""
    edits = ((text.site, _url_edit(context, text.site)) for text in texts if not text.is_read)
    return {site: edit for site, edit in edits if edit is not None}


def modules_of(conversation: Conversation) -> frozenset[str]:
    """The modules that send the requests of a conversation, or contain texts of their URLs."""
    paths = {match.request.site.path for match in conversation.matches}
    return frozenset(paths.union(site.path for site in _url_sites(conversation)))


def constant_names_of(context: ProgramFacts, conversation: Conversation) -> frozenset[str]:
    """The names of the constants that contain texts of a conversation's URLs.

    Another module may assign a constant of the same name, for instance the settings that this one replaces.
    """
    names = (name_of_literal(context.tree(site), site) for site in _url_sites(conversation))
    return frozenset(name for name in names if name is not None)


def _url_sites(conversation: Conversation) -> Iterator[Site]:
    for match in conversation.matches:
        for path in match.paths:
            yield from path.url.sites()


def _url_edit(context: ProgramFacts, site: Site) -> PendingEdit | None:
    tree, node = context.tree(site), context.node(site)
    if isinstance(node, cst.SimpleString):
        text, begin = node.raw_value, len(node.prefix) + len(node.quote)
    elif isinstance(node, cst.FormattedStringText):
        text, begin = node.value, 0
    else:
        return None
    if _may_be_read_dynamically(tree.enclosing(node, cst.ClassDef, cst.FunctionDef)):
        return None
    if re.search(r"[\s\\]", text):  # prose, or characters that aren't written one to one
        return None
    has_more = isinstance(node, cst.FormattedStringText) and _has_hole_behind(tree.parent(node), node)
    change = _version_change(context, text, has_more=has_more)
    if change is None:
        return None
    start, end, content = change
    at = tree.span(node).start + begin
    span = Span(site.path, at + len(text[:start].encode()), at + len(text[:end].encode()))
    return PendingEdit(span, (content,))


def _may_be_read_dynamically(scope: cst.CSTNode | None) -> bool:
    """Whether a binding in this scope may be read without its name: a local variable, or a field of a class
    with bases, keywords or decorators, such as an enum."""
    if isinstance(scope, cst.ClassDef):
        return bool(scope.bases or scope.keywords or scope.decorators)
    return scope is not None


def _version_change(context: ProgramFacts, text: str, *, has_more: bool) -> tuple[int, int, str] | None:
    """The range of a text that names the old version, and its new content. `has_more` is set if an expression
    follows, which may be an id that the new path lacks."""
    for operation in context.rules.operations:
        old, new = _leading_words(operation.old.path), _leading_words(operation.new.path)
        match = re.search(rf"(?:^|(?<=/)|(?<=\}})){re.escape(old)}(?=$|[/?])", text) if old and new else None
        if match is not None and _has_slot(operation):
            return match.start(), match.end(), new
        if match is not None:
            return None if has_more else (match.start(), len(text), new)
    for api in context.rules.apis.values():
        match = re.search(rf"(?<=/){re.escape(api.old)}(?=/?$)", text)
        if match is not None and not has_more:
            return match.start(), match.end(), api.new
    return None


def _leading_words(path: Sequence[PathSegment]) -> str:
    """The words at the start of a path, joined by slashes."""
    return "/".join(part.text or "" for part in takewhile(lambda part: part.text is not None, path))


def _has_slot(operation: Operation) -> bool:
    """Whether the new path has an id after its words."""
    return any(part.text is None for part in operation.new.path)


def _has_hole_behind(text: cst.CSTNode | None, part: cst.CSTNode) -> bool:
    """Whether another component of an f-string follows this one."""
    return isinstance(text, cst.FormattedString) and text.parts[-1] is not part
