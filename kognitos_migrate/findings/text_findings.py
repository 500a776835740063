"""Findings for mentions of the old version in text that is not code."""

import json
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from kognitos_migrate.config.scaffold import keys_to_add
from kognitos_migrate.config.settings import Settings
from kognitos_migrate.findings.manual_findings import manual_finding
from kognitos_migrate.findings.result import Finding, Place
from kognitos_migrate.rulebook.codes import IN_COMMENT, IN_DOCUMENT, IN_FILE, OwnCode
from kognitos_migrate.rulebook.model import Api, Encoding, LayoutMember, Operation, Rulebook
from kognitos_migrate.source.positions import CharacterIndex
from kognitos_migrate.structs import replace
from kognitos_migrate.text_search.search_terms import Mention, MentionKind


class TextKind(Enum):
    """The kind of text that contains a mention."""

    FILE = IN_FILE
    """A script, a configuration, or a program in another language."""
    DOCUMENT = IN_DOCUMENT
    """A document for readers."""
    COMMENT = IN_COMMENT
    """A comment or a string in a Python file."""


_WRITTEN = {
    Encoding.OBJECT: "an object",
    Encoding.ENTRIES: "a list of entries with name and value",
    Encoding.JSON_OBJECT: "the JSON text of an object",
    Encoding.LIST: "a list",
}


class MentioningFile(NamedTuple):
    """A file and the mentions of the old version in its text."""

    path: str
    text: str
    mentions: Sequence[Mention]


def text_findings(
    file: MentioningFile,
    kind: TextKind,
    rulebook: Rulebook,
    settings: Settings,
    counts: Callable[[Mention, Place], bool] = lambda _mention, _place: True,
    limit: int | None = None,
) -> list[Finding]:
    """The findings of the mentions that `counts` accepts, in order. They have no edits, since a path is only
    half a call.

    If there are more than `limit`, a note on the last one counts the rest.
    """
    keys = {mention.key for mention in file.mentions if mention.key is not None}
    advice = _Advice(rulebook, settings, keys.pop() if len(keys) == 1 else None)
    index = CharacterIndex(file.text)
    placed = (
        (mention, Place(*index.place(file.path, mention.start, mention.end))) for mention in file.mentions
    )
    counted = [(mention, place) for mention, place in placed if counts(mention, place)]
    findings = [_finding(mention, place, kind, advice) for mention, place in counted[:limit]]
    if len(findings) == len(counted):
        return findings
    note = f"{len(counted) - len(findings)} more mentions in this file aren't listed"
    return [*findings[:-1], replace(findings[-1], notes=(*findings[-1].notes, note))]


def new_call_text(mention: Mention, rulebook: Rulebook, settings: Settings) -> str:
    """The call of the new version for the mention of a call: its method and path, with its body. For another
    mention, the new text."""
    if mention.kind is not MentionKind.PATH or mention.operation is None:
        return mention.replacement
    return _Advice(rulebook, settings, None).new_call(mention.operation, mention.replacement)


def lacks_key(mention: Mention, settings: Settings) -> bool:
    """Whether a mention has a key that the configuration lacks."""
    if mention.key is None or mention.table is None:
        return False
    return mention.key not in settings.tables.get(mention.table.setting, {})


def _finding(mention: Mention, place: Place, kind: TextKind, advice: "_Advice") -> Finding:
    own: OwnCode = kind.value
    reason = "not-configured" if lacks_key(mention, advice.settings) else "text-only"
    return replace(
        manual_finding(own, _message(mention), place, advice.what_to_write(mention), reason),
        url=mention.operation.url if mention.operation is not None else mention.api.url,
        help="\n".join(advice.other_changes(mention)) or None,
        notes=(f"recognized by: {mention.evidence}",) if mention.kind is not MentionKind.FIELD else (),
    )


def _message(mention: Mention) -> str:
    old = mention.api.old
    if mention.kind is MentionKind.PATH and mention.operation is not None:
        return f"mentions a call that {mention.operation.message}"
    if mention.kind is MentionKind.KEY and mention.table is not None:
        return f"mentions a {old} {mention.table.key}"
    if mention.kind is MentionKind.FIELD:
        part = "response field" if mention.member in _old_reply(mention) else "query parameter"
        return f"mentions the {old} {part} `{mention.written}`"
    return message_of_base(mention.api)


def message_of_base(api: Api) -> str:
    """The message on a mention of the host with the old version."""
    return f"mentions {api.title} {api.old}"


def _old_reply(mention: Mention) -> Sequence[LayoutMember]:
    return mention.operation.old.reply if mention.operation is not None else ()


