"""Rewrites `Run(**reply)`: one keyword argument for each parameter that a field fills."""

import re
from collections.abc import Iterator
from typing import TypeAlias

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.json_text import require_json_name
from kognitos_migrate.edits.code_layout import indentation, newline, separator
from kognitos_migrate.edits.context import PlanContext, requests_of
from kognitos_migrate.edits.filled_calls import takes_missing_field
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError, ReplyEscapesError
from kognitos_migrate.edits.rematerialize import CodeTemplate, is_pure_expression
from kognitos_migrate.edits.replies.argument_errors import require_same_argument_error
from kognitos_migrate.edits.replies.http_methods import replied_method
from kognitos_migrate.interpret.state.facts import Use
from kognitos_migrate.interpret.state.use_details import NULL, REQUIRED
from kognitos_migrate.rulebook.model import Encoding, View
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.structs import Struct, field
from kognitos_migrate.syntax.roles import innermost_ancestors
from kognitos_migrate.syntax.scopes import occurrences
from kognitos_migrate.syntax.shapes import is_primary_expression, receiver_of, variable_name
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, MemberRef, Reply, Symbol, Text, Value

CONSTRUCTOR = "from_reply"
"""The name of the constructor that a model gets if one call creates several models."""
_NAMES = ("reply", "payload", "body", "reply_body")
"""Names for a reply that is read more than once. The first free one is used."""


class FilledParameter(Struct, frozen=True):
    """The argument of one parameter: the read of the new field, behind the reply, and the text around it."""

    read: str
    before: str = ""
    after: str = ""


Call: TypeAlias = tuple[Site, Site, Site | None]
"""A call, the expression in it that evaluates to the reply, and the created class if the call creates
several."""


class UnpackedCalls(Struct):
    """The calls that a reply fills, each with its parameters."""

    context: PlanContext
    calls: dict[Call, dict[str, FilledParameter]] = field(default_factory=dict)
    frames: dict[Call, int] = field(default_factory=dict)
    fills: dict[Call, list[Use]] = field(default_factory=dict)
    operations: dict[Site, str] = field(default_factory=dict)
    """By class that gets a constructor: the operation whose reply fills it."""

    def path_of_read(self, use: Use) -> str:
        """The file in which the field is read."""
        model = _created_class(self.context, use)
        return model.path if model is not None else use.site.path

    def add(
        self,
        match: Match,
        use: Use,
        name: str,
        before: str = "",
        after: str = "",
        *,
        is_checked: bool = False,
    ) -> None:
        """Fill a parameter with the field `name` of the new reply. `is_checked` means that the code around
        the read raises the error of a missing field for null. Raises ReplyEscapesError if several replies
        fill the parameter, or if its name isn't an identifier."""
        model = _created_class(self.context, use)
        _require_one(self.context, match, use, model)
        if model is not None and self.operations.setdefault(model, match.operation.id) != match.operation.id:
            raise _shared_model_error(use)
        assert isinstance(use.other, Text)
        keyword = use.other.literal or ""
        if not keyword.isidentifier():
            what = f"the field {keyword!r} isn't a valid parameter name"
            raise ReplyEscapesError(requests_of([use]), use.site, "model-alias", what)
        call = (use.site, use.operand, model)
        is_optional = is_checked or takes_missing_field(self.context, match, use)
        filled = FilledParameter(
            _read_suffix(self.context, match, use, name) if is_optional else f"[{string_literal(name)}]",
            before,
            after,
        )
        if self.calls.setdefault(call, {}).setdefault(keyword, filled) != filled:
            raise _shared_model_error(use)
        self.frames[call] = use.frame
        self.fills.setdefault(call, []).append(use)

    def edits(self) -> Iterator[PendingEdit]:
        """Pending edits that write the calls out. Raises RefusalError if that isn't possible."""
        constructors: dict[Site, dict[str, FilledParameter]] = {}
        for fills in self.fills.values():
            require_same_argument_error(self.context, fills)
        for (site, operand, model), filled in self.calls.items():
            if model is None:
                yield from _call(self.context, site, operand, self.frames[site, operand, model], filled)
                continue
            if constructors.setdefault(model, filled) != filled:
                raise RefusalError(
                    site, "model-shared", "the model is created from this response in several ways"
                )
            yield _call_constructor(self.context, site, operand, set(self.operations))
        for model, filled in constructors.items():
            yield constructor(self.context, model, filled)


