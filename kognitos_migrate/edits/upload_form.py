"""Rewrites an upload to a URL from another reply: raw bytes become a multipart form."""

from collections.abc import Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.reply_flow import is_read_in_same_run
from kognitos_migrate.edits.calling_contexts import builds_only_for, sends_only_for
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.multipart import can_become_form, write_form
from kognitos_migrate.edits.observers import EntryChange, observations_at
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.edits.replies.http_methods import is_chosen_by_reply
from kognitos_migrate.edits.replies.keyword_unpacking import retype_field
from kognitos_migrate.edits.template_variables import is_bound_before
from kognitos_migrate.interpret.state.facts import Use, UseKind
from kognitos_migrate.rulebook.model import Form, LayoutMember, Role, View
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.blocks import loops_around
from kognitos_migrate.syntax.roles import assignment_to
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.shapes import container_of, is_method_call
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Iterated, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, NONE, Lit, Reply, Text
from kognitos_migrate.values.texts import literals_in


class WidenedReads(Struct):
    """Reads of a slot that evaluate to the whole reply instead, because the upload needs a second slot of
    it."""

    slots: set[str] = field(default_factory=set)
    edits: list[PendingEdit] = field(default_factory=list)


def migrate_upload(
    context: PlanContext, match: Match, widening: WidenedReads, helpers: Helpers
) -> list[PendingEdit]:
    """Pending edits that send the form. Raises RefusalError if that isn't possible."""
    form = match.operation.new.form
    assert form is not None
    url, level = _url_and_content(context, match)
    _require_single_chunk(context, match)
    edits = _rewrite_method(context, match)
    fields = _form_fields(context, match, form, url, widening, edits)
    if not is_bound_before(context, fields, level.frame, level.site):
        raise RefusalError(
            level.site, "transfer", "the content is chosen before the upload's URL and fields are known"
        )
    edits.extend(write_form(context, match, form, level, fields, helpers))
    return edits


def _require_single_chunk(context: PlanContext, match: Match) -> None:
    """Raises RefusalError for content that is sent in several chunks: a form takes bytes, or a file."""
    for operand in match.request.value(Role.DATA):
        for choice in alternatives(operand.value):
            heap_object = context.facts.heap.get(choice)
            if isinstance(heap_object, Iterated | SequenceObject):
                raise RefusalError(
                    operand.site, "content", "the content is sent in chunks, and a form needs all of it"
                )
            if isinstance(heap_object, Instance) and heap_object.cls is not None:
                message = (
                    "a class of this project yields the content in chunks, and a form reads all of it at once"
                )
                raise RefusalError(
                    operand.site, "content", message, "read the content first and send the bytes"
                )
            if isinstance(heap_object, DictObject):
                raise RefusalError(
                    operand.site, "content", "the content is a dict of form fields, not a file"
                )


def _url_and_content(context: PlanContext, match: Match) -> tuple[Operand, Operand]:
    """The innermost expressions of the URL and of the content, in one function, that only this operation
    uses."""
    contents = list(_content_operands(context, match))
    if not contents:
        raise RefusalError(
            match.request.site, "content", "the expression for the file's content wasn't found"
        )
    targets = list(_url_operands(context, match))
    if not targets:
        raise RefusalError(match.request.site, "transfer", "the expression for the upload's URL wasn't found")
    for content in contents:
        for url in targets:
            if context.read_frame(url.frame).function == context.read_frame(content.frame).function:
                return url, content
    raise RefusalError(
        contents[0].site, "transfer", "no function has access to both the upload's URL and the content"
    )


def _content_operands(context: PlanContext, match: Match) -> Iterator[Operand]:
    for operand in match.request.value(Role.DATA):
        for level in context.argument_chain(operand, Role.DATA):
            if not builds_only_for(context, match, level.site):
                continue
            seen = observations_at(context, match, level.site, EntryChange.REMOVED)
            if can_become_form(context, match, level) and not seen:
                yield level


def _url_operands(context: PlanContext, match: Match) -> Iterator[Operand]:
    for operand in match.request.value(Role.URL):
        for level in context.argument_chain(operand, Role.URL):
            if builds_only_for(context, match, level.site):
                yield level
    for site, frame in context.calls(match.request):
        call = context.node(site)
        if isinstance(call, cst.Call) and sends_only_for(context, match, site):
            for arg in call.args:
                inner = context.tree(site).site(arg.value)
                operand = Operand(context.value(inner, frame), inner, frame)
                if _is_target(context, match, operand):
                    yield operand


def _is_target(context: PlanContext, match: Match, operand: Operand) -> bool:
    """Whether an argument is the slot that contains the request's URL."""
    target = match.operation.old.target
    for choice in alternatives(operand.value):
        if not isinstance(choice, Reply) or choice.request not in match.target or len(choice.path) != 2:
            return False
        member = context.matches[choice.request].operation.old.reply_field(str(choice.path[1]))
        if member is None or target is None or member.slot != target.slot:
            return False
    return True


