"""Models of parsers of INI files, whose defaults are in the code."""

from functools import partial

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.values.join import alternatives
from kognitos_migrate.values.lattice import Ref, Unknown, Value


def _create_parser(name: str, call: CallPoint) -> Value:
    """The result of `ConfigParser(defaults)`: an unknown parser. Its defaults are those of all parsers."""
    m, defaults = call.machine, call.arguments.first("defaults")
    m.notes.library(call.act, name)
    for argument in call.arguments.everything():
        if argument is defaults and all(isinstance(choice, Ref) for choice in alternatives(argument.value)):
            call.flows(argument)
            new = [choice for choice in alternatives(argument.value) if choice not in m.option_defaults]
            m.option_defaults += [choice for choice in new if isinstance(choice, Ref)]
            m.shared.deferrals += bool(new)  # options may have been read before
        else:
            call.use(UseKind.ESCAPE, argument.value, argument.site, detail="a parser of settings files")
    return Unknown(f"{name}()", maker=name)


_PARSERS = ("ConfigParser", "RawConfigParser", "SafeConfigParser")

SYMBOLS: dict[str, Model] = {
    name: partial(_create_parser, name)
    for name in (f"{module}.{kind}" for module in ("configparser", "ConfigParser") for kind in _PARSERS)
}
METHODS: dict[str, Method] = {}
