"""Models of `operator`: functions that read an item, an attribute, or call a method by its name."""

import libcst as cst

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.containers import item_of, use_as_key
from kognitos_migrate.interpret.interpreter import CallPoint, Method, Model
from kognitos_migrate.interpret.library.functional import partial
from kognitos_migrate.interpret.state.facts import UseKind
from kognitos_migrate.interpret.state.use_details import INDEX
from kognitos_migrate.interpret.unmodeled_calls import call_unmodeled
from kognitos_migrate.structs import replace
from kognitos_migrate.values.heap import DictObject, Operand, partial_target
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NONE, UNKNOWN, Ref, Reply, Symbol, Value
from kognitos_migrate.values.texts import known_text

_ITEM_GETTER = Symbol("operator.itemgetter()")
_ATTRIBUTE_GETTER = Symbol("operator.attrgetter()")
_METHOD_CALLER = Symbol("operator.methodcaller()")


def item_getter(call: CallPoint) -> Value:
    """The result of `itemgetter(key, ...)`: a partial application that reads these keys. Unknown if not all
    of them are in sight."""
    return _getter(call, _ITEM_GETTER, "operator.itemgetter")


def attribute_getter(call: CallPoint) -> Value:
    """The result of `attrgetter(path, ...)`: a partial application that reads the attributes at these dotted
    paths. Unknown if not all of them are in sight."""
    return _getter(call, _ATTRIBUTE_GETTER, "operator.attrgetter")


def _getter(call: CallPoint, target: Symbol, name: str) -> Value:
    if call.arguments.spread:
        return call_unmodeled(call, name)
    arguments = Arguments([call.operand(target), *call.arguments.positional])
    return partial(CallPoint(call.interpreter, call.act, call.node, arguments))


def call_item_getter(call: CallPoint) -> Value:
    """The result of a call of an item getter. Its keys come before the container in the arguments."""
    if _has_unknown_arguments(call):
        return call_unmodeled(call, "operator.itemgetter")
    *keys, container = call.arguments.positional
    return _one_or_all(call, keys, [_read_item(call, key, container) for key in keys])


def call_attribute_getter(call: CallPoint) -> Value:
    """The result of a call of an attribute getter. Its paths come before the object in the arguments."""
    if _has_unknown_arguments(call):
        return call_unmodeled(call, "operator.attrgetter")
    *paths, owner = call.arguments.positional
    return _one_or_all(call, paths, [_read_attribute(call, path, owner) for path in paths])


def _has_unknown_arguments(call: CallPoint) -> bool:
    """Whether it isn't known which argument is the object: some are unpacked, or it is missing."""
    return bool(call.arguments.spread) or len(call.arguments.positional) < _NAME_AND_OBJECT


_NAME_AND_OBJECT = 2


def _one_or_all(call: CallPoint, places: list[Operand], values: list[Value]) -> Value:
    """The only value, or a tuple of all."""
    if len(values) == 1:
        return values[0]
    items = [Operand(value, place.site, place.frame) for value, place in zip(values, places, strict=True)]
    return call.interpreter.allocate_sequence(call.act, call.node, items)


def _read_attribute(call: CallPoint, path: Operand, owner: Operand) -> Value:
    """The attribute at a dotted path. A reply on the way escapes, since no read here can be edited."""
    words = known_text(path.value)
    value = owner.value
    for word in words.split(".") if words is not None else ():
        if any(isinstance(choice, Reply) for choice in alternatives(value)):
            words = None
            break
        value = _attribute(call, value, word)
    if words is not None:
        return value
    unfollowed = Arguments([path, owner._replace(value=value)])
    return call_unmodeled(CallPoint(call.interpreter, call.act, call.node, unfollowed), "operator.attrgetter")


def _attribute(call: CallPoint, owner: Value, name: str) -> Value:
    """An attribute of any of the objects that a value may be. None has none, and raises."""
    return join(*(call.attribute(choice, name) for choice in alternatives(owner) if choice != NONE))


def method_caller(call: CallPoint) -> Value:
    """The result of `methodcaller(name, ...)`: a partial application that calls the method. Unknown if not
    all arguments are in sight."""
    if call.arguments.spread or call.arguments.keyword_spread:
        return call_unmodeled(call, "operator.methodcaller")
    target = call.operand(_METHOD_CALLER)
    arguments = replace(call.arguments, positional=[target, *call.arguments.positional])
    return partial(CallPoint(call.interpreter, call.act, call.node, arguments))


def call_method(call: CallPoint) -> Value:
    """The result of a call of a method caller. The name and the arguments come before the receiver."""
    if _has_unknown_arguments(call):
        return call_unmodeled(call, "operator.methodcaller")
    name, *positional, receiver = call.arguments.positional
    word = known_text(name.value)
    if word is None or any(isinstance(choice, Reply) for choice in alternatives(receiver.value)):
        return call_unmodeled(call, "code that can't be followed")  # no read here can be edited
    method = _attribute(call, receiver.value, word)
    return call.call(method, replace(call.arguments, positional=positional))


def _read_item(call: CallPoint, key: Operand, container: Operand) -> Value:
    if not _is_called_in_source(call):
        # If map or sorted calls the getter, there is no place where one read could be edited.
        call.note_use(UseKind.METHOD, container.value, container.site, detail="operator.itemgetter")
        call.interpreter.expose(container.value)
        return UNKNOWN
    return join(
        *(
            item_of(call.interpreter, call.act, call.node, choice, container.site, key.value)
            for choice in alternatives(container.value)
        )
    )


def _is_called_in_source(call: CallPoint) -> bool:
    """Whether the call in the source is that of the getter itself."""
    if not isinstance(call.node, cst.Call):
        return False
    callee = call.interpreter.facts.values.get((call.act.site(call.node.func), call.act.frame.id), UNKNOWN)
    return any(
        isinstance(choice, Ref) and partial_target(call.interpreter.heap[choice]) == _ITEM_GETTER
        for choice in alternatives(callee)
    )


def get_item(call: CallPoint) -> Value:
    """The result of `operator.getitem(container, key)`."""
    container, key = call.arguments.first(), call.arguments.first(place=1)
    if container is None or key is None:
        return UNKNOWN
    values: list[Value] = []
    for choice in alternatives(container.value):
        is_dict = isinstance(call.interpreter.heap.get(choice), DictObject)
        if is_dict and known_text(key.value) is not None:
            values.append(item_of(call.interpreter, call.act, call.node, choice, container.site, key.value))
            continue
        values.append(UNKNOWN)
        call.note_use(UseKind.METHOD, choice, container.site, detail="getitem")
        call.interpreter.expose(choice)
        if isinstance(choice, Ref):
            use_as_key(call, key.value, key.site, choice)
        else:
            call.note_use(UseKind.ESCAPE, key.value, key.site, detail=INDEX)
    return join(*values)


SYMBOLS: dict[str, Model] = {
    "operator.itemgetter": item_getter,
    _ITEM_GETTER.name: call_item_getter,
    "operator.attrgetter": attribute_getter,
    _ATTRIBUTE_GETTER.name: call_attribute_getter,
    "operator.methodcaller": method_caller,
    _METHOD_CALLER.name: call_method,
    "operator.getitem": get_item,
}


METHODS: dict[str, Method] = {}