class FieldFill(Struct, frozen=True):
    """The reads of one field of a reply that fill parameters."""

    fills: UnpackedCalls
    uses: list[Use]

    def fill_each(self, match: Match, name: str) -> None:
        """Fill each of the parameters with the field `name` of the new reply. Raises ReplyEscapesError as
        `UnpackedCalls.add` does."""
        for use in self.uses:
            self.fills.add(match, use, name)


def _read_suffix(context: PlanContext, match: Match, use: Use, name: str) -> str:
    """The read of a field that a test's response may lack, behind the reply: with the parameter's default, or
    with None where null means a missing field. A method of the old version becomes the new one, as in the
    parameter."""
    new = match.operation.new.reply_field(name)
    is_nullable = use.detail in (NULL, REQUIRED) or (
        new is not None and new.encodings[None] is Encoding.ENTRIES
    )
    following = replied_method(context.rules.operations, new.slot) if new is not None else None
    word = use.detail
    if following is not None and word.upper() == following.old.method:
        word = following.new.method if word.isupper() else following.new.method.lower()
    default = "" if is_nullable else f", {string_literal(word)}"
    return f".get({string_literal(name)}{default})"


def _shared_model_error(use: Use) -> ReplyEscapesError:
    return ReplyEscapesError(
        requests_of([use]),
        use.site,
        "model-shared",
        "this call creates a model from several kinds of responses",
    )


def _created_class(context: PlanContext, use: Use) -> Site | None:
    """The class that is created in the use's context, if the same call creates others elsewhere."""
    classes = _classes(context, use.site)
    if len(classes) < 2:
        return None
    node = cst.ensure_type(context.node(use.site), cst.Call)
    callee = _callee(context, node, use.site)
    value = context.value(context.tree(use.site).site(callee), use.frame)
    here = {_definition(choice) for choice in alternatives(value)}
    only = here.pop() if len(here) == 1 else None
    return only if isinstance(only, Site) and isinstance(context.node(only), cst.ClassDef) else None


def _classes(context: PlanContext, site: Site) -> set[Value | Site]:
    call = context.call(site)
    if call is None:
        return set()
    called = context.values_at(context.tree(site).site(_callee(context, call, site)))
    return {_definition(choice) for value in called for choice in alternatives(value)}


def _callee(context: PlanContext, call: cst.Call, site: Site) -> cst.BaseExpression:
    """The callee of a call that makes an instance, or the class among the arguments of a library's function:
    `cattrs.structure(reply, Run)`."""
    tree = context.tree(site)
    if any(isinstance(choice, Symbol) for choice in context.alternatives_at(tree.site(call.func))):
        for arg in call.args:
            choices = context.alternatives_at(tree.site(arg.value))
            if choices and all(isinstance(choice, Class) for choice in choices):
                return arg.value
    return call.func


def _require_one(context: PlanContext, match: Match, use: Use, model: Site | None) -> None:
    """Raises ReplyEscapesError if different replies fill the same call."""
    values = context.values_at(use.operand) if model is None else [context.value(use.operand, use.frame)]
    for value in values:
        for choice in alternatives(value):
            other = context.matches.get(choice.request) if isinstance(choice, Reply) else None
            if other is None or other.operation.id != match.operation.id:
                raise _shared_model_error(use)
    if context.call(use.site) is None:
        what = "the response's fields are unpacked into arguments"
        raise ReplyEscapesError(requests_of([use]), use.site, "reply-escapes", what)
    if model is None and len(_classes(context, use.site)) != 1:
        raise _shared_model_error(use)


def _definition(value: Value) -> Value | Site:
    if isinstance(value, Bound):
        return _definition(value.function)
    if isinstance(value, MemberRef):
        return _definition(value.receiver)
    return value.site if isinstance(value, Class | Function) else value


