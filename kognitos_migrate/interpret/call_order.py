"""The call order of functions: callers first."""

from collections import Counter, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import ENTERING, is_method_of_class, mro_of
from kognitos_migrate.interpret.instance_creators import InstanceCreators
from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.library.testing import COLLECTED, SET_UP, collection_rank
from kognitos_migrate.syntax.functions import class_of_method
from kognitos_migrate.syntax.roles import is_attribute_name
from kognitos_migrate.syntax.scopes import Variables
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.lattice import Class


def functions_in_call_order(
    interpreter: Interpreter, unused: Mapping[str, frozenset[str]]
) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    """The functions that were not run yet, callers first, because a function that is called by then is no
    entry point.

    Of functions that mention each other, one that was passed to a library comes first, which calls it in any
    case, or else the first one in the source. A special method comes behind all functions that no special
    method leads to, because syntax calls it: `settings.HOST` calls `__getattr__`. So does a method that a
    library's session calls, such as an override of `request`. A function that receives an instance
    waits for those that may create one, if it can.
    """
    waiting = {
        tree.site(node): (tree, node)
        for tree in interpreter.trees.values()
        for node in tree.of_kind(cst.FunctionDef)
        if _is_entry_point(interpreter, tree.site(node), node)
        if _top_name(tree, node) not in unused.get(tree.path, ())
    }
    call_names = {site: _calling_names(interpreter, *definition) for site, definition in waiting.items()}
    own_names = frozenset(name for names in call_names.values() for name in names)
    mentions = {
        site: _mentioned_names(interpreter, *definition, own_names) for site, definition in waiting.items()
    }
    mention_counts = Counter(name for names in mentions.values() for name in names)
    sites_by_name: dict[str, list[Site]] = {}
    for site, names in call_names.items():
        for name in names:
            sites_by_name.setdefault(name, []).append(site)
    anywhere = {
        name for tree in interpreter.trees.values() for name in (*tree.memoize(_used_names), *tree.gaps.words)
    }

    def is_ready(site: Site) -> bool:
        return _is_test_setup(interpreter, site, waiting[site][1]) or all(
            mention_counts[name] == (name in mentions[site]) for name in call_names[site]
        )

    def late(site: Site) -> tuple[int, bool]:
        """The sort key: pytest's order in test modules; then functions whose names are used somewhere come
        last."""
        in_tests = site.path in interpreter.testing.modules
        turn = collection_rank(waiting[site][1]) if in_tests else COLLECTED
        return turn, not anywhere.isdisjoint(call_names[site])

    creators = InstanceCreators(interpreter, waiting)
    queue = _Queue(creators)
    special = {site for site, definition in waiting.items() if _is_called_unnamed(interpreter, *definition)}

    def note_ready(sites: Iterable[Site]) -> None:
        for site in sites:
            queue.add(site, is_special=site in special)

    note_ready(sorted(filter(is_ready, waiting), key=late))
    rest = iter(sorted(_callers_first(interpreter, mentions, sites_by_name), key=special.__contains__))
    while waiting:
        site = queue.take() or next(rest)
        if site not in waiting:
            continue
        tree, node = waiting.pop(site)
        if _is_entry_point(interpreter, site, node):
            yield tree, node
        creators.note_run(site)
        for name in sorted(mentions[site]):  # a set has no fixed order
            mention_counts[name] -= 1
            if mention_counts[name] <= 1:
                note_ready(
                    candidate
                    for candidate in sites_by_name.get(name, ())
                    if candidate in waiting and is_ready(candidate)
                )


def _callers_first(
    interpreter: Interpreter, mentions: Mapping[Site, set[str]], sites_by_name: Mapping[str, Sequence[Site]]
) -> list[Site]:
    """The functions in reverse postorder of a depth-first search: a function that others don't lead to comes
    before those that it leads to."""
    finished: dict[Site, None] = {}
    visited: set[Site] = set()
    functions = interpreter.functions
    passed = functions.registered | functions.commands | functions.wrapped.keys()
    for root in sorted(mentions, key=lambda site: site not in passed):
        pending = [root]
        while pending:
            site = pending[-1]
            if site in visited:
                finished.setdefault(pending.pop())
                continue
            visited.add(site)
            called = (callee for name in sorted(mentions[site]) for callee in sites_by_name.get(name, ()))
            pending.extend(callee for callee in called if callee not in visited)
    return list(reversed(finished))


