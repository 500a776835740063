"""Models of libraries that read environment variables, and the files in which these are set.

base = config("API_ROOT", default="https://rest-api.example.com/v1")     # decouple
"""

from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.setting_defaults import arguments_without, setting_default
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.structs import replace
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Symbol, Value, environment_variable
from kognitos_migrate.values.texts import known_text

_DECOUPLE, _ENVIRONS, _DJANGO, _STARLETTE = (
    Symbol(name) for name in ("decouple.config", "environs.env", "environ.env", "starlette.config.config")
)
"""The readers: functions, or objects that are called, of each library."""
_TEXT = Symbol("builtins.str")


def read_variable(call: CallPoint) -> Value:
    """The result of `config("NAME", default=...)`: the variable's value, or the default. With other
    arguments, such as a function that converts the text, it is unknown."""
    arguments = call.arguments
    name, cast = arguments.first(), arguments.keywords.get("cast")
    word = known_text(name.value) if name is not None else None
    default = setting_default("", arguments)
    if name is None or word is None or arguments.keyword_spread or (cast is not None and cast.value != _TEXT):
        return call_unmodeled(call, "a reader of settings")
    read = arguments_without(arguments, default) if default is not None else arguments
    if len(read.positional) > 1 or not read.keywords.keys() <= {"cast"}:
        return call_unmodeled(replace(call, arguments=read), "a reader of settings")
    call.note_use(UseKind.ESCAPE, name.value, name.site, detail="the name of an environment variable")
    return join(environment_variable(word), default.value if default is not None else NEVER)


def _reader(reader: Symbol) -> Model:
    """The model of a constructor, whose result reads variables."""

    def create(call: CallPoint) -> Value:
        call_unmodeled(call, "a reader of settings")
        return reader

    return create


SYMBOLS: dict[str, Model] = {
    "decouple.AutoConfig": _reader(_DECOUPLE),
    "environs.Env": _reader(_ENVIRONS),
    "environ.Env": _reader(_DJANGO),
    "starlette.config.Config": _reader(_STARLETTE),
    **dict.fromkeys((reader.name for reader in (_DECOUPLE, _ENVIRONS, _DJANGO, _STARLETTE)), read_variable),
    **dict.fromkeys((f"{reader.name}.str" for reader in (_ENVIRONS, _DJANGO)), read_variable),
}
METHODS: dict[str, Method] = {}
