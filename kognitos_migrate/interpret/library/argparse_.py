"""`argparse`: an option is what users set, or its default."""

from typing import cast

from kognitos_migrate.interpret.containers import literal
from kognitos_migrate.interpret.machine import Call, Method, Model
from kognitos_migrate.interpret.merged import absorb
from kognitos_migrate.interpret.namespaces import of_instance
from kognitos_migrate.interpret.state.events import PRINT, UseKind
from kognitos_migrate.values.base import NEVER, NONE, UNKNOWN, Member, Ref, Symbol, Unknown, Value
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.join import alternatives, join


def parser(call: Call) -> Value:
    """`ArgumentParser()`; groups and sub-parsers are taken for the parser itself."""
    ref, thing = call.machine.instance(call.act, call.node)
    formatter = call.arguments.keywords.get("formatter_class")
    if formatter is not None:
        thing.put("formatter_class", formatter)
    return ref


def add_argument(call: Call, member: Value) -> Value:
    """`add_argument("--name", default=...)`: the namespace, which is the parser here, has that attribute."""
    thing = call.machine.heap[cast(Ref, cast(Member, member).receiver)]
    names = [literal(given.value) or "" for given in call.arguments.positional]
    destination = call.arguments.keywords.get("dest")
    long = [name for name in names if name.startswith("--")] or names
    name = (literal(destination.value) if destination else None) or (
        long[0].lstrip("-").replace("-", "_") if long else ""
    )
    default = call.arguments.keywords.get("default")
    value = join(Unknown(f"option {name}", public=True), default.value if default else NONE)
    if default is None and (
        not names or not names[0].startswith("-") or "required" in call.arguments.keywords
    ):
        value = Unknown(f"argument {name}", public=True)
    if isinstance(thing, Instance) and name:
        thing.put(name, call.given(value))
        shown = call.arguments.keywords.get("help")
        if shown is not None and default is not None and "%(default)" in (literal(shown.value) or ""):
            thing.put(_SHOWN, default)
    return Symbol("argparse.Action")


def itself(call: Call, member: Value) -> Value:
    """`parse_args()`, `add_subparsers()`, `add_parser()`, ...: the parser itself."""
    return cast(Member, member).receiver


def parsed(call: Call, member: Value) -> Value:
    """`parse_args(arguments, namespace)`: the parser itself, or the object that the options are set on."""
    m, receiver = call.machine, cast(Member, member).receiver
    target = call.arguments.first("namespace", place=1)
    thing = m.heap[cast(Ref, receiver)]
    if target is None or target.value == NONE or not isinstance(thing, Instance):
        return receiver
    for name, origins in list(thing.origins.items()):
        for origin in list(origins):
            m.rooms.set_attribute(call, target, name, origin)
    return target.value


def quiet(call: Call, member: Value) -> Value:
    """`set_defaults` and the like."""
    thing = call.machine.heap[cast(Ref, cast(Member, member).receiver)]
    if isinstance(thing, Instance):
        for name, given in call.arguments.keywords.items():
            thing.put(name, given)
        for spread in call.arguments.keyword_spread:
            absorb(call.machine, call.act, call.node, of_instance(call.machine, thing)[1], spread)
    return NONE


def described(call: Call, member: Value) -> Value:
    """`format_help()`, `print_help()`: the defaults that the formatter, or the help of an option, shows."""
    thing = call.machine.heap[cast(Ref, cast(Member, member).receiver)]
    held = thing.attributes if isinstance(thing, Instance) else {}
    formatter = held.get("formatter_class", _SILENT[0])
    is_silent = all(choice in _SILENT for choice in alternatives(formatter))
    shown = held.get(_SHOWN, NEVER) if is_silent else join(*held.values())
    call.use(UseKind.ESCAPE, shown, call.site, detail=PRINT)
    return UNKNOWN


def parsed_known(call: Call, member: Value) -> Value:
    """`parse_known_args()`: the namespace and the rest."""
    given = call.given(cast(Member, member).receiver)
    rest = call.given(Unknown("the rest of the arguments"))
    return call.machine.sequence(call.act, call.node, [given, rest])


_SHOWN = "%(default)s"
"""The attribute of a parser that holds the defaults which the help of their options shows."""
_SILENT = tuple(
    Symbol(f"argparse.{name}")
    for name in ("HelpFormatter", "RawDescriptionHelpFormatter", "RawTextHelpFormatter")
)
"""Formatters that show no defaults by themselves."""
_SAME = (
    "add_argument_group",
    "add_mutually_exclusive_group",
    "add_subparsers",
    "add_parser",
)

SYMBOLS: dict[str, Model] = {"argparse.ArgumentParser": parser}
METHODS: dict[str, Method] = {
    "object.add_argument": add_argument,
    "object.parse_known_args": parsed_known,
    "object.set_defaults": quiet,
    **{f"object.{name}": parsed for name in ("parse_args", "parse_intermixed_args")},
    **{f"object.{name}": itself for name in _SAME},
    **{f"object.{name}": described for name in ("format_help", "print_help")},
}
