"""Responses of tests in the old layout that aren't known to reach a stub."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.reachability import reaching_tests, support_modules
from kognitos_migrate.edits.adapted_replies import AdaptedReplies
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.stubs.model_inputs import ModelInputs
from kognitos_migrate.rulebook.model import Encoding, View
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.syntax.roles import assignment_to, innermost_ancestors
from kognitos_migrate.syntax.shapes import (
    compared_operands,
    index_of,
    is_method_call,
    literal_text,
    written_subscript_key,
)
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, ServiceDouble
from kognitos_migrate.values.lattice import MemberRef, Ref, Reply, Symbol, Text, Value

_HANDS_ON = (
    cst.Arg,
    cst.Assign,
    cst.AnnAssign,
    cst.AssignTarget,
    cst.NamedExpr,
    cst.Return,
    cst.Raise,
    cst.Yield,
    cst.Element,
    cst.Tuple,
    cst.DictElement,
    cst.StarredDictElement,
    cst.IfExp,
    cst.Param,
    cst.Lambda,
    cst.Comparison,
    cst.ComparisonTarget,
    cst.Await,
    cst.Expr,
    cst.AsName,
    cst.Index,
)


def rename_other_reads(
    context: PlanContext,
    ref: Ref,
    names: Mapping[str, str],
    opaque: Collection[str],
    replies: Collection[Value],
) -> Iterator[PendingEdit]:
    """Pending edits that read and remove the changing fields of a canned reply by their new `names` in tests.
    Raises RefusalError if a field is read that isn't `opaque`, or if a read may be of an object other than
    the `replies` of the same stub, which all change."""
    renamed = {name: names[name] for name in opaque}
    for site in context.aliases_of(ref):
        if site.path not in context.facts.tests and _is_reply(context, site):
            continue  # a read of replies as well, and edited with those
        tree, node = context.tree(site), context.node(site)
        match innermost_ancestors(tree, node, 2):
            case [cst.Subscript(owner) as item, cst.Del()] if owner is node:
                if (written_subscript_key(item) or "") in (*names, ""):
                    yield _rename(context, replies, site, index_of(item), names)
            case [cst.Attribute(attr=cst.Name("pop" | "get")), cst.Call(args=[cst.Arg(key), *_]) as call]:
                is_removal = isinstance(tree.parent(call), cst.Expr)
                if isinstance(key, cst.SimpleString) and str(literal_text(key)) not in names:
                    continue
                yield _rename(context, replies, site, key, names if is_removal else renamed)
            case [cst.Subscript(owner) as item, _] if owner is node:
                if not _sets_or_other(tree, item, names):
                    yield _rename(context, replies, site, index_of(item), renamed)
            case [
                cst.ComparisonTarget(cst.In() | cst.NotIn(), searched),
                cst.Comparison(key, [_]),
            ] if searched is node:
                yield from _rename_searched_key(context, replies, site, key, names)
            case [cst.Arg(), cst.Call(args=[cst.Arg(key), cst.Arg(searched), *_]) as call] if (
                searched is node and is_method_call(call, "assertIn", "assertNotIn")
            ):
                yield from _rename_searched_key(context, replies, site, key, names)
            case [cst.Attribute(attr=cst.Name("copy" | "__class__")), _]:
                continue
            case [cst.Attribute(attr=cst.Name("update")), cst.Call()] if _is_of_one_display(
                context, ref, site
            ):
                continue  # the new entries are those of the reply, and renamed with it
            case [cst.Attribute(), cst.Call()]:
                raise _refusal(context, site)
            case [parent, *_] if not isinstance(parent, (*_HANDS_ON, cst.BaseExpression, cst.BaseStatement)):
                raise _refusal(context, site)


def _is_reply(context: PlanContext, site: Site) -> bool:
    return any(isinstance(choice, Reply) for choice in context.alternatives_at(site))


def _is_of_one_display(context: PlanContext, ref: Ref, site: Site) -> bool:
    """Whether an expression of a test is always a dict that the same display creates, in some activation."""
    choices = context.alternatives_at(site)
    records = [context.facts.heap.get(choice) for choice in choices]
    return site.path in context.facts.tests and all(
        isinstance(record, DictObject) and record.site == context.facts.heap[ref].site for record in records
    )


def _sets_or_other(tree: Tree, node: cst.Subscript, names: Collection[str]) -> bool:
    """Whether a field is set here, or an unchanged one is read."""
    key = written_subscript_key(node)
    return (key is not None and key not in names) or isinstance(assignment_to(tree, node), cst.Assign)


def _rename(
    context: PlanContext,
    replies: Collection[Value],
    site: Site,
    written: cst.BaseExpression | None,
    renamed: Mapping[str, str],
) -> PendingEdit:
    """The key with which a test reads or removes a field, as the field's new name. Raises RefusalError if it
    may belong to another object than the `replies`, or if one of them may lack it."""
    choices = context.alternatives_at(site)
    key = str(literal_text(written)) if isinstance(written, cst.SimpleString) else ""
    new = renamed.get(key)
    are_replies = all(choice in replies and _has_field(context, choice, key) for choice in choices)
    if not isinstance(written, cst.SimpleString) or new is None or not are_replies:
        raise _refusal(context, site)
    if site.path not in context.facts.tests:
        raise _refusal(context, site)
    anew = f"{written.prefix}{written.quote}{new}{written.quote}"
    return PendingEdit(context.tree(site).span(written), (anew,))


def _has_field(context: PlanContext, reply: Value, name: str) -> bool:
    record = context.facts.heap.get(reply)
    return isinstance(record, DictObject) and name in record.entries


def _rename_searched_key(
    context: PlanContext,
    replies: Collection[Value],
    site: Site,
    key: cst.BaseExpression,
    names: Mapping[str, str],
) -> Iterator[PendingEdit]:
    """The key that a test looks for in a reply at a site, as the field's new name. Raises RefusalError as
    `_rename` does."""
    values = [
        choice.literal if isinstance(choice, Text) else None
        for choice in context.alternatives_at(context.tree(site).site(key))
    ]
    if None in values or not names.keys().isdisjoint(values):
        yield _rename(context, replies, site, key, names)


def _refusal(context: PlanContext, site: Site) -> RefusalError:
    message = f"the response of a stub{_file_of(context, site)} is read here"
    return RefusalError(site, "stub", message, _separation(context, site))


def _file_of(context: PlanContext, site: Site) -> str:
    """The data file that contains the value at a site, with a preposition. Empty if it is written in code."""
    parts = (
        context.facts.heap[choice] for choice in context.alternatives_at(site) if isinstance(choice, Ref)
    )
    paths = sorted({part.site.path for part in parts if is_data_file(part.site.path)})
    return f" in {paths[0]}" if paths else ""


def _separation(context: PlanContext, site: Site) -> str:
    is_in_file = bool(_file_of(context, site))
    return "give the stub a file of its own" if is_in_file else "write a separate literal for the stub"


_ASSERTS = ("assertEqual", "assertDictEqual", "assertNotEqual")


def require_all_responses_rewritten(
    context: PlanContext,
    matches: list[Match],
    edits: Iterable[PendingEdit],
    of_urls: Iterable[PendingEdit],
    adapted: AdaptedReplies,
) -> None:
    """Raises RefusalError if a test of the conversation contains a reply in the old layout that no edit
    touches and that isn't the data of a model that stays, or if data that change fill such a model. If
    replies are adapted, all are allowed."""
    if adapted.requests & {match.request.id for match in matches}:
        return
    paths = reaching_tests((match.request.frame for match in matches), context)
    if not paths:
        return
    shapes = [_old_fields(match) for match in {match.operation.id: match for match in matches}.values()]
    characteristic = {name for match in matches for name in _characteristic_fields(match)}
    edited = [edit.span for edit in edits]
    spans = [span for span in edited if span.path in paths]
    models = ModelInputs(context, edited, frozenset(edit.span for edit in of_urls))
    for path in sorted(paths):
        tree = context.trees[path]
        built = ((call, names) for call, names in _calls_with_fields(context, tree) if names & characteristic)
        for node, names in (*_dicts(context, tree), *_texts(tree), *built):
            fits = any(names <= all_names and names & removed_names for all_names, removed_names in shapes)
            span = tree.span(node)
            is_edited = any(span.contains(edit_span) for edit_span in spans)
            if names and fits and not (is_edited or models.fills_unchanged_models(tree, node)):
                raise RefusalError(
                    Site(path, tree.site(node).node),
                    "stub",
                    "this looks like a response of the old version, but no stub that returns it was found",
                    "migrate this test by hand, or return the response by a mock library",
                )
        for read in tree.of_kind(cst.Subscript):
            key = written_subscript_key(read) if isinstance(read, cst.Subscript) else None
            is_old = any(key in removed_names for _, removed_names in shapes)
            if (
                isinstance(read, cst.Subscript)
                and is_old
                and _is_json_from_double(context, tree.site(read.value))
            ):
                message = f"{key!r} is read from the response of a double, whose fields change"
                raise RefusalError(tree.site(read), "stub", message, "migrate this test by hand")
    for site in models.find_input_conflicts():
        message = (
            f"the response of a stub{_file_of(context, site)} also fills a model here, which keeps its fields"
        )
        raise RefusalError(site, "stub", message, _separation(context, site))


def require_no_old_method(
    context: PlanContext, matches: list[Match], edits: Iterable[PendingEdit], adapted: AdaptedReplies
) -> None:
    """Raises RefusalError if a test of the conversation contains, as a text that no edit touches, the old
    method of a request to a URL from a reply, whose method changes."""
    targets = [match for match in matches if match.target and match.request.id not in adapted.requests]
    olds = {match.operation.old.method for match in targets} - {
        match.operation.new.method for match in targets
    }
    paths = reaching_tests((match.request.frame for match in targets), context) if olds else ()
    spans = [edit.span for edit in edits]
    for path in sorted(paths):
        tree = context.trees[path]
        for literal in tree.of_kind(cst.SimpleString):
            is_method = isinstance(literal, cst.SimpleString) and literal_text(literal) in olds
            if is_method and not any(
                tree.span(literal) == span or span.contains(tree.span(literal)) for span in spans
            ):
                message = "the test expects the old method of a request, which changes"
                raise RefusalError(tree.site(literal), "stub", message, "migrate this test by hand")


def _old_fields(match: Match) -> tuple[set[str], set[str]]:
    """The fields of an operation's old reply, and those among them that the new one lacks."""
    old = {member.name for member in match.operation.old.reply}
    return old, old - {member.name for member in match.operation.new.reply}


