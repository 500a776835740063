"""Models of parsers of command lines: `argparse`, `optparse`, `click` and `typer`."""

from typing import cast

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.classes.type_validation import (
    CHOICE,
    convert_text,
    note_choice_comparisons,
    texts_of_choices,
)
from kognitos_migrate.interpret.dict_merge import merge_and_note
from kognitos_migrate.interpret.displays import put_entry
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.str_methods import return_receiver
from kognitos_migrate.interpret.names import instance_namespace
from kognitos_migrate.interpret.setting_defaults import setting_or_default
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import PRINT
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled, call_without_storage, declare_setting
from kognitos_migrate.syntax.functions import positional_parameters
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import (
    NEVER,
    NONE,
    UNKNOWN,
    Bound,
    Class,
    Function,
    MemberRef,
    Ref,
    Symbol,
    Text,
    Unknown,
    Value,
    library_result,
    option_of_command,
)
from kognitos_migrate.values.texts import known_text


def parser(call: CallPoint) -> Value:
    """The result of `ArgumentParser()`. Argument groups and subparsers are modelled as the parser itself."""
    ref, instance = call.interpreter.allocate_library_instance(call.act, call.node)
    formatter = call.arguments.keywords.get("formatter_class")
    if formatter is not None:
        instance.put("formatter_class", formatter)
    return ref


def option_parser(call: CallPoint) -> Value:
    """The result of `optparse.OptionParser()`. Its groups are modelled as the parser itself."""
    ref = parser(call)
    for instance in (
        call.interpreter.heap[choice] for choice in alternatives(ref) if isinstance(choice, Ref)
    ):
        if isinstance(instance, Instance):
            instance.put(_RETURNS_PAIR, call.operand(NONE))
    return ref


def optparse_group(call: CallPoint) -> Value:
    """The result of `optparse.OptionGroup(parser, title)`: the parser."""
    owner = call.arguments.first("parser")
    return owner.value if owner is not None else UNKNOWN


def add_argument(call: CallPoint, member: MemberRef) -> Value:
    """The result of `add_argument("--name", default=...)`. The parser also models the namespace, so it gets
    the attribute."""
    parser_object = call.interpreter.heap[cast(Ref, member.receiver)]
    names = [known_text(argument.value) or "" for argument in call.arguments.positional]
    destination = call.arguments.keywords.get("dest")
    long = [name for name in names if name.startswith("--")] or names
    name = (known_text(destination.value) if destination else None) or (
        long[0].lstrip("-").replace("-", "_") if long else ""
    )
    default = call.arguments.keywords.get("default")
    is_required = default is None and (
        not names or not names[0].startswith("-") or "required" in call.arguments.keywords
    )
    text = Unknown(f"argument {name}", public=True) if is_required else option_of_command(name)
    value = _converted_option(call, text)
    if not is_required:
        value = join(value, _checked_default(call, default) if default else NONE)
    if isinstance(parser_object, Instance) and name:
        parser_object.put(name, call.operand(value))
        help_text = call.arguments.keywords.get("help", call.operand(UNKNOWN))
        if default is not None and "%(default)" in (known_text(help_text.value) or ""):
            parser_object.put(_SHOWN_DEFAULTS, default)
    elif isinstance(parser_object, Instance):
        parser_object.put(_UNNAMED_OPTION, call.operand(value))
    return Symbol("argparse.Action")


def _converted_option(call: CallPoint, text: Value) -> Value:
    """The text that a user writes, and what the function or class of the program in `type` makes of it."""
    declared = call.arguments.keywords.get("type")
    converters = [] if declared is None else [*alternatives(declared.value)]
    own = (converter for converter in converters if isinstance(converter, Function | Class))
    return join(text, *(convert_text(call, converter, call.operand(text)) for converter in own))


def _checked_default(call: CallPoint, default: Operand) -> Value:
    """The default of an option after the function or type that `type` names has converted it. The texts that
    the option allows are compared with it: users write them."""
    keywords = call.arguments.keywords
    declared, choices = keywords.get("type"), keywords.get("choices")
    texts = [choice for choice in alternatives(default.value) if isinstance(choice, Text)]
    if declared is None or not texts:
        value = default.value
    else:
        text = default._replace(value=join(*texts))
        others = (choice for choice in alternatives(default.value) if not isinstance(choice, Text))
        value = join(convert_text(call, declared.value, text), *others)
    if choices is not None:
        note_choice_comparisons(
            call, default._replace(value=value), texts_of_choices(call.interpreter, choices.value)
        )
    return value


def parse_options(call: CallPoint, member: MemberRef) -> Value:
    """The result of `parse_args(arguments, namespace)`: the parser, or the object on which the options are
    set."""
    interpreter, receiver = call.interpreter, member.receiver
    target = call.arguments.first("namespace", place=1)
    parser_object = interpreter.heap[cast(Ref, receiver)]
    if isinstance(parser_object, Instance) and _RETURNS_PAIR in parser_object.attributes:
        return parse_known_options(call, member)
    if target is None or target.value == NONE or not isinstance(parser_object, Instance):
        return receiver
    for name, origins in list(parser_object.origins.items()):
        for origin in list(origins):
            if name == _UNNAMED_OPTION:
                _set_unnamed(call, target, origin)
            else:
                interpreter.transfer.set_attribute(call, target, name, origin)
    return target.value


def _set_unnamed(call: CallPoint, owner: Operand, value: Operand) -> None:
    """Set an attribute whose name isn't known."""
    interpreter = call.interpreter
    for choice in alternatives(owner.value):
        instance = interpreter.heap.get(choice)
        if isinstance(instance, Instance):
            names = instance_namespace(interpreter, instance)[1]
            interpreter.stores += put_entry(
                interpreter, names, call.operand(UNKNOWN), value, call.site, optional=True
            )


