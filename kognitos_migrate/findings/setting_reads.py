"""The expressions that read settings: environment variables, options, keys of settings files."""

from collections.abc import Mapping

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.edits.context import PlanContext
from kognitos_migrate.edits.url.version_settings import settings_in
from kognitos_migrate.findings.result import Place, PlaceConverter
from kognitos_migrate.source.content import is_data_file
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Bound, Function


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
