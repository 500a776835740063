"""Signs that a request is an API call: in the request, in the uses of its reply, and in names around it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum

import libcst as cst

from kognitos_migrate.conversations.match import Match, replies_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import Url
from kognitos_migrate.discover.repository import path_has_word
from kognitos_migrate.interpret.state.facts import Facts, UseKind
from kognitos_migrate.rulebook.model import ReplyTarget, Role, Signature, SignStrength, View
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.program_trees import ProgramTrees
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import DictObject, Operand
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Reply, Text, Unknown, Value

_DEEPEST = 8
_ORDER = tuple(SignStrength)
_READS = (UseKind.READ, UseKind.FILL, UseKind.CONTAINS)


class Aspect(Enum):
    """The origin of a sign in a program. Signs of one aspect are not independent."""

    REQUEST = "request"
    REPLY = "reply"
    NAME = "name"


class Sign(Struct, frozen=True):
    """A sign that a request is a call of an operation, and its place."""

    strength: SignStrength
    aspect: Aspect
    operation: str
    text: str
    """A description for users."""
    site: Site
    request: int


class Matches(Struct, frozen=True):
    """The matches of a program."""

    by_request: Mapping[int, Match]
    sent: Mapping[tuple[Site, int], Sequence[Reply]]
    """The reply positions that flow into a request, by call and frame."""

    @classmethod
    def of(cls, program: ProgramFacts, matches: Iterable[Match]) -> "Matches":
        """Index the matches."""
        sent: dict[tuple[Site, int], list[Reply]] = {}
        for use in program.facts.uses:
            if use.kind is UseKind.REQUEST and isinstance(use.value, Reply):
                sent.setdefault((use.site, use.frame), []).append(use.value)
        return cls({match.request.id: match for match in matches}, sent)

    def replies_sent(self, match: Match) -> Sequence[Reply]:
        """The reply positions that flow into the request."""
        return self.sent.get((match.request.site, match.request.frame), ())


def signs_of(
    program: ProgramFacts, match: Match, matches: Matches, *, is_named: bool = True
) -> tuple[Sign, ...]:
    """The signs of one request.

    `matches` are the requests whose replies may flow into it. A `foreign` match has only the signs of its
    address. `is_named` means that a word of the API in the program may be a sign of its service.
    """
    if match.foreign:
        return tuple(_address_signs(program, match))
    own = (*_address_signs(program, match), *_header_signs(program, match))
    names = _name_signs(program, match, is_named=is_named)
    return (*own, *signs_of_use(program, match, matches), *names)


def signs_of_use(program: ProgramFacts, match: Match, matches: Matches) -> tuple[Sign, ...]:
    """The signs in the parameters of a request, in the values that it sends, and in the uses of its reply."""
    return (*_request_signs(program, match, matches), *_reply_signs(program, match))


def decisive_signs(signs: Sequence[Sign], request: int) -> list[Sign]:
    """The signs that prove a request: its own if they suffice, else those of its group. One proof is
    enough."""
    return proving_signs([sign for sign in signs if sign.request == request], signs)


def proving_signs(own_signs: Sequence[Sign], signs: Sequence[Sign]) -> list[Sign]:
    """The signs that prove a request: `own_signs` if they suffice, else `signs`. A proof stands for all."""
    candidates = own_signs if are_sufficient(own_signs) else signs
    proof = next((sign for sign in candidates if sign.strength is SignStrength.PROOF), None)
    return list(candidates) if proof is None else [proof]


def are_sufficient(signs: Iterable[Sign]) -> bool:
    """Whether signs prove a call of the API: a proof, or a strong sign with another one that supports it."""
    all_signs = tuple(signs)
    return any(sign.strength is SignStrength.PROOF for sign in all_signs) or any(
        _supports(strong, other)
        for strong in all_signs
        if strong.strength is SignStrength.STRONG
        for other in all_signs
    )


def _supports(strong: Sign, other: Sign) -> bool:
    """Whether a sign is independent of a strong one: it has another aspect, or another operation."""
    if strong.aspect is not other.aspect:
        return True
    if strong.aspect is Aspect.NAME and other.strength is not SignStrength.STRONG:
        return False
    return strong.operation != other.operation


def missing_signs(program: ProgramFacts, match: Match) -> tuple[str, ...]:
    """Descriptions of the signs that would prove a request and are missing."""
    api = program.api(match.operation)
    signs = signs_of(program, match, Matches({}, {}))
    descriptions: list[str] = []
    if not any(sign.aspect is Aspect.NAME for sign in signs):
        descriptions.append(f"the word {' or '.join(map(repr, api.words))} in the module")
    if not any(sign.aspect is not Aspect.NAME for sign in signs):
        fields = ", ".join(member.name for member in match.operation.old.reply)
        read = f", or a read of a response field ({fields})" if fields else ""
        descriptions.append(f"the header {' or '.join(api.headers)}{read}")
    return tuple(descriptions) or ("a sign of the old version",)


def is_contradicted(program: ProgramFacts, match: Match) -> bool:
    """Whether a request is used unlike the operation.

    Its reply is read for fields that are all unknown to the old version, or it sends a form that the old
    version doesn't accept.
    """
    if match.foreign or (match.request.value(Role.FILES) and match.layout.form is None):
        return True
    fields = fields_read(program, match.request.id)
    return bool(fields) and not any(match.operation.old.has_reply_field(name) for name in fields)


def gets_id_elsewhere(program: ProgramFacts, match: Match, matches: Matches) -> bool:
    """Whether an id in the path comes from a request to the same address that fits no operation, or whose
    reply is read unlike an operation's: another API has this id."""
    for slot in (part.slot for part in match.layout.path if part.slot):
        for reply in _replies_in_path(match, slot):
            giver = program.facts.requests[reply.request]
            own = matches.by_request.get(reply.request)
            is_other = own is None or (own.request.stub is None and is_contradicted(program, own))
            if is_other and reply.path[:1] == (View.JSON,):
                readings = program.url_readings(giver)
                if readings and all(_is_sibling_url(match, url) for url in readings):
                    return True
    return False