def set_defaults(call: CallPoint, member: MemberRef) -> Value:
    """The result of `set_defaults(name=value)`."""
    parser_object = call.interpreter.heap[cast(Ref, member.receiver)]
    if isinstance(parser_object, Instance):
        for name, default in call.arguments.keywords.items():
            parser_object.put(name, default)
        for spread in call.arguments.keyword_spread:
            merge_and_note(call, instance_namespace(call.interpreter, parser_object)[1], spread)
    return NONE


def set_default(call: CallPoint, member: MemberRef) -> Value:
    """The result of `set_default(name, value)` of `optparse`."""
    name, default = call.arguments.first("dest"), call.arguments.first("value", place=1)
    word = known_text(name.value) if name is not None else None
    parser_object = call.interpreter.heap[cast(Ref, member.receiver)]
    if word and default is not None and isinstance(parser_object, Instance):
        parser_object.put(word, default)
        return NONE
    return call_unmodeled(call, "a default of an option")


def show_help(call: CallPoint, member: MemberRef) -> Value:
    """The result of `format_help()` and `print_help()`. Defaults that the formatter or an option's help shows
    are printed."""
    parser_object = call.interpreter.heap[cast(Ref, member.receiver)]
    attributes = parser_object.attributes if isinstance(parser_object, Instance) else {}
    formatter = attributes.get("formatter_class", _SILENT_FORMATTERS[0])
    is_silent = all(choice in _SILENT_FORMATTERS for choice in alternatives(formatter))
    printed_defaults = attributes.get(_SHOWN_DEFAULTS, NEVER) if is_silent else join(*attributes.values())
    call.note_use(UseKind.ESCAPE, printed_defaults, call.site, detail=PRINT)
    return UNKNOWN


def parse_known_options(call: CallPoint, member: MemberRef) -> Value:
    """The result of `parse_known_args()`: the namespace and the remaining arguments."""
    options = call.operand(member.receiver)
    rest = call.operand(Unknown("the rest of the arguments"))
    return call.interpreter.allocate_sequence(call.act, call.node, [options, rest])


_SHOWN_DEFAULTS = "%(default)s"
"""The reserved attribute of a parser for the defaults that the help texts of options show."""
_RETURNS_PAIR = "-"
"""The reserved attribute of a parser that returns the options with the remaining arguments."""
_UNNAMED_OPTION = "--"
"""The reserved attribute of a parser for the values of options whose names aren't known."""
_SILENT_FORMATTERS = tuple(
    Symbol(f"argparse.{name}")
    for name in ("HelpFormatter", "RawDescriptionHelpFormatter", "RawTextHelpFormatter")
)
"""Formatters that don't show defaults by themselves."""
_PARSER_METHODS = (
    "add_argument_group",
    "add_mutually_exclusive_group",
    "add_subparsers",
    "add_parser",
)


def declare_option(call: CallPoint) -> Value:
    """The value of `typer.Option(default, "--name")` as a parameter's default: a setting of users, or
    `default`."""
    default = call.arguments.first("default")
    if default is not None:
        _check_option(call, default)
    if default is None or not all(isinstance(choice, Text) for choice in alternatives(default.value)):
        return call_without_storage(call, "an option")
    return setting_or_default(call.arguments, default)


def model_of_option(name: str) -> Model:
    """The model of `click.option(...)` and the like, which declare an option, an argument or its choices."""

    def model(call: CallPoint) -> Value:
        default = call.arguments.keywords.get("default")
        if default is not None:
            _check_option(call, default)
        return declare_setting(call, name.rpartition(".")[2], name, library_result(name))

    return model


def _check_option(call: CallPoint, default: Operand) -> None:
    """Pass the default of an option to its type and to its callback, which get the words of users as well."""
    keywords = call.arguments.keywords
    for name in _TYPES:
        if name in keywords and keywords[name].value != NONE:
            convert_text(call, keywords[name].value, default)
    for name in _CALLBACKS:
        for callback in alternatives(keywords[name].value) if name in keywords else ():
            if isinstance(callback, Function):
                definition = call.interpreter.trees[callback.site.path].node(callback.site)
                context = [call.operand(UNKNOWN)] * (len(positional_parameters(definition)) - 1)
                call.call(callback, Arguments([*context, default]))
            elif callback != NONE:
                call.note_use(UseKind.METHOD, default.value, default.site, detail="a callback")


def choice(call: CallPoint) -> Value:
    """The type `click.Choice(["a", "b"])` of an option."""
    choices = call.arguments.first("choices")
    return Bound(CHOICE, choices.value) if choices is not None else UNKNOWN


_TYPES, _CALLBACKS = ("type", "click_type", "parser"), ("callback",)
"""The arguments of an option that receive its value."""
_OPTIONS = ("click.option", "click.argument", "click.command", "click.group")

SYMBOLS: dict[str, Model] = {
    **{name: model_of_option(name) for name in _OPTIONS},
    CHOICE.name: choice,
    "argparse.ArgumentParser": parser,
    "optparse.OptionParser": option_parser,
    "optparse.OptionGroup": optparse_group,
    **dict.fromkeys(("typer.Option", "typer.Argument"), declare_option),
}


METHODS: dict[str, Method] = {
    **{f"object.{name}": add_argument for name in ("add_argument", "add_option")},
    "object.add_option_group": return_receiver,
    "object.set_default": set_default,
    "object.parse_known_args": parse_known_options,
    "object.set_defaults": set_defaults,
    **{f"object.{name}": parse_options for name in ("parse_args", "parse_intermixed_args")},
    **{f"object.{name}": return_receiver for name in _PARSER_METHODS},
    **{f"object.{name}": show_help for name in ("format_help", "print_help")},
}
