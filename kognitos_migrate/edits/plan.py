"""The plan of a conversation: edits that migrate it whole, or a refusal that names what holds it back."""

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.adapt import adapt_replies
from kognitos_migrate.edits.adapter import imports_of, local_source, marked_adapters
from kognitos_migrate.edits.adapter_home import home
from kognitos_migrate.edits.besides import require_kept
from kognitos_migrate.edits.body.additions import Additions
from kognitos_migrate.edits.body.attachments import migrate_query
from kognitos_migrate.edits.body.migrate import migrate_body
from kognitos_migrate.edits.body.owner import add_owner
from kognitos_migrate.edits.draft import Draft, OverlapError, compose
from kognitos_migrate.edits.followed import is_reached
from kognitos_migrate.edits.helpers import Helpers, defined
from kognitos_migrate.edits.imported import imported_names, is_imported
from kognitos_migrate.edits.lookup import sources_of_table
from kognitos_migrate.edits.meanings import taken_name
from kognitos_migrate.edits.order import require_order
from kognitos_migrate.edits.prose import rename_in_prose
from kognitos_migrate.edits.rename import rename_locals
from kognitos_migrate.edits.replies.migrate import migrate_replies
from kognitos_migrate.edits.replies.returns import notes_of_returns
from kognitos_migrate.edits.scene import TOO_MANY, Adapted, Escapes, Refused, Scene
from kognitos_migrate.edits.self_documenting import keep_own_text
from kognitos_migrate.edits.stubs.migrate import migrate_stubs
from kognitos_migrate.edits.stubs.unaccounted import require_accounted
from kognitos_migrate.edits.tables import Tables
from kognitos_migrate.edits.transfer import Widening, migrate_transfer
from kognitos_migrate.edits.url.migrate import migrate_urls
from kognitos_migrate.edits.url.mounts import migrate_mounts
from kognitos_migrate.record import Struct, replace
from kognitos_migrate.source.span import Span
from kognitos_migrate.syntax.gaps import GapError
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.syntax.variables import Variables


class Plan(Struct, frozen=True):
    """All edits of a conversation, and what a reader should know of them."""

    drafts: tuple[Draft, ...]
    tables: Tables
    helpers: Helpers
    notes: tuple[str, ...]
    adapting: "Refusal | None" = None
    """Why replies had to be put back into their old shape; None where they had not."""


class Refusal(Struct, frozen=True):
    """Why a conversation stays as it is: the place, a stable reason, the words, what to do."""

    site: Site
    reason: str
    message: str
    help: str | None


def plan(scene: Scene, conversation: Conversation) -> Plan | Refusal:
    """Plan one conversation. Writes nothing.

    Where replies can't be followed, and that alone holds it back, the plan puts them back into their old
    shape.
    """
    first: Refusal | None = None
    adapted = Adapted()
    scene.begin_plan()
    try:
        while True:
            try:
                return _plan(scene, list(conversation.matches), adapted, first)
            except Escapes as escapes:
                first = first or _refusal(escapes)
                wider = adapted.wider(escapes)
                if wider == adapted:
                    return first
                adapted = wider
    except Refused as refused:
        if first is None:
            return _refusal(refused)
        return replace(first, help=first.help or f"it can't be adapted: {refused.message}")
    except OverlapError as overlap:
        site = conversation.matches[0].request.site
        return Refusal(site, "overlap", f"two edits meet in line {_line(scene, overlap.span)}", None)


def _refusal(refused: Refused) -> Refusal:
    return Refusal(refused.site, refused.reason, refused.message, refused.help)


def _line(scene: Scene, span: Span) -> int:
    return scene.trees[span.path].encoded[: span.start].count(b"\n") + 1


