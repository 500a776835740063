"""Models of `json` and of libraries with the same interface."""

from kognitos_migrate.interpret.classes.attribute_lookup import PLAIN_BASES, class_attribute, mro_of
from kognitos_migrate.interpret.dict_entries import keys_with_text
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.functional import partial
from kognitos_migrate.interpret.library.str_methods import return_receiver
from kognitos_migrate.interpret.object_hooks import decode_by_hook
from kognitos_migrate.interpret.state.facts import AccessKind, UseKind
from kognitos_migrate.interpret.state.tracked_values import heap_objects_behind, values_in_object
from kognitos_migrate.interpret.state.use_details import HOOKS, NUMBER_TYPES
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.rulebook.model import View
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import Instance, Operand
from kognitos_migrate.values.join import alternatives, join, without_membership
from kognitos_migrate.values.lattice import (
    DECODED_JSON,
    ENCODED_JSON,
    NEVER,
    NONE,
    UNKNOWN,
    Class,
    Const,
    Decoding,
    Json,
    MemberRef,
    Reply,
    Symbol,
    Text,
    Value,
    library_result,
)


def dumps(call: CallPoint) -> Value:
    """The result of `json.dumps(value)`.

    An instance of a program's class is encoded by an unknown encoder. The arguments escape if the program's
    own encoder may change the form of the values.
    """
    argument = call.arguments.first("obj")
    if argument is None:
        return UNKNOWN
    if _may_customize_encoding(call):
        call_unmodeled(call, "a custom JSON encoder")
        return ENCODED_JSON
    if any(_is_surely_not_dict(call, choice) for choice in alternatives(argument.value)):
        if not call.interpreter.tracked(argument.value):
            call_unmodeled(call, "a JSON encoder")
            return ENCODED_JSON
    call.note_access(AccessKind.ENCODE, argument)
    options = (call.arguments.first(name, place=place) for name, place in _ENCODER_OPTIONS)
    encoder = next((option.site for option in options if option is not None and option.value != NONE), None)
    return Json(_without_own_results(call, argument), argument.site, argument.frame, encoder)


def _without_own_results(call: CallPoint, argument: Operand) -> Value:
    """The value that a call encodes. Its own results, which a loop encodes again and again, count as JSON
    text of any content: each round would nest them once more.

    body["value"] = json.dumps(body["value"])
    """
    choices = list(alternatives(argument.value))
    nested = [
        choice
        for choice in choices
        if isinstance(choice, Json) and (choice.site, choice.frame) == (argument.site, argument.frame)
    ]
    if not nested:
        return argument.value
    for choice in nested:
        call.note_use(UseKind.ESCAPE, choice, argument.site)
    return join(*(choice for choice in choices if choice not in nested), ENCODED_JSON)


def _may_customize_encoding(call: CallPoint) -> bool:
    """Whether an encoder may encode values that JSON has a form for in another way.

    It has a method for whole values, an option that omits some, or unknown arguments.
    """
    arguments = call.arguments
    if arguments.spread or arguments.keyword_spread or len(arguments.positional) > len(_POSITIONAL_OPTIONS):
        return True
    for name, option in (
        *zip(_POSITIONAL_OPTIONS, arguments.positional, strict=False),
        *arguments.keywords.items(),
    ):
        for choice in alternatives(option.value):
            if name == "cls" and not _preserves_forms(call, choice):
                return True
            if name not in ("cls", *_FAITHFUL_OPTIONS) and choice not in _DEFAULT_VALUES:
                return True
    return False


def _preserves_forms(call: CallPoint, encoder: Value) -> bool:
    """Whether an encoder class leaves values that JSON has a form for to the library."""
    if encoder == NONE or (isinstance(encoder, Symbol) and encoder.name in _ENCODERS):
        return True
    if not isinstance(encoder, Class) or mro_of(call.interpreter, encoder).outside_names.difference(
        (*PLAIN_BASES, *_ENCODERS)
    ):
        return False
    return all(class_attribute(call.interpreter, encoder, name) is NEVER for name in _WHOLE_VALUE_METHODS)


def _is_surely_not_dict(call: CallPoint, value: Value) -> bool:
    """Whether a value is an instance of a program's class that is certainly not a dict."""
    instance = call.interpreter.heap.get(value)
    if not isinstance(instance, Instance) or instance.cls is None:
        return False
    mro = mro_of(call.interpreter, instance.cls)
    is_plain = not mro.outside_names.difference(PLAIN_BASES)
    return mro.family is not None or (
        is_plain and class_attribute(call.interpreter, instance.cls, "items") is NEVER
    )