def _characteristic_fields(match: Match) -> Iterator[str]:
    """The fields of an operation's old reply that the new one lacks, other than words, which other data have
    as well."""
    _, removed = _old_fields(match)
    for member in match.operation.old.reply:
        if member.name in removed and member.encodings[None] is not Encoding.WORD:
            yield member.name


def _calls_with_fields(context: PlanContext, tree: Tree) -> Iterator[tuple[cst.CSTNode, set[str]]]:
    """The calls of a module whose keywords a function of tests takes as a dict (`**fields`), each with
    these."""
    holders = context.memoize(_holders_of_fields)
    for call in tree.of_kind(cst.Call):
        arguments = call.args if isinstance(call, cst.Call) else ()
        names = {
            argument.keyword.value
            for argument in arguments
            if argument.keyword is not None and tree.site(argument) in holders
        }
        if names:
            yield call, names


def _holders_of_fields(program: ProgramFacts) -> frozenset[Site]:
    """The arguments that functions of tests take as entries of a dict."""
    tests = program.facts.tests | support_modules(program.facts)
    records = (record for record in program.facts.heap.objects if isinstance(record, DictObject))
    return frozenset(
        entry.holder
        for record in records
        if record.site.path in tests and isinstance(program.node(record.site), cst.Param)
        for entry in record.all_entries
    )


