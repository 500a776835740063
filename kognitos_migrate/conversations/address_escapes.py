"""API addresses and paths that escape to code which can't be followed.

client = FluentClient(base="https://rest-api.example.com")   # a library receives the address,
print(client.start("process").old_id)   # and a field of the old version only is read
"""

from collections.abc import Collection, Iterator, Sequence

import libcst as cst

from kognitos_migrate.conversations.held_addresses import is_held_by_instance
from kognitos_migrate.conversations.path_fit import LaidOutOperation
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.signs import Aspect, Sign
from kognitos_migrate.conversations.supplied_bases import Source, is_supplied
from kognitos_migrate.conversations.unknown_reads import first_read
from kognitos_migrate.conversations.unversioned_requests import has_unknown_base, layouts_without_version
from kognitos_migrate.conversations.url import Url, url_from_text
from kognitos_migrate.discover.repository import path_has_word
from kognitos_migrate.interpret.library_effects import keeps_argument
from kognitos_migrate.interpret.state.facts import Facts, Use, UseKind
from kognitos_migrate.interpret.state.use_details import PRINT
from kognitos_migrate.rulebook.model import Operation, SignStrength
from kognitos_migrate.structs import Struct
from kognitos_migrate.syntax.roles import argument_of
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import UNKNOWN, Lit, Symbol, Text

NO_REQUEST = -1
_LOOKS = (UseKind.COMPARE, UseKind.LOG, UseKind.MATCH, UseKind.TRUTH)


class AddressEscape(Struct, frozen=True):
    """A text that escapes to code that can't be resolved."""

    site: Site
    text: str
    """A description of the text and its receiver."""
    signs: tuple[Sign, ...]
    """The reads in its module of fields that only the old version replies."""


def escaped_addresses(program: ProgramFacts, sources: Collection[Source]) -> Iterator[AddressEscape]:
    """The calls that an address of the API escapes to, except those of the new version. Addresses that tests
    supply for `sources` of calls don't count."""
    hosts = [host for api in program.rules.apis.values() for host in program.settings.hosts_of(api)]
    signs: dict[str, tuple[Sign, ...]] = {}
    for use, text in _escaping_uses(program):
        if any(isinstance(part, Lit) and any(host in part.text for host in hosts) for part in text.parts):
            path = use.site.path
            is_understood = is_held_by_instance(use, program) or is_supplied(program, use, sources)
            if is_understood or _is_of_new_version(program, text):
                continue
            if path not in signs:
                signs[path] = tuple(module_signs(program, path, program.rules.operations))
            yield AddressEscape(use.site, f"the API's URL is passed to {use.detail}", signs[path])


def escaped_paths(program: ProgramFacts) -> Iterator[AddressEscape]:
    """The calls that a path like the old version's escapes to, in modules that read fields which only old
    replies have."""
    keys = program.settings.keys
    for use, _ in _escaping_uses(program):
        urls = [url_from_text(text) for text in _texts_with_component(program.facts, use)]
        for candidate in _layouts(program):
            fits = any(_has_layout_path(url, candidate, keys) for url in urls)
            signs = tuple(module_signs(program, use.site.path, (candidate.operation,))) if fits else ()
            if signs:
                yield AddressEscape(
                    use.site, f"a path like that of {candidate.layout.call} is passed to {use.detail}", signs
                )
                break


def escaped_named_paths(program: ProgramFacts) -> Iterator[AddressEscape]:
    """The calls that a path, or an endpoint's word alone, escapes to, in modules that name the API."""
    for use, escaped in _escaping_uses(program):
        tree = program.trees[use.site.path]
        written = {part.text.strip("/") for part in escaped.parts if isinstance(part, Lit)}
        for candidate in _layouts(program):
            words = [word.lower() for word in program.api(candidate.operation).words]
            is_named = path_has_word(tree.path, words) or any(word in tree.lower_case_text for word in words)
            fixed = "/".join(part.text for part in candidate.layout.path if part.text)
            if is_named and any(text == fixed or text.startswith(f"{fixed}/") for text in written):
                what = f"a path like that of {candidate.layout.call} is passed to {use.detail}"
                yield AddressEscape(use.site, what, ())
                break