def loads(call: CallPoint) -> Value:
    """The result of `json.loads(text)` and `json.load(file)`."""
    argument = call.arguments.first("s", "fp")
    if argument is None:
        return UNKNOWN
    results: list[Value] = []
    for choice in alternatives(argument.value):
        options = _effect_of_options(call) if isinstance(choice, Reply) else None
        if options is not None:
            call.note_use(UseKind.METHOD, choice, argument.site, detail=options)
        if isinstance(choice, Json):
            call.note_use(UseKind.DECODE, Json(NEVER, choice.site, choice.frame), argument.site)
            results.append(_decode_by_hooks(call, _data_in_json(call, choice.value)))
        elif isinstance(choice, Reply) and (choice.path == (View.TEXT,) or _is_file(call, choice)):
            results.append(Reply(choice.request, (View.JSON,)))
        elif isinstance(choice, Reply):
            call.note_use(UseKind.DECODE, choice, argument.site)
            results.append(choice.at(Decoding.LOADS))
        else:
            escaped_value = choice.receiver if isinstance(choice, MemberRef) else choice
            call.note_use(
                UseKind.ESCAPE,
                escaped_value,
                argument.site,
                detail="a custom JSON decoder",
            )
            is_plain = _changing_options(call) <= _VALUE_OPTIONS
            results.append(DECODED_JSON if is_plain else _DECODED_BY_HOOKS)
    return join(*results)


def _decode_by_hooks(call: CallPoint, data: Value) -> Value:
    """The data of a JSON text as the hooks of a call return them."""
    hooks = [name for name in _HOOKS if name in _changing_options(call)]
    hook = call.arguments.keywords.get(hooks[0]) if hooks else None
    if not hooks or not call.interpreter.heap.objects_of(data) or (hook and hook.value in _TYPES_OF_OBJECTS):
        return data
    decoded = decode_by_hook(call, data, hook.value) if hook and hooks == ["object_hook"] else None
    return _DECODED_BY_HOOKS if decoded is None else decoded


def _effect_of_options(call: CallPoint) -> str | None:
    """How the options of a decoding change its result: NUMBER_TYPES if they may choose other types of numbers
    than Python's, or may do anything; HOOKS if they take part in another way. None if they change nothing."""
    changes = _changing_options(call)
    if not changes:
        return None
    return HOOKS if changes <= _EXACT_OPTIONS else NUMBER_TYPES


def _changing_options(call: CallPoint) -> set[str]:
    """The options of a decoding that have another value than their default. Unknown ones are called `**`."""
    arguments = call.arguments
    unknown = {"**"} if arguments.spread or arguments.keyword_spread else set[str]()
    return unknown | {
        name
        for name, option in arguments.keywords.items()
        if name not in _INPUTS
        if not all(choice in _DEFAULTS.get(name, _DEFAULT_VALUES) for choice in alternatives(option.value))
    }


def make_decoder(call: CallPoint) -> Value:
    """The result of `json.JSONDecoder(...)`: a partial application of its own method `decode`."""
    arguments = replace(call.arguments, positional=[call.operand(_DECODE), *call.arguments.positional])
    decoder = partial(replace(call, arguments=arguments))
    for instance in call.interpreter.heap.objects_of(decoder):
        if isinstance(instance, Instance):
            instance.put("partial 0", call.operand(decoder))
            instance.put("decode", call.operand(decoder))
            instance.put("raw_decode", call.operand(Symbol(f"{DECODER_CLASSES[0]}.raw_decode")))
    return decoder


def _encoder_of(name: str) -> Model:
    """The model of an encoder's class, such as `json.JSONEncoder(...)`: its `encode` is the encoding function
    itself, or a partial one with the options of the encoder."""
    function = Symbol(name)

    def make_encoder(call: CallPoint) -> Value:
        arguments = replace(call.arguments, positional=[call.operand(function), *call.arguments.positional])
        encoder = partial(replace(call, arguments=arguments))
        has_options = any(True for _ in call.arguments.everything())
        for instance in call.interpreter.heap.objects_of(encoder):
            if isinstance(instance, Instance):
                instance.put("encode", call.operand(encoder if has_options else function))
        return encoder

    return make_encoder


def _data_in_json(call: CallPoint, value: Value) -> Value:
    """The data in the JSON text of a value. The members of Enums in it became texts, perhaps others."""
    if isinstance(value, Text) and value.member_of is not None:
        return join(without_membership(value), UNKNOWN)
    interpreter = call.interpreter
    contents = [
        content
        for heap_object in heap_objects_behind((value,), interpreter.heap)
        for content in (*values_in_object(heap_object), *keys_with_text(interpreter, heap_object))
    ]
    has_members = any(
        isinstance(leaf, Text) and leaf.member_of is not None for leaf in alternatives(*contents)
    )
    return join(value, UNKNOWN) if has_members else value


def decode(call: CallPoint) -> Value:
    """The result of a decoder's `decode`. The decoder comes before the text in the arguments. If the program
    sets its attributes, it may do anything."""
    decoder, *positional = call.arguments.positional
    for instance in call.interpreter.heap.objects_of(decoder.value):
        names = instance.attributes if isinstance(instance, Instance) else ()
        if any(name not in _DECODER_METHODS and not name.startswith("partial ") for name in names):
            return decode_by_class(call)
    return loads(replace(call, arguments=replace(call.arguments, positional=positional)))


