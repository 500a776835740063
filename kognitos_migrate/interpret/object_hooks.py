"""Hooks of decoders that get each object of a JSON text, the inner ones first, and return its replacement.

settings = json.load(file, object_hook=lambda entries: SimpleNamespace(**entries))
"""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.interpreter import CallPoint
from kognitos_migrate.structs import Struct, replace
from kognitos_migrate.values.heap import DictEntry, DictObject, Operand, SequenceObject
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Value

_MOST = 24
"""The limit on the objects of a text. The hook is called for each of them."""
_DEEPEST = 6
"""The limit on objects inside each other. Settings are rarely nested as deeply."""


def decode_by_hook(call: CallPoint, data: Value, hook: Value) -> Value | None:
    """The data of a JSON text as a hook returns them. None if they have objects whose keys aren't known, or
    too many of them."""
    if not _are_known(call, data, _DEEPEST):
        return None
    decoder = _Decoder(call, hook)
    decoded = decoder.decode(data)
    return decoded if decoder.count <= _MOST else None


def _are_known(call: CallPoint, data: Value, depth: int) -> bool:
    """Whether the keys of all objects in data, and the elements of all lists, are known."""
    for part in call.interpreter.heap.objects_of(data):
        if isinstance(part, DictObject) and not (part.spreads or part.removals):
            values = [part.any_entry(), part.others]
            is_known = part.others is NEVER and part.names is NEVER
        elif isinstance(part, SequenceObject):
            values = [part.element()]
            is_known = part.rest is NEVER
        else:
            return False
        if not is_known or depth == 0 or not all(_are_known(call, value, depth - 1) for value in values):
            return False
    return True


class _Decoder(Struct):
    """Calls a hook for the objects of a text, each in a round of its own."""

    call: CallPoint
    hook: Value
    count: int = 0

    def decode(self, data: Value) -> Value:
        """Data in which the results of the hook take the place of the objects."""
        return join(*map(self._decode_one, alternatives(data)))

    def _decode_one(self, data: Value) -> Value:
        part = self.call.interpreter.heap.get(data)
        if isinstance(part, DictObject):
            entries = {
                key: [self._decode_entry(entry) for entry in own] for key, own in list(part.entries.items())
            }
            return self._call_hook(part, entries)
        if isinstance(part, SequenceObject):
            items = [self._operand(item) for item in list(part.items)]
            return data if items == part.items else self._copy_of_list(part, items)
        return data

    def _decode_entry(self, entry: DictEntry) -> DictEntry:
        return replace(entry, operand=self._operand(entry.operand))

    def _operand(self, operand: Operand) -> Operand:
        decoded = self.decode(operand.value)
        return operand if decoded == operand.value else self.call.operand(decoded)

    def _call_hook(self, part: DictObject, entries: dict[str, list[DictEntry]]) -> Value:
        call, interpreter = self.call, self.call.interpreter
        self.count += 1
        if self.count > _MOST:
            return NEVER
        with interpreter.heap.in_round(call.site, self.count):
            ref, record = interpreter.allocate_dict_at(part.site, call.act.frame.id)
            record.open |= part.open
            for key, own in entries.items():
                for entry in own:
                    interpreter.stores += record.put(key, entry)
            return call.call(self.hook, Arguments([call.operand(ref)]))

    def _copy_of_list(self, part: SequenceObject, items: list[Operand]) -> Value:
        interpreter = self.call.interpreter
        ref = interpreter.heap.at(SequenceObject, part.site, self.call.act.frame.id)
        copy = interpreter.heap[ref]
        assert isinstance(copy, SequenceObject)
        interpreter.stores += copy.items != items
        copy.items = items
        return ref
