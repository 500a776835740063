"""Code actions: fixes of a conversation or of the project, suppression comments, explanations."""

from collections.abc import Iterator
from typing import Any

import msgspec
from lsprotocol import types

from kognitos_migrate.errors import UserError
from kognitos_migrate.findings.result import Applicability, Place
from kognitos_migrate.lsp.model import EditorFinding
from kognitos_migrate.lsp.projects import EditorProject
from kognitos_migrate.lsp.protocol import SOURCE, diagnostic_of, fix_title
from kognitos_migrate.lsp.server import MigrationServer
from kognitos_migrate.structs import Struct

EXPLAIN = f"{SOURCE}.explain"
APPLY = f"{SOURCE}.apply"
FIX_PROJECT = f"{SOURCE}.fixProject"
SHOW_RESULT = f"{SOURCE}.showResult"
SOURCE_FIX = f"source.fixProject.{SOURCE}"
"""The kind of the action that fixes the whole project. It is not below `source.fixAll`, which editors run
when a single file is saved."""


NOTHING_LEFT = "Nothing left to change."


class ActionData(Struct, frozen=True, omit_defaults=True, tag_field="task"):
    """The data of an action, from which its edit is made when it is chosen. `folder` is that of its
    project."""

    folder: str


class FixData(ActionData, frozen=True, tag="fix"):
    """A fix of the conversation with a finding at `place`, or of all."""

    level: Applicability
    place: Place | None = None


class IgnoreData(ActionData, frozen=True, tag="ignore"):
    """A comment that suppresses a finding."""

    code: str
    place: Place


class NothingToChangeError(UserError):
    """The edit of an action would be empty."""


async def code_actions(server: MigrationServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    await server.wait_until_idle()
    current = server.current_project(params.text_document.uri)
    if current is None:
        return []
    project, path = current
    first, last = params.range.start.line, params.range.end.line
    actions: list[types.CodeAction] = []
    if _is_wanted(types.CodeActionKind.QuickFix, params.context.only):
        findings = list(project.findings_at(path, first, last))
        actions += _fixes(server, project, findings)
        for finding in findings:
            actions += _other_actions(server, project, finding, params.text_document.uri)
    if project.state.fixable and _is_wanted(SOURCE_FIX, params.context.only):
        data = FixData(project.folder, Applicability.SAFE)
        actions.append(_action(server, f"Fix all v1 calls of the project ({SOURCE})", SOURCE_FIX, data))
    return actions


def _is_wanted(kind: str, only: list[str] | tuple[str, ...] | Any | None) -> bool:
    """Whether a request for these kinds (None: all) includes the kind, or one that contains it."""
    return not only or any(kind == wanted or kind.startswith(f"{wanted}.") for wanted in map(_text, only))


def _text(kind: types.CodeActionKind | str) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind


def _fixes(
    server: MigrationServer, project: EditorProject, findings: list[EditorFinding]
) -> Iterator[types.CodeAction]:
    """A quick fix for each conversation of the findings."""
    by_conversation: dict[tuple[Place, ...], list[EditorFinding]] = {}
    for finding in findings:
        if finding.applicability is not Applicability.MANUAL:
            by_conversation.setdefault(finding.conversation or (finding.place,), []).append(finding)
    for members in by_conversation.values():
        first = members[0]
        data = FixData(project.folder, first.applicability, first.place)
        action = _action(server, fix_title(first), types.CodeActionKind.QuickFix, data)
        action.diagnostics = [diagnostic_of(member, project, server.documents()) for member in members]
        action.is_preferred = first.applicability is Applicability.SAFE
        yield action


def _other_actions(
    server: MigrationServer, project: EditorProject, finding: EditorFinding, uri: str
) -> Iterator[types.CodeAction]:
    diagnostics = [diagnostic_of(finding, project, server.documents())]
    if finding.is_in_python:
        data = IgnoreData(project.folder, finding.code, finding.place)
        title = f"Ignore {finding.code} in this statement"
        ignore = _action(server, title, types.CodeActionKind.QuickFix, data)
        ignore.diagnostics = diagnostics
        yield ignore
    yield types.CodeAction(
        f"Explain {finding.code}",
        types.CodeActionKind.QuickFix,
        diagnostics,
        command=types.Command(
            f"Explain {finding.code}",
            EXPLAIN,
            arguments=[uri, finding.range.start_line, finding.range.start_character],
        ),
    )


def _action(server: MigrationServer, title: str, kind: str, data: ActionData) -> types.CodeAction:
    """An action whose edit is made when it is chosen: by `codeAction/resolve` if the editor knows that, else
    by a command."""
    action = types.CodeAction(title, kind)
    if _resolves(server.client_capabilities):
        action.data = msgspec.to_builtins(data)
        if isinstance(data, FixData):  # the editor runs it when it has made the edit
            action.command = types.Command(title, SHOW_RESULT, arguments=[msgspec.to_builtins(data)])
    else:
        action.command = types.Command(title, APPLY, arguments=[msgspec.to_builtins(data)])
    return action


def _resolves(capabilities: types.ClientCapabilities) -> bool:
    document = capabilities.text_document
    support = document.code_action if document is not None else None
    resolve = support.resolve_support if support is not None else None
    return resolve is not None and "edit" in resolve.properties


async def resolve_action(server: MigrationServer, action: types.CodeAction) -> types.CodeAction:
    """The action with its edit. One that is only a command has no edit."""
    if action.data is None:
        return action
    try:
        data = convert(action.data, FixData | IgnoreData)
        action.edit, message = await edit_of(server, data)
        if isinstance(data, FixData):
            server.results[data.folder, data.place] = message
    except UserError as error:  # the editor expects the action
        server.show(str(error), types.MessageType.Warning)
    return action


def convert(value: object, kind: Any) -> Any:
    """An argument of the editor's, checked. Raises UserError."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        reason = str(error).partition(" - at ")[0].replace("`", "")
        raise UserError(f"{SOURCE}: invalid arguments of a command: {reason}") from error


async def edit_of(server: MigrationServer, data: FixData | IgnoreData) -> tuple[types.WorkspaceEdit, str]:
    """The edit of an action, and a message about it. Raises UserError; NothingToChangeError if it would be
    empty."""
    await server.wait_until_idle()
    project = next((project for project in server.projects if project.folder == data.folder), None)
    if project is None:
        raise UserError("This project is no longer open.")
    if isinstance(data, IgnoreData):
        _require_finding(server, project, data)
        project_edit, edit = await server.ignore_edit(project, data.code, data.place)
    else:
        project_edit, edit = await server.fix_edit(project, data.level, data.place)
    if not project_edit.files:
        raise NothingToChangeError(NOTHING_LEFT)
    return edit, project_edit.message


def _require_finding(server: MigrationServer, project: EditorProject, data: IgnoreData) -> None:
    """Raise UserError unless the finding is still at its place in the present text."""
    document = server.documents().get(project.absolute(data.place.path))
    is_current = document is None or project.is_current(document)
    if not (is_current and project.has_finding(data.code, data.place)):
        raise UserError(
            f"{data.code} is no longer here", path=data.place.path, line=data.place.row, expected="try again"
        )
