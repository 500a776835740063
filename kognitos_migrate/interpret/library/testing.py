"""Models of pytest and unittest: fixtures, parameters, assertions, patterns."""

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_BASES, mro_of
from kognitos_migrate.interpret.comparisons import note_comparison, note_membership
from kognitos_migrate.interpret.interpreter import CallPoint, EvalPoint, Interpreter, Method, Model
from kognitos_migrate.interpret.iteration import element_of
from kognitos_migrate.interpret.library.data_files import TEMPORARY
from kognitos_migrate.interpret.mocking import stubs
from kognitos_migrate.interpret.mocking.patches import monkeypatch_attribute
from kognitos_migrate.interpret.mocking.stubs import double_method
from kognitos_migrate.interpret.names import dotted_name
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.functions import is_generator
from kognitos_migrate.syntax.shapes import literal_text
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import Instance, Operand, SequenceObject, ServiceDouble
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Function,
    MemberRef,
    Symbol,
    Unknown,
    Value,
    library_result,
)
from kognitos_migrate.values.texts import known_text

_DEPTH = 8
_REQUEST = "request"
_FOLDERS = ("tmp_path", "tmpdir")
"""The fixtures of pytest that are temporary folders."""
_FOLDER_FACTORIES = ("tmp_path_factory", "tmpdir_factory")
"""The fixtures of pytest whose methods return temporary folders."""
_MONKEYPATCH, _PATCHER = "monkeypatch", "pytest.MonkeyPatch"
_SETUP_METHODS = ("setup", "asyncsetup", "setupclass", "setupmethod", "setupfunction", "setupmodule")

SET_UP, COLLECTED, HELPER = range(3)
"""Ranks of the functions of a test module: set-up functions, tests and fixtures, the rest."""
TEST_PREFIX = "test"
"""How the names of tests begin."""

_Test = Callable[[Interpreter, Activation, cst.CSTNode, Operand, Operand, str], None]
"""Records a test of two operands by an operator."""


def parameters_from_pytest(
    interpreter: Interpreter, act: Activation, node: cst.FunctionDef
) -> dict[str, Value]:
    """The values that pytest supplies to an entry point's parameters, by name."""
    if not is_called_by_pytest(node):
        return {}
    test = EvalPoint(interpreter, act, node)
    for fixture in _automatic_fixtures(interpreter, act):
        _run_fixture(test, fixture, 0)
    values = _parametrized_values(interpreter, act, node)
    unfilled = [
        parameter.name.value for parameter in _parameters(act, node) if parameter.name.value not in values
    ]
    values.update(zip(unfilled, _mocks_of_decorators(interpreter, act, node), strict=False))
    for parameter in _parameters(act, node):
        name = parameter.name.value
        value = _fixture_value(test, act.tree, parameter, 0) if name not in values else NEVER
        if value is not NEVER:
            values[name] = value
    return values


def is_test_module(tree: Tree) -> bool:
    """Whether a module contains tests or fixtures."""
    name = PurePosixPath(tree.path).stem
    has_test_name = name.startswith("test_") or name.endswith("_test") or name == "conftest"
    if not has_test_name and "pytest" not in tree.text and "unittest" not in tree.text:
        return False
    return any(is_called_by_pytest(node) for node in tree.of_kind(cst.FunctionDef))


def collection_rank(node: cst.FunctionDef) -> int:
    """The rank of a function in a test module."""
    if node.name.value.lower().replace("_", "") in _SETUP_METHODS:
        return SET_UP
    return COLLECTED if is_called_by_pytest(node) else HELPER


def is_test(node: cst.CSTNode) -> bool:
    """Whether a node is a test function, and not a fixture or a set-up method."""
    return isinstance(node, cst.FunctionDef) and node.name.value.startswith(TEST_PREFIX)


def is_called_by_pytest(node: cst.FunctionDef) -> bool:
    """Whether pytest calls a function: a test or a fixture."""
    return is_test(node) or _decorator(node) is not None


