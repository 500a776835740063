"""Functions that are handed over to be called later: they are run where that happens, and again in the end if
they would find something else then."""

from kognitos_migrate.interpret.arguments import Arguments
from kognitos_migrate.interpret.machine import Call, Machine
from kognitos_migrate.interpret.recall import holds, kept, looking
from kognitos_migrate.interpret.state.looks import Recalled
from kognitos_migrate.record import Struct
from kognitos_migrate.values.base import Value

_NO_FRAME = -1


class _Later(Struct, eq=False):
    """A call that is put off, and what its last run went by."""

    call: Call
    function: Value
    arguments: Arguments
    known: Recalled | None = None

    def run(self) -> Value:
        """What the function gives now."""
        m = self.call.machine
        with looking(m, _NO_FRAME) as seen:
            value = self.call.call(self.function, self.arguments)
        self.known = kept(m, seen, value)
        return value

    def run_again(self) -> bool:
        """Run it if it would find something else; whether it did."""
        if self.known is not None and holds(self.call.machine, self.known, _NO_FRAME):
            return False
        self.run()
        return True


def call_later(call: Call, function: Value, arguments: Arguments) -> Value:
    """What a function gives that is handed over at a call, to be called with these arguments."""
    later = _Later(call, function, arguments)
    call.machine.facts.deferred.add(call.site)
    call.machine.put_off[call.site, call.act.frame.id] = later.run_again
    return later.run()


def run_again(m: Machine) -> bool:
    """Run what was put off; whether anything was run."""
    ran = [again() for again in list(m.put_off.values())]
    return any(ran)
