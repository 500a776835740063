"""Builds the multipart form that replaces raw content, in the style of the client library."""

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.headers import (
    override_content_type,
    remove_body_headers,
    set_content_type,
    sets_content_type_for_all,
)
from kognitos_migrate.edits.code_layout import separator
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.generated_code import Helpers
from kognitos_migrate.edits.literals import string_literal
from kognitos_migrate.edits.pending_edit import PendingEdit
from kognitos_migrate.edits.refusal import RefusalError
from kognitos_migrate.edits.rematerialize import CodeTemplate
from kognitos_migrate.rulebook.model import Client, Form, FormArguments, JsonReplacement, Role, WholeForm
from kognitos_migrate.source.text_edits import Span
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.values.heap import Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NONE


def can_become_form(context: PlanContext, match: Match, operand: Operand) -> bool:
    """Whether content can become a form at its place: an argument, or an entry of a dict of arguments. If the
    client takes the form as one value, the value assigned to the request counts, too."""
    tree = context.tree(operand.site)
    node = tree.node(operand.site)
    argument = argument_of(tree, node)
    client = context.client(match.request)
    whole = client.multipart if isinstance(client.multipart, WholeForm) else None
    if argument is not None and (whole is None or client.keywords[whole.argument] is not Role.DATA):
        own = argument.call is context.node(match.request.site)
        takes_data = client.keywords.get(argument.keyword or "") is Role.DATA
        return (takes_data and (own or whole is None)) or (argument.keyword is None and own)
    is_assigned = whole is not None and client.keywords[whole.argument] is Role.DATA
    match tree.parent(node):
        case cst.DictElement():
            return True
        case cst.Arg() | cst.Assign():
            return is_assigned
    return False


def write_form(
    context: PlanContext, match: Match, form: Form, operand: Operand, fields: CodeTemplate, helpers: Helpers
) -> list[PendingEdit]:
    """Pending edits that send `fields` and the content at `operand` as a form. Raises RefusalError if that
    isn't possible."""
    client = context.client(match.request)
    if client.multipart is None and match.request.lacks:
        message = f"the function of {client.title} that sends the content takes no multipart form"
        raise RefusalError(
            match.request.site, "form", message, "send the file by a function that encodes forms"
        )
    if client.multipart is None:
        raise RefusalError(
            match.request.site, "form", f"the client file of {client.title} doesn't describe multipart forms"
        )
    if isinstance(client.multipart, FormArguments):
        parts = (fields, _form_content(context, match, operand))
        edits = _form_arguments(context, client, client.multipart, form, operand, parts)
        unset = client.multipart.unset_header
        if unset is not None and sets_content_type_for_all(context, match):
            return [*edits, *override_content_type(context, match, unset)]
        return [*edits, *remove_body_headers(context, match)]
    whole = client.multipart
    require_allowed_code(context, match, whole)
    edits = _whole_form(
        context, client, whole, form, operand, (fields, _form_content(context, match, operand))
    )
    helpers.add(operand.site.path, whole.make, whole.helper, whole.imports)
    if whole.content_type is None:
        return [*edits, *remove_body_headers(context, match)]
    typed = set_content_type(context, match, whole.content_type)
    for edit in typed:
        helpers.add(edit.span.path, whole.make, whole.helper, whole.imports)
    return [*edits, *typed]


def require_allowed_code(context: PlanContext, match: Match, part: WholeForm | JsonReplacement) -> None:
    """Raises RefusalError for code of the project's own rules that the user hasn't allowed."""
    if context.settings.is_refused(part.code):
        client = context.client(match.request)
        raise RefusalError(
            match.request.site,
            "rule-code",
            f"the client file of {client.title} would insert its function `{part.make}` into your code",
            f"review it in the client file {client.id}, then run `kognitos-migrate fix --allow-rule-code`",
        )


def _form_content(context: PlanContext, match: Match, operand: Operand) -> CodeTemplate:
    """The file's content for the form. Libraries omit a component that is None, but send an empty raw
    body."""
    tree = context.tree(operand.site)
    node = tree.node(operand.site)
    span = tree.outer_span(node)
    contents = [operand.value, *context.values_at(operand.site)]
    contents += [data.value for data in match.request.value(Role.DATA)]
    if not any(choice == NONE for content in contents for choice in alternatives(content)):
        return (span,)
    match node:
        case cst.BooleanOperation(left=content, operator=cst.Or(), right=cst.Name("None")):
            return (tree.outer_span(content), ' or b""')
        case cst.Name("None"):
            return ('b""',)
        case cst.Name() | cst.Attribute() | cst.Subscript() | cst.Call():
            return (span, ' or b""')
        case _:
            return ("(", span, ') or b""')


def _whole_form(
    context: PlanContext,
    client: Client,
    whole: WholeForm,
    form: Form,
    operand: Operand,
    parts: tuple[CodeTemplate, CodeTemplate],
) -> list[PendingEdit]:
    tree = context.tree(operand.site)
    node = tree.node(operand.site)
    (fields, content), outer = parts, tree.outer_span(node)
    form_expression: CodeTemplate = (
        f"{whole.make}(",
        *fields,
        f", {string_literal(form.file_field)}, ",
        *content,
        ")",
    )
    match tree.parent(node):
        case cst.Arg(keyword=keyword) if client.keywords[whole.argument] is not Role.DATA:
            start = tree.span(keyword).start if keyword is not None else outer.start
            return [PendingEdit(Span(tree.path, start, outer.end), (f"{whole.argument}=", *form_expression))]
        case cst.DictElement(cst.SimpleString() as key) if (
            client.keywords.get(str(literal_text(key))) is Role.DATA
        ):
            entry = (f"{string_literal(whole.argument)}: ", *form_expression)
            return [PendingEdit(Span(tree.path, tree.span(key).start, outer.end), entry)]
    return [PendingEdit(outer, form_expression)]


def _form_arguments(
    context: PlanContext,
    client: Client,
    form_arguments: FormArguments,
    form: Form,
    operand: Operand,
    parts: tuple[CodeTemplate, CodeTemplate],
) -> list[PendingEdit]:
    tree = context.tree(operand.site)
    node = tree.node(operand.site)
    (fields, content), outer = parts, tree.outer_span(node)

    match tree.parent(node):
        case cst.Arg(keyword=keyword):
            if keyword is not None and client.keywords.get(keyword.value) is not Role.DATA:
                message = "the content is passed by a keyword that isn't the client's"
                raise RefusalError(operand.site, "content", message)
            start = tree.span(keyword).start if keyword is not None else outer.start
            files = f"{separator(tree, start)}{form_arguments.files}={{{string_literal(form.file_field)}: "
            arguments = (f"{form_arguments.fields}=", *fields, files, *content, "}")
            return [PendingEdit(Span(tree.path, start, outer.end), arguments)]
        case cst.DictElement(cst.SimpleString() as key):
            entries: CodeTemplate = (
                f"{string_literal(form_arguments.fields)}: ",
                *fields,
                f", {string_literal(form_arguments.files)}: {{{string_literal(form.file_field)}: ",
                *content,
                "}",
            )
            return [PendingEdit(Span(tree.path, tree.span(key).start, outer.end), entries)]
    raise RefusalError(operand.site, "content", "the content can't be turned into a form field here")