def _parameters(act: Activation, node: cst.FunctionDef) -> list[cst.Param]:
    parameters = [*node.params.posonly_params, *node.params.params, *node.params.kwonly_params]
    method = isinstance(act.tree.parent(act.tree.parent(node) or node), cst.ClassDef)
    return [parameter for parameter in parameters[method:] if parameter.default is None]


def _decorator(node: cst.FunctionDef) -> cst.BaseExpression | None:
    """The decorator that makes a function a fixture; None if there is none."""
    for decorator in node.decorators:
        function = (
            decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        )
        if isinstance(function, cst.Name | cst.Attribute) and _last_name(function) == "fixture":
            return decorator.decorator
    return None


def _last_name(node: cst.BaseExpression) -> str:
    return node.attr.value if isinstance(node, cst.Attribute) else getattr(node, "value", "")


def _keyword(decorator: cst.BaseExpression | None, name: str) -> cst.BaseExpression | None:
    arguments = decorator.args if isinstance(decorator, cst.Call) else ()
    return next(
        (argument.value for argument in arguments if argument.keyword and argument.keyword.value == name),
        None,
    )


# Fixtures.


def _fixtures(interpreter: Interpreter) -> dict[str, list[tuple[Tree, cst.FunctionDef]]]:
    """All fixtures, by the name under which tests request them."""
    if interpreter.testing.fixtures is None:
        interpreter.testing.fixtures = {}
        for tree in interpreter.trees.values():
            for node in tree.of_kind(cst.FunctionDef) if "fixture" in tree.text else ():
                decorator = _decorator(node)
                if decorator is not None:
                    name_node = _keyword(decorator, "name")
                    name = str(literal_text(name_node)) if isinstance(name_node, cst.SimpleString) else None
                    interpreter.testing.fixtures.setdefault(name or node.name.value, []).append((tree, node))
    return interpreter.testing.fixtures


def _in_reach(path: str, tree: Tree) -> bool:
    """Whether the fixtures of a module are available to tests in the module at `path`."""
    conftest = PurePosixPath(tree.path)
    return tree.path == path or (
        conftest.name == "conftest.py" and conftest.parent in PurePosixPath(path).parents
    )


def _automatic_fixtures(interpreter: Interpreter, act: Activation) -> Iterator[tuple[Tree, cst.FunctionDef]]:
    """The fixtures that run without a request (`autouse`)."""
    if act.frame.caller is not None:
        return
    for fixtures in _fixtures(interpreter).values():
        for tree, node in fixtures:
            autouse = _keyword(_decorator(node), "autouse")
            fixture_site = act.tree.site(node) if tree is act.tree else None
            is_automatic = (
                isinstance(autouse, cst.Name)
                and autouse.value == "True"
                and fixture_site != act.frame.function
            )
            if is_automatic and _in_reach(act.frame.path, tree) and not _is_in_fixture(act):
                yield tree, node


def _is_in_fixture(act: Activation) -> bool:
    definition = act.tree.node(act.frame.function) if act.frame.function is not None else None
    return isinstance(definition, cst.FunctionDef) and _decorator(definition) is not None


def _fixture_value(test: EvalPoint, tree: Tree, parameter: cst.Param, depth: int) -> Value:
    """The value of the fixture that a parameter in the module `tree` names; Never if none is found."""
    interpreter, name = test.interpreter, parameter.name.value
    fixtures = [
        fixture
        for fixture in _fixtures(interpreter).get(name, [])
        if fixture[1] is not tree.parent(parameter)
    ]
    near = [fixture for fixture in fixtures if _in_reach(tree.path, fixture[0])]
    nearest = max(near, key=lambda fixture: len(fixture[0].path), default=fixtures[0] if fixtures else None)
    if nearest is not None and depth < _DEPTH:
        own = next((fixture for fixture in near if fixture[0].path == tree.path), nearest)
        if not _is_parameter_of(own, parameter, tree):
            return _run_fixture(test, own, depth)
    if name == _MONKEYPATCH:
        return Symbol(_PATCHER)
    if name in _FOLDERS:
        return library_result(f"{TEMPORARY}.{name}")
    if name in _FOLDER_FACTORIES:
        return Symbol(f"{TEMPORARY}.{name}")
    for mock in interpreter.libraries.mocks.values():
        if name in mock.modules:
            return Symbol(mock.modules[name])
        if name in mock.fixtures:
            requester = replace(test.act, tree=tree)
            return stubs.service_double(CallPoint(interpreter, requester, parameter, Arguments()), mock)
    return NEVER