def _call_constructor(context: PlanContext, site: Site, operand: Site, classes: set[Site]) -> PendingEdit:
    """The call of one of several classes, by the constructor that each of them gets."""
    tree = context.tree(site)
    node = cst.ensure_type(tree.node(site), cst.Call)
    callee = _callee(context, node, site)
    if len(node.args) != (1 if callee is node.func else 2) or not _classes(context, site) <= classes:
        raise RefusalError(site, "model-shared", "this call may create objects of classes that weren't found")
    for value in context.values_at(operand):
        for choice in alternatives(value):
            if not isinstance(choice, Reply) or choice.request not in context.matches:
                raise RefusalError(site, "model-shared", "this call also unpacks data other than responses")
    if callee is not node.func:
        constructor_call = (f".{CONSTRUCTOR}(", *_reply_expression(context, operand), ")")
        return PendingEdit(tree.outer_span(node), (tree.outer_span(callee), *constructor_call))
    owner = node.func if node.args[0].star == "**" else receiver_of(node) or node.func
    arguments = Span(tree.path, tree.outer_span(owner).end, tree.span(node).end)
    return PendingEdit(arguments, (f".{CONSTRUCTOR}(", *_reply_expression(context, operand), ")"))


def _call(
    context: PlanContext, site: Site, operand: Site, frame: int, filled: dict[str, FilledParameter]
) -> Iterator[PendingEdit]:
    tree = context.tree(site)
    node = cst.ensure_type(tree.node(site), cst.Call)
    arg = next((candidate for candidate in node.args if tree.site(candidate.value) == operand), None)
    if arg is None:
        raise RefusalError(site, "reply-escapes", "the response's fields are unpacked into arguments")
    source = _reply_expression(context, operand)
    argument = arg.value
    reads: list[CodeTemplate] = [source] * len(filled)
    if len(filled) > 1 and not (
        isinstance(argument, cst.Name) or is_pure_expression(context, argument, operand, frame)
    ):
        name = _free_name(tree, node)
        line = _line(tree, node, arg)
        if line is not None:
            start = tree.span(line).start
            indent = indentation(tree, start)
            yield PendingEdit(
                Span(tree.path, start, start), (f"{name} = ", *source, newline(tree), indent), rank=-1
            )
            reads = [(name,)] * len(filled)
        elif not _may_bind(tree, node):
            raise RefusalError(site, "model", "the response would be evaluated more than once here")
        else:
            reads = [("(", f"{name} := ", *source, ")"), *([(name,)] * (len(filled) - 1))]
    elif not is_primary_expression(argument):
        reads = [("(", *source, ")")] * len(filled)
    arguments: list[CodeTemplate] = [
        (f"{keyword}={parameter.before}", *read, f"{parameter.read}{parameter.after}")
        for read, (keyword, parameter) in zip(reads, filled.items(), strict=True)
    ]
    if arg.star == "**":
        span = Span(tree.path, tree.outer_span(argument).start - 2, tree.outer_span(argument).end)
        yield PendingEdit(span, _separate_arguments(tree, span, arguments))
        return
    callee = _callee(context, node, site)
    owner = callee if callee is not node.func else receiver_of(node) or node.func
    span = tree.outer_span(node)
    yield PendingEdit(span, (tree.outer_span(owner), "(", *_separate_arguments(tree, span, arguments), ")"))


def _separate_arguments(tree: Tree, span: Span, arguments: list[CodeTemplate]) -> CodeTemplate:
    """Arguments separated like the one at `span`."""
    delimiter = separator(tree, span.start)
    return tuple(
        part
        for number, argument in enumerate(arguments)
        for part in ((delimiter, *argument) if number else argument)
    )


def _reply_expression(context: PlanContext, operand: Site) -> CodeTemplate:
    """The expression of the decoded reply. If the expression evaluates to the reply's text, it is decoded, by
    the client's method for JSON in place of an attribute."""
    tree = context.tree(operand)
    node = tree.node(operand)
    if isinstance(node, cst.DictComp):  # of the fields that the class has
        node = receiver_of(node.for_in.iter) or node
    for value in context.values_at(operand):
        for choice in alternatives(value):
            if isinstance(choice, Reply) and choice.path == (View.TEXT,):
                owner = node.value if isinstance(node, cst.Attribute) else None
                client = context.client(context.facts.requests[choice.request])
                method = next((name for name, view in client.reply.items() if view is View.JSON), None)
                if owner is None or method is None:
                    module = require_json_name(context, operand, context.state.imports)
                    return (f"{module}.loads(", tree.outer_span(node), ")")
                return (tree.outer_span(owner), f".{method}")
    return (tree.outer_span(node),)