def is_never_sent(program: ProgramFacts, site: Site) -> bool:
    """Whether a literal is used, but only compared, searched, shown or stored. False if the analysis exceeded
    a budget, and for attributes of classes, which their bases may read."""
    tree = program.trees[site.path]
    scope = tree.enclosing(tree.node(site), cst.ClassDef, cst.FunctionDef, cst.Lambda)
    if program.facts.exhausted or isinstance(scope, cst.ClassDef):
        return False
    uses = program.literal_uses.get(site, ())
    sent = any(
        site in url.sites() for request in program.facts.requests for url in program.url_readings(request)
    )
    if sent or not uses:
        return not sent and _is_searched_for(program, tree, tree.node(site))
    return all(_is_harmless(program, use) for use in uses)


def _is_searched_for(program: ProgramFacts, tree: Tree, literal: cst.CSTNode) -> bool:
    """Whether a literal is an argument of a library's function that keeps it, as that of a pattern."""
    argument = argument_of(tree, literal)
    callees = program.alternatives_at(tree.site(argument.call.func)) if argument is not None else []
    return bool(callees) and all(
        isinstance(callee, Symbol) and argument is not None and keeps_argument(callee, argument.call, literal)
        for callee in callees
    )


def _is_harmless(program: ProgramFacts, use: Use) -> bool:
    is_escape = use.kind is UseKind.ESCAPE
    return use.kind in _LOOKS or (is_escape and (use.detail == PRINT or _is_retained_by_callee(program, use)))


def _is_retained_by_callee(program: ProgramFacts, use: Use) -> bool:
    """Whether the library's function that gets a text neither sends it nor gives a part of it back."""
    tree = program.trees[use.site.path]
    call = tree.node(use.site)
    if not isinstance(call, cst.Call):
        return False
    callee = program.facts.values.get((tree.site(call.func), use.frame), UNKNOWN)
    if use.function:
        callee = Symbol(use.function)
    return all(
        keeps_argument(choice, call, program.trees[use.operand.path].node(use.operand))
        for choice in alternatives(callee)
    )


def _is_of_new_version(program: ProgramFacts, text: Text) -> bool:
    """Whether a text is a URL with the new version in front of its path."""
    url = url_from_text(text)
    first = url.segments[0].text if url.segments else None
    return url.host is not None and any(first == api.new for api in program.rules.apis.values())


def _escaping_uses(program: ProgramFacts) -> Iterator[tuple[Use, Text]]:
    """The uses of texts that reach code which may send them."""
    for use in program.facts.uses:
        if use.kind is UseKind.ESCAPE and isinstance(use.value, Text) and not _is_harmless(program, use):
            yield use, use.value


def _texts_with_component(facts: Facts, use: Use) -> list[Text]:
    """The whole texts whose component escapes in this use."""
    value = facts.values.get((use.operand, use.frame), UNKNOWN)
    return [choice for choice in alternatives(value) if isinstance(choice, Text)]


def _layouts(program: ProgramFacts) -> Iterator[LaidOutOperation]:
    """The old layouts with and without their version."""
    yield from (
        LaidOutOperation.of(program, operation, operation.old) for operation in program.rules.operations
    )
    yield from layouts_without_version(program)


def _has_layout_path(url: Url, candidate: LaidOutOperation, keys: Collection[str]) -> bool:
    """Whether a URL without a host is exactly the path of a layout with a slot.

    A slot must be computed or one of the configured `keys`, since the routes of a server have placeholders
    there.
    """
    template = candidate.layout.path
    if len(url.segments) != len(template) or not any(part.slot for part in template):
        return False
    if url.host is not None or (url.base and not has_unknown_base(url)):
        return False
    return all(
        segment.text == part.text or (part.text is None and segment.text in keys)
        for part, segment in zip(template, url.segments, strict=True)
    )


def module_signs(program: ProgramFacts, path: str, operations: Sequence[Operation]) -> Iterator[Sign]:
    """The strong signatures whose fields a module reads, all of them, from unknown values."""
    tree = program.trees[path]
    for operation in operations:
        for signature in program.api(operation).signatures:
            if signature.operation != operation.id or signature.strength is not SignStrength.STRONG:
                continue
            sites = [first_read(program, tree, name) for name in signature.fields]
            if sites and all(site is not None for site in sites):
                text = f"{' and '.join(signature.fields)} {'are' if sites[1:] else 'is'} read in the module"
                site = next(site for site in sites if site is not None)
                yield Sign(signature.strength, Aspect.REPLY, operation.id, text, site, NO_REQUEST)
