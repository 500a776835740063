"""Half-migrated bodies, queries and uploads."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.body.presence_tests import body_operands
from kognitos_migrate.edits.body.rebuild_points import body_entries, find_entries
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.replies.http_methods import is_chosen_by_reply
from kognitos_migrate.half_migrated.new_version_calls import HalfMigratedUse
from kognitos_migrate.interpret.state.tracked_values import tracked_leaves
from kognitos_migrate.rulebook.codes import HALF_BODY, HALF_QUERY, HALF_TRANSFER, HALF_VALUE
from kognitos_migrate.rulebook.model import Form, FormArguments, LayoutMember, Role, View, WholeForm
from kognitos_migrate.structs import Struct, field, replace
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.shapes import last_name
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictEntry, DictObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import (
    FILE,
    NEVER,
    NONE,
    Const,
    Json,
    Lit,
    Reply,
    Text,
    Unknown,
    Value,
)

_DEPTH = 8


class DictKeys(Struct):
    """The entries of a dict by key. `complete` means that it can have no others."""

    entries: dict[str, list[DictEntry]] = field(default_factory=dict)
    complete: bool = True


def dict_keys(context: PlanContext, record: DictObject, depth: int = 0) -> DictKeys:
    """The entries of a dict, including those of dicts merged into it."""
    keys = DictKeys(dict(record.entries), not (record.open or record.has_removals))
    if record.others is not NEVER or record.names is not NEVER or depth > _DEPTH:
        keys.complete = False
    for spread in record.spreads:
        for choice in alternatives(spread.value):
            inner = context.facts.heap.get(choice)
            if isinstance(inner, DictObject) and depth <= _DEPTH:
                merged = dict_keys(context, inner, depth + 1)
                keys.complete = keys.complete and merged.complete
                for key, entries in merged.entries.items():
                    keys.entries[key] = [*keys.entries.get(key, []), *entries]
            elif choice != NONE:
                keys.complete = False
    return keys


def reply_positions(context: PlanContext, value: Value) -> Iterator[Reply]:
    """The positions in replies that a value is or contains."""
    return (leaf for leaf in tracked_leaves(value, (), context.facts.heap, {}) if isinstance(leaf, Reply))


def body_faults(context: PlanContext, match: Match, call: Site) -> Iterator[HalfMigratedUse]:
    """The faults of the body of `match`. A missing body is reported at `call`."""
    if not match.layout.members:
        return
    operands = body_operands(match)
    if not operands:
        if not _has_unknown_arguments(context, match.request.site):
            yield from _missing_key_faults(context, match, set(), call)
        return
    values = [choice for operand in operands for choice in alternatives(operand.value)]
    if values and all(choice == NONE for choice in values):
        yield from _missing_key_faults(context, match, set(), call)
    for operand in operands:
        for choice in alternatives(operand.value):
            inner = choice.value if isinstance(choice, Json) else choice
            for body in alternatives(inner):
                yield from _body_key_faults(context, match, body)


def _has_unknown_arguments(context: PlanContext, site: Site) -> bool:
    """Whether a call has unpacked arguments, or the site is no call."""
    node = context.node(site)
    return not isinstance(node, cst.Call) or any(arg.star for arg in node.args)


def _body_key_faults(context: PlanContext, match: Match, body: Value) -> Iterator[HalfMigratedUse]:
    record = context.facts.heap.get(body)
    if not isinstance(record, DictObject):
        return
    keys = dict_keys(context, record)
    missing = (
        list(_missing_key_faults(context, match, set(keys.entries), record.site)) if keys.complete else []
    )
    bare = list(_misplaced_key_faults(match, keys.entries, record.site))
    if missing and bare:
        message, help_ = f"{missing[0].message}; {bare[0].message}", f"{missing[0].help}; {bare[0].help}"
        yield replace(missing[0], message=message, help=help_)
    else:
        yield from (*missing, *bare)
    for member in match.layout.members:
        for entry in keys.entries.get(member.name, ()):
            yield from _old_key_faults(context, match, member, entry)


def _missing_key_faults(
    context: PlanContext, match: Match, keys: set[str], site: Site
) -> Iterator[HalfMigratedUse]:
    """The required keys that the body lacks."""
    missing = [member.name for member in _required_members(context, match) if member.name not in keys]
    if missing:
        message = f"the body of {match.layout.call} lacks {_join_names(missing)}"
        yield HalfMigratedUse(
            HALF_BODY,
            match,
            site,
            message,
            f"add {_join_names(missing)}{_configuration_hint(context, match)}",
        )


def _required_members(context: PlanContext, match: Match) -> Iterator[LayoutMember]:
    """The members that a body must have.

    The member for the whole old body is left out, since that could be empty.
    """
    whole = match.operation.old.whole
    dialect = context.settings.dialect(match.operation.api)
    for member in match.layout.members:
        if not member.optional and member.when in (None, dialect):
            if whole is None or member.slot != whole.slot:
                yield member


def _configuration_hint(context: PlanContext, match: Match) -> str:
    """A hint to the configuration's tables, for the help text."""
    names = {member.table for member in match.layout.members if member.table}
    tables = [context.api(match.operation).tables[name] for name in sorted(names)]
    hints = " and ".join(f"the row of the {table.key} in `{table.setting}:`" for table in tables)
    return f" ({hints} of the configuration)" if hints else ""