def _dicts(context: PlanContext, tree: Tree) -> Iterator[tuple[cst.CSTNode, set[str]]]:
    """The dicts that a module writes, and the calls that fill one by keywords, each with its keys."""
    for node in tree.of_kind(cst.Dict, cst.Call):
        if isinstance(node, cst.Dict):
            names = {name for element in node.elements for name in _key(element)}
        elif isinstance(node, cst.Call):
            names = {argument.keyword.value for argument in node.args if argument.keyword is not None}
            if not names or not _fills_dict(context, tree, node):
                continue
        else:
            continue
        if not _is_compared(context, tree, node):
            yield node, names


def _fills_dict(context: PlanContext, tree: Tree, call: cst.Call) -> bool:
    """Whether a call makes a dict of its keywords, or adds them to one."""
    match call.func:
        case cst.Name("dict"):
            return True
        case cst.Attribute(owner, cst.Name("update")):
            return _may_be_dict(context, tree.site(owner))
    return not context.callees(tree.site(call)) and _may_be_dict(context, tree.site(call))


def _may_be_dict(context: PlanContext, site: Site) -> bool:
    """Whether an expression may be a dict, or an instance of a class that derives from one."""
    objects = (context.facts.heap[ref] for ref in context.alternatives_at(site) if isinstance(ref, Ref))
    return any(
        isinstance(record, DictObject)
        or (
            isinstance(record, Instance)
            and record.cls is not None
            and _is_dict_subclass(context, record.cls.site)
        )
        for record in objects
    )


