"""Models of libraries that read settings: parsers of INI files, and readers of environment variables."""

from configparser import DEFAULTSECT
from functools import partial

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.ini_options import option_values, section_names, sections_named
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.iteration import elements_of
from kognitos_migrate.interpret.library.data_files import file_contents
from kognitos_migrate.interpret.setting_defaults import arguments_without, setting_default
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.unmodeled_calls import call_or_default, call_unmodeled
from kognitos_migrate.values.join import alternatives, join, plain_text
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Json,
    Ref,
    Symbol,
    Value,
    environment_variable,
    library_result,
)
from kognitos_migrate.values.texts import known_text


def _create_parser(name: str, call: CallPoint) -> Value:
    """The result of `ConfigParser(defaults)`: an unknown parser. Its defaults are those of all parsers."""
    interpreter, defaults = call.interpreter, call.arguments.first("defaults")
    interpreter.notes.note_library(call.act, name)
    for argument in call.arguments.everything():
        if argument is defaults and all(isinstance(choice, Ref) for choice in alternatives(argument.value)):
            call.note_flows(argument)
            new = [
                choice
                for choice in alternatives(argument.value)
                if choice not in interpreter.options.defaults
            ]
            interpreter.options.defaults += [choice for choice in new if isinstance(choice, Ref)]
            interpreter.shared.deferrals += bool(new)  # options may have been read before
        else:
            interpreter.mark_escaped(argument.value)
            call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail="a parser of settings files")
    return library_result(name, name)


def call_parser(call: CallPoint, method: str) -> Value:
    """The result of a parser's method, as far as settings files supply it; Never if it shows none of their
    values, None if it reads the contents of one."""
    arguments = call.arguments.positional
    if method in ("read", "read_file", "readfp", "read_string"):
        return NONE if _note_files_read(call) else NEVER
    if method == "get" and len(arguments) > 1:
        return option_values(call.interpreter, arguments[0].value, arguments[1].value)
    if method == "sections":
        names = section_names(call)
        return NEVER if names is None else call.call(call.attribute(names, "keys"), Arguments([]))
    if method == "defaults":
        return sections_named(call.interpreter, plain_text(DEFAULTSECT))
    if method == "write":
        for written in call.interpreter.options.sections:
            call.note_use(UseKind.ESCAPE, written, call.site, detail="a settings file that is written")
    if method in ("items", "values") and not arguments and call.interpreter.options.sections:
        contents = join(*call.interpreter.options.sections)
        return call.call(call.attribute(contents, method), Arguments([]))
    if method == "items" and arguments:
        section = sections_named(call.interpreter, arguments[0].value)
        return NEVER if section is NEVER else call.call(call.attribute(section, method), Arguments([]))
    return NEVER


def _note_files_read(call: CallPoint) -> bool:
    """Record the settings files that `parser.read(paths)` or `parser.read_file(file)` reads, and return
    whether the argument is nothing but the contents of such files."""
    interpreter, argument = call.interpreter, call.arguments.first()
    if argument is None:
        return False
    for choice in alternatives(argument.value):
        paths = elements_of(interpreter, choice) if isinstance(choice, Ref) else argument.value
        contents = choice if isinstance(choice, Json) else file_contents(call, paths)
        files = [content.value for content in alternatives(contents or NEVER) if isinstance(content, Json)]
        new = [
            file
            for value in files
            for file in alternatives(value)
            if isinstance(file, Ref) and file not in interpreter.options.sections
        ]
        interpreter.options.sections += new
        interpreter.shared.deferrals += bool(new)  # options may have been read before
    return all(isinstance(choice, Json) for choice in alternatives(argument.value))


_DECOUPLE, _ENVIRONS, _DJANGO, _STARLETTE = (
    Symbol(name) for name in ("decouple.config", "environs.env", "environ.env", "starlette.config.config")
)
"""The readers: functions, or objects that are called, of each library."""
_TEXT = Symbol("builtins.str")


def _read_variable(call: CallPoint) -> Value:
    """The result of `config("NAME", default=...)`: an environment variable, or the default. With other
    arguments, such as a function that converts the text, the variable isn't known."""
    arguments = call.arguments
    name, cast = arguments.first(), arguments.keywords.get("cast")
    word = known_text(name.value) if name is not None else None
    default = setting_default("", arguments)
    read = arguments_without(arguments, default) if default is not None else arguments
    is_plain = len(read.positional) == 1 and read.keywords.keys() <= {"cast"} and not read.keyword_spread
    if name is None or word is None or not is_plain or (cast is not None and cast.value != _TEXT):
        return call_or_default(call, "", "a reader of settings", UNKNOWN)
    call.note_use(UseKind.ESCAPE, name.value, name.site, detail="the name of an environment variable")
    return join(environment_variable(word), default.value if default is not None else NEVER)


def _reader(reader: Symbol) -> Model:
    """The model of a constructor, whose result reads variables."""

    def create(call: CallPoint) -> Value:
        call_unmodeled(call, "a reader of settings")
        return reader

    return create


_PARSERS = ("ConfigParser", "RawConfigParser", "SafeConfigParser")

SYMBOLS: dict[str, Model] = {
    "decouple.AutoConfig": _reader(_DECOUPLE),
    "environs.Env": _reader(_ENVIRONS),
    "environ.Env": _reader(_DJANGO),
    "starlette.config.Config": _reader(_STARLETTE),
    **dict.fromkeys((reader.name for reader in (_DECOUPLE, _ENVIRONS, _DJANGO, _STARLETTE)), _read_variable),
    **dict.fromkeys((f"{reader.name}.str" for reader in (_ENVIRONS, _DJANGO)), _read_variable),
    **{
        name: partial(_create_parser, name)
        for name in (f"{module}.{kind}" for module in ("configparser", "ConfigParser") for kind in _PARSERS)
    },
}
METHODS: dict[str, Method] = {}
