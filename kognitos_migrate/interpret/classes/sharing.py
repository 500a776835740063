"""Which instances are one: those of classes that hand out what they made before, and those that a function
makes which remembers what it gave."""

import libcst as cst

from kognitos_migrate.interpret.classes.lookup import class_attribute, lineage
from kognitos_migrate.interpret.decorators import remembers
from kognitos_migrate.interpret.machine import Here, Machine
from kognitos_migrate.syntax.introspection import sets_namespaces
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Class, Function


def home(here: Here, cls: Class) -> tuple[Site, int]:
    """The place that an instance is known by: where it is made, in this very call; or one for all of them."""
    m = here.machine
    if _is_one(m, cls):
        return cls.site, m.modules[cls.site.path].frame.id
    if m.functions.remembering and _is_remembered(m):
        return here.site, m.modules[here.act.tree.path].frame.id
    return here.site, here.act.frame.id


def _is_one(m: Machine, cls: Class) -> bool:
    """Whether a call of the class may give an instance that was there before, or that shares what it holds
    with others."""
    if isinstance(class_attribute(m, cls, "__new__"), Function):
        return True
    for info in lineage(m, cls).infos:
        meta = info.keywords.get("metaclass")
        if isinstance(meta, Class) and isinstance(class_attribute(m, meta, "__call__"), Function):
            return True
        if any(map(remembers, info.decorators)):
            return True
        tree = m.trees[info.site.path]
        if any(
            tree.enclosing(node, cst.ClassDef) is tree.node(info.site) for node in tree.once(sets_namespaces)
        ):
            return True
    return False


def _is_remembered(m: Machine) -> bool:
    """Whether a function that remembers what it gave is being run."""
    return any(frame.function in m.functions.remembering for frame in m.running.frames)