def _join_names(names: list[str]) -> str:
    quoted = [repr(name) for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _misplaced_key_faults(
    match: Match, entries: dict[str, list[DictEntry]], site: Site
) -> Iterator[HalfMigratedUse]:
    """The keys in the body that belong under a key of the new version, as the old body's content."""
    whole = match.operation.old.whole
    member = next(
        (
            candidate
            for candidate in match.layout.members
            if whole is not None and candidate.slot == whole.slot
        ),
        None,
    )
    names = {candidate.name for candidate in match.layout.members}
    if member is None or member.name in entries:
        return
    bare = [key for key in entries if key not in names]
    if bare:
        first = next((entry.key for entry in entries[bare[0]] if entry.key is not None), site)
        message = f"{_join_names(bare)} must be inside {member.name!r} in the body"
        help_ = f"move {_join_names(bare)} into {member.name!r}"
        yield HalfMigratedUse(HALF_BODY, match, first, message, help_)


def _old_key_faults(
    context: PlanContext, match: Match, member: LayoutMember, entry: DictEntry
) -> Iterator[HalfMigratedUse]:
    """A key of the old version in place of the new value that the configuration has for it. A key may
    also be a name in the configuration."""
    if member.table is None or member.field is None:
        return
    api = context.api(match.operation)
    table = api.tables[member.table]
    rows = context.settings.tables.get(member.table, {})
    configured = {row.get(member.field) for row in rows.values()}
    for choice in alternatives(entry.operand.value):
        key = choice.literal if isinstance(choice, Text) else None
        if key is not None and key in rows and key not in configured:
            message = f"the value of {member.name!r} is a {api.old} {table.key}"
            yield HalfMigratedUse(
                HALF_VALUE,
                match,
                entry.operand.site,
                message,
                f"use {rows[key].get(member.field, '…')!r}, its entry in the configuration",
            )


def query_faults(context: PlanContext, match: Match) -> Iterator[HalfMigratedUse]:
    """The parameters of the old version in the query or the URL."""
    operation = match.operation
    new_names = {member.name for member in match.layout.query}
    for member in operation.old.query:
        if member.name in new_names:
            continue
        place = match.layout.request_member(member.slot)
        help_ = f"move the values into the body's {place.name!r}" if place else "remove it"
        message = f"{match.layout.call} has no parameter {member.name!r}"
        for operand in match.request.value(Role.QUERY):
            for entry in find_entries(context, operand.value, member.name):
                yield HalfMigratedUse(HALF_QUERY, match, entry.key or entry.holder, message, help_)
        for path in match.paths:
            for piece in path.url.query:
                if piece.text is not None and f"{member.name}=" in piece.text and piece.site is not None:
                    yield HalfMigratedUse(HALF_QUERY, match, piece.site, message, help_)


def foreign_slots(
    context: PlanContext, match: Match, others: Mapping[int, Match]
) -> Iterator[HalfMigratedUse]:
    """The slots of `match` with a value from a reply to one of `others`, the other version's calls."""
    for slot, value, site in _slots(context, match):
        for reply in reply_positions(context, value):
            source = others.get(reply.request)
            member = _member(source, reply) if source is not None else None
            if source is None or member is None or member.slot != slot:
                continue
            api = context.api(match.operation)
            is_new = source.layout == source.operation.new
            gave, gets = (api.new, api.old) if is_new else (api.old, api.new)
            message = f"{member.name!r} of a {gave} response is sent to {gets}, which doesn't accept it"
            stale = match if is_new else source
            help_ = f"migrate the {api.old} call, too: {stale.operation.new.call}"
            yield HalfMigratedUse(HALF_VALUE, match, site, message, help_)
            break


def _slots(context: PlanContext, match: Match) -> Iterator[tuple[str, Value, Site]]:
    """The slots of a request, with their values and sites."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            for piece in segment.pieces if part.slot else ():
                if part.slot and piece.text is None:
                    yield part.slot, piece.via[-1].value, piece.via[-1].site
    for operand in body_operands(match):
        for member in match.layout.members:
            for entry in body_entries(context, operand, member.name):
                yield member.slot, entry.operand.value, entry.operand.site


def _member(source: Match, reply: Reply) -> LayoutMember | None:
    if len(reply.path) != 2 or reply.path[0] is not View.JSON:
        return None
    return source.layout.reply_field(str(reply.path[1]))


_READS = ("read", "read_bytes", "read_text", "open")


def transfer_faults(context: PlanContext, match: Match, call: Site) -> Iterator[HalfMigratedUse]:
    """The faults of the upload `match`: its method or its body. `call` is the site without a better one."""
    form = match.layout.form
    if form is None:
        return
    method = _other_method(match)
    if method is not None and not is_chosen_by_reply(context, match, match.layout.method):
        word, site = method
        message = f"the file is sent with {word}, but the URL expects {match.layout.method}"
        yield HalfMigratedUse(
            HALF_TRANSFER,
            match,
            _literal_site(context, site, call),
            message,
            _upload_help(context, match, form),
        )
    elif _is_raw_content(context, match):
        message = "the file is sent as raw bytes, but the URL expects a form"
        yield HalfMigratedUse(HALF_TRANSFER, match, call, message, _upload_help(context, match, form))


def _literal_site(context: PlanContext, site: Site | None, call: Site) -> Site:
    return site if site is not None and isinstance(context.node(site), cst.SimpleString) else call


def _other_method(match: Match) -> tuple[str, Site | None] | None:
    """A method that the new version's URL doesn't accept, with its site if it is a literal."""
    for choice in alternatives(match.request.method):
        word = choice.literal if isinstance(choice, Text) else None
        if word is not None and word.upper() != match.layout.method:
            part = choice.parts[0] if isinstance(choice, Text) else None
            return word.upper(), part.site if isinstance(part, Lit) else None
    return None


def _is_raw_content(context: PlanContext, match: Match) -> bool:
    """Whether the body is bytes: content that was read, or an open file."""
    request = match.request
    if request.value(Role.FILES) or request.value(Role.JSON):
        return False
    has_data = False
    takes_forms = isinstance(context.client(request).multipart, WholeForm)  # a form is bytes there
    for operand in request.value(Role.DATA):
        has_data = True
        is_read = any(
            _reads_file(context, level.site) for level in context.argument_chain(operand, Role.DATA)
        )
        for choice in alternatives(operand.value):
            is_bytes = not takes_forms and (
                isinstance(choice, Text)
                or (isinstance(choice, Const) and isinstance(choice.value, bytes | str))
            )
            is_file = isinstance(choice, Unknown) and choice.source == FILE.source
            if not (is_bytes or is_file or is_read):
                return False
    return has_data


def _reads_file(context: PlanContext, site: Site) -> bool:
    """Whether an expression reads a file, or is a variable whose only assignments are reads."""
    node, tree = context.node(site), context.tree(site)
    if isinstance(node, cst.Call):
        return last_name(node.func) in _READS
    if not isinstance(node, cst.Name):
        return False
    if tree.gaps.mentions(node.value):
        raise NeedsFullParseError(tree.path)
    values = [
        assign.value
        for assign in tree.nodes
        if isinstance(assign, cst.Assign)
        and any(
            isinstance(target.target, cst.Name) and target.target.value == node.value
            for target in assign.targets
        )
    ]
    return bool(values) and all(
        isinstance(value, cst.Call) and last_name(value.func) in _READS for value in values
    )


def _upload_help(context: PlanContext, match: Match, form: Form) -> str:
    client = context.client(match.request)
    source = context.rules.operation(form.fields.operation)
    fields = source.new.reply_member(form.fields.slot)
    fields_text = f"every entry of the response's {fields.name!r}" if fields is not None else "its fields"
    form_of = client.multipart
    fields_in, file_in = "", ""
    if isinstance(form_of, FormArguments):
        fields_in, file_in = f"{form_of.fields}= ", f"{form_of.files}= "
    return (
        f"send it with {match.layout.method} as a form: {fields_in}{fields_text}, "
        f"{file_in}the file under {form.file_field!r}"
    )