def _is_sibling_url(match: Match, url: Url) -> bool:
    """Whether a URL has a known path, below the base of a match's URL."""
    bases = [_written_base(path.url) for path in match.paths]
    return bool(url.segments) and url.segments[0].text is not None and _written_base(url) in bases


def _written_base(url: Url) -> list[tuple[str | None, Site | None]]:
    """The base of a URL as its texts, and the expressions of values that aren't known."""
    return [(piece.text, piece.via[-1].site if piece.text is None else None) for piece in url.base]


def reads_field_unknown_to_old(program: ProgramFacts, match: Match) -> bool:
    """Whether a reply is read for a field that the old version lacks, other than an error field."""
    errors = program.api(match.operation).errors
    return any(
        not match.operation.old.has_reply_field(name) and name not in errors
        for name in fields_read(program, match.request.id)
    )


def fields_read(program: ProgramFacts, request: int) -> Mapping[str, Site]:
    """The fields read from the reply to a request, each with the first place."""
    first_sites: dict[str, Site] = {}
    for use in program.uses.get(request, ()):
        if use.kind in _READS and use.value == Reply(request, (View.JSON,)):
            for name in _words(use.other) if use.other is not None else ():
                first_sites.setdefault(name, use.site)
    return first_sites


def _address_signs(program: ProgramFacts, match: Match) -> Iterator[Sign]:
    if match.known_host:
        yield _proof(match, "the host belongs to the API")
    keys = program.settings.keys
    for slot in (part.slot for part in match.layout.path if part.slot):
        if any(key in keys for key in match.keys(slot)):
            yield _proof(match, f"its {slot} is in the configuration")
    if match.target:
        text = "its URL comes from the response to a request that looks like an API call"
        yield _sign(match, SignStrength.SLIGHT, Aspect.REQUEST, text)


def _proof(match: Match, text: str) -> Sign:
    return _sign(match, SignStrength.PROOF, Aspect.REQUEST, text)


def _sign(match: Match, strength: SignStrength, aspect: Aspect, text: str, site: Site | None = None) -> Sign:
    """A sign of the match's operation, by default at the request."""
    return Sign(strength, aspect, match.operation.id, text, site or match.request.site, match.request.id)


