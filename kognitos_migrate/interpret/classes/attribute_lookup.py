"""Attribute lookup along the method resolution order."""

import libcst as cst

from kognitos_migrate.interpret.interpreter import CallPoint, Interpreter
from kognitos_migrate.interpret.overwrites import may_be_data
from kognitos_migrate.interpret.state.declarations import ClassInfo, Mro
from kognitos_migrate.syntax.tree import Tree
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    UNKNOWN,
    Bound,
    Class,
    Const,
    Function,
    MemberRef,
    Symbol,
    Text,
    Value,
)

PROTOCOLS = frozenset(("typing.Protocol", "typing_extensions.Protocol"))
"""Bases of classes that any class with the same methods implements."""
PLAIN_BASES = ("builtins.object", "abc.ABC", "typing.Generic", *sorted(PROTOCOLS))
"""Bases whose constructor has no parameters."""
PLAIN_OBJECTS = ("types.SimpleNamespace", "argparse.Namespace")
"""Types whose constructor stores any keyword argument as an attribute."""
ALLOCATOR = Symbol("builtins.object.__new__")
"""The function that creates an instance of a class without running its constructor."""
PROPERTY_DECORATORS = ("builtins.property", "functools.cached_property", "cached_property")
"""Decorators of methods that are called when the attribute is read."""
ENTERING = ("__enter__", "__aenter__")
"""The methods that `with` calls and that return the session itself."""


def mro_of(interpreter: Interpreter, value: Class) -> Mro:
    """The method resolution order of a class, which is added to the read set."""
    mro = interpreter.classes.lineages.get(value.site) or interpreter.classes.mro(value)
    interpreter.note_order_read(value.site, mro)
    return mro


def mock_class(interpreter: Interpreter, cls: Class) -> Symbol | None:
    """The class of a mock library from which a class derives, adding only constants; None for any other."""
    mro = mro_of(interpreter, cls)
    base = next((base for base in mro.outside if base.name in interpreter.libraries.mocks_by_name), None)
    if base is None:
        return None
    values = (value for info in mro.infos for value in info.attributes.values())
    is_plain = all(isinstance(part, Const | Text) for value in values for part in alternatives(value))
    return base if is_plain else None


def has_plain_bases(info: ClassInfo) -> bool:
    """Whether each base of a class is a class of the program, or one that adds nothing to it."""
    bases = (choice for base in info.bases for choice in alternatives(base))
    return all(
        isinstance(base, Class) or (isinstance(base, Symbol) and base.name in PLAIN_BASES) for base in bases
    )


def class_attribute(interpreter: Interpreter, value: Class | None, name: str) -> Value:
    """The attribute `name` of the class or of its nearest base; Never if none has it. Attributes of unknown
    names are joined with it."""
    if value is None:
        return NEVER
    mro = mro_of(interpreter, value)
    attribute = mro.attribute(name)
    if interpreter.classes.opened and may_be_data(attribute):
        return join(attribute, *(interpreter.classes.opened.get(site, NEVER) for site in mro.sites))
    return attribute


def methods_in(attribute: Value) -> list[Function]:
    """The functions of the program that an attribute of a class may be. There are several if code outside of
    the class replaces it."""
    return [choice for choice in alternatives(attribute) if isinstance(choice, Function)]


def may_have_more_attributes(interpreter: Interpreter, value: Class) -> bool:
    """Whether the class may have unknown attributes, set by computed names or by a metaclass of the
    program."""
    has_computed_names = any(site in interpreter.classes.opened for site in mro_of(interpreter, value).sites)
    return has_computed_names or bool(metaclasses(interpreter, value))


def metaclasses(interpreter: Interpreter, value: Class) -> list[Class]:
    """The metaclasses of a class and its bases that are classes of the program, nearest first."""
    return mro_of(interpreter, value).metaclasses