def _plan(scene: Scene, matches: list[Match], adapted: Adapted, why: Refusal | None) -> Plan:
    drafts: list[Draft] = []
    tables, helpers, widening = Tables(), Helpers(), Widening()
    for match in matches:
        if any(is_reached(scene, match, site) for site in scene.facts.exhausted):
            raise Refused(match.request.site, "too-large", TOO_MANY)
        replaced = scene.facts.replaced.get(match.request.client)
        if replaced is not None:
            raise Refused(
                replaced, "library-changed", "the program's own code gets at all requests or replies here"
            )
        if match.foreign:
            raise Refused(
                match.request.site, "another-service", "the same request may go to another service too"
            )
    of_urls = [*migrate_urls(scene, matches), *migrate_mounts(scene, matches)]
    drafts.extend(of_urls)
    said: dict[int, Additions] = {}
    whole, matches = matches, [match for match in matches if match.request.stub is None]
    for match in matches:
        if match.operation.new.form is not None:
            drafts.extend(migrate_transfer(scene, match, widening, helpers))
            continue
        additions = Additions()
        drafts.extend(migrate_query(scene, match, additions))
        add_owner(scene, match, matches, additions, tables)
        drafts.extend(additions.drafts)
        said[match.request.id] = additions
    for match in matches:
        if match.operation.new.form is None:
            drafts.extend(migrate_body(scene, match, said, tables))
    drafts.extend(widening.drafts)
    drafts.extend(migrate_replies(scene, matches, helpers, widening.slots, adapted))
    drafts.extend(adapt_replies(scene, matches, adapted, helpers))
    drafts.extend(migrate_stubs(scene, whole, said, adapted))
    edited = {draft.span.path for draft in drafts}
    drafts.extend(rename_locals(scene, matches, adapted.requests, edited, drafts))
    drafts.extend(rename_in_prose(scene, matches, drafts))
    drafts.extend([*keep_own_text(scene, drafts)])
    _require_free_names(scene, whole, tables, helpers)
    require_accounted(scene, whole, drafts, adapted)
    require_kept(scene, drafts, frozenset(of_urls), tables.moved)
    require_order(scene, drafts)
    compose(drafts, scene.trees)
    if scene.unclear:
        raise Refused(matches[0].request.site if matches else whole[0].request.site, "too-large", TOO_MANY)
    plain = [match for match in matches if match.request.id not in adapted.requests]
    notes = [*_notes(whole), *notes_of_returns(scene, plain)]
    notes.extend(note for one in said.values() for note in one.notes)
    return Plan(tuple(dict.fromkeys(drafts)), tables, helpers, tuple(dict.fromkeys(notes)), why)


def _require_free_names(scene: Scene, matches: list[Match], tables: Tables, helpers: Helpers) -> None:
    """Refuse where the module has something else under a name that the new code defines."""
    for path, tree in scene.trees.items():
        adapters = _local_adapters(scene, path, helpers)
        own = sorted(tables.imports.get(path, ()))
        _require_free_imports(scene, tree, matches, [*imports_of(adapters.values()), *own])
        sources = {**helpers.sources.get(path, {}), **adapters}
        imports = [*helpers.imports.get(path, ()), *imports_of(adapters.values())]
        taken = taken_name(tree, sources.values(), imports) if sources else None
        if taken is not None:
            raise _name_taken(matches[0].request.site, taken)
        adapting = {*adapters, *helpers.adapters.get(path, ())}
        names = {*sources, *_new_tables(scene, tree, tables)}
        names |= adapting - imported_names(tree) if adapting else set()
        names.update(name for source in sources.values() for name in defined(source))
        names -= marked_adapters(tree) if adapters else set()
        if any(map(tree.gaps.say, names)):
            raise GapError(path)
        for node in tree.of_kind(cst.Name) if names else ():
            if node.value in names and not _is_ours(tree, node, sources):
                site = tree.site(node) if path == matches[0].request.site.path else matches[0].request.site
                raise _name_taken(site, node.value)


def _name_taken(site: Site, name: str) -> Refused:
    return Refused(site, "name-taken", f"the name {name!r} is taken, and the new code needs it")


def _new_tables(scene: Scene, tree: Tree, tables: Tables) -> set[str]:
    """The names of the tables that a module needs and of their functions, but for those of an earlier run."""
    return {
        name
        for setting, table in tables.used.get(tree.path, {}).items()
        for name in sources_of_table(scene, table, tables.keys[tree.path, setting], tree)
    }


def _local_adapters(scene: Scene, path: str, helpers: Helpers) -> dict[str, str]:
    """The adapters that a module holds itself, by name."""
    apis = {*helpers.adapters.get(path, {}).values()}
    if all(home(scene, scene.rules.apis[api], path) != path for api in apis):
        return {}
    return {name: local_source(source) for name, source in helpers.adapter_sources.get(path, {}).items()}


def _require_free_imports(scene: Scene, tree: Tree, matches: list[Match], lines: list[str]) -> None:
    """Refuse where a module has something else under a name that an import gives it."""
    for line in lines:
        name = line.rpartition(" ")[2]
        if not is_imported(tree, line) and tree.once(Variables).bindings(tree.module, name):
            site = matches[0].request.site
            raise _name_taken(site, name)


def _is_ours(tree: Tree, node: cst.Name, sources: dict[str, str]) -> bool:
    """Whether a name belongs to what an earlier run wrote."""
    source = next((text for text in sources.values() if node.value in defined(text)), None)
    return source is not None and source in tree.text


def _notes(matches: list[Match]) -> list[str]:
    names = sorted({name for match in matches for name in match.overridden})
    return [
        f"{name} can override this: where it is set to the old version, or a URL of it, change it too"
        for name in names
    ]
