"""The class table: which classes and instances a program has, and what their attributes hold."""

from typing import NamedTuple

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.state.declarations import ClassInfo, Mro
from kognitos_migrate.interpret.state.facts import Facts
from kognitos_migrate.interpret.state.frames import Environment
from kognitos_migrate.interpret.state.tracked_values import held_by
from kognitos_migrate.structs import replace
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.heap import State
from kognitos_migrate.values.join import alternatives, join
from kognitos_migrate.values.lattice import NEVER, Bound, Class, Function, Ref, Value

_MADE_BY_A_CALL = (Function, Bound, Class)


class AnyOf(NamedTuple):
    """What stands for any instance of a class, and the states of all of them that it was made of."""

    states: dict[Ref, tuple[Class | None, State]]
    value: Value


class ClassTable:
    """The classes by their sites: what they hold, what is derived from them, what was made of them."""

    def __init__(self, facts: Facts) -> None:
        self.infos: dict[Site, ClassInfo] = {}
        self.lineages: dict[Site, Mro] = {}
        """As long as none of their classes is defined anew."""
        self.errors: list[Class] | None = None
        """Those of errors, as long as no class is defined anew; None where nobody has asked."""
        self.instances: dict[Site, dict[Ref, None]] = {}
        self.any_of: dict[Class, AnyOf] = {}
        self.replies: dict[Site, Value] = {}
        """What hands on replies among the attributes of a class and those of its bases."""
        self.binds: dict[Site, int] = {}
        """How often an attribute of a class, or of a base, got another value than it had."""
        self.opened: dict[Site, Value] = {}
        """Classes that got attributes of which nobody can tell the names, and the values of these."""
        self.being_made: list[Value] = []
        """Classes and instances that a metaclass is at, the innermost last."""
        self._facts = facts
        self._derived: dict[Site, dict[Site, None]] = {}
        """The classes right below each."""
        self._below: dict[Site, list[Site]] = {}
        """Those however far below, as long as no class is derived."""
        self._sought: set[Site] = set()
        """Classes that a lineage would hold if their statements had been run."""

    def define(self, info: ClassInfo) -> None:
        """A class statement has been run. What functions gave the class is to be given again. One that was
        run in another call of the function around it made a class that may hold something else."""
        known = self.infos.get(info.site)
        if known is not None and known.frame != info.frame:
            info = replace(info, attributes=_either(known.attributes, info.attributes))
        if known is None or known.attributes != info.attributes:
            self.bound(info.site)
        self.infos[info.site] = info
        if known is not None or info.site in self._sought:
            self.lineages.clear()
        self.errors = None
        self.hold(info)

    def mro(self, value: Class) -> Mro:
        """A class with its bases."""
        if value.site not in self.lineages:
            self.lineages[value.site] = Mro.of(value, self.infos, self.lineages, self._sought)
        return self.lineages[value.site]

    def derive(self, below: Site, base: Site) -> None:
        """A class has a base of the program."""
        known = self._derived.setdefault(base, {})
        if below not in known:
            known[below] = None
            self._below.clear()

    def below(self, site: Site) -> list[Site]:
        """A class, and those derived from it, however far."""
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

    def right_below(self, site: Site) -> list[Site]:
        """The classes that have a class as a base."""
        return list(self._derived.get(site, ()))

    def open(self, site: Site, value: Value) -> None:
        """A class gets an attribute of which nobody can tell the name."""
        known = self.opened.get(site, NEVER)
        self.opened[site] = join(known, value)
        if self.opened[site] != known:
            self.bound(site)

    def bound(self, site: Site) -> None:
        """An attribute of a class got another value."""
        for one in self.below(site):
            self.binds[one] = self.binds.get(one, 0) + 1

    def hold(self, info: ClassInfo) -> None:
        """Something was put into the attributes of a class."""
        if not self._facts.requests:
            return
        for site in self.below(info.site):
            order = self.mro(Class(site, self.infos[site].frame)).infos
            held = join(*(held_by(one.attributes, self._facts.heap) for one in order))
            if held != NEVER:
                self.replies[site] = held


def _either(before: dict[str, Value], now: dict[str, Value]) -> dict[str, Value]:
    """What either of two classes holds that one statement made. Functions know the call that made them."""
    either = {
        name: join(before[name], value)
        for name, value in now.items()
        if name in before and not isinstance(value, _MADE_BY_A_CALL)
        if not isinstance(before[name], _MADE_BY_A_CALL)
    }
    return {**before, **now, **either}


class SharedNames:
    """What such names were given."""

    def __init__(self, classes: ClassTable) -> None:
        self.binds = 0
        """How often a name got a value that it had never had."""
        self._classes = classes
        self._values: dict[tuple[int | Site, str], set[Value]] = {}

    def bind(self, owner: int | Site, names: Environment, name: str, value: Value) -> None:
        """Give a value to a name of the frame or class `owner`, which has `names`."""
        known = self._values.setdefault((owner, name), set())
        news = {choice for choice in alternatives(value) if choice not in known}
        if news and len(known) < budgets.SHARED:
            self.binds += 1
            known.update(news)
        if isinstance(owner, Site) and names.get(name) != value:
            self._classes.bound(owner)
        names[name] = value
