"""The class table: classes, their attributes and their instances."""

from typing import NamedTuple

from kognitos_migrate.interpret.state.declarations import IMPLICIT_METHODS, INHERITED, ClassInfo, Mro
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.tracked_values import reply_attributes
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap_store import State
from kognitos_migrate.values.join import join
from kognitos_migrate.values.lattice import NEVER, Bound, Class, Function, Ref, Value

_MADE_BY_A_CALL = (Function, Bound, Class)


class AnyInstance(NamedTuple):
    """A value that represents any instance of a class, and the states of the instances it was computed
    from."""

    states: dict[Ref, tuple[Class | None, State]]
    value: Value


class ClassTable:
    """The classes by site: attributes, derived classes, instances."""

    def __init__(self, facts: Facts) -> None:
        self.infos: dict[Site, ClassInfo] = {}
        self.lineages: dict[Site, Mro] = {}
        """Method resolution orders; cleared when a class is redefined, or when one is defined that an order
        lacks."""
        self.errors: list[Class] | None = None
        """The error classes; None if they have to be collected again after a class definition."""
        self.instances: dict[Site, dict[Ref, None]] = {}
        self.any_instance: dict[tuple[Class, bool], AnyInstance] = {}
        """By class, and by whether the instances that tests create count."""
        self.replies: dict[Site, Value] = {}
        """By class: the join of the attributes, its own and inherited, that contain replies."""
        self.binds: dict[Site, int] = {}
        """By class: how many times an attribute, its own or inherited, changed its value."""
        self.opened: dict[Site, Value] = {}
        """By class: the join of the attributes whose names are unknown."""
        self.passed_on: set[Site] = set()
        """Classes that code out of sight receives, which may replace their methods."""
        self.being_made: list[Value] = []
        """Classes and instances that a metaclass is creating, the innermost last."""
        self.added: dict[Site, dict[str, Value]] = {}
        """By class: the attributes that code outside of its statement has set."""
        self._facts = facts
        self._derived: dict[Site, dict[Site, None]] = {}
        """By class: its direct subclasses."""
        self._below: dict[Site, list[Site]] = {}
        """By class: itself and all of its subclasses; cleared when a subclass is added."""
        self._defined: dict[tuple[Site, int], dict[str, Value]] = {}
        """By class and activation of the enclosing function: the attributes when it last ran the statement.
        Activations that run again in turn change nothing, although the newest functions differ."""
        self._sought: set[Site] = set()
        """Classes that a method resolution order lacks because their statements haven't been run yet."""

    def define(self, info: ClassInfo) -> None:
        """Record that a class statement was run, so that calls which read the class are run again.

        If another activation of the enclosing function ran the same statement before, the attributes are
        joined. If the same one did, those are kept that other code has set since then.
        """
        previous = self.infos.get(info.site)
        if previous is not None and previous.frame != info.frame:
            info = replace(info, attributes=_join_attributes(previous.attributes, info.attributes))
        elif previous is not None:
            for name, value in self.added.get(info.site, {}).items():
                info.attributes[name] = join(info.attributes.get(name, NEVER), value)
        if self._defined.get((info.site, info.frame)) != info.attributes:
            self.note_change(info.site)
        self._defined[info.site, info.frame] = dict(info.attributes)
        self.infos[info.site] = info
        if previous is not None or info.site in self._sought:
            self.lineages.clear()
        self.errors = None
        self.update_replies(info)

    def mro(self, value: Class) -> Mro:
        """The method resolution order of a class."""
        if value.site not in self.lineages:
            self.lineages[value.site] = Mro.of(value, self.infos, self.lineages, self._sought)
        return self.lineages[value.site]

    def derive(self, subclass: Site, base: Site) -> None:
        """Record that `subclass` has the base `base`, a class of the program."""
        subclasses = self._derived.setdefault(base, {})
        if subclass not in subclasses:
            subclasses[subclass] = None
            self._below.clear()

    def with_subclasses(self, site: Site) -> list[Site]:
        """A class and all of its direct and indirect subclasses."""
        if site not in self._below:
            self._below[site] = self._all_below(site)
        return self._below[site]

    def _all_below(self, site: Site) -> list[Site]:
        classes, pending = {site: None}, [site]
        for base in pending:
            further = [derived for derived in self._derived.get(base, ()) if derived not in classes]
            classes.update(dict.fromkeys(further))
            pending.extend(further)
        return pending

    def direct_subclasses(self, site: Site) -> list[Site]:
        """The direct subclasses of a class."""
        return list(self._derived.get(site, ()))

    def add_unknown_attribute(self, site: Site, value: Value) -> None:
        """Record an attribute with an unknown name."""
        previous = self.opened.get(site, NEVER)
        self.opened[site] = join(previous, value)
        if self.opened[site] != previous:
            self.note_change(site)

    def pass_on(self, site: Site) -> None:
        """Record that code out of sight receives a class."""
        if site not in self.passed_on:
            self.passed_on.add(site)
            self.note_change(site)

    def add_attribute(self, site: Site, name: str, value: Value) -> None:
        """Record that code outside of a class statement sets an attribute."""
        added = self.added.setdefault(site, {})
        added[name] = join(added.get(name, NEVER), value)

    def note_change(self, site: Site) -> None:
        """Record that an attribute of a class changed, which its subclasses inherit."""
        for derived in self.with_subclasses(site):
            self.binds[derived] = self.binds.get(derived, 0) + 1

    def update_replies(self, info: ClassInfo) -> None:
        """Update `replies` for a class and its subclasses. Nothing happens before the first request."""
        if not self._facts.requests:
            return
        for site in self.with_subclasses(info.site):
            order = self.mro(Class(site, self.infos[site].frame)).infos
            replies = join(*(reply_attributes(base_info.attributes, self._facts.heap) for base_info in order))
            if replies != NEVER:
                self.replies[site] = replies


def _join_attributes(earlier: dict[str, Value], later: dict[str, Value]) -> dict[str, Value]:
    """The joined attributes of two classes that one statement created.

    Functions, methods and classes are not joined: the newest is used, because each contains the frame that
    created it. Methods without which an object has a base's text or comparison are joined if they differ.
    """
    either = {
        name: join(earlier[name], value)
        for name, value in later.items()
        if name in earlier and not isinstance(value, _MADE_BY_A_CALL)
        if not isinstance(earlier[name], _MADE_BY_A_CALL)
    }
    implicit = {
        name: join(earlier.get(name, INHERITED), later.get(name, INHERITED))
        for name in IMPLICIT_METHODS
        if _definition(earlier.get(name)) != _definition(later.get(name))
    }
    return {**earlier, **later, **either, **implicit}


def _definition(value: Value | None) -> Value | Site | None:
    """The site of a function, which is the same in all frames that create it; any other value itself."""
    return value.site if isinstance(value, Function) else value
