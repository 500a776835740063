"""Effects of functions and methods that the program doesn't define. Any that isn't known acts.

The functions and methods are data (`library/effects.toml`), read at the first question.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated

import libcst as cst
from msgspec import Meta

from kognitos_migrate.config.toml import read_toml
from kognitos_migrate.errors import ConfigError
from kognitos_migrate.rulebook.validation import validate
from kognitos_migrate.structs import Struct
from kognitos_migrate.values.lattice import FILE, MemberRef, Ref, Symbol, Text, Unknown, Value

Names = frozenset[Annotated[str, Meta(min_length=1)]]
ByModule = Mapping[str, Names]


class _ModuleEffects(Struct, frozen=True, forbid_unknown_fields=True):
    """Modules and types by what their functions and methods do, by qualified name."""

    computing: Names
    searching: Names
    parsing: Names
    types: Names
    tables: Names
    logging: Names


class _MethodEffects(Struct, frozen=True, forbid_unknown_fields=True):
    """Methods by what they do, by their own name."""

    pure: Names
    iterating: Names
    reading: Names
    total: Names
    tripling: Names
    succeeding: Names
    keeping: Names
    substituting: Names
    logging: Names
    decoding: Names
    texts: Names
    files: Names


class _DeclarationEffects(Struct, frozen=True, forbid_unknown_fields=True):
    """Declarations of types and fields by what they do with a value."""

    text_types: Names
    ignoring_arguments: Names


class _Effects(Struct, frozen=True, forbid_unknown_fields=True):
    """The tables of `effects.toml`, whose comments say what they mean."""

    pure_functions: ByModule
    declaring_functions: ByModule
    type_testing_functions: ByModule
    iterating_functions: ByModule
    total_functions: ByModule
    succeeding_functions: ByModule
    pairing_functions: ByModule
    displaying_functions: ByModule
    file_functions: ByModule
    example_running_functions: ByModule
    code_running_functions: ByModule
    decorating_functions: ByModule
    calling_functions: ByModule
    modules: _ModuleEffects
    methods: _MethodEffects
    declarations: _DeclarationEffects


@lru_cache(maxsize=1)
def _effects() -> _Effects:
    document = read_toml(Path(__file__).parent / "library" / "effects.toml", ())
    effects: _Effects = validate(document, _Effects, ConfigError)
    return effects


def is_pure(callee: Value, call: cst.Call) -> bool:
    """Whether a call of a library's function or method has no side effect. `callee` is its function."""
    if isinstance(callee, Symbol):
        takes_nothing = callee.name.endswith(".get") and not call.args  # `Queue.get` removes an element
        return is_pure_function(callee.name) and not takes_nothing
    if isinstance(callee, MemberRef):
        return _is_pure_method(callee.receiver, callee.name, call.args)
    if isinstance(callee, Unknown) and isinstance(call.func, cst.Attribute):
        return _is_pure_method(callee, call.func.attr.value, call.args)
    return False


def takes_elements(callee: Value, call: cst.Call) -> bool:
    """Whether a pure function or method of a library takes the elements of its arguments, which uses an
    iterator up. `callee` is its function."""
    if isinstance(callee, Symbol) and _is_listed(callee.name, _effects().iterating_functions):
        return True
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _effects().methods.iterating


def never_fails(callee: Value) -> bool:
    """Whether a library's function, or a method of a text, raises no error if its arguments are texts and
    constants of the types that it takes."""
    if isinstance(callee, MemberRef):
        return isinstance(callee.receiver, Text) and callee.name in _effects().methods.total
    return isinstance(callee, Symbol) and _is_listed(callee.name, _effects().total_functions)


def succeeds(callee: Value, call: cst.Call) -> bool:
    """Whether a library's function or method raises no error for arguments of the types that it takes."""
    effects = _effects()
    if isinstance(callee, Symbol):
        return any(
            _is_listed(callee.name, functions)
            for functions in (
                effects.total_functions,
                effects.succeeding_functions,
                effects.pairing_functions,
                effects.declaring_functions,
            )
        )
    methods = effects.methods
    name = _method_name(callee, call)
    if name == "get":  # that of another object may raise an error, such as that of a parser for INI files
        return isinstance(callee, MemberRef) and isinstance(callee.receiver, Ref) and bool(call.args)
    is_plain = name in methods.succeeding and not call.args
    return is_plain or name in methods.total or name in methods.tripling


