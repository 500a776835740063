"""The plan of a conversation: edits that migrate it whole, or a refusal that names what holds it back."""

from collections.abc import Mapping
from dataclasses import dataclass

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.additions import Additions
from kognitos_migrate.edits.attachments import migrate_query
from kognitos_migrate.edits.body import Tables, migrate_body
from kognitos_migrate.edits.draft import Draft, OverlapError, compose
from kognitos_migrate.edits.helpers import Helpers, defined
from kognitos_migrate.edits.imported import is_imported, no_longer_used, taken_from_modules
from kognitos_migrate.edits.lookup import table_source
from kognitos_migrate.edits.owner import add_owner
from kognitos_migrate.edits.preamble import preamble
from kognitos_migrate.edits.rename import rename_locals
from kognitos_migrate.edits.replies import migrate_replies
from kognitos_migrate.edits.scene import Refused, Scene
from kognitos_migrate.edits.transfer import Widening, migrate_transfer
from kognitos_migrate.edits.urls import migrate_urls
from kognitos_migrate.source.span import Edit, Span
from kognitos_migrate.syntax.tree import Site, Tree


@dataclass(frozen=True, slots=True)
class Plan:
    """All edits of a conversation, and what a reader should know of them."""

    drafts: tuple[Draft, ...]
    tables: Tables
    helpers: Helpers
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a conversation stays as it is: the place, a stable reason, the words, what to do."""

    site: Site
    reason: str
    message: str
    help: str | None


def plan(scene: Scene, conversation: Conversation) -> Plan | Refusal:
    """Plan one conversation. Writes nothing."""
    try:
        return _plan(scene, list(conversation.matches))
    except Refused as refused:
        return Refusal(refused.site, refused.reason, refused.message, refused.help)
    except OverlapError as overlap:
        site = conversation.matches[0].request.site
        return Refusal(site, "overlap", f"two edits meet in line {_line(scene, overlap.span)}", None)


def _line(scene: Scene, span: Span) -> int:
    return scene.trees[span.path].encoded[: span.start].count(b"\n") + 1


def _plan(scene: Scene, matches: list[Match]) -> Plan:
    drafts: list[Draft] = []
    tables, helpers, widening = Tables(), Helpers(), Widening()
    for match in matches:
        if any(site.path == match.request.site.path for site in scene.facts.exhausted):
            raise Refused(
                match.request.site,
                "too-large",
                "the functions around it are called in too many ways to follow",
            )
        if match.foreign:
            raise Refused(
                match.request.site, "another-service", "the same request may go to another service too"
            )
    drafts.extend(migrate_urls(scene, matches))
    said: dict[int, Additions] = {}
    for match in matches:
        if match.operation.new.form is not None:
            drafts.extend(migrate_transfer(scene, match, widening, helpers))
            continue
        additions = Additions()
        drafts.extend(migrate_query(scene, match, additions))
        add_owner(scene, match, matches, additions, tables)
        said[match.request.id] = additions
    for match in matches:
        if match.operation.new.form is None:
            drafts.extend(migrate_body(scene, match, said, tables))
    drafts.extend(widening.drafts)
    drafts.extend(migrate_replies(scene, matches, helpers, widening.slots))
    drafts.extend(rename_locals(scene, matches))
    _require_free_names(scene, matches, tables, helpers)
    compose(drafts, scene.trees)
    notes = [*_notes(matches), *(note for one in said.values() for note in one.notes)]
    return Plan(tuple(dict.fromkeys(drafts)), tables, helpers, tuple(dict.fromkeys(notes)))


def _require_free_names(scene: Scene, matches: list[Match], tables: Tables, helpers: Helpers) -> None:
    """Refuse where the module has something else under a name that the new code defines."""
    for path, tree in scene.trees.items():
        sources = dict(helpers.sources.get(path, {}))
        names = {*sources, *(table.constant for table in tables.used.get(path, {}).values())}
        names.update(name for source in sources.values() for name in defined(source))
        for node in tree.nodes if names else ():
            if isinstance(node, cst.Name) and node.value in names and not _is_ours(tree, node, sources):
                site = tree.site(node) if path == matches[0].request.site.path else matches[0].request.site
                raise Refused(
                    site, "name-taken", f"the name {node.value!r} is taken, and the new code needs it"
                )


def _is_ours(tree: Tree, node: cst.Name, sources: dict[str, str]) -> bool:
    """Whether a name belongs to what an earlier run wrote."""
    source = next((text for text in sources.values() if node.value in defined(text)), f"# {node.value}")
    return source in tree.text or f"{node.value} = {{" in tree.text


def _notes(matches: list[Match]) -> list[str]:
    names = sorted({name for match in matches for name in match.overridden})
    return [
        f"{name} can override this: where it is set to a URL of the old version, change it too"
        for name in names
    ]


def edits_of(scene: Scene, plans: list[Plan]) -> Mapping[str, list[Edit]]:
    """The edits of several plans together, by file, with the tables and helpers that they need."""
    drafts = [draft for plan in plans for draft in plan.drafts]
    for path, tree in scene.trees.items():
        wanted = {line for plan in plans for line in plan.helpers.imports.get(path, ())}
        imports = sorted(line for line in wanted if not is_imported(tree, line))
        sources = {
            **_tables(scene, plans, path),
            **{name: text for plan in plans for name, text in plan.helpers.sources.get(path, {}).items()},
        }
        own = [draft for draft in drafts if draft.span.path == path]
        added = preamble(tree, imports, list(sources.values()))
        drafts.extend(
            [*added, *(no_longer_used(tree, [*own, *added], _elsewhere(scene, path)) if own else [])]
        )
    found: dict[str, list[Edit]] = {}
    for edit in compose(drafts, scene.trees):
        found.setdefault(edit.span.path, []).append(edit)
    return found


def _elsewhere(scene: Scene, path: str) -> set[str]:
    """The names that modules other than this one take from modules."""
    return {name for other, tree in scene.trees.items() if other != path for name in taken_from_modules(tree)}


def _tables(scene: Scene, plans: list[Plan], path: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for table in {
        table.constant: table for plan in plans for table in plan.tables.used.get(path, {}).values()
    }.values():
        rows = scene.settings.tables.get(table.setting, {})
        said = [
            plan.tables.keys[path, table.setting]
            for plan in plans
            if table.setting in plan.tables.used.get(path, {})
        ]
        if None not in said:
            wanted = {key for keys in said if keys is not None for key in keys}
            rows = {key: row for key, row in rows.items() if key in wanted}
        names = [
            field.name
            for field in table.fields
            if field.required or _wanted(scene, table.setting, field.name)
        ]
        found[table.constant] = table_source(table, rows, names)
    return found


def _wanted(scene: Scene, setting: str, field: str) -> bool:
    """Whether some body has this field of a table in the dialect that is chosen."""
    return any(
        member.table == setting and member.field == field
        for operation in scene.rules.operations
        for member in operation.new.members
        if member.when in (None, scene.settings.dialects.get(operation.api))
    )


def apply_edits(tree: Tree, edits: list[Edit]) -> str:
    """The text with the edits applied."""
    data = tree.encoded
    for edit in sorted(edits, key=lambda edit: (edit.span.start, edit.span.end, edit.rank), reverse=True):
        data = data[: edit.span.start] + edit.text.encode("utf-8", "surrogatepass") + data[edit.span.end :]
    return data.decode("utf-8", "surrogatepass")
