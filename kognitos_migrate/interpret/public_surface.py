"""The public surface of a program: the functions that code out of sight may call, although a caller is seen.

__all__ = ["Client"]                    # of a package: the methods of Client, and those of the objects that
                                        # its public attributes contain and its public methods return
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import mro_of
from kognitos_migrate.interpret.classes.method_receivers import any_instance
from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.interpret.state.use_details import CALLERS, IMPLEMENTATIONS
from kognitos_migrate.syntax.module_references import is_public
from kognitos_migrate.syntax.tree import Site, Tree
from kognitos_migrate.values.heap import DictObject, Instance, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import NEVER, Bound, Class, Function, Ref, Reply, Text, Value
from kognitos_migrate.values.texts import known_text

_LIST = "__all__"
"""The variable of a module that lists its public names."""


def has_surface(interpreter: Interpreter) -> bool:
    """Whether the program has public names: it is in a distribution, or a module has an `__all__`."""
    return bool(interpreter.files.exported) or any(
        tree.names_spelled(_LIST)
        for tree in interpreter.trees.values()
        if tree.path not in interpreter.files.internal
    )


def note_result(interpreter: Interpreter, act: Activation, node: cst.CSTNode, result: Operand) -> None:
    """Note the replies that a called function returns or yields. They escape if it is defined in a public
    module of a distribution, or if code out of sight may implement it in another way."""
    function = act.frame.function
    if act.frame.call is None or function is None:
        return
    is_substitutable = function in interpreter.functions.substitutable
    if is_published(interpreter, act.tree, act.tree.node(function)) or (
        is_substitutable and not _has_words(interpreter, act.frame.arguments.values())
    ):
        interpreter.note_replies_escaped(result.value, act, node, result.site, CALLERS)
    if interpreter.functions.may_be_public:
        interpreter.notes.note_replies_returned(result, act, node, CALLERS)


def note_error(interpreter: Interpreter, act: Activation, node: cst.CSTNode, error: Operand) -> None:
    """Note the replies in an error that a function raises. They escape if code out of sight may implement it
    in another way, since that raises errors with the old words."""
    if act.frame.function in interpreter.functions.substitutable:
        interpreter.note_replies_escaped(error.value, act, node, error.site, CALLERS)


def note_arguments(call: CallPoint, function: Site) -> None:
    """Note the replies that a called method receives. They escape if code out of sight may implement it in
    another way, which may also call the functions that it receives."""
    interpreter, arguments = call.interpreter, [*call.arguments.everything()]
    if function not in interpreter.functions.substitutable:
        return
    is_transport = _has_words(interpreter, arguments)
    for argument in arguments:
        interpreter.mark_escaped(argument.value)
        if not is_transport or any(isinstance(choice, Reply) for choice in alternatives(argument.value)):
            interpreter.note_replies_escaped(
                argument.value, call.act, call.node, argument.site, IMPLEMENTATIONS
            )


def _has_words(interpreter: Interpreter, arguments: Iterable[Operand]) -> bool:
    """Whether an argument contains a word of the API: any implementation passes on what the program asks
    for."""
    return any(
        isinstance(leaf, Text)
        for argument in arguments
        for leaf in interpreter.notes.tracked_leaves(argument.value)
    )


def is_published(interpreter: Interpreter, tree: Tree, function: cst.CSTNode) -> bool:
    """Whether code outside of the program may call a function: a public one of a distribution."""
    return (
        tree.path in interpreter.files.exported
        and tree.path not in interpreter.testing.modules
        and isinstance(function, cst.FunctionDef)
        and is_public(tree, function)
    )


def note_public_functions(interpreter: Interpreter) -> None:
    """Record the public functions, and the replies that they return or yield."""
    if interpreter.functions.may_be_public:
        public = interpreter.facts.public_functions = _Surface(interpreter).functions()
        for use in interpreter.notes.results:
            if interpreter.facts.frames[use.frame].function in public:
                interpreter.facts.public_results.append(use)


class _Surface:
    """The definitions that are reachable by public names, at the end of a run."""

    def __init__(self, interpreter: Interpreter) -> None:
        self._m = interpreter
        self._definitions: set[Site] = set()
        self._objects: set[Ref] = set()
        self._waiting: list[Value] = []

    def functions(self) -> frozenset[Site]:
        """The public functions and methods of the program, outside of tests."""
        interpreter = self._m
        for path, body in interpreter.modules.items():
            if path not in interpreter.testing.modules and path not in interpreter.files.internal:
                self._waiting.extend(body.env[name] for name in self._names(path) if name in body.env)
        while self._waiting:
            for choice in alternatives(self._waiting.pop()):
                self._visit(choice)
        return frozenset(site for site in self._definitions if site.path not in interpreter.testing.modules)

    def _names(self, path: str) -> Iterator[str]:
        """The public names of a module: those it lists; in a distribution, those it defines, and those that
        the module of a package imports."""
        env = self._m.modules[path].env
        for listed in self._m.heap.objects_of(env.get(_LIST, NEVER)):
            if isinstance(listed, SequenceObject):
                yield from filter(None, map(known_text, alternatives(listed.element())))
        if path in self._m.files.exported:
            is_package = PurePath(path).name == "__init__.py"
            for name, value in env.items():
                if _is_public(name) and (is_package or _is_defined_in(path, value)):
                    yield name

    def _visit(self, value: Value) -> None:
        definition = value.function if isinstance(value, Bound) else value
        if isinstance(definition, Function | Class):
            if definition.site in self._definitions:
                return
            self._definitions.add(definition.site)
        if isinstance(definition, Function):
            self._waiting.append(self._m.functions.results.get(definition.site, NEVER))
        elif isinstance(definition, Class):
            for info in mro_of(self._m, definition).infos:
                self._add_members(info.attributes)
            for instance in self._m.heap.objects_of(any_instance(self._m, definition)):
                if isinstance(instance, Instance):
                    self._add_members(instance.attributes)
        elif isinstance(definition, Ref):
            self._add_contents(definition)

    def _add_members(self, attributes: Mapping[str, Value]) -> None:
        self._waiting.extend(value for name, value in attributes.items() if _is_public(name))

    def _add_contents(self, ref: Ref) -> None:
        heap_object = self._m.heap[ref]
        if ref in self._objects:
            return
        self._objects.add(ref)
        if isinstance(heap_object, Instance):
            self._add_members(heap_object.attributes)
            if heap_object.cls is not None:
                self._waiting.append(heap_object.cls)
        elif isinstance(heap_object, SequenceObject):
            self._waiting.append(heap_object.element())
        elif isinstance(heap_object, DictObject):
            self._waiting.append(heap_object.any_entry())


def _is_public(name: str) -> bool:
    return not name.startswith("_") or name.endswith("__")


def _is_defined_in(path: str, value: Value) -> bool:
    return all(
        isinstance(choice, Function | Class) and choice.site.path == path for choice in alternatives(value)
    )