def _is_parameter_of(fixture: tuple[Tree, cst.FunctionDef], parameter: cst.Param, tree: Tree) -> bool:
    """Whether a parameter belongs to the fixture itself, so that it requests another fixture of the same
    name."""
    return fixture[0] is tree and any(descendant is parameter for descendant in tree.descendants(fixture[1]))


def _run_fixture(test: EvalPoint, fixture: tuple[Tree, cst.FunctionDef], depth: int) -> Value:
    """Run a fixture in the context of a test, with the fixtures that it requests, and return its value.

    All that request it get the same value: the test itself counts as its caller.
    """
    interpreter, act = test.interpreter, test.act
    tree, definition = fixture
    module = interpreter.modules.get(tree.path)
    if module is None:
        return UNKNOWN
    inner = replace(act, tree=tree)
    arguments = Arguments()
    for parameter in _parameters(inner, definition):
        value = _fixture_value(test, tree, parameter, depth + 1)
        if parameter.name.value == _REQUEST and value is NEVER:
            value = _fixture_request(interpreter, definition, tree, parameter)
        argument = Unknown(parameter.name.value) if value is NEVER else value
        arguments.keywords[parameter.name.value] = Operand(argument, tree.site(parameter), act.frame.id)
    function: Value = Function(tree.site(definition), module.frame.id)
    if isinstance(tree.parent(tree.parent(definition) or definition), cst.ClassDef):
        function = Bound(function, act.frame.receiver.value if act.frame.receiver else UNKNOWN)
    value = test.call(function, arguments)
    return element_of(interpreter, value) if is_generator(tree, definition) else value


def _fixture_request(
    interpreter: Interpreter, definition: cst.FunctionDef, tree: Tree, parameter: cst.Param
) -> Value:
    """The `request` that pytest passes to a fixture, with a value of its `params`. Never without them."""
    params, module = _keyword(_decorator(definition), "params"), interpreter.modules[tree.path]
    if params is None:
        return NEVER
    param = element_of(interpreter, interpreter.evaluate(module, params))
    ref, request = interpreter.heap.allocate(Instance(tree.site(parameter), module.frame.id, None))
    request.put("param", Operand(param, tree.site(params), module.frame.id))
    return ref


# Decorators.


def _mocks_of_decorators(interpreter: Interpreter, act: Activation, node: cst.FunctionDef) -> Iterator[Value]:
    """The mocks that decorators pass to a test, in the order of its parameters."""
    module = interpreter.modules[act.tree.path]
    owner = act.tree.parent(act.tree.parent(node) or node)
    class_decorators = owner.decorators if isinstance(owner, cst.ClassDef) else ()
    for decorator in (*reversed(node.decorators), *reversed(class_decorators)):
        value, site = interpreter.evaluate(module, decorator.decorator), act.tree.site(decorator.decorator)
        doubles = [
            heap_object
            for heap_object in interpreter.heap.objects_of(value)
            if isinstance(heap_object, ServiceDouble)
        ]
        is_call = isinstance(decorator.decorator, cst.Call)
        if any(not is_call or double.site == site for double in doubles):
            yield value  # a double that the test makes itself, and hands to `patch`, isn't passed


