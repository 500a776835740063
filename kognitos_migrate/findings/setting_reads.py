"""Overrides of the version in a URL: the expressions that read settings, such as environment variables, and
the parameters with a default that callers out of sight can pass."""

from collections.abc import Iterator, Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.url import Url, UrlPiece
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.url.version_settings import settings_in
from kognitos_migrate.findings.result import Place, PlaceConverter
from kognitos_migrate.rulebook.model import Layout
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.syntax.functions import named_parameters
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Function, Unknown


def place_of_read(context: PlanContext, setting: str, match: Match, places: PlaceConverter) -> Place | None:
    """The first expression that reads a setting, in the module of the request if one does there. None if no
    expression shows it."""
    sites = context.memoize(_reads_by_setting).get(setting, ())
    near = match.request.site.path
    site = min(sites, key=lambda site: (site.path != near, site), default=None)
    return places.of(context.span(site)) if site is not None else None


def _reads_by_setting(context: PlanContext) -> Mapping[str, list[Site]]:
    """The innermost expressions that have a setting, by its name. Attributes only if there are no others:
    most repeat what a call has read."""
    reads: dict[str, list[Site]] = {}
    attributes: dict[str, list[Site]] = {}
    for path, tree in context.trees.items():
        for node in () if is_data_file(path) else tree.of_kind(cst.Call, cst.Subscript, cst.Attribute):
            named = reads if not isinstance(node, cst.Attribute) else attributes
            settings = _settings_at(context, tree, node)
            if settings and not _calls_program(context, tree, node):
                parts = (part for part in tree.descendants(node) if part is not node)
                below = {name for part in parts for name in _settings_at(context, tree, part)}
                for setting in settings - below:
                    named.setdefault(setting, []).append(tree.site(node))
    return {**attributes, **reads}


def _calls_program(context: PlanContext, tree: Tree, node: cst.CSTNode) -> bool:
    """Whether a call runs a function of the program, which reads the setting itself."""
    if not isinstance(node, cst.Call):
        return False
    callees = context.values_at(tree.site(node.func))
    return any(isinstance(choice, Function | Bound) for value in callees for choice in alternatives(value))


def _settings_at(context: PlanContext, tree: Tree, node: cst.CSTNode) -> set[str]:
    return {setting for value in context.values_at(tree.site(node)) for setting in settings_in(value)}


def url_parameters(program: ProgramFacts, match: Match) -> Iterator[str]:
    """The parameters that can replace a part of a call's URL that the fix changes: `base of Client()`."""
    if not match.paths:
        return
    for url in match.other_urls:
        for piece in _changed_pieces(url, match.layout):
            choices = alternatives(piece.via[-1].value) if piece.text is None else ()
            for choice in choices:
                if isinstance(choice, Unknown) and not choice.public and choice.source.isidentifier():
                    owners = {
                        *_functions_with_default(program, choice.source),
                        *_classes_with_default(program, choice.source),
                    }
                    if owners:
                        yield choice.source + (f" of {owners.pop()}()" if len(owners) == 1 else "")


def _changed_pieces(url: Url, layout: Layout) -> Iterator[UrlPiece]:
    """The pieces of a URL in the place of fixed words of a path, which may also be the end of its base."""
    if len(url.segments) < len(layout.path):
        yield from url.base
    for part, segment in zip(reversed(layout.path), reversed(url.segments), strict=False):
        if part.text is not None:
            yield from segment.pieces


def _functions_with_default(program: ProgramFacts, name: str) -> Iterator[str]:
    """The names of the functions with a parameter of this name that has a default. A constructor has the name
    of its class."""
    for tree in program.trees.values():
        if name not in tree.text:
            continue
        for function in tree.of_kind(cst.FunctionDef):
            if any(own.name.value == name and own.default for own in named_parameters(function)):
                yield _name_of(tree, function)


def _classes_with_default(program: ProgramFacts, name: str) -> Iterator[str]:
    """The names of the classes with a field of this name that has a default."""
    for info in program.facts.classes.values():
        if any(field.name == name and field.default is not None for field in info.fields):
            yield info.name


def _name_of(tree: Tree, function: cst.FunctionDef) -> str:
    block = tree.parent(function)
    owner = tree.parent(block) if block is not None else None
    if function.name.value == "__init__" and isinstance(owner, cst.ClassDef):
        return owner.name.value
    return function.name.value