def result_length(callee: Value, call: cst.Call) -> int:
    """The number of elements that a library's function or method surely returns; 0 if it isn't known."""
    if isinstance(callee, Symbol):
        return 2 if _is_listed(callee.name, _effects().pairing_functions) else 0
    return 3 if _method_name(callee, call) in _effects().methods.tripling else 0


def _method_name(callee: Value, call: cst.Call) -> str | None:
    if isinstance(callee, MemberRef):
        return callee.name
    is_method = isinstance(callee, Unknown) and isinstance(call.func, cst.Attribute)
    return cst.ensure_type(call.func, cst.Attribute).attr.value if is_method else None


def only_shows(callee: Value, call: cst.Call) -> bool:
    """Whether a call of a library's function or method only displays its arguments, or waits."""
    if isinstance(callee, Symbol):
        return _shows_by_name(callee.name)
    methods = _effects().methods.logging
    if isinstance(callee, MemberRef):
        return callee.name in methods
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in methods


def leaves_objects(function: str) -> bool:
    """Whether a function that isn't analysed changes no object that it gets. It is named by its qualified
    name, a method by its own name alone; the empty name stands for a function that certainly changes one."""
    if "." not in function:
        methods = _effects().methods
        return function in methods.pure or function in methods.reading or function in methods.logging
    return is_pure_function(function) or _shows_by_name(function) or is_file_function(function)


def leaves_arguments(callee: Value, call: cst.Call) -> bool:
    """Whether a call of a library's function or method leaves its arguments as they are."""
    is_of_files = isinstance(callee, Symbol) and is_file_function(callee.name)
    return is_of_files or is_pure(callee, call) or only_shows(callee, call)


def is_file_function(function: str) -> bool:
    """Whether a library's function, by its qualified name, works on files only, and leaves its arguments."""
    return _is_listed(function, _effects().file_functions)


def runs_examples(function: str) -> bool:
    """Whether a library's function, by its qualified name, runs the doctest examples of the modules that
    it gets, and reads nothing else of them."""
    return _is_listed(function, _effects().example_running_functions)


def runs_code(function: str) -> bool:
    """Whether a library's function, by its qualified name, runs code of a file or a text, with the dicts that
    it gets as variables."""
    return _is_listed(function, _effects().code_running_functions)


def leaves_receiver(method: str | None) -> bool:
    """Whether a method, by its own name, has no side effect and leaves its receiver as it is."""
    return method in _effects().methods.pure


def keeps_argument(callee: Value, call: cst.Call, argument: cst.CSTNode) -> bool:
    """Whether a call of a library's function or method keeps an argument to itself, or in a file or message.

    The argument is not sent to its address, and no part of it is in the result. A function is known by its
    module, a method by the function that returned its object, or else by its own name, unless it is a
    function of a module.
    """
    owner, name = _owner_and_name(callee, call)
    is_computed = _belongs_to(owner, _effects().modules.computing)
    is_method = not isinstance(callee, Symbol) or _is_object(owner)
    if name in _effects().methods.substituting and (is_computed or is_method):
        is_first = bool(call.args) and call.args[0].value is argument
        return is_first and isinstance(call.args[0].keyword, cst.Name | None)
    return is_computed or (is_method and name in _effects().methods.keeping)


def computes_with(function: str) -> bool:
    """Whether a library's function, by its qualified name, computes something for the program from its
    arguments, and hands them on to nobody."""
    return is_pure_function(function) or _belongs_to(function, _effects().modules.computing)


def searches_text(function: str) -> bool:
    """Whether a library's function, by its qualified name, searches a text for a pattern."""
    return _belongs_to(function, _effects().modules.searching)


def parses_text(function: str) -> bool:
    """Whether a library's function, by its qualified name, takes a file name, a URL or another text
    apart, or searches a text."""
    return searches_text(function) or _belongs_to(function, _effects().modules.parsing)


def reads_data(function: str) -> bool:
    """Whether a library's function, by its qualified name, returns decoded or stored data, which may be
    null."""
    module, _, name = function.rpartition(".")
    return name in _effects().methods.decoding and not _belongs_to(module, _effects().modules.tables)