def _signatures(program: ProgramFacts, match: Match) -> Iterator[Signature]:
    """The signatures of the match's operation. None for a stub."""
    if match.request.stub is None and match.layout is not match.operation.new:
        for signature in program.api(match.operation).signatures:
            if signature.operation == match.operation.id:
                yield signature


def _request_signs(program: ProgramFacts, match: Match, matches: Matches) -> Iterator[Sign]:
    """The signs in the arguments of a request: query parameters, and values from other replies."""
    for signature in _signatures(program, match):
        if signature.query is not None:
            if (site := _query_site(program, match, signature.query)) is not None:
                text = f"it has the query parameter {signature.query}"
                yield _sign(match, signature.strength, Aspect.REQUEST, text, site)
        if signature.sends is not None and (flow := _flow_description(match, signature.sends, matches)):
            yield _sign(match, signature.strength, Aspect.REQUEST, flow)


def _reply_signs(program: ProgramFacts, match: Match) -> Iterator[Sign]:
    """The strongest sign in the reads of the reply. Fields that the old version lacks weaken it."""
    if match.request.stub is not None:
        return
    fields, decoded = fields_read(program, match.request.id), _decoded_fields(program, match)
    mixed = reads_field_unknown_to_old(program, match)
    candidates: list[tuple[SignStrength, str, Site]] = []
    for signature in _signatures(program, match):
        if signature.fields and fields.keys() >= {*signature.fields} and decoded >= {*signature.decodes}:
            strength = SignStrength.SLIGHT if mixed else signature.strength
            candidates.append((strength, _fields_description(signature), fields[signature.fields[0]]))
    names = {member.name for layout in (match.layout, match.operation.old) for member in layout.reply}
    for name in sorted(names & fields.keys()):
        candidates.append((SignStrength.SLIGHT, f"the response field {name} is read", fields[name]))
    for strength, text, site in sorted(candidates, key=lambda candidate: _ORDER.index(candidate[0]))[:1]:
        yield _sign(match, strength, Aspect.REPLY, text, site)


def _fields_description(signature: Signature) -> str:
    reads, decodes = " and ".join(signature.reads), " and ".join(signature.decodes)
    fields, are = ("fields", "are") if signature.reads[1:] else ("field", "is")
    parts = (
        f"the response {fields} {reads} {are} read" if reads else "",
        f"{decodes} decoded" if decodes else "",
    )
    return ", ".join(filter(None, parts))


def _decoded_fields(program: ProgramFacts, match: Match) -> set[str]:
    """The fields of a reply whose text is decoded."""
    return {
        str(use.value.path[1])
        for use in program.uses.get(match.request.id, ())
        if use.kind is UseKind.DECODE
        and isinstance(use.value, Reply)
        and len(use.value.path) == 2
        and use.value.path[0] is View.JSON
    }


def _flow_description(match: Match, sends: ReplyTarget, matches: Matches) -> str | None:
    """A description of the flow of a slot from another operation's reply into the request. None if there is
    none."""
    in_path = any(part.slot == sends.slot for part in match.layout.path)
    for reply in _replies_in_path(match, sends.slot) if in_path else matches.replies_sent(match):
        source = matches.by_request.get(reply.request)
        if source is None or source.operation.id != sends.operation or len(reply.path) < 2:
            continue
        member = source.operation.old.reply_field(str(reply.path[1]))
        if member is not None and member.slot == sends.slot and reply.path[0] is View.JSON:
            return f"{member.name} of the {source.layout.call} response is sent in {match.layout.call}"
    return None


def _replies_in_path(match: Match, slot: str) -> Iterator[Reply]:
    """The reply positions in a slot of the path."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            if part.slot == slot:
                for piece in segment.pieces:
                    for hole in piece.via[-1:]:
                        yield from replies_in(hole.value)


def _query_site(program: ProgramFacts, match: Match, name: str) -> Site | None:
    """The place of a query parameter, in an argument or in the URL. None if it isn't sent."""
    for operand in match.request.value(Role.QUERY):
        if name in _names([operand], program.facts):
            return operand.site
    for path in match.paths:
        text = "".join(piece.text or "*" for piece in path.url.query)
        if any(part.partition("=")[0] == name for part in text.split("&")):
            return match.request.site
    return None