class _Advice:
    """Advice on the text to write in the place of mentions."""

    def __init__(self, rulebook: Rulebook, settings: Settings, only_key: str | None) -> None:
        """`only_key` is the key that the text names, if there is exactly one."""
        self.settings = settings
        self._rulebook = rulebook
        self._only_key = only_key

    def what_to_write(self, mention: Mention) -> str:
        """The new text, in a sentence."""
        operation, instead = mention.operation, mention.replacement
        if mention.kind is MentionKind.PATH and operation is not None:
            return f"use {self.new_call(operation, instead)}"
        if mention.kind is MentionKind.KEY and mention.table is not None and mention.key is not None:
            row = self.settings.tables[mention.table.setting][mention.key]
            ids = _join_parts([f"`{name}` {value}" for name, value in row.items()])
            return f"use {ids} instead, unless migrated code looks it up in `{mention.table.constant}`"
        if mention.kind is MentionKind.FIELD and operation is not None and mention.member is not None:
            return f"use {self._renaming_text(operation, mention.member)}"
        return f"use `{instead}`; the paths after it change, too"

    def new_call(self, operation: Operation, instead: str) -> str:
        """The new call: its method and path, and the members of its body."""
        path = f'"{instead}"' if '", "' in instead else instead
        members = _join_parts(
            [f"`{member.name}`" for member in self._members(operation) if not member.optional]
        )
        body = f", with {members} in the body" if members else ""
        return f"`{operation.new.method} {path}`{body}"

    def other_changes(self, mention: Mention) -> Iterator[str]:
        """The other changes of a call: its body, its query, its reply, and the calls that follow."""
        operation = mention.operation
        if mention.kind is not MentionKind.PATH or operation is None:
            return
        if operation.new.members:
            body = self._body(operation, mention.key or self._only_key)
            yield f"body: {json.dumps(body, ensure_ascii=False)}"
        for member in (*operation.old.query, *operation.old.reply):
            if member.name not in {new.name for new in operation.new.reply} and self._new(operation, member):
                part = "query" if member in operation.old.query else "response"
                yield f"{part}: `{member.name}` becomes {self._renaming_text(operation, member)}"
        yield from self._following(operation)
        if lacks_key(mention, self.settings) and mention.table is not None and mention.key is not None:
            yield keys_to_add(self.settings, mention.table, [mention.key])

    def _following(self, operation: Operation) -> Iterator[str]:
        """The calls to a URL in this operation's reply."""
        for other in self._rulebook.operations:
            target, form = other.new.target, other.new.form
            if target is None or target.operation != operation.id:
                continue
            url = operation.new.reply_member(target.slot)
            fields = operation.new.reply_member(form.fields.slot) if form is not None else None
            line = (
                f"then: {other.new.method} to `{url.name}`"
                if url is not None
                else f"then: {other.new.method}"
            )
            if form is not None and fields is not None:
                line += f" a form: the fields of `{fields.name}`, then the file as `{form.file_field}`"
            if other.new.status != other.old.status:
                line += f"; it returns {other.new.status}, not {other.old.status}"
            yield line

    def _renaming_text(self, operation: Operation, member: LayoutMember) -> str:
        """The new name of a member, and how its value is written."""
        new = self._new(operation, member)
        if new is None:
            return "nothing; the new version has no equivalent"
        dialect = self.settings.dialect(operation.api)
        description = f"`{new.name}`" + (" in the body" if new in operation.new.members else "")
        old_form, new_form = _WRITTEN.get(member.encoding(dialect)), _WRITTEN.get(new.encoding(dialect))
        if new_form is not None and new_form != old_form:
            description += f", {new_form}" + (f" instead of {old_form}" if old_form else "")
        words = self.settings.vocabularies.get(member.vocabulary or "", {})
        became = [
            f"`{old}` is {' or '.join(f'`{word}`' for word in new_words)}" for old, new_words in words.items()
        ]
        return description + (f", where {_join_parts(became)}" if became else "")

    def _new(self, operation: Operation, member: LayoutMember) -> LayoutMember | None:
        layout = operation.new
        members = layout.reply if member in operation.old.reply else (*layout.query, *layout.members)
        return next((candidate for candidate in members if candidate.slot == member.slot), None)

    def _members(self, operation: Operation) -> Sequence[LayoutMember]:
        dialect = self.settings.dialect(operation.api)
        return [member for member in operation.new.members if member.when in (None, dialect)]

    def _body(self, operation: Operation, key: str | None) -> dict[str, object]:
        return {
            member.name: self._value(operation, member, key)
            for member in self._members(operation)
            if not member.optional
        }

    def _value(self, operation: Operation, member: LayoutMember, key: str | None) -> object:
        rows = self.settings.tables.get(member.table or "", {})
        if member.field is not None:
            field_values = {row[member.field] for row in rows.values() if member.field in row}
            if key is not None and key in rows:
                return rows[key].get(member.field, f"<{member.field}>")
            if member.setting is not None:
                if len(field_values) == 1:  # first, as in migrated code
                    return field_values.pop()
                return self.settings.values.get(member.setting) or f"<{member.field}>"
            return f"<{member.field}>"
        encoding = member.encoding(self.settings.dialect(operation.api))
        if encoding is Encoding.OBJECT:
            return {"<name>": "<value>"}
        if encoding is Encoding.ENTRIES:
            return [{member.entry_keys.name: "<name>", member.entry_keys.value: "<value>"}]
        return f"<{member.name}>"


def _join_parts(parts: Sequence[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