def _rewrite_method(context: PlanContext, match: Match) -> list[PendingEdit]:
    """Replace the old method by the new one, where it is written."""
    old, new = match.operation.old.method, match.operation.new.method
    if old == new:
        return []
    if match.request.value(Role.METHOD):
        edits: list[PendingEdit] = []
        for operand in match.request.value(Role.METHOD):
            for choice in alternatives(operand.value):
                edits.extend(_method_word(context, match, choice, old, new))
        return edits
    if is_chosen_by_reply(context, match, new):
        return []
    if not sends_only_for(context, match, match.request.site):
        raise RefusalError(match.request.site, "method", "this call also sends other requests")
    match context.node(match.request.site):
        case cst.Call(cst.Attribute(attr=cst.Name(method) as name)):
            if method.upper() == new:
                return []
            if method.upper() != old:
                raise RefusalError(match.request.site, "method", f"the method {old} isn't a literal")
            return [PendingEdit(context.tree(match.request.site).span(name), (new.lower(),))]
    raise RefusalError(match.request.site, "method", f"the method {old} can't be changed to {new} here")


def _method_word(context: PlanContext, match: Match, choice: object, old: str, new: str) -> list[PendingEdit]:
    if not isinstance(choice, Text) or choice.literal is None or choice.literal.upper() != old:
        return []
    part = choice.parts[0]
    if not isinstance(part, Lit) or part.site is None:
        return _method_of_verb(context, match, new)
    for use in context.literal_uses.get(part.site, []):
        words = {old, new, old.lower(), new.lower()}
        is_compared = use.kind in (UseKind.COMPARE, UseKind.MATCH) and words.isdisjoint(
            literals_in(use.other or NEVER)
        )
        is_harmless = use.kind in (UseKind.REQUEST, UseKind.LOG, UseKind.TRUTH, UseKind.NONE, UseKind.TYPED)
        if not is_harmless and not is_compared:
            raise RefusalError(
                use.site, "method", f"the method changes from {old} to {new}, and it is used here"
            )
    node = context.node(part.site)
    if isinstance(node, cst.Call):
        return _method_of_verb(context, match, new)
    if not isinstance(node, cst.SimpleString):
        raise RefusalError(part.site, "method", "the method isn't a literal here")
    word = new if choice.literal.isupper() else new.lower()
    return [PendingEdit(context.span(part.site), (string_literal(word, node.quote),))]


def _method_of_verb(context: PlanContext, match: Match, new: str) -> list[PendingEdit]:
    """The method of a session's verb that an override sends: rename the called method."""
    for site, _ in context.calls(match.request):
        call = context.call(site)
        if call is not None and isinstance(call.func, cst.Attribute):
            name = call.func.attr.value
            if name.upper() == match.operation.old.method and sends_only_for(context, match, site):
                return [PendingEdit(context.tree(site).span(call.func.attr), (new.lower(),))]
    raise RefusalError(match.request.site, "method", f"the method can't be changed to {new} here")


def _form_fields(
    context: PlanContext,
    match: Match,
    form: Form,
    url: Operand,
    widening: WidenedReads,
    edits: list[PendingEdit],
) -> CodeTemplate:
    """The expression of the form's fields at the place of the content."""
    source = next(context.matches[number] for number in match.target)
    wanted = source.operation.new.reply_member(form.fields.slot)
    goes_to = match.operation.old.target
    assert goes_to is not None
    target = source.operation.old.reply_member(goes_to.slot)
    assert wanted is not None
    assert target is not None
    if target.slot not in widening.slots:
        sibling = _field_of_same_reply(context, url, wanted) or _field_near_read(
            context, source, target, url, wanted
        )
        if sibling is not None:
            return sibling
    if not any(isinstance(choice, Reply) for choice in alternatives(url.value)):
        raise RefusalError(url.site, "transfer", "the upload's URL is split into parts far from its response")
    _read_whole_reply(context, match, source, target, widening)
    span = context.outer_span(url.site)
    new_target = source.operation.new.reply_member(target.slot)
    assert new_target is not None
    edits.append(PendingEdit(span, (span, f"[{string_literal(new_target.name)}]")))
    return (context.code(url.site), f"[{string_literal(wanted.name)}]")


def _field_of_same_reply(context: PlanContext, url: Operand, member: LayoutMember) -> CodeTemplate | None:
    """The wanted field, read from the same reply as the URL."""
    tree = context.tree(url.site)
    node: cst.CSTNode | None = tree.node(url.site)
    if isinstance(node, cst.Name):
        function = context.read_frame(url.frame).function
        scope = context.node(function) if function else tree.module
        bound = tree.memoize(Variables).bindings(scope, node.value)
        assignment = assignment_to(tree, bound[0]) if len(bound) == 1 else None
        node = assignment.value if isinstance(assignment, cst.Assign) else None
    container = _container(node)
    if container is None or not isinstance(container, cst.Name | cst.Attribute):
        return None
    values = context.values_at(tree.site(container))
    whole = [choice for value in values for choice in alternatives(value) if choice != NONE]
    if not whole or not all(isinstance(choice, Reply) and choice.path == (View.JSON,) for choice in whole):
        return None
    return (tree.span(container), f"[{string_literal(member.name)}]")