class _Queue:
    """Functions that no function mentions which hasn't run yet."""

    def __init__(self, creators: InstanceCreators) -> None:
        self._creators = creators
        self._ready, self._receivers, self._special = deque[Site](), deque[Site](), deque[Site]()

    def add(self, site: Site, *, is_special: bool) -> None:
        """Add a function, which may be a special method."""
        (self._special if is_special else self._ready).append(site)

    def take(self) -> Site | None:
        """The next function: one that waits for no instance, if there is any. None if the queue is empty."""
        for waiting in (self._ready, self._receivers):
            for _ in range(len(waiting)):
                site = waiting.popleft()
                if not self._creators.may_follow(site):
                    return site
                self._receivers.append(site)
        for waiting in (self._receivers, self._special):
            if waiting:
                return waiting.popleft()
        return None


def _is_entry_point(interpreter: Interpreter, site: Site, node: cst.FunctionDef) -> bool:
    """Whether a function has no caller so far, or unanalysed code calls it, too.

    The test runner calls a set-up method for each subclass, also if one of them calls it by `super()`.
    """
    functions = interpreter.functions
    return (
        site not in functions.called
        or site in functions.registered
        or _is_test_setup(interpreter, site, node)
    )


def _is_test_setup(interpreter: Interpreter, site: Site, node: cst.FunctionDef) -> bool:
    """Whether the test runner calls a function before the tests."""
    return site.path in interpreter.testing.modules and collection_rank(node) == SET_UP


def _top_name(tree: Tree, function: cst.FunctionDef) -> str | None:
    """The name of the top-level function or class that contains a function, or of the function itself."""
    enclosing_nodes = (function, *tree.ancestors(function))
    definitions = [node for node in enclosing_nodes if isinstance(node, cst.FunctionDef | cst.ClassDef)]
    return definitions[-1].name.value


def _calling_names(interpreter: Interpreter, tree: Tree, function: cst.FunctionDef) -> frozenset[str]:
    """The names that call a function: its own, and those of a session's methods that call it. For a
    special method, those of its class and its subclasses."""
    owner = class_of_method(tree, function)
    if owner is None or not _is_special_method(tree, function):
        return frozenset((function.name.value, *_session_methods(interpreter, tree, function)))
    subclasses = (
        interpreter.trees[site.path].node(site)
        for site in interpreter.classes.with_subclasses(tree.site(owner))
    )
    return frozenset(node.name.value for node in subclasses if isinstance(node, cst.ClassDef))


def _is_called_unnamed(interpreter: Interpreter, tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether syntax or a library's session calls a function of an instance that exists."""
    is_special = _is_special_method(tree, function) and function.name.value not in ENTERING
    return is_special or bool(_session_methods(interpreter, tree, function))


def _session_methods(interpreter: Interpreter, tree: Tree, function: cst.FunctionDef) -> frozenset[str]:
    """The methods of a library's session that call a method of a subclass in place of their own."""
    owner = class_of_method(tree, function)
    info = interpreter.classes.infos.get(tree.site(owner)) if owner is not None else None
    if info is None:
        return frozenset()
    bases = mro_of(interpreter, Class(info.site, info.frame)).outside
    client = interpreter.libraries.client_of_session([base.name for base in bases])
    if client is None or function.name.value not in (client.session_through, client.session_sends):
        return frozenset()
    return frozenset(client.session_methods)


def _is_special_method(tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether syntax calls a function on an instance, without its name."""
    name = function.name.value
    return name.startswith("__") and name.endswith("__") and class_of_method(tree, function) is not None


def _mentioned_names(
    interpreter: Interpreter, tree: Tree, function: cst.FunctionDef, wanted: Collection[str]
) -> set[str]:
    """The names that a function's source mentions other than as its variables, as far as they are wanted.
    Decorators have run with the module. A class method also mentions its class, by `cls`."""
    variables = tree.memoize(Variables)
    names = {
        node.value
        for part in (function.params, function.body)
        for node in tree.descendants_of_kind(part, cst.Name)
        if node.value in wanted
        if is_attribute_name(tree, node) or not variables.bindings(function, node.value)
    }
    owner = class_of_method(tree, function)
    if owner is not None and is_method_of_class(interpreter, tree, function):
        names.add(owner.name.value)
    return names


def _used_names(tree: Tree) -> frozenset[str]:
    """The names that a module uses other than as the name of a definition."""
    definition_names = {id(node.name) for node in tree.of_kind(cst.FunctionDef)}
    definition_names |= {id(node.name) for node in tree.of_kind(cst.ClassDef)}
    return frozenset(
        name for name, nodes in tree.names.items() if any(id(node) not in definition_names for node in nodes)
    )