def _line(tree: Tree, node: cst.Call, arg: cst.Arg) -> cst.BaseSmallStatement | None:
    """The statement before which the reply can be bound to a name: it evaluates the call only, and the reply
    comes first in it."""
    before = node.args[: list(node.args).index(arg)]
    if not all(isinstance(argument.value, cst.Name | cst.SimpleString | cst.Integer) for argument in before):
        return None
    match innermost_ancestors(tree, node, 2):
        case [
            (cst.Return() | cst.Expr() | cst.AnnAssign() | cst.Assign()) as statement,
            cst.SimpleStatementLine([_]),
        ] if not isinstance(node.func, cst.Call):
            return statement
    return None


def _may_bind(tree: Tree, node: cst.CSTNode) -> bool:
    """Whether `:=` is allowed here: neither in the iterable of a comprehension nor in the body of a class."""
    around = tree.enclosing(node, cst.FunctionDef, cst.Lambda, cst.ClassDef, cst.CompFor)
    return not isinstance(around, cst.ClassDef | cst.CompFor)


def _free_name(tree: Tree, node: cst.CSTNode) -> str:
    scope = tree.enclosing(node, cst.FunctionDef) or tree.module
    return next(name for name in (*_NAMES, "the_reply") if not occurrences(tree, scope, name))


def retype_field(context: PlanContext, field: Site, name: str) -> list[PendingEdit] | None:
    """Replace `str` by `name` in the annotation of a field; None if that isn't possible."""
    tree = context.tree(field)
    match tree.parent(tree.node(field)):
        case cst.AnnAssign(annotation=annotation):
            return retype(tree, annotation.annotation, name)
    return None


def retype(tree: Tree, declared: cst.BaseExpression, name: str) -> list[PendingEdit] | None:
    """Replace `str` by `name` in a declared type; None if it doesn't occur exactly once."""
    nodes = [
        node
        for node in tree.descendants(declared)
        if variable_name(node) == "str" or isinstance(node, cst.SimpleString)
    ]
    if len(nodes) != 1:
        return None
    code = tree.code(nodes[0])
    if len(re.findall(r"\bstr\b", code)) != 1:
        return None
    return [PendingEdit(tree.span(nodes[0]), (re.sub(r"\bstr\b", name, code),))]


def constructor(context: PlanContext, model: Site, filled: dict[str, FilledParameter]) -> PendingEdit:
    """A class method that creates an instance from the new reply. Raises RefusalError if the name is
    taken."""
    tree = context.tree(model)
    definition = tree.node(model)
    assert isinstance(definition, cst.ClassDef)
    existing = occurrences(tree, tree.module, CONSTRUCTOR)
    if existing or not isinstance(definition.body, cst.IndentedBlock):
        raise RefusalError(model, "name-taken", f"the method {CONSTRUCTOR!r} can't be added to the model")
    last = tree.span(definition.body.body[-1])
    line = tree.utf8_text.find(b"\n", last.end)
    end = len(tree.utf8_text) if line < 0 else line - (tree.utf8_text[line - 1 : line] == b"\r")
    inner = indentation(tree, tree.span(definition.body.body[0]).start)
    deeper = inner + tree.module.default_indent
    keyword_arguments = [
        f"{name}={parameter.before}reply{parameter.read}{parameter.after}"
        for name, parameter in filled.items()
    ]
    lines = [
        "",
        f"{inner}@classmethod",
        f"{inner}def {CONSTRUCTOR}(cls, reply):",
        f'{deeper}"""Create an instance from an API response."""',
        f"{deeper}return cls({', '.join(keyword_arguments)})",
    ]
    return PendingEdit(Span(tree.path, end, end), (newline(tree) + newline(tree).join(lines),))
