"""Replies that go where they can't be followed: put back into their old shape where they are decoded."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.adapter import can_adapt
from kognitos_migrate.edits.draft import Draft
from kognitos_migrate.edits.helpers import Helpers
from kognitos_migrate.edits.scene import Escapes, Refused, Scene
from kognitos_migrate.interpret.events import Frame, Use, UseKind
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Bound, Class, Function, Reply, Unknown, Value
from kognitos_migrate.values.join import alternatives

SILENT = (UseKind.LOG, UseKind.NONE, UseKind.TRUTH)
"""Uses for which a reply's shape does not matter."""


def adapt_replies(
    scene: Scene, matches: list[Match], adapted: frozenset[int], helpers: Helpers
) -> list[Draft]:
    """The drafts that put the replies of the `adapted` requests back into their old shape.

    Raises Refused where a reply isn't decoded in a place that can be edited, and Escapes where other
    requests' replies are decoded in the same place, so that they have to be adapted too.
    """
    drafts: list[Draft] = []
    for match in matches:
        if match.request.id not in adapted:
            continue
        _require_adaptable(scene, match)
        views = (View.JSON, View.TEXT) if _text_goes_on(scene, match) else (View.JSON,)
        places = [(site, view) for view in views for site in _places(scene, match, view, views)]
        if not places:
            raise Refused(match.request.site, "not-decoded", "the reply is not decoded in sight")
        for site, view in places:
            together = {reply.request for reply in _replies(scene, site)}
            if not together <= adapted:
                raise Escapes(together, site, "reply-escapes", "the reply is decoded together with another")
            api = scene.rules.apis[match.operation.api]
            name = helpers.adapt(site.path, match.operation, api, scene.settings.vocabularies, view)
            span = scene.outer_span(site)
            drafts.append(Draft(span, (f"{name}(", span, ")")))
    return list(dict.fromkeys(drafts))


def _require_adaptable(scene: Scene, match: Match) -> None:
    if not can_adapt(match.operation, scene.rules.operations):
        raise Refused(
            match.request.site, "not-adaptable", "a reply of this kind can't be put back into its old shape"
        )


def _text_goes_on(scene: Scene, match: Match) -> bool:
    """Whether the reply's undecoded text is used for more than decoding."""
    return any(
        isinstance(use.value, Reply)
        and use.value.path == (View.TEXT,)
        and use.kind not in (*SILENT, UseKind.DECODE)
        for use in scene.uses.get(match.request.id, [])
    )


def _places(scene: Scene, match: Match, view: View, views: tuple[View, ...]) -> Iterator[Site]:
    """The expressions to wrap: where a view of the reply begins, or the call around it that gives only
    replies of this operation."""
    for site, frame in scene.facts.values:
        if not _gives(scene, site, frame, match, view):
            continue
        if _begins(scene, site, frame, match, view, views):
            yield _exclusive(scene, match, site, frame, view)


def _gives(scene: Scene, site: Site, frame: int, match: Match, view: View) -> bool:
    return Reply(match.request.id, (view,)) in alternatives(scene.value(site, frame))


def _begins(scene: Scene, site: Site, frame: int, match: Match, view: View, views: tuple[View, ...]) -> bool:
    """Whether the reply object (or its text, where the text itself isn't adapted) is decoded here."""
    node, tree = scene.node(site), scene.tree(site)
    sources = {(), *(((View.TEXT,),) if View.TEXT not in views else ())}
    if isinstance(node, cst.Attribute):
        inputs = [node.value]
    elif isinstance(node, cst.Call) and not _is_followed(scene, tree.site(node.func), frame):
        inputs = [arg.value for arg in node.args]
        inputs += [node.func.value] if isinstance(node.func, cst.Attribute) else []
    else:
        return False
    return any(
        isinstance(choice, Reply) and choice.request == match.request.id and choice.path in sources
        for given in inputs
        for choice in alternatives(scene.value(tree.site(given), frame))
    )


def _is_followed(scene: Scene, callee: Site, frame: int) -> bool:
    return any(
        isinstance(choice, Function | Bound | Class) for choice in alternatives(scene.value(callee, frame))
    )


def _exclusive(scene: Scene, match: Match, site: Site, frame: int, view: View) -> Site:
    """The innermost expression, from here outwards, that gives replies of this operation only."""
    wrapped = _awaited(scene, site)
    if _is_own(scene, match, wrapped):
        return wrapped
    inner = scene.frame(frame)
    if inner.call is None or inner.caller is None or not _gives(scene, inner.call, inner.caller, match, view):
        raise Refused(
            site, "shared-decoding", "replies of several kinds are decoded here, and used before they part"
        )
    if _used_within(scene, match, inner.id):
        raise Refused(site, "shared-decoding", "replies of several kinds are decoded here, and looked into")
    if not _returns_at_once(scene, inner, inner.call, inner.caller):
        raise Refused(
            site, "shared-decoding", "replies of several kinds are decoded here, and passed on unseen"
        )
    return _exclusive(scene, match, inner.call, inner.caller, view)


def _returns_at_once(scene: Scene, inner: Frame, call: Site, caller: int) -> bool:
    """Whether a call gives what the activation returns: no task, no coroutine that waits to be awaited."""
    node, tree = scene.node(call), scene.tree(call)
    if not isinstance(node, cst.Call) or not _is_followed(scene, tree.site(node.func), caller):
        return False
    function = scene.node(inner.function) if inner.function is not None else None
    waits = isinstance(function, cst.FunctionDef) and function.asynchronous is not None
    return not waits or isinstance(tree.parent(node), cst.Await)


def _awaited(scene: Scene, site: Site) -> Site:
    """The `await` around an expression, if there is one."""
    tree = scene.tree(site)
    above = tree.parent(tree.node(site))
    return tree.site(above) if isinstance(above, cst.Await) else site


def _is_own(scene: Scene, match: Match, site: Site) -> bool:
    """Whether an expression gives no reply but those of the match's operation, in whatever context."""
    for value in scene.everywhere(site):
        for choice in alternatives(value):
            if isinstance(choice, Reply):
                other = scene.matches.get(choice.request)
                if other is None or other.operation is not match.operation:
                    return False
            elif _may_be_foreign(choice):
                return False
    return True


def _may_be_foreign(value: Value) -> bool:
    """Whether a value may be the reply of a service that is not in sight."""
    return isinstance(value, Unknown) and bool(value.source)


def _used_within(scene: Scene, match: Match, frame: int) -> bool:
    """Whether the decoded reply is looked into in an activation, or in one that it called."""
    return any(
        isinstance(use.value, Reply)
        and use.value.path[:1] in ((View.JSON,), (View.TEXT,))
        and use.kind not in (*SILENT, UseKind.DECODE)
        and _is_below(scene, use, frame)
        for use in scene.uses.get(match.request.id, [])
    )


def _is_below(scene: Scene, use: Use, frame: int) -> bool:
    current: int | None = use.frame
    while current is not None:
        if current == frame:
            return True
        current = scene.frame(current).caller
    return False


def _replies(scene: Scene, site: Site) -> Iterator[Reply]:
    for value in scene.everywhere(site):
        yield from (choice for choice in alternatives(value) if isinstance(choice, Reply))