def _parametrized_values(
    interpreter: Interpreter, act: Activation, node: cst.FunctionDef
) -> dict[str, Value]:
    """The values of `@pytest.mark.parametrize`, by parameter."""
    module = interpreter.modules[act.tree.path]
    values: dict[str, Value] = {}
    for decorator in node.decorators:
        call = decorator.decorator
        if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute):
            continue
        if not dotted_name(call.func).endswith("mark.parametrize") or len(call.args) < 2:
            continue
        names = list(_parameter_names(interpreter, interpreter.evaluate(module, call.args[0].value)))
        cases = interpreter.evaluate(module, call.args[1].value)
        rows = element_of(interpreter, cases)
        if len(names) == 1:
            values[names[0]] = rows
            continue
        for place, name in enumerate(names):
            sequences = [
                heap_object
                for heap_object in interpreter.heap.objects_of(rows)
                if isinstance(heap_object, SequenceObject)
            ]
            values[name] = join(
                *(sequence.items[place].value for sequence in sequences if place < len(sequence.items))
            )
    return {name: value for name, value in values.items() if value is not NEVER}


def _parameter_names(interpreter: Interpreter, value: Value) -> Iterator[str]:
    text = known_text(value)
    if text is not None:
        yield from (name.strip() for name in text.split(","))
    for heap_object in interpreter.heap.objects_of(value):
        if isinstance(heap_object, SequenceObject):
            yield from (word for item in heap_object.items if (word := known_text(item.value)) is not None)


def parameter_row(call: CallPoint) -> Value:
    """The result of `pytest.param(...)`: a row of a table."""
    return call.interpreter.allocate_sequence(call.act, call.node, call.arguments.positional)


def _assertion(test: _Test, word: str, left: str, right: str) -> Method:
    """The model of an assertion that `test` holds for the arguments `left` and `right`; `word` is the
    operator."""

    def assertion(call: CallPoint, _member: MemberRef) -> Value:
        first, second = call.arguments.first(left), call.arguments.first(right, place=1)
        if first is not None and second is not None:
            test(call.interpreter, call.act, call.node, first, second, word)
        return NONE

    return assertion


def _assertion_with_use(kind: UseKind) -> Method:
    def assertion(call: CallPoint, _member: MemberRef) -> Value:
        for argument in call.arguments.positional[:1]:
            call.note_use(kind, argument.value, argument.site, detail="an assertion")
        return NONE

    return assertion


_EQUAL: dict[str, Method] = {
    f"object.assert{name}": _assertion(note_comparison, "Equal", "first", "second")
    for name in ("Equal", "Equals", "DictEqual", "ListEqual", "TupleEqual", "CountEqual", "MultiLineEqual")
}


def is_test_case(interpreter: Interpreter, value: Value) -> bool:
    """Whether a value is a test case of unittest, whose inherited methods read no attribute of the test."""
    instance = interpreter.heap.get(value)
    if not isinstance(instance, Instance) or instance.cls is None or instance.client is not None:
        return False
    names = mro_of(interpreter, instance.cls).outside_names
    return bool(names) and all(name.endswith(_TEST_CASE) for name in names.difference(PLAIN_BASES))


_TEST_CASE = "TestCase"


def parametrize(call: CallPoint) -> Value:
    """The result of `pytest.mark.parametrize(names, cases)`. Only the test gets the cases, as parameters."""
    for argument in call.arguments.everything():
        call.note_flows(argument)
    return library_result(_PARAMETRIZE, _PARAMETRIZE)


_PARAMETRIZE = "pytest.mark.parametrize"


SYMBOLS: dict[str, Model] = {
    "pytest.param": parameter_row,
    _PARAMETRIZE: parametrize,
    f"{_PATCHER}.setattr": monkeypatch_attribute,
}


METHODS: dict[str, Method] = {
    **_EQUAL,
    "object.assertNotEqual": _assertion(note_comparison, "NotEqual", "first", "second"),
    "object.assertIn": _assertion(note_membership, "In", "member", "container"),
    "object.assertNotIn": _assertion(note_membership, "NotIn", "member", "container"),
    "object.assertTrue": _assertion_with_use(UseKind.TRUTH),
    "object.assertFalse": _assertion_with_use(UseKind.TRUTH),
    "object.assertIsNone": _assertion_with_use(UseKind.NONE),
    "object.assertIsNotNone": _assertion_with_use(UseKind.NONE),
    "double.*": double_method,
}
