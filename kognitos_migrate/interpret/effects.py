"""Side effects of functions and methods that the program doesn't define. Any that isn't known acts."""

import re
from collections.abc import Sequence

import libcst as cst

from kognitos_migrate.values.lattice import MemberRef, Ref, Symbol, Text, Unknown, Value


def _names(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[\w.]+", text))


_PURE_FUNCTIONS = frozenset(
    f"{module}.{name}"
    for module, names in {
        "builtins": """
            abs all any ascii bin bool bytes callable chr dict divmod enumerate filter float format frozenset
            getattr hasattr hash hex id int isinstance issubclass len list map max min oct ord pow range repr
            reversed round set slice sorted str sum tuple type zip
        """,
        "copy": "copy deepcopy",
        "dataclasses": "asdict astuple replace",
        "json": "dumps loads",
        "orjson": "dumps loads",
        "os": "fspath getenv",
        "os.path": """
            abspath basename dirname exists expanduser expandvars getsize isabs isdir isfile join normpath
            realpath relpath split splitext
        """,
        "rapidjson": "dumps loads",
        "requests.utils": "quote",
        "simplejson": "dumps loads",
        "string": "Template",
        "ujson": "dumps loads",
        "urllib.parse": """
            parse_qs parse_qsl quote quote_plus unquote unquote_plus urlencode urljoin urlparse urlsplit
            urlunparse urlunsplit
        """,
    }.items()
    for name in _names(names)
)
PURE_METHODS = _names(
    """
    as_posix capitalize casefold copy count decode dict dumps encode endswith expandtabs format format_map get
    getlist hexdigest index isalnum isalpha isdigit isoformat items join joinpath keys ljust loads lower
    lstrip model_dump partition removeprefix removesuffix replace rjust rpartition rsplit rstrip
    safe_substitute split splitlines startswith strip substitute title upper values zfill
    """
)
"""Methods of Python's types, and of those that resemble them, that leave their receiver as it is."""
_BUILTIN_TYPES = frozenset(
    f"builtins.{name}" for name in _names("str bytes dict list tuple int float set frozenset")
)
_DATA_READERS = _names(
    """
    decode deserialize full_load get load load_all loads safe_load safe_load_all unpackb
    unsafe_load
    """
)
_TABLE_FORMATS = _names("tomllib tomli toml tomlkit plistlib")
"""Modules that decode a table, never null."""
_LOG_METHODS = _names("debug info warning error exception critical log")
_LOGGERS = _names("logging loguru structlog")
_SHOWING_FUNCTIONS = _names(
    "builtins.print time.sleep asyncio.sleep warnings.warn sys.stderr.write sys.stdout.write"
)


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


_TOTAL_FUNCTIONS = _names("builtins.str builtins.bool os.getenv os.environ.get")
_TOTAL_METHODS = _names(
    """
    capitalize casefold endswith isalnum isalpha isdigit lower lstrip removeprefix removesuffix rstrip
    startswith strip title upper
    """
)
"""Methods of texts."""


def never_fails(callee: Value) -> bool:
    """Whether a library's function, or a method of a text, raises no error if its arguments are texts and
    constants of the types that it takes."""
    if isinstance(callee, MemberRef):
        return isinstance(callee.receiver, Text) and callee.name in _TOTAL_METHODS
    return isinstance(callee, Symbol) and callee.name in _TOTAL_FUNCTIONS


def only_shows(callee: Value, call: cst.Call) -> bool:
    """Whether a call of a library's function or method only displays its arguments, or waits."""
    if isinstance(callee, Symbol):
        return _shows_by_name(callee.name)
    if isinstance(callee, MemberRef):
        return callee.name in _LOG_METHODS
    return isinstance(call.func, cst.Attribute) and call.func.attr.value in _LOG_METHODS


def leaves_objects(function: str) -> bool:
    """Whether a function that isn't analysed changes no object that it gets. It is named by its qualified
    name, a method by its own name alone; the empty name stands for a function that certainly changes one."""
    if "." not in function:
        return function in PURE_METHODS or function in _READING_METHODS or function in _LOG_METHODS
    return is_pure_function(function) or _shows_by_name(function)


_COMPUTING_MODULES = _names("csv email fnmatch hashlib hmac re zlib")
"""Modules whose functions and objects compute or store, and hand nothing on."""
_KEEPING_METHODS = _names(
    """
    count endswith find index isidentifier removeprefix removesuffix rfind rindex startswith write_bytes
    write_text __contains__
    """
)
"""Methods of texts and files whose result contains no part of their arguments."""
_SUBSTITUTIONS = _names("replace sub subn")
"""Functions and methods whose result contains no part of their first argument, which is searched for."""


def keeps_argument(callee: Value, call: cst.Call, argument: cst.CSTNode) -> bool:
    """Whether a call of a library's function or method keeps an argument to itself, or in a file or message.

    The argument is not sent to its address, and no part of it is in the result. A function is known by its
    module, a method by its name, unless it is a function of a module.
    """
    owner, _, name = _called_name(callee, call).rpartition(".")
    is_computed = owner.partition(".")[0].partition(" ")[0] in _COMPUTING_MODULES
    is_method = not isinstance(callee, Symbol) or _is_object(owner)
    if name in _SUBSTITUTIONS and (is_computed or is_method):
        is_first = bool(call.args) and call.args[0].value is argument
        return is_first and isinstance(call.args[0].keyword, cst.Name | None)
    return is_computed or (is_method and name in _KEEPING_METHODS)


def computes_with(function: str) -> bool:
    """Whether a library's function, by its qualified name, computes something for the program from its
    arguments, and hands them on to nobody."""
    return is_pure_function(function) or function.partition(".")[0] in _COMPUTING_MODULES


def _called_name(callee: Value, call: cst.Call) -> str:
    """The qualified name of a library's function, or the source of an unknown value, without calls."""
    if isinstance(callee, Symbol):
        return callee.name
    if isinstance(callee, Unknown) and callee.source:
        return callee.source.replace("()", "")
    if isinstance(callee, MemberRef):
        return f"{_called_name(callee.receiver, call)}.{callee.name}"
    return call.func.attr.value if isinstance(call.func, cst.Attribute) else ""


_READING_METHODS = _names(
    """
    __contains__ __getitem__ __iter__ __len__ __reversed__ difference intersection isdisjoint issubset
    issuperset symmetric_difference union
    """
)


def reads_data(name: str) -> bool:
    """Whether a library's function returns decoded or stored data, which may be null, by its qualified
    name."""
    module, _, last = name.rpartition(".")
    return last in _DATA_READERS and module.partition(".")[0] not in _TABLE_FORMATS


def is_pure_function(name: str) -> bool:
    """Whether a library's function has no side effect, by its qualified name."""
    owner, _, last = name.rpartition(".")
    return name in _PURE_FUNCTIONS or (last in PURE_METHODS and _is_object(owner))


def _is_object(name: str) -> bool:
    """Whether a qualified name is that of a library's object or type, rather than of a module."""
    return name in _BUILTIN_TYPES or "." in name


def _shows_by_name(name: str) -> bool:
    owner, _, last = name.rpartition(".")
    is_logger = owner in _LOGGERS or _is_object(owner)
    return name in _SHOWING_FUNCTIONS or (last in _LOG_METHODS and is_logger)


def _is_pure_method(receiver: Value, name: str, arguments: Sequence[cst.Arg]) -> bool:
    if name not in PURE_METHODS:
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
