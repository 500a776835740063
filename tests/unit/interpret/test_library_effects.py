"""Effects of library functions: the data is about what exists, and a method is known by its object."""

import importlib
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

from kognitos_migrate.config.toml import read_toml
from kognitos_migrate.interpret import library_effects
from kognitos_migrate.values.lattice import MemberRef, Symbol, Unknown, Value

DATA: Any = read_toml(Path(library_effects.__file__).parent / "library" / "effects.toml", ()).value
THIRD_PARTY = {"orjson", "rapidjson", "requests.utils", "simplejson", "ujson"}
FUNCTIONS = [
    (module, name)
    for table in ("pure_functions", "total_functions", "displaying_functions")
    for module, names in DATA[table].items()
    for name in names
    if module not in THIRD_PARTY
]


def _object(dotted: str) -> object:
    module, _, name = dotted.partition(".")
    found: object = importlib.import_module(module)
    return _object_below(found, module, name) if name else found


def _object_below(owner: object, path: str, rest: str) -> object:
    name, _, more = rest.partition(".")
    inner = getattr(owner, name) if hasattr(owner, name) else importlib.import_module(f"{path}.{name}")
    return _object_below(inner, f"{path}.{name}", more) if more else inner


@pytest.mark.parametrize(("module", "name"), FUNCTIONS)
def test_a_listed_function_of_the_standard_library_exists(module: str, name: str) -> None:
    assert callable(getattr(_object(module), name))


@pytest.mark.parametrize("name", [*DATA["modules"]["computing"], *DATA["modules"]["parsing"]])
def test_a_listed_module_or_type_exists(name: str) -> None:
    assert _object(name) is not None


def _call(text: str) -> cst.Call:
    call = cst.parse_expression(text)
    assert isinstance(call, cst.Call)
    return call


@pytest.mark.parametrize(
    ("callee", "is_kept"),
    [
        (Symbol("re.search"), True),
        (Symbol("requests.utils.quote"), False),
        (Unknown("re.compile().search", maker="re.compile"), True),
        (MemberRef(Unknown("re.compile()", maker="re.compile"), "search"), True),
        # parameters with the name of a module
        (Unknown("re.search"), False),
        (Unknown("email.search"), False),
        (MemberRef(Unknown("email"), "search"), False),
    ],
)
def test_a_function_keeps_an_argument_if_its_module_computes(callee: Value, is_kept: bool) -> None:
    call = _call("owner.search(text)")
    assert library_effects.keeps_argument(callee, call, call.args[0].value) is is_kept


def test_functions_are_known_by_their_qualified_names() -> None:
    assert library_effects.searches_text("re.Pattern.search")
    assert not library_effects.searches_text("requests.search")
    assert library_effects.parses_text("pathlib.PurePosixPath")
    assert not library_effects.parses_text("pathlib.Path")
    assert library_effects.computes_with("hashlib.sha256")
    assert not library_effects.computes_with("relay.send")
    assert library_effects.reads_data("yaml.safe_load")
    assert not library_effects.reads_data("tomllib.loads")
