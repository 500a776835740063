"""The only expression that a variable is bound to.

POLICY = retry_if_result(is_going)     # in policies.py

from policies import POLICY
@retry(retry=POLICY)                   # retry_if_result(is_going)
"""

import libcst as cst

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.names import dotted_name, module_value
from kognitos_migrate.interpret.state.frames import Activation
from kognitos_migrate.syntax.binding_sources import BindingKind, binding_source
from kognitos_migrate.syntax.scopes import Scopes
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.lattice import ModuleRef

_IMPORTS = 4
"""How many imports deep a binding is searched for."""


def bound_expression(
    interpreter: Interpreter, act: Activation, name: cst.Name
) -> tuple[Activation, cst.BaseExpression] | None:
    """The only expression that a variable of a function or a module is bound to; None if there is none."""
    scopes, function = act.tree.memoize(Scopes), act.frame.function
    variable = scopes.variable(name)
    if not scopes.is_own(variable) or variable.scope == act.tree.number(act.tree.module):
        return _module_assignment(interpreter, interpreter.modules.get(act.frame.path), name.value)
    bindings = scopes.bindings(variable)
    source = binding_source(act.tree, bindings[0]) if len(bindings) == 1 else None
    is_local = function is not None and variable.scope == function.node
    return (
        (act, source.value) if is_local and source is not None and source.value and not source.path else None
    )


def _module_assignment(
    interpreter: Interpreter, module: Activation | None, name: str
) -> tuple[Activation, cst.BaseExpression] | None:
    """The value of the only binding of a name of a module, also if that imports it from another module of the
    program. None if code may bind it again."""
    for _ in range(_IMPORTS):
        if module is None or module.frame.path in interpreter.shared.open_modules:
            return None
        tree = module.tree
        scopes = tree.memoize(Scopes)
        bindings = scopes.bindings(scopes.variable_at(name, tree.module))
        if len(bindings) != 1 or may_bind_attribute(interpreter, name):
            return None
        source = binding_source(tree, bindings[0])
        if source.kind is BindingKind.ASSIGNED and source.value is not None and not source.path:
            return module, source.value
        statement = tree.enclosing(bindings[0], cst.ImportFrom)
        alias = tree.enclosing(bindings[0], cst.ImportAlias)
        if statement is None or alias is None:
            return None
        dotted = dotted_name(statement.module) if statement.module is not None else ""
        origin = module_value(interpreter, module, dotted, len(statement.relative))
        module = interpreter.modules.get(origin.path) if isinstance(origin, ModuleRef) else None
        name = dotted_name(alias.name)
    return None


def may_bind_attribute(interpreter: Interpreter, name: str) -> bool:
    """Whether code of the program may bind an attribute with a name, of any object or module."""
    return any(
        _binds_attribute(module.tree, name)
        or any(node.value == "setattr" for node in module.tree.of_kind(cst.Name))
        for module in interpreter.modules.values()
    )


def _binds_attribute(tree: Tree, name: str) -> bool:
    """Whether a module contains an attribute of a name as a target, or below one."""
    attributes = [attribute for attribute in tree.of_kind(cst.Attribute) if attribute.attr.value == name]
    targets = (
        *(assignment.target for assignment in tree.of_kind(cst.AnnAssign)),
        *(assignment.target for assignment in tree.of_kind(cst.AugAssign)),
        *(loop.target for loop in tree.of_kind(cst.For)),
        *(loop.target for loop in tree.of_kind(cst.CompFor)),
    )
    below = {
        id(attribute) for target in targets for attribute in tree.descendants_of_kind(target, cst.Attribute)
    }
    return any(
        id(attribute) in below or tree.enclosing(attribute, cst.AssignTarget, cst.AsName, cst.Del) is not None
        for attribute in attributes
    )