def _field_near_read(
    context: PlanContext, source: Match, target: LayoutMember, url: Operand, member: LayoutMember
) -> CodeTemplate | None:
    """The wanted field, read from the variable that the URL was read from in the same function, or from the
    reply that filled a model there, if code can't have another reply in it by then."""
    frame = context.read_frame(url.frame)
    tree = context.trees[frame.path]
    scope = tree.node(frame.function) if frame.function else tree.module
    for use in context.uses.get(source.request.id, []):
        container = (
            _container_of_read(context, source, use, frame.id) if _reads_key(use, target.name) else None
        )
        if container is None or not _is_repeatable(tree, scope, context.node(container)):
            continue
        if _is_of_same_round(context, source, url.site, container, frame.id):
            return (context.span(container), f"[{string_literal(member.name)}]")
    return None


def _is_of_same_round(context: PlanContext, source: Match, url: Site, container: Site, frame: int) -> bool:
    """Whether the reads of a URL and of a container have values of one reply: of the same round of the loops
    around them. Behind the loop of the container, a URL may be of any round."""
    loops, of_container = (loops_around(context.tree(read), context.node(read)) for read in (url, container))
    if not set(of_container) <= set(loops):
        return False
    return not loops or all(
        is_read_in_same_run(context, source.request, (read, frame)) for read in (url, container)
    )


def _container_of_read(context: PlanContext, source: Match, use: Use, frame: int) -> Site | None:
    """The expression of an activation from which a field is read, or that fills a model with all fields of
    the reply. None if there is none."""
    if use.kind is UseKind.READ and use.frame == frame:
        container = _container(context.node(use.site))
        return context.tree(use.site).site(container) if container is not None else None
    if use.kind is not UseKind.FILL or use.value != Reply(source.request.id, (View.JSON,)):
        return None
    filling = Operand(use.value, _payload_site(context, use.operand), use.frame)
    return next(
        (level.site for level in context.argument_chain(filling, Role.DATA) if level.frame == frame), None
    )


def _payload_site(context: PlanContext, operand: Site) -> Site:
    """The expression of the whole reply in one that fills a model with it, or with the fields that the
    model has."""
    match context.node(operand):
        case cst.DictComp(for_in=cst.CompFor(iter=cst.Call(cst.Attribute(owner)))):
            return context.tree(operand).site(owner)
    return operand


def _is_repeatable(tree: Tree, scope: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether an expression is a name that is bound once, or a call of its method without arguments, such as
    `reply.json()`."""
    match node:
        case cst.Name(name) | cst.Call(cst.Attribute(cst.Name(name)), []):
            return len(tree.memoize(Variables).bindings(scope, name)) == 1
    return False


def _container(node: cst.CSTNode | None) -> cst.BaseExpression | None:
    is_keyed = isinstance(node, cst.Subscript) or is_method_call(node, "get", "pop")
    return container_of(node) if is_keyed else None


def _read_whole_reply(
    context: PlanContext, match: Match, source: Match, target: LayoutMember, widening: WidenedReads
) -> None:
    """Read the whole reply where the URL was read. Raises RefusalError if the URL is used for more than the
    upload."""
    if target.slot in widening.slots:
        return
    widening.slots.add(target.slot)
    uploads = [
        candidate for candidate in context.matches.values() if candidate.operation.id == source.operation.id
    ]
    for upload in uploads:
        for use in context.uses.get(upload.request.id, []):
            assert isinstance(use.value, Reply)
            if use.value.path == (View.JSON, target.name) and use.kind is UseKind.TYPED:
                widening.edits.extend(retype_field(context, use.site, "dict") or ())
                continue
            if use.value.path == (View.JSON, target.name) and not _is_transfer(context, use, match):
                raise RefusalError(use.site, "transfer", "the upload's URL is also used here")
            if use.kind is UseKind.READ and use.value.path == (View.JSON,) and _reads_key(use, target.name):
                widening.edits.append(_whole_reply_edit(context, use))


def _is_transfer(context: PlanContext, use: Use, match: Match) -> bool:
    if use.kind in (UseKind.LOG, UseKind.NONE, UseKind.TRUTH):
        return True
    users = context.requests.by_call.get(use.site, set())
    return use.kind is UseKind.REQUEST and any(
        context.matches[number].operation.id == match.operation.id
        for number in users
        if number in context.matches
    )


def _reads_key(use: Use, name: str) -> bool:
    return use.other is not None and any(
        isinstance(choice, Text) and choice.literal == name for choice in alternatives(use.other)
    )


def _whole_reply_edit(context: PlanContext, use: Use) -> PendingEdit:
    node = context.node(use.site)
    container = _container(node)
    if container is None:
        raise RefusalError(use.site, "transfer", "a pattern binds the upload's URL")
    tree = context.tree(use.site)
    return PendingEdit(tree.outer_span(node), (tree.outer_span(container),))
