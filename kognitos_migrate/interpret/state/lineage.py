"""A class with its bases, and what follows from them: found once, asked often."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from kognitos_migrate.interpret.state.declarations import ClassInfo, Field
from kognitos_migrate.interpret.state.families import Family, family_told
from kognitos_migrate.record import Struct
from kognitos_migrate.syntax.tree import Site
from kognitos_migrate.values.base import NEVER, Class, Symbol, Unknown, Value
from kognitos_migrate.values.join import alternatives

ENUMS = frozenset(("enum.Enum", "enum.StrEnum", "enum.IntEnum", "enum.Flag"))
ERRORS = ("Error", "Exception", "ExceptionGroup", "Warning", "Exit", "Interrupt", "Iteration")
"""Suffixes of the names of errors."""


class Lineage(Struct, eq=False, dict=True):
    """The class and its bases, nearest first. What the classes hold may change, who they are may not."""

    infos: tuple[ClassInfo, ...]
    sites: tuple[Site, ...]
    """The class's own first, known or not."""

    @classmethod
    def of(cls, value: Class, classes: Mapping[Site, ClassInfo]) -> "Lineage":
        """That of `value`, as far as its bases are of the program."""
        pending: list[Value] = [value]
        seen: set[Value] = set()
        infos: list[ClassInfo] = []
        while pending:
            current = pending.pop(0)
            if current in seen or not isinstance(current, Class) or current.site not in classes:
                continue
            seen.add(current)
            info = classes[current.site]
            infos.append(info)
            pending.extend(choice for base in info.bases for choice in alternatives(base))
        return cls(tuple(infos), tuple(dict.fromkeys((value.site, *(info.site for info in infos)))))

    def attribute(self, name: str) -> Value:
        """What the class or the nearest base has under `name`; Never where none has."""
        for info in self.infos:
            if name in info.attributes:
                return info.attributes[name]
        return NEVER

    @cached_property
    def outside(self) -> tuple[Symbol, ...]:
        """The bases that are not of the program."""
        return tuple(
            choice
            for info in self.infos
            for base in info.bases
            for choice in alternatives(base)
            if isinstance(choice, Symbol)
        )

    @cached_property
    def outside_names(self) -> frozenset[str]:
        """Their names."""
        return frozenset(base.name for base in self.outside)

    @cached_property
    def is_error(self) -> bool:
        """Whether its instances are errors."""
        return any(base.name.endswith(ERRORS) for base in self.outside)

    @cached_property
    def is_enum(self) -> bool:
        """Whether it is an Enum."""
        return not ENUMS.isdisjoint(self.outside_names)

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The fields, in the order of the constructor's parameters."""
        found: dict[str, Field] = {}
        for info in reversed(self.infos):
            found.update({one.name: one for one in info.fields})
        return tuple(found.values())

    @cached_property
    def field_names(self) -> frozenset[str]:
        """Their names."""
        return frozenset(one.name for one in self.fields)

    @cached_property
    def family(self) -> Family | None:
        """The family that it belongs to."""
        return family_told(self.outside_names, frozenset(self._decorators()))

    def _decorators(self) -> Iterator[str]:
        for info in self.infos:
            for decorator in info.decorators:
                for choice in alternatives(decorator):
                    if isinstance(choice, Symbol):
                        yield choice.name
                    elif isinstance(choice, Unknown):
                        yield choice.source.removesuffix("()")