def _header_signs(program: ProgramFacts, match: Match) -> Iterator[Sign]:
    operands = [*match.request.value(Role.HEADERS), *match.request.session_headers]
    names = {name.lower() for name in _names(operands, program.facts)}
    for header in program.api(match.operation).headers:
        if header.lower() in names:
            yield _sign(match, SignStrength.WEAK, Aspect.REQUEST, f"the header {header} is sent")


def header_values(program: ProgramFacts, match: Match) -> Iterator[Value]:
    """The values of the API's header in a request, as its key."""
    headers = {header.lower() for header in program.api(match.operation).headers}
    for operand in (*match.request.value(Role.HEADERS), *match.request.session_headers):
        for choice in alternatives(operand.value):
            record = program.facts.heap.get(choice)
            if isinstance(record, DictObject):
                yield from (record.get(name) for name in record.entries if name.lower() in headers)


def _name_signs(program: ProgramFacts, match: Match, *, is_named: bool) -> Iterator[Sign]:
    """The sign of the API's word: in the source of the URL's base, else (`is_named`) anywhere in the
    program."""
    words = [word.lower() for word in program.api(match.operation).words]
    for name, site in _base_names(match):
        if any(word in name.lower() for word in words):
            text = f"the URL starts with {name}"
            yield _sign(match, SignStrength.STRONG, Aspect.NAME, text, site)
            return
    own = match.request.site.path
    for word in words if is_named else ():
        if path_has_word(own, [word]):
            text = f"the module name contains {word!r}"
            yield _sign(match, SignStrength.WEAK, Aspect.NAME, text)
            return
        path = own if word in program.trees[own].lower_case_text else program.module_with_word(word)
        if path is not None:
            where = "the module" if path == own else path
            yield _sign(match, SignStrength.WEAK, Aspect.NAME, f"{where} contains the word {word!r}")
            return
    for name in _slot_names(program, match):
        if any(name in written for written in _written_slots(program, match)):
            yield _sign(match, SignStrength.WEAK, Aspect.NAME, f"its path contains the name {name}")
            return


def _slot_names(program: ProgramFacts, match: Match) -> Iterator[str]:
    """The names that only the old version has for the slots in an operation's path: table keys and reply
    fields."""
    slots = {part.slot for part in match.operation.old.path if part.slot}
    for member in match.operation.new.members:
        if member.slot in slots and member.table is not None:
            yield program.api(match.operation).tables[member.table].key
    for operation in program.rules.operations:
        for field in operation.old.reply:
            if field.slot in slots and not operation.new.has_reply_field(field.name):
                yield field.name


def _written_slots(program: ProgramTrees, match: Match) -> Iterator[str]:
    """The identifiers and literals of the slots in a request's path."""
    for path in match.paths:
        for part, segment in zip(match.layout.path, path.segments, strict=True):
            for piece in segment.pieces if part.slot else ():
                if piece.text is not None:
                    yield piece.text
                    continue
                site = piece.via[-1].site
                tree = program.trees[site.path]
                for node in tree.descendants(tree.node(site)):
                    if isinstance(node, cst.Name | cst.SimpleString):
                        yield node.value


def _base_names(match: Match) -> Iterator[tuple[str, Site]]:
    """The sources of the unknown values in the URL's base."""
    for path in match.paths:
        for piece in path.url.base:
            for hole in piece.via[-1:]:
                for choice in alternatives(hole.value):
                    if isinstance(choice, Unknown) and choice.source:
                        yield choice.source, hole.site


def _names(operands: Iterable[Operand], facts: Facts, depth: int = 0) -> Iterable[str]:
    for operand in operands:
        for choice in alternatives(operand.value):
            record = facts.heap.get(choice)
            if isinstance(record, DictObject) and depth < _DEEPEST:
                yield from record.entries
                yield from _words(record.names)
                yield from _names(record.spreads, facts, depth + 1)


def _words(value: Value) -> Iterable[str]:
    return [choice.literal for choice in alternatives(value) if isinstance(choice, Text) and choice.literal]
