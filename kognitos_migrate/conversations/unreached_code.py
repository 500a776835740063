"""Code of the old version that no call in sight runs.

def start(facts, path=None):
    if path is not None:                               # no caller passes a path
        slot = requests.post(f"{BASE}/upload").json()  # isn't followed, so it would stay on the old version
"""

from collections.abc import Collection, Iterator

import libcst as cst

from kognitos_migrate.conversations.match import Match
from kognitos_migrate.conversations.program_facts import ProgramFacts
from kognitos_migrate.conversations.unexplained_texts import texts_of_module
from kognitos_migrate.rulebook.model import Rulebook
from kognitos_migrate.syntax.tree import Site, Tree


def unreached_names(program: ProgramFacts, matches: Collection[Match]) -> Iterator[tuple[Site, str]]:
    """The first unevaluated text of each function that names something of the old version only.

    The second element is the name of a field, a parameter or a segment of a path. Only modules that take part
    in the requests of `matches` count, without tests.
    """
    if program.facts.exhausted:
        return
    frames = (frame for match in matches for frame in program.facts.stack(match.request.frame))
    paths = {frame.path for frame in frames} - program.facts.tests
    fields, words = _fields_of_old(program.rules), _words_of_old(program.rules)
    evaluated: set[Site] = set()
    for path in sorted(paths & program.trees.keys()):
        tree = program.trees[path]
        holders: set[Site | None] = set()
        for node, text in texts_of_module(tree):
            name = text if text in fields else next((word for word in words if word in f"{text}/"), None)
            if name is None or _is_annotation(tree, node):
                continue
            evaluated = evaluated or {site for site, _ in program.facts.values}
            if tree.site(_expression(tree, node)) in evaluated:
                continue
            function = tree.enclosing(node, cst.FunctionDef)
            holder = tree.site(function) if function is not None else None
            if holder not in holders and (function is None or _is_run(tree, function, evaluated)):
                holders.add(holder)
                yield tree.site(node), name.strip("/")


def _is_run(tree: Tree, function: cst.FunctionDef, evaluated: Collection[Site]) -> bool:
    """Whether a function is run. One that nothing uses isn't, in a slice."""
    return any(tree.site(node) in evaluated for node in tree.descendants(function.body))


def functions_around(tree: Tree, site: Site) -> Iterator[tuple[str, str]]:
    """The path and the name of each function that contains a place."""
    function = tree.enclosing(tree.node(site), cst.FunctionDef)
    while function is not None:
        yield tree.path, function.name.value
        function = tree.enclosing(function, cst.FunctionDef)


def constructors_around(tree: Tree, site: Site) -> Iterator[tuple[str, str]]:
    """The path and the name of the constructor of the class that contains a place."""
    if tree.enclosing(tree.node(site), cst.ClassDef) is not None:
        yield tree.path, "__init__"


def _fields_of_old(rules: Rulebook) -> frozenset[str]:
    """The names of fields and parameters that only the old layouts have."""
    layouts = {"old": set[str](), "new": set[str]()}
    for operation in rules.operations:
        for version, layout in (("old", operation.old), ("new", operation.new)):
            members = (*layout.reply, *layout.query, *layout.members)
            layouts[version].update(member.name for member in members)
            layouts[version].update(layout.reply_more)
    return frozenset(layouts["old"] - layouts["new"])


def _words_of_old(rules: Rulebook) -> tuple[str, ...]:
    """The segments, between slashes, that only the paths of the old layouts have."""
    old = {part.text for operation in rules.operations for part in operation.old.path}
    new = {part.text for operation in rules.operations for part in operation.new.path}
    return tuple(f"/{word}/" for word in sorted(filter(None, old - new)))


def _is_annotation(tree: Tree, node: cst.CSTNode) -> bool:
    return tree.enclosing(node, cst.Annotation) is not None


def _expression(tree: Tree, node: cst.CSTNode) -> cst.CSTNode:
    """The expression of a literal: the f-string of one of its parts."""
    if isinstance(node, cst.FormattedStringText | cst.TemplatedStringText):
        return tree.enclosing(node, cst.FormattedString, cst.TemplatedString) or node
    return node
