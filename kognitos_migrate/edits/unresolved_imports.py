"""Unresolved imports, which may mean a module of the program, and so use definitions that a plan changes."""

from collections.abc import Collection, Iterator
from functools import cached_property

import libcst as cst

from kognitos_migrate.conversations.link import Conversation
from kognitos_migrate.conversations.match import replies_in
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.conversation_spans import conversation_spans, spans_touch
from kognitos_migrate.edits.plan import Refusal
from kognitos_migrate.interpret.state.facts import Unresolved
from kognitos_migrate.source.text_edits import Edit, Span
from kognitos_migrate.syntax.elided_regions import NeedsFullParseError
from kognitos_migrate.syntax.roles import attribute_of, call_of
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Class, Function, ModuleRef, Ref, Symbol, Value


class CandidateExports:
    """The exports of modules that unresolved imports may mean, as a conversation and its edits affect
    them."""

    def __init__(self, context: PlanContext, conversation: Conversation, edits: Collection[Edit]) -> None:
        self._context, self._conversation, self._edits = context, conversation, edits

    def may_use_conversation(self, site: Site, unresolved: Unresolved, candidate: str) -> bool:
        """Whether an import that may mean the module `candidate` may use code that is part of the
        conversation. Raises NeedsFullParseError if a body that isn't parsed may use the import."""
        names = [unresolved.name] if unresolved.name is not None else self._names(site, unresolved)
        return names is None or any(self._leads_into_conversation(candidate, name) for name in names)

    def _names(self, site: Site, unresolved: Unresolved) -> list[str] | None:
        """The names that are read from an imported module; None if the module is used as a value."""
        context = self._context
        node = context.node(site)
        if not isinstance(node, cst.ImportAlias) or "." in unresolved.dotted:
            return None
        own = node.asname.name if node.asname is not None else node.name
        for tree in context.trees.values():
            if isinstance(own, cst.Name) and tree.gaps.places and tree.gaps.mentions(own.value):
                raise NeedsFullParseError(tree.path)
        names: list[str] = []
        for (place, _), value in context.facts.values.items():
            if any(choice == Symbol(unresolved.dotted) for choice in alternatives(value)):
                attribute = attribute_of(context.tree(place), context.node(place))
                if attribute is None:
                    return None
                names.append(attribute.attr.value)
        return names

    def _leads_into_conversation(self, path: str, name: str) -> bool:
        export = self._context.facts.exports.get((path, name))
        if export is None or export.is_open:
            return True
        literals = (self._context.span(site) for site in export.literals)
        return any(map(self._touches_active_code, literals)) or self._reaches_conversation(export.definitions)

    def _reaches_conversation(self, definitions: Collection[Site]) -> bool:
        """Whether functions or classes, or those that they use, are part of the conversation, or may change
        shared state."""
        seen, waiting = set(definitions), list(definitions)
        while waiting:
            site = waiting.pop()
            if self._touches_active_code(self._context.span(site)):
                return True
            inner = self._used_definitions(site, {site, *definitions})
            if inner is None:
                return True
            waiting.extend(inner - seen)
            seen |= inner
        return False

    def _used_definitions(self, site: Site, roots: Collection[Site]) -> set[Site] | None:
        """The definitions that one uses. None if it may change objects that were created outside of
        `roots`."""
        tree = self._context.trees[site.path]
        node = tree.node(site)
        if any(True for _ in tree.descendants_of_kind(node, cst.Global)):
            return None
        definitions: set[Site] = set()
        for place, value in self._values.get(site.path, ()):
            if not site.node <= place.node < tree.end(node):
                continue
            if any(True for _ in replies_in(value)):
                return None
            for choice in alternatives(value):
                method = choice.function if isinstance(choice, Bound) else choice
                if isinstance(choice, ModuleRef) or (
                    isinstance(choice, Ref) and self._is_created_elsewhere(choice, roots)
                ):
                    return None
                if isinstance(method, Class) and call_of(tree, tree.node(place)) is None:
                    return None
                if isinstance(method, Function | Class):
                    definitions.add(method.site)
        return definitions

    def _is_created_elsewhere(self, reference: Ref, definitions: Collection[Site]) -> bool:
        """Whether an object is created outside of the activations of `definitions` and isn't an instance of
        one of them."""
        frames, heap_object = self._context.facts.frames, self._context.facts.heap[reference]
        if (
            isinstance(heap_object, Instance)
            and heap_object.cls is not None
            and heap_object.cls.site in definitions
        ):
            return False
        frame: int | None = heap_object.frame
        while frame is not None and frames[frame].function not in definitions:
            frame = frames[frame].caller
        return frame is None

    def _touches_active_code(self, span: Span) -> bool:
        """Whether code of the conversation, or an edit, touches a span."""
        return any(spans_touch(span, other) for other in self._active_spans)

    @cached_property
    def _active_spans(self) -> list[Span]:
        return [*conversation_spans(self._context, self._conversation), *(edit.span for edit in self._edits)]

    @cached_property
    def _values(self) -> dict[str, list[tuple[Site, Value]]]:
        values_by_path: dict[str, list[tuple[Site, Value]]] = {}
        for (site, _), value in self._context.facts.values.items():
            values_by_path.setdefault(site.path, []).append((site, value))
        return values_by_path


def refusal_of_imports(
    context: PlanContext, conversation: Conversation, edits: Collection[Edit]
) -> Refusal | None:
    """The refusal of a plan with these edits, if code that isn't analysed may import code that is part of the
    conversation; else None."""
    paths = {*_modules(conversation), *(edit.span.path for edit in edits)}
    exports = CandidateExports(context, conversation, edits)
    for site, unresolved in sorted(context.facts.unresolved.items(), key=lambda item: item[0]):
        for candidate in unresolved.candidates:
            reached = _import_closure(context, candidate)
            if not reached.isdisjoint(paths) and exports.may_use_conversation(site, unresolved, candidate):
                return _refusal(site, unresolved, candidate)
    return None


def _modules(conversation: Conversation) -> Iterator[str]:
    return (match.request.site.path for match in conversation.matches)


def _refusal(site: Site, unresolved: Unresolved, candidate: str) -> Refusal:
    folder = _source_folder(candidate, unresolved.dotted)
    return Refusal(
        site,
        "import-unresolved",
        f"{site.path} imports {unresolved.dotted}, which may be {candidate}, but can't be resolved",
        f"if it is, add its folder to the configuration:\nsrc: [{folder}]",
    )


def _source_folder(path: str, dotted: str) -> str:
    """The folder at which a dotted name starts."""
    parts = path.removesuffix("/__init__.py").split("/")
    return "/".join(parts[: len(parts) - dotted.count(".") - 1]) or "."


def _import_closure(context: ProgramFacts, path: str) -> frozenset[str]:
    """A module and the modules that it imports, directly or indirectly."""
    return frozenset(_closure(context, path))


def _closure(context: ProgramFacts, path: str) -> Iterator[str]:
    reached, waiting = {path}, [path]
    while waiting:
        module = waiting.pop()
        yield module
        fresh = context.facts.imports.get(module, set()) - reached
        reached |= fresh
        waiting += sorted(fresh)
