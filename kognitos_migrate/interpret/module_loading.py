"""Runs of the program's modules, again if something that a module's body reads has changed."""

from kognitos_migrate.interpret.interpreter import Interpreter
from kognitos_migrate.interpret.state.frames import Activation, ModuleRun, ReadSet
from kognitos_migrate.source.data_file.forms import is_settings_module
from kognitos_migrate.values.heap_store import object_state
from kognitos_migrate.values.lattice import NEVER, Value


def load_module(interpreter: Interpreter, path: str) -> Activation | None:
    """The module at `path`, run if necessary. A module that is still running is returned as it is."""
    if path in interpreter.modules:
        return interpreter.modules[path]
    tree = interpreter.trees.get(path)
    if tree is None:
        return None
    frame = interpreter.frames.of_module(path)
    act = Activation(frame, tree)
    interpreter.modules[path] = act
    interpreter.activations[frame.id] = act
    interpret_body(interpreter, act)
    return act


def interpret_body(interpreter: Interpreter, act: Activation) -> None:
    """Run a module's body. A later run reads the changes that other code has made to shared objects."""
    guards, interpreter.guards = interpreter.guards, 0
    rounds, interpreter.heap.rounds = interpreter.heap.rounds, ()
    deferrals, path = interpreter.shared.deferrals, act.frame.path
    outer_states, interpreter.heap.states_read = interpreter.heap.states_read, {}
    outer_reads, interpreter.read_set = interpreter.read_set, ReadSet()
    with interpreter.regions.suspend():
        interpreter.execute(act, act.tree.module.body)
    states = {index: object_state(interpreter.heap.objects[index]) for index in interpreter.heap.states_read}
    classes = {site: interpreter.classes.binds.get(site, 0) for site in interpreter.read_set.classes}
    interpreter.module_runs[path] = ModuleRun(
        states, interpreter.read_set.names_outside(act.frame.id), classes, deferrals
    )
    outer_reads.add(interpreter.read_set, act.frame.id)
    interpreter.heap.states_read, interpreter.read_set = outer_states, outer_reads
    interpreter.guards, interpreter.heap.rounds = guards, rounds


def is_stale(interpreter: Interpreter, path: str) -> bool:
    """Whether something that a module's body reads has changed: a heap object, a class, a name of another
    module, or what functions that run at any time bind. A settings file reads nothing: its data are as they
    are before the program changes them."""
    run = interpreter.module_runs[path]
    return not is_settings_module(interpreter.trees[path].text) and (
        run.deferrals != interpreter.shared.deferrals
        or any(interpreter.classes.binds.get(site, 0) != number for site, number in run.classes.items())
        or any(object_state(interpreter.heap.objects[index]) != state for index, state in run.states.items())
        or not all(still_has_value(interpreter, *place, value) for place, value in run.names.items())
    )


def still_has_value(interpreter: Interpreter, frame: int, name: str, value: Value) -> bool:
    """Whether a variable still has a value. Compares by identity first, which is usually enough."""
    activation = interpreter.activations.get(frame)
    current_value = activation.env.get(name, NEVER) if activation is not None else NEVER
    return current_value is value or current_value == value