def decode_by_class(call: CallPoint) -> Value:
    """The result of a decoder's method, if the decoder has a class of its own: it may do anything."""
    for argument in call.arguments.everything():
        for choice in alternatives(argument.value):
            if isinstance(choice, Reply):
                call.note_use(UseKind.METHOD, choice, argument.site, detail=NUMBER_TYPES)
    return call_unmodeled(call, "a custom JSON decoder")


def _is_file(call: CallPoint, reply: Reply) -> bool:
    """Whether a reply is read like a file, by `read()`."""
    return not reply.path and call.interpreter.reply_members(reply.request).get("read()") is View.TEXT


def dump(call: CallPoint) -> Value:
    """The result of `json.dump(value, file)`. The value escapes."""
    argument = call.arguments.first("obj")
    if argument is not None:
        call.note_use(UseKind.ESCAPE, argument.value, argument.site, detail="a file")
    return UNKNOWN


_POSITIONAL_OPTIONS = ("obj", "default")
"""The positional arguments of an encoding function."""
_ENCODER_OPTIONS = (("default", 1), ("cls", len(_POSITIONAL_OPTIONS)))
"""The options, by name and position, for values that JSON has no form for."""
_FAITHFUL_OPTIONS = (
    *_POSITIONAL_OPTIONS,
    "indent",
    "separators",
    "sort_keys",
    "ensure_ascii",
    "allow_nan",
    "check_circular",
)
"""The options that don't change values that JSON has a form for."""
_DEFAULT_VALUES = (NONE, Const(value=False))
_ENCODERS = ("json.JSONEncoder", "json.encoder.JSONEncoder", "simplejson.JSONEncoder")
_WHOLE_VALUE_METHODS = ("__init__", "encode", "iterencode")
"""The methods of an encoder that receive whole values, and its constructor."""
DECODER_CLASSES = ("json.JSONDecoder", "json.decoder.JSONDecoder", "simplejson.JSONDecoder")
_DECODER_METHODS = ("decode", "raw_decode")
_DECODE = Symbol("json.JSONDecoder().decode")
_INPUTS = ("s", "fp")
_EXACT_OPTIONS = frozenset(("object_hook", "object_pairs_hook", "parse_int", "parse_constant"))
"""The options of a decoding to which text that is encoded again makes no difference. A float, unlike an
integer, may have lost digits then."""
_VALUE_OPTIONS = frozenset(("parse_float", "parse_int", "parse_constant"))
"""The options of a decoding that leave its objects dicts with texts as keys."""
_HOOKS = ("**", "cls", "object_pairs_hook", "object_hook")
"""The options of a decoding that may return anything for an object, the one that counts first."""
_TYPES_OF_OBJECTS = (Symbol("builtins.dict"), Symbol("collections.OrderedDict"))
"""The hooks that leave an object a dict with the same entries."""
_DECODED_BY_HOOKS = library_result("json.JSONDecoder.decode", "json.JSONDecoder.decode", is_data=True)
"""The result of a decoding whose objects may be anything."""
_DEFAULTS = {
    "parse_float": (NONE, Symbol("builtins.float")),
    "parse_int": (NONE, Symbol("builtins.int")),
    "cls": (NONE, *map(Symbol, DECODER_CLASSES)),
    "strict": (NONE, Const(value=False), Const(value=True)),
}
"""The values of options that change nothing, where they aren't None and False alone."""
JSON_LIBRARIES = ("json", "simplejson", "ujson", "orjson", "rapidjson")
ENCODERS = (
    *(f"{library}.dumps" for library in JSON_LIBRARIES),
    "msgspec.json.encode",
    "pydantic_core.to_json",
)
"""The functions that encode JSON, as text or bytes."""
_ENCODER_CLASSES = {**dict.fromkeys(_ENCODERS, "json.dumps"), "msgspec.json.Encoder": "msgspec.json.encode"}
"""The classes of encoders, with the functions that their method `encode` is."""
ENCODER_METHODS = tuple(f"{encoder}().encode" for encoder in _ENCODER_CLASSES)
DECODERS = ("json.load", *(f"{library}.loads" for library in JSON_LIBRARIES))
"""The functions that decode JSON."""

SYMBOLS: dict[str, Model] = {
    **dict.fromkeys(ENCODERS, dumps),
    **dict.fromkeys(DECODERS, loads),
    **{f"{library}.dump": dump for library in JSON_LIBRARIES},
    **dict.fromkeys(DECODER_CLASSES, make_decoder),
    **{encoder: _encoder_of(function) for encoder, function in _ENCODER_CLASSES.items()},
    _DECODE.name: decode,
    **{f"{decoder}.{name}": decode_by_class for decoder in DECODER_CLASSES for name in _DECODER_METHODS},
}


METHODS: dict[str, Method] = {f"json.{name}": return_receiver for name in ("encode", "decode", "strip")}
