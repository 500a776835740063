"""Names that more than one function sees: globals, and the attributes of classes."""

from kognitos_migrate.interpret import budgets
from kognitos_migrate.interpret.state.activation import Environment
from kognitos_migrate.interpret.state.classes import ClassTable
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import Value
from kognitos_migrate.values.join import alternatives


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