def is_exception(interpreter: Interpreter, value: Class) -> bool:
    """Whether instances of the class are errors."""
    return mro_of(interpreter, value).is_error


def is_descriptor(interpreter: Interpreter, function: Function, *names: str) -> bool:
    """Whether a method is decorated with one of `names`."""
    node = interpreter.trees[function.site.path].node(function.site)
    if not isinstance(node, cst.FunctionDef):
        return False
    for decorator in node.decorators:
        decorator_name = spelled_name(decorator.decorator)
        if any(
            name in (decorator_name, f"builtins.{decorator_name}")
            or name.rpartition(".")[2] == decorator_name
            for name in names
        ):
            return True
    return False


_IMPLICIT_CLASS_METHODS = ("__init_subclass__", "__class_getitem__")


def is_class_method(interpreter: Interpreter, function: Function) -> bool:
    """Whether a method is bound to the class: by its decorator, or by its name."""
    node = interpreter.trees[function.site.path].node(function.site)
    if isinstance(node, cst.FunctionDef) and node.name.value in _IMPLICIT_CLASS_METHODS:
        return True
    return is_descriptor(interpreter, function, "builtins.classmethod")


def is_method_of_class(interpreter: Interpreter, tree: Tree, function: cst.FunctionDef) -> bool:
    """Whether the function of a definition is bound to its class."""
    return is_class_method(
        interpreter, Function(tree.site(function), interpreter.modules[tree.path].frame.id)
    )


def spelled_name(node: cst.CSTNode) -> str:
    """The dotted name of a decorator or an annotation. Another expression in it has an empty name."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{spelled_name(node.value)}.{node.attr.value}"
    return ""


def is_called_from_outside(call: CallPoint) -> bool:
    """Whether a constructor call represents a caller outside of the program, so that its arguments are
    unknown."""
    return isinstance(call.node, cst.ClassDef)


def attribute_of_base(interpreter: Interpreter, value: Bound, name: str) -> Value:
    """The value of `super().name`."""
    start = value.receiver
    assert isinstance(start, Bound)
    assert isinstance(start.function, Class)
    order = mro_of(interpreter, _class_of(interpreter, start.receiver) or start.function).infos
    place = next((number for number, info in enumerate(order) if info.site == start.function.site), -1)
    for info in order[place + 1 :]:
        class_value = info.attributes.get(name, NEVER)
        if class_value is not NEVER:
            return join(
                *(
                    Bound(choice, start.receiver)
                    if isinstance(choice, Function) and name != "__new__"  # which is a static method
                    else choice
                    for choice in alternatives(class_value)
                )
            )
    symbols = mro_of(interpreter, start.function).outside
    client = interpreter.libraries.client_of_session([base.name for base in symbols])
    if client and (name in client.session_methods or name in ("__init__", *ENTERING)):
        return MemberRef(Bound(Symbol("builtins.super"), start.receiver), name)
    if name in ("__new__", "__call__") and any(base.name == "builtins.type" for base in symbols):
        return Symbol(f"builtins.type.{name}")
    if name == "__new__":
        return ALLOCATOR
    if name == "__setattr__":
        return Symbol("builtins.super.__setattr__")
    if name == "__init__":
        error = next((base for base in symbols if base.name.endswith(("Error", "Exception"))), None)
        base = error or next((base for base in symbols if base.name not in PLAIN_BASES), None)
        return Symbol(f"{base.name if base else 'builtins.object'}.__init__")
    modelled = (
        method for base in symbols if (method := f"{base.name}.{name}") in interpreter.transfer.symbols
    )
    return next(map(Symbol, modelled), UNKNOWN)


def _class_of(interpreter: Interpreter, receiver: Value) -> Class | None:
    """The class of an instance, or the class that a class method was called on."""
    if isinstance(receiver, Class):
        return receiver
    heap_object = interpreter.heap.get(receiver)
    return heap_object.cls if isinstance(heap_object, Instance) else None