def makes_text(name: str | None) -> bool:
    """Whether a library's function or method, by its own name, returns text or bytes."""
    return name in _effects().methods.texts


def is_file(value: Unknown) -> bool:
    """Whether a value can be read like a file: the result of `open`, or of a function or method that opens
    one."""
    name = value.member[1]
    return value == FILE or (name.endswith("()") and name.removesuffix("()") in _effects().methods.files)


def is_text_type(name: str) -> bool:
    """Whether a declared type, by its qualified name, takes any text, or any address, as it is."""
    return name in _effects().declarations.text_types


def ignores_value(argument: str) -> bool:
    """Whether an argument of a field's specifier, by its name, doesn't inspect the value of the field."""
    return argument in _effects().declarations.ignoring_arguments


def is_pure_function(name: str) -> bool:
    """Whether a library's function has no side effect, by its qualified name."""
    owner, _, last = name.rpartition(".")
    is_method = last in _effects().methods.pure and _is_object(owner)
    effects = _effects()
    return is_method or any(
        _is_listed(name, functions) for functions in (effects.pure_functions, effects.declaring_functions)
    )


def declares_type(callee: Value) -> bool:
    """Whether a library's function returns an argument and only declares its type."""
    return isinstance(callee, Symbol) and _is_listed(callee.name, _effects().declaring_functions)


def looks_at_type(callee: Value) -> bool:
    """Whether a library's function only tests or declares the type of its arguments."""
    is_test = isinstance(callee, Symbol) and _is_listed(callee.name, _effects().type_testing_functions)
    return is_test or declares_type(callee)


def _is_listed(name: str, functions: ByModule) -> bool:
    module, _, last = name.rpartition(".")
    return last in functions.get(module, ())


def _belongs_to(name: str, owners: Collection[str]) -> bool:
    """Whether a qualified name is that of one of the modules or types, or of a part of one."""
    return any(name == owner or name.startswith(f"{owner}.") for owner in owners)


def _owner_and_name(callee: Value, call: cst.Call) -> tuple[str, str]:
    """The qualified name of a function's module, or of the function that returned a method's object, and the
    function's own name. Each is empty if it isn't known."""
    match callee:
        case Symbol(name):
            owner, _, last = name.rpartition(".")
            return owner, last
        case MemberRef(receiver, name):
            return _maker(receiver), name
    name = call.func.attr.value if isinstance(call.func, cst.Attribute) else ""
    return _maker(callee), name


def _maker(value: Value) -> str:
    """The qualified name of a library's object, or of the library's function that returned it."""
    if isinstance(value, Symbol):
        return value.name
    if isinstance(value, MemberRef):
        return _maker(value.receiver)
    return value.maker if isinstance(value, Unknown) else ""


def _is_object(name: str) -> bool:
    """Whether a qualified name is that of a library's object or type, rather than of a module."""
    return name in _effects().modules.types or "." in name


def _shows_by_name(name: str) -> bool:
    owner, _, last = name.rpartition(".")
    is_logger = owner in _effects().modules.logging or _is_object(owner)
    is_log_method = last in _effects().methods.logging and is_logger
    return is_log_method or _is_listed(name, _effects().displaying_functions)


def _is_pure_method(receiver: Value, name: str, arguments: Sequence[cst.Arg]) -> bool:
    if not leaves_receiver(name):
        return False
    positional = [argument for argument in arguments if argument.keyword is None and not argument.star]
    if name == "get":  # `Queue.get(block, timeout)` removes an element
        return bool(positional) and len(positional) == len(arguments) and not _is_switch(positional[0].value)
    if name == "join" and isinstance(receiver, Unknown | Ref):  # a thread, or a queue, that waits
        return False
    if not isinstance(receiver, Unknown):
        return True
    return name != "replace" or len(positional) > 1  # `Path.replace(target)` moves a file


def _is_switch(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Name) and node.value in ("True", "False")


def makes_decorator(name: str) -> bool:
    """Whether a library's function, by its qualified name, returns a decorator that calls the function and
    returns its result."""
    return _is_listed(name, _effects().decorating_functions)


def makes_caller(name: str) -> bool:
    """Whether objects that a library's function or class makes call the function that they get, with the
    other arguments."""
    return _is_listed(name, _effects().calling_functions)