def _is_dict_subclass(context: PlanContext, cls: Site) -> bool:
    """Whether a class derives directly from a dict, or another mapping of a library that is called so."""
    tree, definition = context.tree(cls), context.node(cls)
    bases = definition.bases if isinstance(definition, cst.ClassDef) else ()
    values = (value for base in bases for value in context.alternatives_at(tree.site(base.value)))
    return any(isinstance(value, Symbol) and value.name.lower().endswith("dict") for value in values)


def _key(element: cst.BaseDictElement) -> Iterator[str]:
    if isinstance(element, cst.DictElement) and isinstance(element.key, cst.SimpleString):
        yield str(element.key.evaluated_value)


def _is_compared(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether an assertion compares the dict with the program's own result, and not with data of the test."""
    match innermost_ancestors(tree, node, 2):
        case [cst.Comparison() as comparison, *_] | [cst.ComparisonTarget(), cst.Comparison() as comparison]:
            operands = compared_operands(comparison)
        case [cst.Arg(), cst.Call(args=arguments) as call] if is_method_call(call, *_ASSERTS):
            operands = [argument.value for argument in arguments]
        case _:
            return False
    return not any(_is_of_test(context, tree.site(operand)) for operand in operands if operand is not node)


def _is_of_test(context: PlanContext, site: Site) -> bool:
    """Whether an expression may be a dict that a test makes, or a part of what a double answers."""
    objects = (context.facts.heap[ref] for ref in context.alternatives_at(site) if isinstance(ref, Ref))
    return _is_json_from_double(context, site) or any(
        isinstance(record, DictObject) and record.site.path in context.facts.tests for record in objects
    )


def _is_json_from_double(context: PlanContext, site: Site) -> bool:
    """Whether an expression may be the content of a response that a test reads from its double itself."""
    views = {name: view for client in context.rules.clients for name, view in client.reply.items()}
    for choice in context.alternatives_at(site):
        whole: Value = choice
        names: set[str] = set()
        while isinstance(whole, MemberRef):
            names |= {whole.name, f"{whole.name}()"}
            whole = whole.receiver
        double = context.facts.heap.get(whole)
        if isinstance(double, ServiceDouble) and any(views.get(name) is View.JSON for name in names):
            return True
    return False


def _texts(tree: Tree) -> Iterator[tuple[cst.CSTNode, set[str]]]:
    for node in tree.of_kind(cst.SimpleString):
        text = node.evaluated_value if isinstance(node, cst.SimpleString) else ""
        if text[:1] not in ("{", b"{"):
            continue
        try:
            data = json.loads(text)
        except ValueError:
            continue
        if isinstance(data, dict):
            yield node, {*data}
