"""Functions that nobody calls in sight: each is run once with unknown arguments, so that nothing is
missed."""

import libcst as cst

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.calls import bind_parameters
from kognitos_migrate.interpret.classes import instantiate
from kognitos_migrate.interpret.events import UseKind
from kognitos_migrate.interpret.machine import Activation, Arguments, Machine
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.base import NEVER, UNKNOWN, Class, Join, Ref, Unknown, Value
from kognitos_migrate.values.heap import Given
from kognitos_migrate.values.join import join


def run_entries(m: Machine) -> None:
    """Run what wasn't run, until what the entries put on shared objects no longer changes."""
    entries: list[Site] = []
    mentioned = {
        node.value for tree in m.trees.values() for node in tree.of_kind(cst.Name) if not _defines(tree, node)
    }
    functions = [
        (tree, node) for tree in m.trees.values() for node in tree.of_kind(cst.FunctionDef)
    ]
    # Those that nothing mentions come first: the others may be called by them.
    for tree, node in sorted(functions, key=lambda one: one[1].name.value in mentioned):
        site = tree.site(node)
        if site not in m.entered or site in m.registered:
            entries.append(site)
            _enter(m, tree, node)
    for _ in range(budgets.ENTRY_ROUNDS - 1):
        before = m.events
        state = _attributes(m)
        for site in entries:
            tree = m.trees[site.path]
            definition = tree.node(site)
            if isinstance(definition, cst.FunctionDef):
                _enter(m, tree, definition)
        if _attributes(m) == state and before == m.events:
            break
        if _attributes(m) == state:
            break


def _defines(tree: Tree, node: cst.Name) -> bool:
    parent = tree.parent(node)
    return isinstance(parent, cst.FunctionDef | cst.ClassDef) and parent.name is node


def _attributes(m: Machine) -> list[dict[str, Value]]:
    return [dict(getattr(thing, "attributes", {})) for thing in m.heap.things]


def _enter(m: Machine, tree: Tree, node: cst.FunctionDef) -> None:
    site = tree.site(node)
    closure = _closure(m, tree, node)
    if closure is None:
        return
    owner = tree.parent(tree.parent(node) or node)
    receiver: Value | None = None
    if isinstance(owner, cst.ClassDef):
        receiver = _receiver(m, tree, owner)
    receivers = list(receiver.values)[:3] if isinstance(receiver, Join) else [receiver]
    for one in receivers:
        given = Given(one, site, closure) if one is not None else None
        frame = m.frame(tree.path, site, None, None, closure, given, {})
        inner = Activation(frame, tree)
        m.activations[frame.id] = inner
        m.entered.add(site)
        bind_parameters(m, None, inner, node, one, Arguments())
        _open_keywords(m, inner, node)
        m.running.append(site)
        m.execute(inner, node.body.body)
        m.running.pop()
        m.summaries[site] = join(m.summaries.get(site, NEVER), inner.returns)
        if inner.generator and inner.yields != NEVER:
            m.use(
                UseKind.ESCAPE, inner.yields, inner, node, site, detail="whoever walks over what this yields"
            )


def _open_keywords(m: Machine, inner: Activation, node: cst.FunctionDef) -> None:
    """`*args` and `**kwargs` of an entry may hold anything."""
    star = node.params.star_arg
    if isinstance(star, cst.Param):
        m.sequence(inner, star, (), Unknown(star.name.value))
    if node.params.star_kwarg is not None:
        _, record = m.record(inner, node.params.star_kwarg)
        record.open = True
        record.others = UNKNOWN


def _closure(m: Machine, tree: Tree, node: cst.FunctionDef) -> int | None:
    """The frame that the function closes over; None where the function around was never run."""
    around = tree.enclosing(node, cst.FunctionDef)
    if around is None:
        return m.modules[tree.path].frame.id
    wanted = tree.site(around)
    found = [frame.id for frame in m.facts.frames if frame.function == wanted]
    return found[-1] if found else None


def _receiver(m: Machine, tree: Tree, owner: cst.ClassDef) -> Value:
    """Instances that the program makes of the class, or of a class derived from it; else a new one."""
    site = tree.site(owner)
    known: list[Ref] = list(m.instances.get(site, []))
    for other, refs in m.instances.items():
        info = m.classes.get(other)
        if info and any(isinstance(base, Class) and base.site == site for base in info.bases):
            known.extend(refs)
    if known:
        return join(*known[:3])
    module = m.modules[tree.path]
    return instantiate(m, module, owner, Class(site, module.frame.id), _anything(m, tree, owner))


def _anything(m: Machine, tree: Tree, owner: cst.ClassDef) -> Arguments:
    """Arguments of which nothing is known."""
    given = Given(UNKNOWN, tree.site(owner), m.modules[tree.path].frame.id)
    return Arguments(spread=[given], keyword_spread=[given])
