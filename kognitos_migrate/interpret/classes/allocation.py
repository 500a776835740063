"""Allocation of instances, and their identity."""

import libcst as cst

from kognitos_migrate.interpret.classes.attribute_lookup import class_attribute, mro_of
from kognitos_migrate.interpret.classes.session_classes import client_of_class
from kognitos_migrate.interpret.function_definitions import is_memoizing
from kognitos_migrate.interpret.interpreter import EvalPoint, Interpreter
from kognitos_migrate.syntax.module_references import namespace_assignments
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import Instance
from kognitos_migrate.values.lattice import Class, Function, Ref


def allocate(point: EvalPoint, cls: Class) -> Ref:
    """An instance whose constructor hasn't run."""
    interpreter = point.interpreter
    ref = interpreter.heap.new(Instance(*allocation_site(point, cls), cls, client_of_class(interpreter, cls)))
    interpreter.note_guard_depth(ref)
    interpreter.classes.instances.setdefault(cls.site, {})[ref] = None
    return ref


def allocation_site(point: EvalPoint, cls: Class) -> tuple[Site, int]:
    """The site and frame that identify a new instance.

    Usually these are the call and its frame. All instances of a class have one identity if the class shares
    them; so have those of a call in a memoized function.
    """
    interpreter = point.interpreter
    if _may_be_shared(interpreter, cls):
        return cls.site, interpreter.modules[cls.site.path].frame.id
    if interpreter.functions.memoizing and _is_in_memoized_call(interpreter):
        return point.site, interpreter.modules[point.act.tree.path].frame.id
    return point.site, point.act.frame.id


def _may_be_shared(interpreter: Interpreter, cls: Class) -> bool:
    """Whether a call of the class may return an existing instance, or one that shares its state with
    others."""
    if isinstance(class_attribute(interpreter, cls, "__new__"), Function):
        return True
    for info in mro_of(interpreter, cls).infos:
        meta = info.keywords.get("metaclass")
        if isinstance(meta, Class) and isinstance(class_attribute(interpreter, meta, "__call__"), Function):
            return True
        if any(map(is_memoizing, info.decorators)):
            return True
        tree = interpreter.trees[info.site.path]
        if any(
            tree.enclosing(node, cst.ClassDef) is tree.node(info.site)
            for node in tree.memoize(namespace_assignments)
        ):
            return True
    return False


def _is_in_memoized_call(interpreter: Interpreter) -> bool:
    """Whether a memoized function is running."""
    return any(frame.function in interpreter.functions.memoizing for frame in interpreter.running.frames)
